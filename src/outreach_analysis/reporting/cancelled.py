"""What would be proposed if an announced event were cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from outreach_analysis.decisions.eligibility import free_days_by_site, proposed_days
from outreach_analysis.decisions.increment import IncrementalAttendance, incremental_attendance
from outreach_analysis.decisions.ranking import RankingResult, rank_sites
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.reporting.decision_basis import DecisionBasis


@dataclass(frozen=True, kw_only=True, eq=False)
class CancelledEvents:
    """The ranking without each announced event in turn, made when first asked for.

    Attributes
    ----------
    announced
        Index `event_id`; `site_id`, `date`: the events taken as given.
    incremental
        What was ranked: its forecast and displacement are taken.
    dataset
        Its areas, events and settings.
    sites, costs, interest, days
        As in `rank_sites`; `days` are its `service_days`.
    basis
        The team's way and the weights of the ranking.
    """

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
        """What would be proposed without each event: its day is free again, and so are its people.

        Index `event_id`, by day; `site_id`, `name`, `date` of the event, `recommended` and `recommended_name` of the
        place that would be proposed (None and '' where none may be visited).
        """
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
            self.sites,
            areas,
            interest=self.interest,
            events=events,
            costs=self.costs,
            service_days=self.days,
            minutes=self.basis.minutes,
            weights=self.basis.weights,
            settings=settings,
        )
