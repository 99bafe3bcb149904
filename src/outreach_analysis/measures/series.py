"""Series of pop-ups compared, and working days on which the office served fewer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from outreach_analysis.contracts import RequestError
from outreach_analysis.disclosure import round_people
from outreach_analysis.doors import check_events, checked_frames
from outreach_analysis.event_kinds import event_capacity, held_popups
from outreach_analysis.intake.applicants import OFFICE
from outreach_analysis.measures.audience import (
    APPLICATIONS,
    CHANNELS,
    FEWEST_BASES,
    UNKNOWN,
    category_shares,
    distance_bands,
    nearest_fixed,
    published_cells,
    wilson,
)
from outreach_analysis.measures.reach import catchment
from outreach_analysis.settings import LEVEL, Settings
from outreach_analysis.shown import Shown

# --- Series of events compared: how many came, from how far, who they were and how they had heard of it.


NO_SERIES = ""
_Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SeriesResult(Shown):
    """Series of events side by side; an association, since places and days differ between series too.

    Attributes
    ----------
    by_series
        Index `series` ('' for events of none). `events`, `people`; and with `_low`, `_high` each: `per_event` (people),
        `per_capacity` (people per person of capacity), `km_50` (km within which half live), `new` (share who apply for
        their first passport) and `areas` (areas people came from, per event). NaN where too little is known; intervals
        NaN where only one event was held in all.
    channels
        Group: series; `group, category, people, of, share, ci_low, ci_high`. Events of a series differ more than
        people drawn at random would; the intervals of shares are wider by that.
    """

    main = "by_series"

    by_series: pd.DataFrame
    channels: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """People per event by series: `estimate, ci_low, ci_high, unit`."""
        table = self.by_series[["per_event", "per_event_low", "per_event_high"]]
        return table.set_axis(["estimate", "ci_low", "ci_high"], axis=1).assign(unit="people per event")


def compare_series(
    applicants: pd.DataFrame,
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    counts: pd.DataFrame,
    costs: pd.DataFrame,
    settings: Settings,
    rounding_base: int = 1,
) -> SeriesResult:
    """Compare series of held events, such as those around an anniversary, in the order of their first event.

    People per event and per capacity: the mean of the events' own, its interval from the spread of log people between
    events of one series, the same for all series (Student t). Shares: Wilson, for as many people as are left when
    their number is divided by how much more events of a series differ than chance (Pearson's chi-squared over its
    degrees of freedom, at least 1). Distance: as in `catchment`.

    Parameters
    ----------
    applicants
        One row a person: `event_id`, `channel`, `application`.
    areas, sites, events, counts, costs
        As in the data contract; `series` of events, and where known `capacity` of events and sites.
    settings
        For the capacity where neither event nor place has one.
    rounding_base
        Base to which numbers of people are rounded before anything is derived from them; 1 leaves them exact.

    Examples
    --------
    >>> from outreach_analysis.intake.dataset import load_sample
    >>> from outreach_analysis.geography.travel import travel_costs
    >>> d = load_sample()
    >>> costs = travel_costs(areas=d.areas, sites=d.sites, settings=d.settings)
    >>> tables = {"areas": d.areas, "sites": d.sites, "events": d.events, "counts": d.counts, "costs": costs}
    >>> found = compare_series(d.applicants, **tables, settings=d.settings)
    >>> int(found.by_series.loc["Hari Bhakti 2026", "events"])
    2
    """
    areas, sites, events, counts, costs = checked_frames(
        areas=areas, sites=sites, events=events, counts=counts, costs=costs
    )
    check_events(applicants["event_id"], events, "applicants", also=(OFFICE,))
    held = held_popups(events).sort_values("date")
    held = held[held.index.isin(applicants["event_id"].unique())]
    series = held["series"].fillna(NO_SERIES).astype("str") if "series" in held else pd.Series(NO_SERIES, held.index)
    names = list(dict.fromkeys(series))
    people = applicants[applicants["event_id"].isin(held.index)]
    people = people.assign(series=people["event_id"].map(series))
    came = people.groupby("event_id").size().reindex(held.index, fill_value=0).astype("int64")
    published = pd.Series(round_people(came.to_numpy(np.int64), base=rounding_base), index=came.index).astype(float)
    of_kind = published / event_capacity(held, sites, settings=settings)
    by_event = pd.DataFrame({"series": series, "per_event": published, "per_capacity": of_kind})
    by_event["areas"] = (counts[counts["applicants"] > 0].groupby("event_id")["area_id"].nunique()).reindex(held.index)
    table = pd.DataFrame(index=pd.Index(names, name="series"))
    table["events"] = series.value_counts().reindex(names)
    table["people"] = round_people(people.groupby("series").size().reindex(names, fill_value=0), base=rounding_base)
    for name in ("per_event", "per_capacity", "areas"):
        table[[name, f"{name}_low", f"{name}_high"]] = _means(by_event[name], series, names)
    distances = np.empty((len(names), 3))
    for at, name in enumerate(names):
        ours = held[series == name]
        rows = counts[counts["event_id"].isin(ours.index)]
        overall = catchment(
            areas=areas, sites=sites, events=ours, counts=rows, costs=costs, rounding_base=rounding_base
        ).overall
        distances[at] = overall[["km_50", "km_50_low", "km_50_high"]]
    table[["km_50", "km_50_low", "km_50_high"]] = distances
    by_application, channels = (
        _shares(people, category, list(known), names=names, series=series, base=rounding_base)
        for category, known in (("application", APPLICATIONS), ("channel", CHANNELS))
    )
    new = by_application[by_application["category"] == "new"].set_index("group").reindex(names)
    table[["new", "new_low", "new_high"]] = new[["share", "ci_low", "ci_high"]].to_numpy(float)
    return SeriesResult(by_series=table, channels=channels)


def _means(values: pd.Series, series: pd.Series, names: list[str]) -> _Vector:
    """Mean of each series with an interval from the common spread between events, (series, 3)."""
    logs = np.log(values.clip(lower=values[values > 0].min() / 2 if (values > 0).any() else 1.0))
    within = logs - logs.groupby(series).transform("mean")
    freedom = len(values) - len(names)
    spread = np.sqrt((within**2).sum() / freedom) if freedom > 0 else np.nan
    n = series.value_counts().reindex(names).to_numpy(float)
    mean = values.groupby(series).mean().reindex(names).to_numpy(float)
    factor = np.exp(stats.t.ppf((1 + LEVEL) / 2, max(freedom, 1)) * spread / np.sqrt(n))
    return np.column_stack([mean, mean / factor, mean * factor])


def _shares(
    people: pd.DataFrame, category: str, categories: list[str], *, names: list[str], series: pd.Series, base: int
) -> pd.DataFrame:
    """Shares by series, with intervals as wide as events of a series differ."""
    shares = category_shares(
        people, group="series", category=category, groups=names, categories=categories, rounding_base=base
    )
    excess = _excess(people, category, categories, series)
    low, high = wilson(shares["share"], (shares["of"] / excess).where(shares["share"].notna()))
    return shares.assign(ci_low=low, ci_high=high)


def _excess(people: pd.DataFrame, category: str, categories: list[str], series: pd.Series) -> float:
    """How many times more the events of a series differ than people drawn at random would make them."""
    said = people[category].where(people[category].isin(categories), UNKNOWN)
    seen = pd.crosstab(people["event_id"], said)
    home = series.reindex(seen.index)
    pooled = seen.groupby(home).transform("sum")
    expected = pooled.div(pooled.sum(axis=1), axis=0).mul(seen.sum(axis=1), axis=0)
    chi2 = (((seen - expected) ** 2) / expected.where(expected > 0)).sum().sum()
    freedom = (len(seen) - home.nunique()) * (seen.shape[1] - 1)
    return max(float(chi2 / freedom), 1.0) if freedom > 0 else 1.0


# --- From where people come mainly when it is not a working day: an association, by area and by distance.


DAYS_OFF = ("weekend", "holiday")
WAYS = ("day_off", "workday", "office")
"""Ways to be served: a pop-up on a weekend or holiday, a pop-up on a workday, the office (on workdays)."""

FEWEST_ON_A_DAY_OFF = 10
"""People: of fewer it is not said that they come mainly on days off."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class WorkingDaysResult(Shown):
    """People served by the kind of day, area by area and by distance.

    Attributes
    ----------
    by_area
        Index as the areas given. `way` (to the nearest fixed service point, km or minutes), `day_off`, `workday`,
        `office`, `of` (people), `share` (of those served who came on a day off), `ci_low`, `ci_high`, and
        `mainly_day_off`: whether at least 10 came on a day off (four rounding bases where rounded) and all of that
        interval lies above the share over all areas.
    by_distance
        Index `up_to` (inclusive; inf beyond the last edge). The same columns without `way`.
    overall
        One row with the same columns over all areas.
    n_day_off, n_workday
        Pop-ups held on days off and on workdays: what people could choose from.
    first_month, last_month
        Whole months that are compared.
    """

    by_area: pd.DataFrame
    by_distance: pd.DataFrame
    overall: pd.Series
    n_day_off: int
    n_workday: int
    first_month: pd.Timestamp
    last_month: pd.Timestamp

    def summary(self) -> pd.DataFrame:
        """Share served on days off by distance and overall: `estimate, ci_low, ci_high, unit`."""
        rows = pd.concat([self.by_distance, self.overall.to_frame("all").T])
        table = rows[["share", "ci_low", "ci_high"]].astype(float).rename(columns={"share": "estimate"})
        return table.assign(unit="share served on a day off (association)").rename_axis("up_to")


def working_days(
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    counts: pd.DataFrame,
    costs: pd.DataFrame,
    office: pd.DataFrame | None = None,
    settings: Settings,
    rounding_base: int = 1,
) -> WorkingDaysResult:
    """Share of the people served of each area who came on a weekend or holiday, against workdays and the office.

    Counted in whole months that have office data (without any: in all months with pop-ups). What people came to also
    depends on which pop-ups were held near them, so this is no answer to what a weekend would bring.

    Parameters
    ----------
    areas, sites, events, counts, costs
        As in the data contract; events with `day_kind`. Refused where none was held in those months.
    office
        `office_monthly`; None: not known.
    settings
        Edges of distance, day of the question.
    rounding_base
        Base to which numbers of people are rounded before shares are made of them; 1 leaves them exact.

    Examples
    --------
    >>> areas = pd.DataFrame(index=pd.Index(["a"], name="area_id"))
    >>> sites = pd.DataFrame({"kind": ["office", "mall"]}, index=["o", "m"])
    >>> costs = pd.DataFrame({"area_id": ["a", "a"], "site_id": ["o", "m"], "km": [4.0, 2.0]})
    >>> events = pd.DataFrame({"site_id": "m", "date": pd.to_datetime(["2026-05-02"]), "status": "held",
    ...                        "day_kind": "weekend"}, index=["e"])
    >>> counts = pd.DataFrame({"event_id": ["e"], "area_id": ["a"], "applicants": [30]})
    >>> office = pd.DataFrame({"month": pd.to_datetime(["2026-05-01"]), "area_id": ["a"], "applicants": [70]})
    >>> found = working_days(areas=areas, sites=sites, events=events, counts=counts, costs=costs,
    ...                      office=office, settings=Settings())
    >>> float(found.overall["share"])
    0.3
    """
    areas, sites, events, counts, costs = checked_frames(
        areas=areas, sites=sites, events=events, counts=counts, costs=costs
    )
    if office is not None:
        areas, office = checked_frames(areas=areas, office_monthly=office)
    held = held_popups(events)
    month = held["date"].dt.to_period("M").dt.to_timestamp()
    months = month if office is None or office.empty else office["month"]
    within = month.between(months.min(), months.max())
    if not within.any():
        raise RequestError("no event was held in the months that are known")
    held = held[within]
    day_off = held.index[held["day_kind"].isin(DAYS_OFF)]
    workday = held.index[held["day_kind"] == "workday"]
    served = (*(counts[counts["event_id"].isin(chosen)] for chosen in (day_off, workday)), office)
    people = pd.DataFrame(0, index=areas.index, columns=list(WAYS))
    for kind, rows in zip(WAYS, served, strict=True):
        if rows is not None:
            came = rows.groupby("area_id")["applicants"].sum()
            people[kind] = came.reindex(areas.index, fill_value=0).astype("int64")
    way = nearest_fixed(areas=areas, sites=sites, events=events, costs=costs, settings=settings)
    band, edges = distance_bands(way, settings)
    by_distance = people.groupby(band).sum().reindex(edges, fill_value=0).rename_axis("up_to")
    together = people.sum().to_frame("all").T
    overall = _shares_of_days(together, average=None, base=rounding_base).iloc[0]
    average = float(overall["share"])
    by_area = _shares_of_days(people, average=average, base=rounding_base)
    by_area.insert(0, "way", way)
    return WorkingDaysResult(
        by_area=by_area,
        by_distance=_shares_of_days(by_distance, average=average, base=rounding_base),
        overall=overall,
        n_day_off=len(day_off),
        n_workday=len(workday),
        first_month=pd.Timestamp(months.min()),
        last_month=pd.Timestamp(months.max()),
    )


def _shares_of_days(people: pd.DataFrame, *, average: float | None, base: int) -> pd.DataFrame:
    """People by way as told, their total, and the share served on a day off."""
    cells, totals = published_cells(people.to_numpy(np.int64), base=base)
    shown = totals >= (FEWEST_BASES * base if base > 1 else 1)
    of = np.where(shown, totals, np.nan)
    share = np.minimum(cells[:, 0] / of, 1.0)
    ends = wilson(share, of)
    table = pd.DataFrame(cells, index=people.index, columns=people.columns)
    table = table.assign(of=totals, share=share, ci_low=ends[0], ci_high=ends[1])
    several = cells[:, 0] >= max(FEWEST_ON_A_DAY_OFF, FEWEST_BASES * base if base > 1 else 0)
    return table.assign(mainly_day_off=False if average is None else (table["ci_low"] > average) & several)
