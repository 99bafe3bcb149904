"""Which day a written date is, and the order of day and month of a sheet."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.intake.dates import DateList, SettledDates, month_first, parse_dates, settle_dates, written_date

MAKASSAR = ZoneInfo("Asia/Makassar")


@pytest.mark.parametrize(
    ("text", "day", "form"),
    [
        ("24 Januari 2026", "2026-01-24", "words"),
        ("Sabtu, 24 Januari 2026", "2026-01-24", "words"),
        ("Jum'at / 5 Juni 2026", "2026-06-05", "words"),
        ("Hari/Tanggal: Minggu, 7 Juni 2026", "2026-06-07", "words"),
        ("17-Agu-26", "2026-08-17", "words"),
        ("Senin, 17 Agt ’26", "2026-08-17", "words"),
        ("2 Pebruari 2026", "2026-02-02", "words"),
        ("August 17, 2026", "2026-08-17", "words"),
        ("2026-Agt-17", "2026-08-17", "words"),
        ("17 Agustus 2026 pukul 09.00", "2026-08-17", "words"),
        ("06.06.2026", "2026-06-06", "numbers"),
        ("6/6/26", "2026-06-06", "numbers"),
        ("2026.8.17", "2026-08-17", "iso"),
        ("2026-08-17T09:12:33", "2026-08-17", "iso"),
        ("46251", "2026-08-17", "serial"),
        ("46251.75", "2026-08-17", "serial"),
        ("46251,75", "2026-08-17", "serial"),
        ("2026-08-16T16:30:00Z", "2026-08-17", "instant"),
        ("2026-08-17T00:30:00.000+09:00", "2026-08-16", "instant"),
        ("2026-08-16 23:30:00+0700", "2026-08-17", "instant"),
        ("2026/08/17 12:05:00 AM GMT+8", "2026-08-17", "instant"),
        ("2026/08/16 11:05:00 PM GMT+7", "2026-08-17", "instant"),
        ("16 Agustus 2026 23.30 WIB", "2026-08-17", "instant"),
        ("17 Agustus 2026 00.30 WIT", "2026-08-16", "instant"),
        ("17 Agustus 2026 09.00 WITA", "2026-08-17", "instant"),
        ("2026-02-30", None, "iso"),
        ("31 Juni 2026", None, "words"),
        ("12345", None, ""),
        ("6472031201900001", None, ""),
        ("Cirebon, 26 Juli 2025", None, ""),
        ("17 Agustus 2026 s/d 18 Agustus 2026", None, ""),
        ("2026-08-17 25:00", None, ""),
        ("2026-08-17 09:00 GMT+99", None, ""),
        ("17 Bulan 2026", None, ""),
        ("Agustus 2026", None, ""),
        ("", None, ""),
    ],
)
def test_forms_with_one_meaning_need_no_setting(text: str, day: str | None, form: str) -> None:
    found = written_date(text, MAKASSAR)
    assert (None if found.day is None else found.day.isoformat(), found.form) == (day, form)


def test_an_instant_belongs_to_the_day_of_the_office_it_came_to() -> None:
    said = pd.Series(["2026-08-16T15:30:00Z"])
    days = {
        zone: parse_dates(said, date_format="%d/%m/%Y", timezone=zone)[0].day
        for zone in ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
    }
    assert days == {"Asia/Jakarta": 16, "Asia/Makassar": 16, "Asia/Jayapura": 17}


def test_a_weekday_in_front_tells_the_order_of_numbers() -> None:
    # 4 March 2026 is a Wednesday, 3 April 2026 a Friday
    assert written_date("Rabu, 03/04/2026", MAKASSAR).month_first is not None
    assert written_date("Rabu, 03/04/2026", MAKASSAR).day_first is None
    assert written_date("Jumat, 03/04/2026", MAKASSAR).month_first is None


def settled(
    *texts: str, event: str | None = None, until: str | None = None, **known: object
) -> tuple[SettledDates, list[str]]:
    near = None if event is None else pd.Series(pd.to_datetime([event] * len(texts)))
    last = None if until is None else pd.Timestamp(until)
    one = DateList(**known)  # type: ignore[arg-type]
    found = settle_dates(pd.Series(texts), np.zeros(len(texts), dtype=int), [one], near=near, until=last)
    return found, found.days.dt.strftime("%Y-%m-%d").fillna("").tolist()


@pytest.mark.parametrize(
    ("texts", "event", "days", "by"),
    [
        (["3/14/2026", "3/5/2026"], None, ["2026-03-14", "2026-03-05"], "numbers"),
        (["14/3/2026", "5/3/2026"], None, ["2026-03-14", "2026-03-05"], "numbers"),
        (["10/12/2026 9:12:33"], "2026-10-12", ["2026-10-12"], "event"),
        (["12/10/2026 9:12:33"], "2026-10-12", ["2026-10-12"], "event"),
        (["5/3/2026", "9/3/2026"], None, ["2026-03-05", "2026-03-09"], "default"),
        (["5-3-26"] * 12 + ["3-14-26"], "2026-03-05", ["2026-03-05"] * 12 + [""], "numbers"),
    ],
)
def test_the_order_is_that_of_all_dates_of_the_sheet(
    texts: list[str], event: str | None, days: list[str], by: str
) -> None:
    found, read = settled(*texts, event=event)
    assert read == days
    assert not found.open
    assert [how for _, _, how, _ in found.read_as] == [by]


def test_where_both_orders_remain_nothing_is_guessed() -> None:
    found, _ = settled("14/03/2026", "03/15/2026", "04/05/2026")
    assert found.open == {0: 2}
    found, days = settled("14/03/2026", "03/15/2026", "04/05/2026", event="2026-04-05")
    assert found.open == {}
    assert days == ["2026-03-14", "2026-03-15", "2026-04-05"]


def test_one_slip_of_the_pen_turns_no_sheet() -> None:
    days = ["01/02/2025"] * 4
    assert settled(*days, "01/13/2025")[1] == ["2025-01-02"] * 4 + ["2025-01-13"]
    assert settled(*days, *days, "01/13/2025")[0].open == {0: 0}
    assert settled(*days, *days, "13/01/2025", "14/01/2025", "15/01/2025", "01/13/2025")[1][-1] == ""


def test_the_stamp_of_a_form_that_tells_no_order_is_a_question() -> None:
    stamps = ("10/12/2026 9:12:33", "11/12/2026 9:12:33")
    assert settled(*stamps, is_form=True)[0].open == {0: 0}
    assert settled(*stamps)[0].open == {}
    # a form in Indonesian pads its days: 05/03, which an American one never does
    assert settled("05/03/2026 09:12:33", is_form=True)[0].open == {}
    found, days = settled(*stamps, is_form=True, formats=("%m/%d/%Y",))
    assert (found.open, days) == ({}, ["2026-10-12", "2026-11-12"])


def test_a_declared_format_is_the_files_only_order() -> None:
    found, days = settled("03/02/2026", "02/13/2026", "2026-02-01", formats=("%d/%m/%Y",))
    assert days == ["2026-02-03", "", "2026-02-01"]
    assert [how for _, _, how, _ in found.read_as] == ["", "setting"]
    assert settled("20260203", formats=("%Y%m%d",))[1] == ["2026-02-03"]
    assert settled("03/02/2026", usual="%m/%d/%Y")[1] == ["2026-03-02"]
    assert not month_first("%Y-%m-%d")


def test_cells_that_a_spreadsheet_turned_are_put_back_where_the_event_gives_it_away() -> None:
    # the pop-up of 7 May typed as 07/05 under American settings: 5 July
    found, days = settled("2026-07-05", "2026-07-05", "2026-08-05", event="2026-05-07")
    assert found.put_back == (0,)
    assert days == ["2026-05-07", "2026-05-07", "2026-05-08"]
    # a cell beyond the 12th cannot have been turned, and dates by their event stand
    assert settled("2026-07-05", "2026-07-15", event="2026-05-07")[0].put_back == ()
    assert settled("2026-07-05", "2026-05-07", event="2026-05-07")[0].put_back == ()


def test_office_rows_are_put_back_where_typed_days_never_fall_on_the_first_twelve() -> None:
    turned = ("2026-03-02", "2026-05-02", "2026-09-02")
    found, days = settled(*turned, "13/02/2026", "14/02/2026", "16/02/2026")
    assert found.put_back == (0,)
    assert days[:3] == ["2026-02-03", "2026-02-05", "2026-02-09"]
    assert settled(*turned, "11/02/2026", "14/02/2026", "16/02/2026")[0].put_back == ()


def test_office_rows_after_the_reference_date_that_would_not_be_so_turned_are_a_question() -> None:
    turned = ("2026-03-02", "2026-05-02", "2026-09-02")
    assert settled(*turned, until="2026-04-30")[0].open == {0: 0}
    found, days = settled(*turned, until="2026-04-30", formats=("%Y-%d-%m",))
    assert (found.open, days) == ({}, ["2026-02-03", "2026-02-05", "2026-02-09"])
    found, days = settled(*turned, until="2026-04-30", formats=("%Y-%m-%d",))
    assert (found.open, days) == ({}, list(turned))
    assert settled(*turned)[0].doubtful == (0,)


def test_days_are_counted_from_1904_where_the_workbook_does() -> None:
    assert settled("44789", since_1904=True)[1] == settled("46251")[1] == ["2026-08-17"]
