"""Ranking: ties, tie-breaks, and answers where no place is left."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.decisions.increment import IncrementalAttendance
from outreach_analysis.decisions.ranking import rank_sites
from outreach_analysis.decisions.weights import DecisionWeights
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


def make_incremental(draws: dict[str, list[float]], need: float = 50.0) -> IncrementalAttendance:
    """Places whose people come from an area of their own, by their increment in each draw."""
    sites = pd.Index(list(draws), name="site_id")
    areas = pd.Index([site.lower() for site in draws], name="area_id")
    values = np.array(list(draws.values()), dtype=float).T
    array = np.zeros((len(values), len(areas), len(sites)))
    array[:, range(len(areas)), range(len(sites))] = values
    return IncrementalAttendance(
        pool=pd.Series(1000.0, areas),
        attendance=pd.DataFrame(columns=["area_id", "site_id", "probability"]),
        draws=array,
        need=pd.Series(need, areas),
        displacement=pd.Series(0.0, areas),
        capacity_factor=pd.Series(1.0, sites),
        from_outside=pd.Series(0.0, sites),
        people=pd.DataFrame({"median": 1.0, "mean": 1.0, "ci_low": 0.0, "ci_high": 2.0}, sites),
        area_ids=areas,
        site_ids=sites,
        status="prior_only",
    )


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
    return rank_sites(incremental, sites, areas, **(given | options))


COLUMNS = [
    "name", "kind", "area_id", "lon", "lat", "kabupaten", "rank", "increment", "ci_low", "ci_high", "p_beats_leader",
    "tied", "rank_low", "rank_high", "people", "people_low", "people_high", "need_nearby", "next_day", "day_kind",
    "day_reason", "day_estimated",
]  # fmt: skip


def test_order_interval_and_day():
    found = rank(make_incremental({"A": [10, 20], "B": [30, 50], "C": [1, 1]}))
    assert found.by_site.index.tolist() == ["B", "A", "C"]
    assert found.by_site.columns.tolist() == COLUMNS
    assert found.by_site["rank"].tolist() == [1, 2, 3]
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
    incremental = make_incremental({"A": [10, 20], "B": [30, 50]})
    found = rank(incremental, make_sites(incremental, closed=pd.Timestamp("2026-01-01")))
    check_empty(found)
    assert found.excluded["reason"].tolist() == ["closed", "closed"]
    # they keep what they would have added
    assert found.excluded["increment"].to_dict() == pytest.approx({"A": 15, "B": 40})
    assert found.would_overtake().empty


def test_no_candidates_at_all():
    nobody = make_incremental({})
    with_nobody = IncrementalAttendance(
        **{name: getattr(nobody, name) for name in nobody.__slots__} | {"draws": np.zeros((5, 0, 0))}
    )
    found = rank(with_nobody)
    check_empty(found)
    assert found.excluded.empty


def test_fixed_points_are_not_ranked():
    incremental = make_incremental({"A": [10, 20], "OFFICE": [90, 90]})
    found = rank(incremental, make_sites(incremental, kind=["pesantren", "office"]))
    assert found.by_site.index.tolist() == ["A"]
    assert found.excluded.empty


def test_a_site_in_no_area_is_excluded_plainly():
    incremental = make_incremental({"A": [10, 20], "B": [30, 50]})
    found = rank(incremental, make_sites(incremental, area_id=["a", None]))
    assert found.excluded["reason"].to_dict() == {"B": "outside_jurisdiction"}
    assert found.leader == "A"


def test_a_scheduled_place_takes_its_people_and_is_not_ranked():
    incremental = make_incremental({"A": [400, 400], "B": [30, 50]})
    shared = incremental.draws.copy()
    shared[:, 0, 1] = 500.0  # half of A's pool of 1,000 would go to B
    incremental = IncrementalAttendance(
        **{name: getattr(incremental, name) for name in incremental.__slots__} | {"draws": shared}
    )
    assert rank(incremental).leader == "B"
    found = rank(incremental, scheduled=["B"])
    assert found.by_site.loc["A", "increment"] == pytest.approx(200)
    assert found.excluded["reason"].to_dict() == {"B": "already_scheduled"}
    assert found.scheduled == ("B",)


def test_fixed_points_among_the_scheduled_are_passed_over_and_unknown_ones_refused():
    incremental = make_incremental({"A": [10, 20], "B": [30, 50]})
    sites = make_sites(incremental)
    office = sites.iloc[[0]].assign(kind="office").set_axis(["OFFICE"])
    found = rank(incremental, pd.concat([sites, office]), scheduled=["OFFICE", "B", "B"])
    assert found.scheduled == ("B",)
    with pytest.raises(ValueError, match="scheduled places without a forecast: X, Y"):
        rank(incremental, scheduled=["Y", "X"])


def test_refusals():
    incremental = make_incremental({"A": [10, 20], "B": [30, 50]})
    with pytest.raises(ValueError, match="as_of is not set"):
        rank(incremental, settings=Settings())
    with pytest.raises(ValueError, match="not in sites: B"):
        rank(incremental, make_sites(incremental).iloc[:1])


# ---------- ties


def test_ten_percent_of_the_draws_make_a_tie_and_less_does_not():
    leader = [20.0] * 20
    often, seldom = [19.0] * 20, [18.0] * 20
    often[0] = often[1] = 21.0
    seldom[0] = 21.0
    found = rank(make_incremental({"L": leader, "OFTEN": often, "SELDOM": seldom})).by_site
    assert found["p_beats_leader"].to_dict() == pytest.approx({"L": 0, "OFTEN": 0.1, "SELDOM": 0.05})
    assert found["tied"].to_dict() == {"L": True, "OFTEN": True, "SELDOM": False}


def test_equal_places_keep_the_order_of_their_ids_and_do_not_beat_each_other():
    found = rank(make_incremental({"B": [10, 20], "A": [10, 20]}))
    assert found.by_site.index.tolist() == ["A", "B"]
    assert found.by_site["rank_low"].tolist() == [1, 1]
    assert found.by_site["p_beats_leader"].tolist() == [0, 0]


def tied(**need: float) -> IncrementalAttendance:
    incremental = make_incremental({"A": [21, 20, 22], "B": [10, 30, 10]})
    incremental.need.update(pd.Series(need))
    return incremental


def test_of_tied_places_the_one_with_more_need_around_it_is_recommended():
    found = rank(tied(a=10, b=90))
    assert (found.leader, found.recommended, found.decided_by) == ("A", "B", "need")
    assert found.by_site["need_nearby"].to_dict() == {"A": 10, "B": 90}


def test_then_the_nearer_day():
    incremental = tied(a=10, b=10)
    sites = make_sites(incremental)
    sooner_at_b = SETTINGS.replace(blackout_by_place={"A": ("2026-12-12",)})
    found = rank(incremental, sites, settings=sooner_at_b)
    assert (found.leader, found.recommended, found.decided_by) == ("A", "B", "day")


def test_then_the_rank():
    found = rank(tied(a=10, b=10))
    assert (found.recommended, found.decided_by) == ("A", "rank")


def test_need_counts_once_within_the_threshold_inclusive():
    incremental = tied(a=10, b=90)
    rows = [("a", "A", 30.0), ("b", "A", 30.1), ("b", "B", 1.0), ("b", "B", 1.0), ("a", "B", 60.0)]
    costs = pd.DataFrame(rows, columns=["area_id", "site_id", "km"])
    assert rank(incremental, costs=costs).by_site["need_nearby"].to_dict() == {"A": 10, "B": 90}


# ---------- reasons


def test_reasons_say_why():
    incremental = make_incremental({"A": [10, 20], "B": [30, 50]})
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
        interest=interest_evidence(interest, pd.DataFrame(index=incremental.area_ids), settings=SETTINGS),
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


def test_places_below_the_interest_rule_that_would_overtake_are_named():
    incremental = make_incremental({"A": [10, 20], "B": [30, 50], "C": [1, 2]})
    empty = pd.DataFrame({"date": pd.to_datetime([]), "area_id": [], "people": [], "group": [], "person_key": []})
    evidence = interest_evidence(
        empty.astype({"area_id": "str", "people": int, "group": bool}),
        pd.DataFrame(index=incremental.area_ids),
        settings=SETTINGS,
    )
    found = rank(incremental, make_sites(incremental, kind=["pesantren", "desa", "desa"]), interest=evidence)
    assert found.leader == "A"
    assert found.would_overtake().index.tolist() == ["B"]


def test_places_far_from_everybody_have_no_need_nearby():
    incremental = tied(a=10, b=90)
    rows = [(area, site, 300.0) for area in incremental.area_ids for site in incremental.site_ids]
    found = rank(incremental, costs=pd.DataFrame(rows, columns=["area_id", "site_id", "km"]))
    assert found.by_site["need_nearby"].to_dict() == {"A": 0, "B": 0}
    assert found.decided_by == "rank"


def test_weights_change_the_order_and_leave_the_people_as_they_are():
    incremental = make_incremental({"A": [10, 20], "B": [30, 50], "C": [1, 1]})
    doubled = DecisionWeights(areas=pd.Series({"a": 4.0}), sites=pd.Series({"C": 0.5}))
    found = rank(incremental, weights=doubled)
    assert found.by_site.index.tolist() == ["A", "B", "C"]
    assert found.by_site["increment"].tolist() == [15.0, 40.0, 1.0]
    assert found.by_site["rank_high"].tolist() == [1, 2, 3]
    # worth: A 40 and 80, B 30 and 50, C 0.5 and 0.5
    assert incremental.increments(weights=doubled).tolist() == [60.0, 40.0, 0.5]


def test_weights_of_one_change_nothing_and_no_randomness_is_drawn():
    incremental = make_incremental({"A": [10, 20], "B": [30, 50]})
    rng = np.random.default_rng(5)
    weighted = rank(incremental, weights=DecisionWeights(), rng=rng)
    pd.testing.assert_frame_equal(weighted.by_site, rank(incremental).by_site)
    assert rng.random() == np.random.default_rng(5).random()
