"""From applicants to counts: by event and area, outsiders apart, and the share that could be placed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.intake.places import OUTSIDE, PLACED, Places

OFFICE = "OFFICE"
"""Event of applicants who came to the office itself."""


def counts_by_event(applicants: pd.DataFrame, events: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Applicants by held event and area.

    Every held event with every kecamatan, zero-filled, in the order of events and areas; then the kabupaten of
    those known to kabupaten level only, where there are any. desa are counted at their kecamatan.

    Returns
    -------
    DataFrame
        event_id, area_id, applicants (people, int >= 0); one row an event and area.
    """
    held = events.index[events["status"] == "held"]
    ours = applicants.loc[applicants["event_id"].isin(held), ["event_id", "area_id", "origin_level"]]
    kecamatan = ours[ours["origin_level"].isin(PLACED)]
    kecamatan = kecamatan.assign(area_id=places.kecamatan_of(kecamatan["area_id"]))
    coarse = ours[ours["origin_level"] == "kabupaten"]
    every = pd.MultiIndex.from_product([held, places.areas.index], names=["event_id", "area_id"])
    counted = kecamatan.groupby(["event_id", "area_id"]).size().reindex(every, fill_value=0)
    known_coarsely = coarse.groupby(["event_id", "area_id"]).size()
    both = pd.concat([counted, known_coarsely]) if len(known_coarsely) else counted
    return both.rename("applicants").reset_index().astype({"applicants": "int64", "event_id": "str", "area_id": "str"})


def count_outsiders(applicants: pd.DataFrame) -> pd.DataFrame:
    """Applicants of pop-ups from outside the province: event_id, place, applicants (people); sorted."""
    away = applicants[applicants["origin_level"].isin(OUTSIDE) & (applicants["event_id"] != OFFICE)]
    counted = away.groupby(["event_id", "place"]).size().rename("applicants").reset_index()
    return counted.astype({"event_id": "str", "place": "str", "applicants": "int64"})


def count_unplaced(applicants: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """People of held events who count in no area and from no place outside: event_id, applicants; sorted.

    They wait for review, or the office decided that nobody can tell where they live. They came all the same: together
    with `counts_by_event` and `count_outsiders` they are everybody.
    """
    held = events.index[events["status"] == "held"]
    somewhere = applicants["origin_level"].isin((*PLACED, "kabupaten", *OUTSIDE))
    unknown = applicants[~somewhere & applicants["event_id"].isin(held)]
    counted = unknown.groupby("event_id").size().rename("applicants").reset_index()
    return counted.astype({"event_id": "str", "applicants": "int64"})


def placed_shares(applicants: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    """Share of an event's applicants, known outsiders left out, whose kecamatan is known.

    Returns
    -------
    Series
        Index of `events`, in [0, 1]; NaN for events not held and where all came from outside.
    """
    people, placed = (
        applicants.loc[chosen, ["event_id"]].groupby("event_id").size().reindex(events.index, fill_value=0)
        for chosen in (~applicants["origin_level"].isin(OUTSIDE), applicants["origin_level"].isin(PLACED))
    )
    share = placed / people.where(people > 0)
    return share.where(events["status"] == "held", np.nan).astype(float).rename("placed_share")


def office_by_month(applicants: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    """OFFICE rows as month, area_id, applicants; those known to kabupaten level stand under the kabupaten."""
    office = applicants[(applicants["event_id"] == OFFICE) & applicants["area_id"].notna()]
    above = enclosing_area(office["area_id"], areas)
    months = office["service_date"].dt.to_period("M").dt.to_timestamp().dt.as_unit("s")
    rows = pd.DataFrame({"month": months, "area_id": above.where(above.notna(), office["area_id"])})
    counted = rows.groupby(["month", "area_id"]).size().rename("applicants").reset_index()
    return counted.astype({"applicants": "int64"})
