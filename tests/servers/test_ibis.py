"""Rows behind ibis, in DuckDB and in PostgreSQL: the same call, the same counts, the same study."""

from __future__ import annotations

import pandas as pd
import pytest

from outreach_analysis.contracts import RequestError
from outreach_analysis.geography.areas import load_aliases
from outreach_analysis.intake.bulk_count import count_applicants

pytestmark = [pytest.mark.servers, pytest.mark.filterwarnings("default")]

ibis = pytest.importorskip("ibis")


@pytest.fixture(scope="module")
def behind_postgres(postgres, lists):
    """The lists in a table of the server, as an ibis table; days are instants there."""
    import psycopg

    with psycopg.connect(postgres) as connection, connection.cursor() as cursor:
        names = ", ".join(f'"{name}" {"timestamptz" if name.startswith("Tgl") else "text"}' for name in lists)
        cursor.execute(f"CREATE TABLE pemohon ({names})")
        with cursor.copy("COPY pemohon FROM STDIN") as copy:
            # six in the morning in Samarinda is still the day before in Greenwich
            instants = lists["Tgl Permohonan"] + "T06:00:00+08:00"
            rows = lists.assign(**{"Tgl Permohonan": instants}).astype(object)
            for row in rows.where(lists.notna(), None).itertuples(index=False):
                copy.write_row(row)
        cursor.execute("CREATE ROLE reader LOGIN PASSWORD 'baca'")
    warehouse = ibis.connect(postgres)
    yield warehouse.table("pemohon")
    warehouse.disconnect()


@pytest.fixture(scope="module")
def behind_duckdb(lists, tmp_path_factory):
    path = tmp_path_factory.mktemp("lists") / "lists.parquet"
    lists.to_parquet(path, index=False)
    warehouse = ibis.duckdb.connect()
    yield warehouse.read_parquet(path)
    warehouse.disconnect()


@pytest.mark.parametrize("where", ["behind_duckdb", "behind_postgres"])
def test_counts_and_study_are_those_of_a_frame(request, where, same_study, areas) -> None:
    same_study(count_applicants(request.getfixturevalue(where), areas, aliases=load_aliases()))


def test_a_warehouse_that_refuses_is_told_without_its_words(postgres, behind_postgres, areas) -> None:
    warehouse = ibis.connect(postgres.replace("rina:rahasia", "reader:baca"))
    with pytest.raises(RequestError, match="the engine that holds the rows refused") as refused:
        count_applicants(warehouse.table("pemohon"), areas)
    warehouse.disconnect()
    assert "baca" not in str(refused.value)


def test_instants_of_an_engine_that_is_not_known_are_refused_with_a_remedy(areas, lists, monkeypatch) -> None:
    table = ibis.memtable(lists.assign(**{"Tgl Permohonan": pd.to_datetime(lists["Tgl Permohonan"], utc=True)}))
    monkeypatch.setattr("outreach_analysis.intake.bulk_count._ENGINES_WITH_TIMEZONE", ())
    with pytest.raises(RequestError, match="make it a date there first"):
        count_applicants(table, areas)
