"""Invented people for drawn counts: who they are, what passport they ask for, how they heard of the pop-up.

Nobody here exists: serials of the identity numbers are 9000 and above, which registration never reaches, and
phone numbers stand in a block that no operator uses.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import event_days
from outreach_analysis.simulation.truth import CHANNELS, Truth

_WOMEN = (
    "Aisyah", "Dewi", "Fitri", "Hartini", "Indah", "Julia", "Kartika", "Lestari", "Maya", "Nadia", "Putri",
    "Ratna", "Sari", "Siti", "Tuti", "Wulan", "Yanti", "Zahra", "Rahmawati", "Nurul", "Marlina", "Erna",
    "Rina", "Desi", "Noor", "Hasnah", "Farida", "Melati", "Anisa", "Yuliana",
)  # fmt: skip
_MEN = (
    "Ahmad", "Bambang", "Cahyo", "Dedi", "Eko", "Fajar", "Gunawan", "Hendra", "Irwan", "Joko", "Kurnia",
    "Lukman", "Muhammad", "Nanang", "Oki", "Prasetyo", "Rudi", "Slamet", "Taufik", "Usman", "Wahyu",
    "Yusuf", "Zainal", "Arifin", "Syahril", "Hasan", "Rizky", "Aditya", "Markus", "Yohanes",
)  # fmt: skip
_LAST = (
    "Wijaya", "Saputra", "Hidayat", "Rahman", "Nugroho", "Siregar", "Pratama", "Setiawan", "Hakim",
    "Maulana", "Effendi", "Santoso", "Kusuma", "Gunadi", "Syahputra", "Basri", "Lubis", "Anwar", "Halim",
    "Susanto", "Ramadhan", "Firmansyah", "Mahendra", "Alamsyah", "Suryadi", "Wibowo", "Handayani", "Utami",
)  # fmt: skip
OUTSIDE_PLACES = (
    ("Banjarmasin", "Kalimantan Selatan", "637101"),
    ("Tarakan", "Kalimantan Utara", "657101"),
    ("Tanjung Selor", "Kalimantan Utara", "650201"),
    ("Makassar", "Sulawesi Selatan", "737101"),
    ("Surabaya", "Jawa Timur", "357801"),
    ("Palangka Raya", "Kalimantan Tengah", "627101"),
    ("Jakarta Selatan", "DKI Jakarta", "317401"),
    ("Palu", "Sulawesi Tengah", "727101"),
)
"""Town, province and the six digits of its first kecamatan (Kemendagri), for people from outside."""

_RECODED = {"64.02.19": "640208", "64.02.20": "640213"}
_BORN_ELSEWHERE = 0.12
_AGE_GROUPS = ((0, 16, 0.10), (17, 24, 0.20), (25, 39, 0.32), (40, 54, 0.24), (55, 75, 0.14))
_FIRST_SERIAL = 9000


def draw_people(
    counts: pd.DataFrame,
    outside: pd.DataFrame,
    events: pd.DataFrame,
    gazetteer: pd.DataFrame,
    *,
    event_km: pd.Series,
    office_km: pd.Series,
    place_kind: pd.Series,
    truth: Truth,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """One row a person for every counted applicant.

    Parameters
    ----------
    counts
        event_id, area_id (kecamatan), applicants.
    outside
        event_id, applicants from outside the province.
    events
        Index event_id; date, and where known days.
    gazetteer
        Areas of all levels; a person's desa is drawn by population within the kecamatan.
    event_km, office_km
        Travel km by (event_id, area_id), and from each area to the office.
    place_kind
        Kind of place by event_id.
    truth, rng
        Parameters and source of randomness.

    Returns
    -------
    DataFrame
        event_id, service_date, area_id ('' from outside), desa_id, outside_place, name, nik, phone, age (years),
        passport_type, application, channel: the truth, before anybody writes it down; in order of arrival
        within each event. `passport_type` is what the person asked for; `type_stated` and `channel` say
        'unknown' where the list will not tell.
    """
    people = pd.concat(
        [_repeat(counts, ["event_id", "area_id"]), _repeat(outside, ["event_id"]).assign(area_id="")],
        ignore_index=True,
    )
    people = people.iloc[rng.permutation(len(people))]
    order = {event_id: position for position, event_id in enumerate(events.index)}
    people = people.sort_values("event_id", key=lambda ids: ids.map(order), kind="stable").reset_index(drop=True)
    people["service_date"] = _service_dates(people["event_id"], events)
    people["desa_id"] = _draw_desa(people["area_id"], gazetteer, rng)
    place = rng.integers(0, len(OUTSIDE_PLACES), len(people))
    is_outside = people["area_id"].eq("").to_numpy()
    people["outside_place"] = [OUTSIDE_PLACES[p][0] if out else "" for p, out in zip(place, is_outside, strict=True)]
    _add_identity(people, place, gazetteer, rng)

    far = pd.MultiIndex.from_frame(people[["event_id", "area_id"]])
    people["km"] = event_km.reindex(far).fillna(300.0).to_numpy()
    to_office = office_km.reindex(people["area_id"]).fillna(300.0).to_numpy()
    _add_answers(people, to_office, place_kind.reindex(people["event_id"]).to_numpy(), truth, rng)
    return people.drop(columns="km")


def _service_dates(event_ids: pd.Series, events: pd.DataFrame) -> pd.Series:
    """Day on which each person came: as many on each day of the event, in order of arrival."""
    days = event_days(events).reindex(event_ids).to_numpy()
    arrival = event_ids.groupby(event_ids).cumcount().to_numpy()
    people = event_ids.map(event_ids.value_counts()).to_numpy()
    later = pd.to_timedelta(arrival * days // people, unit="D")
    first = pd.Series(events["date"].reindex(event_ids).to_numpy(), index=event_ids.index)
    return first.add(later)


def _repeat(counts: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """One row for each of the counted people."""
    return counts.loc[counts.index.repeat(counts["applicants"]), columns].reset_index(drop=True)


def _draw_desa(area_ids: pd.Series, gazetteer: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """A desa of each kecamatan, drawn by population; '' where there is no kecamatan."""
    desa = gazetteer[gazetteer["level"] == "desa"]
    by_parent = {
        parent: (group.index.to_numpy(), group["population"].cumsum().to_numpy(float))
        for parent, group in desa.groupby("parent_id")
    }
    drawn: list[str] = []
    for area_id, uniform in zip(area_ids, rng.random(len(area_ids)), strict=True):
        if area_id not in by_parent:
            drawn.append("")
            continue
        ids, cumulated = by_parent[area_id]
        drawn.append(str(ids[np.searchsorted(cumulated, uniform * cumulated[-1], side="right")]))
    return drawn


def _add_identity(people: pd.DataFrame, place: np.ndarray, gazetteer: pd.DataFrame, rng: np.random.Generator) -> None:
    """Name, age, identity number and phone of each person."""
    n = len(people)
    woman = rng.random(n) < 0.52
    group = rng.choice(len(_AGE_GROUPS), n, p=[share for _, _, share in _AGE_GROUPS])
    low = np.array([_AGE_GROUPS[g][0] for g in group])
    high = np.array([_AGE_GROUPS[g][1] for g in group])
    people["age"] = rng.integers(low, high + 1)
    days_since_birthday = rng.integers(0, 360, n)
    first = rng.integers(0, len(_MEN), n)
    last = rng.integers(0, len(_LAST), n)
    kecamatan = gazetteer.index[gazetteer["level"] == "kecamatan"].to_numpy()
    elsewhere = rng.random(n) < _BORN_ELSEWHERE
    other = rng.integers(0, len(kecamatan), n)
    names: list[str] = []
    niks: dict[str, None] = {}
    phones: list[str] = []
    for i, area_id in enumerate(people["area_id"]):
        names.append(f"{(_WOMEN if woman[i] else _MEN)[first[i]]} {_LAST[last[i]]}")
        registered = str(kecamatan[other[i]]) if elsewhere[i] and area_id else str(area_id)
        prefix = _RECODED.get(registered, registered.replace(".", "")) if registered else OUTSIDE_PLACES[place[i]][2]
        born = _birthday(people["service_date"].iloc[i].date(), int(people["age"].iloc[i]), int(days_since_birthday[i]))
        day = born.day + (40 if woman[i] else 0)
        serial = _FIRST_SERIAL + i % 1000
        while (nik := f"{prefix}{day:02d}{born:%m%y}{serial}") in niks:
            serial = _FIRST_SERIAL + (serial + 1) % 1000
        niks[nik] = None
        phones.append(f"08100{i:07d}")
    people["name"], people["nik"], people["phone"] = names, list(niks), phones


def _birthday(service_date: dt.date, age: int, days_since_birthday: int) -> dt.date:
    """A date of birth that gives this age at the service date."""
    year = service_date.year - age
    anniversary = dt.date(year, service_date.month, min(service_date.day, 28))
    return anniversary - dt.timedelta(days=days_since_birthday)


def _add_answers(
    people: pd.DataFrame, office_km: np.ndarray, kind: np.ndarray, truth: Truth, rng: np.random.Generator
) -> None:
    """Passport type, application and channel of each person."""
    n = len(people)
    dates = people["service_date"].dt
    months = (dates.year - 2024) * 12 + dates.month - 10
    logit = (
        truth.electronic_intercept
        + truth.electronic_per_month * months.to_numpy(float)
        + truth.electronic_per_100_km * office_km / 100.0
    )
    mandatory = (people["service_date"] >= pd.Timestamp(truth.electronic_from)).to_numpy()
    electronic = (rng.random(n) < _logistic(logit)) | mandatory
    people["passport_type"] = np.where(electronic, "electronic", "non_electronic")
    not_said = (rng.random(n) < truth.type_unknown) & ~mandatory
    people["type_stated"] = np.where(not_said, "unknown", people["passport_type"])

    new = rng.random(n) < _logistic(truth.new_intercept + truth.new_per_100_km * office_km / 100.0)
    spoilt = rng.random(n)
    application = np.where(new, "new", "renewal")
    application = np.where(~new & (spoilt < 0.06), "lost", application)
    people["application"] = np.where(~new & (spoilt > 0.95), "damaged", application)

    base = np.array([truth.channel_by_kind.get(name, (0.0,) * len(CHANNELS)) for name in kind])
    tilt = people["km"].clip(upper=150.0).to_numpy(float)[:, None] / 35.0 * np.array(truth.channel_per_35_km)
    weight = np.exp(base + tilt)
    cumulated = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
    pick = (rng.random(n)[:, None] > cumulated[:, :-1]).sum(axis=1)
    channel = np.array(CHANNELS)[pick]
    people["channel"] = np.where(rng.random(n) < truth.channel_unknown, "unknown", channel)


def draw_desk_answers(
    people: pd.DataFrame,
    asked_at: Collection[str],
    displacement: pd.Series,
    *,
    truth: Truth,
    rng: np.random.Generator,
) -> pd.Series:
    """What each person answers at the desk: yes, no, unsure, or '' where nobody asked or nobody answered.

    Parameters
    ----------
    people
        event_id, area_id ('' from outside: taken for the area with the lowest share).
    asked_at
        Events whose desk asks.
    displacement
        Share by area of those who would have come to the office.
    truth, rng
        How answers differ from the truth, and source of randomness.

    Examples
    --------
    >>> people = pd.DataFrame({"event_id": ["A", "B"], "area_id": ["a", "a"]})
    >>> sure = Truth(desk_unsure=0, desk_silent=0, desk_overstatement=0)
    >>> draw_desk_answers(people, ["B"], pd.Series({"a": 0.999999}), truth=sure, rng=np.random.default_rng(1)).tolist()
    ['', 'yes']
    """
    share = people["area_id"].map(displacement).fillna(displacement.min()).to_numpy(float)
    says_yes = _logistic(np.log(share / (1.0 - share)) + truth.desk_overstatement)
    how, what = rng.random(len(people)), rng.random(len(people))
    answers = np.where(what < says_yes, "yes", "no")
    answers = np.where(how < truth.desk_unsure + truth.desk_silent, "unsure", answers)
    silent = (how < truth.desk_silent) | ~people["event_id"].isin(asked_at).to_numpy()
    return pd.Series(np.where(silent, "", answers), index=people.index)


def _logistic(logit: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-logit)))
