"""Ranking: its leader is the best eligible place by brute force, whatever is announced and in whatever order."""

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from asked import asked_of
from decision_worlds import make_incremental
from examples import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.decisions.increment import IncrementalAttendance
from outreach_analysis.decisions.ranking import TIED_PROBABILITY, RankingQuestion, RankingResult, rank_sites
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
PEOPLE = st.one_of(st.integers(1, 4).map(float), st.floats(0.01, 50))


@st.composite
def worlds(draw) -> dict[str, object]:
    n_draws, n_areas, n_sites = draw(st.integers(1, 12)), draw(st.integers(1, 3)), draw(st.integers(1, 5))
    size = n_draws * n_areas * n_sites
    draws = np.array(draw(st.lists(PEOPLE, min_size=size, max_size=size))).reshape(n_draws, n_areas, n_sites)
    areas = pd.Index([f"a{number}" for number in range(n_areas)], name="area_id")
    sites = pd.Index([f"S{number}" for number in range(n_sites)], name="site_id")
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
    given_events = pd.DataFrame({"site_id": planned, "date": pd.Timestamp(2026, 12, 12)}).astype(
        {"site_id": "str", "date": "datetime64[us]"}
    )
    share = draw(st.floats(0.05, 0.8))
    # the team is at the announced events on the 12th: others are proposed for the 13th
    day = "2026-12-13" if planned else "2026-12-12"
    return {
        "incremental": make_incremental(
            draws, displacement=draw(st.floats(0, 1)), share=share, days=day, given=given_events
        ),
        "sites": places,
        "areas": pd.DataFrame({"name": areas, "parent_id": "K", "population": 9, "in_jurisdiction": True}, index=areas),
        "events": pd.DataFrame(rows, columns=["site_id", "date", "status"]).astype({"date": "datetime64[us]"}),
        "costs": pd.DataFrame([(a, s, draw(st.sampled_from([5.0, 30.0, 31.0]))) for a in areas for s in sites],
                              columns=["area_id", "site_id", "km"]),
        "minutes": pd.Series({site: draw(st.sampled_from([10.0, 20.0, np.nan])) for site in sites}),
    }  # fmt: skip


def rank(world: dict) -> RankingResult:
    question, tables = asked_of(RankingQuestion, world | {"service_days": DAYS, "settings": SETTINGS})
    return rank_sites(tables.pop("incremental"), question=question, **tables)


def may_be_visited(world: dict, site: str) -> bool:
    place, events = world["sites"].loc[site], world["events"]
    recent = events[(events["site_id"] == site) & (events["status"] == "held") & (events["date"] > "2026-08-22")]
    return (
        place["kind"] != "office"
        and place["area_id"] != "nowhere"
        and pd.isna(place["closed"])
        and site not in set(world["incremental"].announced["site_id"])
        and recent.empty
    )


def adds(incremental: IncrementalAttendance, site: str) -> list[float]:
    """What the place adds on its day in each draw."""
    return [float(people.sum()) for people in incremental.value_draws([(site, incremental.days[site])])]


@given(worlds())
@settings(max_examples=tries(15, 5), deadline=None)
def test_the_leader_adds_most_by_brute_force_and_only_chance_puts_another_first(world):
    found, incremental = rank(world), world["incremental"]
    eligible = [site for site in world["sites"].index if may_be_visited(world, site)]
    assert set(found.by_site.index) == set(eligible)
    fixed = world["sites"].index[world["sites"]["kind"] == "office"]
    assert set(found.excluded.index) == set(world["sites"].index) - set(eligible) - set(fixed)
    if not eligible:
        assert (found.leader, found.recommended) == (None, None)
        return
    values = {site: adds(incremental, site) for site in eligible}
    means = {site: math.fsum(each) / len(each) for site, each in values.items()}
    scale = 1e-7 * (1 + max(means.values()))
    best = max(means, key=lambda site: means[site])
    short = np.subtract(values[best], values[found.leader])
    error = short.std(ddof=1) / math.sqrt(len(short)) if len(short) > 1 else 0.0
    assert means[best] - means[found.leader] <= 2 * error + scale
    assert found.recommended == found.leader == found.by_site.index[0]
    if found.decided_by == "no_tie":
        assert means[found.leader] >= means[best] - scale
    for site in eligible:
        assert math.isclose(found.by_site.loc[site, "increment"], means[site], rel_tol=1e-9, abs_tol=scale)
    assert found.by_site["rank"].tolist() == list(range(1, len(eligible) + 1))


@given(worlds())
@settings(max_examples=tries(15, 5), deadline=None)
def test_the_tied_places_hold_the_best_one_often_enough_and_none_could_be_spared(world):
    found, incremental = rank(world), world["incremental"]
    if found.leader is None:
        return
    table = pd.DataFrame({site: adds(incremental, site) for site in found.by_site.index})
    published = found.by_site
    # of equally good places in one draw the first in the order is the best
    best = [next(site for site in table if row[site] >= max(row.values()) - 1e-9) for row in table.to_dict("records")]
    shares = {site: best.count(site) / len(best) for site in table}
    if np.min(np.diff(np.sort(table.to_numpy(), axis=1), axis=1), initial=1.0) > 1e-6:
        assert published["p_best"].to_dict() == pytest.approx(shares)
    assert math.isclose(published["p_best"].sum(), 1)
    tied = published["p_best"][published["tied"]]
    assert tied.sum() >= TIED_PROBABILITY - 1e-9
    assert published.loc[found.leader, "tied"]
    # whoever is left out is no likelier the best than any of those taken for their probability
    left_out = published["p_best"][~published["tied"]]
    taken = tied.sort_values(ascending=False)
    needed = int((taken.cumsum() < TIED_PROBABILITY - 1e-9).sum()) + 1
    assert (left_out <= taken.iloc[needed - 1] + 1e-12).all()
    assert (published["rank_low"] >= 1).all()
    assert (published["rank_low"] <= published["rank_high"]).all()
    assert (published["rank_high"] <= len(published)).all()
    assert (published["costs_on_average"] >= -1e-9).all()


@given(worlds(), st.randoms(use_true_random=False))
@settings(max_examples=tries(8, 3), deadline=None)
def test_the_order_of_rows_does_not_matter(world, random):
    turned = dict(world)
    for name in ("sites", "areas", "events", "costs", "minutes"):
        rows = list(range(len(world[name])))
        random.shuffle(rows)
        turned[name] = world[name].iloc[rows]
    one, other = rank(world), rank(turned)
    pd.testing.assert_frame_equal(one.by_site, other.by_site)
    pd.testing.assert_frame_equal(one.excluded, other.excluded.loc[one.excluded.index])
    assert (one.leader, one.recommended, one.decided_by) == (other.leader, other.recommended, other.decided_by)
