"""Rows in a PostgreSQL table: counted where they are, the same counts as from a frame, nothing but what counts read."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.contracts import ContractError
from outreach_analysis.geography.areas import load_aliases
from outreach_analysis.intake import bulk_sources as counting_sources
from outreach_analysis.intake.bulk_count import count_applicants
from outreach_analysis.intake.bulk_sources import open_applicants

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def filled(postgres, lists) -> str:
    """The lists as the table public."Pemohon Kanim", dates as dates."""
    import psycopg

    with psycopg.connect(postgres) as connection, connection.cursor() as cursor:
        names = ", ".join(f'"{name}" {"date" if name.startswith("Tgl") else "text"}' for name in lists.columns)
        cursor.execute(f'CREATE TABLE public."Pemohon Kanim" ({names})')
        with cursor.copy('COPY public."Pemohon Kanim" FROM STDIN') as copy:
            for row in lists.astype(object).where(lists.notna(), None).itertuples(index=False):
                copy.write_row(row)
    return postgres


def test_counts_are_those_of_a_frame_in_several_parts(filled, counted, areas, monkeypatch) -> None:
    monkeypatch.setattr(counting_sources, "_ROWS_AT_ONCE", 700)
    published = []
    with open_applicants(
        filled, table="public.Pemohon Kanim", progress=lambda done, total, text: published.append((done, total))
    ) as lists:
        assert not {"Nama", "NIK"} & set(lists.relation.columns)
        same = count_applicants(lists, areas, aliases=load_aliases())
    pd.testing.assert_frame_equal(same.counts, counted.counts)
    assert published[:3] == [(0, 5000), (700, 5000), (1400, 5000)]


def test_the_command_counts_and_keeps_the_password_to_itself(filled, counted, monkeypatch) -> None:
    monkeypatch.setenv("OUTREACH_DATABASE_URL", filled)
    asked = ["count", "-", "--table", "public.Pemohon Kanim", "--by", "level", "--format", "json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    exact = counted.counts.groupby("level")["applicants"].sum()
    assert {row["level"] for row in rows} == set(exact.index)
    assert all(abs(row["applicants"] - exact[row["level"]]) <= 5 for row in rows)
    assert "rahasia" not in done.output


@pytest.mark.parametrize(
    ("change", "table", "says"),
    [
        (("rahasia", "salah"), "applicants", "no connection"),
        (("", ""), "nowhere", "it has no table 'nowhere'"),
    ],
)
def test_a_refusal_is_told_without_the_password(filled, change, table, says) -> None:
    with pytest.raises(ContractError, match=says) as refused, open_applicants(filled.replace(*change), table=table):
        pass
    assert "rahasia" not in str(refused.value)
    assert "salah@" not in str(refused.value)


def test_the_connection_reads_only(filled) -> None:
    import psycopg

    connection = counting_sources._connected(filled)
    try:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.cursor().execute("CREATE TABLE no (x text)")
    finally:
        connection.close()
