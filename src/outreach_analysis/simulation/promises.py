"""Invented interest registrations: promises that led to an event, and those still open on the day asked."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import is_popup
from outreach_analysis.simulation.truth import Truth

COLUMNS = ("date", "area_id", "people", "source", "group", "person", "event_id")
_SINGLE_SOURCES = ("Instagram", "WhatsApp", "Loket kantor", "Facebook")
_GROUP_OF_KIND = {"kecamatan": "Camat", "desa": "Kepala desa", "pesantren": "Pondok pesantren"}
_FEWEST_OF_A_PROMISE = 10


class _Open(NamedTuple):
    """Interest of one area: distinct single persons, group promises, and when.

    `repeated` persons register again with their phone written otherwise, `lapsed` ones registered too long ago,
    and `shared` ones stand in the entry before too: at the desa and at its kecamatan.
    """

    area_id: str
    singles: int
    groups: tuple[tuple[str, int], ...] = ()
    days_ago: tuple[int, int] = (5, 150)
    repeated: int = 0
    lapsed: int = 0
    shared: int = 0


_OPEN = (
    _Open("64.02.13", 19, (("Kelurahan Handil Baru", 15),)),
    _Open("64.02.07", 27),
    _Open("64.02.11", 20),
    _Open("64.02.04.2006", 23),
    _Open("64.02.04", 6, shared=4),
    _Open("64.02.17", 18),
    _Open("64.08.13", 20, repeated=3),
    _Open("64.11.01", 16, lapsed=9),
    _Open("64.08.09", 0, lapsed=32),
    _Open("64.02.10", 12),
    _Open("64.07.06", 0, (("Pondok Pesantren Sabilul Sendawar", 40),)),
    _Open("64.72.01", 22, days_ago=(5, 90)),
    _Open("64.02.16.2005", 20),
    _Open("64.08.02", 9, (("PT Kebun Wahau Lestari", 25),)),
)
_LAPSED_DAYS = (190, 330)


def draw_interest(
    counts: pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    as_of: pd.Timestamp,
    truth: Truth,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Draw who registered an interest.

    Promises before a held event away from malls and campuses are made to fit what came: for the two areas
    with the most people at the event, N each, N / s were promised, s beta distributed with mean
    `Truth.shows_up_mean` and standard deviation `Truth.shows_up_sd`. Areas of fewer than ten people promised
    nothing; some promises are below the office's rule, and the visit took place all the same. Turnout itself
    does not depend on them.

    Parameters
    ----------
    counts
        event_id, area_id (kecamatan), applicants who came.
    events
        Index event_id; site_id, date, status.
    sites
        Index site_id; kind, area_id.
    as_of
        Day the question is asked; open registrations count back from it.
    truth, rng
        Parameters and source of randomness.

    Returns
    -------
    DataFrame
        date, area_id (kecamatan or desa), people, source, group (bool), person (a phone as written, '' for
        groups), event_id ('' where it led to none yet); by date.
    """
    phones = (f"08100{9_000_000 + number:07d}" for number in range(100_000))
    rows: list[dict[str, Any]] = []
    common = truth.shows_up_mean * (1 - truth.shows_up_mean) / truth.shows_up_sd**2 - 1
    for event in _promising(counts, events, sites).to_dict("records"):
        share = rng.beta(truth.shows_up_mean * common, (1 - truth.shows_up_mean) * common)
        promised = max(round(event["applicants"] / share), 2)
        group = ((_GROUP_OF_KIND[event["kind"]], promised // 2),)
        promise = _Open(event["area_id"], promised - promised // 2, group, (10, 80))
        rows += _registrations(promise, event["date"], event["event_id"], phones, rng)
    for promise in _OPEN:
        before = [row["person"] for row in rows[len(rows) - promise.shared :]]
        rows += _registrations(promise, as_of, "", itertools.chain(before, phones), rng)
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    return frame.sort_values("date", kind="stable", ignore_index=True)


def _promising(counts: pd.DataFrame, events: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Events and areas that promised before: event_id, area_id, applicants who came, date, kind of place."""
    places = sites["kind"].reindex(events["site_id"]).to_numpy()
    held = events.assign(kind=places)[["date", "kind"]][((events["status"] == "held") & is_popup(events)).to_numpy()]
    held = held[held["kind"].isin(_GROUP_OF_KIND)]
    largest = counts.sort_values("applicants", ascending=False, kind="stable").groupby("event_id").head(2)
    enough = largest[largest["applicants"] >= _FEWEST_OF_A_PROMISE]
    found = held.reset_index(names="event_id").merge(enough, on="event_id", validate="one_to_many")
    return found[["event_id", "area_id", "applicants", "date", "kind"]]


def _registrations(
    promise: _Open, until: pd.Timestamp, event_id: str, phones: Iterator[str], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Rows of one area's interest; some persons register twice, their phone written in two ways."""

    def row(days: tuple[int, int], people: int, source: str, person: str) -> dict[str, Any]:
        date = until - pd.Timedelta(days=int(rng.integers(days[0], days[1])))
        values = (date, promise.area_id, people, source, not person, person, event_id)
        return dict(zip(COLUMNS, values, strict=True))

    def source() -> str:
        return str(_SINGLE_SOURCES[rng.integers(len(_SINGLE_SOURCES))])

    rows = [row(promise.days_ago, people, name, "") for name, people in promise.groups]
    persons = [next(phones) for _ in range(promise.singles)]
    rows += [row(promise.days_ago, 1, source(), person) for person in persons]
    rows += [row(promise.days_ago, 1, source(), _other_format(phone)) for phone in persons[: promise.repeated]]
    rows += [row(_LAPSED_DAYS, 1, source(), next(phones)) for _ in range(promise.lapsed)]
    return rows


def _other_format(phone: str) -> str:
    """The same phone as another clerk writes it."""
    return f"+62 {phone[1:4]}-{phone[4:8]}-{phone[8:]}"
