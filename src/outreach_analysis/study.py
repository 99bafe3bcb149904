"""A study of an office: from a data set to ranking, plan, impact and audience, each made when asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.hypotheses import HypothesesResult
from outreach_analysis.decisions.increment import IncrementalAttendance, incremental_attendance
from outreach_analysis.decisions.ranking import (
    Decision,
    RankingChanges,
    RankingQuestion,
    RankingResult,
    changes_since,
    free_days_by_site,
    proposed_days,
    rank_sites,
)
from outreach_analysis.event_kinds import held_popups, planned_popups
from outreach_analysis.files import cache_folder
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.geography.travel import effective_costs, travel_costs
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.measures.attendance import attendance_by_event, rounded_ledger
from outreach_analysis.measures.audience import AudienceResult, audience
from outreach_analysis.measures.coverage import CoverageResult, coverage_at_thresholds, service_points_on
from outreach_analysis.measures.interest import InterestResult, add_interest_candidates, interest_evidence
from outreach_analysis.measures.need import NeedResult, unmet_need
from outreach_analysis.measures.reach import CatchmentResult, ReachResult, catchment, reach_rate
from outreach_analysis.measures.series import SeriesResult, WorkingDaysResult, compare_series, working_days
from outreach_analysis.models.backtest import (
    BacktestQuestion,
    BacktestResult,
    SavedForecastsResult,
    backtest,
    compare_saved_forecasts,
)
from outreach_analysis.models.displacement import (
    HYPOTHESES,
    DisplacementEvidence,
    DisplacementResult,
    Hypothesis,
    estimate_displacement,
)
from outreach_analysis.models.forecast import Forecast
from outreach_analysis.models.impact import ImpactQuestion, ImpactResult, estimate_impact
from outreach_analysis.models.turnout import TurnoutQuestion, TurnoutResult, fit_turnout
from outreach_analysis.plan_study import DecisionBasis, PlanAnalysis, PlanOptions, rank_and_plan
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings
from outreach_analysis.streams import named_stream

# --- All places a question is about, and the way to each: what every chain begins with.


def places_and_costs(
    dataset: Dataset, progress: Callable[[int, int, str], None] | None = None
) -> tuple[InterestResult, pd.DataFrame, pd.DataFrame]:
    """Evidence of interest, all places with those it adds, and what it costs to travel to each."""
    areas, settings = dataset.areas, dataset.settings
    interest = interest_evidence(
        interest=dataset.interest, areas=areas, events=dataset.events, counts=dataset.counts, settings=settings
    )
    sites = add_interest_candidates(interest, areas=areas, sites=dataset.sites)
    costs = travel_costs(
        areas=areas,
        sites=sites,
        matrix=dataset.travel,
        access=dataset.access,
        settings=settings,
        cache=cache_folder("travel"),
        progress=progress,
    )
    return interest, sites, costs


# --- What is known of people: whom pop-ups reach, on which days, in which series, whether the office misses them.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeopleAnalysis:
    """Results on people for the report, the commands and the notebooks."""

    audience: AudienceResult
    series: SeriesResult
    working_days: WorkingDaysResult | None
    impact: ImpactResult
    saved: SavedForecastsResult | None


def office_impact(
    dataset: Dataset, sites: pd.DataFrame, costs: pd.DataFrame, *, rounding_base: int, rng: np.random.Generator
) -> ImpactResult:
    """The impact of a dataset's pop-ups on its office, as `analyse` and the `impact` command estimate it."""
    return estimate_impact(
        office_monthly=dataset.office_people(),
        areas=dataset.areas,
        sites=sites,
        events=dataset.events,
        counts=dataset.counts,
        costs=costs,
        question=ImpactQuestion(settings=dataset.settings, rounding_base=rounding_base),
        rng=rng,
    )


def impact_of_dataset(dataset: Dataset, *, rounding_base: int, rng: np.random.Generator) -> ImpactResult:
    """The impact alone, with the numbers that `analyse` finds for the same seed."""
    _, sites, costs = places_and_costs(dataset)
    return office_impact(
        dataset,
        sites,
        effective_costs(costs, settings=dataset.settings),
        rounding_base=rounding_base,
        rng=named_stream(rng, "impact"),
    )


def analyse_people(
    dataset: Dataset,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    impact: ImpactResult,
    forecasts: pd.DataFrame | None = None,
    rounding_base: int,
) -> PeopleAnalysis:
    """Audience, series, working days, and saved forecasts of a dataset."""
    areas, events, counts, settings = dataset.areas, dataset.events, dataset.counts, dataset.settings
    people = dataset.applicants
    held = held_popups(events)
    days = None
    office = dataset.office_people()
    months = held["date"].dt.to_period("M").dt.to_timestamp()
    if len(held) and (office is None or months.between(office["month"].min(), office["month"].max()).any()):
        days = working_days(
            areas=areas,
            sites=sites,
            events=events,
            counts=counts,
            costs=costs,
            office=office,
            settings=settings,
            rounding_base=rounding_base,
        )
    saved = None
    if forecasts is not None and len(forecasts):
        saved = compare_saved_forecasts(
            forecasts,
            areas=areas,
            events=events,
            counts=counts,
            outside=dataset.outside,
            unplaced=dataset.unplaced,
            settings=settings,
            rounding_base=rounding_base,
        )
    return PeopleAnalysis(
        audience=audience(
            people, areas=areas, sites=sites, events=events, costs=costs, settings=settings, rounding_base=rounding_base
        ),
        series=compare_series(
            people,
            areas=areas,
            sites=sites,
            events=events,
            counts=counts,
            costs=costs,
            settings=settings,
            rounding_base=rounding_base,
        ),
        working_days=days,
        impact=impact,
        saved=saved,
    )


# --- What would be proposed if an announced event were cancelled.


@dataclass(frozen=True, kw_only=True, eq=False)
class CancelledEvents:
    """The ranking without each announced event in turn, made when first asked for."""

    announced: pd.DataFrame
    incremental: IncrementalAttendance
    dataset: Dataset
    sites: pd.DataFrame
    costs: pd.DataFrame
    interest: InterestResult
    days: pd.DataFrame
    basis: DecisionBasis

    @cached_property
    def proposals(self) -> pd.DataFrame:
        """What would be proposed without each event: its day is free again, and so are its people. Index `event_id`, by
        day; `site_id`, `name`, `date` of the event, `recommended` and `recommended_name` of the place that would be
        proposed (None and '' where none may be visited)."""
        given = self.announced[self.announced["site_id"].isin(self.incremental.site_ids)]
        given = given.sort_values(["date", "site_id"], kind="stable")
        rows = []
        for event_id, site, date in zip(given.index, given["site_id"], given["date"], strict=True):
            proposed = self._ranked_without(str(event_id), given).recommended
            name = "" if proposed is None else str(self.sites["name"][proposed])
            rows.append((event_id, site, self.sites["name"][site], date, proposed, name))
        columns = ["event_id", "site_id", "name", "date", "recommended", "recommended_name"]
        return pd.DataFrame(rows, columns=columns).set_index("event_id")

    def _ranked_without(self, event_id: str, given: pd.DataFrame) -> RankingResult:
        areas, settings, forecast = self.dataset.areas, self.dataset.settings, self.incremental.forecast
        events = self.dataset.events.drop(index=event_id)
        free = free_days_by_site(self.sites.loc[forecast.site_ids], events, self.days, settings=settings)
        without = incremental_attendance(
            forecast,
            self.incremental.displacement,
            inside=areas["in_jurisdiction"].astype(bool),
            days=proposed_days(free, forecast.site_ids, settings=settings),
            announced=given.drop(index=event_id),
        )
        return rank_sites(
            without,
            areas=areas,
            sites=self.sites,
            question=RankingQuestion(
                interest=self.interest,
                service_days=self.days,
                minutes=self.basis.minutes,
                weights=self.basis.weights,
                settings=settings,
            ),
            events=events,
            costs=self.costs,
        )


# --- The whole chain for one dataset: from its frames to the ranking, once, for the report and the commands.


STEPS = ("travel", "reach", "coverage", "need", "forecast", "impact", "back-test", "ranking")
"""The steps of `analyse`, as given to its `progress`."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Analysis:
    """Every result the report, the commands and the notebooks show, computed from one dataset.

    All numbers of people are derived from counts rounded to `rounding_base` (1: exact, for inside use only).

    Attributes
    ----------
    dataset, settings, as_of, rounding_base
        What was asked of what, on which day.
    ledger
        The dataset's, with rows of people rounded: as it may be shown where this analysis is.
    sites, costs, days
        Places (those added for interest too), travel costs, and the days ahead.
    came, reach, reach_by_kabupaten, catchment
        What happened: everybody by event (`attendance_by_event`), and those whose place is known by area.
    coverage
        By threshold, in the unit of `settings.travel_measure`: residents within reach of a service point.
    need, interest
        Who is not reached, and who asked.
    turnout, forecast, displacement, incremental, ranking
        What past events taught, what to expect, who would have come to the office anyway, what a pop-up adds, and which
        place is next.
    impact
        Whether applicants are missing at the office after pop-ups.
    forecasts
        Forecasts saved before; None where none was given.
    backtest
        How the forecast did on past events it had not seen; None where that was not asked.
    scheduled
        Planned pop-ups after as_of: index `event_id`; `site_id`, `date`.
    planned
        The next events together, with their days, who is reached, and what fairness costs.
    cancelled
        What would be proposed if an announced event were cancelled.
    changes
        What moved since the last decision; None where none was given.
    """

    dataset: Dataset
    settings: Settings
    as_of: dt.date
    rounding_base: int
    ledger: IntakeLedger
    sites: pd.DataFrame
    costs: pd.DataFrame
    days: pd.DataFrame
    came: pd.DataFrame
    reach: ReachResult
    reach_by_kabupaten: ReachResult
    catchment: CatchmentResult
    coverage: dict[float, CoverageResult]
    need: NeedResult
    interest: InterestResult
    turnout: TurnoutResult
    forecast: Forecast
    displacement: DisplacementResult
    backtest: BacktestResult | None
    incremental: IncrementalAttendance
    ranking: RankingResult
    impact: ImpactResult
    forecasts: pd.DataFrame | None
    scheduled: pd.DataFrame
    planned: PlanAnalysis
    cancelled: CancelledEvents
    changes: RankingChanges | None

    @cached_property
    def hypotheses(self) -> HypothesesResult | None:
        """The plan under each hypothesis on displacement, and the fact that would change it most; None without a plan.

        What follows the office's share of demand is a hypothesis only where there are office figures.
        """
        question, plan = self.planned.question, self.planned.plan
        if plan.status == "infeasible":
            return None
        effective = effective_costs(self.costs, settings=self.settings)
        displacements: dict[Hypothesis, DisplacementResult] = {
            name: displacement_of_dataset(
                self.dataset,
                self.sites,
                effective,
                need=self.need,
                impact=self.impact,
                hypothesis=name,
                n_draws=self.incremental.n_draws,
                rng=question.rng,
            )
            for name in HYPOTHESES
            if name != "learned" and (name != "office_share" or self.displacement.office_share_used)
        }
        return question.hypotheses(plan, displacements, _comers(self.dataset))

    @cached_property
    def people(self) -> PeopleAnalysis:
        """Whom pop-ups reach, and whether the office misses them."""
        return analyse_people(
            self.dataset,
            self.sites,
            self.costs,
            impact=self.impact,
            forecasts=self.forecasts,
            rounding_base=self.rounding_base,
        )


def analyse(
    dataset: Dataset,
    *,
    internal: bool = False,
    n_draws: int = 2000,
    with_backtest: bool = False,
    cache: Path | None = None,
    options: PlanOptions | None = None,
    decision: Decision | None = None,
    forecasts: pd.DataFrame | None = None,
    rng: np.random.Generator,
    progress: Callable[[int, int, str], None] | None = None,
) -> Analysis:
    """Run the chain: travel, reach, coverage, need, interest, turnout, increment, ranking, plan.

    Parameters
    ----------
    dataset
        From `read_dataset`.
    internal
        True leaves numbers of people exact; what is made from it must not leave the office.
    n_draws
        Draws of the forecast.
    with_backtest
        Also forecast every past event from the others, which takes some ten seconds for thirty events.
    cache
        Folder for back-tests by content; None: nothing is kept.
    options
        What is asked of the plan; None: as the settings say.
    decision
        The last decision, with which the ranking is compared.
    forecasts
        Forecasts saved before, from `saved_forecasts`.
    rng
        Source of randomness.
    progress
        Called as progress(done, total, step) before each step of `STEPS`, and before each table asked of a travel
        server.

    Returns
    -------
    Analysis

    Raises
    ------
    ValueError
        Where the dataset holds no candidate place, or `options` ask for what `plan_next` refuses.
    TravelServerError
        Where a travel server is set and gives no answer, unless the settings say to go on with the estimate.
    """

    def begin(step: str) -> None:
        if progress is not None:
            progress(STEPS.index(step), len(STEPS), step)

    settings, areas, events, counts = dataset.settings, dataset.areas, dataset.events, dataset.counts
    as_of = settings.as_of
    if as_of is None:
        raise RequestError("the dataset has no day of the question; read it with read_dataset")
    base = 1 if internal else settings.rounding_base
    begin("travel")
    interest, sites, costs = places_and_costs(dataset, progress)
    candidates = sites[~sites["kind"].isin(SITE_KINDS_FIXED)]
    if candidates.empty:
        raise RequestError("sites.csv holds no place that a pop-up could visit; add candidates")
    effective = effective_costs(costs, settings=settings)
    days = service_days(as_of + dt.timedelta(1), as_of + dt.timedelta(settings.horizon_days), settings=settings)
    measured = _measures(dataset, sites, costs, as_of=as_of, rounding_base=base, begin=begin)
    begin("forecast")
    turnout = fit_turnout(
        areas=areas,
        sites=sites,
        events=events,
        counts=counts,
        costs=effective,
        question=TurnoutQuestion(interest=dataset.interest, office_monthly=dataset.office_people(), settings=settings),
        rng=named_stream(rng, "turnout"),
    )
    proposed = proposed_days(
        free_days_by_site(candidates, events, days, settings=settings), candidates.index, settings=settings
    )
    forecast = turnout.forecast(
        sites=candidates, costs=effective, days=proposed, n_draws=n_draws, rng=named_stream(rng, "forecast")
    )
    begin("impact")
    impact = office_impact(dataset, sites, effective, rounding_base=base, rng=named_stream(rng, "impact"))
    displacement = displacement_of_dataset(
        dataset, sites, effective, need=measured["need"], impact=impact, n_draws=n_draws, rng=rng
    )
    begin("back-test")
    backtested = run_backtest(dataset, sites=sites, costs=effective, cache=cache, rng=rng) if with_backtest else None
    begin("ranking")
    planned = planned_popups(events).sort_values("date")
    planned = planned[planned["date"] > pd.Timestamp(as_of)]
    unmet = measured["need"].by_area
    asked: dict[str, Any] = {
        "need": unmet.loc[unmet["in_jurisdiction"], "need"],
        "interest": interest,
        "days": days,
        "announced": planned,
        "options": options,
    }
    incremental, ranking, together = rank_and_plan(forecast, displacement, dataset, sites, costs, **asked, rng=rng)
    return Analysis(
        dataset=dataset,
        settings=settings,
        as_of=as_of,
        rounding_base=base,
        ledger=rounded_ledger(dataset, rounding_base=base),
        sites=sites,
        costs=costs,
        days=days,
        interest=interest,
        **measured,
        turnout=turnout,
        forecast=forecast,
        displacement=displacement,
        backtest=backtested,
        incremental=incremental,
        ranking=ranking,
        impact=impact,
        forecasts=forecasts,
        scheduled=planned[["site_id", "date"]],
        planned=together,
        cancelled=CancelledEvents(
            announced=planned[["site_id", "date"]],
            incremental=incremental,
            dataset=dataset,
            sites=sites,
            costs=costs,
            interest=interest,
            days=days,
            basis=together.basis,
        ),
        changes=None if decision is None else changes_since(decision, ranking),
    )


def run_backtest(
    dataset: Dataset,
    *,
    sites: pd.DataFrame | None = None,
    costs: pd.DataFrame | None = None,
    cache: Path | None = None,
    rng: np.random.Generator,
) -> BacktestResult:
    """The back-test of a dataset, as `analyse` and the `backtest` command make it.

    Parameters
    ----------
    dataset
        From `read_dataset`.
    sites, costs
        Places, those added for interest too, and travel costs as felt (`effective_costs`); None: computed.
    cache
        Folder for results by content; None: nothing is kept.
    rng
        Source of randomness.

    Returns
    -------
    BacktestResult

    Raises
    ------
    ValueError
        As `backtest`.
    """
    if sites is None or costs is None:
        _, sites, costs = places_and_costs(dataset, None)
        costs = effective_costs(costs, settings=dataset.settings)
    return backtest(
        areas=dataset.areas,
        sites=sites,
        events=dataset.events,
        counts=dataset.counts,
        costs=costs,
        question=BacktestQuestion(
            interest=dataset.interest, office_monthly=dataset.office_people(), settings=dataset.settings, cache=cache
        ),
        rng=named_stream(rng, "back-test"),
    )


def displacement_of_dataset(
    dataset: Dataset,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    need: NeedResult,
    impact: ImpactResult | None,
    hypothesis: Hypothesis = "learned",
    n_draws: int = 2000,
    rng: np.random.Generator,
) -> DisplacementResult:
    """Displacement over the areas of a dataset, by all the evidence it holds, as `analyse` takes it."""
    areas, settings = dataset.areas, dataset.settings
    points = service_points_on(sites=sites, events=dataset.events, as_of=need.as_of, settings=settings)
    fixed = points.index[points == "fixed"]
    nearest = costs[costs["site_id"].isin(fixed)].groupby("area_id")["km"].min().reindex(areas.index)
    return estimate_displacement(
        nearest.fillna(np.inf),
        areas["population"],
        evidence=DisplacementEvidence(
            office_share=need.office_share, answers=dataset.answers, impact=impact, comers=_comers(dataset)
        ),
        hypothesis=hypothesis,
        n_draws=n_draws,
        rng=named_stream(rng, "displacement"),
    )


def _comers(dataset: Dataset) -> pd.Series:
    """People who came to past pop-ups, by area."""
    return dataset.counts.groupby("area_id")["applicants"].sum()


def _measures(
    dataset: Dataset,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    as_of: dt.date,
    rounding_base: int,
    begin: Callable[[str], None],
) -> dict[str, Any]:
    """What happened and who is not reached, by the names these have in an `Analysis`."""
    settings, areas, events, counts = dataset.settings, dataset.areas, dataset.events, dataset.counts
    begin("reach")
    came = attendance_by_event(dataset, rounding_base=rounding_base)
    known: dict[str, Any] = {"placed_share": came["placed_share"], "rounding_base": rounding_base}
    found: dict[str, Any] = {
        "came": came,
        "reach": reach_rate(areas=areas, counts=counts, **known),
        "reach_by_kabupaten": reach_rate(areas=areas, counts=counts, by="kabupaten", **known),
        "catchment": catchment(
            areas=areas,
            sites=sites,
            events=events,
            counts=counts,
            costs=costs,
            outside=dataset.outside,
            rounding_base=rounding_base,
        ),
    }
    begin("coverage")
    points = service_points_on(sites=sites, events=events, as_of=as_of, settings=settings)
    thresholds = {f"thresholds_{settings.travel_measure}": (*settings.shown_thresholds, settings.service_threshold)}
    found["coverage"] = coverage_at_thresholds(areas=areas, costs=costs, service_points=points, **thresholds)
    begin("need")
    found["need"] = unmet_need(
        areas=areas, events=events, counts=counts, office=dataset.office_people(), settings=settings, **known
    )
    return found
