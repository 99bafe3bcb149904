"""Ranking: who may be the best, what decides between equals, and answers where no place is left."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from asked import asked_of
from decision_worlds import announced, make_incremental, own_areas

from outreach_analysis.decisions import ranking
from outreach_analysis.decisions.increment import DecisionWeights, IncrementalAttendance
from outreach_analysis.decisions.ranking import (
    Decision,
    RankingQuestion,
    changes_since,
    free_days_by_site,
    proposed_days,
    rank_sites,
)
from outreach_analysis.measures.interest import interest_evidence
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 22))
DAYS = pd.DataFrame(
    {
        "day": pd.to_datetime(["2026-12-12", "2026-12-14", "2026-12-19"]),
        "kind": ["weekend", "workday", "weekend"],
        "reason": ["Sabtu", "", "Sabtu"],
        "estimated": False,
        "blackout": False,
    }
)
NO_EVENTS = pd.DataFrame({"site_id": [], "date": pd.to_datetime([]), "status": []})


def make_sites(incremental: IncrementalAttendance, **columns) -> pd.DataFrame:
    base = {
        "name": incremental.site_ids,
        "kind": "pesantren",
        "area_id": incremental.area_ids,
        "lon": 117.0,
        "lat": 0.0,
    }
    dates = {"opened": pd.NaT, "closed": pd.NaT}
    return pd.DataFrame(base | dates | columns, index=incremental.site_ids)


def rank(incremental: IncrementalAttendance, sites: pd.DataFrame | None = None, **options):
    sites = make_sites(incremental) if sites is None else sites
    areas = pd.DataFrame(
        {"name": "x", "parent_id": "K", "population": 500, "in_jurisdiction": True}, incremental.area_ids
    )
    rows = [(area, site, 1.0 if site.lower() == area else 90.0) for area in areas.index for site in sites.index]
    given = {
        "events": NO_EVENTS,
        "costs": pd.DataFrame(rows, columns=["area_id", "site_id", "km"]),
        "service_days": DAYS,
        "settings": SETTINGS,
    }
    question, tables = asked_of(RankingQuestion, given | options)
    return rank_sites(incremental, areas=areas, sites=sites, question=question, **tables)


COLUMNS = [
    "name", "kind", "area_id", "lon", "lat", "kabupaten", "rank", "increment", "ci_low", "ci_high", "p_best",
    "costs_on_average", "tied", "rank_low", "rank_high", "people", "people_low", "people_high", "office_anyway",
    "gone_earlier", "gone_later", "outside", "next_day", "day_kind", "day_reason", "day_estimated",
]  # fmt: skip


def test_order_interval_and_day():
    found = rank(own_areas({"A": [10, 20], "B": [30, 50], "C": [1, 1]}))
    assert found.by_site.index.tolist() == ["B", "A", "C"]
    assert found.by_site.columns.tolist() == COLUMNS
    assert found.by_site["rank"].tolist() == [1, 2, 3]
    assert (found.by_site[["rank", "rank_low", "rank_high"]].dtypes == np.int64).all()
    assert (found.leader, found.recommended, found.decided_by) == ("B", "B", "no_tie")
    assert found.by_site.loc["B", ["ci_low", "ci_high"]].tolist() == pytest.approx([31, 49])
    assert (found.by_site["kabupaten"] == "K").all()
    assert (found.by_site["next_day"] == pd.Timestamp("2026-12-12")).all()
    assert found.summary().loc["B", "unit"] == "additional people (prior_only)"
    assert "increment" in found._repr_html_()


def check_empty(found) -> None:
    assert found.by_site.empty
    assert found.by_site.columns.tolist() == COLUMNS
    assert (found.leader, found.recommended, found.decided_by) == (None, None, "no_tie")
    assert found.summary().empty
    assert found.reasons.empty
    assert found.free_days.empty


def test_all_places_excluded():
    incremental = own_areas({"A": [10, 20], "B": [30, 50]})
    found = rank(incremental, make_sites(incremental, closed=pd.Timestamp("2026-01-01")))
    check_empty(found)
    assert found.excluded["reason"].tolist() == ["closed", "closed"]
    # they keep what they would have added
    assert found.excluded["increment"].to_dict() == pytest.approx({"A": 15, "B": 40})
    assert found.would_overtake().empty


def test_no_candidates_at_all():
    found = rank(make_incremental(np.zeros((5, 0, 0))))
    check_empty(found)
    assert found.excluded.empty


def test_fixed_points_are_not_ranked():
    incremental = own_areas({"A": [10, 20], "OFFICE": [90, 90]})
    found = rank(incremental, make_sites(incremental, kind=["pesantren", "office"]))
    assert found.by_site.index.tolist() == ["A"]
    assert found.excluded.empty


def test_a_site_in_no_area_is_excluded_plainly():
    incremental = own_areas({"A": [10, 20], "B": [30, 50]})
    found = rank(incremental, make_sites(incremental, area_id=["a", None]))
    assert found.excluded["reason"].to_dict() == {"B": "outside_jurisdiction"}
    assert found.leader == "A"


def test_a_scheduled_place_takes_its_people_and_is_not_ranked():
    # half of the 1,000 willing of one area would go to B, which is announced a week earlier
    incremental = make_incremental(
        [[[400.0, 500.0]]] * 2, site_ids=["A", "B"], share=0.5, base=[[500.0]], recovery=1e9,
        given=announced(("B", -7)),
    )  # fmt: skip
    sites = make_sites(incremental, area_id="a0")
    found = rank(incremental, sites)
    assert found.by_site.loc["A", ["increment", "gone_earlier"]].tolist() == pytest.approx([200, 200])
    assert found.excluded["reason"].to_dict() == {"B": "already_scheduled"}
    assert found.scheduled == ("B",)


def test_refusals():
    incremental = own_areas({"A": [10, 20], "B": [30, 50]})
    with pytest.raises(ValueError, match="as_of is not set"):
        rank(incremental, settings=Settings())
    with pytest.raises(ValueError, match="not in sites: B"):
        rank(incremental, make_sites(incremental).iloc[:1])
    with pytest.raises(ValueError, match="another day than the proposed one for: A, B"):
        rank(own_areas({"A": [10, 20], "B": [30, 50]}, days="2026-12-19"))


# ---------- ties


def test_the_fewest_places_that_hold_the_best_one_are_tied():
    # in 20 draws L is the best in 14, OFTEN in 5, SELDOM in 1: L and OFTEN hold it with .95
    leader, often, seldom = (
        [20.0 + 9 * (number in at) for number in range(20)] for at in (range(14), range(14, 19), [19])
    )
    often, seldom = [value - 5 for value in often], [value - 7 for value in seldom]
    found = rank(own_areas({"L": leader, "OFTEN": often, "SELDOM": seldom})).by_site
    assert found["p_best"].to_dict() == pytest.approx({"L": 0.7, "OFTEN": 0.25, "SELDOM": 0.05})
    assert found["tied"].to_dict() == {"L": True, "OFTEN": True, "SELDOM": False}
    assert found["costs_on_average"].tolist() == pytest.approx([0, 9.05, 12.85])


def test_the_leader_is_tied_though_another_is_likelier_the_best():
    # A adds 1,000 in one draw and next to nothing in the others: its mean of 10 rests on one draw, B is twice as near
    incremental = own_areas({"A": [1000.0] + [0.001] * 99, "B": [5.0] * 100})
    found = rank(incremental, minutes=pd.Series({"A": 20.0, "B": 10.0}))
    assert found.by_site["p_best"].to_dict() == {"A": 0.01, "B": 0.99}
    assert found.by_site["tied"].all()
    assert (found.recommended, found.decided_by) == ("B", "travel")
    assert found.by_site.loc["B", "costs_on_average"] == pytest.approx(5.001, abs=0.01)


def test_equal_places_go_by_day_then_way_then_position():
    incremental = own_areas({"B": [10, 20], "A": [10, 20]})
    found = rank(incremental)
    # nothing differs: the first by id
    assert (found.by_site.index.tolist(), found.decided_by) == (["A", "B"], "position")
    assert found.by_site["rank_low"].tolist() == [1, 1]
    assert found.by_site["tied"].all()
    by_position = rank(incremental, make_sites(incremental, lon=[116.0, 117.0]))
    assert (by_position.recommended, by_position.decided_by) == ("B", "position")
    by_way = rank(incremental, make_sites(incremental, lon=[116.0, 117.0]), minutes=pd.Series({"A": 30.0, "B": 31.0}))
    assert (by_way.recommended, by_way.decided_by) == ("A", "travel")
    known_way = rank(incremental, minutes=pd.Series({"B": 999.0}))
    assert (known_way.recommended, known_way.decided_by) == ("B", "travel")
    # A is free a week later only
    later = own_areas({"B": [10, 20], "A": [10, 20]}, days=["2026-12-12", "2026-12-19"])
    settings = SETTINGS.replace(blackout_by_place={"A": ("2026-12-12",)})
    by_day = rank(later, settings=settings, minutes=pd.Series({"A": 1.0, "B": 500.0}))
    assert (by_day.recommended, by_day.decided_by) == ("B", "day")
    assert by_day.by_site["next_day"].dt.day.to_dict() == {"B": 12, "A": 19}


def test_noise_is_two_paired_errors():
    # 10 in both draws; 4.9 and 14.9 fewer are 9.9 in the mean, with an error of 5; 5.1 and 15.1 are 10.1
    worth = pd.DataFrame({"A": [10.0, 10.0], "B": [5.1, -4.9], "C": [4.9, -5.1]})
    assert ranking._within_noise(worth).tolist() == [True, True, False]
    # of one draw nothing is known about noise
    assert ranking._within_noise(worth.iloc[:1]).tolist() == [True, False, False]


def test_places_that_add_as_many_stand_by_id():
    """Behind the leader, and more of them than any sorting happens to leave in order."""
    names = [f"P{number:02}" for number in range(60)]
    worth = pd.DataFrame({"LEADER": [9.0, 9.0], **{name: [5.0 - at % 2] * 2 for at, name in enumerate(names)}})
    order, decided = ranking._order(worth[worth.columns[::-1]], pd.DataFrame())
    assert (order.tolist(), decided) == (["LEADER", *names[::2], *names[1::2]], "no_tie")


def test_more_people_are_worth_more_than_an_earlier_day_unless_chance_made_them():
    rng = np.random.default_rng(0)
    chance = rng.uniform(100, 200, 400)
    sure, unsure = chance + 10 + rng.normal(0, 5, 400), chance + 0.2 + rng.normal(0, 20, 400)
    settings = SETTINGS.replace(blackout_by_place={"A": ("2026-12-12",)})
    days = ["2026-12-19", "2026-12-12"]
    ahead = rank(own_areas({"A": sure, "B": chance}, days=days), settings=settings)
    assert (ahead.leader, ahead.recommended, ahead.decided_by) == ("A", "A", "no_tie")
    level = rank(own_areas({"A": unsure, "B": chance}, days=days), settings=settings)
    assert (level.recommended, level.decided_by) == ("B", "day")


def test_a_place_that_is_open_only_later_is_judged_on_a_later_day_and_a_closed_one_by_name():
    sites = make_sites(
        own_areas({"A": [10, 20], "B": [30, 50], "C": [20, 20], "D": [9, 9]}),
        opened=pd.to_datetime([None, "2026-12-15", None, "2027-03-01"]),
        closed=pd.to_datetime([None, None, "2026-12-12", None]),
    )
    free = free_days_by_site(sites, NO_EVENTS, DAYS, settings=SETTINGS)
    days = proposed_days(free, sites.index, settings=SETTINGS)
    # the 19th is the first day on which B is open; C closes on the first free day, D opens after the last
    assert days["B"] == pd.Timestamp("2026-12-19")
    incremental = own_areas({"A": [10, 20], "B": [30, 50], "C": [20, 20], "D": [9, 9]}, days=days.to_numpy())
    found = rank(incremental, sites)
    assert found.by_site["next_day"].to_dict() == {"B": pd.Timestamp("2026-12-19"), "A": pd.Timestamp("2026-12-12")}
    assert found.excluded["reason"].to_dict() == {"C": "closed", "D": "closed"}
    assert found.excluded["value"].to_dict() == {"C": pd.Timestamp("2026-12-12"), "D": pd.Timestamp("2027-03-01")}


# ---------- reasons


def test_reasons_say_why():
    incremental = own_areas({"A": [10, 20], "B": [30, 50]})
    sites = make_sites(incremental, kind=["pesantren", "kecamatan"])
    office = sites.iloc[[0]].assign(kind="office").set_axis(["OFFICE"])
    events = pd.DataFrame(
        {"site_id": ["A", "A"], "date": pd.to_datetime(["2025-02-01", "2024-02-01"]), "status": "held"}
    )
    rows = [("a", "A", 1.0), ("b", "A", 90.0), ("a", "B", 90.0), ("b", "B", 1.0), ("a", "OFFICE", 8.0)]
    interest = pd.DataFrame(
        {"date": pd.Timestamp("2026-11-01"), "area_id": ["b"], "people": [21], "group": True, "person_key": None}
    )
    found = rank(
        incremental,
        pd.concat([sites, office]),
        events=events,
        costs=pd.DataFrame(rows, columns=["area_id", "site_id", "km"]),
        interest=interest_evidence(
            interest=interest, areas=pd.DataFrame(index=incremental.area_ids), settings=SETTINGS
        ),
    ).reasons
    values = {(row.site_id, row.code): row.value for row in found.itertuples()}
    # b has no way to the office: all its 500 residents are new within reach, and no distance is said
    assert values["A", "new_within_reach"] == 0
    assert values["B", "new_within_reach"] == 500
    assert values["A", "km_from_fixed_point"] == 8
    assert pd.isna(values["B", "km_from_fixed_point"])
    assert values["A", "last_visit"] == pd.Timestamp("2025-02-01")
    assert pd.isna(values["B", "last_visit"])
    assert values["B", "interest_above"]
    assert not values["A", "interest_above"]
    assert values["A", "interest_not_required"]
    assert not values["B", "interest_not_required"]
    assert values["A", "last_visit_nearby"] is None
    assert values["B", "last_visit_nearby"] == (pd.Timestamp("2025-02-01"), "A")


def test_places_below_the_interest_rule_that_would_overtake_are_named_those_that_would_add_most_first():
    incremental = own_areas({"A": [10, 20], "B": [30, 50], "C": [1, 2], "D": [60, 60], "E": [10, 20]})
    empty = pd.DataFrame({"date": pd.to_datetime([]), "area_id": [], "people": [], "group": [], "person_key": []})
    evidence = interest_evidence(
        interest=empty.astype({"area_id": "str", "people": int, "group": bool}),
        areas=pd.DataFrame(index=incremental.area_ids),
        settings=SETTINGS,
    )
    found = rank(incremental, make_sites(incremental, kind=["pesantren", *["desa"] * 4]), interest=evidence)
    assert found.leader == "A"
    assert found.would_overtake().index.tolist() == ["D", "B"]
    nobody = rank(incremental, make_sites(incremental, kind="desa"), interest=evidence)
    assert nobody.would_overtake().index.tolist() == list("ABCDE")


def test_what_moved_since_a_decision_is_compared_with_ranked_and_excluded_places():
    incremental = own_areas({"A": [10, 20], "B": [30, 50], "C": [1, 1]})
    found = rank(incremental, make_sites(incremental, closed=pd.to_datetime([None, "2026-11-01", None])))
    before = pd.DataFrame(
        {"name": list("ABC"), "rank": [2.0, 1.0, 3.0], "increment": [15.0, 40.0, 1.0], "excluded": ""}, list("ABC")
    )
    decision = Decision(
        site_id="B",
        name="B",
        decided_on=SETTINGS.as_of,
        as_of=SETTINGS.as_of,
        reason="",
        recommended="B",
        before=before,
    )
    changes = changes_since(decision, found)
    assert changes.decision is decision
    assert changes.by_site.index.tolist() == ["A", "B", "C"]
    assert changes.by_site["cause"].tolist() == ["others_moved", "closed", "others_moved"]
    assert changes.by_site["increment_now"].tolist() == [15, 40, 1]
    assert changes.by_site["value"].tolist() == [None, pd.Timestamp("2026-11-01"), None]
    summary = changes.summary()
    assert summary["estimate"].tolist() == [1, pytest.approx(np.nan, nan_ok=True), 2]
    assert (summary["unit"] == "rank").all()


def test_weights_change_the_order_and_leave_the_people_as_they_are():
    incremental = own_areas({"A": [10, 20], "B": [30, 50], "C": [1, 1]})
    doubled = DecisionWeights(areas=pd.Series({"a": 4.0}), sites=pd.Series({"C": 0.5}))
    found = rank(incremental, weights=doubled)
    assert found.by_site.index.tolist() == ["A", "B", "C"]
    assert found.by_site["increment"].tolist() == [15.0, 40.0, 1.0]
    assert found.by_site["rank_high"].tolist() == [1, 2, 3]
    # worth: A 40 and 80, B 30 and 50, C 0.5 and 0.5
    assert incremental.increments(weights=doubled).tolist() == [60.0, 40.0, 0.5]


def test_weights_of_one_change_nothing():
    incremental = own_areas({"A": [10, 20], "B": [30, 50]})
    weighted = rank(incremental, weights=DecisionWeights())
    pd.testing.assert_frame_equal(weighted.by_site, rank(incremental).by_site)


@pytest.mark.parametrize("place", ["A", "B"])
def test_what_is_told_of_a_place_is_its_account(place):
    incremental = own_areas({"A": [10, 20], "B": [30, 50]}, displacement=0.25, inside=[True, True])
    published = rank(incremental).by_site.loc[place]
    account = incremental.account.loc[place]
    for column in ("office_anyway", "gone_earlier", "gone_later", "outside"):
        assert published[column] == account[column]
    assert published["increment"] == pytest.approx(account["additional"])
    assert published["people"] == pytest.approx(account["unannounced"] - account["gone_earlier"])
