"""Schedules: an independent checker, all schedules of small cases enumerated, and every reason why none can be."""

from __future__ import annotations

import datetime as dt
import itertools
import math

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.decisions.plan_problem import PlanRequest
from outreach_analysis.decisions.planning import infeasible_plan, plan_popups
from outreach_analysis.decisions.schedule import ScheduleRules, possible_days, schedule_popups, team_minutes
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.settings import Settings

FAR = 300.0
KINDS = ("mall", "desa", "pesantren", "campus")


def places(kinds: dict[str, str]) -> pd.DataFrame:
    """Places of these kinds, each in an area of its own, and an office."""
    rows = {site: {"name": f"Place {site}", "kind": kind, "area_id": f"a{site}"} for site, kind in kinds.items()}
    rows["OFFICE"] = {"name": "Office", "kind": "office", "area_id": "base"}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("site_id")
    return frame.assign(opened=pd.NaT, closed=pd.NaT)


def plan_of(people: dict[str, float], visits: dict[str, int] | None = None):
    """A plan that visits these places: each has an area of its own with so many people."""
    visits = visits or {}
    required = [site for site in people for _ in range(visits.get(site, 1))]
    attendance = pd.DataFrame({"area_id": list(people), "site_id": list(people), "probability": 0.5})
    return plan_popups(
        pd.Series(people),
        attendance,
        request=PlanRequest(n_events=len(required), required=required, max_visits=max([1, *visits.values()])),
        rng=np.random.default_rng(0),
    )


def ways(minutes: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame({"area_id": "base", "site_id": list(minutes), "minutes": list(minutes.values())})


NO_WAYS = ways({})
SEASON = service_days("2026-12-01", "2027-01-25")


def faults(schedule, plan, sites, days, *, teams, gap, minutes, planned, blackout, settings) -> list[str]:
    """Every broken constraint, from the definitions alone."""
    found = []
    events = schedule.events
    if sorted(events["site_id"]) != sorted(plan.sites):
        found.append("other visits than the plan's")
    by_day = days.set_index("day")
    for event in events.itertuples():
        row = by_day.loc[event.day]
        kind = sites["kind"][event.site_id]
        if row["kind"] not in settings.allowed_day_kinds(kind) or row["kind"] != event.day_kind:
            found.append(f"{event.site_id}: a {row['kind']}")
        if row["blackout"] or event.day in {*blackout.get(kind, ()), *blackout.get(event.site_id, ())}:
            found.append(f"{event.site_id}: ruled out")
    busy = [
        (event.day, event.day + pd.Timedelta(days=int(minutes.get(event.site_id, 0) > settings.rest_after_minutes)))
        for event in events.itertuples()
    ]
    for first, second in itertools.combinations(zip(events["team"], busy, strict=True), 2):
        if first[0] == second[0] and first[1][0] <= second[1][1] and second[1][0] <= first[1][1]:
            found.append("a team in two places or not rested")
    if len(events) and not events["team"].between(1, teams).all():
        found.append("unknown team")
    for day in days["day"]:
        at_work = sum(a <= day <= b for a, b in busy) + sum(date == day for _, date in planned)
        if at_work > max(teams, sum(date == day for _, date in planned)):
            found.append("more events than teams")
    visits = [(e.site_id, e.day) for e in events.itertuples()] + planned
    for (site, day), (other, later) in itertools.combinations(visits, 2):
        if site == other and abs((later - day).days) < max(gap, 1):
            found.append(f"{site}: too soon again")
    return found


def enumerated(plan, sites, days, *, teams, gap, minutes, planned, blackout, settings) -> tuple[int, float] | None:
    """Fewest workdays and then least waiting over all assignments of days."""
    visits = list(plan.sites)
    options = possible_days(sites.loc[list(plan.by_site.index)], days, blackout=blackout, settings=settings)
    options["number"] = (options["day"] - pd.Timestamp(0)).dt.days
    fixed = [(site, (date - pd.Timestamp(0)).days) for site, date in planned]
    people = (plan.by_site["contribution"] / plan.by_site["visits"]).clip(lower=1).to_dict()
    rest = {site: int(minutes.get(site, 0) > settings.rest_after_minutes) for site in visits}
    usable = [
        [
            (number, kind == "workday")
            for number, kind in options.loc[options["site_id"] == site, ["number", "kind"]].itertuples(index=False)
            if all(s != site or abs(number - d) >= max(gap, 1) for s, d in fixed)
        ]
        for site in visits
    ]
    if not all(usable):
        return None
    first = min(number for rows in usable for number, _ in rows)
    best: list[tuple[int, float]] = []

    def crowded(spans) -> bool:
        every = spans + [(date, date) for _, date in fixed]
        return any(
            sum(a <= start <= b for a, b in every) > teams and any(a <= start <= b for a, b in spans)
            for start, _ in every
        )

    def place(spans, workdays, waiting) -> None:
        """Every way to give the remaining visits a day; a broken rule stays broken, so it ends the branch."""
        if best and (workdays, waiting) >= best[0]:
            return
        if len(spans) == len(visits):
            best[:] = [(workdays, waiting)]
            return
        site = visits[len(spans)]
        for number, workday in usable[len(spans)]:
            longer = [*spans, (number, number + rest[site])]
            near = any(s == site and abs(number - a) < max(gap, 1) for s, (a, _) in zip(visits, spans, strict=False))
            if not near and not crowded(longer):
                place(longer, workdays + workday, waiting + people[site] * (number - first))

    place([], 0, 0.0)
    return best[0] if best else None


def random_case(seed: int):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    kinds = {f"S{i}": str(rng.choice(KINDS)) for i in range(n)}
    sites = places(kinds)
    start = int(rng.integers(0, 40))
    days = SEASON.iloc[start : start + int(rng.integers(5, 9))]
    visits = {site: int(rng.integers(1, 3)) if rng.random() < 0.3 else 1 for site in kinds}
    plan = plan_of({site: float(rng.integers(5, 200)) for site in kinds}, visits)
    minutes = {site: FAR if rng.random() < 0.3 else 60.0 for site in kinds}
    planned = [(str(rng.choice(list(kinds))), days["day"].iloc[int(rng.integers(len(days)))])] if seed % 3 == 0 else []
    blackout = {str(rng.choice(list(kinds))): [days["day"].iloc[0]], "desa": [days["day"].iloc[-1]]}
    return (
        sites,
        days,
        plan,
        {
            "teams": int(rng.integers(1, 3)),
            "gap": int(rng.integers(0, 5)),
            "minutes": minutes,
            "planned": planned,
            "blackout": blackout,
            "settings": Settings(),
        },
    )


@pytest.mark.parametrize("block", [0, 1, *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 10))])
def test_random_schedules_break_no_constraint_and_equal_enumeration(block):
    for seed in range(20 * block, 20 * block + 20):
        sites, days, plan, case = random_case(seed)
        events = pd.DataFrame(case["planned"], columns=["site_id", "date"]).assign(status="planned")
        events["date"] = pd.to_datetime(events["date"])
        # A planned event far away would rest too; here they are near, so that the checker stays plain.
        near = {site: 60.0 for site, _ in case["planned"]}
        case["minutes"] = {**case["minutes"], **near}
        schedule = schedule_popups(
            plan,
            service_days=days,
            sites=sites,
            rules=ScheduleRules(
                teams=case["teams"],
                blackout=case["blackout"],
                min_gap_days=case["gap"],
                events=events,
                settings=case["settings"],
            ),
            costs=ways(case["minutes"]),
        )
        best = enumerated(plan, sites, days, **case)
        if best is None:
            assert schedule.status == "infeasible", seed
            assert schedule.conflicts, seed
            assert schedule.events.empty
        else:
            assert schedule.status == "optimal", (seed, schedule.conflicts)
            assert faults(schedule, plan, sites, days, **case) == [], seed
            assert schedule.workdays == best[0], seed
            assert schedule.waiting == pytest.approx(best[1]), seed


def schedule(plan, sites, days, **changes):
    of_call = {name: changes.pop(name) for name in ("costs", "fixed") if name in changes}
    rules = ScheduleRules(**{"min_gap_days": 0, "settings": Settings()} | changes)
    return schedule_popups(plan, service_days=days, sites=sites, rules=rules, **{"costs": NO_WAYS} | of_call)


def codes(result) -> list[str]:
    return [conflict.code for conflict in result.conflicts]


WEEK = service_days("2026-11-30", "2026-12-06")
"""Monday to Sunday, no holiday."""


def test_eight_events_on_six_free_days_are_named():
    sites = places({f"S{i}": "desa" for i in range(8)})
    plan = plan_of({f"S{i}": 50.0 for i in range(8)})
    result = schedule(plan, sites, WEEK.iloc[:6])
    assert codes(result) == ["too_few_days"]
    assert (result.conflicts[0].needed, result.conflicts[0].available) == (8, 6)
    assert "8 events need more team days than there are (6)" in result._repr_html_()
    assert schedule(plan, sites, WEEK.iloc[:6], teams=2).status == "optimal"


def test_malls_that_share_a_weekend_are_named_apart_from_the_rest():
    sites = places({"M1": "mall", "M2": "mall", "M3": "mall", "D": "desa"})
    result = schedule(plan_of({"M1": 9.0, "M2": 9.0, "M3": 9.0, "D": 9.0}), sites, WEEK)
    conflict = result.conflicts[0]
    assert (conflict.code, conflict.places) == ("too_few_days_for_places", ("M1", "M2", "M3"))
    assert (conflict.needed, conflict.available) == (3, 2)


def test_a_mall_has_no_day_from_monday_to_friday():
    result = schedule(plan_of({"M": 9.0, "D": 9.0}), places({"M": "mall", "D": "desa"}), WEEK.iloc[:5])
    assert [(c.code, c.places) for c in result.conflicts] == [("no_allowed_day", ("M",))]
    assert math.isnan(result.waiting)


def test_visits_that_do_not_fit_apart_are_named():
    plan = plan_of({"D": 90.0}, {"D": 3})
    result = schedule(plan, places({"D": "desa"}), WEEK, min_gap_days=4)
    assert [(c.code, c.needed, c.available) for c in result.conflicts] == [("too_few_days_for_visits", 3, 2)]
    assert schedule(plan, places({"D": "desa"}), WEEK, min_gap_days=3).status == "optimal"


def test_a_gap_counts_from_day_to_day_inclusive():
    plan = plan_of({"D": 90.0}, {"D": 2})
    result = schedule(plan, places({"D": "desa"}), WEEK, min_gap_days=6)
    assert (result.events["day"].diff().iloc[1]).days == 6
    assert codes(schedule(plan, places({"D": "desa"}), WEEK, min_gap_days=7)) == ["too_few_days_for_visits"]


def test_rest_after_a_far_journey_is_what_is_in_the_way():
    plan = plan_of({"A": 90.0, "B": 80.0})
    sites = places({"A": "mall", "B": "mall"})
    far = ways({"A": FAR, "B": FAR})
    result = schedule(plan, sites, WEEK, costs=far)
    assert [(c.code, c.places) for c in result.conflicts] == [("rest_after_travel", ("A", "B"))]
    assert schedule(plan, sites, WEEK, costs=far, settings=Settings(rest_days=0)).status == "optimal"


def test_exactly_the_rest_threshold_asks_for_no_rest():
    plan = plan_of({"A": 90.0, "B": 80.0})
    sites = places({"A": "mall", "B": "mall"})
    result = schedule(plan, sites, WEEK, costs=ways({"A": 240.0, "B": 240.0}))
    assert result.status == "optimal"
    assert result.events["rest_until"].isna().all()


def test_the_gap_is_what_is_in_the_way():
    plan = plan_of({"A": 90.0, "M": 80.0}, {"A": 2})
    sites = places({"A": "mall", "M": "mall"})
    days = service_days("2026-12-05", "2026-12-13")
    blackout = {"M": ["2026-12-05", "2026-12-06", "2026-12-12"], "A": ["2026-12-06"]}
    result = schedule(plan, sites, days, min_gap_days=8, blackout=blackout)
    assert codes(result) == ["min_gap_days"]


def test_a_workday_is_used_only_where_there_is_no_day_off():
    plan = plan_of({"D": 900.0, "E": 10.0, "F": 5.0})
    result = schedule(plan, places({"D": "desa", "E": "desa", "F": "desa"}), WEEK)
    assert result.workdays == 1
    by_site = result.events.set_index("site_id")
    assert by_site["day_kind"].to_dict() == {"D": "workday", "E": "weekend", "F": "weekend"}
    assert by_site["day_reason"]["E"] == "Sabtu"


def test_more_people_wait_less():
    result = schedule(plan_of({"A": 10.0, "B": 200.0}), places({"A": "mall", "B": "mall"}), WEEK)
    assert result.events["site_id"].tolist() == ["B", "A"]
    assert result.waiting == pytest.approx(1 * 5.0)


def test_lead_time_counts_from_as_of():
    settings = Settings(as_of=dt.date(2026, 11, 20), lead_days=14)
    plan = plan_of({"D": 9.0})
    days = service_days("2026-12-01", "2026-12-10")
    result = schedule(plan, places({"D": "desa"}), days, settings=settings, blackout=["2026-12-05", "2026-12-06"])
    assert result.events["day"].tolist() == [pd.Timestamp("2026-12-04")]


def test_planned_events_keep_the_team_and_the_distance():
    events = pd.DataFrame({"site_id": ["A"], "date": pd.to_datetime(["2026-12-05"]), "status": ["planned"]})
    result = schedule(plan_of({"A": 10.0}), places({"A": "mall"}), WEEK, events=events)
    assert result.events["day"].tolist() == [pd.Timestamp("2026-12-06")]
    assert codes(schedule(plan_of({"A": 10.0}), places({"A": "mall"}), WEEK, events=events, min_gap_days=2)) == [
        "no_allowed_day"
    ]


def test_a_place_is_not_visited_before_it_opens_nor_when_it_is_closed():
    sites = places({"D": "desa"})
    sites.loc["D", "opened"] = pd.Timestamp("2026-12-02")
    sites.loc["D", "closed"] = pd.Timestamp("2026-12-03")
    result = schedule(plan_of({"D": 10.0}), sites, WEEK)
    assert result.events["day"].tolist() == [pd.Timestamp("2026-12-02")]


def test_an_infeasible_plan_gives_its_own_reason():
    attendance = pd.DataFrame({"area_id": ["a"], "site_id": ["S"], "probability": [0.5]})
    plan = plan_popups(
        pd.Series({"a": 1.0}),
        attendance,
        request=PlanRequest(n_events=1, required=["S"], forbidden=["S"]),
        rng=np.random.default_rng(0),
    )
    result = schedule(plan, places({"S": "desa"}), WEEK)
    assert (result.status, codes(result)) == ("infeasible", ["required_and_forbidden", "too_few_places"])
    assert plan.curve.index.name == "events"


@pytest.mark.parametrize("plan", [plan_of({"S": 3.0}), infeasible_plan(PlanRequest(n_events=1), [])])
def test_without_a_schedule_the_columns_keep_their_types(plan):
    sites = places({"S": "desa"})
    kinds = schedule(plan_of({"S": 3.0}), sites, WEEK).events.dtypes
    found = schedule(plan, sites, WEEK.iloc[:0])
    assert (found.status, len(found.events)) == ("infeasible", 0)
    assert found.events["day"].dt.day_name().empty
    assert found.events[["people", "minutes", "team"]].dtypes.equals(kinds[["people", "minutes", "team"]])


def test_row_order_changes_nothing():
    people = {"A": 30.0, "B": 30.0, "C": 10.0}
    sites = places({"A": "mall", "B": "mall", "C": "desa"})
    first = schedule(plan_of(people), sites, WEEK).events
    second = schedule(plan_of(dict(reversed(people.items()))), sites.iloc[::-1], WEEK.iloc[::-1]).events
    pd.testing.assert_frame_equal(first, second)


def test_the_nearest_office_is_where_the_team_starts():
    sites = places({"D": "desa"})
    sites.loc["OFFICE2"] = {"name": "Second", "kind": "office", "area_id": "other", "opened": pd.NaT, "closed": pd.NaT}
    costs = pd.DataFrame({"area_id": ["base", "other", "far"], "site_id": "D", "minutes": [90.0, 30.0, 5.0]})
    assert team_minutes(sites, costs).to_dict() == {"D": 30.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"teams": 0}, "teams 0 is below 1"),
        ({"min_gap_days": -1}, "min_gap_days -1 is below 0"),
    ],
)
def test_impossible_arguments_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        schedule(plan_of({"D": 9.0}), places({"D": "desa"}), WEEK, **changes)


def test_a_place_that_is_not_in_sites_is_named():
    with pytest.raises(ValueError, match="not in sites: X"):
        schedule(plan_of({"X": 9.0}), places({"D": "desa"}), WEEK)


def test_summary_tells_the_cost_of_the_days():
    result = schedule(plan_of({"A": 10.0, "B": 200.0}), places({"A": "mall", "B": "mall"}), WEEK)
    assert result.summary()["estimate"].to_dict() == {"events": 2, "on workdays": 0, "waiting": 5.0}
    assert "Sabtu" in result._repr_html_()


def test_a_promised_day_is_kept_and_the_others_go_around_it():
    sites = places({"MALL": "mall", "DESA": "desa"})
    plan = plan_of({"MALL": 90.0, "DESA": 10.0})
    days = service_days("2026-12-05", "2026-12-13")
    free = schedule(plan, sites, days).events.set_index("site_id")["day"]
    assert free.dt.strftime("%d").to_dict() == {"MALL": "05", "DESA": "06"}
    kept = schedule(plan, sites, days, fixed={"DESA": "2026-12-05"}).events.set_index("site_id")["day"]
    assert kept.dt.strftime("%d").to_dict() == {"DESA": "05", "MALL": "06"}


def test_a_promised_day_that_cannot_be_is_named():
    plan, sites = plan_of({"MALL": 9.0}), places({"MALL": "mall"})
    result = schedule(plan, sites, service_days("2026-12-05", "2026-12-13"), fixed={"MALL": "2026-12-07"})
    assert codes(result) == ["no_allowed_day"]
    twice = plan_of({"MALL": 9.0}, {"MALL": 2})
    with pytest.raises(ValueError, match="visited more than once: MALL"):
        schedule(twice, sites, service_days("2026-12-05", "2026-12-13"), fixed={"MALL": "2026-12-05"})
