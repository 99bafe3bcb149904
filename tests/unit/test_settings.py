"""Settings: defaults, what outreach.toml may say, and every fault of it at once."""

import dataclasses
import datetime as dt
import tomllib

import pandas as pd
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.settings import NAMED_FEASTS, RETIRED, Settings, read_value, validation_errors


@pytest.fixture
def write(tmp_path):
    def written(text: str | bytes):
        path = tmp_path / "outreach.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written


@pytest.fixture
def faults(write):
    """Faults of a file as a table."""

    def found(text: str | bytes) -> pd.DataFrame:
        with pytest.raises(ContractError) as caught:
            Settings.from_toml(write(text))
        return caught.value.failures

    return found


def setting(key: str, value: str) -> str:
    """One setting as TOML."""
    table, name = key.rsplit(".", 1)
    return f"[{table}]\n{name} = {value}\n"


# ---------- defaults


def test_the_defaults_fit_each_other():
    defaults = {field.name: getattr(Settings(), field.name) for field in dataclasses.fields(Settings)}
    assert validation_errors(defaults) == []


def test_every_setting_says_its_unit_and_reason():
    rows = Settings().describe()
    assert len({row["key"] for row in rows}) == len(rows) == len(dataclasses.fields(Settings))
    for row in rows:
        assert row["unit"], row["name"]
        assert row["why"], row["name"]
        assert row["is_default"], row["name"]
        assert row["key"].count(".") <= 1


def test_a_changed_setting_is_told_from_a_default():
    changed = [row["name"] for row in Settings(window_months=6).describe() if not row["is_default"]]
    assert changed == ["window_months"]


def test_an_empty_file_gives_the_defaults(write):
    assert Settings.from_toml(write("")) == Settings()


def test_settings_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().window_months = 3
    with pytest.raises(TypeError):
        Settings().day_kinds["mall"] = ("workday",)


def test_kinds_of_day_by_place():
    settings = Settings()
    assert settings.allowed_day_kinds("mall") == ("weekend", "holiday")
    assert settings.allowed_day_kinds("desa") == ("weekend", "holiday", "workday")
    assert settings.allowed_day_kinds("something new") == ("weekend", "holiday", "workday")


# ---------- what a file may say


def test_every_kind_of_value_is_read(write):
    settings = Settings.from_toml(
        write(
            """\ufeff
            [office]
            name = "Kantor Ünik"
            synthetic = true
            [areas]
            jurisdiction = ["64.02", "64.70"]
            [dates]
            as_of = 2026-11-22
            [passports]
            all_electronic_from = "2025-07-01"
            [service]
            threshold_km = 15
            shown_km = [10, 20.5]
            [interest]
            threshold_people = 50
            shows_up_sd = 0
            [popup.day_kinds]
            mall = ["workday"]
            [blackout]
            everywhere = ["natal", 2026-12-24, "2026-12-30..2027-01-02", "02-29"]
            [blackout.places]
            MALL = ["12-25"]
            [columns]
            "Tgl. Permohonan" = "service_date"
            [files.events]
            "E1.csv" = "E1"
            """
        )
    )
    assert settings.office_name == "Kantor Ünik"
    assert settings.synthetic is True
    assert settings.jurisdiction == ("64.02", "64.70")
    assert (settings.as_of, settings.all_electronic_from) == (dt.date(2026, 11, 22), dt.date(2025, 7, 1))
    assert settings.service_threshold_km == 15.0
    assert isinstance(settings.service_threshold_km, float)
    assert settings.shown_thresholds_km == (10.0, 20.5)
    assert settings.interest_threshold_people == 50
    # the kinds of place that the file does not name keep their default
    assert settings.day_kinds["mall"] == ("workday",)
    assert settings.day_kinds["campus"] == ("weekend", "holiday")
    assert settings.blackout_days == ("natal", "2026-12-24", "2026-12-30..2027-01-02", "02-29")
    assert dict(settings.blackout_by_place) == {"MALL": ("12-25",)}
    assert dict(settings.columns) == {"Tgl. Permohonan": "service_date"}
    assert dict(settings.file_events) == {"E1.csv": "E1"}


@pytest.mark.parametrize("feast", NAMED_FEASTS)
def test_every_feast_that_may_be_named_is_known_to_the_calendar(feast):
    days = service_days("2026-01-01", "2026-12-31", settings=Settings(blackout_days=(feast,)))
    assert days["blackout"].any()


# ---------- what it may not


def test_no_file_is_said_with_its_remedy(tmp_path):
    with pytest.raises(ContractError, match=r"outreach\.toml.*create outreach\.toml") as caught:
        Settings.from_toml(tmp_path / "outreach.toml")
    assert caught.value.failures["reason"].tolist() == ["missing_settings_file"]
    with pytest.raises(ContractError):
        Settings.from_toml(tmp_path)


@pytest.mark.parametrize("text", ["[office\nname = 1", b"name = '\xe9'", "a = 1\na = 2"])
def test_what_is_not_toml_is_said(faults, text):
    found = faults(text)
    assert found["reason"].tolist() == ["bad_settings_file"]
    assert found["value"].iloc[0]


def test_all_faults_come_at_once(faults):
    found = faults(
        """
        office = "no table"
        [intrest]
        threshold_people = 20
        [interest]
        threshold_people = "20"
        expires_days = -1
        [need]
        benchmark_percentile = 100
        [forecast]
        prior_total_low = 90
        [travel]
        road_kmh = 0
        """
    )
    expected = {
        ("office", "unknown_setting"),
        ("intrest.threshold_people", "unknown_setting"),
        ("interest.threshold_people", "bad_setting"),
        ("interest.expires_days", "bad_setting"),
        ("need.benchmark_percentile", "bad_setting"),
        ("forecast.prior_total_median", "bad_setting"),
        ("travel.road_kmh", "bad_setting"),
    }
    assert set(zip(found["column"], found["reason"], strict=True)) == expected
    assert len(found) == len(expected)
    assert (found["file"] == "outreach.toml").all()


def test_sound_settings_are_kept_beside_faulty_ones(write):
    settings, found = Settings.read(write("[service]\nthreshold_km = 15\n[need]\nwindow_months = 0\n"))
    assert (settings.service_threshold_km, settings.window_months) == (15.0, 12)
    assert [fault.column for fault in found] == ["need.window_months"]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("office.synthetic", "1", "true or false"),
        ("office.name", "5", "a text in quotes"),
        ("office.name", "{a = 1}", "a text in quotes"),
        ("interest.threshold_people", "20.0", "a whole number"),
        ("interest.threshold_people", "true", "a whole number"),
        ("service.threshold_km", "'30'", "a number"),
        ("service.threshold_km", "true", "a number"),
        ("service.threshold_km", "nan", "a number"),
        ("popup.capacity", "inf", "a number"),
        ("popup.capacity", "1" + "0" * 400, "a number"),
        ("service.shown_km", "30", "a list of numbers"),
        ("service.shown_km", "[true]", "a list of numbers"),
        # 64.70 without quotes would be read as 64.7
        ("areas.jurisdiction", "[64.70]", "a list of texts"),
        ("areas.jurisdiction", "'64.72'", "a list of texts"),
        ("dates.as_of", "20261122", "a date"),
        ("dates.as_of", "'22/11/2026'", "a date"),
        ("dates.as_of", "'2026-11-31'", "a date"),
        ("dates.as_of", "2026-11-22T10:00:00", "a date"),
        ("popup.day_kinds", "['weekend']", "a table of lists"),
        ("popup.day_kinds", "{mall = 'weekend'}", "a table of lists"),
        ("blackout.places", "{MALL = 'natal'}", "a table of lists"),
        ("columns", "'x'", "a table of texts"),
        ("files.events", "{'a.csv' = ['E1']}", "a table of texts"),
    ],
)
def test_values_of_another_kind_are_refused(faults, key, value, expected):
    text = setting(key, value) if "." in key else f"{key} = {value}\n"
    found = faults(text)
    assert found["column"].tolist() == [key]
    assert expected in found["remedy"].iloc[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("interest.threshold_people", "-1"),
        ("interest.expires_days", "-1"),
        ("interest.shows_up_mean", "1.1"),
        ("interest.shows_up_sd", "-0.1"),
        ("service.threshold_km", "-0.5"),
        ("service.shown_km", "[]"),
        ("service.shown_km", "[15, -1]"),
        ("need.window_months", "0"),
        ("need.window_months", "100000"),
        ("need.benchmark_percentile", "0"),
        ("need.benchmark_percentile", "100"),
        ("popup.revisit_months", "-1"),
        ("popup.capacity", "0.5"),
        ("popup.lead_days", "-1"),
        ("popup.horizon_days", "0"),
        ("forecast.prior_total_low", "0"),
        ("travel.road_detour", "0.9"),
        ("travel.air_kmh", "0"),
        ("disclosure.rounding_base", "0"),
        ("areas.jurisdiction", "[]"),
        ("areas.code_system", "'BPS'"),
        ("dates.format", "'dd/mm/yyyy'"),
        ("dates.format", "'%d/%m'"),
        ("files.fallback_encoding", "'cp-none'"),
        ("files.fallback_encoding", "'base64'"),
        ("popup.day_kinds", "{mal = ['weekend']}"),
        ("popup.day_kinds", "{mall = ['sunday']}"),
        ("popup.day_kinds", "{mall = []}"),
        ("blackout.everywhere", "['lebaran']"),
        ("blackout.everywhere", "['2026-02-30']"),
        ("blackout.everywhere", "['2026-12-31..2026-12-01']"),
        ("blackout.everywhere", "['']"),
        ("blackout.places", "{MALL = ['13-01']}"),
    ],
)
def test_values_out_of_range_are_refused(faults, key, value):
    found = faults(setting(key, value))
    assert found["column"].tolist() == [key]
    assert found["reason"].tolist() == ["bad_setting"]
    assert found["remedy"].iloc[0].startswith("write ")


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("[forecast]\nprior_total_median = 300", "forecast.prior_total_median"),
        ("[forecast]\nprior_total_high = 60", "forecast.prior_total_median"),
        ("[popup]\nlead_days = 61", "popup.horizon_days"),
        # a share of mean .6 spreads at most sqrt(.6 x .4) = .49
        ("[interest]\nshows_up_sd = 0.49", "interest.shows_up_sd"),
        ("[interest]\nshows_up_mean = 1", "interest.shows_up_sd"),
    ],
)
def test_values_that_do_not_fit_each_other_are_refused(faults, text, column):
    assert faults(text)["column"].tolist() == [column]


@pytest.mark.parametrize(
    "text",
    [
        "[interest]\nshows_up_mean = 1\nshows_up_sd = 0",
        "[interest]\nthreshold_people = 0\nexpires_days = 0",
        "[service]\nthreshold_km = 0\nshown_km = [0]",
        "[popup]\nlead_days = 60\nhorizon_days = 60\nrevisit_months = 0\ncapacity = 1",
        "[disclosure]\nrounding_base = 1",
        "[travel]\nroad_detour = 1",
        "[need]\nbenchmark_percentile = 99.9\nwindow_months = 1",
        "[dates]\nformat = '%d %B %Y'",
        "[files]\nfallback_encoding = 'latin-1'",
    ],
)
def test_the_ends_of_a_range_are_allowed(write, text):
    settings = Settings.from_toml(write(text))
    (table, first), *_ = tomllib.loads(text).items()
    key = f"{table}.{next(iter(first))}"
    row = next(row for row in settings.describe() if row["key"] == key)
    expected = next(iter(first.values()))
    assert row["value"] == (tuple(expected) if isinstance(expected, list) else expected)


def test_every_field_has_a_reader():
    for field in dataclasses.fields(Settings):
        with pytest.raises(ValueError, match=r"."):
            read_value(object(), field.type)


def test_settings_of_the_first_version_load_with_a_notice_each(write):
    path = write("[need]\ndisplacement_at_zero = 0.5\ndisplacement_scale_km = 'x'\nwindow_months = 6")
    assert Settings.from_toml(path).window_months == 6
    settings, faults = Settings.read(path)
    assert settings.window_months == 6
    assert [(fault.reason, fault.column) for fault in faults] == [
        ("retired_setting", "need.displacement_at_zero"),
        ("retired_setting", "need.displacement_scale_km"),
    ]
    assert all("answers to the desk question" in fault.problem for fault in faults)
    assert not [row for row in settings.describe() if row["key"] in RETIRED]
