"""This period beside the one before, the year's target, and what an additional person costs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.report.topics.measures import describe_year, tabulate_periods
from outreach_analysis.report.topics.plan_page import tabulate_schedule
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study

AS_OF = dt.date(2026, 11, 22)


def events_on(*days: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pop-ups of 50, 60, ... people on these days, two at each place."""
    index = pd.Index([f"E{n}" for n in range(len(days))], name="event_id")
    events = pd.DataFrame(
        {"date": pd.to_datetime(list(days)), "site_id": [f"S{n // 2}" for n in range(len(days))]}, index
    )
    return pd.DataFrame({"people": [50 + 10 * n for n in range(len(days))]}, index), events


def test_each_pop_up_counts_in_one_period_and_the_first_days_belong_to_the_later_one() -> None:
    came, events = events_on("2024-11-22", "2024-11-23", "2025-11-22", "2025-11-23", "2026-11-22")
    table = tabulate_periods(came, events, Words("en"), settings=Settings(), as_of=AS_OF)
    assert table is not None
    assert table.headers[1:3] == ("12 months to 22 Nov 2025", "12 months to 22 Nov 2026")
    told = {row[0]: row[1:] for row in table.rows}
    assert told["Pop-ups"] == ("2", "2", "0")
    assert told["Applicants (rounded)"] == ("130", "170", "+40")
    assert told["Applicants a pop-up"] == ("65", "85", "+20")


@pytest.mark.parametrize("days", [("2026-01-01", "2026-02-01"), ("2025-01-01",), ()])
def test_a_period_without_any_pop_up_is_compared_with_none(days: tuple[str, ...]) -> None:
    assert tabulate_periods(*events_on(*days), Words("id"), settings=Settings(), as_of=AS_OF) is None


def test_the_target_of_the_year_is_told_only_where_it_is_set() -> None:
    came, events = events_on("2025-12-31", "2026-01-01", "2026-11-22")
    assert describe_year(came, events, Words("id"), settings=Settings(), as_of=AS_OF) == ""
    told = describe_year(came, events, Words("id"), settings=Settings(year_target=260), as_of=AS_OF)
    assert told == (
        "Target 2026: 260 pemohon jemput bola. Realisasi sampai 22 November 2026 sekitar 130 pemohon (50%); 89% dari "
        "tahun ini sudah berjalan."
    )


def test_an_additional_person_costs_the_visit_divided_by_those_it_adds(planned: Study) -> None:
    plan = planned.planning
    table = tabulate_schedule(plan.schedule, plan.plan, planned.ranking, planned.sites, Words("en"))
    each = table.headers.index("Cost for each additional person (rupiah)")
    for row, event in zip(table.rows, plan.schedule.events.itertuples(), strict=True):
        cost = planned.sites["cost"][event.site_id]
        told = row[each].replace(",", "")
        assert told == "–" if pd.isna(cost) else abs(float(told) - cost / event.people) <= 500


def test_a_target_of_nobody_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "outreach.toml"
    path.write_text("[popup]\nyear_target = 0\n", encoding="utf-8")
    with pytest.raises(ContractError, match="year_target"):
        Settings.from_toml(path)
