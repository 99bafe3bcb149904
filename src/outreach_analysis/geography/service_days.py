"""Which days are weekend, holiday or workday, why, and which of them are free for a place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd
from holidays import country_holidays

from outreach_analysis.contracts import ContractError, Failure, RequestError, failure
from outreach_analysis.settings import Settings

DAY_COLUMNS = ("day", "kind", "reason", "estimated", "blackout")
_ESTIMATED = " (perkiraan)"
_SHARED_LEAVE = "Cuti Bersama"
_WEEKEND_NAMES = MappingProxyType({5: "Sabtu", 6: "Minggu"})
_FEASTS = MappingProxyType(
    {
        "idul_fitri": "Idul Fitri",
        "idul_adha": "Idul Adha",
        "imlek": "Tahun Baru Imlek",
        "nyepi": "Hari Suci Nyepi",
        "waisak": "Hari Raya Waisak",
        "natal": "Hari Raya Natal",
    }
)
_FIRST_OF_FEAST = "Hari Raya Idul Fitri"
_FAST, _AFTER_FEAST = np.timedelta64(30, "D"), np.timedelta64(8, "D")
_BLACKOUT_FORMS = f"MM-DD, YYYY-MM-DD, YYYY-MM-DD..YYYY-MM-DD or one of {', '.join(_FEASTS)}"


def service_days(
    start: dt.date | pd.Timestamp | str, end: dt.date | pd.Timestamp | str, *, settings: Settings | None = None
) -> pd.DataFrame:
    """Every day from start to end, both included: its kind, the reason, and whether service is ruled out.

    A public holiday or cuti bersama (shared leave) is 'holiday', also on a Saturday or Sunday; other Saturdays
    and Sundays are 'weekend'; the rest are 'workday'. Days without service are those of `settings.blackout_days`; a
    named feast means its own days, not the shared leave around it.

    Returns
    -------
    DataFrame
        day (datetime64), kind (weekend, holiday, workday), reason (name of the holiday in Indonesian, 'Sabtu' or
        'Minggu', '' on workdays), estimated (bool: a holiday whose date is not yet declared), blackout (bool).
        One row a day, in order.

    Raises
    ------
    RequestError
        Where end lies before start, or one of them is no date.
    ContractError
        With every blackout day that cannot be read.

    Notes
    -----
    Holidays of Indonesia, categories public and government, from the package `holidays`, which follows the
    joint decrees (SKB) of three ministers and marks later lunar feasts as estimates.

    Examples
    --------
    >>> service_days("2026-12-24", "2026-12-26")[["kind", "reason"]].values.tolist()
    [['holiday', 'Cuti Bersama Hari Raya Natal'], ['holiday', 'Hari Raya Natal'], ['weekend', 'Sabtu']]
    """
    settings = settings or Settings()
    first, last = (pd.Timestamp(day).normalize() for day in (start, end))
    if pd.isna(first) or pd.isna(last) or last < first:
        raise RequestError(f"the days run from {start} to {end}: give two dates, the earlier one first")
    days = pd.DataFrame({"day": pd.date_range(first, last, freq="D", unit="ns")})
    names = _holiday_names(days["day"])
    reason = names.map(_reason)
    weekend = days["day"].dt.day_of_week >= 5
    days["kind"] = np.select([names != "", weekend], ["holiday", "weekend"], "workday")
    days["reason"] = reason.where(names != "", days["day"].dt.day_of_week.map(_WEEKEND_NAMES).fillna(""))
    days["estimated"] = names.map(_is_estimated)
    days["blackout"] = _ruled_out(days, settings.blackout_days, setting="blackout.everywhere")
    return days.astype({"kind": "str", "reason": "str", "estimated": bool})[list(DAY_COLUMNS)]


def day_kind(dates: pd.Series) -> pd.Series:
    """Kind of day of each date: weekend, holiday (also on a weekend) or workday; NaN where there is no date."""
    moments = pd.to_datetime(dates)
    names = _holiday_names(moments)
    kinds = np.select([names != "", moments.dt.day_of_week >= 5], ["holiday", "weekend"], "workday")
    kind = pd.Series(kinds, index=dates.index, name="day_kind", dtype="str")
    return kind.where(moments.notna())


def fasting_season(days: npt.NDArray[np.datetime64]) -> npt.NDArray[np.bool_]:
    """Whether each day lies in Ramadan or in the weeks of Idul Fitri: 30 days before the feast to 8 days after it."""
    at = np.asarray(days).astype("datetime64[D]")
    years = np.unique(at[~np.isnat(at)].astype("datetime64[Y]").astype(int)) + 1970
    inside = np.zeros(len(at), dtype=bool)
    # a fast may begin in the year before its feast, the weeks after it end in the one that follows
    wanted = sorted({int(year) + step for year in years for step in (-1, 0, 1)})
    feasts = country_holidays("ID", years=wanted, categories=("public",), language="id") if wanted else {}
    for day, name in feasts.items():
        if any(part.removesuffix(_ESTIMATED) == _FIRST_OF_FEAST for part in name.split("; ")):
            feast = np.datetime64(day, "D")
            inside |= (at >= feast - _FAST) & (at <= feast + _AFTER_FEAST)
    return inside


def free_days(
    days: pd.DataFrame,
    place_kind: str,
    *,
    settings: Settings | None = None,
    taken: Iterable[dt.date | pd.Timestamp | str] = (),
    site_id: str | None = None,
) -> pd.DataFrame:
    """Days on which a place can be served."""
    settings = settings or Settings()
    free = days["kind"].isin(settings.allowed_day_kinds(place_kind)) & ~days["blackout"]
    for place in (place_kind, site_id):
        if place is not None and place in settings.blackout_by_place:
            ruled_out = settings.blackout_by_place[place]
            free &= ~_ruled_out(days, ruled_out, setting=f"blackout.places.{place}")
    free &= ~days["day"].isin([pd.Timestamp(day).normalize() for day in taken])
    return days[free].copy()


def free_days_by_place(
    days: pd.DataFrame,
    places: pd.DataFrame,
    *,
    settings: Settings,
    taken: Iterable[dt.date | pd.Timestamp | str] = (),
    taken_by: Mapping[str, Iterable[dt.date | pd.Timestamp | str]] = MappingProxyType({}),
) -> pd.DataFrame:
    """`free_days` of many places while they are open: from `opened` to the day before `closed`."""
    everywhere = list(taken)
    rows: dict[tuple[str, str | None], npt.NDArray[np.intp]] = {}
    at = days["day"].to_numpy("datetime64[ns]")
    numbered = days.reset_index(drop=True)
    spans = {name: _moments(places, name) for name in ("opened", "closed")}
    found, owners = [], []
    for position, (site_id, kind) in enumerate(zip(places.index.astype(str), places["kind"].astype(str), strict=True)):
        own = site_id if site_id in settings.blackout_by_place or site_id in taken_by else None
        if (kind, own) not in rows:
            ruled_out = [*everywhere, *taken_by.get(kind, ()), *(taken_by.get(own, ()) if own else ())]
            free = free_days(numbered, kind, settings=settings, taken=ruled_out, site_id=own)
            rows[kind, own] = free.index.to_numpy(np.intp)
        mine = rows[kind, own]
        shut = (at[mine] < spans["opened"][position]) | (at[mine] >= spans["closed"][position])
        found.append(mine[~shut])
        owners.append(np.full(len(found[-1]), position))
    if not found:
        empty = numbered.iloc[:0].assign(site_id=pd.Series(dtype=object))
        return empty[["site_id", "day", "kind", "reason", "estimated"]]
    table = numbered.iloc[np.concatenate(found)].reset_index(drop=True)
    table = table.assign(site_id=places.index.to_numpy(dtype=object)[np.concatenate(owners)].astype(str))
    return table[["site_id", "day", "kind", "reason", "estimated"]]


def _moments(places: pd.DataFrame, name: str) -> npt.NDArray[np.datetime64]:
    """Days of a column, NaT where not known: no day is before or after it."""
    if name not in places:
        return np.full(len(places), np.datetime64("NaT"), dtype="datetime64[ns]")
    return np.asarray(pd.to_datetime(places[name]).to_numpy("datetime64[ns]"))


def _holiday_names(days: pd.Series) -> pd.Series:
    """Name of the holiday of each day as the package writes it, '' where there is none."""
    years = [int(year) for year in days.dt.year.dropna().unique()]
    if not years:
        return pd.Series("", index=days.index, dtype="str")
    found = country_holidays("ID", years=years, categories=("public", "government"), language="id")
    # Only the years asked for: looking a day up would add its year to the calendar.
    names = {pd.Timestamp(day): name for day, name in found.items()}
    found_names: pd.Series = days.dt.normalize().map(names).fillna("").astype("str")
    return found_names


def _reason(names: str) -> str:
    return "; ".join(name.removesuffix(_ESTIMATED) for name in names.split("; "))


def _is_estimated(names: str) -> bool:
    """A day with a second, declared holiday is off in any case."""
    return names != "" and all(name.endswith(_ESTIMATED) for name in names.split("; "))


def _ruled_out(days: pd.DataFrame, entries: Iterable[str], *, setting: str) -> pd.Series:
    """Whether each day is one of the entries; all entries that cannot be read are one error."""
    ruled_out = pd.Series(False, index=days.index)
    failures: list[Failure] = []
    for entry in entries:
        if entry in _FEASTS:
            ruled_out |= days["reason"].map(lambda reason, feast=_FEASTS[entry]: _is_feast(reason, feast))
            continue
        try:
            ruled_out |= _matches(days["day"], entry)
        except RequestError:
            failures.append(
                failure("bad_setting", file="outreach.toml", column=setting, value=entry, expected=_BLACKOUT_FORMS)
            )
    if failures:
        raise ContractError(failures)
    return ruled_out.astype(bool)


def _is_feast(reason: str, feast: str) -> bool:
    return any(feast in name and not name.startswith(_SHARED_LEAVE) for name in reason.split("; "))


def _matches(days: pd.Series, entry: str) -> pd.Series:
    """Days that an entry names: 'MM-DD' every year, one ISO date, or a range of ISO dates, both ends included."""
    if ".." in entry:
        first, last = (_iso(part.strip()) for part in entry.split("..", 1))
        if last < first:
            raise RequestError(f"{entry} ends before it starts")
        return days.between(pd.Timestamp(first), pd.Timestamp(last))
    if len(entry) == len("MM-DD"):
        # A leap year, so that 29 February can be named.
        each_year = _iso(f"2000-{entry}")
        same: pd.Series = (days.dt.month == each_year.month) & (days.dt.day == each_year.day)
        return same
    return days == pd.Timestamp(_iso(entry))


def _iso(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise RequestError(f"{text} is no day written YYYY-MM-DD") from None
