"""The plan in the whole chain: the ranking's leader, the period, the weights, and requests that cannot be."""

import dataclasses
import datetime as dt

import pandas as pd
import pytest

from outreach_analysis.plan_study import PlanOptions, unknown_place

WEIGHTS = [
    {},
    {"weight_worst_served": 5.0},
    {"weight_travel_hour": 2.0},
    {"weight_million_rupiah": 3.0, "weight_worst_served": 2.0},
]


@pytest.mark.parametrize("weights", WEIGHTS, ids=str)
def test_a_plan_of_one_is_the_leader_of_the_ranking(plan_again, planned, weights):
    ranking, published = plan_again(options=PlanOptions(n_events=1), **weights)
    assert published.plan.sites == (ranking.leader,)
    worth = planned.incremental.increments(weights=published.basis.weights)
    assert published.plan.objective == pytest.approx(worth[ranking.leader])
    leader = ranking.by_site.loc[ranking.leader]
    assert published.plan.expected_reach == pytest.approx(leader["increment"])
    assert (published.plan.ci_low, published.plan.ci_high) == pytest.approx((leader["ci_low"], leader["ci_high"]))


def test_weights_change_the_order_and_not_the_people(plan_again, planned):
    weighed, published = plan_again(weight_million_rupiah=50.0)  # the leader's visit costs 2.5 million
    assert weighed.leader != planned.ranking.leader
    assert published.basis.weights is not None
    assert planned.planning.basis.weights is None
    order = planned.ranking.by_site.index
    assert weighed.by_site["increment"].reindex(order).tolist() == pytest.approx(
        planned.ranking.by_site["increment"].tolist()
    )


def test_what_the_settings_ask_for_is_planned(planned):
    published = planned.planning
    assert len(published.plan.sites) == planned.settings.plan_events == 3
    assert published.start == dt.date(2026, 12, 6)
    assert published.end == dt.date(2027, 2, 22)
    assert published.schedule.status == "optimal"
    assert published.schedule.events["day"].between("2026-12-06", "2027-02-22").all()
    assert published.plan.scheduled == ("SEBULU",)
    assert set(planned.ranking.excluded.index) <= set(published.plan.forbidden)
    assert not set(published.plan.sites) & set(planned.ranking.excluded.index)


def test_the_curve_goes_beyond_the_plan_and_begins_as_it_does(planned):
    plan, longer = planned.planning.plan, planned.planning.longer
    assert len(longer.curve) == 6
    pd.testing.assert_series_equal(longer.curve["expected_reach"].head(3), plan.curve["expected_reach"])


def test_plans_to_try_out_are_the_same_however_often_they_are_made(planned):
    published = planned.planning
    once, again = (dataclasses.replace(published).scenarios for _ in range(2))
    pd.testing.assert_frame_equal(once.plans, again.plans)
    pd.testing.assert_frame_equal(once.plans, planned.planning.scenarios.plans)
    assert planned.planning.scenarios is planned.planning.scenarios


def test_fairness_and_equity_are_about_the_same_plan(planned):
    published = planned.planning
    first = published.fairness.plans.iloc[0]
    assert first["expected_reach"] == pytest.approx(published.plan.expected_reach)
    assert published.equity.by_need["reached"].sum() == pytest.approx(published.plan.expected_reach)
    assert published.equity.by_need.loc[5, "reached"] == pytest.approx(first["reach_worst"])
    assert published.fairness.worst == tuple(published.basis.worst)


def test_more_events_than_free_days_are_named(plan_again):
    short = PlanOptions(n_events=4, start=dt.date(2026, 12, 7), end=dt.date(2026, 12, 9))
    published = plan_again(options=short)[1]
    assert published.schedule.status == "infeasible"
    assert [str(conflict) for conflict in published.schedule.conflicts] == [
        "4 events need more team days than there are (3)"
    ]


def test_malls_without_a_day_are_not_planned_and_named_where_places_run_out(plan_again):
    workdays = {"start": dt.date(2026, 12, 7), "end": dt.date(2026, 12, 11)}
    published = plan_again(options=PlanOptions(n_events=2, **workdays))[1]
    assert set(published.without_day) == {"MALL", "BONTANG"}
    assert not set(published.plan.sites) & {"MALL", "BONTANG"}
    too_many = plan_again(options=PlanOptions(n_events=5, **workdays))[1]
    assert [conflict.code for conflict in too_many.plan.conflicts] == ["too_few_places", "no_allowed_day"]
    assert too_many.plan.conflicts == too_many.schedule.conflicts
    assert too_many.equity is None
    required = plan_again(options=PlanOptions(n_events=2, required=("MALL",), **workdays))[1]
    assert required.plan.sites
    assert [str(conflict) for conflict in required.schedule.conflicts] == ["no free day of an allowed kind: MALL"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (PlanOptions(required=("MALL",), forbidden=("MALL",)), "required_and_forbidden"),
        (PlanOptions(required=("TGR",)), "required_and_forbidden"),  # visited five weeks ago
        (PlanOptions(required=("MALL", "MALL")), "required_too_often"),
        (PlanOptions(n_events=1, required=("MALL", "MELAK")), "more_required_than_events"),
        (PlanOptions(n_events=99), "too_few_places"),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_met_is_named(plan_again, options, code):
    plan = plan_again(options=options)[1].plan
    assert plan.status == "infeasible"
    assert code in [conflict.code for conflict in plan.conflicts]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (PlanOptions(required=("MALLL",)), "no place has the id MALLL; did you mean MALL"),
        (PlanOptions(forbidden=("KANIM",)), "KANIM .* is a fixed service point"),
        (PlanOptions(start=dt.date(2027, 1, 2), end=dt.date(2027, 1, 1)), "ends .* before it begins"),
        (PlanOptions(end=dt.date(2026, 12, 1)), "the earliest day is 2026-12-06, 14 days ahead"),
    ],
    ids=str,
)
def test_a_request_that_makes_no_sense_is_refused(plan_again, options, message):
    with pytest.raises(ValueError, match=message):
        plan_again(options=options)


def test_a_name_in_place_of_an_id_is_recognised(planned):
    said = unknown_place("Mal Contoh", ["MALL"], planned.sites)
    assert str(said) == "no place has the id Mal Contoh; did you mean MALL (Mal Contoh)?"
    assert str(unknown_place("zzz", ["MALL"], planned.sites)) == "no place has the id zzz"


def test_the_same_seed_gives_the_same_plan(plan_again, planned):
    _, first = plan_again()
    _, second = plan_again()
    for one, other in ((first.plan.by_site, second.plan.by_site), (first.fairness.plans, second.fairness.plans)):
        pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(first.sensitivity.by_site, second.sensitivity.by_site)
    pd.testing.assert_frame_equal(first.plan.by_site, planned.planning.plan.by_site)


def test_the_recommended_place_keeps_its_proposed_day(planned):
    published, ranking = planned.planning, planned.ranking
    assert ranking.recommended in published.plan.sites
    day = published.schedule.events.set_index("site_id")["day"][ranking.recommended]
    assert day == ranking.by_site["next_day"][ranking.recommended]


def test_it_keeps_its_day_beside_a_place_of_more_people_that_wants_the_same(plan_again):
    """Nobody waits longer than need be, so that the mall would come first; but the other's day was proposed."""
    ranking, published = plan_again(options=PlanOptions(n_events=2, required=("MALL",)), weight_million_rupiah=50.0)
    events = published.schedule.events.set_index("site_id")
    assert ranking.recommended in events.index
    assert ranking.recommended != "MALL"
    assert events["people"]["MALL"] > events["people"][ranking.recommended]
    proposed = ranking.by_site["next_day"]
    assert proposed["MALL"] == proposed[ranking.recommended] == events["day"][ranking.recommended]


def test_where_that_does_not_fit_the_others_come_first(plan_again):
    ranking, free = plan_again(options=PlanOptions(start=dt.date(2027, 1, 4)))
    assert free.schedule.status == "optimal"
    assert ranking.by_site["next_day"][ranking.recommended] < pd.Timestamp(2027, 1, 4)


def test_hypotheses_start_from_the_plan_and_leave_it_as_it_was(planned):
    before = planned.planning.plan.sites, planned.incremental.account.copy()
    found = planned.hypotheses
    assert found.plans["sites"]["learned"] == planned.planning.plan.sites == before[0]
    assert found.plans["estimate"]["learned"] == pytest.approx(planned.planning.plan.expected_reach, rel=1e-5)
    pd.testing.assert_frame_equal(planned.incremental.account, before[1])
    # no office figures: what follows the office's share is no hypothesis
    assert found.plans.index.tolist() == ["learned", "one_share", "falling"]
    assert found.n_answers == 0
    assert set(found.facts["kind"]) == {"answers_at_popup", "impact"}
