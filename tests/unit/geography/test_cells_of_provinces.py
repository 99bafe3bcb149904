"""Indicative cells of real provinces: how far they lie from official borders, and that no circles show."""

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from outreach_analysis.files import bundled_data
from outreach_analysis.geography.areas import drawn_cells, load_areas

FILE = Path(os.environ.get("OUTREACH_BOUNDARIES", "boundaries")) / "kecamatan_200m.geojson"
PLANE = "+proj=laea +lon_0=118 +lat_0=-2 +datum=WGS84 +units=m"
PROVINCES = {"17": 129, "34": 78, "51": 57, "62": 136, "81": 119, "91": 105}


@pytest.fixture(scope="module")
def land() -> shapely.Geometry:
    file = gpd.read_file(bundled_data("reference/indonesia") / "land.geojson")
    return shapely.make_valid(file.to_crs(PLANE).union_all())


def province(code: str) -> gpd.GeoSeries:
    table = pd.read_csv(bundled_data("reference/indonesia") / "kecamatan.csv", dtype={"code": str})
    table = table[table["code"].str[:2] == code].set_index("code").assign(level="kecamatan", parent_id="")
    return gpd.GeoSeries(drawn_cells(table), crs="EPSG:4326").to_crs(PLANE)


def arcs(shape: shapely.Geometry, coast: shapely.Geometry, *, points: int = 21) -> list[tuple[float, float]]:
    """Where (x, y) 5, 10, 20 or 40 km of a shape's edge, off the coast, follow a circle: turn by 60 degrees or more and
    stay within 0.5 % of that length. The circle is the one of least squares."""
    edge = shapely.difference(shapely.boundary(shape), coast)
    found = []
    for line in shapely.get_parts(shapely.line_merge(edge) if edge.geom_type == "MultiLineString" else edge):
        for length in (5e3, 1e4, 2e4, 4e4):
            steps = np.arange(0, line.length, length / (points - 1))
            if len(steps) < points:
                continue
            along = shapely.get_coordinates(shapely.line_interpolate_point(line, steps))
            part = np.lib.stride_tricks.sliding_window_view(along, points, axis=0).swapaxes(1, 2)
            part = (part - part.mean(axis=1, keepdims=True)) / length
            left = np.concatenate([2 * part, np.ones_like(part[..., :1])], axis=2)
            right = (part**2).sum(axis=2, keepdims=True)
            x, y, rest = np.linalg.solve(left.mT @ left + 1e-12 * np.eye(3), left.mT @ right)[..., 0].T
            radius = np.sqrt(rest + x**2 + y**2)
            off = np.abs(np.hypot(part[..., 0] - x[:, None], part[..., 1] - y[:, None]) - radius[:, None]).max(axis=1)
            found += [
                (float(here[0]), float(here[1])) for here in along[: -points + 1][(off < 0.005) & (radius < 3 / np.pi)]
            ]
    return found


def test_a_circle_is_noticed():
    disc = shapely.buffer(shapely.Point(0, 0), 6e3, quad_segs=8)
    bitten = shapely.difference(disc, shapely.box(0, -1e4, 1e4, 1e4))
    assert arcs(bitten, shapely.GeometryCollection())
    assert not arcs(shapely.box(0, 0, 1e4, 1e4), shapely.GeometryCollection())


@pytest.mark.parametrize(("code", "kecamatan"), PROVINCES.items())
def test_cells_of_a_province(code, kecamatan, land):
    cells = province(code)
    assert len(cells) == kecamatan
    assert cells.is_valid.all()
    assert not cells.is_empty.any()
    whole = cells.union_all()
    assert cells.area.sum() - whole.area < 1e-6 * whole.area
    coast = shapely.buffer(land.boundary, 600)
    assert [cell for cell in cells if arcs(cell, coast)] == []


def test_land_of_east_kalimantan_is_covered_once(land):
    cells = load_areas("all").to_crs(PLANE)
    kecamatan = cells.geometry[cells["level"] == "kecamatan"]
    whole = kecamatan.union_all()
    assert kecamatan.area.sum() - whole.area < 1e-4 * whole.area
    kabupaten = cells.geometry[cells["level"] == "kabupaten"].union_all()
    assert whole.symmetric_difference(kabupaten).area < 1e-4 * whole.area
    assert (
        sum(
            part.area > 1e6
            for ring in shapely.get_parts(land.difference(whole))
            for part in [ring]
            if whole.envelope.buffer(-1e5).contains(ring)
        )
        == 0
    )


@pytest.mark.skipif(not FILE.is_file(), reason="OUTREACH_BOUNDARIES names no folder of official boundaries")
def test_at_most_16_percent_of_the_land_in_the_wrong_kecamatan():
    official = gpd.read_file(FILE).set_index("code").to_crs(PLANE).geometry.make_valid()
    cells = load_areas().to_crs(PLANE).geometry.reindex(official.index)
    right = official.intersection(cells).area.sum() / official.area.sum()
    assert 1 - right < 0.16
