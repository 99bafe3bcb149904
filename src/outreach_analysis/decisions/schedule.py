"""On which days: every event of a plan on a day that suits its place, no team in two places, rest after far trips."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.decisions.conflicts import Conflict
from outreach_analysis.decisions.plan_result import PlanResult
from outreach_analysis.decisions.schedule_conflicts import explain
from outreach_analysis.decisions.schedule_days import Day, far_enough, possible_days, promised_days
from outreach_analysis.decisions.schedule_problem import DayProblem, ScheduleStatus, day_numbers, solve_days
from outreach_analysis.errors import RequestError
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.settings import Settings

EVENT_COLUMNS = (
    "day",
    "team",
    "site_id",
    "name",
    "kind",
    "day_kind",
    "day_reason",
    "estimated",
    "people",
    "minutes",
    "rest_until",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScheduleResult:
    """A day and a team for every event of a plan.

    Attributes
    ----------
    events
        One row a new event, by day: `day`, `team` (1, 2, ...), `site_id`, `name`, `kind` (of the place), `day_kind`,
        `day_reason` (name of the holiday, 'Sabtu' or 'Minggu'; '' on workdays), `estimated` (bool: the holiday is
        not declared yet), `people` (the place's contribution to the plan, shared by its visits), `minutes` (the
        team's way there; NaN where unknown), `rest_until` (last day of rest after it; NaT without rest).
    status
        `optimal` (proven), `time_limit` (the best found in time), `infeasible` (`conflicts` name why).
    conflicts
        The constraints that cannot be met; empty unless infeasible.
    workdays
        Events on workdays: as few as the constraints allow.
    waiting
        People-days: sum over the events of `people` (at least 1 each) x days from the first day on which any event
        could stand; the least among such schedules. NaN without a schedule.
    teams, min_gap_days
        What was asked for.
    days
        Columns `site_id, day, kind, reason, estimated`: the days each place could have had.
    settings
        The settings used.
    """

    events: pd.DataFrame
    status: ScheduleStatus
    conflicts: tuple[Conflict, ...]
    workdays: int
    waiting: float
    teams: int
    min_gap_days: int
    days: pd.DataFrame
    settings: Settings

    def summary(self) -> pd.DataFrame:
        """First and last day, workdays and waiting: `estimate, ci_low, ci_high, unit`."""
        rows = {
            "events": (len(self.events), "events"),
            "on workdays": (self.workdays, "events"),
            "waiting": (self.waiting, "people-days"),
        }
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "unit"])
        return frame.assign(ci_low=np.nan, ci_high=np.nan)[["estimate", "ci_low", "ci_high", "unit"]]

    def _repr_html_(self) -> str:
        if self.status == "infeasible":
            return "<br>".join(str(conflict) for conflict in self.conflicts)
        return self.events.to_html(index=False, float_format="{:.1f}".format)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScheduleRules:
    """What every schedule keeps to.

    Attributes
    ----------
    teams
        Number of teams, >= 1.
    blackout
        Further days without events: everywhere, or a mapping from `site_id` or kind of place to days.
    min_gap_days
        Least number of days between two visits to one place, >= 0.
    events
        Columns `site_id, date, status`: planned events keep a team busy (rest included), and both planned and
        held ones count for `min_gap_days`.
    settings
        Day kinds, blackout days, lead time and rest.
    time_limit
        Seconds for the solver; None: until it is proven optimal.

    Raises
    ------
    ValueError
        Where teams < 1, min_gap_days < 0 or time_limit <= 0.
    """

    min_gap_days: int
    settings: Settings
    teams: int = 1
    blackout: Iterable[Day] | Mapping[str, Iterable[Day]] = ()
    events: pd.DataFrame | None = None
    time_limit: float | None = None

    def __post_init__(self) -> None:
        if self.teams < 1:
            raise RequestError(f"teams {self.teams} is below 1")
        if self.min_gap_days < 0:
            raise RequestError(f"min_gap_days {self.min_gap_days} is below 0")
        if self.time_limit is not None and not self.time_limit > 0:
            raise RequestError(f"time_limit {self.time_limit} is not above 0")


def schedule_popups(
    plan: PlanResult,
    sites: pd.DataFrame,
    service_days: pd.DataFrame,
    *,
    rules: ScheduleRules,
    costs: pd.DataFrame,
    fixed: Mapping[str, Day] = MappingProxyType({}),
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
    sites
        Index `site_id`; columns `name`, `kind`, `area_id`, `opened`, `closed`. The team starts at the nearest site
        of kind 'office'.
    service_days
        From `geography.service_days.service_days`.
    rules
        Teams, gaps, days without events, settings.
    costs
        Columns `area_id, site_id, minutes`; the way of the team is that from the office's area. Without an office
        in `sites`, or for a place without such a pair, the way is unknown and asks for no rest.
    fixed
        Days promised already, by `site_id`, for places with one visit: no other day is thought of for them.

    Returns
    -------
    ScheduleResult
        Status `infeasible` with the conflicts named where no schedule meets all constraints. An infeasible plan
        gives an infeasible schedule with the plan's conflicts.

    Raises
    ------
    ValueError
        Where a place of the plan is not in `sites`, or a fixed place is visited more than once.

    Examples
    --------
    >>> from outreach_analysis.decisions.planning import plan_popups
    >>> from outreach_analysis.geography.service_days import service_days
    >>> pool = pd.Series({"a": 100.0, "b": 80.0})
    >>> attendance = pd.DataFrame({"area_id": ["a", "b"], "site_id": ["MALL", "DESA"], "probability": [0.5, 0.4]})
    >>> plan = plan_popups(pool, attendance, n_events=2, rng=np.random.default_rng(0))
    >>> sites = pd.DataFrame({"name": ["Mall", "Hall"], "kind": ["mall", "desa"], "area_id": ["a", "b"],
    ...                       "opened": pd.NaT, "closed": pd.NaT}, index=pd.Index(["MALL", "DESA"], name="site_id"))
    >>> costs = pd.DataFrame({"area_id": [], "site_id": [], "minutes": []})
    >>> schedule = schedule_popups(plan, sites, service_days("2026-12-01", "2026-12-06"), costs=costs,
    ...                            rules=ScheduleRules(min_gap_days=30, settings=Settings()))
    >>> schedule.events[["day", "site_id", "day_reason"]].astype(str).values.tolist()
    [['2026-12-05', 'MALL', 'Sabtu'], ['2026-12-06', 'DESA', 'Minggu']]
    """
    found = schedule_visits(
        plan.by_site.assign(people=plan.by_site["contribution"] / plan.by_site["visits"])[["visits", "people"]],
        sites,
        service_days,
        rules=rules,
        costs=costs,
        fixed=fixed,
    )
    if plan.status == "infeasible":
        nobody = found.events.iloc[:0]
        return dataclasses.replace(found, events=nobody, status="infeasible", conflicts=plan.conflicts)
    return found


def schedule_visits(
    visits: pd.DataFrame,
    sites: pd.DataFrame,
    service_days: pd.DataFrame,
    *,
    rules: ScheduleRules,
    costs: pd.DataFrame,
    fixed: Mapping[str, Day] = MappingProxyType({}),
) -> ScheduleResult:
    """Days and teams for visits that are known by their number and their people: see `schedule_popups`.

    Parameters
    ----------
    visits
        Index `site_id`; `visits` (number), `people` (a visit's, for the waiting that is weighed).
    sites, service_days, rules, costs, fixed
        As in `schedule_popups`.
    """
    unknown = visits.index[~visits.index.isin(sites.index)]
    if len(unknown):
        raise RequestError(f"places of the plan that are not in sites: {', '.join(unknown)}")
    settings = rules.settings
    places = sites.loc[list(visits.index)].assign(visits=visits["visits"], people=visits["people"]).sort_index()
    minutes = team_minutes(sites, costs)
    days = possible_days(places, service_days, blackout=rules.blackout, settings=settings)
    days = promised_days(far_enough(days, rules.events, rules.min_gap_days), fixed, places["visits"])
    problem = DayProblem(
        site_ids=tuple(places.index),
        visits=places["visits"].to_numpy(np.int64),
        people=np.maximum(places["people"].to_numpy(float), 1.0),
        rest=rest_days(places.index, minutes, settings),
        option_place=places.index.get_indexer(pd.Index(days["site_id"])).astype(np.int64),
        option_day=day_numbers(days["day"]),
        option_workday=(days["kind"] == "workday").to_numpy(bool),
        occupied=_occupied(rules.events, minutes, settings),
        teams=rules.teams,
        min_gap_days=rules.min_gap_days,
    )
    status, chosen = solve_days(problem, time_limit=rules.time_limit)
    conflicts = explain(problem) if status == "infeasible" else ()
    table = _events(problem, chosen, places, days, minutes)
    return ScheduleResult(
        events=table,
        status=status,
        conflicts=conflicts,
        workdays=int((table["day_kind"] == "workday").sum()),
        waiting=problem.waiting(chosen),
        teams=rules.teams,
        min_gap_days=rules.min_gap_days,
        days=days,
        settings=settings,
    )


class DaySolver:
    """Days for many sets of visits to the same places, under the rules of `schedule_popups`.

    Parameters
    ----------
    sites
        Index `site_id`, the places; columns as in `schedule_popups`.
    people
        Index `site_id`: a visit's people, for the waiting that is weighed.
    minutes
        Index `site_id`: the team's way.
    service_days
        As in `schedule_popups`.
    rules
        What the days keep to.
    """

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
        days = far_enough(days, rules.events, rules.min_gap_days)
        self._moment = days["day"].to_numpy("datetime64[ns]")
        self._number = day_numbers(days["day"])
        self._workday = (days["kind"] == "workday").to_numpy(bool)
        self._rows = {str(site): np.asarray(rows) for site, rows in days.groupby("site_id").indices.items()}
        self._rest = dict(zip(places.index.astype(str), rest_days(places.index, minutes, settings), strict=True))
        self._people = people
        self._occupied = _occupied(rules.events, minutes, settings)
        self._rules = rules

    def days(
        self, visits: Mapping[str, int], fixed: Mapping[str, pd.Timestamp]
    ) -> tuple[tuple[str, pd.Timestamp], ...] | None:
        """Places with their days, by day; None where no days meet all constraints. Single visits may be fixed."""
        names = sorted(visits)
        if any(site not in self._rows for site in names):
            return None
        rows = [self._rows[site] for site in names]
        for number, site in enumerate(names):
            if site in fixed:
                rows[number] = rows[number][self._moment[rows[number]] == np.datetime64(fixed[site], "ns")]
        chosen_rows = np.concatenate(rows)
        owner = np.repeat(np.arange(len(names)), [len(each) for each in rows])
        problem = DayProblem(
            site_ids=tuple(names),
            visits=np.array([visits[site] for site in names], dtype=np.int64),
            people=np.maximum(self._people.reindex(names).to_numpy(float), 1.0),
            rest=np.array([self._rest[site] for site in names], dtype=np.int64),
            option_place=owner.astype(np.int64),
            option_day=self._number[chosen_rows],
            option_workday=self._workday[chosen_rows],
            occupied=self._occupied,
            teams=self._rules.teams,
            min_gap_days=self._rules.min_gap_days,
        )
        _, chosen = solve_days(problem)
        if chosen is None:
            return None
        found = sorted((self._moment[chosen_rows[option]], names[owner[option]]) for option in chosen)
        return tuple((site, pd.Timestamp(day)) for day, site in found)


def team_minutes(sites: pd.DataFrame, costs: pd.DataFrame) -> pd.Series:
    """Minutes of the team's way to each place, from the area of the nearest site of kind 'office'.

    Parameters
    ----------
    sites
        Index `site_id`; columns `kind`, `area_id`.
    costs
        Columns `area_id, site_id, minutes`.

    Returns
    -------
    Series
        Index `site_id`; a place without a known way is not in it.

    Examples
    --------
    >>> sites = pd.DataFrame({"kind": ["office", "desa"], "area_id": ["64.72.02", "64.11.01.2001"]}, index=["K", "D"])
    >>> costs = pd.DataFrame({"area_id": ["64.72.02", "64.11.01"], "site_id": "D", "minutes": [600.0, 20.0]})
    >>> team_minutes(sites, costs).to_dict()
    {'D': 600.0}
    """
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
        return pd.DataFrame(columns=list(EVENT_COLUMNS))
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
