"""Weekends, holidays and free days, against published calendars."""

import datetime as dt
from types import MappingProxyType

import pandas as pd
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.geography.service_days import DAY_COLUMNS, day_kind, free_days, service_days
from outreach_analysis.settings import Settings


def on(day: str, **settings) -> pd.Series:
    return service_days(day, day, settings=Settings(**settings)).iloc[0]


def names(days: pd.DataFrame) -> list[str]:
    return days["day"].dt.strftime("%m-%d").tolist()


def test_a_whole_year_without_a_gap():
    days = service_days(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
    assert tuple(days.columns) == DAY_COLUMNS
    assert days["day"].tolist() == list(pd.date_range("2026-01-01", "2026-12-31"))
    assert set(days["kind"]) == {"weekend", "holiday", "workday"}
    assert days[["estimated", "blackout"]].dtypes.tolist() == [bool, bool]
    assert (days.loc[days["kind"] == "workday", "reason"] == "").all()
    assert (days.loc[days["kind"] != "workday", "reason"] != "").all()


@pytest.mark.parametrize(
    ("day", "kind", "reason"),
    [
        ("2026-08-17", "holiday", "Hari Kemerdekaan Republik Indonesia"),
        ("2026-03-20", "holiday", "Cuti Bersama Hari Raya Idul Fitri"),
        ("2026-03-21", "holiday", "Hari Raya Idul Fitri"),  # a Saturday
        ("2026-03-22", "holiday", "Hari kedua dari Hari Raya Idul Fitri"),  # a Sunday
        ("2026-12-24", "holiday", "Cuti Bersama Hari Raya Natal"),
        ("2026-12-25", "holiday", "Hari Raya Natal"),
        ("2026-12-26", "weekend", "Sabtu"),
        ("2026-12-27", "weekend", "Minggu"),
        ("2026-12-28", "workday", ""),
        ("2025-08-18", "holiday", "Cuti Bersama Hari Kemerdekaan Republik Indonesia"),
        ("2024-11-27", "holiday", "Hari Pemilihan Kepala Daerah"),
    ],
)
def test_known_days(day, kind, reason):
    found = on(day)
    assert (found["kind"], found["reason"], found["estimated"]) == (kind, reason, False)


def test_estimated_feasts_say_so_apart_from_the_name():
    days = service_days("2031-01-01", "2031-12-31")
    estimated = days[days["estimated"]]
    assert "Hari Raya Idul Adha" in estimated["reason"].tolist()
    assert not days["reason"].str.contains("perkiraan").any()
    assert not days.loc[days["reason"] == "Hari Raya Natal", "estimated"].any()


def test_days_across_years():
    days = service_days("2026-12-31", "2027-01-01")
    assert days["kind"].tolist() == ["workday", "holiday"]


def test_times_of_day_are_dropped():
    days = service_days(pd.Timestamp("2026-08-16 09:00"), pd.Timestamp("2026-08-17 17:00"))
    assert names(days) == ["08-16", "08-17"]


def test_backwards_is_refused():
    with pytest.raises(ValueError, match="from 2026-08-18 to 2026-08-17"):
        service_days("2026-08-18", "2026-08-17")


def test_default_blackout_is_eid_christmas_and_independence_day():
    days = service_days("2026-01-01", "2026-12-31")
    # the feasts themselves, not the shared leave around them
    assert names(days[days["blackout"]]) == ["03-21", "03-22", "05-27", "08-17", "12-25"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("02-14", ["02-14"]),
        ("2026-02-15", ["02-15"]),
        ("2025-02-15", []),
        ("02-29", []),
        ("imlek", ["02-17"]),
        ("2026-02-12..2026-02-14", ["02-12", "02-13", "02-14"]),
    ],
)
def test_forms_of_blackout(entry, expected):
    days = service_days("2026-02-10", "2026-02-28", settings=Settings(blackout_days=(entry,)))
    assert names(days[days["blackout"]]) == expected


def test_unreadable_blackout_days_are_all_named():
    settings = Settings(blackout_days=("lebaran", "08-17", "31-12", "2026-02-30", "2026-03-02..2026-03-01"))
    with pytest.raises(ContractError) as caught:
        service_days("2026-01-01", "2026-01-02", settings=settings)
    assert caught.value.failures["value"].tolist() == ["lebaran", "31-12", "2026-02-30", "2026-03-02..2026-03-01"]
    assert set(caught.value.failures["column"]) == {"blackout.everywhere"}


class TestDayKind:
    def test_same_index_and_missing_dates(self):
        dates = pd.Series(
            pd.to_datetime(["2026-08-17", None, "2026-08-22", "2026-08-24T10:00"], format="ISO8601"),
            index=["e4", "e1", "e3", "e2"],
        )
        kinds = day_kind(dates)
        assert kinds.index.equals(dates.index)
        assert kinds.name == "day_kind"
        assert kinds.drop("e1").tolist() == ["holiday", "weekend", "workday"]
        assert pd.isna(kinds["e1"])

    def test_agrees_with_service_days(self):
        days = service_days("2026-03-01", "2026-06-30")
        assert day_kind(days["day"]).tolist() == days["kind"].tolist()

    def test_no_dates(self):
        assert day_kind(pd.Series([], dtype="datetime64[ns]")).tolist() == []
        assert day_kind(pd.Series([pd.NaT, pd.NaT])).isna().all()


class TestFreeDays:
    # Friday 14 to Tuesday 18 August 2026; Monday is Independence Day.
    days = service_days("2026-08-14", "2026-08-18")

    def test_kinds_that_suit_the_place(self):
        assert names(free_days(self.days, "mall")) == ["08-15", "08-16"]
        assert names(free_days(self.days, "kecamatan")) == ["08-14", "08-15", "08-16", "08-18"]

    def test_holidays_suit_a_mall(self):
        days = service_days("2026-08-24", "2026-08-26")
        assert names(free_days(days, "mall")) == ["08-25"]

    def test_taken_days_of_any_kind_of_date(self):
        taken = [dt.date(2026, 8, 14), pd.Timestamp("2026-08-15 08:00"), "2026-08-18"]
        assert names(free_days(self.days, "desa", taken=taken)) == ["08-16"]

    def test_blackout_of_a_place_and_of_a_kind(self):
        settings = Settings(
            blackout_by_place=MappingProxyType(
                {"pesantren": ("2026-08-14..2026-08-15",), "P1": ("08-16",), "P2": ("08-18",)}
            )
        )
        assert names(free_days(self.days, "pesantren", settings=settings)) == ["08-16", "08-18"]
        assert names(free_days(self.days, "pesantren", settings=settings, site_id="P1")) == ["08-18"]
        assert names(free_days(self.days, "desa", settings=settings, site_id="P3")) == [
            "08-14",
            "08-15",
            "08-16",
            "08-18",
        ]

    def test_unreadable_blackout_names_its_place(self):
        settings = Settings(blackout_by_place=MappingProxyType({"P1": ("besok",)}))
        with pytest.raises(ContractError, match=r"blackout\.places\.P1 'besok'"):
            free_days(self.days, "desa", settings=settings, site_id="P1")

    def test_rows_and_columns_are_those_of_the_days(self):
        free = free_days(self.days, "mall")
        assert free.index.tolist() == [1, 2]
        pd.testing.assert_frame_equal(free, self.days.loc[[1, 2]])
