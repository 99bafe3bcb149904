"""Series of events compared: how many came, from how far, who they were and how they had heard of it."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from outreach_analysis.disclosure import round_people
from outreach_analysis.event_kinds import event_capacity, held_popups
from outreach_analysis.measures.audience import APPLICATIONS, CHANNELS
from outreach_analysis.measures.catchment import catchment
from outreach_analysis.measures.shares import UNKNOWN, category_shares, wilson
from outreach_analysis.settings import Settings

NO_SERIES = ""
_Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeriesResult:
    """Series of events side by side; an association, since places and days differ between series too.

    Attributes
    ----------
    by_series
        Index `series` ('' for events of none). Columns: `events`, `people`; and with `_low`, `_high` each:
        `per_event` (people), `per_capacity` (people per person of capacity), `km_50` (km within which half live),
        `new` (share who apply for their first passport) and `areas` (areas people came from, per event). NaN where
        too little is known; intervals NaN where only one event was held in all.
    channels
        Group: series; `group, category, people, of, share, ci_low, ci_high`. Events of a series differ more than
        people drawn at random would; the intervals of shares are wider by that.
    level
        Of the intervals.
    """

    by_series: pd.DataFrame
    channels: pd.DataFrame
    level: float

    def summary(self) -> pd.DataFrame:
        """People per event by series: `estimate, ci_low, ci_high, unit`."""
        table = self.by_series[["per_event", "per_event_low", "per_event_high"]]
        return table.set_axis(["estimate", "ci_low", "ci_high"], axis=1).assign(unit="people per event")

    def _repr_html_(self) -> str:
        return self.by_series.to_html(float_format="{:.2f}".format)


def compare_series(  # noqa: PLR0917 - six tables, in the order of the chain
    applicants: pd.DataFrame,
    counts: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    settings: Settings,
    level: float = 0.9,
    rounding_base: int = 1,
) -> SeriesResult:
    """Compare series of held events, such as those around an anniversary.

    People per event and per capacity: the mean of the events' own, its interval from the spread of log people between
    events of one series, the same for all series (Student t). Shares: Wilson, for as many people as are left when
    their number is divided by how much more events of a series differ than chance (Pearson's chi-squared over its
    degrees of freedom, at least 1). Distance: as in `catchment`.

    Parameters
    ----------
    applicants
        One row a person: `event_id`, `channel`, `application`.
    counts
        Columns `event_id, area_id, applicants` (people).
    areas, sites, costs
        As for `catchment`; `sites` with `capacity` where known.
    events
        Index `event_id`; columns `site_id`, `date`, `status`, `series` and, where known, `capacity`.
    settings
        For the capacity where neither event nor place has one.
    level
        Of the intervals, in (0, 1).
    rounding_base
        Base to which numbers of people are rounded before anything is derived from them; 1 leaves them exact.

    Returns
    -------
    SeriesResult
        Series in the order of their first event.

    Raises
    ------
    ValueError
        Where `level` is not in (0, 1).

    Examples
    --------
    >>> from outreach_analysis.intake.dataset import load_sample
    >>> from outreach_analysis.geography.travel import travel_costs
    >>> d = load_sample()
    >>> costs = travel_costs(d.areas, d.sites, settings=d.settings)
    >>> found = compare_series(d.applicants, d.counts, d.areas, d.events, d.sites, costs, settings=d.settings)
    >>> int(found.by_series.loc["Hari Bhakti 2026", "events"])
    2
    """
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
        table[[name, f"{name}_low", f"{name}_high"]] = _means(by_event[name], series, names, level)
    distances = [
        _distance(counts, areas, held[series == name], sites=sites, costs=costs, level=level, base=rounding_base)
        for name in names
    ]
    table[["km_50", "km_50_low", "km_50_high"]] = np.array(distances).reshape(len(names), 3)
    by_application, channels = (
        _shares(people, category, list(known), names=names, series=series, level=level, base=rounding_base)
        for category, known in (("application", APPLICATIONS), ("channel", CHANNELS))
    )
    new = by_application[by_application["category"] == "new"].set_index("group").reindex(names)
    table[["new", "new_low", "new_high"]] = new[["share", "ci_low", "ci_high"]].to_numpy(float)
    return SeriesResult(by_series=table, channels=channels, level=level)


def _means(values: pd.Series, series: pd.Series, names: list[str], level: float) -> _Vector:
    """Mean of each series with an interval from the common spread between events, (series, 3)."""
    logs = np.log(values.clip(lower=values[values > 0].min() / 2 if (values > 0).any() else 1.0))
    within = logs - logs.groupby(series).transform("mean")
    freedom = len(values) - len(names)
    spread = np.sqrt((within**2).sum() / freedom) if freedom > 0 else np.nan
    n = series.value_counts().reindex(names).to_numpy(float)
    mean = values.groupby(series).mean().reindex(names).to_numpy(float)
    factor = np.exp(stats.t.ppf((1 + level) / 2, max(freedom, 1)) * spread / np.sqrt(n))
    return np.column_stack([mean, mean / factor, mean * factor])


def _distance(
    counts: pd.DataFrame,
    areas: pd.DataFrame,
    ours: pd.DataFrame,
    *,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    level: float,
    base: int,
) -> tuple[float, float, float]:
    rows = counts[counts["event_id"].isin(ours.index)]
    overall = catchment(rows, areas, ours, sites, costs, level=level, rounding_base=base).overall
    return (float(overall["km_50"]), float(overall["km_50_low"]), float(overall["km_50_high"]))


def _shares(
    people: pd.DataFrame,
    category: str,
    categories: list[str],
    *,
    names: list[str],
    series: pd.Series,
    level: float,
    base: int,
) -> pd.DataFrame:
    """Shares by series, with intervals as wide as events of a series differ."""
    shares = category_shares(
        people, group="series", category=category, groups=names, categories=categories, level=level, rounding_base=base
    )
    excess = _excess(people, category, categories, series)
    low, high = wilson(shares["share"], (shares["of"] / excess).where(shares["share"].notna()), level=level)
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
