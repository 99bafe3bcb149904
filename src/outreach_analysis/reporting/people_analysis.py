"""What is known of people: whom pop-ups reach, on which days, in which series, whether the office misses them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import held_popups
from outreach_analysis.geography.travel_measure import effective_costs
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.measures.audience import AudienceResult, audience
from outreach_analysis.measures.series import SeriesResult, compare_series
from outreach_analysis.measures.working_days import WorkingDaysResult, working_days
from outreach_analysis.models.impact import ImpactResult, estimate_impact
from outreach_analysis.models.saved_forecasts import SavedForecastsResult, compare_saved_forecasts
from outreach_analysis.reporting.places import places_and_costs
from outreach_analysis.streams import named_stream


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeopleAnalysis:
    """Results on people for the report, the commands and the notebooks.

    Attributes
    ----------
    audience, series
        Whom pop-ups reach, and series of them side by side.
    working_days
        None where no event was held in months that are known.
    impact
        Whether applicants are missing at the office after pop-ups.
    saved
        Saved forecasts against what came; None where none was given.
    """

    audience: AudienceResult
    series: SeriesResult
    working_days: WorkingDaysResult | None
    impact: ImpactResult
    saved: SavedForecastsResult | None


def office_impact(
    dataset: Dataset, sites: pd.DataFrame, costs: pd.DataFrame, *, rounding_base: int, rng: np.random.Generator
) -> ImpactResult:
    """The impact of a dataset's pop-ups on its office, as `analyse` and the `impact` command estimate it.

    Parameters
    ----------
    dataset
        From `read_dataset`.
    sites, costs
        Places and travel costs.
    rounding_base
        Base to which numbers of people are rounded.
    rng
        Source of randomness.
    """
    return estimate_impact(
        dataset.office_people(),
        dataset.counts,
        dataset.events,
        sites,
        dataset.areas,
        costs,
        settings=dataset.settings,
        rounding_base=rounding_base,
        rng=rng,
    )


def impact_of_dataset(dataset: Dataset, *, rounding_base: int, rng: np.random.Generator) -> ImpactResult:
    """The impact alone, with the numbers that `analyse` finds for the same seed.

    Parameters
    ----------
    dataset
        From `read_dataset`.
    rounding_base
        Base to which numbers of people are rounded.
    rng
        Source of randomness.
    """
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
    """Audience, series, working days, and saved forecasts of a dataset.

    Parameters
    ----------
    dataset
        From `read_dataset`.
    sites, costs
        Places and travel costs.
    impact
        From `office_impact`.
    forecasts
        From `saved_forecasts`; None or empty: none were saved.
    rounding_base
        Base to which numbers of people are rounded before anything is derived from them.
    """
    areas, events, counts, settings = dataset.areas, dataset.events, dataset.counts, dataset.settings
    people = dataset.applicants
    held = held_popups(events)
    days = None
    office = dataset.office_people()
    months = held["date"].dt.to_period("M").dt.to_timestamp()
    if len(held) and (office is None or months.between(office["month"].min(), office["month"].max()).any()):
        days = working_days(
            counts, areas, events, sites, costs, office=office, settings=settings, rounding_base=rounding_base
        )
    saved = None
    if forecasts is not None and len(forecasts):
        saved = compare_saved_forecasts(
            forecasts,
            events,
            counts,
            areas,
            outside=dataset.outside,
            unplaced=dataset.unplaced,
            settings=settings,
            rounding_base=rounding_base,
        )
    return PeopleAnalysis(
        audience=audience(people, areas, events, sites, costs, settings=settings, rounding_base=rounding_base),
        series=compare_series(
            people, counts, areas, events, sites, costs, settings=settings, rounding_base=rounding_base
        ),
        working_days=days,
        impact=impact,
        saved=saved,
    )
