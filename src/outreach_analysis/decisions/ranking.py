"""Which sites may be proposed, in which order, why, and what changed since the last decision."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.increment import DecisionWeights, IncrementalAttendance
from outreach_analysis.doors import checked_frames
from outreach_analysis.event_kinds import event_dates, held_popups
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.geography.service_days import free_days_by_place
from outreach_analysis.measures.coverage import incremental_coverage, service_points_on
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.models.forecast import Status
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings
from outreach_analysis.shown import Shown

# --- Which candidate places may be visited at all, and on which days.


KINDS_UNDER_INTEREST_RULE = ("kecamatan", "desa")


def exclusions(
    candidates: pd.DataFrame,
    areas: pd.DataFrame,
    *,
    interest: InterestResult | None,
    events: pd.DataFrame,
    free_days: pd.DataFrame,
    scheduled: Sequence[str],
    settings: Settings,
) -> pd.DataFrame:
    """Places that may not be visited next, with the first reason that holds."""
    day = _day_of(settings)
    holder = enclosing_area(candidates["area_id"], areas)
    inside = holder.isin(areas.index[areas["in_jurisdiction"].astype(bool)])
    without_day = pd.Series(~candidates.index.isin(free_days["site_id"]), candidates.index)
    opened, closed = pd.to_datetime(candidates["opened"]), pd.to_datetime(candidates["closed"])
    last_day = free_days["day"].max() if len(free_days) else day
    shut = (closed <= day) | (without_day & (closed <= last_day))
    not_yet = without_day & (opened > day)
    held = events[(events["status"] == "held") & (events["date"] <= day)]
    last = pd.to_datetime(held.groupby("site_id")["date"].max().reindex(candidates.index))
    too_soon = last > day - pd.DateOffset(months=settings.revisit_months)
    below = pd.Series(data=False, index=candidates.index)
    if interest is not None and interest.assessed:
        under_rule = candidates["kind"].isin(KINDS_UNDER_INTEREST_RULE)
        below = under_rule & ~interest.of_places(judged_area(candidates, areas))["above_threshold"]
    rules: list[tuple[str, pd.Series, pd.Series | None]] = [
        ("outside_jurisdiction", ~inside, holder),
        ("closed", shut | not_yet, closed.where(shut, opened)),
        ("already_scheduled", pd.Series(candidates.index.isin(scheduled), candidates.index), None),
        ("recently_visited", too_soon, last),
        # last, so that those of this reason are kept out by nothing else
        ("no_free_day", without_day, None),
        ("interest_below", below, None),
    ]
    found = candidates[["name", "kind", "area_id"]].assign(reason=None, value=None)
    found = found.astype({"reason": object, "value": object})
    for code, holds, values in rules:
        new = holds & found["reason"].isna()
        found.loc[new, "reason"] = code
        if values is not None:
            found.loc[new, "value"] = values[new].astype(object)
    return found.loc[found["reason"].notna()]


def judged_area(places: pd.DataFrame, areas: pd.DataFrame) -> pd.Series:
    """The area whose interest speaks for each place: a kecamatan's office stands for the whole kecamatan. Its address
    may name the desa where it is built; the people who ask are those of the kecamatan. Any other place is judged by the
    area it gives."""
    whole = enclosing_area(places["area_id"], areas)
    return places["area_id"].mask((places["kind"] == "kecamatan") & whole.notna(), whole)


def free_days_by_site(
    candidates: pd.DataFrame, events: pd.DataFrame, service_days: pd.DataFrame, *, settings: Settings
) -> pd.DataFrame:
    """Days `settings.lead_days` ahead or later on which each place is open and the team is not elsewhere."""
    taken = event_dates(events[events["status"] == "planned"])["date"]
    ahead = service_days[service_days["day"] >= _day_of(settings) + pd.Timedelta(days=settings.lead_days)]
    return free_days_by_place(ahead, candidates, settings=settings, taken=taken)


def first_days(free_days: pd.DataFrame) -> pd.DataFrame:
    """The day to propose for each place: its first weekend day or holiday, a workday only where it has neither. Those
    who cannot come on working days are why pop-ups are held."""
    preferred = free_days.assign(on_workday=free_days["kind"] == "workday")
    preferred = preferred.sort_values(["on_workday", "day"])
    return preferred.drop_duplicates("site_id").set_index("site_id").drop(columns="on_workday")


def proposed_days(free_days: pd.DataFrame, site_ids: pd.Index, *, settings: Settings) -> pd.Series:
    """The day for which each place is judged: the one to propose, or the earliest possible where it has none."""
    earliest = _day_of(settings) + pd.Timedelta(days=settings.lead_days)
    return first_days(free_days)["day"].reindex(site_ids).fillna(earliest)


def _day_of(settings: Settings) -> pd.Timestamp:
    if settings.as_of is None:
        raise RequestError("settings.as_of is not set: visits and free days count from it")
    return pd.Timestamp(settings.as_of)


# --- Why a place stands where it does: codes with their values, which presentation turns into words.


def ranking_reasons(
    places: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    *,
    interest: InterestResult | None,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    sites: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Reasons for each place, in the order of the places."""
    as_of = _day_of(settings)
    points = service_points_on(sites=sites, events=events, as_of=as_of.date(), settings=settings)
    fixed = points[(points == "fixed") & points.index.isin(costs["site_id"].unique())]
    gained = incremental_coverage(
        areas=areas,
        costs=costs,
        service_points=fixed,
        candidates=places.index,
        **{f"threshold_{settings.travel_measure}": settings.service_threshold},
    )
    nearest = costs[costs["site_id"].isin(fixed.index)].groupby("area_id")[settings.travel_measure].min()
    held = held_popups(events)
    held = held[held["date"] <= as_of]
    values: dict[str, pd.Series] = {
        "new_within_reach": gained["new_residents"],
        f"{settings.travel_measure}_from_fixed_point": enclosing_area(places["area_id"], areas).map(nearest),
        "last_visit": held.groupby("site_id")["date"].max().reindex(places.index),
        "last_visit_nearby": _last_nearby(places, areas, held, sites),
    }
    if interest is not None and interest.assessed:
        under_rule = places["kind"].isin(KINDS_UNDER_INTEREST_RULE)
        values["interest_above"] = interest.of_places(judged_area(places, areas))["above_threshold"] & under_rule
        values["interest_not_required"] = ~under_rule
    rows = [
        {"site_id": site_id, "code": code, "value": by_site[site_id]}
        for site_id in places.index
        for code, by_site in values.items()
    ]
    return pd.DataFrame(rows, columns=["site_id", "code", "value"]).astype({"value": object})


def kabupaten_of(area_ids: pd.Series, areas: gpd.GeoDataFrame | pd.DataFrame) -> pd.Series:
    """Name of the kabupaten in which each area lies (its id where the table names none); NA outside the table."""
    names = areas["parent_name"] if "parent_name" in areas else areas["parent_id"]
    return enclosing_area(area_ids, areas).map(names)


def _last_nearby(places: pd.DataFrame, areas: pd.DataFrame, held: pd.DataFrame, sites: pd.DataFrame) -> pd.Series:
    """Day and name of the latest pop-up at another place of the same kabupaten."""
    kabupaten = kabupaten_of(sites["area_id"], areas)
    latest = held.sort_values("date", kind="stable").drop_duplicates("site_id", keep="last")
    latest = latest.assign(kabupaten=latest["site_id"].map(kabupaten), name=latest["site_id"].map(sites["name"]))

    def last(site_id: str) -> tuple[pd.Timestamp, str] | None:
        others = latest[(latest["kabupaten"] == kabupaten[site_id]) & (latest["site_id"] != site_id)]
        return None if others.empty else (others["date"].iloc[-1], str(others["name"].iloc[-1]))

    return pd.Series([last(str(site_id)) for site_id in places.index], index=places.index, dtype=object)


# --- Which place next: order by expected increment, how sure the order is, and why each place stands where it does.


TieBreak = Literal["no_tie", "day", "travel", "position"]
TIED_PROBABILITY = 0.95
"""The statistically tied places are the fewest that hold the best one with this probability."""
_ROUNDING = 1e-9
NOISE = 2.0
"""Places whose expectations differ by at most so many paired Monte Carlo errors are ordered by day, way, position."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RankingResult(Shown):
    """Candidate places in order of the people they would add.

    Attributes
    ----------
    by_site
        Index `site_id`, eligible places, best first. Columns: `rank`, `name`, `kind`, `area_id`, `kabupaten`
        (its name), `lon`, `lat`, `increment`, `ci_low`, `ci_high` (additional people on the proposed day, 90 % interval
        of the expectation), `p_best` (share of the draws in which it adds most, in [0, 1]), `costs_on_average` (people
        that choosing it gives up on average against the leader, >= 0 but for chance), `tied` (bool), `rank_low`,
        `rank_high` (90 % interval of the rank), `people`, `people_low`, `people_high` (expected number of all who come
        on the day, and its 90 % predictive interval, capacity applied), the rest of the account of `people`:
        `office_anyway`, `gone_earlier`, `gone_later`, `outside` (see `IncrementalAttendance.account`), and the proposed
        day: `next_day`, `day_kind`, `day_reason`, `day_estimated`.
    excluded
        Index `site_id`; `name`, `kind`, `area_id`, `reason` (code), `value`, `increment` it would have had.
    reasons
        Columns `site_id, code, value`: why a place stands where it does; words are made elsewhere.
    free_days
        Columns `site_id, day, kind, reason, estimated`: the next free days of each eligible place.
    leader
        The place with the highest expected increment, or None where no place is eligible.
    recommended
        The leader; where others cannot be told apart from it by the draws at hand, the first of them by day, the team's
        way, position.
    decided_by
        What named it: `no_tie`, or the step that did: `day`, `travel`, `position`.
    status
        Of the forecast.
    scheduled
        Places of announced events that were kept.
    as_of
        The day the question was asked.
    settings
        The settings used.
    """

    main = "by_site"

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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankingQuestion:
    """By what places are ranked beside what they would add.

    Attributes
    ----------
    settings
        `as_of` must be set: visits, openings and free days count from it.
    service_days
        From `geography.service_days.service_days`: the days among which free ones are looked for.
    free_days
        From `free_days_by_site`, where they are known already; None: found here.
    interest
        From `interest_evidence`; None or not assessed: the interest rule excludes nobody.
    minutes
        Index `site_id`: the team's way (minutes one way); unknown: longest. None: not known for any.
    weights
        How many times a person of an area counts, and what a visit costs in people: then order, ranks and ties
        are those of the weighted worth, while `increment` stays in people. None: everybody counts once.
    """

    settings: Settings
    service_days: pd.DataFrame
    free_days: pd.DataFrame | None = None
    interest: InterestResult | None = None
    minutes: pd.Series | None = None
    weights: DecisionWeights | None = None


def rank_sites(
    incremental: IncrementalAttendance,
    *,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    question: RankingQuestion,
) -> RankingResult:
    """Rank candidate places by the people they would add to what is announced, each on its proposed day.

    The leader has the highest expected increment. Ranks, probabilities and ties come from draws of the parameters with
    common random numbers. Statistically tied are the fewest places, taken by their probability of being the best, that
    hold the best one with a probability of at least .95, and those whose expectation lies within two paired Monte Carlo
    errors of the leader's. Of the latter, which more draws could order otherwise, the recommended one has the earliest
    proposed day, then the shortest way of the team, then the smallest longitude and latitude.

    Parameters
    ----------
    incremental
        From `incremental_attendance`; ranks the places it holds.
    sites
        Index `site_id`; columns `name`, `kind`, `area_id`, `lon`, `lat`, `opened`, `closed`.
    areas
        Index `area_id`; columns `name`, `parent_id`, `population`, `in_jurisdiction`.
    question
        By what they are ranked.

    Returns
    -------
    RankingResult

    Raises
    ------
    ValueError
        Where `settings.as_of` is None, or a place of `incremental` is not in `sites`.

    Examples
    --------
    >>> from outreach_analysis.decisions.increment import incremental_attendance
    >>> from outreach_analysis.decisions.ranking import free_days_by_site, proposed_days
    >>> from outreach_analysis.models.displacement import estimate_displacement
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
    >>> forecast = prior_turnout(areas=areas, sites=sites, events=events, costs=costs, settings=office).forecast(
    ...     sites=sites, costs=costs, rng=np.random.default_rng(0)
    ... )
    >>> displacement = estimate_displacement(pd.Series({"a": 5.0, "b": 60.0}), areas["population"], rng=0)
    >>> days = service_days(dt.date(2026, 11, 23), dt.date(2026, 12, 31), settings=office)
    >>> free = free_days_by_site(sites, events, days, settings=office)
    >>> incremental = incremental_attendance(forecast, displacement, inside=areas["in_jurisdiction"],
    ...                                      days=proposed_days(free, sites.index, settings=office))
    >>> ranking = rank_sites(
    ...     incremental,
    ...     areas=areas,
    ...     sites=sites,
    ...     question=RankingQuestion(service_days=days, settings=office),
    ...     events=events,
    ...     costs=costs,
    ... )
    >>> ranking.leader, ranking.recommended
    ('SA', 'SA')
    """
    settings, interest, free = question.settings, question.interest, question.free_days
    minutes, weights = question.minutes, question.weights
    as_of = _day_of(settings).date()
    areas, sites, events, costs = checked_frames(areas=areas, sites=sites, events=events, costs=costs)
    unknown = incremental.site_ids[~incremental.site_ids.isin(sites.index)]
    if len(unknown):
        raise RequestError(f"not in sites: {', '.join(unknown)}")
    scheduled = tuple(dict.fromkeys(incremental.announced["site_id"].astype(str)))
    candidates = sites.loc[incremental.site_ids]
    candidates = candidates[~candidates["kind"].isin(SITE_KINDS_FIXED)]
    if free is None:
        free = free_days_by_site(candidates, events, question.service_days, settings=settings)
    excluded = exclusions(
        candidates, areas, interest=interest, events=events, free_days=free, scheduled=scheduled, settings=settings
    )
    eligible = candidates.index[~candidates.index.isin(excluded.index)]
    first = first_days(free).reindex(eligible)
    _same_days(incremental, first)
    draws = incremental.increment_draws()
    worth = draws if weights is None else incremental.increment_draws(weights=weights)
    ties = pd.DataFrame(
        {
            "day": first["day"],
            "travel": np.inf if minutes is None else minutes.reindex(eligible).fillna(np.inf),
            "lon": candidates.loc[eligible, "lon"],
            "lat": candidates.loc[eligible, "lat"],
        },
        index=eligible,
    )
    order, decided_by = _order(worth[eligible], ties)
    by_site = _by_site(order, draws, worth)
    people = incremental.people.rename(columns={"mean": "people", "ci_low": "people_low", "ci_high": "people_high"})
    by_site = pd.concat(
        [
            by_site,
            people.loc[order, ["people", "people_low", "people_high"]],
            incremental.account.loc[order, ["office_anyway", "gone_earlier", "gone_later", "outside"]],
        ],
        axis=1,
    )
    first = first.reindex(order).rename(columns={"day": "next_day", "kind": "day_kind", "reason": "day_reason"})
    by_site = by_site.join(first.rename(columns={"estimated": "day_estimated"}))
    places = candidates.loc[order, ["name", "kind", "area_id", "lon", "lat"]]
    by_site = places.assign(kabupaten=kabupaten_of(places["area_id"], areas)).join(by_site)
    return RankingResult(
        by_site=by_site,
        excluded=excluded.assign(increment=draws.mean().reindex(excluded.index)),
        reasons=ranking_reasons(
            candidates.loc[order], areas, interest=interest, events=events, costs=costs, sites=sites, settings=settings
        ),
        free_days=free[free["site_id"].isin(order)],
        leader=str(order[0]) if len(order) else None,
        recommended=str(order[0]) if len(order) else None,
        decided_by=decided_by,
        status=incremental.status,
        scheduled=scheduled,
        as_of=as_of,
        settings=settings,
    )


def _same_days(incremental: IncrementalAttendance, first: pd.DataFrame) -> None:
    """The account of a place is that of its proposed day: both come from the same free days."""
    differ = first.index[first["day"] != incremental.days.reindex(first.index)]
    if len(differ):
        raise RequestError(f"the increment is that of another day than the proposed one for: {', '.join(differ)}")


def _order(worth: pd.DataFrame, ties: pd.DataFrame) -> tuple[pd.Index, TieBreak]:
    """Places by expected worth; those that noise could put first stand in front, by day, way and position."""
    by_id = worth.mean().sort_index().sort_values(ascending=False, kind="stable")
    if len(by_id) < 2:
        return by_id.index, "no_tie"
    level = by_id.index[_within_noise(worth[by_id.index])]
    if len(level) == 1:
        return by_id.index, "no_tie"
    front = ties.loc[level].sort_index().sort_values(["day", "travel", "lon", "lat"])
    steps: tuple[TieBreak, ...] = ("day", "travel", "position")
    first, second = front.iloc[0], front.iloc[1]
    decided: TieBreak = next((step for step in steps[:2] if first[step] != second[step]), "position")
    return front.index.append(by_id.index.drop(level)), decided


def _within_noise(worth: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Which places' expectations lie within two paired Monte Carlo errors of the first one's."""
    short = worth.to_numpy()[:, :1] - worth.to_numpy()
    error = short.std(axis=0, ddof=1) / np.sqrt(len(short)) if len(short) > 1 else np.zeros(short.shape[1])
    return np.asarray(short.mean(axis=0) <= NOISE * error + _ROUNDING)


def _by_site(order: pd.Index, draws: pd.DataFrame, worth: pd.DataFrame) -> pd.DataFrame:
    """Ranks with their intervals, chances of being the best, and the tied places, for the eligible ones in order."""
    eligible, worth = draws[order], worth[order]
    ranks = worth.rank(axis=1, ascending=False, method="min")
    best = worth.to_numpy().argmax(axis=1) if len(order) else np.empty(0, dtype=int)
    p_best = np.bincount(best, minlength=len(order)) / len(worth)
    return pd.DataFrame(
        {
            "rank": np.arange(1, len(order) + 1),
            "increment": eligible.mean(),
            "ci_low": eligible.quantile(0.05),
            "ci_high": eligible.quantile(0.95),
            "p_best": p_best,
            "costs_on_average": worth.mean().max() - worth.mean() if len(order) else 0.0,
            "tied": _tied(p_best, worth),
            "rank_low": ranks.quantile(0.05, interpolation="lower").astype(int),
            "rank_high": ranks.quantile(0.95, interpolation="higher").astype(int),
        },
        index=order,
    )


def _tied(p_best: npt.NDArray[np.float64], worth: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """The fewest places that hold the best one with probability .95, the leader, and those within Monte Carlo noise."""
    if not len(p_best):
        return np.zeros(0, dtype=bool)
    likeliest = np.argsort(-p_best, kind="stable")
    needed = int(np.searchsorted(np.cumsum(p_best[likeliest]), TIED_PROBABILITY - _ROUNDING)) + 1
    tied = np.zeros(len(p_best), dtype=bool)
    tied[likeliest[:needed]] = True
    return np.asarray(tied | _within_noise(worth) | (np.arange(len(p_best)) == 0))


# --- What moved since a decision: the ranking it was taken against, and the ranking of today.


CLEARLY = 0.1
"""From this relative change on, a place is said to add more or fewer people."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision:
    """What was chosen, when, why, and against which ranking.

    Attributes
    ----------
    site_id, name
        The place that was chosen.
    decided_on, as_of
        Day of the decision, and day for which its ranking was made.
    reason
        As it was given.
    recommended
        The place that was recommended then; '' where none was.
    before
        Index `site_id`: every candidate of that ranking; `name`, `rank` (NaN where excluded), `increment`
        (people), `excluded` (code; '' where ranked).
    """

    site_id: str
    name: str
    decided_on: dt.date
    as_of: dt.date
    reason: str
    recommended: str
    before: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RankingChanges(Shown):
    """Places that stand elsewhere than when a decision was taken.

    Attributes
    ----------
    decision
        The decision.
    by_site
        Index `site_id`, the places that moved, those that stood or stand highest first. Columns: `name`,
        `rank_before`, `rank_now` (NaN where not ranked), `increment_before`, `increment_now` (people; NaN where not
        known), `cause` (code of `changes_since`), `value` (what an exclusion carries, such as the day of a visit).
    """

    main = "by_site"

    decision: Decision
    by_site: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Rank of today: `estimate, ci_low, ci_high, unit` (the rank has an interval in the ranking itself)."""
        return pd.DataFrame({"estimate": self.by_site["rank_now"], "ci_low": np.nan, "ci_high": np.nan, "unit": "rank"})


def changes_since(decision: Decision, ranking: RankingResult) -> RankingChanges:
    """Compare the ranking of today with the one that a decision was taken against.

    The cause of a move is the plainest that is known: the rule that excludes the place now (a code of
    `exclusions`); `again_eligible` (a rule excluded it then); `new_place`; `gone` (no candidate any more);
    `more_people`, `fewer_people` (its own increment changed by 10 % or more); `others_moved`.

    Parameters
    ----------
    decision
        With the ranking of that day.
    ranking
        Of today.

    Returns
    -------
    RankingChanges
        Places whose rank or eligibility is the same are not in it.

    Examples
    --------
    See `ranking_moves`, which does the comparing on two frames.
    """
    ranked = ranking.by_site[["name", "rank", "increment"]].assign(excluded="", value=None)
    out = ranking.excluded[["name", "increment", "reason", "value"]].rename(columns={"reason": "excluded"})
    now = pd.concat([ranked, out.assign(rank=np.nan)])
    return RankingChanges(decision=decision, by_site=ranking_moves(decision.before, now))


def ranking_moves(before: pd.DataFrame, now: pd.DataFrame) -> pd.DataFrame:
    """Places that moved from one ranking to another, with the cause of each."""
    places = before.index.union(now.index)
    old, new = before.reindex(places), now.reindex(places)
    table = pd.DataFrame(
        {
            "name": new["name"].fillna(old["name"]),
            "rank_before": old["rank"].astype(float),
            "rank_now": new["rank"].astype(float),
            "increment_before": old["increment"].astype(float),
            "increment_now": new["increment"].astype(float),
            "value": new["value"].astype(object),
        },
        index=places.rename("site_id"),
    )
    change = table["increment_now"] - table["increment_before"]
    clearly = CLEARLY * table["increment_before"].abs().replace(0, np.inf)
    out_now = new["excluded"].fillna("").astype(str)
    table["cause"] = np.select(
        [
            ~places.isin(now.index),
            ~places.isin(before.index),
            out_now != "",
            old["excluded"].fillna("") != "",
            change >= clearly,
            -change >= clearly,
        ],
        ["gone", "new_place", out_now, "again_eligible", "more_people", "fewer_people"],
        "others_moved",
    )
    same = (table["rank_before"] == table["rank_now"]) | (table["rank_before"].isna() & table["rank_now"].isna())
    table = table.assign(highest=table[["rank_before", "rank_now"]].min(axis=1))[~same]
    table = table.sort_values(["highest", "rank_now"]).drop(columns="highest")
    return table[["name", "rank_before", "rank_now", "increment_before", "increment_now", "cause", "value"]]
