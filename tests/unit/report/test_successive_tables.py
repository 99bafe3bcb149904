"""Several exact tables, one after another: no small number can be worked out from all of them together."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from outreach_analysis.disclosure import round_people, rounding_interval
from outreach_analysis.exports import PublishedTable, _published_elsewhere, _told_before, origin_table
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.measures.small_numbers import SuppressionError, suppress_small
from outreach_analysis.office_logs import PUBLISHED_FILE, publish_origins


def with_totals(table: pd.DataFrame) -> pd.DataFrame:
    full = table.copy()
    full.loc["total"] = full.sum()
    return full.assign(total=full.sum(axis=1))


def exactly_known(
    tables: list[pd.DataFrame], truth: pd.DataFrame, minimum: int, *, reports: bool = False
) -> list[tuple[str, str]]:
    """Small cells that a reader of all tables knows exactly; worked out apart from the code that protects them. With
    `reports` he also has, of the day of each table, the people of every row and of every pop-up rounded, as the report
    and the counts of reach tell them."""
    cells = [(row, column) for row in truth.index for column in truth.columns]
    place = {cell: at for at, cell in enumerate(cells)}
    sums, values = [], []
    for table in tables:
        events = [name for name in table.columns if name != "total"]
        rows = [name for name in table.index if name != "total"]
        # a kabupaten that stands in no row of a table sent nobody
        for row, column in [(row, column) for row in truth.index.difference(rows) for column in events]:
            sums.append([place[row, column]])
            values.append(0)
        for row in table.index:
            for column in table.columns:
                if pd.isna(table.loc[row, column]):
                    continue
                over = [
                    place[r, c]
                    for r in (rows if row == "total" else [row])
                    for c in (events if column == "total" else [column])
                ]
                sums.append(over)
                values.append(int(table.loc[row, column]))
    matrix = np.zeros((len(sums), len(cells)))
    for at, over in enumerate(sums):
        matrix[at, over] = 1
    bounds, limits = [np.zeros(len(cells))], [0.0]
    for table in tables if reports else ():
        events = [name for name in table.columns if name != "total"]
        for over in [
            *([(r, c) for c in events] for r in truth.index),
            *([(r, c) for r in truth.index] for c in events),
        ]:
            told = round_people(pd.Series([sum(truth.loc[r, c] for r, c in over)]), base=5)
            low, high = rounding_interval(told.to_numpy(), base=5)
            line = np.zeros(len(cells))
            line[[place[cell] for cell in over]] = 1
            bounds += [line, -line]
            limits += [float(high[0]), -float(low[0])]
    known = []
    for row, column in cells:
        if not 0 < truth.loc[row, column] < minimum:
            continue
        cost = np.zeros(len(cells))
        cost[place[row, column]] = 1
        low, high = (
            linprog(sign * cost, A_ub=np.array(bounds), b_ub=limits, A_eq=matrix, b_eq=values, bounds=(0, None))
            for sign in (1, -1)
        )
        most = np.inf if high.x is None else -high.fun
        if np.floor(most + 1e-6) - np.ceil(low.fun - 1e-6) < 1:
            known.append((row, column))
    return known


def tables_of_a_growing_office(seed: int, *, tables: int = 3) -> tuple[list[pd.DataFrame], pd.DataFrame]:
    """What several tables of an office show, each made when more pop-ups had been held, and the numbers behind them. A
    table that cannot be protected beside the earlier ones is refused, and missing here."""
    rng = np.random.default_rng(seed)
    rows, n = [f"Kab {letter}" for letter in "ABCDE"], 6
    people = np.minimum(rng.negative_binomial(0.5, 0.5 / (0.5 + 12), size=(len(rows), n)), 200)
    truth = pd.DataFrame(people, index=rows, columns=[f"E{at}" for at in range(n)])
    earlier: list[PublishedTable] = []
    for held in sorted(rng.choice(np.arange(2, n + 1), size=tables, replace=False)):
        table = truth.iloc[:, :held]
        table = table[table.sum(axis=1) > 0]
        try:
            shown = suppress_small(
                table,
                minimum=5,
                also_published=_published_elsewhere(table, round_people(table.sum()), base=5),
                before=_told_before(table, earlier, base=5) if earlier else None,
            )
        except SuppressionError:
            continue
        earlier.append(PublishedTable(people=with_totals(table), told=shown.table.notna()))
    return [one.people.where(one.told) for one in earlier], truth


@pytest.mark.parametrize("seeds", [range(4), pytest.param(range(4, 40), marks=pytest.mark.slow)], ids=["few", "many"])
def test_tables_of_a_growing_office_give_no_small_number_away(seeds):
    several = 0
    for seed in seeds:
        tables, truth = tables_of_a_growing_office(seed)
        assert exactly_known(tables, truth, 5) == [], seed
        several += len(tables) >= 2
    assert several > 0.6 * len(seeds), "where every table is refused, none gives anything away"


@pytest.mark.parametrize("seeds", [range(1), pytest.param(range(1, 24), marks=pytest.mark.slow)], ids=["few", "many"])
def test_five_tables_and_the_reports_beside_them_give_no_small_number_away(seeds):
    """A table and a report after each of five pop-ups, taken together."""
    several = 0
    for seed in seeds:
        tables, truth = tables_of_a_growing_office(seed, tables=5)
        assert exactly_known(tables, truth, 5, reports=True) == [], seed
        several += len(tables) >= 2
    assert several > 0.6 * len(seeds)


def test_without_the_record_they_do():
    """The attack finds numbers where each table is protected for itself, so that it can fail above."""
    found = 0
    for seed in range(2):
        rng = np.random.default_rng(seed)
        people = np.minimum(rng.negative_binomial(0.5, 0.5 / (0.5 + 12), size=(5, 6)), 200)
        truth = pd.DataFrame(people, index=list("ABCDE"), columns=[f"E{at}" for at in range(6)])
        parts = [truth.iloc[:, :held] for held in (3, 4, 6)]
        tables = [suppress_small(part[part.sum(axis=1) > 0], minimum=5).table for part in parts]
        found += len(exactly_known(tables, truth, 5))
    assert found > 0


LISTS = {
    f"applicants/{event}.csv": "service_date,event_id,address\n"
    + "".join(f"{day},{event},{place}\n" for place, people in places.items() for _ in range(people))
    for event, day, places in (
        ("E1", "01/02/2025", {"Samarinda Ulu": 30, "Loa Kulu": 9, "Bontang Utara": 4}),
        ("E2", "15/03/2025", {"Samarinda Ulu": 20, "Loa Kulu": 19, "Bontang Utara": 2}),
    )
}


def test_what_left_the_office_is_written_down_and_stays_as_it_was(office):
    folder = office({**LISTS, "applicants/maret.csv": None})
    first = publish_origins(folder, read_dataset(folder))
    record = folder / PUBLISHED_FILE
    assert record.stat().st_mode & 0o077 == 0
    assert len(json.loads(record.read_text())["tables"]) == 1
    publish_origins(folder, read_dataset(folder))
    assert len(json.loads(record.read_text())["tables"]) == 1
    late = folder / "applicants" / "E1.csv"
    late.write_text(late.read_text() + "01/02/2025,E1,Bontang Utara\n" * 3)
    data = read_dataset(folder)
    again = publish_origins(folder, data)
    assert again.table.equals(first.table)
    assert not origin_table(data).table.equals(first.table)


def test_a_damaged_record_stops(office):
    from outreach_analysis.contracts import ContractError

    folder = office({**LISTS, "applicants/maret.csv": None})
    publish_origins(folder, read_dataset(folder))
    (folder / PUBLISHED_FILE).write_text('[[["a"')
    with pytest.raises(ContractError, match="give away what earlier ones left out"):
        publish_origins(folder, read_dataset(folder))
