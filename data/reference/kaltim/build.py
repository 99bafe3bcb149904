"""Build areas.csv, aliases.csv and cells.geojson of this folder from the tables in sources/.

    python data/reference/kaltim/build.py

The same sources give the same bytes. Each file is written with a .toml beside it: source, year, licence,
checksum. The sources themselves are never altered, and are checked against their own checksums first.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from outreach_analysis.geography.areas import drawn_cells

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
PROVINCE = "64"
PROVINCE_NAME = "Kalimantan Timur"
CHECKED = "2026-11-24"

# The kecamatan that holds the capital of each kabupaten; the capital's point is that kecamatan's seat.
CAPITALS = {
    "64.01": "64.01.04",
    "64.02": "64.02.06",
    "64.03": "64.03.05",
    "64.07": "64.07.07",
    "64.08": "64.08.04",
    "64.09": "64.09.01",
    "64.11": "64.11.01",
    "64.71": "64.71.06",
    "64.72": "64.72.09",
    "64.74": "64.74.02",
}
PROVINCE_CAPITAL = "64.72"
# Assumption: upriver kecamatan are reached by boat. An office replaces this in its access.csv.
RIVER_KABUPATEN = ("64.11",)

POPULATION_SOURCE = {
    "province": "Dukcapil, Semester II 2024: sum of the kabupaten",
    "kabupaten": "Dukcapil, Semester II 2024",
    "kecamatan": "estimate: Dukcapil 2024 of the kabupaten x share of its polling stations 2024 (KPU)",
    "desa": "estimate: estimate of the kecamatan x share of its polling stations 2024 (KPU)",
}
AREA_COLUMNS = [
    "area_id",
    "name",
    "level",
    "parent_id",
    "parent_name",
    "population",
    "population_source",
    "area_km2",
    "lon",
    "lat",
    "seat_lon",
    "seat_lat",
    "seat_source",
    "access",
    "bps_code",
]

PUBLIC_TEXT = "form seen in public text about the programme, 2024-2026"
SAME_SLIP = "the slip of a form seen in public text, on a neighbouring name"
CAPITAL_NAME = "name of the capital's town, GeoNames"
COMMON = "common short form"
NICKNAMES = {
    "Kukar": "64.02",
    "Kutim": "64.08",
    "Kubar": "64.07",
    "Mahulu": "64.11",
    "PPU": "64.09",
}
FORMER_SPELLINGS = {
    "Kab. Pasir": "64.01",
    "Kabupaten Pasir": "64.01",
    "Penajam Pasir Utara": "64.09",
    "Pasir Belengkong": "64.01.03",
    "Kongbeng": "64.08.08",
    "Manor Bulatn": "64.07.18",
    "Mahakam Hulu": "64.11",
    "Semboja": "64.02.13",
}
MISSPELLINGS = {
    "Kutai Kertanegara": "64.02",
    "Kab.kitai Karta negara": "64.02",
    "Balik Papan": "64.71",
    "Samarinda Sebrang": "64.72.02",
    "Bentiang Besar": "64.07.14",
    "Sanga-Sanga": "64.02.15",
}
# What people say for the town. Sangatta is two kecamatan, so it is placed no finer than its kabupaten.
EVERYDAY = {
    "Tenggarong": "64.02.06",
    "Sangatta": "64.08",
    "Melak": "64.07.06",
    "Tanah Grogot": "64.01.04",
    "Tanjung Redeb": "64.03.05",
    "Penajam": "64.09.01",
}
OTHERS = (
    ("Kaltim", "64", "nickname", COMMON),
    ("Kutai Karta Negara", "64.02", "misspelling", SAME_SLIP),
    ("Tenggarong Sebrang", "64.02.16", "misspelling", SAME_SLIP),
    ("Sangata", "64.08", "misspelling", SAME_SLIP),
    ("Tana Paser", "64.01.04", "everyday", CAPITAL_NAME),
    ("Sendawar", "64.07.07", "everyday", CAPITAL_NAME),
)
# Desa that changed their name and their code at once when Samboja Barat was split off.
RENAMED_AND_RECODED = {
    "64.02.13.1001": "64.02.20.1007",
    "64.02.13.1003": "64.02.20.1009",
    "64.02.13.1004": "64.02.20.1005",
}


def main() -> None:
    """Write the three files and their sidecars."""
    check_sources()
    areas = areas_table()
    aliases = aliases_table(areas)
    write(
        "areas.csv",
        csv_bytes(areas),
        title="Areas of East Kalimantan: province, kabupaten, kecamatan, desa",
        licence="Facts with their sources, see sources/*.toml; seat points from GeoNames are CC BY 4.0",
        notes=[
            "Population of kecamatan and desa is an ESTIMATE, see population_source. Parts sum to the whole.",
            "The estimate was +27 % for Loa Janan and within 11 % for the other kecamatan checked.",
            "access: 'river' in Mahakam Ulu, 'road' elsewhere, an assumption.",
            "lon, lat: where people live (desa points weighted by polling stations). seat_lon, seat_lat: offices.",
            "area_km2 of kabupaten is the official figure; those of kecamatan and desa do not sum to it exactly.",
        ],
    )
    write(
        "aliases.csv",
        csv_bytes(aliases),
        title="Other names and former codes of areas of East Kalimantan",
        licence="Facts with their sources, see sources/*.toml",
        notes=["Some aliases are current names elsewhere in the province: use them within their kabupaten."],
    )
    write(
        "cells.geojson",
        geojson_bytes(cells_table(areas)),
        title="Indicative cells of the 105 kecamatan and 10 kabupaten: not legal boundaries",
        licence="Derived from desa.csv and ../indonesia/kecamatan.csv (facts) and Natural Earth (public domain)",
        notes=[
            "A place belongs to the desa with the least distance / radius^0.65, radius that of a circle of its km2.",
            "14 % of the land lies in another kecamatan than the real one. For maps marked 'indicative'.",
        ],
    )


def check_sources() -> None:
    """Stop where a source file is not the one its sidecar describes."""
    for sidecar in sorted(SOURCES.glob("*.toml")):
        described = tomllib.loads(sidecar.read_text(encoding="utf-8"))
        data = sidecar.with_suffix("").read_bytes()
        if hashlib.sha256(data).hexdigest() != described["sha256"]:
            raise SystemExit(f"{sidecar.with_suffix('').name} differs from its checksum in {sidecar.name}")


def source(name: str) -> pd.DataFrame:
    """A source table; codes and names as text, blanks as ''."""
    numbers = ("population", "census", "tps", "lat_", "lon_", "area", "male", "female")
    table = pd.read_csv(SOURCES / name, dtype=str, keep_default_na=False)
    for column in table.columns:
        if column.startswith(numbers) or column in ("lat", "lon"):
            table[column] = pd.to_numeric(table[column])
    return table


def share_out(total: int, weights: np.ndarray) -> np.ndarray:
    """Split a whole number in proportion to weights, by largest remainder; ties go to the earlier one.

    The parts sum to the total exactly (Hamilton's method of apportionment).
    """
    exact = total * weights / weights.sum()
    parts = np.floor(exact).astype(int)
    # Rounded so that equal shares tie on every machine.
    order = np.argsort(-np.round(exact - parts, 9), kind="stable")
    parts[order[: total - parts.sum()]] += 1
    return parts


def shared_population(children: pd.DataFrame, parent: str, totals: dict[str, int]) -> pd.Series:
    """Population of each child: its parent's, by polling stations. Index as `children`."""
    parts = [
        pd.Series(share_out(totals[parent_id], group["tps_2024"].to_numpy()), index=group.index)
        for parent_id, group in children.groupby(parent)
    ]
    return pd.concat(parts).reindex(children.index)


def areas_table() -> pd.DataFrame:
    """All levels in one table, sorted by area_id, province first."""
    kabupaten, kecamatan, desa = source("kabupaten.csv"), source("kecamatan.csv"), source("desa.csv")
    of_kabupaten = dict(zip(kabupaten["code"], kabupaten["population_2024_dukcapil"], strict=True))
    kecamatan["population"] = shared_population(kecamatan, "kabupaten_code", of_kabupaten)
    of_kecamatan = dict(zip(kecamatan["code"], kecamatan["population"], strict=True))
    desa["population"] = shared_population(desa, "kecamatan_code", of_kecamatan)
    desa = desa.rename(columns={"code": "area_id", "kecamatan_code": "parent_id"})
    desa = desa.assign(
        level="desa", seat_lon=desa["lon"], seat_lat=desa["lat"], seat_source="interior point", bps_code=""
    )
    kecamatan = kecamatan.rename(
        columns={
            "code": "area_id",
            "kabupaten_code": "parent_id",
            "lon_tpsweighted": "lon",
            "lat_tpsweighted": "lat",
            "lon_seat": "seat_lon",
            "lat_seat": "seat_lat",
        }
    ).assign(level="kecamatan")
    kecamatan["seat_source"] = kecamatan["seat_name"] + ": " + kecamatan["seat_source"]
    kabupaten = kabupaten.rename(
        columns={"code": "area_id", "population_2024_dukcapil": "population", "area_km2_big_2024": "area_km2"}
    ).assign(level="kabupaten", parent_id=PROVINCE)
    kabupaten = with_centre(kabupaten, kecamatan, CAPITALS)
    province = pd.DataFrame(
        {
            "area_id": [PROVINCE],
            "name": PROVINCE_NAME,
            "level": "province",
            "parent_id": "",
            "population": kabupaten["population"].sum(),
            "area_km2": kabupaten["area_km2"].sum(),
            "bps_code": PROVINCE,
        }
    )
    province = with_centre(province, kabupaten, {PROVINCE: PROVINCE_CAPITAL})
    areas = pd.concat([province, kabupaten, kecamatan, desa]).sort_values("area_id", ignore_index=True)
    names = dict(zip(areas["area_id"], areas["name"], strict=True))
    river = areas["area_id"].str[:5].isin(RIVER_KABUPATEN)
    areas = areas.assign(
        parent_name=areas["parent_id"].map(names).fillna(""),
        population_source=areas["level"].map(POPULATION_SOURCE),
        access=np.where(river, "river", "road"),
    )
    degrees = dict.fromkeys(("lon", "lat", "seat_lon", "seat_lat"), 5)
    return areas[AREA_COLUMNS].round({**degrees, "area_km2": 3})


def with_centre(parents: pd.DataFrame, children: pd.DataFrame, capitals: dict[str, str]) -> pd.DataFrame:
    """Add where the people of each parent live on average, and the seat of its capital."""
    people = children["population"]
    sums = (
        pd.DataFrame({"lon": children["lon"] * people, "lat": children["lat"] * people, "people": people})
        .groupby(children["parent_id"])
        .sum()
        .reindex(parents["area_id"])
    )
    seats = children.set_index("area_id").loc[[capitals[area_id] for area_id in parents["area_id"]]]
    return parents.assign(
        lon=(sums["lon"] / sums["people"]).to_numpy(),
        lat=(sums["lat"] / sums["people"]).to_numpy(),
        seat_lon=seats["seat_lon"].to_numpy(),
        seat_lat=seats["seat_lat"].to_numpy(),
        seat_source=("capital, " + seats["seat_source"].str.removeprefix("capital, ")).to_numpy(),
    )


def aliases_table(areas: pd.DataFrame) -> pd.DataFrame:
    """Nicknames, spellings, everyday names, and the names and codes of earlier editions."""
    rows: list[tuple[str, str, str, str]] = [*OTHERS]
    for names, kind in (
        (NICKNAMES, "nickname"),
        (FORMER_SPELLINGS, "former_spelling"),
        (MISSPELLINGS, "misspelling"),
        (EVERYDAY, "everyday"),
    ):
        rows += [(alias, area_id, kind, PUBLIC_TEXT) for alias, area_id in names.items()]
    rows += former_names(areas)
    aliases = pd.DataFrame(rows, columns=["alias", "area_id", "kind", "source"])
    unknown = sorted(set(aliases["area_id"]) - set(areas["area_id"]))
    if unknown:
        raise SystemExit(f"aliases name areas that do not exist: {unknown}")
    return aliases.drop_duplicates(["alias", "area_id"]).sort_values(["area_id", "kind", "alias"], ignore_index=True)


def former_names(areas: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """Old names as aliases of the current area, and codes that are no longer used as aliases of the new ones."""
    changes = source("name_changes.csv")
    current = dict(zip(areas["area_id"], areas["name"], strict=True))
    new_codes = changes[changes["old_name"] == ""].drop_duplicates("code")
    recoded = dict(zip(new_codes["current_name"], new_codes["code"], strict=True))
    rows = []
    for change in changes[changes["old_name"] != ""].itertuples():
        note = f"Kemendagri edition of {change.edition}"
        if change.code in current:
            rows.append((change.old_name, change.code, "old_name", note))
            continue
        area_id = RENAMED_AND_RECODED.get(change.code) or recoded[change.old_name]
        rows.append((change.code, area_id, "old_code", note))
        if change.old_name != current[area_id]:
            rows.append((change.old_name, area_id, "old_name", note))
    return rows


def cells_table(areas: pd.DataFrame) -> gpd.GeoSeries:
    """Indicative cells of kabupaten and kecamatan, as an office's own table would get them."""
    cells = drawn_cells(areas.set_index("area_id")).dropna()
    return gpd.GeoSeries(shapely.set_precision(cells.to_numpy(), 0.0001), index=cells.index, crs="EPSG:4326")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV, the same bytes on every system."""
    return table.to_csv(index=False, lineterminator="\n").encode("utf-8")


def geojson_bytes(cells: gpd.GeoSeries) -> bytes:
    """Cells as GeoJSON with 4 decimals (11 m), one feature a line."""
    lines = []
    for area_id, geometry in cells.items():
        feature: dict[str, Any] = {
            "type": "Feature",
            "properties": {"area_id": area_id},
            "geometry": rounded(shapely.geometry.mapping(geometry.normalize())),
        }
        lines.append(json.dumps(feature, separators=(",", ":")))
    return ('{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n").encode("utf-8")


def rounded(value: Any) -> Any:
    """Coordinates of a GeoJSON mapping with 4 decimals."""
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list | tuple) else value


def write(name: str, data: bytes, *, title: str, licence: str, notes: list[str]) -> None:
    """Write a built file and its sidecar."""
    (HERE / name).write_bytes(data)
    text = [
        ("title", title),
        ("source", "built by build.py from sources/"),
        ("year", "2024-2025"),
        ("licence", licence),
    ]
    lines = [f"{key} = {json.dumps(value)}" for key, value in text]
    lines += [f"retrieved = {CHECKED}", f'sha256 = "{hashlib.sha256(data).hexdigest()}"', "notes = ["]
    lines += [f"  {json.dumps(note)}," for note in notes] + ["]", ""]
    (HERE / f"{name}.toml").write_bytes("\n".join(lines).encode("utf-8"))


if __name__ == "__main__":
    main()
