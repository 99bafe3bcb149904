"""From applicants to counts: by event and area, outsiders apart, and the share that could be placed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import is_popup, popups_that_took_place, took_place
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.intake.places import OUTSIDE, PLACED, Places

OFFICE = "OFFICE"
"""Event of applicants who came to the office itself."""


def counts_by_event(applicants: pd.DataFrame, events: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Applicants by pop-up that took place and area.

    Every such event with every kecamatan, zero-filled, in the order of events and areas; then the kabupaten of those
    known to kabupaten level only, where there are any. desa are counted at their kecamatan. People of openings at the
    office are the office's (`office_by_month`).

    Returns
    -------
    DataFrame
        event_id, area_id, applicants (people, int >= 0); one row an event and area.
    """
    held = popups_that_took_place(events).index
    ours = applicants.loc[applicants["event_id"].isin(held), ["event_id", "area_id", "origin_level"]]
    kecamatan = ours[ours["origin_level"].isin(PLACED)]
    kecamatan = kecamatan.assign(area_id=places.kecamatan_of(kecamatan["area_id"]))
    coarse = ours[ours["origin_level"] == "kabupaten"]
    every = pd.MultiIndex.from_product([held, places.areas.index], names=["event_id", "area_id"])
    counted = kecamatan.groupby(["event_id", "area_id"]).size().reindex(every, fill_value=0)
    known_coarsely = coarse.groupby(["event_id", "area_id"]).size()
    both = pd.concat([counted, known_coarsely]) if len(known_coarsely) else counted
    return both.rename("applicants").reset_index().astype({"applicants": "int64", "event_id": "str", "area_id": "str"})


def count_answers(applicants: pd.DataFrame, events: pd.DataFrame, places: Places) -> pd.DataFrame:
    """Answers to the desk question by held event and area, of people whose lists have the question.

    Areas are those of `counts_by_event`: kecamatan, and the kabupaten of those known to kabupaten level only. Left out
    are people from outside the province and those whose origin nobody knows: their answer tells of no area. A person
    who answers at several events counts at the first, by day, and then by the order of the lists.

    Returns
    -------
    DataFrame
        event_id, area_id, yes, no, unsure, asked (people, int >= 0): `asked` are those whom the list could have asked,
        so that asked - yes - no - unsure gave no answer. Only events and areas with somebody asked; sorted by event,
        then area.
    """
    held = popups_that_took_place(events).index
    asked = applicants["asked"] & applicants["event_id"].isin(held)
    ours = applicants[asked & applicants["origin_level"].isin([*PLACED, "kabupaten"])]
    placed = ours["origin_level"].isin(PLACED)
    area_ids = pd.concat([places.kecamatan_of(ours.loc[placed, "area_id"]), ours.loc[~placed, "area_id"]])
    answered = ours[(ours["would_have_come"] != "") & ours["person_key"].notna()]
    again = answered.sort_values("service_date", kind="stable").duplicated("person_key")
    once = ours.assign(area_id=area_ids).drop(index=again.index[again])
    said = {answer: once["would_have_come"] == answer for answer in ("yes", "no", "unsure")}
    rows = once[["event_id", "area_id"]].assign(**said, asked=True)
    counted = rows.groupby(["event_id", "area_id"], as_index=False).sum()
    return counted.astype(no_answers().dtypes.to_dict())[list(no_answers())]


def no_answers() -> pd.DataFrame:
    """Answers of an office that never asked: the columns of `count_answers`, no row."""
    kinds = {"event_id": "str", "area_id": "str", "yes": "int64", "no": "int64", "unsure": "int64", "asked": "int64"}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in kinds.items()})


def count_outsiders(applicants: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Applicants of pop-ups from outside the province: event_id, place, applicants (people); sorted."""
    popups = popups_that_took_place(events).index
    away = applicants[applicants["origin_level"].isin(OUTSIDE) & applicants["event_id"].isin(popups)]
    counted = away.groupby(["event_id", "place"]).size().rename("applicants").reset_index()
    return counted.astype({"event_id": "str", "place": "str", "applicants": "int64"})


def count_unplaced(applicants: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """People of held events who count in no area and from no place outside: event_id, applicants; sorted.

    They wait for review, or the office decided that nobody can tell where they live. They came all the same: together
    with `counts_by_event` and `count_outsiders` they are everybody.
    """
    held = popups_that_took_place(events).index
    somewhere = applicants["origin_level"].isin((*PLACED, "kabupaten", *OUTSIDE))
    unknown = applicants[~somewhere & applicants["event_id"].isin(held)]
    counted = unknown.groupby("event_id").size().rename("applicants").reset_index()
    return counted.astype({"event_id": "str", "applicants": "int64"})


def placed_shares(applicants: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    """Share of an event's applicants, known outsiders left out, whose kecamatan is known.

    Returns
    -------
    Series
        Index of `events`, in [0, 1]; NaN for events that are no pop-ups, for those that did not take place, and where
        all came from outside.
    """
    people, placed = (
        applicants.loc[chosen, ["event_id"]].groupby("event_id").size().reindex(events.index, fill_value=0)
        for chosen in (~applicants["origin_level"].isin(OUTSIDE), applicants["origin_level"].isin(PLACED))
    )
    share = placed / people.where(people > 0)
    return share.where(took_place(events) & is_popup(events), np.nan).astype(float).rename("placed_share")


def office_by_month(applicants: pd.DataFrame, areas: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Rows of OFFICE and of openings at the office as month, area_id, applicants.

    Those known to kabupaten level stand under the kabupaten.
    """
    at_office = applicants["event_id"].isin([OFFICE, *events.index[~is_popup(events)]])
    office = applicants[at_office & applicants["area_id"].notna()]
    above = enclosing_area(office["area_id"], areas)
    months = office["service_date"].dt.to_period("M").dt.to_timestamp().dt.as_unit("s")
    rows = pd.DataFrame({"month": months, "area_id": above.where(above.notna(), office["area_id"])})
    counted = rows.groupby(["month", "area_id"]).size().rename("applicants").reset_index()
    return counted.astype({"applicants": "int64"})
