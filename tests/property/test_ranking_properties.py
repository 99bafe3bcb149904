"""Ranking: its leader is the best eligible place by brute force, whatever is scheduled and in whatever order."""

import datetime as dt
import math

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.decisions.increment import IncrementalAttendance
from outreach_analysis.decisions.ranking import TIE_PROBABILITY, RankingResult, rank_sites
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 22))
DAYS = pd.DataFrame(
    {
        "day": pd.to_datetime(["2026-12-12", "2026-12-13", "2026-12-14"]),
        "kind": ["weekend", "weekend", "workday"],
        "reason": ["Sabtu", "Minggu", ""],
        "estimated": False,
        "blackout": False,
    }
)
# whole numbers make equal increments common
PEOPLE = st.one_of(st.just(0.0), st.integers(1, 4).map(float), st.floats(0.01, 50))


@st.composite
def worlds(draw) -> dict[str, object]:
    n_draws, n_areas, n_sites = draw(st.integers(1, 12)), draw(st.integers(1, 3)), draw(st.integers(1, 5))
    size = n_draws * n_areas * n_sites
    draws = np.array(draw(st.lists(PEOPLE, min_size=size, max_size=size))).reshape(n_draws, n_areas, n_sites)
    areas = pd.Index([f"a{number}" for number in range(n_areas)], name="area_id")
    sites = pd.Index([f"s{number}" for number in range(n_sites)], name="site_id")
    need = pd.Series(draw(st.lists(PEOPLE, min_size=n_areas, max_size=n_areas)), index=areas)
    places = pd.DataFrame(
        {
            "name": sites,
            "kind": draw(st.lists(st.sampled_from(["mall", "desa", "office"]), min_size=n_sites, max_size=n_sites)),
            "area_id": draw(st.lists(st.sampled_from([*areas, "nowhere"]), min_size=n_sites, max_size=n_sites)),
            "lon": 117.0,
            "lat": 0.0,
            "opened": pd.NaT,
            "closed": pd.to_datetime(
                draw(st.lists(st.sampled_from([None, None, "2026-01-01"]), min_size=n_sites, max_size=n_sites))
            ),
        },
        index=sites,
    )
    visits = draw(st.lists(st.tuples(st.sampled_from(list(sites)), st.sampled_from([20, 200])), max_size=2))
    planned = draw(st.lists(st.sampled_from(list(sites)), max_size=2))
    rows = [(site, pd.Timestamp(2026, 11, 22) - pd.Timedelta(days=ago), "held") for site, ago in visits]
    rows += [(site, pd.Timestamp(2026, 12, 12), "planned") for site in planned]
    return {
        "incremental": IncrementalAttendance(
            pool=pd.Series(np.maximum(need, draws.mean(axis=0).max(axis=1)), index=areas),
            attendance=pd.DataFrame(columns=["area_id", "site_id", "probability"]),
            draws=draws,
            need=need,
            displacement=pd.Series(0.0, areas),
            capacity_factor=pd.Series(1.0, sites),
            from_outside=pd.Series(0.0, sites),
            people=pd.DataFrame({"median": 1.0, "mean": 1.0, "ci_low": 0.0, "ci_high": 2.0}, index=sites),
            area_ids=areas,
            site_ids=sites,
            status="prior_only",
        ),
        "sites": places,
        "areas": pd.DataFrame({"name": areas, "parent_id": "K", "population": 9, "in_jurisdiction": True}, index=areas),
        "events": pd.DataFrame(rows, columns=["site_id", "date", "status"]).astype({"date": "datetime64[us]"}),
        "costs": pd.DataFrame([(a, s, draw(st.sampled_from([5.0, 30.0, 31.0]))) for a in areas for s in sites],
                              columns=["area_id", "site_id", "km"]),
        "scheduled": planned,
    }  # fmt: skip


def rank(world: dict) -> RankingResult:
    return rank_sites(service_days=DAYS, settings=SETTINGS, **world)


def reached(incremental: IncrementalAttendance, chosen: list[str], draw: int | None = None) -> float:
    """People whom a set of places reaches, by the definition; of the mean or of one draw."""
    net = incremental.draws.mean(axis=0) if draw is None else incremental.draws[draw]
    value = 0.0
    for i, pool in enumerate(incremental.pool):
        left = 1.0
        for site in dict.fromkeys(chosen):
            left *= 1 - min(net[i, incremental.site_ids.get_loc(site)] / pool, 1) if pool else 1
        value += pool * (1 - left)
    return value


def may_be_visited(world: dict, site: str) -> bool:
    place, events = world["sites"].loc[site], world["events"]
    recent = events[(events["site_id"] == site) & (events["status"] == "held") & (events["date"] > "2026-08-22")]
    return (
        place["kind"] != "office"
        and place["area_id"] != "nowhere"
        and pd.isna(place["closed"])
        and site not in world["scheduled"]
        and recent.empty
    )


@given(worlds())
@settings(max_examples=20, deadline=None)
def test_the_leader_adds_most_by_brute_force(world):
    found, incremental = rank(world), world["incremental"]
    eligible = [site for site in world["sites"].index if may_be_visited(world, site)]
    assert set(found.by_site.index) == set(eligible)
    fixed = world["sites"].index[world["sites"]["kind"] == "office"]
    assert set(found.excluded.index) == set(world["sites"].index) - set(eligible) - set(fixed)
    # fixed points are in the need already and take nobody away
    announced = [site for site in world["scheduled"] if site not in fixed]
    assert set(found.scheduled) == set(announced)
    if not eligible:
        assert (found.leader, found.recommended) == (None, None)
        return
    before = reached(incremental, announced)
    adds = {site: reached(incremental, [*announced, site]) - before for site in eligible}
    scale = 1e-9 * (1 + incremental.pool.sum())
    assert adds[found.leader] >= max(adds.values()) - scale
    for site in eligible:
        assert math.isclose(found.by_site.loc[site, "increment"], adds[site], rel_tol=1e-9, abs_tol=scale)
    assert found.by_site["increment"].is_monotonic_decreasing
    assert found.by_site["rank"].tolist() == list(range(1, len(eligible) + 1))


@given(worlds())
@settings(max_examples=10, deadline=None)
def test_the_tie_group_is_who_beats_the_leader_often_enough(world):
    found = rank(world)
    if found.leader is None:
        return
    draws = world["incremental"].increment_draws(found.scheduled)
    tied = []
    for site in found.by_site.index:
        share = float(np.mean([row[site] > row[found.leader] for row in draws.to_dict("records")]))
        assert math.isclose(found.by_site.loc[site, "p_beats_leader"], share)
        if share >= TIE_PROBABILITY or site == found.leader:
            tied.append(site)
    assert found.by_site.index[found.by_site["tied"]].tolist() == tied
    group = found.by_site.loc[tied]
    assert found.recommended in tied
    best = group.sort_values(["need_nearby", "next_day", "rank"], ascending=[False, True, True]).index[0]
    assert found.recommended == best
    ranks = found.by_site
    assert (ranks["rank_low"] >= 1).all()
    assert (ranks["rank_low"] <= ranks["rank_high"]).all()
    assert (ranks["rank_high"] <= len(ranks)).all()


@given(worlds(), st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_does_not_matter(world, random):
    turned = dict(world)
    for name in ("sites", "areas", "events", "costs"):
        rows = list(range(len(world[name])))
        random.shuffle(rows)
        turned[name] = world[name].iloc[rows]
    turned["scheduled"] = world["scheduled"][::-1]
    one, other = rank(world), rank(turned)
    pd.testing.assert_frame_equal(one.by_site, other.by_site)
    pd.testing.assert_frame_equal(one.excluded, other.excluded.loc[one.excluded.index])
    assert (one.leader, one.recommended, one.decided_by) == (other.leader, other.recommended, other.decided_by)
