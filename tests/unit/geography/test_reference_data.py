"""The bundled tables: their checksums, their sums, and that the build gives the stored bytes."""

import hashlib
import importlib.util
import tomllib
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from outreach_analysis.files import bundled_data

REFERENCE = bundled_data("reference/kaltim")
SIDECARS = sorted(REFERENCE.rglob("*.toml"))
EQUAL_AREA = "+proj=laea +lon_0=116.5 +lat_0=0 +datum=WGS84 +units=m"


@pytest.fixture(scope="module")
def build():
    spec = importlib.util.spec_from_file_location("build_kaltim", REFERENCE / "build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(
        REFERENCE / "areas.csv", dtype={"area_id": str, "parent_id": str, "bps_code": str}, keep_default_na=False
    )


def test_every_data_file_has_a_sidecar():
    data = {path for path in REFERENCE.rglob("*.*") if path.suffix in (".csv", ".geojson")}
    assert data == {path.with_suffix("") for path in SIDECARS}


@pytest.mark.parametrize("sidecar", SIDECARS, ids=lambda path: path.name)
def test_sidecar_describes_its_file(sidecar: Path):
    described = tomllib.loads(sidecar.read_text(encoding="utf-8"))
    data = sidecar.with_suffix("").read_bytes()
    assert described["sha256"] == hashlib.sha256(data).hexdigest()
    assert all(described[key] for key in ("title", "source", "year", "licence", "retrieved", "notes"))
    assert len(data) < 1_000_000


def test_rebuilding_gives_the_stored_tables(build):
    areas = build.areas_table()
    assert build.csv_bytes(areas) == (REFERENCE / "areas.csv").read_bytes()
    assert build.csv_bytes(build.aliases_table(areas)) == (REFERENCE / "aliases.csv").read_bytes()


def test_rebuilding_gives_the_stored_cells(build):
    rebuilt = build.cells_table(build.areas_table()).to_crs(EQUAL_AREA)
    stored = gpd.read_file(REFERENCE / "cells.geojson").set_index("area_id").to_crs(EQUAL_AREA).geometry
    assert list(rebuilt.index) == list(stored.index)
    differing = rebuilt.symmetric_difference(stored).area / stored.area
    assert differing.max() < 0.005


def test_a_changed_source_is_noticed(build, tmp_path, monkeypatch):
    (tmp_path / "desa.csv").write_text("code\n", encoding="utf-8")
    (tmp_path / "desa.csv.toml").write_text('sha256 = "0"\n', encoding="utf-8")
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    with pytest.raises(SystemExit, match=r"desa\.csv differs"):
        build.check_sources()


def test_shares_by_largest_remainder(build):
    # 10 x 1/3 = 3.33 each: the one that is over goes to the first of equals.
    assert build.share_out(10, np.array([1, 1, 1])).tolist() == [4, 3, 3]
    # 7 x (5, 3, 2)/10 = 3.5, 2.1, 1.4: the half wins.
    assert build.share_out(7, np.array([5, 3, 2])).tolist() == [4, 2, 1]


def test_levels_are_complete(table):
    assert table["level"].value_counts().to_dict() == {"desa": 1038, "kecamatan": 105, "kabupaten": 10, "province": 1}


def test_parts_sum_to_the_whole(table):
    population = table.set_index("area_id")["population"]
    parts = table[table["parent_id"] != ""].groupby("parent_id")["population"].sum()
    assert population["64"] == 4_123_303
    assert (parts == population[parts.index]).all()
    assert table["population"].min() > 0


def test_estimates_say_so(table):
    by_level = table.groupby("level")["population_source"].unique()
    assert all(len(texts) == 1 for texts in by_level)
    assert by_level["kabupaten"][0] == "Dukcapil, Semester II 2024"
    assert all(by_level[level][0].startswith("estimate:") for level in ("kecamatan", "desa"))


def test_code_systems_stand_side_by_side(table):
    bps = table.set_index("area_id")["bps_code"]
    # Kemendagri 64.02 is Kutai Kartanegara, which BPS calls 6403; BPS 6402 is Kutai Barat.
    assert bps[["64.02", "64.03", "64.07", "64.08"]].tolist() == ["6403", "6405", "6402", "6404"]
    kecamatan = table[table["level"] == "kecamatan"].set_index("area_id")["bps_code"]
    assert sorted(kecamatan.index[kecamatan == ""]) == ["64.02.19", "64.02.20"]


def test_river_only_upriver(table):
    river = table.loc[table["access"] == "river", "area_id"]
    assert set(river.str[:5]) == {"64.11"}
    assert len(river) == 1 + 5 + 50


def test_points_lie_where_they_should(table):
    assert table["lon"].between(113.5, 119.5).all()
    assert table["lat"].between(-2.6, 2.7).all()
    assert table[["seat_lon", "seat_lat"]].notna().all().all()
