"""Why no schedule can be: the first constraint that is in the way, with places and counts."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import breadth_first_order, maximum_flow

from outreach_analysis.decisions.conflicts import Conflict
from outreach_analysis.decisions.schedule_problem import DayProblem, Ints, solve_days


def explain(problem: DayProblem) -> tuple[Conflict, ...]:
    """The constraints that make a day problem infeasible, from the plainest to the most entangled.

    Asked in this order, the first that holds is named: places without any day; places whose own visits do not fit
    `min_gap_days` apart; places that share too few team days (all such places: a set whose days are too few by
    Hall's theorem); rest after travel; the gap between visits; all rules together.
    """
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
    if far and solve_days(problem, with_rest=False)[1] is not None:
        return Conflict(code="rest_after_travel", places=far)
    if again and solve_days(problem, with_gap=False)[1] is not None:
        return Conflict(code="min_gap_days", places=again)
    return Conflict(code="days_together", places=problem.site_ids)
