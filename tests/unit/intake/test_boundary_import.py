"""Boundaries of an office: joined by code or by name, never guessed; faults named, repaired only when asked."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.contracts import ContractError, RequestError
from outreach_analysis.geography.areas import load_aliases, load_areas
from outreach_analysis.geography.boundaries import joint_faults, swap_axes
from outreach_analysis.intake.boundary_import import BoundaryLayout, import_boundaries

REAL = Path(os.environ.get("OUTREACH_BOUNDARIES", "boundaries")) / "kecamatan_200m.geojson"
AREAS_CSV = """\
area_id,name,parent_id,population,lon,lat
R,Provinsi Contoh,,1000,,
K1,Kabupaten Utara,R,600,,
K2,Kabupaten Selatan,R,400,,
U1,Sukamaju,K1,300,116.5,0.5
U2,Mekarsari,K1,300,117.5,0.5
S1,Sukamaju,K2,250,116.5,-0.5
S2,Wanasari,K2,150,117.5,-0.5
U1A,Desa Satu,U1,300,116.5,0.5
"""
SQUARES = {
    "U1": (116, 0, 117, 1),
    "U2": (117, 0, 118, 1),
    "S1": (116, -1, 117, 0),
    "S2": (117, -1, 118, 0),
}


@pytest.fixture
def areas(tmp_path) -> gpd.GeoDataFrame:
    (tmp_path / "areas.csv").write_text(AREAS_CSV)
    return load_areas("all", path=tmp_path / "areas.csv")


@pytest.fixture
def boundaries() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "KODE": list(SQUARES),
            "NAMA": ["SUKAMAJU", "Kec. Mekarsari", "Sukamaju", "Wanasari"],
            "KAB": ["Utara", "Utara", "Kab. Selatan", "Selatan"],
        },
        geometry=[shapely.box(*edges) for edges in SQUARES.values()],
        crs="EPSG:4326",
    )


def test_joined_by_code(areas, boundaries):
    found = import_boundaries(boundaries, areas, layout=BoundaryLayout(code="KODE"))
    assert found.ledger["status"].tolist() == ["joined"] * 4
    assert found.polygons.index.tolist() == list(SQUARES)
    assert found.missing.empty
    assert found.faults.empty


def test_by_name_an_ambiguity_is_listed_with_its_candidates(areas, boundaries):
    bare = areas.assign(lon=np.nan, lat=np.nan)
    found = import_boundaries(boundaries, bare, layout=BoundaryLayout(name="NAMA"))
    # the other two are names of kecamatan elsewhere too
    assert found.ledger["status"].tolist() == ["ambiguous"] * 4
    assert found.ledger.loc[0, "suggestions"].count("Sukamaju") == 2
    assert set(SQUARES) == set(found.missing.index)
    # the kabupaten tells them apart, and so do points
    both = import_boundaries(boundaries, bare, layout=BoundaryLayout(name="NAMA", parent="KAB"))
    assert both.ledger["area_id"].tolist() == list(SQUARES)
    placed = import_boundaries(boundaries, areas, layout=BoundaryLayout(name="NAMA"))
    assert placed.ledger["area_id"].tolist() == list(SQUARES)


def test_what_does_not_join_stays_in_the_ledger(areas, boundaries):
    odd = boundaries.assign(KODE=["U1", "U1", "K1", "99"])
    found = import_boundaries(odd, areas, layout=BoundaryLayout(code="KODE", level="kecamatan"))
    assert found.ledger["status"].tolist() == ["joined", "joined", "wrong_level", "unknown"]
    assert len(found.missing) == 3
    # two features of one area are its parts
    whole = found.polygons.geometry["U1"]
    assert whole.equals(shapely.box(116, 0, 118, 1))
    assert found.notes == ("1 areas were put together from several features each",)


def test_another_reference_system_is_read_and_a_missing_one_told(areas, boundaries):
    utm = import_boundaries(boundaries.to_crs("EPSG:32650"), areas, layout=BoundaryLayout(code="KODE"))
    assert utm.polygons.geometry["U1"].centroid.distance(shapely.Point(116.5, 0.5)) < 1e-3
    unsaid = boundaries.set_crs(None, allow_override=True)
    assert import_boundaries(unsaid, areas, layout=BoundaryLayout(code="KODE")).faults["fault"].tolist() == ["no_crs"]
    # metres that are said to be degrees
    wrong = boundaries.to_crs("EPSG:32650").set_crs("EPSG:4326", allow_override=True)
    assert (
        import_boundaries(wrong, areas, layout=BoundaryLayout(code="KODE")).faults.loc[0, "fault"]
        == "coordinates_outside"
    )
    right = import_boundaries(wrong, areas, layout=BoundaryLayout(code="KODE", crs="EPSG:32650"))
    assert right.faults.empty


def test_swapped_axes_are_named_and_repaired_only_when_asked(areas, boundaries):
    swapped = boundaries.set_geometry(swap_axes(boundaries.geometry))
    found = import_boundaries(swapped, areas, layout=BoundaryLayout(code="KODE"))
    assert found.faults.loc[0, "fault"] == "coordinates_swapped"
    assert found.polygons.geometry["U1"].equals(swapped.geometry[0])
    mended = import_boundaries(swapped, areas, layout=BoundaryLayout(code="KODE"), repair=True)
    assert mended.faults.empty
    assert mended.polygons.geometry["U1"].equals(boundaries.geometry[0])


def test_rings_overlaps_and_gaps(areas, boundaries):
    bow = shapely.Polygon([(116, 0), (117, 1), (117, 0), (116, 1)])
    broken = boundaries.copy()
    broken.loc[0, "geometry"] = bow
    broken.loc[3, "geometry"] = shapely.box(116.9, -1, 118, 0)
    holed = shapely.difference(shapely.box(117, 0, 118, 1), shapely.box(117.4, 0.4, 117.6, 0.6))
    broken.loc[1, "geometry"] = holed
    found = import_boundaries(broken, areas, layout=BoundaryLayout(code="KODE"))
    assert found.faults["fault"].tolist()[0] == "invalid_rings"
    assert {"overlap", "gap"} <= set(found.faults["fault"])
    overlap = found.faults[found.faults["fault"] == "overlap"].iloc[0]
    assert {overlap["area_id"], overlap["other"]} == {"S1", "S2"}
    assert overlap["km2"] == pytest.approx(0.1 * 111.2**2, rel=0.02)
    assert not found.polygons.geometry["U1"].is_valid
    mended = import_boundaries(broken, areas, layout=BoundaryLayout(code="KODE"), repair=True)
    assert mended.polygons.is_valid.all()
    assert joint_faults(mended.polygons.geometry)["fault"].tolist() == []
    assert mended.repaired


def test_a_polygon_far_from_its_area_is_named(areas, boundaries):
    exchanged = boundaries.assign(KODE=["U2", "U1", "S1", "S2"])
    found = import_boundaries(exchanged, areas, layout=BoundaryLayout(code="KODE"))
    far = found.faults[found.faults["fault"] == "point_outside"]
    assert set(far["area_id"]) == {"U1", "U2"}
    assert found.ledger["status"].tolist() == ["misplaced", "misplaced", "joined", "joined"]
    assert found.ledger.loc[0, "suggestions"] == "Mekarsari (U2), 56 km from its point"


def test_refusals(areas, boundaries, tmp_path):
    with pytest.raises(ValueError, match="one of code and name"):
        import_boundaries(boundaries, areas, layout=BoundaryLayout(code="KODE", name="NAMA"))
    with pytest.raises(RequestError, match="'UTM' is no reference system"):
        import_boundaries(boundaries, areas, layout=BoundaryLayout(code="KODE", crs="UTM"))
    with pytest.raises(ContractError, match="no column stands for 'KODEX'"):
        import_boundaries(boundaries, areas, layout=BoundaryLayout(code="KODEX"))
    with pytest.raises(ContractError, match="the file is missing"):
        import_boundaries(tmp_path / "none.shp", areas, layout=BoundaryLayout(code="KODE"))
    (tmp_path / "odd.geojson").write_text("{")
    with pytest.raises(ContractError, match="cannot be read"):
        import_boundaries(tmp_path / "odd.geojson", areas, layout=BoundaryLayout(code="KODE"))


@pytest.mark.parametrize(
    "suffix", ["geojson", *(pytest.param(each, marks=pytest.mark.slow) for each in ("gpkg", "shp"))]
)
def test_commands_import_and_check(areas, boundaries, tmp_path, suffix):
    file = tmp_path / f"batas.{suffix}"
    boundaries.to_file(file)
    (tmp_path / "outreach.toml").write_text('[office]\nname = "Kantor Contoh"\n')
    run = CliRunner().invoke
    done = run(app, ["areas", "import", str(file), "--data", str(tmp_path), "--name", "NAMA", "--parent", "KAB"])
    assert done.exit_code == 0, done.output
    assert "4 areas" in done.stderr
    loaded = load_areas("kecamatan", path=tmp_path)
    assert set(loaded["geometry_kind"]) == {"official"}
    # above kecamatan too, since all their parts have one
    assert set(load_areas("kabupaten", path=tmp_path)["geometry_kind"]) == {"official"}
    checked = run(app, ["areas", "check", "--data", str(tmp_path)])
    assert checked.exit_code == 0
    assert "kecamatan" in checked.stdout
    wrong = run(app, ["areas", "import", str(file), "--data", str(tmp_path), "--code", "NAMA"])
    assert wrong.exit_code == 1
    both = ["--code", "KODE", "--name", "NAMA"]
    assert run(app, ["areas", "import", str(file), "--data", str(tmp_path), *both]).exit_code == 2


def test_boundaries_in_the_folder_are_refused_where_axes_are_swapped(areas, boundaries, tmp_path):
    swapped = boundaries.set_geometry(swap_axes(boundaries.geometry))
    swapped.rename(columns={"KODE": "area_id"}).to_file(tmp_path / "boundaries.geojson")
    with pytest.raises(ContractError, match="longitude and latitude swapped"):
        load_areas("kecamatan", path=tmp_path)


def test_codes_that_do_not_nest_by_dots(areas):
    kecamatan = areas[areas["level"] == "kecamatan"]
    assert kecamatan.loc["U1", "parts"] == ("U1A",)
    assert areas.loc["K1", "parts"] == ("U1", "U2", "U1A")


@pytest.mark.skipif(not REAL.is_file(), reason="OUTREACH_BOUNDARIES names no folder of official boundaries")
def test_real_boundaries_of_a_province():
    areas = load_areas("all")
    by_code = import_boundaries(REAL, areas, layout=BoundaryLayout(code="code"))
    assert by_code.ledger["status"].tolist() == ["joined"] * 105
    assert by_code.missing.empty
    expected = by_code.ledger["area_id"]
    by_name = import_boundaries(REAL, areas, layout=BoundaryLayout(name="name"), aliases=load_aliases())
    pd.testing.assert_series_equal(by_name.ledger["area_id"], expected)
