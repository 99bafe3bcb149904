"""What makes a request impossible, as a code with values; nothing is ever relaxed in silence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

CONFLICTS: MappingProxyType[str, str] = MappingProxyType(
    {
        "required_and_forbidden": "required and forbidden at once: {places}",
        "required_too_often": "required and scheduled visits are more than max_visits ({available}): {places}",
        "more_required_than_events": "{needed} required visits do not fit into {available} events",
        "too_few_places": "{needed} events need more visits than the candidate places allow ({available})",
        "no_allowed_day": "no free day of an allowed kind: {places}",
        "too_few_days": "{needed} events need more team days than there are ({available})",
        "too_few_days_for_places": "{needed} events at {places} share only {available} team days",
        "too_few_days_for_visits": "{needed} visits to {places} do not fit, min_gap_days apart ({available} would)",
        "rest_after_travel": "with the days of rest after long travel the events do not fit: {places}",
        "min_gap_days": "with min_gap_days between visits to one place the events do not fit: {places}",
        "days_together": "each rule can be met alone, but not all of them together: {places}",
        "over_budget": "no choice of places costs at most {available} rupiah together",
        "too_many_per_kabupaten": "no choice of places has at most {available} in each kabupaten",
        "area_unreachable": "no place serves the area within the limit: {places}",
        "too_few_sites": "{needed} sites are more than the {available} there are",
        "too_few_sites_to_serve_all": "{needed} sites are needed to serve every area; {available} were asked for",
        "more_existing_than_sites": "{needed} existing sites are more than the {available} sites asked for",
    }
)
"""Codes of impossible requests, each with its sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A constraint that no plan or schedule can meet.

    Attributes
    ----------
    code
        Key of `CONFLICTS`.
    places
        Ids of the places (or areas) it concerns; may be empty.
    needed, available
        What was asked for and what there is (events, visits or team days); None where a count says nothing.

    Examples
    --------
    >>> print(Conflict(code="too_few_days", needed=8, available=6))
    8 events need more team days than there are (6)
    """

    code: str
    places: tuple[str, ...] = ()
    needed: int | None = None
    available: int | None = None

    def __str__(self) -> str:
        places = ", ".join(self.places)
        return CONFLICTS[self.code].format(places=places, needed=self.needed, available=self.available)


def conflicts_frame(conflicts: Iterable[Conflict]) -> pd.DataFrame:
    """Conflicts as a table: `code, places, needed, available, problem`, one row each."""
    columns = ["code", "places", "needed", "available", "problem"]
    rows = [(c.code, c.places, c.needed, c.available, str(c)) for c in conflicts]
    return pd.DataFrame(rows, columns=columns).astype({"needed": "Int64", "available": "Int64"})
