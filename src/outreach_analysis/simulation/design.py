"""The sample's places and calendar: where the invented office may go, where it went, and when."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.settings import SITE_KINDS_FIXED

AS_OF = dt.date(2026, 11, 22)
"""The day the sample's question is asked: the last day of its data."""

SAMPLE_SEED = 1073
"""Seed of the stored sample: one of those with about 1,900 applicants, visits of 19 to 150 people, three sold out."""

FIRST_MONTH = dt.date(2024, 10, 1)
LAST_FULL_MONTH = dt.date(2026, 10, 1)
"""Office counts are handed in for whole months only, so the month of `AS_OF` is not there yet."""


class _Place(NamedTuple):
    """One row of the sites table; `shift` moves it from its area's seat (degrees) and makes it a given point."""

    site_id: str
    name: str
    kind: str
    area_id: str
    shift: tuple[float, float] | None = None
    capacity: int | None = None
    cost: int | None = None
    opened: str | None = None


_KECAMATAN_OFFICES = (
    "64.02.01", "64.02.02", "64.02.04", "64.02.05", "64.02.07", "64.02.08", "64.02.10", "64.02.11",
    "64.02.13", "64.02.14", "64.02.15", "64.02.16", "64.02.17", "64.07.06", "64.07.07", "64.07.15",
    "64.08.02", "64.08.04", "64.08.05", "64.08.09", "64.08.13", "64.11.01", "64.11.02", "64.72.01",
    "64.74.01", "64.74.02",
)  # fmt: skip
_DESA_HALLS = (
    "64.02.03.2007", "64.02.04.2006", "64.02.16.2001", "64.02.05.2001", "64.02.17.2002", "64.02.07.2008",
    "64.02.02.2003", "64.02.16.2007", "64.02.05.2007", "64.08.09.2001", "64.08.04.2012", "64.08.08.2007",
    "64.08.12.2001", "64.02.17.2001", "64.02.16.2004", "64.08.04.2011",
)  # fmt: skip
_OTHER_PLACES = (
    _Place("S01", "Mall Robinson", "mall", "64.72.09", (-0.0012, -0.0024), 150, 2_500_000),
    _Place("S02", "Mal Mahakam Raya", "mall", "64.72.08", (0.0041, 0.0019), 150, 2_500_000),
    _Place("S03", "Plaza Tepian Citra", "mall", "64.72.03", (0.0063, -0.0052), 150, 2_000_000),
    _Place("S04", "Pusat Belanja Sungai Kunjang", "mall", "64.72.06", (0.0035, -0.0101), None, 2_000_000),
    _Place("S05", "Etam Trade Center", "mall", "64.72.05", (0.0022, -0.0149), None, 2_000_000),
    _Place("S06", "Mal Harapan Baru", "mall", "64.72.10", None, 100),
    _Place("S07", "Plaza Bontang Lestari", "mall", "64.74.02", (-0.0061, 0.0044), 100, 2_000_000),
    _Place("S08", "Kampus Universitas Tepian Mahakam", "campus", "64.72.03.1008", (0.0, 0.0), 200, 1_000_000),
    _Place("S09", "Pondok Pesantren Nurul Tepian", "pesantren", "64.72.05.1003", (0.0071, 0.0032), 150),
    _Place("S10", "Pondok Pesantren Darul Mahakam", "pesantren", "64.02.16.2007", (0.0, 0.0)),
    _Place("S11", "Pondok Pesantren Al Kautsar Etam", "pesantren", "64.02.03.2001"),
    _Place("S12", "Pondok Pesantren Bustanul Hikmah", "pesantren", "64.72.07.1003", (0.0055, -0.0018)),
    _Place("S13", "Pondok Pesantren Miftahul Pesisir", "pesantren", "64.02.05.2007"),
    _Place("S14", "Pondok Pesantren Raudhatul Timur", "pesantren", "64.08.12.2001", (0.0, 0.0)),
    _Place("S15", "Pondok Pesantren Hidayatul Bontang", "pesantren", "64.74.03.1001"),
    _Place("S16", "Pondok Pesantren Sabilul Sendawar", "pesantren", "64.07.07"),
    _Place("S17", "Pondok Pesantren Asy-Syifa Loa Kulu", "pesantren", "64.02.02.2004", (-0.0021, 0.0034), 80),
    _Place("S18", "GOR Bontang Kuala", "other", "64.74.01.1001"),
)
_FIXED_POINTS = (
    _Place("P01", "Kantor Imigrasi Samarinda", "office", "64.72.03.1004", (0.0012, 0.0023), opened="02/01/1990"),
    _Place("P02", "MPP Kutai Kartanegara (Tenggarong)", "mpp", "64.02.06", (0.0042, 0.0117), 30, opened="10/01/2023"),
    _Place("P03", "UKK Sangatta", "ukk", "64.08.04", (-0.0035, 0.0131), 40, opened="02/03/2026"),
    _Place("P04", "Kantor Imigrasi Balikpapan", "other_office", "64.71.06", (0.0008, 0.0155), opened="02/01/1990"),
)
_KECAMATAN_CAPACITY = {"64.72.01": 100, "64.02.05": 100, "64.07.07": 60}
_DESA_CAPACITY = {"64.02.03.2007": 100, "64.02.04.2006": 60}

_EVENTS = (
    ("JB-2024-01", "2024-10-12", "S01", "Paspor Simpatik", None, "held"),
    ("JB-2024-02", "2024-11-06", "K12", "", None, "held"),
    ("JB-2024-03", "2024-11-23", "S09", "Eazy Passport", None, "held"),
    ("JB-2024-04", "2024-12-04", "K18", "", None, "held"),
    ("JB-2024-05", "2024-12-14", "K26", "", None, "held"),
    ("JB-2025-01", "2025-01-25", "S01", "Hari Bhakti 2025", None, "held"),
    ("JB-2025-02", "2025-01-27", "S02", "Hari Bhakti 2025", None, "held"),
    ("JB-2025-03", "2025-02-19", "K04", "", None, "held"),
    ("JB-2025-04", "2025-02-22", "K15", "", None, "held"),
    ("JB-2025-05", "2025-04-19", "K11", "Paspor Simpatik", None, "held"),
    ("JB-2025-06", "2025-05-21", "D01", "Eazy Passport", None, "held"),
    ("JB-2025-07", "2025-06-14", "S10", "Eazy Passport", None, "held"),
    ("JB-2025-08", "2025-07-12", "S01", "Paspor Simpatik", None, "held"),
    ("JB-2025-09", "2025-08-13", "K18", "", None, "held"),
    ("JB-2025-10", "2025-09-06", "S08", "", None, "held"),
    ("JB-2025-11", "2025-09-17", "K10", "", None, "held"),
    ("JB-2025-12", "2025-11-15", "S02", "Paspor Simpatik", None, "held"),
    ("JB-2025-13", "2025-12-06", "S09", "Eazy Passport", None, "held"),
    ("JB-2026-01", "2026-01-10", "K11", "Paspor Simpatik", None, "held"),
    ("JB-2026-02", "2026-01-16", "D05", "Hari Bhakti 2026", None, "held"),
    ("JB-2026-03", "2026-01-24", "S01", "Hari Bhakti 2026", 160, "held"),
    ("JB-2026-04", "2026-02-11", "K04", "", None, "held"),
    ("JB-2026-05", "2026-04-18", "K15", "", None, "held"),
    ("JB-2026-06", "2026-06-13", "S10", "Eazy Passport", None, "held"),
    ("JB-2026-07", "2026-07-11", "K26", "", None, "held"),
    ("JB-2026-08", "2026-08-25", "S03", "Paspor Simpatik", None, "held"),
    ("JB-2026-09", "2026-10-14", "K06", "", None, "held"),
    ("JB-2026-10", "2026-11-14", "D01", "Eazy Passport", None, "held"),
    ("JB-2026-11", "2026-12-12", "S04", "Paspor Simpatik", None, "planned"),
    ("JB-2027-01", "2027-01-23", "S01", "Hari Bhakti 2027", 160, "planned"),
    ("JB-2026-12", "2026-09-12", "K11", "", None, "failed"),
    ("KI-2026-01", "2026-05-23", "P01", "Paspor Simpatik", None, "held"),
)


_INVITED = ("JB-2024-03", "JB-2025-06", "JB-2025-11", "JB-2025-13")
_INVITED_CAPACITY = 200
_TWO_DAYS = ("JB-2025-10",)
_BOOTHS = {
    "JB-2024-02": 3, "JB-2025-05": 3, "JB-2025-09": 2, "JB-2025-10": 3, "JB-2025-11": 5, "JB-2026-01": 3,
    "JB-2026-06": 2, "JB-2026-07": 2, "JB-2026-11": 4,
}  # fmt: skip
_OPENING = "KI-2026-01"
OWN_NUMBERS = (("x_visitors", 400.0, 0.7), ("x_parking", 60.0, 0.6))
"""Numbers that the office keeps of its places: name, median, and spread on the log scale."""

ASKED_AT = ("JB-2026-06", "JB-2026-07", "JB-2026-08", "JB-2026-09", "JB-2026-10")
"""Events whose lists hold the answer to the desk question: the office began to ask in June 2026."""


def sample_sites(gazetteer: pd.DataFrame) -> pd.DataFrame:
    """The sample's 60 candidate places and 4 fixed service points.

    Parameters
    ----------
    gazetteer
        Areas of all levels, index area_id; columns name, lon, lat, seat_lon, seat_lat.

    Returns
    -------
    DataFrame
        Index site_id; name, kind, area_id, lon, lat (degrees; the area's seat where none is given),
        location_source ('given', 'seat'), capacity (people a day), cost (rupiah), opened, closed.

    Examples
    --------
    >>> from outreach_analysis.geography.areas import load_areas
    >>> sites = sample_sites(load_areas(level="all"))
    >>> sites.loc["S01", "name"], len(sites)
    ('Mall Robinson', 64)
    """
    names = gazetteer["name"]
    places = [*_OTHER_PLACES]
    for number, area_id in enumerate(_KECAMATAN_OFFICES, start=1):
        name = f"Kantor Kecamatan {names[area_id]}"
        places.append(_Place(f"K{number:02d}", name, "kecamatan", area_id, None, _KECAMATAN_CAPACITY.get(area_id)))
    for number, area_id in enumerate(_DESA_HALLS, start=1):
        name = f"Balai Desa {names[area_id]}"
        places.append(_Place(f"D{number:02d}", name, "desa", area_id, None, _DESA_CAPACITY.get(area_id)))
    places += _FIXED_POINTS
    frame = pd.DataFrame(places, columns=list(_Place._fields))
    seat = gazetteer.loc[frame["area_id"], ["seat_lon", "seat_lat"]].to_numpy(float)
    shift = [place.shift or (0.0, 0.0) for place in places]
    frame["lon"] = [round(lon + move[0], 5) for lon, move in zip(seat[:, 0], shift, strict=True)]
    frame["lat"] = [round(lat + move[1], 5) for lat, move in zip(seat[:, 1], shift, strict=True)]
    frame["location_source"] = ["seat" if place.shift is None else "given" for place in places]
    frame["opened"] = pd.to_datetime(frame["opened"], format="%d/%m/%Y")
    frame["closed"] = pd.Series(pd.NaT, index=frame.index, dtype=frame["opened"].dtype)
    frame = frame.astype({"capacity": float, "cost": float})
    columns = ["name", "kind", "area_id", "lon", "lat", "location_source", "capacity", "cost", "opened", "closed"]
    return frame.set_index("site_id")[columns]


def sample_events(service_days: pd.DataFrame) -> pd.DataFrame:
    """The sample's 28 held and 2 planned pop-ups, one that broke off, and an opening at the office.

    Parameters
    ----------
    service_days
        day, kind: the kind of every day from `FIRST_MONTH` to the last event.

    Returns
    -------
    DataFrame
        Index event_id; site_id, date, end_date, days, status, programme, series, capacity (people), booths, sold_out
        (False before a draw), day_kind.
    """
    columns = ["event_id", "date", "site_id", "series", "capacity", "status"]
    frame = pd.DataFrame(list(_EVENTS), columns=columns).set_index("event_id")
    frame["date"] = pd.to_datetime(frame["date"])
    kind_of = service_days.set_index("day")["kind"]
    frame["day_kind"] = kind_of.reindex(frame["date"]).to_numpy()
    frame["sold_out"] = False
    invited = frame.index.isin(_INVITED)
    frame["programme"] = np.select([invited, frame.index == _OPENING], ["invited", "office"], "visit")
    frame["days"] = np.where(frame.index.isin(_TWO_DAYS), 2, 1)
    frame["end_date"] = frame["date"] + pd.to_timedelta(frame["days"] - 1, unit="D")
    frame["booths"] = frame.index.map(_BOOTHS).astype(float)
    # people whom a group brings need more than a place usually has
    frame["capacity"] = frame["capacity"].astype(float).mask(invited & frame["booths"].isna(), _INVITED_CAPACITY)
    order = ("site_id", "date", "end_date", "days", "status", "programme", "series", "capacity", "booths", "sold_out")
    return frame[[*order, "day_kind"]]


def draw_own_numbers(sites: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The office's own numbers of its candidate places, in whole numbers; blank at fixed service points.

    Returns
    -------
    DataFrame
        Index of `sites`; a column for each of `OWN_NUMBERS`.
    """
    fixed = sites["kind"].isin(SITE_KINDS_FIXED)
    drawn = {
        name: pd.Series(np.rint(median * np.exp(rng.normal(0.0, sd, len(sites)))), index=sites.index).mask(fixed)
        for name, median, sd in OWN_NUMBERS
    }
    return pd.DataFrame(drawn)


def last_event_date() -> dt.date:
    """Day of the last event in the calendar, held or planned."""
    return max(dt.date.fromisoformat(event[1]) for event in _EVENTS)
