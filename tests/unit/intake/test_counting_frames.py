"""Applicants counted in any kind of frame: the same counts, every row in one of them."""

import datetime as dt
import json
import sqlite3

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.contracts import ContractError
from outreach_analysis.geography.areas import load_aliases, load_areas
from outreach_analysis.intake.bulk_count import STEPS, CountedApplicants, count_applicants
from outreach_analysis.intake.bulk_sources import open_applicants
from outreach_analysis.settings import Settings

ROWS = 3000


@pytest.fixture(scope="module")
def areas() -> pd.DataFrame:
    return load_areas("all")


@pytest.fixture(scope="module")
def aliases() -> pd.DataFrame:
    return load_aliases()


@pytest.fixture(scope="module")
def lists(areas) -> pd.DataFrame:
    """Rows with the office's headers, nicknames, outsiders, blanks, an unknown place and a blank date."""
    rng = np.random.default_rng(5)
    kecamatan = areas[areas["level"] == "kecamatan"]
    places = [*zip(kecamatan["name"], kecamatan["parent_name"], strict=True)]
    places += [(None, "Kutim"), ("", "Surabaya"), ("Zzyx 081234567890", ""), (None, None), ("Air Putih", "Samarinda")]
    chosen = rng.integers(0, len(places), ROWS)
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 400, ROWS), unit="D")
    rows = pd.DataFrame(
        {
            "Kode Kegiatan": rng.choice(["E1", "E2", None], ROWS),
            "Tgl Permohonan": days,
            "Nama": "Siti",
            "Kecamatan": np.array([place[0] for place in places], dtype=object)[chosen],
            "Kab/Kota": np.array([place[1] for place in places], dtype=object)[chosen],
            "Jenis Paspor": rng.choice(["Paspor Biasa", "E-Paspor", "Paspor Biasa Non Elektronik", None], ROWS),
            "Jenis Permohonan": rng.choice(["Baru", "Penggantian"], ROWS),
            "Tahu dari": rng.choice(["IG", "Teman", "Radio", ""], ROWS),
        }
    )
    rows.loc[7, "Tgl Permohonan"] = pd.NaT
    return rows


@pytest.fixture(scope="module")
def counted(lists, areas, aliases) -> CountedApplicants:
    return count_applicants(lists, areas, aliases=aliases)


def kinds(lists: pd.DataFrame) -> dict:
    return {
        "polars": pl.from_pandas(lists),
        "polars lazy": pl.from_pandas(lists).lazy(),
        "pyarrow": pa.Table.from_pandas(lists),
        "pandas with dates as text": lists.assign(
            **{"Tgl Permohonan": lists["Tgl Permohonan"].dt.strftime("%d/%m/%Y")}
        ),
        "polars with days": pl.from_pandas(lists).with_columns(pl.col("Tgl Permohonan").cast(pl.Date)),
        "pandas with a time zone": lists.assign(**{"Tgl Permohonan": lists["Tgl Permohonan"].dt.tz_localize("UTC")}),
    }


@pytest.mark.parametrize("kind", ["polars", "polars lazy", "pyarrow", "pandas with dates as text", "polars with days",
                                  "pandas with a time zone"])  # fmt: skip
def test_every_kind_of_frame_counts_the_same(lists, areas, aliases, counted, kind):
    other = count_applicants(kinds(lists)[kind], areas, aliases=aliases)
    pd.testing.assert_frame_equal(other.counts, counted.counts)
    pd.testing.assert_frame_equal(other.unresolved, counted.unresolved)


def test_duckdb_counts_the_same_in_a_connection_of_its_own(lists, areas, aliases, counted):
    with duckdb.connect() as connection:
        other = count_applicants(connection.from_df(lists), areas, aliases=aliases)
    pd.testing.assert_frame_equal(other.counts, counted.counts)


def test_counts_are_those_of_a_plain_group_by(lists, counted, areas):
    assert counted.rows == counted.counts["applicants"].sum() == ROWS
    assert counted.counts["applicants"].min() > 0
    # one kecamatan by hand: names are unique within their kabupaten
    muara_badak = areas.index[(areas["level"] == "kecamatan") & (areas["name"] == "Muara Badak")][0]
    by_hand = lists[lists["Kecamatan"] == "Muara Badak"]
    assert counted.by_area()[muara_badak] == len(by_hand)
    of_it = counted.counts[counted.counts["area_id"] == muara_badak]
    months = by_hand.groupby(by_hand["Tgl Permohonan"].dt.strftime("%Y-%m")).size()
    assert of_it.groupby(of_it["month"].dt.strftime("%Y-%m"))["applicants"].sum().to_dict() == months.to_dict()
    # desa stand at their kecamatan, nicknames at their kabupaten, outsiders apart
    assert "64.72.03" in set(counted.counts["area_id"])
    assert counted.counts.loc[counted.counts["place"].str.contains("Surabaya"), "level"].unique().tolist() == [
        "outside_province"
    ]
    assert counted.by_area()["64.08"] == (lists["Kab/Kota"] == "Kutim").sum()


def test_a_bare_passport_is_electronic_from_the_day_on(lists, counted):
    bare = lists[lists["Jenis Paspor"] == "Paspor Biasa"]
    late = (bare["Tgl Permohonan"] >= "2025-07-01").sum()
    plain = (lists["Jenis Paspor"] == "E-Paspor").sum()
    types = counted.counts.groupby("passport_type")["applicants"].sum()
    assert types["electronic"] == late + plain
    other_day = (
        count_applicants(lists, load_areas("all"), settings=Settings(all_electronic_from=dt.date(2025, 7, 16)))
        .counts.groupby("passport_type")["applicants"]
        .sum()
    )
    assert other_day["electronic"] == plain + (bare["Tgl Permohonan"] >= "2025-07-16").sum()


def test_what_is_not_known_is_counted_without_anything_personal(lists, counted):
    blank = (lists[["Kecamatan", "Kab/Kota"]].fillna("") == "").all(axis=1).sum()
    assert counted.unresolved["applicants"].sum() + blank == counted.summary().loc["unknown", "estimate"]
    said = " ".join(counted.unresolved["text"])
    assert "Zzyx" in said
    assert "0812" not in said
    assert "Siti" not in counted.counts.to_csv()
    assert counted.counts["month"].isna().sum() == 1
    assert counted.columns["service_date"] == "Tgl Permohonan"


def test_progress_names_the_steps(lists, areas):
    seen = []
    count_applicants(lists.head(3), areas, progress=lambda done, total, step: seen.append((done, total, step)))
    assert seen == [*((n, 4, step) for n, step in enumerate(STEPS)), (4, 4, "")]


def test_refusals(areas):
    with pytest.raises(ValueError, match="no column stands for any of: service_date"):
        count_applicants(pd.DataFrame({"kecamatan": ["Melak"]}), areas)
    with pytest.raises(ValueError, match="no column stands for any of: area_code"):
        count_applicants(pd.DataFrame({"service_date": ["01/07/2025"]}), areas)
    twice = pd.DataFrame({"service_date": ["01/07/2025"], "kecamatan": ["Melak"], "Kec.": ["Melak"]})
    with pytest.raises(ValueError, match="both taken for: kecamatan"):
        count_applicants(twice, areas)
    with pytest.raises(TypeError):
        count_applicants([1, 2], areas)


def test_files_patterns_and_databases_count_the_same(lists, areas, aliases, counted, tmp_path):
    folder = tmp_path / "lists"
    (folder / "2025").mkdir(parents=True)
    lists.iloc[:1000].to_parquet(folder / "a.parquet")
    lists.iloc[1000:].to_parquet(folder / "2025" / "b.parquet")
    text = lists.assign(**{"Tgl Permohonan": lists["Tgl Permohonan"].dt.strftime("%d/%m/%Y")})
    (tmp_path / "csv").mkdir()
    text.to_csv(tmp_path / "csv" / "all.csv", index=False)
    database = tmp_path / "lists.sqlite"
    with sqlite3.connect(database) as connection:
        text.to_sql("pemohon", connection, index=False)
    connection.close()
    seen = []
    sources = [
        (folder, {}),
        (folder / "**" / "*.parquet", {}),
        (tmp_path / "csv" / "*.csv", {}),
        (database, {"table": "pemohon", "progress": lambda done, total, name: seen.append((done, total, name))}),
    ]
    for source, options in sources:
        with open_applicants(source, threads=1, **options) as relation:
            other = count_applicants(relation, areas, aliases=aliases)
        pd.testing.assert_frame_equal(other.counts, counted.counts)
    assert seen == [(0, ROWS, "pemohon")]


def test_sources_that_cannot_be_opened_are_named(tmp_path):
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "b.parquet").write_bytes(b"not parquet")
    with sqlite3.connect(tmp_path / "empty.db") as connection:
        connection.execute("CREATE TABLE other (a TEXT)")
    connection.close()
    cases = {
        tmp_path / "nothing*.csv": "the file is missing",
        tmp_path: "is a kind of file that is not read",
        tmp_path / "b.parquet": "the file cannot be read",
        tmp_path / "empty.db": "it has no table 'applicants'",
        tmp_path / "no.sqlite": "the file is missing",
    }
    for source, said in cases.items():
        with pytest.raises(ContractError, match=said), open_applicants(source):
            pass


def test_command_counts_rounded_unless_internal(lists, tmp_path):
    lists.to_parquet(tmp_path / "lists.parquet")
    run = CliRunner().invoke
    done = run(app, ["count", str(tmp_path / "lists.parquet"), "--by", "level", "--format", "json"])
    assert done.exit_code == 0
    assert all(row["applicants"] % 5 == 0 for row in json.loads(done.stdout))
    assert "3,000 rows counted" in done.stderr
    crossed = run(app, ["count", str(tmp_path / "lists.parquet"), "--by", "month,area_id"])
    assert crossed.exit_code == 2
    assert "--internal" in crossed.output
    refused = run(app, ["count", str(tmp_path / "lists.parquet"), "--out", str(tmp_path / "counts.csv")])
    assert refused.exit_code == 2
    done = run(
        app,
        [
            "count",
            str(tmp_path / "lists.parquet"),
            "--internal",
            "--out",
            str(tmp_path / "counts.csv"),
            "--by",
            "month",
        ],
    )
    assert done.exit_code == 0
    assert pd.read_csv(tmp_path / "counts.csv")["applicants"].sum() == ROWS
    assert run(app, ["count", str(tmp_path / "lists.parquet"), "--by", "colour"]).exit_code == 2
