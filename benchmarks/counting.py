"""Applicants counted where they are: 12.5, 25 and 50 M rows of Parquet by DuckDB; 1 M by every kind of frame; and 50 M
rows to a ranking (`python benchmarks/counting.py ranking [ROWS]` measures that alone).

The peer is the plain way, `pandas.read_parquet` and `groupby`, on the 1 M slice, whose places are spelt out there.
Spark is asked where pyspark can be imported and Java is there. Files are made in the temporary folder and deleted.
"""

from __future__ import annotations

import importlib.util
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from outreach_analysis.geography.areas import load_aliases, load_areas
from outreach_analysis.intake.bulk_count import count_applicants
from outreach_analysis.intake.bulk_sources import open_applicants
from outreach_analysis.study import Study

MILLION = 1_000_000
GROWTH = (12_500_000, 25_000_000, 50_000_000)
EVENTS = 150
TARGET_S, TARGET_GB = 10.0, 2.0
RANKING_TARGET_S = 60.0
OF_POPUPS, OF_POPUPS_OF_AN_OFFICE = 5, 2000
"""One row in so many is of a pop-up: many, to load the counting, and as many as an office of pop-ups can serve."""


def make(folder: Path, rows: int, one_in: int = OF_POPUPS) -> None:
    """Lists in files of 5 M rows: keys, 3,000 spellings of places, and over three years one row in `one_in` from 150
    weekly events, all others from the office."""
    areas = load_areas("all")
    kecamatan = areas[areas["level"] == "kecamatan"]
    names = pd.DataFrame({"kecamatan": kecamatan["name"], "kabupaten": kecamatan["parent_name"]}, dtype=object)
    forms = ["{}", "Kec. {}", "KECAMATAN {}", " {} ", "Kec {}", "kecamatan {}"]
    shorter = ["{}", "", "Kalimantan Timur, {}", "{} ", "Prov. Kaltim {}"]
    spelt = [
        (form.format(kec), short.format(kab))
        for kec, kab in names.itertuples(index=False)
        for form in forms
        for short in shorter[:5]
    ][:3000]
    places = pd.DataFrame(spelt, columns=["kecamatan", "kabupaten"]).reset_index(names="n")
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2; SET memory_limit = '1GB'; SET enable_progress_bar = false")
        connection.register("places", places)
        connection.execute("CREATE TABLE place AS SELECT * FROM places")
        step = 5 * MILLION
        for number, start in enumerate(range(0, rows, step)):
            connection.execute(
                f"""COPY (
                    SELECT substr(md5(i::VARCHAR), 1, 16) AS person_key,
                        CASE WHEN hash(i) % {one_in} > 0 THEN 'OFFICE'
                            ELSE 'E' || hash(i * 17) % {EVENTS} END AS event_id,
                        DATE '2023-01-01' + (CASE WHEN hash(i) % {one_in} > 0 THEN hash(i * 3) % 1095
                            ELSE hash(i * 17) % {EVENTS} * 7 END)::INTEGER AS service_date,
                        kecamatan AS "Kecamatan", kabupaten AS "Kab/Kota",
                        ['Paspor Biasa', 'E-Paspor', 'Paspor Biasa Non Elektronik'][(1 + hash(i * 5) % 3)::INTEGER]
                            AS "Jenis Paspor",
                        ['Baru', 'Penggantian'][(1 + hash(i * 7) % 2)::INTEGER] AS "Jenis Permohonan",
                        ['IG', 'Teman', 'Radio', 'Kantor'][(1 + hash(i * 11) % 4)::INTEGER] AS "Tahu dari"
                    FROM range({start}, {min(start + step, rows)}) r(i) JOIN place ON n = hash(i * 13) % {len(places)}
                ) TO '{folder}/part{number:03d}.parquet' (FORMAT parquet)"""
            )


def count_in_a_process_of_its_own(folder: str) -> None:
    """Seconds and peak memory (GB) of counting a folder, printed."""
    areas, aliases = load_areas("all"), load_aliases()
    start = time.perf_counter()
    with open_applicants(folder, memory="1GB", threads=2) as relation:
        counted = count_applicants(relation, areas, aliases=aliases)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{counted.rows} {seconds:.2f} {peak:.2f} {len(counted.counts)}")


def rank_in_a_process_of_its_own(folder: str) -> None:
    """Seconds and peak memory (GB) from rows to a ranking, printed."""
    areas, aliases = load_areas("all"), load_aliases()
    kecamatan = areas.index[areas["level"] == "kecamatan"][:40]
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta([7 * at for at in range(EVENTS)], unit="D")
    sites = pd.DataFrame({"site_id": [f"S{at}" for at in range(40)], "kind": ["office", *["kecamatan"] * 39]})
    sites = sites.assign(name=sites["site_id"], area=kecamatan)
    places = [f"S{1 + at % 30}" for at in range(EVENTS)]
    events = pd.DataFrame({"event_id": [f"E{at}" for at in range(EVENTS)], "site_id": places})
    start = time.perf_counter()
    with open_applicants(folder, memory="1GB", threads=2) as relation:
        counted = count_applicants(relation, areas, aliases=aliases)
    seconds = time.perf_counter() - start
    study = Study.from_counts(counted, areas=areas, sites=sites, events=events.assign(date=days, status="held"))
    best = study.ranking.recommended
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{counted.rows} {time.perf_counter() - start:.1f} {seconds:.1f} {peak:.2f} {best}")


def to_a_ranking(rows: int) -> None:
    with tempfile.TemporaryDirectory(prefix="office-count-") as name:
        make(Path(name), rows, OF_POPUPS_OF_AN_OFFICE)
        asked = [sys.executable, __file__, "rank", name]
        said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    counted, seconds, counting, peak, best = said.split()
    if int(counted) != rows or best == "None":
        raise SystemExit(f"{counted} rows counted of {rows}; first place {best}")
    met = float(seconds) <= RANKING_TARGET_S and float(peak) < TARGET_GB
    print(f"{rows / MILLION:g} M rows to a ranking: {seconds} s, {counting} of them counting, peak {peak} GB; "
          f"target {RANKING_TARGET_S:g} s and {TARGET_GB:g} GB: {'met' if met else 'MISSED'}")  # fmt: skip


def growth() -> None:
    for rows in GROWTH:
        with tempfile.TemporaryDirectory(prefix="office-count-") as name:
            make(Path(name), rows)
            size = sum(path.stat().st_size for path in Path(name).iterdir()) / 2**30
            said = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True, check=True).stdout
        counted, seconds, peak, groups = said.split()
        if int(counted) != rows:
            raise SystemExit(f"{counted} rows counted of {rows}")
        print(f"{rows / MILLION:g} M rows ({size:.2f} GB Parquet): {seconds} s, peak {peak} GB, {groups} counts")
        if rows == GROWTH[-1]:
            met = float(seconds) <= TARGET_S and float(peak) < TARGET_GB
            print(f"target {TARGET_S:g} s and {TARGET_GB:g} GB: {'met' if met else 'MISSED'}")


def frames(folder: Path) -> dict[str, Any]:
    import polars as pl

    pattern = f"{folder}/*.parquet"
    kinds: dict[str, Any] = {
        "pandas": lambda: pd.read_parquet(folder),
        "polars": lambda: pl.read_parquet(pattern),
        "polars lazy": lambda: pl.scan_parquet(pattern),
    }
    if importlib.util.find_spec("pyspark") and shutil.which("java"):
        from pyspark.sql import SparkSession

        session = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        kinds["spark local"] = lambda: session.read.parquet(str(folder))
    else:
        print("pyspark or Java is not there: Spark not asked")
    return kinds


def the_same_from_every_frame() -> None:
    areas, aliases = load_areas("all"), load_aliases()
    with tempfile.TemporaryDirectory(prefix="office-count-") as name:
        make(Path(name), MILLION)
        start = time.perf_counter()
        with open_applicants(name, threads=2) as relation:
            first = count_applicants(relation, areas, aliases=aliases)
        print(f"1 M rows, duckdb: {time.perf_counter() - start:.2f} s")
        for kind, read in frames(Path(name)).items():
            start = time.perf_counter()
            other = count_applicants(read(), areas, aliases=aliases)
            pd.testing.assert_frame_equal(first.counts, other.counts)
            print(f"1 M rows, {kind}: {time.perf_counter() - start:.2f} s, identical counts")


def main() -> None:
    the_same_from_every_frame()
    growth()
    to_a_ranking(GROWTH[-1])


if __name__ == "__main__":
    if sys.argv[1:2] == ["ranking"]:
        to_a_ranking(int(sys.argv[2]) if len(sys.argv) > 2 else GROWTH[-1])
    elif sys.argv[1:2] == ["rank"]:
        rank_in_a_process_of_its_own(sys.argv[2])
    elif len(sys.argv) > 1:
        count_in_a_process_of_its_own(sys.argv[1])
    else:
        main()
