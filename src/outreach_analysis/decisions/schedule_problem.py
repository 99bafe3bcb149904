"""Days and teams as an integer programme: one variable for each place and day it could have."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

Ints = npt.NDArray[np.int64]
ScheduleStatus = Literal["optimal", "time_limit", "infeasible"]
_TIME_LIMIT = 1
_INFEASIBLE = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayProblem:
    """Give every visit one of its place's days; days are whole numbers.

    Attributes
    ----------
    site_ids, visits, people, rest
        By place: id, number of visits, people a visit brings, days of rest of the team after it.
    option_place, option_day, option_workday
        By option: a place and a day that it could have, and whether that is a workday.
    occupied
        First and last day of events that keep a team busy, (events, 2).
    teams, min_gap_days
        Teams, and the least distance between two visits to one place.
    """

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


def solve_days(
    problem: DayProblem, *, with_rest: bool = True, with_gap: bool = True, time_limit: float | None = None
) -> tuple[ScheduleStatus, Ints | None]:
    """The best options, one for each visit, or None where there are none (or none was found in time).

    First as few workdays as can be, then least waiting. Without rest or gap for finding out what is in the way.
    """
    n_options, n_places = len(problem.option_place), len(problem.site_ids)
    if n_places == 0:
        return "optimal", np.zeros(0, dtype=np.int64)
    if n_options == 0:
        return "infeasible", None
    weight = problem.people[problem.option_place] / problem.people.mean()
    wait = weight * (problem.option_day - problem.option_day.min())
    workday_cost = 1 + float((problem.visits * problem.people).sum() / problem.people.mean()) * float(
        np.ptp(problem.option_day)
    )
    constraints = [_each_place(problem), _each_day(problem, with_rest=with_rest)]
    if with_gap:
        constraints += _gaps(problem)
    options = {"mip_rel_gap": 0.0} if time_limit is None else {"mip_rel_gap": 0.0, "time_limit": time_limit}
    solved = milp(
        wait + workday_cost * problem.option_workday,
        integrality=np.ones(n_options),
        bounds=Bounds(0, 1),
        constraints=constraints,
        options=options,
    )
    chosen = None if solved.x is None else np.flatnonzero(np.rint(solved.x)).astype(np.int64)
    if solved.status == _INFEASIBLE:
        return "infeasible", None
    return ("time_limit" if solved.status == _TIME_LIMIT else "optimal"), chosen


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
