"""Loading areas: the bundled ones, and those an office hands in, good and bad."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from outreach_analysis.contracts import ContractError
from outreach_analysis.geography.areas import AREA_COLUMNS, load_aliases, load_areas
from outreach_analysis.settings import Settings


def write(folder, text: str, name: str = "areas.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def faults(path) -> pd.DataFrame:
    with pytest.raises(ContractError) as caught:
        load_areas("all", path=path)
    return caught.value.failures


class TestBundled:
    @pytest.mark.parametrize(
        ("level", "rows"), [("province", 1), ("kabupaten", 10), ("kecamatan", 105), ("desa", 1038), ("all", 1154)]
    )
    def test_rows_and_columns(self, level, rows):
        areas = load_areas(level)
        assert len(areas) == rows
        assert areas.index.name == "area_id"
        assert areas.index.is_unique
        assert tuple(areas.columns) == AREA_COLUMNS
        assert areas.crs == "EPSG:4326"

    def test_kecamatan_by_default_with_their_own_polygon(self):
        areas = load_areas()
        points = gpd.points_from_xy(areas["lon"], areas["lat"], crs=areas.crs)
        assert set(areas["level"]) == {"kecamatan"}
        assert set(areas["geometry_kind"]) == {"indicative"}
        assert areas.geometry.is_valid.all()
        assert not areas.geometry.is_empty.any()
        # The mean of an area's points may fall between them; most do not.
        assert areas.geometry.contains(gpd.GeoSeries(points, index=areas.index)).mean() > 0.9

    def test_no_polygon_elsewhere(self):
        areas = load_areas("all")
        drawn = areas["level"].isin(["kabupaten", "kecamatan"])
        assert (areas.geometry.notna() == drawn).all()
        assert (areas.loc[~drawn, "geometry_kind"] == "").all()

    def test_jurisdiction_reaches_down_to_the_desa(self):
        areas = load_areas("all", settings=Settings(jurisdiction=("64.72", "64.02.06")))
        inside = areas[areas["in_jurisdiction"]]
        assert set(inside.index.str[:8]) - {"64.72"} == {f"64.72.{n:02}" for n in range(1, 11)} | {"64.02.06"}
        assert not areas.loc["64.02", "in_jurisdiction"]

    def test_default_jurisdiction_leaves_out_38_percent(self):
        areas = load_areas("kabupaten")
        outside = areas.loc[~areas["in_jurisdiction"], "population"]
        assert sorted(outside.index) == ["64.01", "64.03", "64.09", "64.71"]
        assert outside.sum() / areas["population"].sum() == pytest.approx(0.38, abs=0.005)

    def test_unknown_level(self):
        with pytest.raises(ValueError, match="'district' is none of"):
            load_areas("district")

    def test_unknown_jurisdiction(self):
        with pytest.raises(ContractError, match=r"areas\.jurisdiction '35\.78' names no known area"):
            load_areas(settings=Settings(jurisdiction=("64.72", "35.78")))

    def test_unknown_reference(self):
        with pytest.raises(ContractError, match=r"areas\.reference 'jatim'"):
            load_areas(settings=Settings(reference="jatim"))


class TestAliases:
    def test_all_point_to_areas(self):
        aliases = load_aliases()
        assert list(aliases.columns) == ["alias", "area_id", "kind", "source"]
        assert set(aliases["area_id"]) <= set(load_areas("all").index)
        assert not aliases.duplicated(["alias", "area_id"]).any()
        assert (aliases != "").all().all()

    def test_known_forms(self):
        area_of = load_aliases().set_index("alias")["area_id"]
        expected = {
            "Kukar": "64.02",
            "Mahulu": "64.11",
            "PPU": "64.09",
            "Kutai Kertanegara": "64.02",
            "Manor Bulatn": "64.07.18",
            "Tenggarong": "64.02.06",
            "Melak": "64.07.06",
            "Semboja Barat": "64.02.20",
            "Gunungsamarinda": "64.71.03.1002",
            # renamed and recoded at once when Samboja Barat was split off
            "Ambarawang Laut": "64.02.20.1009",
            "64.02.13.1003": "64.02.20.1009",
            "64.02.08.2013": "64.02.19.2007",
        }
        assert area_of[list(expected)].to_dict() == expected

    def test_a_town_of_two_kecamatan_is_placed_at_its_kabupaten(self):
        sangatta = load_aliases().set_index("alias").loc["Sangatta"]
        assert (sangatta["area_id"], sangatta["kind"]) == ("64.08", "everyday")

    def test_former_codes_are_not_current_ones(self):
        aliases = load_aliases()
        old = aliases.loc[aliases["kind"] == "old_code", "alias"]
        assert len(old) == 20
        assert not set(old) & set(load_areas("all").index)


SMALL = """area_id,name,parent_id,population
35,Jawa Timur,,100
35.78,Kota Surabaya,35,100
35.78.01,Karang Pilang,35.78,60
35.78.02,Wonocolo,35.78,40
"""


class TestOwnTable:
    def test_four_columns_are_enough(self, tmp_path):
        areas = load_areas("all", path=write(tmp_path, SMALL))
        assert areas["level"].tolist() == ["province", "kabupaten", "kecamatan", "kecamatan"]
        assert areas.loc["35.78.01", "parent_name"] == "Kota Surabaya"
        assert areas["population"].tolist() == [100, 100, 60, 40]
        assert areas["access"].unique().tolist() == ["road"]
        assert areas["in_jurisdiction"].all()
        assert areas.geometry.isna().all()
        assert tuple(areas.columns) == AREA_COLUMNS

    def test_folder_or_file(self, tmp_path):
        path = write(tmp_path, SMALL)
        assert load_areas(path=tmp_path).index.tolist() == load_areas(path=path).index.tolist()

    @pytest.mark.parametrize(
        ("rows", "levels"),
        [
            ("A,a,,1\nB,b,,1", ["kecamatan", "kecamatan"]),
            ("K,k,,2\nA,a,K,1\nB,b,K,1", ["kabupaten", "kecamatan", "kecamatan"]),
            ("P,p,,1\nK,k,P,1\nA,a,K,1", ["province", "kabupaten", "kecamatan"]),
            ("D,d,A,1\nA,a,K,1\nK,k,P,1\nP,p,,1", ["desa", "kecamatan", "kabupaten", "province"]),
        ],
    )
    def test_level_from_the_chain_of_parents(self, tmp_path, rows, levels):
        areas = load_areas("all", path=write(tmp_path, f"area_id,name,parent_id,population\n{rows}\n"))
        assert areas["level"].tolist() == levels

    def test_semicolons_mapped_headers_and_cp1252(self, tmp_path):
        text = "Kode;name;parent_id;population\nX;Désa;;10\n"
        (tmp_path / "areas.csv").write_bytes(text.encode("cp1252"))
        areas = load_areas(path=tmp_path, settings=Settings(columns={"Kode": "area_id"}))
        assert areas["name"].to_dict() == {"X": "Désa"}

    def test_places_called_na_survive(self, tmp_path):
        areas = load_areas("all", path=write(tmp_path, "area_id,name,parent_id,population\nNA,null,,5\n"))
        assert areas["name"].to_dict() == {"NA": "null"}

    def test_polygons_drawn_from_points(self, tmp_path):
        rows = "K,k,,3,,\nA,a,K,1,112.7,-7.3\nB,b,K,2,112.8,-7.3\n"
        areas = load_areas("all", path=write(tmp_path, f"area_id,name,parent_id,population,lon,lat\n{rows}"))
        assert areas["geometry_kind"].tolist() == ["indicative"] * 3
        assert areas.geometry["A"].contains(shapely.Point(112.7, -7.3))
        assert areas.geometry["K"].contains(shapely.Point(112.8, -7.3))

    def test_official_boundaries_win_and_locate(self, tmp_path):
        write(tmp_path, SMALL)
        squares = gpd.GeoDataFrame(
            {"area_id": ["35.78.01", "35.78.02"]},
            geometry=[shapely.box(112.7, -7.3, 112.8, -7.2), shapely.box(112.8, -7.3, 112.9, -7.2)],
            crs="EPSG:4326",
        )
        squares.to_file(tmp_path / "boundaries.geojson")
        areas = load_areas("all", path=tmp_path)
        assert areas.loc[["35.78", "35.78.01"], "geometry_kind"].tolist() == ["official", "official"]
        assert areas.geometry["35.78"].area == pytest.approx(0.02, rel=1e-6)
        assert (areas.loc["35.78.01", "lon"], areas.loc["35.78.01", "lat"]) == pytest.approx((112.75, -7.25))
        # 0.1 degree is 11.03 km along the meridian's parallel here and 11.06 km across: 122 km2.
        assert areas.loc["35.78.01", "area_km2"] == pytest.approx(122.0, abs=0.5)

    def test_official_boundaries_for_the_bundled_areas(self, tmp_path):
        square = gpd.GeoDataFrame(
            {"area_id": ["64.72.09"]}, geometry=[shapely.box(117.1, -0.6, 117.2, -0.5)], crs="EPSG:4326"
        )
        square.to_file(tmp_path / "boundaries.geojson")
        areas = load_areas(path=tmp_path)
        assert len(areas) == 105
        assert areas["geometry_kind"].value_counts().to_dict() == {"indicative": 104, "official": 1}
        assert areas.loc["64.72.09", "population"] == load_areas().loc["64.72.09", "population"]

    def test_faulty_boundaries(self, tmp_path):
        write(tmp_path, SMALL)
        shapes = [shapely.box(112.7, -7.3, 112.8, -7.2), shapely.Point(112.7, -7.3)]
        wrong = gpd.GeoDataFrame({"area_id": ["99", "35.78.02"]}, geometry=shapes, crs="EPSG:4326")
        wrong.to_file(tmp_path / "boundaries.geojson")
        found = faults(tmp_path)
        assert found[["row", "value", "reason"]].values.tolist() == [
            [1, "99", "unknown_area"],
            [2, "35.78.02", "bad_areas"],
        ]


class TestFaults:
    def test_all_at_once_with_row_value_and_remedy(self, tmp_path):
        text = (
            "area_id,name,parent_id,population,lon,lat,level,access\n"
            "K,Kabupaten,,10,,,kabupaten,\n"
            "A,Satu,K,-5,117,-0.5,,\n"
            "A,Dua,K,5,117,-0.5,,\n"
            "B,Tiga,Z,banyak,-0.5,117,,\n"
            "C,,K,25.000,12,48,,\n"
            '"D",Lima,K,1,"117,5",-0.5,,\n'
            "E,Enam,K,,117,,wilayah,train\n"
            "F,Tujuh,F,2,,,,\n"
        )
        found = faults(write(tmp_path, text))
        assert found[["row", "column", "value", "reason"]].values.tolist() == [
            [3, "area_id", "A", "duplicate_key"],
            [3, "population", "-5", "out_of_range"],
            [4, "area_id", "A", "duplicate_key"],
            [5, "lon,lat", "-0.5,117", "coordinates_swapped"],
            [5, "parent_id", "Z", "unknown_area"],
            [5, "population", "banyak", "bad_number"],
            [6, "lon,lat", "12,48", "coordinates_outside"],
            [6, "name", "", "missing_value"],
            [8, "access", "train", "bad_choice"],
            [8, "level", "wilayah", "bad_choice"],
            [8, "lon,lat", "117,", "half_coordinates"],
            [9, "parent_id", "F", "bad_areas"],
        ]
        assert (found["file"] == "areas.csv").all()
        assert (found["remedy"] != "").all()

    def test_rows_are_counted_as_the_spreadsheet_shows_them(self, tmp_path):
        text = "area_id,name,parent_id,population\nA,a,,1\n,,,\nB,b,,x\n"
        assert faults(write(tmp_path, text))["row"].tolist() == [4]

    def test_longer_circle_of_parents(self, tmp_path):
        text = "area_id,name,parent_id,population\nA,a,B,1\nB,b,C,1\nC,c,A,1\nD,d,A,1\nE,e,,1\n"
        assert faults(write(tmp_path, text))["row"].tolist() == [2, 3, 4, 5]

    @pytest.mark.parametrize(
        ("lon", "lat", "reason"),
        [
            (95, -11, None),
            (141, 6, None),
            (94.99, 0, "coordinates_outside"),
            (117, 6.01, "coordinates_outside"),
            (0, 117, "coordinates_swapped"),
        ],
    )
    def test_edges_of_indonesia_belong_to_it(self, tmp_path, lon, lat, reason):
        path = write(tmp_path, f"area_id,name,parent_id,population,lon,lat\nA,a,,1,{lon},{lat}\n")
        if reason is None:
            assert load_areas(path=path).loc["A", "lon"] == lon
        else:
            assert faults(path)["reason"].tolist() == [reason]

    def test_missing_and_doubled_columns(self, tmp_path):
        found = faults(write(tmp_path, "area_id,name,name\nA,a,b\n"))
        assert found[["column", "reason"]].values.tolist() == [
            ["parent_id", "missing_column"],
            ["population", "missing_column"],
            ["name", "duplicate_column"],
        ]

    @pytest.mark.parametrize("text", ["", "area_id,name,parent_id,population\n", "area_id,name\n,\n"])
    def test_nothing_in_it(self, tmp_path, text):
        assert faults(write(tmp_path, text))["reason"].tolist() == ["empty_file"]

    def test_unclosed_quote(self, tmp_path):
        path = write(tmp_path, 'area_id,name,parent_id,population\nA,"a,,1\n')
        assert faults(path)["reason"].tolist() == ["unreadable_file"]

    def test_no_such_file(self, tmp_path):
        assert faults(tmp_path)["reason"].tolist() == ["missing_file"]
        assert faults(tmp_path / "areas.csv")["reason"].tolist() == ["missing_file"]

    def test_boundaries_that_are_none(self, tmp_path):
        write(tmp_path, SMALL)
        write(tmp_path, "not a map", "boundaries.geojson")
        assert faults(tmp_path)["reason"].tolist() == ["unreadable_file"]
