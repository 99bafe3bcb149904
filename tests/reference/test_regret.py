"""What following the advice costs in offices whose truth is known: a small version of `benchmarks/regret.py`."""

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from scipy import special

from outreach_analysis.study import Study

SMALL = ("2", "3", "6b", "9")
AS_OF = pd.Timestamp("2026-11-22")
DAYS = [AS_OF + pd.Timedelta(days=days) for days in (20, 27, 34)]


@pytest.fixture(scope="module")
def study(benchmark_module):
    return benchmark_module("regret")


@pytest.fixture(scope="module")
def visits(benchmark_module):
    return benchmark_module("regret_study.visits")


@pytest.fixture(scope="module")
def offices(benchmark_module):
    return benchmark_module("regret_study.offices")


@pytest.fixture(scope="module")
def world(offices):
    return offices.World.load()


@pytest.fixture(scope="module")
def truths(benchmark_module):
    return benchmark_module("regret_study.truths").TRUTHS


@pytest.mark.parametrize("named", [("6b",), pytest.param(SMALL, marks=pytest.mark.slow)], ids=len)
def test_the_plan_loses_nothing_to_its_own_people_sorted(study, named):
    rows = study.study(named, offices=1, answers=(0,), draws=400)
    people = pd.DataFrame([row["people"] for row in rows])
    regret = 1 - people.div([row["best"] for row in rows], axis=0)
    assert (regret.to_numpy()[~regret.isna().to_numpy()] >= -1e-9).all()
    lost = regret["product"] - regret["own people, sorted"]
    assert lost.mean() <= 0.05, f"the plan's regret less that of its own people sorted: {lost.round(2).tolist()}"


def a_truth(visits, *, taken=0.0, recovery=120.0, capacity=np.inf, announced=(), lead=0.0, seed=4):
    """Four places and three areas, the last of them another office's."""
    draw = np.random.default_rng(seed)
    people = draw.uniform(5, 60, (3, 4))
    days = pd.date_range(AS_OF, periods=120)
    return visits.TrueVisits(
        site_ids=pd.Index(["A", "B", "C", "D"]),
        people=people,
        taken=np.full((3, 4), taken),
        displacement=draw.uniform(0.1, 0.8, (3, 4)),
        inside=np.array([True, True, False]),
        used=np.zeros(3),
        capacity=np.full(4, capacity),
        event_sd=0.4,
        overdispersion=0.5,
        recovery_days=recovery,
        growth=0.0,
        season=0.0,
        season_peak=0.0,
        lead_logit=lead,
        day_kind=pd.Series(0.0, index=days),
        as_of=AS_OF,
        announced=tuple(visits.Visit(site_id=site, day=day) for site, day in announced),
    )


def plan(visits, places):
    return [visits.Visit(site_id=site, day=day) for site, day in zip(places, DAYS, strict=False)]


def test_visits_that_take_nothing_from_each_other_add_up(visits):
    true = a_truth(visits)
    net = (true.people * (1 - true.displacement))[:2].sum(axis=0)
    assert true.additional(plan(visits, "ABD")) == pytest.approx(net[0] + net[1] + net[3], rel=1e-9)
    assert true.additional([]) == 0


@pytest.mark.parametrize(("share", "days"), [(0.5, 120.0), (0.3, 45.0)])
def test_who_came_is_followed_by_others_as_days_pass(visits, share, days):
    announced = [("B", DAYS[0] + pd.Timedelta(days=3))]
    true = a_truth(visits, taken=share, recovery=days, announced=announced)

    def published(places):
        left, before, found = [1.0, 1.0], AS_OF, 0.0
        for day, site in sorted([*zip(DAYS, places, strict=False), (announced[0][1], "B")]):
            at = "ABCD".index(site)
            for area in (0, 1):
                left[area] = 1 - (1 - left[area]) * np.exp(-(day - before).days / days)
                found += true.people[area, at] * left[area] * (1 - true.displacement[area, at])
                left[area] *= 1 - share
            before = day
        return found

    for places in itertools.permutations("ABCD", 3):
        assert true.additional(plan(visits, places)) == pytest.approx(published(places) - published(()), rel=1e-9)


def test_an_announced_pop_up_makes_a_visit_before_it_worth_less(visits):
    alone = a_truth(visits, taken=0.6).additional(plan(visits, "A"))
    later = a_truth(visits, taken=0.6, announced=[("A", DAYS[2])]).additional(plan(visits, "A"))
    assert 0 < later < alone


def test_the_best_plan_is_the_best_of_all(visits):
    for seed in range(5):
        true = a_truth(visits, taken=0.5, announced=[("B", DAYS[1])], seed=seed)
        best, value = true.best(true.site_ids, DAYS)
        every = [true.additional(plan(visits, places)) for places in itertools.permutations("ABCD", 3)]
        assert value == pytest.approx(max(every)) == pytest.approx(true.additional(best))


def test_capacity_is_that_of_days_with_their_luck(visits):
    true = a_truth(visits, capacity=70.0)
    draw = np.random.default_rng(1)
    luck = np.exp(draw.normal(0, 0.4, 200_000) - 0.08)
    noise = draw.gamma(2.0, 0.5, (200_000, 3))
    total = (true.people[:, 0] * noise).sum(axis=1) * luck
    share = np.minimum(total, 70).mean() / total.mean()
    net = (true.people * (1 - true.displacement))[:2, 0].sum()
    assert true.additional(plan(visits, "A")) == pytest.approx(net * share, rel=0.02)


def test_longer_known_pop_ups_displace_more(visits):
    base, waiting = a_truth(visits), a_truth(visits, lead=0.5)
    shift = 0.5 * ((DAYS[0] - AS_OF).days / 30 - 1)
    displaced = special.expit(special.logit(base.displacement[:2, 0]) + shift)
    assert waiting.additional(plan(visits, "A")) == pytest.approx((base.people[:2, 0] * (1 - displaced)).sum())


def test_an_office_hangs_on_its_truth_number_and_seed_alone(offices, world, truths):
    one = offices.make_office(world, truths["18"], 3, seed=5)
    offices.make_office(world, truths["2"], 0, seed=5)
    again = offices.make_office(world, truths["18"], 3, seed=5)
    pd.testing.assert_frame_equal(one.known.counts, again.known.counts)
    pd.testing.assert_frame_equal(one.answers, again.answers)
    other = offices.make_office(world, truths["18"], 3, seed=6)
    assert not one.known.counts["applicants"].equals(other.known.counts["applicants"])


def test_answers_are_true_but_for_what_people_overstate(offices, world, truths):
    shares = []
    for number in range(12):
        office = offices.make_office(world, truths["2"], number, seed=1)
        few, many = (office.dataset(n).applicants["would_have_come"] for n in (30, 200))
        assert (few.notna().sum(), many.notna().sum()) == (30, 200)
        assert few.dropna().equals(many[few.notna()])
        inside = world.areas["in_jurisdiction"].reindex(office.known.applicants["area_id"]).to_numpy()
        assert inside[many.notna()].all()
        sure = many[many.isin(["yes", "no"])]
        assert (many.dropna() == "unsure").mean() == pytest.approx(0.2, abs=0.12)
        shares.append(special.logit((sure == "yes").mean()))
    # .3 overstated by a shift of mean .2 and sd .4, beside sampling
    assert np.mean(shares) == pytest.approx(special.logit(0.3) + 0.2, abs=3 * 0.44 / np.sqrt(12))


@pytest.mark.parametrize(
    ("truth", "shows"),
    [
        ("10", lambda known, largest: largest == 60 and not known.events["sold_out"].any()),
        ("11", lambda known, largest: largest == 60 and known.events["sold_out"].any()),
        ("13", lambda known, largest: (known.events["placed_share"] < 0.9).any()),
        ("5", lambda known, largest: (known.events["status"] == "planned").sum() == 2),
        ("e6", lambda known, largest: (known.events["status"] == "held").sum() == 6),
    ],
)
def test_what_is_true_shows_in_what_the_office_knows(offices, world, truths, truth, shows):
    plain = offices.make_office(world, truths["2"], 1, seed=2).known
    known = offices.make_office(world, truths[truth], 1, seed=2).known
    assert shows(known, known.counts.groupby("event_id")["applicants"].sum().max())
    assert not shows(plain, plain.counts.groupby("event_id")["applicants"].sum().max())


def test_a_run_that_was_stopped_goes_on(study, tmp_path, monkeypatch):
    asked = []

    def quick(job):
        truth, number, answers, draws, seed = job
        asked.append((truth, number, answers))
        value = study.np.random.default_rng([seed, number, draws, *truth.encode()]).random()
        return [{"truth": truth, "number": number, "answers": each, "value": value} for each in answers]

    monkeypatch.setattr(study, "one_office", quick)
    run = {"offices": 2, "draws": 100, "seed": 1, "processes": 1}
    whole = study.resumed(tmp_path / "whole.jsonl", ["1", "2"], answers=(0, 30), **run)
    file = tmp_path / "stopped.jsonl"
    study.resumed(file, ["1"], answers=(0,), **run)
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([lines[0], lines[1][:20]]) + "\n", encoding="utf-8")
    asked.clear()
    assert study.resumed(file, ["1", "2"], answers=(0, 30), **run) == whole
    assert asked == [("1", 0, (30,)), ("2", 0, (0, 30)), ("1", 1, (0, 30)), ("2", 1, (0, 30))]
    asked.clear()
    study.resumed(file, ["1", "2"], answers=(0, 30), **run)
    assert asked == []
    stale = [json.dumps(json.loads(line) | {"code": "another"}) for line in file.read_text().splitlines()[:1]]
    file.write_text("\n".join(stale) + "\n", encoding="utf-8")
    study.resumed(file, ["1"], answers=(0,), **run)
    assert ("1", 0, (0,)) in asked


@pytest.mark.slow
@pytest.mark.parametrize("truth", ["2", "5", "18"])
def test_the_product_in_the_study_is_the_product(benchmark_module, offices, world, truths, truth):
    product = benchmark_module("regret_study.product")
    office = offices.make_office(world, truths[truth], 0, seed=3)
    made = product.forecasted(office, n_draws=300, rng=np.random.default_rng(8))
    advised = product.product_plan(office, made)
    whole = Study(office.dataset(0), internal=True, n_draws=300, rng=8)
    assert sorted(visit.site_id for visit in advised.visits) == sorted(whole.plan.sites)
    assert {visit.site_id: visit.day for visit in advised.visits} == dict(
        zip(whole.schedule.events["site_id"], whole.schedule.events["day"], strict=True)
    )
    assert (advised.low, advised.high) == (whole.plan.ci_low, whole.plan.ci_high)
    assert list(advised.eligible) == list(whole.ranking.by_site.index)


def test_the_page_counts_what_the_rows_say(benchmark_module):
    page = benchmark_module("regret_study.page")
    rules = {name: 40.0 for name in page.SIMPLE_RULES if name != "highest interest"}
    people = {**rules, page.PRODUCT: 60.0, page.TRUE_DISPLACEMENT: 80.0, page.SORTED_TRUE: 80.0}
    row = {"truth": "2", "number": 0, "answers": 0, "eligible": 20, "best": 100.0, "people": people, "tied": 4}
    row |= {"low": 50.0, "high": 70.0, "best_tied": True, "certified": True, "gate": "estimated", "impact": 0.3}
    other = row | {"number": 1, "eligible": 50, "low": 61.0, "best_tied": False, "people": people | {"product": 40.0}}
    text = page.tables([row, other, row | {"truth": "sample", "best": 1000.0}])
    assert "| **product** | 0.50 +- 0.10 | 50 |" in text
    assert "| same forecast, true displacement | 0.20 +- 0.00 | 80 | +0.30 +- 0.10 |" in text
    assert "holds its true value in 50%" in text
    assert "With more than 25 eligible places (median 50, 1 offices)" in text
    assert "| sample | 1 | 0.94 |" in text


def test_rules_choose_by_what_they_say(benchmark_module, offices, world, truths):
    policies = benchmark_module("regret_study.policies")
    office = offices.make_office(world, truths["2"], 0, seed=9)
    attended = policies._attendance(office)
    held = office.known.events[office.known.events["date"] > AS_OF - pd.DateOffset(years=1)]
    came = office.known.counts.groupby("event_id")["applicants"].sum()
    top = came.reindex(held.index).groupby(held["site_id"]).mean().idxmax()
    assert attended.idxmax() == top
    chosen = policies._visits(office, attended)
    assert [visit.day for visit in chosen] == list(office.days)
    assert chosen[0].site_id == top
