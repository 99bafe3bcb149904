"""Boundaries in the layouts of their publishers, without a word about their columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.contracts import ContractError
from outreach_analysis.geocoding.country import area_rows, country
from outreach_analysis.geography.areas import load_areas
from outreach_analysis.intake.boundary_import import BoundaryImport, BoundaryLayout, import_boundaries

HELD = ("64.02.06", "64.02.19", "64.72.08", "64.72.01")
"""Tenggarong; Kota Bangun Darat, which has no code of BPS; Sungai Pinang, a name of 6 kecamatan; Palaran."""
ELSEWHERE = ("63.03.07", "16.10.05")
"""Sungai Pinang of Banjar and of Ogan Ilir."""


@pytest.fixture(scope="module")
def areas() -> gpd.GeoDataFrame:
    every = load_areas("all")
    return every[(every["level"] != "desa") | (every["parent_id"] == "64.72.01")]


@pytest.fixture(scope="module")
def features(areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Squares around the points of some kecamatan, also of other provinces; their columns are ours."""
    rows = []
    for code in (*HELD, *ELSEWHERE):
        known = country().kecamatan_rows[code]
        own = areas.loc[code] if code in areas.index else known
        kabupaten = country().kabupaten[code[:5]]
        bps = (
            areas.loc[code, "bps_code"].replace(".", "")
            if code in areas.index
            else f"{code[:5]}.0{code[6:]}".replace(".", "")
        )
        square = shapely.box(*(float(own[axis]) + step for step in (-0.03, 0.03) for axis in ("lon", "lat")))
        rows.append((code, bps or None, known["name"], kabupaten, square))
    table = pd.DataFrame(rows, columns=["code", "bps", "name", "above", "geometry"])
    return gpd.GeoDataFrame(table, crs="EPSG:4326")


def squeezed(names: pd.Series) -> pd.Series:
    return names.str.replace(" ", "")


LAYOUTS: dict[str, Callable[[gpd.GeoDataFrame], dict[str, object]]] = {
    "BIG": lambda f: {"NAMOBJ": f["name"], "KDEPUM": None, "KDCPUM": f["code"], "WADMKC": f["name"],
                      "WADMKK": f["above"].str.replace("Kabupaten ", ""), "WADMPR": "?"},
    "BIG without dots, as numbers": lambda f: {"KDCPUM": f["code"].str.replace(".", "").astype(float)},
    "HDX": lambda f: {"ADM3_PCODE": "ID" + f["bps"], "ADM3_EN": f["name"], "ADM2_PCODE": "ID" + f["bps"].str[:4],
                      "ADM2_EN": f["above"].str.replace("Kabupaten ", "")},
    "HDX of 2025": lambda f: {"adm3_name": f["name"], "adm3_pcode": "ID" + f["bps"], "adm2_name": f["above"]},
    "BPS": lambda f: {"idkec": f["bps"], "nmkec": f["name"].str.upper(),
                      "nmkab": f["above"].str.upper().str.replace("KABUPATEN ", "")},
    "GADM": lambda f: {"GID_3": "IDN.1_1", "NAME_2": squeezed(f["above"]), "NAME_3": squeezed(f["name"]),
                       "CC_3": f["bps"]},
    "geoBoundaries": lambda f: {"shapeName": f["name"], "shapeType": "ADM3"},
    "usual names": lambda f: {"kode": "KEC-" + f["code"], "nama": f["name"]},
    "names and kabupaten": lambda f: {"KECAMATAN": f["name"], "KABKOT": f["above"]},
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_published_layouts_are_known(areas: gpd.GeoDataFrame, features: gpd.GeoDataFrame, layout: str) -> None:
    file = gpd.GeoDataFrame(LAYOUTS[layout](features), geometry=features.geometry, index=features.index)
    found = import_boundaries(file, areas)
    assert found.ledger["status"].tolist() == ["joined"] * len(HELD) + ["outside"] * len(ELSEWHERE)
    assert found.polygons.index.tolist() == list(HELD)
    assert all(found.polygons.geometry[code].equals(features.geometry[at]) for at, code in enumerate(HELD))
    assert not found.faults["fault"].isin(["point_outside"]).any()


@pytest.mark.parametrize("layout", ["HDX", "BPS", "GADM", "geoBoundaries"])
def test_codes_of_bps_are_not_needed(features: gpd.GeoDataFrame, tmp_path: Path, layout: str) -> None:
    """An office that began with codes of Kemendagri alone: names and points say the same."""
    pd.DataFrame([*area_rows("64.02"), *area_rows("64.72")]).to_csv(tmp_path / "areas.csv", index=False)
    areas = load_areas("all", path=tmp_path / "areas.csv")
    file = gpd.GeoDataFrame(LAYOUTS[layout](features), geometry=features.geometry, index=features.index)
    found = import_boundaries(file, areas)
    assert found.polygons.index.tolist() == list(HELD)
    assert found.ledger["status"].tolist()[len(HELD) :] == ["outside"] * len(ELSEWHERE)


def test_a_prefix_before_codes_and_the_columns_are_told(areas: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> None:
    file = gpd.GeoDataFrame(LAYOUTS["HDX"](features), geometry=features.geometry)
    assert import_boundaries(file, areas).notes == (
        "columns of HDX COD-AB: --code ADM3_PCODE, --name ADM3_EN, --parent ADM2_EN",
        "before the codes stands ID; it was left out",
    )


def test_code_and_name_that_contradict_each_other_join_nothing(
    areas: gpd.GeoDataFrame, features: gpd.GeoDataFrame
) -> None:
    """Kabupaten by codes of BPS under a header that says nothing of the system: 6402 is Kutai Barat there."""
    file = gpd.GeoDataFrame({"kode": ["64.02", "64.71"], "nama": ["Kabupaten Kutai Barat", "Kota Balikpapan"]},
                            geometry=features.geometry.iloc[:2], crs="EPSG:4326")  # fmt: skip
    found = import_boundaries(file, areas)
    assert found.ledger["status"].tolist()[0] == "ambiguous"
    assert {"64.02", "64.07"} <= set(found.ledger.loc[0, "suggestions"].replace("(", " ").replace(")", " ").split())


def test_codes_of_either_system_are_not_read_unless_it_is_said(
    areas: gpd.GeoDataFrame, features: gpd.GeoDataFrame
) -> None:
    middle = areas.loc["64.02.06", ["lon", "lat"]].astype(float)
    square = shapely.Point(*middle).buffer(0.3)
    file = gpd.GeoDataFrame({"kode": ["6402"]}, geometry=[square], crs="EPSG:4326")
    with pytest.raises(ContractError, match="say --code-system"):
        import_boundaries(file, areas)
    read = import_boundaries(file, areas, layout=BoundaryLayout(code_system="kemendagri"))
    assert read.polygons.index.tolist() == ["64.02"]


def test_desa_are_put_together_to_their_kecamatan(areas: gpd.GeoDataFrame) -> None:
    inside = areas[(areas["level"] == "desa") & (areas["parent_id"] == "64.72.01")]
    squares = [
        shapely.box(lon - 0.01, lat - 0.01, lon + 0.01, lat + 0.01) for lon, lat in inside[["lon", "lat"]].to_numpy()
    ]
    file = gpd.GeoDataFrame(
        {"KDEPUM": inside.index, "KDCPUM": inside["parent_id"].to_numpy()}, geometry=squares, crs=4326
    )
    found = import_boundaries(file, areas)
    assert found.polygons.index.tolist() == ["64.72.01"]
    assert shapely.area(found.polygons.geometry.iloc[0]) == pytest.approx(shapely.union_all(squares).area)
    alone = import_boundaries(file, areas, layout=BoundaryLayout(level="desa"))
    assert alone.polygons.index.tolist() == inside.index.tolist()


def test_of_several_layers_the_one_that_fits_is_taken(
    areas: gpd.GeoDataFrame, features: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "gadm.gpkg"
    country_row = gpd.GeoDataFrame({"GID_0": ["IDN"], "COUNTRY": ["Indonesia"]}, geometry=features.geometry.iloc[:1])
    country_row.to_file(path, layer="ADM_0")
    gpd.GeoDataFrame(LAYOUTS["GADM"](features), geometry=features.geometry).to_file(path, layer="ADM_3")
    found = import_boundaries(path, areas)
    assert found.polygons.index.tolist() == list(HELD)
    assert found.notes[0] == "layer ADM_3 of ADM_0, ADM_3"
    for layer, said in (("ADM_0", "no column is known .* GID_0, COUNTRY"), ("ADM_9", "the file holds ADM_0, ADM_3")):
        with pytest.raises(ContractError, match=said):
            import_boundaries(path, areas, layout=BoundaryLayout(layer=layer))
    gpd.GeoDataFrame(LAYOUTS["HDX"](features), geometry=features.geometry).to_file(path, layer="again")
    with pytest.raises(ContractError, match="say which one: --layer NAME"):
        import_boundaries(path, areas)


def sql(rows: list[tuple[str, str, object]]) -> str:
    values = ",\n".join(f"\t('{code}','{name}',-0.4,117.0,'{json.dumps(path)}')" for code, name, path in rows)
    return f"/* licence; */\nDELETE FROM w;\nINSERT INTO w(kode,nama,lat,lng,path) VALUES\n{values};\n"


def test_sql_of_rings_of_latitude_and_longitude(
    areas: gpd.GeoDataFrame, features: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    def ring(at: int, part: slice = slice(None)) -> list[list[float]]:
        return [[lat, lon] for lon, lat in features.geometry[at].exterior.coords[part]]

    two_parts = [[ring(0)], [ring(1)]]
    broken = [[[1.0]]]
    rows = [
        ("64.02.06", "Tenggarong", [ring(0)]),
        ("64.02.19", "Kota Bangun Darat", two_parts),
        ("64.72.08", "Sungai Pinang", broken),
    ]
    text = sql(rows[:2]) + sql(rows[2:]) + "INSERT INTO w(kode,nama,path) VALUES ('63.03.07','Sungai ''Pinang',NULL);"
    path = tmp_path / "wilayah_boundaries_kec_64.sql"
    path.write_text(text)
    found = import_boundaries(path, areas)
    assert found.ledger["status"].tolist() == ["joined", "joined", "joined", "outside"]
    assert found.polygons.geometry["64.02.06"].equals(features.geometry[0])
    assert shapely.area(found.polygons.geometry["64.02.19"]) == pytest.approx(
        shapely.area(features.geometry.array[:2]).sum()
    )
    assert found.faults.loc[found.faults["fault"] == "no_polygon", "area_id"].tolist() == ["64.72.08"]
    for odd in ("SELECT 1;", "INSERT INTO w(kode,path) VALUES ('64.02.06','[[[", "\x00"):
        path.write_text(odd)
        with pytest.raises(ContractError, match="cannot be read"):
            import_boundaries(path, areas)


def test_a_shapefile_without_its_other_files_is_refused(
    areas: gpd.GeoDataFrame, features: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    features.to_file(tmp_path / "batas.shp")
    (tmp_path / "batas.dbf").unlink()
    with pytest.raises(ContractError, match=r"beside this one is no \.dbf; copy them all"):
        import_boundaries(tmp_path / "batas.shp", areas)


def test_the_command_needs_no_option(features: gpd.GeoDataFrame, tmp_path: Path) -> None:
    file = tmp_path / "batas.geojson"
    gpd.GeoDataFrame(LAYOUTS["BIG"](features), geometry=features.geometry).to_file(file)
    (tmp_path / "outreach.toml").write_text('[office]\nname = "Kantor"\n')
    pd.DataFrame([*area_rows("64.02"), *area_rows("64.72")]).to_csv(tmp_path / "areas.csv", index=False)
    done = CliRunner().invoke(app, ["areas", "import", str(file), "--data", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "columns of BIG" in done.stderr
    assert "4 areas" in done.stderr
    assert "outside" in done.stdout
    assert "63.03.07" not in done.stdout  # areas of other offices are counted, not listed
    assert set(gpd.read_file(tmp_path / "boundaries.geojson")["area_id"]) == set(HELD)


def joined(found: BoundaryImport) -> list[str]:
    return sorted(found.polygons.index)


def test_the_same_whatever_the_order_of_features(areas: gpd.GeoDataFrame, features: gpd.GeoDataFrame) -> None:
    file = gpd.GeoDataFrame(LAYOUTS["geoBoundaries"](features), geometry=features.geometry)
    assert joined(import_boundaries(file.iloc[::-1], areas)) == joined(import_boundaries(file, areas)) == sorted(HELD)
