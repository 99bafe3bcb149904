"""The stored sample through the reader: every planted fault named, every count that of the truth."""

import json
from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.simulation.draws import SAMPLE_SEED
from outreach_analysis.simulation.writing import simulate_office

SAMPLE = Path(__file__).parents[2] / "data" / "sample"


@pytest.fixture(scope="module")
def dataset():
    return read_dataset(SAMPLE)


@pytest.fixture(scope="module")
def truth():
    return json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))


def test_the_reader_names_every_planted_fault_and_no_other(dataset, truth):
    planted = {(fault["file"], fault["sheet"], fault["row"], fault["reason"]) for fault in truth["defects"]}
    found = dataset.ledger.rows[["file", "sheet", "row", "reason"]].itertuples(index=False)
    assert {(file, sheet, int(row), reason) for file, sheet, row, reason in found} == planted


def test_counts_are_those_of_the_truth_but_for_planted_rows(dataset, truth):
    kecamatan = dataset.counts[dataset.counts["area_id"].isin(dataset.areas.index)]
    kabupaten = dataset.counts[~dataset.counts["area_id"].isin(dataset.areas.index)]
    outside = dataset.outside.groupby("event_id")["applicants"].sum()
    for event_id, facts in truth["events"].items():
        said = facts["in_lists"]
        placed = kecamatan[(kecamatan["event_id"] == event_id) & (kecamatan["applicants"] > 0)]
        assert placed.set_index("area_id")["applicants"].to_dict() == said["placed_by_area"]
        assert kabupaten.loc[kabupaten["event_id"] == event_id, "applicants"].sum() == said["kabupaten_only"]
        assert outside.get(event_id, 0) == said["outside"]
        known = said["placed"] + said["kabupaten_only"] + said["unplaced"]
        share = dataset.events.loc[event_id, "placed_share"]
        assert share == pytest.approx(said["placed"] / known)


def test_an_event_of_two_days_has_people_on_both(dataset, truth):
    (event_id,) = [event for event, facts in truth["events"].items() if facts["days"] == 2]
    days = dataset.applicants.loc[dataset.applicants["event_id"] == event_id, "service_date"]
    event = dataset.events.loc[event_id]
    assert set(days) == {event["date"], event["end_date"]}


def test_people_of_the_opening_are_no_popup_applicants(dataset, truth):
    ((event_id, facts),) = truth["openings"].items()
    assert event_id not in set(dataset.counts["event_id"])
    assert (dataset.applicants["event_id"] == event_id).sum() == facts["came"]


def test_a_group_that_asked_brings_more_and_one_of_two_numbers_carries_truth(truth):
    held = [facts for facts in truth["events"].values() if facts["status"] == "held"]
    came = {
        programme: [facts["came"] / facts["expected"] for facts in held if facts["programme"] == programme]
        for programme in ("visit", "invited")
    }
    assert sum(came["invited"]) / len(came["invited"]) > 1.3 * sum(came["visit"]) / len(came["visit"])
    assert truth["parameters"]["own_numbers"] == {"x_visitors": 0.35, "x_parking": 0.0}


def test_the_offices_own_numbers_are_read_whole(dataset):
    numbers = dataset.sites[["x_visitors", "x_parking"]]
    assert numbers.notna().sum().tolist() == [60, 60]


def test_answers_to_the_desk_question_are_those_of_the_truth(dataset, truth):
    said = dataset.answers.groupby("event_id")[["yes", "no", "unsure", "asked"]].sum()
    known = {
        event: facts["in_lists"]["answers"]
        for event, facts in truth["events"].items()
        if "answers" in facts["in_lists"]
    }
    assert list(said.index) == truth["desk_question_at"] == list(known)
    assert {event: said.loc[event, ["yes", "no", "unsure"]].to_dict() for event in known} == known
    asked = {
        event: facts["in_lists"]["placed"] + facts["in_lists"]["kabupaten_only"]
        for event, facts in truth["events"].items()
    }
    assert said["asked"].to_dict() == {event: asked[event] for event in known}
    assert said[["yes", "no", "unsure"]].sum().sum() > 200


def test_places_and_events_are_read_whole(dataset, truth):
    held = dataset.events[dataset.events["status"] == "held"]
    assert held["programme"].value_counts().to_dict() == {"visit": 24, "invited": 4, "office": 1}
    assert dataset.events["status"].value_counts().to_dict() == {"held": 29, "planned": 2, "failed": 1}
    said = dataset.events[["programme", "days", "status"]]
    for event_id, facts in (truth["events"] | truth["openings"]).items():
        assert said.loc[event_id].to_dict() == {name: facts[name] for name in said}
    assert len(dataset.sites) == 64
    assert held.index[held["sold_out"]].tolist() == [e for e, facts in truth["events"].items() if facts["sold_out"]]
    assert dataset.settings.synthetic
    assert dataset.settings.as_of == pd.Timestamp(2026, 11, 22).date()


def test_office_counts_are_read_whole(dataset, truth):
    months = dataset.office_monthly["month"].nunique()
    assert months == 25
    assert len(dataset.office_monthly) == months * len(dataset.areas)
    per_year = dataset.office_monthly["applicants"].sum() / months * 12
    assert per_year == pytest.approx(truth["office_applicants_per_year"], abs=0.1)


def test_the_words_of_the_lists_are_understood(dataset):
    assert dataset.applicants["channel"].ne("unknown").mean() > 0.9
    after = dataset.applicants["service_date"] >= "2025-07-01"
    assert set(dataset.applicants.loc[after, "passport_type"]) <= {"electronic", "unknown"}
    assert set(dataset.applicants["application"]) == {"new", "renewal", "lost", "damaged"}
    assert dataset.applicants["area_id"].isin(dataset.gazetteer.index).mean() > 0.95


def test_no_invented_person_passes_the_door(dataset):
    office = simulate_office(seed=SAMPLE_SEED)
    secrets = {*office.applicants["nik"], *office.applicants["phone"], *office.applicants["name"].str.casefold()}
    secrets |= set(office.interest["person"]) - {""}
    for frame in (dataset.applicants, dataset.interest, dataset.ledger.rows, dataset.ledger.review):
        assert not {"nik", "name", "phone", "person"} & set(frame.columns)
        text = frame.drop(columns="person_key", errors="ignore").astype(str).to_csv(index=False).casefold()
        assert not [secret for secret in secrets if secret in text]
