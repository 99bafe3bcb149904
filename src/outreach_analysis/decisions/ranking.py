"""Which place next: order by expected increment, how sure the order is, and why each place stands where it does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.decisions.eligibility import exclusions, first_days, free_days_by_site
from outreach_analysis.decisions.increment import IncrementalAttendance
from outreach_analysis.decisions.reasons import kabupaten_of, ranking_reasons
from outreach_analysis.decisions.weights import DecisionWeights
from outreach_analysis.errors import RequestError
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.models.turnout import Status
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings

TieBreak = Literal["no_tie", "need", "day", "rank"]
TIE_PROBABILITY = 0.1
"""A place is tied with the leader when it beats it in at least this share of the draws."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankingResult:
    """Candidate places in order of the people they would add.

    Attributes
    ----------
    by_site
        Index `site_id`, eligible places, best first. Columns: `rank`, `name`, `kind`, `area_id`, `kabupaten`
        (its name), `lon`, `lat`, `increment`, `ci_low`, `ci_high` (additional people, 90 % interval of the
        expectation),
        `p_beats_leader` (in [0, 1]), `tied` (bool), `rank_low`, `rank_high` (90 % interval of the rank),
        `people`, `people_low`, `people_high` (expected number of all who come on the day, and its 90 % predictive
        interval, capacity applied; never below `increment`),
        `need_nearby`
        (unmet need within the service threshold, people), and the day to propose: `next_day`, `day_kind`,
        `day_reason`, `day_estimated`.
    excluded
        Index `site_id`; `name`, `kind`, `area_id`, `reason` (code), `value`, `increment` it would have had.
    reasons
        Columns `site_id, code, value`: why a place stands where it does; words are made elsewhere.
    free_days
        Columns `site_id, day, kind, reason, estimated`: the next free days of each eligible place.
    leader
        The place with the highest expected increment, or None where no place is eligible.
    recommended
        The place of the leader's tie group that the stated tie-break names.
    decided_by
        What named it: `no_tie`, or the step of the tie-break: `need`, `day`, `rank`.
    status
        Of the forecast.
    scheduled
        Places of announced events that were kept.
    as_of
        The day the question was asked.
    settings
        The settings used.
    """

    by_site: pd.DataFrame
    excluded: pd.DataFrame
    reasons: pd.DataFrame
    free_days: pd.DataFrame
    leader: str | None
    recommended: str | None
    decided_by: TieBreak
    status: Status
    scheduled: tuple[str, ...]
    as_of: dt.date
    settings: Settings

    def summary(self) -> pd.DataFrame:
        """Increment by place: `estimate, ci_low, ci_high, unit`."""
        frame = self.by_site[["increment", "ci_low", "ci_high"]].rename(columns={"increment": "estimate"})
        return frame.assign(unit=f"additional people ({self.status})")

    def would_overtake(self) -> pd.DataFrame:
        """Places kept out only by the interest rule that would add more people than the recommended one."""
        below: pd.DataFrame = self.excluded.loc[self.excluded["reason"] == "interest_below"]
        if self.recommended is None:
            return below
        better: pd.DataFrame = below.loc[below["increment"] > self.by_site["increment"][self.recommended]]
        return better.sort_values("increment", ascending=False, kind="stable")

    def _repr_html_(self) -> str:
        return self.by_site.to_html(max_rows=12, float_format="{:.1f}".format)


def rank_sites(
    incremental: IncrementalAttendance,
    sites: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    *,
    interest: InterestResult | None = None,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    service_days: pd.DataFrame,
    scheduled: Iterable[str] = (),
    weights: DecisionWeights | None = None,
    settings: Settings,
    rng: np.random.Generator | None = None,
) -> RankingResult:
    """Rank candidate places by the people they would add to what is scheduled.

    The leader has the highest expected increment. Ranks and ties come from draws of the parameters with
    common random numbers: a place is tied with the leader when it adds more than the leader in at least 10 %
    of the draws (inclusive). Of the tied ones the recommended place has the most unmet need within the
    service threshold, then the nearer day to propose, then the higher rank.

    Parameters
    ----------
    incremental
        From `incremental_attendance`; ranks the places it holds.
    sites
        Index `site_id`; columns `name`, `kind`, `area_id`, `lon`, `lat`, `opened`, `closed`.
    areas
        Index `area_id`; columns `name`, `parent_id`, `population`, `in_jurisdiction`.
    interest
        From `interest_evidence`; None or not assessed: the interest rule excludes nobody.
    events
        Index `event_id`; columns `site_id`, `date`, `status`.
    costs
        Columns `area_id, site_id, km`.
    service_days
        From `geography.service_days.service_days`: the days among which free ones are looked for.
    scheduled
        Places of announced events: their reach is taken as given, and they are not ranked again. Fixed service
        points among them are passed over: whom they serve is in the need already.
    weights
        How many times a person of an area counts, and what a visit costs in people: then order, ranks and ties
        are those of the weighted worth, while `increment` stays in people. None: everybody counts once.
    settings
        `as_of` must be set: visits, openings and free days count from it.
    rng
        Not drawn from: the draws that `incremental` holds are compared with each other. It is taken so that all
        steps of the chain are called alike.

    Returns
    -------
    RankingResult

    Raises
    ------
    ValueError
        Where `settings.as_of` is None, a place of `incremental` is not in `sites`, or one of `scheduled` has no
        forecast.

    Notes
    -----
    With a threshold of 20 % in place of 10 % the true leader fell out of the group in 5-25 % of simulated
    decisions; with 10 % in 1-8 %.

    Examples
    --------
    >>> from outreach_analysis.decisions.increment import incremental_attendance
    >>> from outreach_analysis.measures.need import unmet_need
    >>> from outreach_analysis.models.turnout import prior_turnout
    >>> from outreach_analysis.geography.service_days import service_days
    >>> office = Settings(as_of=dt.date(2026, 11, 22))
    >>> areas = pd.DataFrame({"name": list("AB"), "parent_id": "K", "population": [90_000, 30_000],
    ...                       "in_jurisdiction": True}, index=pd.Index(["a", "b"], name="area_id"))
    >>> sites = pd.DataFrame({"name": ["In A", "In B"], "kind": "mall", "area_id": ["a", "b"], "lon": 117.0,
    ...                       "lat": 0.0, "capacity": np.nan, "opened": pd.NaT, "closed": pd.NaT},
    ...                      index=pd.Index(["SA", "SB"], name="site_id"))
    >>> costs = pd.DataFrame({"area_id": list("abab"), "site_id": ["SA", "SA", "SB", "SB"], "km": [2.0, 60, 60, 2]})
    >>> events = pd.DataFrame({"site_id": [], "date": pd.to_datetime([]), "status": []})
    >>> counts = pd.DataFrame({"event_id": [], "area_id": [], "applicants": []})
    >>> need = unmet_need(areas, counts, events, sites, costs, settings=office)
    >>> forecast = prior_turnout(areas, events, sites, costs, settings=office).forecast(
    ...     sites, costs, rng=np.random.default_rng(0))
    >>> days = service_days(dt.date(2026, 11, 23), dt.date(2026, 12, 31), settings=office)
    >>> ranking = rank_sites(incremental_attendance(forecast, need), sites, areas, events=events, costs=costs,
    ...                      service_days=days, settings=office)
    >>> ranking.leader, ranking.recommended
    ('SA', 'SA')
    """
    if settings.as_of is None:
        raise RequestError("settings.as_of is not set: visits and free days count from it")
    unknown = incremental.site_ids[~incremental.site_ids.isin(sites.index)]
    if len(unknown):
        raise RequestError(f"not in sites: {', '.join(unknown)}")
    scheduled = _announced(scheduled, incremental, sites)
    candidates = sites.loc[incremental.site_ids]
    candidates = candidates[~candidates["kind"].isin(SITE_KINDS_FIXED)]
    free = free_days_by_site(candidates, events, service_days, settings=settings)
    excluded = exclusions(
        candidates, areas, interest=interest, events=events, free_days=free, scheduled=scheduled, settings=settings
    )
    increments = incremental.increments(scheduled)
    draws = incremental.increment_draws(scheduled)
    eligible = candidates.index[~candidates.index.isin(excluded.index)]
    worth = incremental.increments(scheduled, weights=weights)
    order = worth[eligible].sort_index().sort_values(ascending=False, kind="stable").index
    worth_draws = draws if weights is None else incremental.increment_draws(scheduled, weights=weights)
    by_site = _order(order, increments, draws, worth_draws)
    nearby = _need_nearby(incremental, costs, settings)
    first = first_days(free)
    people = incremental.people.rename(columns={"mean": "people", "ci_low": "people_low", "ci_high": "people_high"})
    by_site = pd.concat([by_site, people.loc[order, ["people", "people_low", "people_high"]]], axis=1)
    by_site["need_nearby"] = nearby.reindex(order, fill_value=0.0)
    first = first.reindex(order).rename(columns={"day": "next_day", "kind": "day_kind", "reason": "day_reason"})
    by_site = by_site.join(first.rename(columns={"estimated": "day_estimated"}))
    places = candidates.loc[order, ["name", "kind", "area_id", "lon", "lat"]]
    by_site = places.assign(kabupaten=kabupaten_of(places["area_id"], areas)).join(by_site)
    recommended, decided_by = _recommend(by_site)
    return RankingResult(
        by_site=by_site,
        excluded=excluded.assign(increment=increments.reindex(excluded.index)),
        reasons=ranking_reasons(
            candidates.loc[order], areas, interest=interest, events=events, costs=costs, sites=sites, settings=settings
        ),
        free_days=free[free["site_id"].isin(order)],
        leader=order[0] if len(order) else None,
        recommended=recommended,
        decided_by=decided_by,
        status=incremental.status,
        scheduled=scheduled,
        as_of=settings.as_of,
        settings=settings,
    )


def _announced(scheduled: Iterable[str], incremental: IncrementalAttendance, sites: pd.DataFrame) -> tuple[str, ...]:
    """Scheduled places, each once, without fixed service points."""
    fixed = set(sites.index[sites["kind"].isin(SITE_KINDS_FIXED)])
    announced = tuple(dict.fromkeys(site for site in scheduled if site not in fixed))
    unknown = sorted(set(announced) - set(incremental.site_ids))
    if unknown:
        raise RequestError(f"scheduled places without a forecast: {', '.join(unknown)}")
    return announced


def _order(order: pd.Index, increments: pd.Series, draws: pd.DataFrame, worth: pd.DataFrame) -> pd.DataFrame:
    """Ranks with their intervals and the tie group, for the eligible places in order."""
    eligible = draws[order]
    worth = worth[order]
    ranks = worth.rank(axis=1, ascending=False, method="min")
    beats = worth.gt(worth.iloc[:, 0] if len(order) else 0.0, axis=0).mean()
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(order) + 1),
            "increment": increments[order],
            "ci_low": eligible.quantile(0.05),
            "ci_high": eligible.quantile(0.95),
            "p_beats_leader": beats,
            "tied": (beats >= TIE_PROBABILITY) | (np.arange(len(order)) == 0),
            "rank_low": ranks.quantile(0.05, interpolation="lower").astype(int),
            "rank_high": ranks.quantile(0.95, interpolation="higher").astype(int),
        },
        index=order,
    )


def _need_nearby(incremental: IncrementalAttendance, costs: pd.DataFrame, settings: Settings) -> pd.Series:
    """Unmet need of the jurisdiction's areas within the threshold (inclusive) of each place, in whole people."""
    near = costs[costs[settings.travel_measure] <= settings.service_threshold].drop_duplicates(["area_id", "site_id"])
    return near["area_id"].map(incremental.need).astype(float).fillna(0.0).groupby(near["site_id"]).sum().round()


def _recommend(by_site: pd.DataFrame) -> tuple[str | None, TieBreak]:
    """The place named among the tied ones, and which step of the tie-break named it."""
    tied = by_site[by_site["tied"].astype(bool)]
    if len(tied) <= 1:
        return (str(tied.index[0]) if len(tied) else None), "no_tie"
    most_need = tied[tied["need_nearby"] == tied["need_nearby"].max()]
    if len(most_need) == 1:
        return str(most_need.index[0]), "need"
    soonest = most_need[most_need["next_day"] == most_need["next_day"].min()]
    return str(soonest.index[0]), "day" if len(soonest) == 1 else "rank"
