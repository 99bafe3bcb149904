"""The plan: which places together, what they reach, and how much better no other plan can be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from outreach_analysis.decisions.conflicts import Conflict

PlanStatus = Literal["optimal", "within_gap", "time_limit", "infeasible"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanResult:
    """Places that together reach most people, beyond those whom the scheduled events reach.

    Attributes
    ----------
    sites
        `site_id` of each new visit, the one that adds most first; a place visited again stands again.
    expected_reach
        People whom the plan reaches ADDITIONALLY to the scheduled events (without any: the total); NaN where
        infeasible.
    ci_low, ci_high
        90 % interval of that number over the draws; NaN where no draws were given.
    objective
        What was maximised: `expected_reach`, or with weights the weighted people less the costs of the visits.
    upper_bound
        No plan that meets the request has a higher objective (proven).
    gap
        (upper_bound - objective) / |upper_bound|, >= 0: the share that a perfect plan could add at most.
    p_best
        Share of the draws in which this plan is the best of those compared on their days; NaN without draws.
    status
        `optimal` (proven), `within_gap` (the best plan found, `gap` says how far from the bound),
        `time_limit` (the same, stopped by the time limit), `infeasible` (`conflicts` name why).
    conflicts
        The constraints that cannot be met; empty unless infeasible.
    by_site
        Index `site_id`, in the order of `sites`: `visits`, `contribution` (people lost without the place) with its
        90 % interval `ci_low`, `ci_high` (NaN where no draws were given), `alone` (additional people if it were the
        only new place), `required`.
    by_area
        Index `area_id` as in the pool: `pool`, `reached_scheduled`, `reached` (additional people).
    alternatives
        Up to 5 other plans, best first. Columns `sites`, `leaves_out`, `takes_in` (tuples of ids),
        `expected_reach`, `objective`, `share_of_best`.
    curve
        Index `events` (1 ... n_events): `expected_reach` with its 90 % interval `ci_low`, `ci_high`, `added` (people
        beyond one event less), `objective`, `upper_bound`, `sites`. While there are fewer events than required ones,
        only required places are in it.
    scheduled_reach
        People whom the scheduled events reach.
    n_events, scheduled, required, forbidden, max_visits
        What was asked for.
    method
        `enumeration`, `search` or `proof`: what the status rests on.
    left_out
        Index `area_id`: areas with people whom no place reaches; `pool`.
    """

    sites: tuple[str, ...]
    expected_reach: float
    ci_low: float
    ci_high: float
    objective: float
    upper_bound: float
    gap: float
    p_best: float
    status: PlanStatus
    conflicts: tuple[Conflict, ...]
    by_site: pd.DataFrame
    by_area: pd.DataFrame
    alternatives: pd.DataFrame
    curve: pd.DataFrame
    scheduled_reach: float
    n_events: int
    scheduled: tuple[str, ...]
    required: tuple[str, ...]
    forbidden: tuple[str, ...]
    max_visits: int
    method: str
    left_out: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Reach of the plan and contribution of each place: `estimate, ci_low, ci_high, unit`."""
        plan = pd.DataFrame(
            {"estimate": self.expected_reach, "ci_low": self.ci_low, "ci_high": self.ci_high}, index=["plan"]
        )
        places = self.by_site[["contribution", "ci_low", "ci_high"]].rename(columns={"contribution": "estimate"})
        return pd.concat([plan, places]).assign(unit="additional people")

    def worth_until(self, least_people: float) -> int:
        """The largest number of events of which each adds at least so many people (inclusive)."""
        enough = (self.curve["added"] >= least_people).to_numpy()
        return int(enough.cumprod().sum())

    def _repr_html_(self) -> str:
        if self.status == "infeasible":
            return "<br>".join(str(conflict) for conflict in self.conflicts)
        return self.by_site.to_html(float_format="{:.1f}".format)
