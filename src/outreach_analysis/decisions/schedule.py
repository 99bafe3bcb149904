"""A day and a team for every visit: free days, rules, conflicts, and an exact search."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.plan_problem import Conflict, PlanResult, conflicts_html
from outreach_analysis.event_kinds import event_dates
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.geography.service_days import free_days_by_place
from outreach_analysis.settings import Settings
from outreach_analysis.shown import Shown

# --- Which days each place could have: of an allowed kind, not ruled out, open, far enough from others, or promised.


Day = dt.date | pd.Timestamp | str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWindow:
    """The days on which a place may be served, both ends inclusive, and the one that is wished, if any."""

    first: dt.date
    last: dt.date
    wished: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day <= self.last

    def overlap(self, other: DayWindow) -> DayWindow | None:
        """The days of both, around the wish of this one where they hold it; None where there are none."""
        first, last = max(self.first, other.first), min(self.last, other.last)
        wish = next((day for day in (self.wished, other.wished) if day is not None and first <= day <= last), None)
        return DayWindow(first=first, last=last, wished=wish) if first <= last else None


def days_outside(windows: Mapping[str, DayWindow], days: Iterable[pd.Timestamp]) -> dict[str, list[Day]]:
    """The days that each window leaves out, as `blackout` takes them."""
    every = list(days)
    return {site: [day for day in every if not window.holds(day.date())] for site, window in windows.items()}


def possible_days(
    places: pd.DataFrame,
    service_days: pd.DataFrame,
    *,
    blackout: Iterable[Day] | Mapping[str, Iterable[Day]] = (),
    settings: Settings,
) -> pd.DataFrame:
    """Days on which each place could be visited, whoever is free."""
    ahead = service_days.sort_values("day", kind="stable")
    if settings.as_of is not None:
        ahead = ahead[ahead["day"] >= pd.Timestamp(settings.as_of) + pd.Timedelta(days=settings.lead_days)]
    by_place = blackout if isinstance(blackout, Mapping) else {}
    everywhere = [] if isinstance(blackout, Mapping) else list(blackout)
    return free_days_by_place(ahead, places, settings=settings, taken=everywhere, taken_by=by_place)


def far_enough(days: pd.DataFrame, events: pd.DataFrame | None, min_gap_days: int) -> pd.DataFrame:
    """Without the days too near to a planned or held event at the same place."""
    if events is None or days.empty:
        return days
    others = event_dates(events[events["status"].isin(["planned", "held"])])[["site_id", "date"]]
    pairs = days.reset_index()[["index", "site_id", "day"]].merge(others, on="site_id", how="inner")
    apart = (pairs["day"] - pairs["date"]).abs().dt.days
    near = pairs.loc[apart < max(min_gap_days, 1), "index"]
    kept: pd.DataFrame = days.loc[~days.index.isin(near)]
    return kept.reset_index(drop=True)


# --- Days and teams as an integer programme: one variable for each place and day it could have.


Ints = npt.NDArray[np.int64]
ScheduleStatus = Literal["optimal", "infeasible"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayProblem:
    """Give every visit one of its place's days; days are whole numbers."""

    site_ids: tuple[str, ...]
    visits: Ints
    people: npt.NDArray[np.float64]
    rest: Ints
    option_place: Ints
    option_day: Ints
    option_workday: npt.NDArray[np.bool_]
    occupied: Ints
    teams: int
    min_gap_days: int

    def free_teams(self, days: Ints) -> Ints:
        """Teams that announced events leave free on each day."""
        if not len(self.occupied):
            return np.full(len(days), self.teams, dtype=np.int64)
        busy = (self.occupied[:, 0] <= days[:, None]) & (days[:, None] <= self.occupied[:, 1])
        return np.asarray(np.maximum(self.teams - busy.sum(axis=1), 0), dtype=np.int64)

    def waiting(self, chosen: Ints | None) -> float:
        """People-days from the first day on which any event could stand."""
        if chosen is None:
            return math.nan
        if not len(chosen):
            return 0.0
        days = self.option_day[chosen] - self.option_day.min()
        return float(self.people[self.option_place[chosen]] @ days)

    def team_of(self, chosen: Ints) -> Ints:
        """A team for each chosen option: by day, the first one that is back; enough, as no day has too many."""
        first = self.option_day[chosen]
        last = first + self.rest[self.option_place[chosen]]
        spans = [(int(a), int(b), -1) for a, b in self.occupied]
        spans += [(int(a), int(b), number) for number, (a, b) in enumerate(zip(first, last, strict=True))]
        back: dict[int, int] = {}
        teams = np.zeros(len(chosen), dtype=np.int64)
        for start, end, number in sorted(spans):
            team = next(team for team in range(1, len(spans) + 1) if back.get(team, start - 1) < start)
            back[team] = end
            if number >= 0:
                teams[number] = team
        return teams


def day_numbers(days: pd.Series) -> Ints:
    """Days as whole numbers."""
    return pd.to_datetime(days).to_numpy("datetime64[D]").astype(np.int64)


def solve_days(problem: DayProblem, *, with_rest: bool = True, with_gap: bool = True) -> Ints | None:
    """The best options, one for each visit, or None where there are none. First as few workdays as can be, then least
    waiting. Without rest or gap for finding out what is in the way."""
    n_options, n_places = len(problem.option_place), len(problem.site_ids)
    if n_places == 0:
        return np.zeros(0, dtype=np.int64)
    if n_options == 0:
        return None
    weight = problem.people[problem.option_place] / problem.people.mean()
    wait = weight * (problem.option_day - problem.option_day.min())
    workday_cost = 1 + float((problem.visits * problem.people).sum() / problem.people.mean()) * float(
        np.ptp(problem.option_day)
    )
    constraints = [_each_place(problem), _each_day(problem, with_rest=with_rest)]
    if with_gap:
        constraints += _gaps(problem)
    solved = milp(
        wait + workday_cost * problem.option_workday,
        integrality=np.ones(n_options),
        bounds=Bounds(0, 1),
        constraints=constraints,
        options={"mip_rel_gap": 0.0},
    )
    return None if solved.x is None else np.flatnonzero(np.rint(solved.x)).astype(np.int64)


def _each_place(problem: DayProblem) -> LinearConstraint:
    rows = problem.option_place
    matrix = _indicator(rows, np.arange(len(rows)), (len(problem.site_ids), len(rows)))
    return LinearConstraint(matrix, problem.visits, problem.visits)


def _each_day(problem: DayProblem, *, with_rest: bool) -> LinearConstraint:
    """No more events and rests on a day than teams are free: that suffices, intervals can always be shared out."""
    rest = problem.rest[problem.option_place] if with_rest else np.zeros(len(problem.option_place), dtype=np.int64)
    days = np.unique(np.concatenate([problem.option_day, problem.occupied[:, 0]]))
    busy = (problem.option_day <= days[:, None]) & (days[:, None] <= problem.option_day + rest)
    rows, columns = np.nonzero(busy)
    return LinearConstraint(_indicator(rows, columns, busy.shape), -np.inf, problem.free_teams(days))


def _gaps(problem: DayProblem) -> list[LinearConstraint]:
    """In no stretch of min_gap_days days two visits to one place."""
    constraints = []
    for place in np.flatnonzero(problem.visits > 1):
        options = np.flatnonzero(problem.option_place == place)
        days = problem.option_day[options]
        within = (days >= days[:, None]) & (days < days[:, None] + problem.min_gap_days)
        rows, columns = np.nonzero(within)
        matrix = _indicator(rows, options[columns], (len(options), len(problem.option_place)))
        constraints.append(LinearConstraint(matrix, -np.inf, 1))
    return constraints


def _indicator(rows: Ints, columns: Ints, shape: tuple[int, ...]) -> sparse.csr_array:
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


# --- Why no schedule can be: the first constraint that is in the way, with places and counts.


def explain(problem: DayProblem) -> tuple[Conflict, ...]:
    """The constraints that make a day problem infeasible, from the plainest to the most entangled."""
    return _without_days(problem) or _without_gaps(problem) or _too_few_days(problem) or (_entangled(problem),)


def _without_days(problem: DayProblem) -> tuple[Conflict, ...]:
    none = [site for number, site in enumerate(problem.site_ids) if number not in set(problem.option_place.tolist())]
    return (Conflict(code="no_allowed_day", places=tuple(none)),) if none else ()


def _without_gaps(problem: DayProblem) -> tuple[Conflict, ...]:
    found = []
    for place, site in enumerate(problem.site_ids):
        fit = _most_visits(np.sort(problem.option_day[problem.option_place == place]), problem.min_gap_days)
        if fit < problem.visits[place]:
            needed = int(problem.visits[place])
            found.append(Conflict(code="too_few_days_for_visits", places=(site,), needed=needed, available=fit))
    return tuple(found)


def _most_visits(days: Ints, gap: int) -> int:
    """Most visits on some of these days, at least `gap` (and 1) days apart: always take the earliest."""
    count, last = 0, None
    for day in days:
        if last is None or day - last >= max(gap, 1):
            count, last = count + 1, int(day)
    return count


def _too_few_days(problem: DayProblem) -> tuple[Conflict, ...]:
    """Places that together need more team days than their days offer, by a minimum cut."""
    n_places = len(problem.site_ids)
    days, day_of = np.unique(problem.option_day, return_inverse=True)
    free = problem.free_teams(days)
    source, sink = 0, 1 + n_places + len(days)
    tails = np.concatenate([np.zeros(n_places, int), 1 + problem.option_place, 1 + n_places + np.arange(len(days))])
    heads = np.concatenate([1 + np.arange(n_places), 1 + n_places + day_of, np.full(len(days), sink)])
    room = np.concatenate([problem.visits, np.ones(len(day_of), int), free]).astype(np.int32)
    graph = sparse.csr_array((room, (tails, heads)), shape=(sink + 1, sink + 1))
    flow = maximum_flow(graph, source, sink)
    if flow.flow_value == problem.visits.sum():
        return ()
    residual = sparse.csr_array(graph - flow.flow)
    residual.eliminate_zeros()
    reached = breadth_first_order(residual, source, return_predecessors=False)
    short = np.sort(reached[(reached >= 1) & (reached <= n_places)]) - 1
    needed = int(problem.visits[short].sum())
    available = needed - int(problem.visits.sum() - flow.flow_value)
    if len(short) == n_places:
        return (Conflict(code="too_few_days", needed=needed, available=available),)
    places = tuple(problem.site_ids[place] for place in short)
    return (Conflict(code="too_few_days_for_places", places=places, needed=needed, available=available),)


def _entangled(problem: DayProblem) -> Conflict:
    """Which rule has to give way, where counting alone does not tell."""
    far = tuple(site for site, rest in zip(problem.site_ids, problem.rest, strict=True) if rest > 0)
    again = tuple(site for site, visits in zip(problem.site_ids, problem.visits, strict=True) if visits > 1)
    if far and solve_days(problem, with_rest=False) is not None:
        return Conflict(code="rest_after_travel", places=far)
    if again and solve_days(problem, with_gap=False) is not None:
        return Conflict(code="min_gap_days", places=again)
    return Conflict(code="days_together", places=problem.site_ids)


# --- On which days: every event of a plan on a day that suits its place, no team in two places, rest after far trips.


EVENT_COLUMNS = ("day", "team", "site_id", "name", "kind", "day_kind", "day_reason", "estimated",
                 "people", "minutes", "rest_until")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ScheduleResult(Shown):
    """A day and a team for every event of a plan.

    Attributes
    ----------
    events
        One row a new event, by day: `day`, `team` (1, 2, ...), `site_id`, `name`, `kind` (of the place), `day_kind`,
        `day_reason` (name of the holiday, 'Sabtu' or 'Minggu'; '' on workdays), `estimated` (the holiday is not
        declared yet), `people` (the place's contribution to the plan, shared by its visits), `minutes` (the team's way
        there; NaN where unknown), `rest_until` (last day of rest after it; NaT without rest).
    status
        `optimal` (proven), `infeasible` (`conflicts` name why).
    workdays
        Events on workdays: as few as the constraints allow.
    waiting
        People-days: sum over the events of `people` (at least 1 each) x days from the first day on which any event
        could stand; the least among such schedules. NaN without a schedule.
    teams, min_gap_days, settings
        What was asked for.
    days
        Columns `site_id, day, kind, reason, estimated`: the days each place could have had.
    """

    main = "events"

    events: pd.DataFrame
    status: ScheduleStatus
    conflicts: tuple[Conflict, ...]
    workdays: int
    waiting: float
    teams: int
    min_gap_days: int
    days: pd.DataFrame
    settings: Settings

    def _repr_html_(self) -> str:
        return conflicts_html(self.conflicts) if self.conflicts else Shown._repr_html_(self)

    def summary(self) -> pd.DataFrame:
        """First and last day, workdays and waiting: `estimate, ci_low, ci_high, unit`."""
        rows = {
            "events": (len(self.events), "events"),
            "on workdays": (self.workdays, "events"),
            "waiting": (self.waiting, "people-days"),
        }
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "unit"])
        return frame.assign(ci_low=np.nan, ci_high=np.nan)[["estimate", "ci_low", "ci_high", "unit"]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScheduleRules:
    """What every schedule keeps to.

    Attributes
    ----------
    teams
        At least 1.
    blackout
        Further days without events: everywhere, or a mapping from `site_id` or kind of place to days.
    min_gap_days
        Least number of days between two visits to one place, >= 0.
    events
        Planned ones keep a team busy (rest included); planned and held ones count for `min_gap_days`.
    settings
        Day kinds, blackout days, lead time and rest.
    wished
        A day by `site_id` that somebody asked for: at that place any other day weighs as a workday does.
    """

    min_gap_days: int
    settings: Settings
    teams: int = 1
    blackout: Iterable[Day] | Mapping[str, Iterable[Day]] = ()
    events: pd.DataFrame | None = None
    wished: Mapping[str, Day] = field(default_factory=dict)

    def unwelcome(self, days: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Days to be avoided: workdays, and where a day is wished all others."""
        wish = days["site_id"].map({site: pd.Timestamp(day) for site, day in self.wished.items()})
        return np.asarray(np.where(wish.isna(), days["kind"] == "workday", wish != days["day"]), dtype=bool)

    def __post_init__(self) -> None:
        for name, number, least in (("teams", self.teams, 1), ("min_gap_days", self.min_gap_days, 0)):
            if number < least:
                raise RequestError.in_words("{name} {n} is below {least}", name=name, n=number, least=least)


def schedule_popups(
    plan: PlanResult,
    *,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    service_days: pd.DataFrame,
    rules: ScheduleRules,
    fixed: Mapping[str, Day] = MappingProxyType({}),
    people: pd.Series | None = None,
) -> ScheduleResult:
    """Give every event of a plan a day and a team.

    An event stands on a day of a kind that is allowed for its kind of place, not ruled out in the settings, in
    `blackout` or by its place's opening, at least `settings.lead_days` after as_of (where as_of is set). A team
    holds one event a day. After an event whose way there takes MORE than `settings.rest_after_minutes` its team
    rests `settings.rest_days` days. Visits to one place lie at least `min_gap_days` apart (a gap of 7: the same
    weekday a week later is allowed). Among all such schedules: fewest events on workdays, then least waiting
    (people x days from the first day on which any event could stand), exactly, by HiGHS.

    Parameters
    ----------
    plan
        From `plan_popups`; its visits and their contributions.
    sites, costs, service_days
        As in the data contract; days from `geography.service_days.service_days`. The team starts in the area of the
        nearest site of kind 'office'; a way that is not known asks for no rest.
    rules
        Teams, gaps, days without events, settings.
    fixed
        Days promised already, by `site_id`, for places with one visit: no other day is thought of for them.
    people
        By `site_id`, how many wait for a visit; None: its contribution to the plan.

    Returns
    -------
    ScheduleResult
        Status `infeasible` with the conflicts named where no schedule meets all constraints; those of the plan where
        that is infeasible.

    Raises
    ------
    RequestError
        Where a place of the plan is not in `sites`, or a fixed place is visited more than once.

    Examples
    --------
    >>> from outreach_analysis.decisions.plan_problem import PlanRequest
    >>> from outreach_analysis.decisions.planning import plan_popups
    >>> from outreach_analysis.geography.service_days import service_days
    >>> pool = pd.Series({"a": 100.0, "b": 80.0})
    >>> attendance = pd.DataFrame({"area_id": ["a", "b"], "site_id": ["MALL", "DESA"], "probability": [0.5, 0.4]})
    >>> plan = plan_popups(pool, attendance, request=PlanRequest(n_events=2), rng=np.random.default_rng(0))
    >>> sites = pd.DataFrame({"name": ["Mall", "Hall"], "kind": ["mall", "desa"], "area_id": ["a", "b"],
    ...                       "opened": pd.NaT, "closed": pd.NaT}, index=pd.Index(["MALL", "DESA"], name="site_id"))
    >>> costs = pd.DataFrame({"area_id": [], "site_id": [], "minutes": []})
    >>> rules, days = ScheduleRules(min_gap_days=30, settings=Settings()), service_days("2026-12-01", "2026-12-06")
    >>> schedule = schedule_popups(plan, service_days=days, sites=sites, costs=costs, rules=rules)
    >>> schedule.events[["day", "site_id", "day_reason"]].astype(str).values.tolist()
    [['2026-12-05', 'MALL', 'Sabtu'], ['2026-12-06', 'DESA', 'Minggu']]
    """
    visits = plan.by_site["visits"]
    own = plan.by_site["contribution"] / visits
    unknown = visits.index[~visits.index.isin(sites.index)]
    if len(unknown):
        raise RequestError(f"places of the plan that are not in sites: {', '.join(unknown)}")
    several = [site for site in fixed if visits.get(site, 1) > 1]
    if several:
        raise RequestError(f"a day is fixed for places that are visited more than once: {', '.join(several)}")
    places = sites.loc[list(visits.index)].assign(people=own).sort_index()
    minutes = team_minutes(sites, costs)
    solver = DaySolver(places, own if people is None else people, minutes, service_days, rules=rules)
    problem, rows = solver.problem(visits, fixed)
    days = solver.possible.iloc[rows].reset_index(drop=True)
    chosen = None if plan.status == "infeasible" else solve_days(problem)
    table = _events(problem, chosen, places, days, minutes)
    return ScheduleResult(
        events=table,
        status="infeasible" if chosen is None else "optimal",
        conflicts=() if chosen is not None else plan.conflicts or explain(problem),
        workdays=int((table["day_kind"] == "workday").sum()),
        waiting=problem.waiting(chosen),
        teams=rules.teams,
        min_gap_days=rules.min_gap_days,
        days=days,
        settings=rules.settings,
    )


class DaySolver:
    """Days for many sets of visits to the same places, under the rules of `schedule_popups`."""

    def __init__(
        self,
        sites: pd.DataFrame,
        people: pd.Series,
        minutes: pd.Series,
        service_days: pd.DataFrame,
        *,
        rules: ScheduleRules,
    ) -> None:
        places, settings = sites.sort_index(), rules.settings
        days = possible_days(places, service_days, blackout=rules.blackout, settings=settings)
        self.possible = far_enough(days, rules.events, rules.min_gap_days)
        self._moment = self.possible["day"].to_numpy("datetime64[ns]")
        self._number = day_numbers(self.possible["day"])
        self._workday = rules.unwelcome(self.possible)
        self._rows = {str(site): np.asarray(rows) for site, rows in self.possible.groupby("site_id").indices.items()}
        self._rest = dict(zip(places.index.astype(str), rest_days(places.index, minutes, settings), strict=True))
        self._people = people
        self._occupied = _occupied(rules.events, minutes, settings)
        self._rules = rules

    def problem(self, visits: Mapping[str, int] | pd.Series, fixed: Mapping[str, Day]) -> tuple[DayProblem, Ints]:
        """The days among which visits choose, and their rows in `possible`; of a place whose day is fixed only that."""
        names = sorted(visits.keys())
        rows = [self._rows.get(site, np.zeros(0, dtype=np.int64)) for site in names]
        for number, site in enumerate(names):
            if site in fixed:
                day = np.datetime64(pd.Timestamp(fixed[site]), "ns")
                rows[number] = rows[number][self._moment[rows[number]] == day]
        owner = np.repeat(np.arange(len(names)), [len(each) for each in rows])
        every = np.concatenate([np.zeros(0, dtype=np.int64), *rows])
        problem = DayProblem(
            site_ids=tuple(names),
            visits=np.array([visits[site] for site in names], dtype=np.int64),
            people=np.maximum(self._people.reindex(names).to_numpy(float), 1.0),
            rest=np.array([self._rest[site] for site in names], dtype=np.int64),
            option_place=owner.astype(np.int64),
            option_day=self._number[every],
            option_workday=self._workday[every],
            occupied=self._occupied,
            teams=self._rules.teams,
            min_gap_days=self._rules.min_gap_days,
        )
        return problem, every

    def days(self, visits: Mapping[str, int], fixed: Mapping[str, Day]) -> tuple[tuple[str, pd.Timestamp], ...] | None:
        """Places with their days, by day; None where no days meet all constraints. Single visits may be fixed."""
        if any(site not in self._rows for site in visits):
            return None
        problem, rows = self.problem(visits, fixed)
        chosen = solve_days(problem)
        if chosen is None:
            return None
        found = sorted((self._moment[rows[at]], problem.site_ids[problem.option_place[at]]) for at in chosen)
        return tuple((site, pd.Timestamp(day)) for day, site in found)


def team_minutes(sites: pd.DataFrame, costs: pd.DataFrame) -> pd.Series:
    """Minutes of the team's way to each place, from the area of the nearest site of kind 'office'."""
    offices = sites.loc[sites["kind"] == "office", "area_id"]
    bases = enclosing_area(offices, pd.DataFrame(index=pd.Index(costs["area_id"].unique())))
    way = costs[costs["area_id"].isin(bases.dropna())]
    return way.groupby("site_id")["minutes"].min().dropna()


def rest_days(site_ids: pd.Index, minutes: pd.Series, settings: Settings) -> npt.NDArray[np.int64]:
    """Days of rest after an event at each place: where the way takes MORE than the setting, else 0."""
    far = minutes.reindex(site_ids).to_numpy(float) > settings.rest_after_minutes
    return np.where(far, settings.rest_days, 0).astype(np.int64)


def _occupied(events: pd.DataFrame | None, minutes: pd.Series, settings: Settings) -> npt.NDArray[np.int64]:
    """First and last day of each planned event, rest included."""
    if events is None:
        return np.zeros((0, 2), dtype=np.int64)
    planned = events.loc[events["status"] == "planned"].sort_values(["date", "site_id"], kind="stable")
    first = day_numbers(planned["date"])
    return np.column_stack([first, first + rest_days(pd.Index(planned["site_id"]), minutes, settings)])


def _events(
    problem: DayProblem,
    chosen: npt.NDArray[np.int64] | None,
    places: pd.DataFrame,
    days: pd.DataFrame,
    minutes: pd.Series,
) -> pd.DataFrame:
    if chosen is None:
        # columns keep their types where there is no schedule
        chosen = np.zeros(0, dtype=np.int64)
    rows = days.iloc[chosen].rename(columns={"kind": "day_kind", "reason": "day_reason"})
    rest = problem.rest[problem.option_place[chosen]]
    table = rows.assign(
        team=problem.team_of(chosen),
        name=places["name"].reindex(rows["site_id"]).to_numpy(),
        kind=places["kind"].reindex(rows["site_id"]).to_numpy(),
        people=places["people"].reindex(rows["site_id"]).to_numpy(float),
        minutes=minutes.reindex(rows["site_id"]).to_numpy(float),
        rest_until=(rows["day"] + pd.to_timedelta(rest, unit="D")).where(rest > 0),
    )
    table = table.sort_values(["day", "team", "site_id"], kind="stable", ignore_index=True)
    return table[list(EVENT_COLUMNS)]
