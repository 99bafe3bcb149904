import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.event_kinds import held_popups, popups_that_took_place
from outreach_analysis.geography.travel import travel_costs
from outreach_analysis.intake.dataset import Dataset, load_sample, read_dataset
from outreach_analysis.measures.audience import AudienceResult, audience
from outreach_analysis.measures.series import compare_series, working_days
from outreach_analysis.report.topics.people import (
    describe_applications,
    describe_channels,
    describe_uptake,
    plot_channels,
)
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings


@pytest.fixture(scope="module")
def sample() -> Dataset:
    """The sample with the people of its pop-ups alone: those of the opening at the office are the office's."""
    data = load_sample()
    at_popups = data.applicants["event_id"].isin(popups_that_took_place(data.events).index)
    return dataclasses.replace(data, applicants=data.applicants[at_popups].reset_index(drop=True))


@pytest.fixture(scope="module")
def costs(sample: Dataset) -> pd.DataFrame:
    return travel_costs(areas=sample.areas, sites=sample.sites, settings=sample.settings)


def audience_of(sample: Dataset, costs: pd.DataFrame, **options: object) -> AudienceResult:
    tables = {"applicants": sample.applicants, "areas": sample.areas, "events": sample.events, "sites": sample.sites}
    return audience(**tables, costs=costs, settings=sample.settings, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def found(sample: Dataset, costs: pd.DataFrame) -> AudienceResult:
    return audience_of(sample, costs)


def test_everybody_stands_in_every_table_of_all(sample: Dataset, found: AudienceResult) -> None:
    tables = {"channel": found.channels, "application": found.applications, "age_band": found.ages}
    for asked, table in tables.items():
        assert table["people"].sum() == sample.applicants[asked].notna().sum() == found.unknown["of"][asked]
        assert found.unknown["applicants"][asked] == len(sample.applicants)
    by_event = found.channels_by_event.groupby("group")["people"].sum()
    assert by_event.to_dict() == sample.applicants.groupby("event_id").size().to_dict()


def test_unknown_channels_are_a_row_of_their_own(sample: Dataset, found: AudienceResult) -> None:
    said = int((sample.applicants["channel"] == "unknown").sum())
    assert found.channels.set_index("category").loc["unknown", "people"] == said
    assert found.unknown.loc["channel", "people"] == said
    assert "unknown" in set(found.channels_by_area["category"])


def test_people_of_desa_count_in_their_kecamatan(sample: Dataset, found: AudienceResult) -> None:
    homes = sample.applicants["area_id"].dropna()
    placed = homes[homes.str.count(r"\.") >= 2].str.slice(0, 8).value_counts()
    by_area = found.channels_by_area.groupby("group")["people"].sum()
    assert by_area.to_dict() == placed.reindex(by_area.index).to_dict()


def test_bands_of_distance_take_in_all_who_have_one(sample: Dataset, found: AudienceResult) -> None:
    by_band = found.channels_by_distance.groupby("group")["people"].sum()
    assert by_band.index.tolist() == [15.0, 30.0, 60.0, np.inf]
    assert by_band.sum() == found.channels_by_area["people"].sum()


def test_little_reached_and_other_areas_are_those_of_the_jurisdiction(sample: Dataset, found: AudienceResult) -> None:
    inside = sample.areas.index[sample.areas["in_jurisdiction"]]
    homes = found.channels_by_area
    assert found.channels_by_reach["people"].sum() == homes.loc[homes["group"].isin(inside), "people"].sum()
    assert found.channels_by_reach["group"].unique().tolist() == ["little_reached", "other"]


def test_applicants_of_the_office_are_no_audience_of_pop_ups(sample: Dataset, costs: pd.DataFrame) -> None:
    office = sample.applicants.head(40).assign(event_id="OFFICE", channel="office")
    both = audience(
        pd.concat([sample.applicants, office]),
        areas=sample.areas,
        sites=sample.sites,
        events=sample.events,
        costs=costs,
        settings=sample.settings,
    )
    assert both.channels["people"].sum() == len(sample.applicants)


def test_rounded_audience_tells_multiples_and_no_small_group_a_share(sample: Dataset, costs: pd.DataFrame) -> None:
    published = audience_of(sample, costs, rounding_base=5)
    for table in (
        published.channels,
        published.channels_by_area,
        published.channels_by_event,
        published.ages_by_distance,
    ):
        assert (table[["people", "of"]] % 5 == 0).all(axis=None)
        assert table.loc[table["of"] < 20, ["share", "ci_low", "ci_high"]].isna().all(axis=None)
    assert (published.unknown[["people", "of"]] % 5 == 0).all(axis=None)


def test_summary_of_the_audience(found: AudienceResult) -> None:
    summary = found.summary()
    assert summary.columns.tolist() == ["estimate", "ci_low", "ci_high", "unit"]
    assert summary.loc["channel unknown", "estimate"] > 0
    assert summary.loc["per_month", "estimate"] > 1


def test_inputs_stay_as_they_were(sample: Dataset, costs: pd.DataFrame) -> None:
    before = sample.applicants.copy()
    audience_of(sample, costs)
    pd.testing.assert_frame_equal(sample.applicants, before)


class TestWorkingDays:
    areas = pd.DataFrame(index=pd.Index(["near", "far"], name="area_id"))
    sites = pd.DataFrame({"kind": ["office", "mall"]}, index=["o", "m"])
    costs = pd.DataFrame(
        {"area_id": ["near", "far"] * 2, "site_id": ["o", "o", "m", "m"], "km": [5.0, 70.0, 6.0, 60.0]}
    )
    events = pd.DataFrame(
        {"site_id": "m", "date": pd.to_datetime(["2026-05-02", "2026-05-06"]), "status": "held"}, index=["off", "on"]
    ).assign(day_kind=["weekend", "workday"])
    counts = pd.DataFrame(
        {"event_id": ["off", "off", "on", "on"], "area_id": ["near", "far"] * 2, "applicants": [10, 30, 10, 5]}
    )
    office = pd.DataFrame({"month": pd.Timestamp("2026-05-01"), "area_id": ["near", "far"], "applicants": [180, 5]})

    def found(self, **options: object):  # type: ignore[no-untyped-def]
        frames = {name: getattr(self, name) for name in ("areas", "sites", "events", "counts", "costs")}
        return working_days(**(frames | {"office": self.office, "settings": Settings()} | options))  # type: ignore[arg-type]

    def test_worked_by_hand(self) -> None:
        found = self.found()
        assert found.by_area["share"].tolist() == [10 / 200, 30 / 40]
        assert found.overall["share"] == 40 / 240
        assert found.by_area["mainly_day_off"].tolist() == [False, True]
        assert found.by_distance["of"].to_dict() == {15.0: 200, 30.0: 0, 60.0: 0, np.inf: 40}
        assert (found.n_day_off, found.n_workday) == (1, 1)

    def test_without_the_office_pop_ups_are_compared_alone(self) -> None:
        found = self.found(office=None)
        assert found.by_area["share"].tolist() == [0.5, 30 / 35]

    def test_pop_ups_of_other_months_are_not_compared(self) -> None:
        with pytest.raises(ValueError, match="no event was held"):
            self.found(office=self.office.assign(month=pd.Timestamp("2020-01-01")))

    def test_rounded(self) -> None:
        found = self.found(rounding_base=5)
        assert (found.by_area[["day_off", "workday", "office", "of"]] % 5 == 0).all(axis=None)
        assert found.by_area["share"].tolist() == [10 / found.by_area["of"].iloc[0], 30 / found.by_area["of"].iloc[1]]

    def test_totals_leave_room_to_the_rounded_numbers_beside_them(self) -> None:
        # 8 of each way are told as 10, and 24 as 30: 25 would say that they are 24 to 27
        office = self.office.assign(applicants=8)
        found = self.found(counts=self.counts.assign(applicants=8), office=office, rounding_base=5)
        assert found.by_area[["day_off", "workday", "office"]].to_numpy().tolist() == [[10, 10, 10]] * 2
        assert found.by_area["of"].tolist() == [30, 30]

    def test_summary_says_that_it_is_an_association(self) -> None:
        assert self.found().summary()["unit"].str.contains("association").all()


class TestSeries:
    def test_of_the_sample(self, sample: Dataset, costs: pd.DataFrame) -> None:
        found = compare_series(
            sample.applicants,
            areas=sample.areas,
            sites=sample.sites,
            events=sample.events,
            counts=sample.counts,
            costs=costs,
            settings=sample.settings,
        )
        table = found.by_series
        assert table["events"].sum() == 28
        assert table["people"].sum() == sample.applicants["event_id"].isin(held_popups(sample.events).index).sum()
        assert table.index[0] == "Paspor Simpatik"
        assert table.loc["Hari Bhakti 2026", "per_event"] == pytest.approx(table.loc["Hari Bhakti 2026", "people"] / 2)
        for name in ("per_event", "per_capacity", "km_50", "new", "areas"):
            assert (table[f"{name}_low"] <= table[name]).all()
            assert (table[name] <= table[f"{name}_high"]).all()
        assert found.channels.groupby("group")["share"].sum().to_numpy() == pytest.approx(1)

    def test_capacity_of_the_event_wins_over_that_of_the_place(self, sample: Dataset, costs: pd.DataFrame) -> None:
        events = sample.events.assign(capacity=200.0)
        found = compare_series(
            sample.applicants,
            areas=sample.areas,
            sites=sample.sites,
            events=events,
            counts=sample.counts,
            costs=costs,
            settings=sample.settings,
        ).by_series
        np.testing.assert_allclose(found["per_capacity"], found["per_event"] / 200)

    def test_one_event_has_no_interval_of_people(self, sample: Dataset, costs: pd.DataFrame) -> None:
        one = sample.events.loc[["JB-2026-01"]]
        applicants = sample.applicants[sample.applicants["event_id"] == "JB-2026-01"]
        found = compare_series(
            applicants,
            areas=sample.areas,
            sites=sample.sites,
            events=one,
            counts=sample.counts[sample.counts["event_id"] == "JB-2026-01"],
            costs=costs,
            settings=sample.settings,
        ).by_series
        assert found["per_event"].iloc[0] == len(applicants)
        assert found[["per_event_low", "per_event_high"]].isna().all(axis=None)


def test_a_share_is_of_the_people_whose_list_asks(sample: Dataset, costs: pd.DataFrame) -> None:
    """Only one event's list asks how people heard: all of its people are the base, and nobody else."""
    one = sample.applicants["event_id"] == sample.events.index[0]
    asked = sample.applicants.assign(channel=pd.Series("instagram", index=one.index, dtype="str").where(one))
    found = audience_of(dataclasses.replace(sample, applicants=asked), costs)
    shares = found.channels.set_index("category")
    assert shares.loc["instagram", ["people", "of", "share"]].tolist() == [one.sum(), one.sum(), 1.0]
    assert found.unknown.loc["channel", ["people", "of", "share"]].tolist() == [0, one.sum(), 0.0]
    assert found.is_published("channel")
    text = " ".join(describe_channels(found, Words("en")))
    assert f"Asked in the lists of {one.sum()} of {len(one):,} applicants" in text


@pytest.mark.parametrize(("known", "published"), [(0.55, True), (0.45, False)])
def test_little_known_is_no_headline(sample: Dataset, costs: pd.DataFrame, known: float, published: bool) -> None:
    """7 % by Instagram, of whom 80 % said nothing, is nothing to say."""
    said = np.arange(len(sample.applicants)) < known * len(sample.applicants)
    people = sample.applicants.assign(
        channel=np.where(said, "instagram", "unknown"),
        application=np.where(said, "new", "unknown"),
        passport_type=np.where(said, "electronic", "unknown"),
    )
    found = audience_of(dataclasses.replace(sample, applicants=people), costs)
    assert found.is_published("channel") == found.is_published("application") == published
    assert ("heard of the pop-up by" in " ".join(describe_channels(found, Words("en")))) == published
    assert ("first passport" in describe_applications(found, Words("en"))) == published
    assert ("%" in plot_channels(found, Words("en")).layout.title.text.split("<br>")[0]) == published


def test_kinds_of_passport_are_told_of_half_or_not_at_all(sample: Dataset, costs: pd.DataFrame) -> None:
    for known, published in ((0.6, True), (0.4, False)):
        said = np.arange(len(sample.applicants)) % 10 < 10 * known
        people = sample.applicants.assign(passport_type=np.where(said, "electronic", "unknown"))
        found = audience_of(dataclasses.replace(sample, applicants=people), costs).uptake
        assert found.is_published == published
        assert ("too few kinds" in " ".join(describe_uptake(found, sample.areas, Words("en")))) != published


def test_lists_that_never_ask_have_no_answers(office: Callable[..., Path]) -> None:
    """The list of Tenggarong has no column of channels; that of the mall has one, with a blank cell."""
    people = read_dataset(office()).applicants
    asked = people.groupby("source_file")[["channel", "application", "passport_type"]].count()
    assert asked.loc["applicants/maret.csv"].tolist() == [0, 0, 0]
    assert asked.loc["applicants/E1.csv"].tolist() == [6, 6, 6]
    assert (people.loc[people["source_file"] == "applicants/E1.csv", "channel"] == "unknown").sum() == 1
    assert people["age_band"].notna().all()
