"""A study: made lazily, cut to a part, put beside another, compared."""

import dataclasses
import re
from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.contracts import RequestError
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.measures.reach import ReachResult
from outreach_analysis.shown import Shown
from outreach_analysis.study import Study

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| [^|]+ \| (?P<names>`\w+`(?:, `\w+`)*) \| (?P<modules>`[\w/]+\.py`(?:, `[\w/]+\.py`)*) \|$", re.M)


SITES = """\
site_id,name,kind,area,lon,lat,capacity,opened
KANIM,Kantor Imigrasi,office,64.72.02,"117,14",-0.49,120,01/01/2010
MALL,Mal Contoh,mall,Samarinda Ulu,117.13,-0.47,120,
TGR,Kantor Kecamatan Tenggarong,kecamatan,64.02.06,,,,
MELAK,Pesantren Melak,pesantren,64.07.07,,,,
BADAK,Balai Badak,pesantren,64.02.05,,,,
"""


_READ: list[Dataset] = []
"""The tiny office with two places that were not visited yet, read once."""


@pytest.fixture
def dataset(office) -> Dataset:
    if not _READ:
        _READ.append(read_dataset(office({"sites.csv": SITES})))
    return _READ[0]


@pytest.fixture
def study(dataset) -> Study:
    return Study(dataset, n_draws=100, with_backtest=False)


def came(study: Study) -> int:
    data = study.dataset
    return int(sum(frame["applicants"].sum() for frame in (data.counts, data.outside, data.unplaced)))


def test_what_is_not_asked_for_is_not_made(study):
    assert study.ranking.by_site.index.tolist()
    assert not {"planning", "audience", "backtest", "came_by_series"} & set(study.__dict__)
    assert study.ranking is study.ranking


def test_numbers_do_not_hang_on_what_was_asked_before(dataset, study):
    other = Study(dataset, n_draws=100, rng=1)
    assert other.plan.sites
    pd.testing.assert_frame_equal(study.impact.summary(), other.impact.summary())
    pd.testing.assert_frame_equal(study.ranking.by_site, other.ranking.by_site)
    assert not dataclasses.replace(study, rng=2).forecast.by_site.equals(study.forecast.by_site)


def test_every_row_of_the_contributors_table_is_a_property_made_where_it_says():
    rows = list(ROW.finditer((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    named = [name for row in rows for name in re.findall(r"\w+", row["names"])]
    assert len(named) > 25
    assert [name for name in named if not hasattr(Study, name)] == []
    modules = [name for row in rows for name in re.findall(r"[\w/]+\.py", row["modules"])]
    assert [name for name in modules if not (ROOT / "src" / "outreach_analysis" / name).is_file()] == []


def test_a_kabupaten_by_hand(study):
    """E1 in Samarinda: two of Samarinda Ulu, two of Kutai Kartanegara, one of Surabaya, one of nobody knows where."""
    part = study.select(kabupaten="Kota Samarinda")
    data = part.dataset
    assert part.areas["parent_id"].unique().tolist() == ["64.72"]
    assert part.events.index.tolist() == ["E1"]
    counted = data.counts[data.counts["applicants"] > 0]
    assert counted[["area_id", "applicants"]].values.tolist() == [["64.72.03", 2]]
    assert dict(zip(data.outside["place"], data.outside["applicants"], strict=True)) == {
        "Surabaya": 1,
        "Kabupaten Kutai Kartanegara": 2,
    }
    assert data.unplaced["applicants"].tolist() == [1]
    # three in four of those who are not from outside are placed: two, and one in review
    assert data.events["placed_share"].tolist() == pytest.approx([2 / 3])
    assert data.office_monthly["area_id"].unique().tolist() == ["64.72.03"]
    assert data.interest.empty
    assert sorted(data.sites.index) == ["KANIM", "MALL"]
    assert came(study) == 9


@pytest.mark.parametrize(
    "wished",
    [
        {"kabupaten": ["Samarinda", "64.02"]},
        {"events": "E2"},
        {"kinds": ["kecamatan"]},
        {"dates": ("2025-02-15", "2025-12-31")},
        {"kabupaten": "64.02", "events": ["E1", "E2"], "kinds": ["mall", "kecamatan"]},
    ],
    ids=str,
)
def test_everybody_who_came_to_what_is_kept_stands_somewhere(study, wished):
    before = study.counts.copy(), study.dataset.applicants.copy()
    part = study.select(**wished)
    assert came(part) == part.dataset.applicants["event_id"].isin(part.events.index).sum()
    assert set(part.events["site_id"]) <= set(part.dataset.sites.index)
    for frame in (part.counts, part.dataset.outside, part.dataset.unplaced, part.dataset.answers):
        assert set(frame["event_id"]) <= set(part.events.index)
    assert set(part.counts["area_id"]) <= {*part.areas.index, *part.areas["parent_id"]}
    assert "KANIM" in part.sites.index
    pd.testing.assert_frame_equal(study.counts, before[0])
    pd.testing.assert_frame_equal(study.dataset.applicants, before[1])
    assert len(part.reach.by_area) == len(part.areas)
    assert part.coverage.by_area.index.equals(part.areas.index)


def test_all_of_it_is_the_whole(study):
    kabupaten = study.areas["parent_id"].unique().tolist()
    whole = study.select(kabupaten=kabupaten, events=study.events.index.tolist())
    pd.testing.assert_frame_equal(whole.counts, study.counts)
    pd.testing.assert_frame_equal(whole.events, study.events)
    pd.testing.assert_frame_equal(whole.dataset.outside, study.dataset.outside)
    pd.testing.assert_frame_equal(whole.ranking.by_site, study.ranking.by_site)


def test_dates_move_the_reference_date_back_and_never_forward(study):
    assert study.select(dates=("2025-01-01", "2025-02-28")).as_of.isoformat() == "2025-02-28"
    assert study.select(dates=("2025-01-01", "2030-02-28")).as_of == study.as_of
    early = study.select(dates=("2025-01-01", "2025-02-10")).dataset
    assert early.events.index.tolist() == ["E1"]
    # February is not over on the tenth
    assert early.office_monthly["month"].dt.month.unique().tolist() == [1]
    assert early.interest.empty


def test_interest_of_areas_goes_with_their_kind(study):
    assert study.select(kinds="mall").dataset.interest is None
    assert len(study.select(kinds=["mall", "desa"]).dataset.interest) == 2


@pytest.mark.parametrize(
    ("wished", "said"),
    [
        (
            {"kabupaten": ["Samarnda", "Kota Bontan"]},
            r"Samarnda; did you mean Kota Samarinda\?; .*Kota Bontan; did you",
        ),
        ({"events": ["E1", "E22"]}, r"no event is called E22; did you mean E2"),
        ({"kinds": "malls"}, r"no kind of place is called malls; did you mean mall\?"),
        ({"dates": ("2025-02-01", "2025-01-01")}, r"\(2025-01-01\) lies before the first \(2025-02-01\)"),
        ({"dates": ("x", "y")}, "a first and a last day"),
    ],
    ids=str,
)
def test_what_is_not_known_is_named_with_what_may_be_meant(study, wished, said):
    with pytest.raises(RequestError, match=said):
        study.select(**wished)


def test_other_settings_are_another_study(study):
    near = study.with_settings(threshold_km=5, plan_events=1)
    assert (near.settings.service_threshold_km, near.settings.plan_events) == (5, 1)
    assert study.settings.service_threshold_km == 30
    assert near.coverage.share < study.coverage.share
    assert near.coverage.threshold == 5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"treshold_km": 1}, "no setting is called treshold_km; did you mean"),
        ({"events": 1}, r"no setting is called events; did you mean impact_min_events, plan_events, file_events\?"),
        ({"jurisdiction": ("64.72",), "x": 1}, "jurisdiction decides how a folder is read.*no setting is called x"),
        ({"service_threshold_km": -1}, "service_threshold_km = -1: expected a number of 0 or more"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused_with_the_reason(study, changes, said):
    with pytest.raises(RequestError, match=said):
        study.with_settings(**changes)


def test_a_closed_point_serves_nobody_and_an_added_place_may_be_visited(study):
    other = study.with_sites(close="KANIM", add={"Balai Tani": "Muara Badak", "Pasar": "64.02.06"})
    assert "KANIM" in study.service_points.index[study.service_points == "fixed"]
    assert "KANIM" not in other.service_points.index[other.service_points == "fixed"]
    added = other.candidates.loc[["ADDED-1", "ADDED-2"]]
    assert added[["name", "kind", "area_id"]].values.tolist() == [
        ["Balai Tani", "other", study.areas.index[study.areas["name"] == "Muara Badak"].item()],
        ["Pasar", "other", "64.02.06"],
    ]
    there = study.areas.loc["64.02.06"]
    assert added.loc["ADDED-2", ["lon", "lat"]].tolist() == [there["seat_lon"], there["seat_lat"]]
    fixed = [one.coverage.summary()["estimate"]["fixed"] for one in (study, other)]
    assert fixed[0] > fixed[1] == 0
    assert "ADDED-1" not in study.sites.index


@pytest.mark.parametrize(
    ("wished", "said"),
    [
        ({"close": "KANIN"}, "no place is called KANIN; did you mean KANIM"),
        ({"add": {"Balai": "Muara Badag"}}, "no kecamatan is called Muara Badag; did you mean Muara Badak"),
    ],
    ids=str,
)
def test_places_that_are_not_known_are_named_with_what_may_be_meant(study, wished, said):
    with pytest.raises(RequestError, match=said):
        study.with_sites(**wished)


def test_where_half_would_have_come_anyway_half_of_the_people_are_additional(study):
    none, half = (study.with_displacement(share).incremental.summary()["estimate"] for share in (0.0, 0.5))
    assert half.to_numpy() == pytest.approx(none.to_numpy() / 2)
    given = study.with_displacement(0.5)
    assert given.displacement.pooled == 0.5
    # what was not learned is not said to rest on answers
    said = " ".join(given.text("limits", lang="en"))
    assert "Assumed, and not learned from anything: of 100 applicants 50 would" in said
    assert "answers to the desk question" not in said


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_is_refused(study, share):
    with pytest.raises(RequestError, match="is no share of people"):
        study.with_displacement(share)


def test_a_comparison_says_what_differs_and_by_how_much(study):
    numbers = study.compare(study.with_settings(threshold_km=5)).to_frame()
    assert numbers.index[0] == "service_threshold_km"
    assert numbers.loc["service_threshold_km", ["here", "there", "difference"]].tolist() == [30, 5, -25]
    change = numbers.loc["coverage"]
    assert change["difference"] == pytest.approx(change["there"] - change["here"]) != 0
    assert numbers.loc["reach", "difference"] == 0
    assert numbers.loc["place 1 of the ranking", "here"] == study.ranking.by_site.index[0]
    assert study.compare(study).numbers.index[0] == "reach"


def test_given_results_take_the_place_of_its_own(study):
    other = study.given(forecast=study.forecast, planned=study.planned.iloc[:0])
    assert other.forecast.by_site is study.forecast.by_site
    assert other.scheduled.empty
    assert other.cancelled.empty


def test_a_result_is_of_the_study_that_shows_it(study):
    other = study.with_settings(threshold_km=5).given(reach=study.reach)
    assert isinstance(other.reach, ReachResult)
    assert other.reach is not study.reach
    assert other.reach._study is other
    assert study.reach._study is study
    again = study.given(incremental=study.incremental, forecast=study.forecast)
    assert again.given(incremental=again.incremental).incremental.account.equals(study.incremental.account)
    alone = dataclasses.replace(study.reach)
    assert len(alone.to_frame()) == len(study.areas)
    with pytest.raises(RequestError, match="not of a study"):
        alone.table()


def test_a_data_set_shows_a_summary_and_nobody(study):
    for shown in (study, study.dataset):
        assert isinstance(shown, Shown)
        assert len(shown._repr_html_()) < 2000
        assert len(repr(shown)) < 200
    assert study.summary()["number"].to_dict()["events held"] == 2
