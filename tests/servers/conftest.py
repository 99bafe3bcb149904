"""Real servers on this machine: PostgreSQL started for the run, and Spark in local mode. `make servers` runs these.

Where a server is missing its tests are skipped; a missing PostgreSQL fails where OUTREACH_REQUIRE_POSTGRES is set.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.geography.areas import load_aliases, load_areas
from outreach_analysis.intake.bulk_count import CountedApplicants, count_applicants
from outreach_analysis.study import Study

ROWS = 5000
HOMES = ("/usr/lib/postgresql", "/opt/homebrew/opt/postgresql", "/usr/local/opt/postgresql")


def program(name: str) -> Path | None:
    """A program of PostgreSQL, on the path or where systems keep it."""
    on_path = shutil.which(name)
    places = [Path(on_path)] if on_path else []
    places += [found for home in HOMES for found in sorted(Path(home).glob(f"**/bin/{name}"), reverse=True)]
    return places[0] if places else None


@pytest.fixture(scope="session")
def areas() -> pd.DataFrame:
    return load_areas("all")


@pytest.fixture(scope="session")
def lists(areas: pd.DataFrame) -> pd.DataFrame:
    """Invented rows with an office's own headers: nicknames, blanks, outsiders and an unknown place among them."""
    rng = np.random.default_rng(8)
    kecamatan = areas[areas["level"] == "kecamatan"]
    places = [*zip(kecamatan["name"], kecamatan["parent_name"], strict=True)]
    places += [(None, "Kutim"), ("", "Surabaya"), ("Zzyx 081234567890", ""), (None, None)]
    chosen = rng.integers(0, len(places), ROWS)
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 400, ROWS), unit="D")
    return pd.DataFrame(
        {
            "Kode Kegiatan": rng.choice(["E1", "E2", None], ROWS),
            "Tgl Permohonan": days.strftime("%Y-%m-%d"),
            "Nama": "Orang Rekaan",
            "NIK": "6472031201900001",
            "Kecamatan": np.array([place[0] for place in places], dtype=object)[chosen],
            "Kab/Kota": np.array([place[1] for place in places], dtype=object)[chosen],
            "Jenis Paspor": rng.choice(["Paspor Biasa", "E-Paspor", None], ROWS),
            "Tahu dari": rng.choice(["IG", "Teman", "Radio", ""], ROWS),
        }
    )


@pytest.fixture(scope="session")
def counted(lists: pd.DataFrame, areas: pd.DataFrame) -> CountedApplicants:
    """The same rows counted from a pandas frame."""
    return count_applicants(lists, areas, aliases=load_aliases())


SITES = pd.DataFrame(
    {
        "site_id": ["K", "T", "M"],
        "name": ["Kantor", "Balai Desa", "Masjid"],
        "kind": ["office", "desa", "kecamatan"],
        "area": ["Samarinda Ulu", "Tenggarong", "Muara Badak"],
    }
)
EVENTS = pd.DataFrame(
    {"event_id": ["E1", "E2"], "site_id": "T", "date": ["2025-03-14", "2025-08-02"], "status": "held"}
)


@pytest.fixture(scope="session")
def same_study(counted: CountedApplicants, areas: pd.DataFrame) -> Callable[[CountedApplicants], None]:
    """Asserts that counts of an engine, and the reach, turnout and ranking made of them, are those of the frame."""
    made = {"areas": areas, "sites": SITES, "events": EVENTS}
    study = Study.from_counts(counted, **made)
    assert study.counts["applicants"].sum() > 0

    def same(found: CountedApplicants) -> None:
        pd.testing.assert_frame_equal(found.counts, counted.counts)
        assert found.rows == counted.rows
        other = Study.from_counts(found, **made)
        pd.testing.assert_frame_equal(other.reach.by_area, study.reach.by_area)
        pd.testing.assert_frame_equal(other.turnout.summary(), study.turnout.summary())
        pd.testing.assert_frame_equal(other.ranking.by_site, study.ranking.by_site)

    return same


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL server of its own, with a password, on a free port; gone after the run."""
    initdb, postmaster = program("initdb"), program("pg_ctl")
    if initdb is None or postmaster is None or importlib.util.find_spec("psycopg") is None:
        if os.environ.get("OUTREACH_REQUIRE_POSTGRES"):
            pytest.fail("PostgreSQL and psycopg are required here, and were not found")
        pytest.skip("no PostgreSQL, or no psycopg, on this machine")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as home:
        folder = Path(home)
        (folder / "word").write_text("rahasia")
        as_whom: list[str] = []
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(folder, "postgres")
            shutil.chown(folder / "word", "postgres")
            as_whom = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        run = [
            *as_whom,
            str(initdb),
            "-D",
            f"{home}/data",
            "-U",
            "rina",
            "-A",
            "scram-sha-256",
            f"--pwfile={home}/word",
        ]
        subprocess.run(run, check=True, capture_output=True, cwd=home)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home}"
        start = [*as_whom, str(postmaster), "-D", f"{home}/data", "-w", "-l", f"{home}/log", "-o", options, "start"]
        subprocess.run(start, check=True, capture_output=True, cwd=home)
        try:
            yield f"postgresql://rina:rahasia@127.0.0.1:{port}/postgres"
        finally:
            stop = [*as_whom, str(postmaster), "-D", f"{home}/data", "-m", "immediate", "stop"]
            subprocess.run(stop, check=True, capture_output=True, cwd=home)


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """Spark in local mode with two threads."""
    if importlib.util.find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("no pyspark, or no Java, on this machine")
    from pyspark.sql import SparkSession

    with tempfile.TemporaryDirectory(prefix="spark-") as home:
        builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        session = builder.config("spark.sql.warehouse.dir", home).config("spark.driver.host", "127.0.0.1").getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()
