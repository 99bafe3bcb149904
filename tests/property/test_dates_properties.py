"""For any dates that anybody may write: the same days under any zone of the machine and in any order of rows."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from examples import tries
from hypothesis import given, settings
from hypothesis import strategies as st
from machine import ZONES, machine_in

from outreach_analysis.intake.dates import MONTH_NAMES, DateList, parse_dates, settle_dates, written_date

days = st.dates(dt.date(2015, 1, 1), dt.date(2030, 12, 31))
clocks = st.times().map(lambda moment: moment.replace(microsecond=0))
OFFSETS = {"Z": 0, "+08:00": 8, "+0700": 7, " GMT+9": 9, " WIB": 7, " WITA": 8, " WIT": 9, "-05:00": -5}
INDONESIAN = ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober",
              "November", "Desember")  # fmt: skip
WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


@st.composite
def written(draw: st.DrawFn) -> str:
    day, clock = draw(days), draw(clocks)
    month = INDONESIAN[day.month - 1]
    forms = [
        day.isoformat(),
        f"{day:%d/%m/%Y}",
        f"{day.month}/{day.day}/{day.year} {clock:%H:%M:%S}",
        f"{day.day} {month} {day.year}",
        f"{WEEKDAYS[day.weekday()]}, {day.day} {month} {day.year}",
        f"{day.day}-{month[:3]}-{day:%y}",
        f"{day.isoformat()}T{clock.isoformat()}{draw(st.sampled_from(list(OFFSETS)))}",
        str((day - dt.date(1899, 12, 30)).days),
    ]
    return draw(st.one_of(st.sampled_from(forms), st.text(max_size=12)))


@settings(max_examples=tries(60, 20), deadline=None)
@given(st.lists(written(), max_size=12), st.randoms(use_true_random=False))
def test_days_hang_neither_on_the_machine_nor_on_the_order_of_rows(texts: list[str], random: object) -> None:
    def read(said: list[str]) -> list[pd.Timestamp]:
        written_date.cache_clear()
        lists = np.zeros(len(said), dtype=int)
        return settle_dates(pd.Series(said, dtype="str"), lists, [DateList()]).days.tolist()

    order = list(range(len(texts)))
    random.shuffle(order)  # type: ignore[attr-defined]
    here = read(texts)
    for zone in ZONES:
        with machine_in(zone):
            assert repr(read(texts)) == repr(here)
    assert repr(read([texts[at] for at in order])) == repr([here[at] for at in order])


@settings(max_examples=tries(60, 20), deadline=None)
@given(days, clocks, st.sampled_from(list(OFFSETS)), st.sampled_from([7, 8, 9]))
def test_an_instant_is_the_day_that_arithmetic_gives(day: dt.date, clock: dt.time, zone: str, office: int) -> None:
    name = {7: "Asia/Jakarta", 8: "Asia/Makassar", 9: "Asia/Jayapura"}[office]
    moment = dt.datetime.combine(day, clock) + dt.timedelta(hours=office - OFFSETS[zone])
    said = pd.Series([f"{day.isoformat()} {clock.isoformat()}{zone}"])
    assert parse_dates(said, date_format="%d/%m/%Y", timezone=name)[0] == pd.Timestamp(moment.date())


@settings(max_examples=tries(60, 20), deadline=None)
@given(st.lists(days, min_size=1, max_size=30, unique=True), st.booleans())
def test_one_day_beyond_the_twelfth_settles_a_sheet(drawn: list[dt.date], american: bool) -> None:
    telling = [*drawn, dt.date(2026, 3, 14)]
    said = pd.Series([f"{day:%m/%d/%Y}" if american else f"{day:%d/%m/%Y}" for day in telling])
    found = settle_dates(said, np.zeros(len(said), dtype=int), [DateList()])
    shown = sum(day.day > 12 for day in telling)
    if american and 5 * shown < sum(day.day != day.month for day in telling):
        assert found.open
    elif not found.open:
        assert found.days.tolist() == [pd.Timestamp(day) for day in telling]
    else:
        assert american
        assert 5 * shown < len(telling)


@settings(max_examples=tries(60, 20), deadline=None)
@given(days, st.integers(-10, 10), st.booleans())
def test_an_events_day_settles_a_sheet_whose_days_are_near_it(event: dt.date, apart: int, american: bool) -> None:
    day = event + dt.timedelta(days=apart)
    said = pd.Series([f"{day:%m/%d/%Y}" if american else f"{day:%d/%m/%Y}"])
    near = pd.Series(pd.to_datetime([event]))
    found = settle_dates(said, np.zeros(1, dtype=int), [DateList()], near=near).days[0]
    turned = day.replace(day=day.month, month=day.day) if day.day <= 12 else day
    both_near = abs((turned - event).days) <= 14
    assert found == pd.Timestamp(day) or (both_near and american)


@pytest.mark.parametrize("name", sorted(MONTH_NAMES))
def test_each_name_of_a_month_is_read(name: str) -> None:
    read = parse_dates(pd.Series([f"7 {name.title()} 2026"]), date_format="%m/%d/%Y")[0]
    assert (read.day, read.month) == (7, MONTH_NAMES[name])
