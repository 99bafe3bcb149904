"""What would be proposed if an announced event were cancelled."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.decisions.eligibility import free_days_by_site, proposed_days
from outreach_analysis.decisions.increment import IncrementalAttendance, incremental_attendance
from outreach_analysis.decisions.ranking import rank_sites
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.reporting.decision_basis import DecisionBasis
from outreach_analysis.settings import Settings


def proposals_if_cancelled(
    incremental: IncrementalAttendance,
    announced: pd.DataFrame,
    sites: pd.DataFrame,
    areas: pd.DataFrame,
    events: pd.DataFrame,
    *,
    costs: pd.DataFrame,
    interest: InterestResult | None,
    days: pd.DataFrame,
    basis: DecisionBasis,
    settings: Settings,
) -> pd.DataFrame:
    """Rank anew without each announced event in turn: its day is free again, and so are its people.

    Parameters
    ----------
    incremental
        What was ranked: its forecast and displacement are taken.
    announced
        Index `event_id`; `site_id`, `date`: the events taken as given.
    sites, areas, events, costs, interest
        As in `rank_sites`.
    days
        Its `service_days`.
    basis
        The team's way and the weights of the ranking.
    settings
        With `as_of` set.

    Returns
    -------
    DataFrame
        See `PlanAnalysis.if_cancelled`.
    """
    forecast = incremental.forecast
    rows = []
    for event_id, event in announced.sort_values(["date", "site_id"], kind="stable").iterrows():
        others = events.drop(index=event_id)
        free = free_days_by_site(sites.loc[forecast.site_ids], others, days, settings=settings)
        without = incremental_attendance(
            forecast,
            incremental.displacement,
            inside=areas["in_jurisdiction"].astype(bool),
            days=proposed_days(free, forecast.site_ids, settings=settings),
            announced=announced.drop(index=event_id),
        )
        ranking = rank_sites(
            without,
            sites,
            areas,
            interest=interest,
            events=others,
            costs=costs,
            service_days=days,
            minutes=basis.minutes,
            weights=basis.weights,
            settings=settings,
        )
        proposed = ranking.recommended
        name = "" if proposed is None else str(sites["name"][proposed])
        rows.append((event_id, event["site_id"], sites["name"][event["site_id"]], event["date"], proposed, name))
    columns = ["event_id", "site_id", "name", "date", "recommended", "recommended_name"]
    return pd.DataFrame(rows, columns=columns).set_index("event_id")
