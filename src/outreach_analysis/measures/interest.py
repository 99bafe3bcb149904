"""People who say they would come, and how many of them do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from outreach_analysis.contracts import RequestError
from outreach_analysis.doors import checked_frames
from outreach_analysis.event_kinds import held_popups
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.settings import Settings
from outreach_analysis.shown import Shown

# --- Promised and came: what share of those who said they would come to a pop-up does come.


Array: TypeAlias = npt.NDArray[np.float64]
_PART_COMMON = 0.5
_LOG_SD_CONCENTRATION = 0.75
_GRID = (80, 40)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConversionResult:
    """Share of promised people who come."""

    mean: float
    sd: float
    promises: pd.DataFrame
    settings: Settings

    def apply(self) -> Settings:
        """The settings with the learned share in place of the assumed one, for `p_above`."""
        return self.settings.replace(interest_shows_up_mean=self.mean, interest_shows_up_sd=self.sd)

    def draw(self, n: int, size: int, rng: np.random.Generator) -> Array:
        """Shares (n, size) of that many future promises, each with a share of its own."""
        if self.sd == 0:
            return np.full((n, size), self.mean)
        return rng.beta(*_beta(self.mean, self.sd), (n, size))

    def summary(self) -> pd.DataFrame:
        """The share of the next promise with its 90 % interval: `estimate, ci_low, ci_high, unit`."""
        low = high = self.mean
        if self.sd > 0:
            low, high = stats.beta.ppf([0.05, 0.95], *_beta(self.mean, self.sd))
        row = {"estimate": self.mean, "ci_low": low, "ci_high": high, "unit": "share"}
        return pd.DataFrame([row], index=["promised people who come"])

    def _repr_html_(self) -> str:
        return self.summary().to_html(float_format="{:.2f}".format)


def _beta(mean: float, sd: float) -> tuple[float, float]:
    """Parameters of the beta distribution with a mean and a standard deviation."""
    size = mean * (1 - mean) / sd**2 - 1
    if size <= 0:
        raise RequestError(f"a share of mean {mean:g} cannot have the standard deviation {sd:g}")
    return mean * size, (1 - mean) * size


def show_up_rates(
    interest: pd.DataFrame, counts: pd.DataFrame, events: pd.DataFrame, areas: pd.DataFrame
) -> pd.DataFrame:
    """People promised and people who came, by held event and area."""
    columns = ["event_id", "area_id", "promised", "came"]
    if "event_id" not in interest:
        return pd.DataFrame(columns=columns)
    held = held_popups(events).index
    counts = counts[counts["event_id"].isin(interest["event_id"].dropna().unique())]
    led = interest[interest["event_id"].isin(held) & interest["event_id"].isin(counts["event_id"].unique())]
    led = led.assign(area_id=enclosing_area(led["area_id"], areas)).dropna(subset="area_id")
    known = led["person_key"].notna()
    once = led[known].drop_duplicates(["event_id", "area_id", "person_key"]).assign(people=1)
    promised = pd.concat([led[~known], once]).groupby(["event_id", "area_id"])["people"].sum()
    present = counts.groupby(["event_id", "area_id"])["applicants"].sum().reindex(promised.index, fill_value=0)
    table = promised.rename("promised").to_frame().assign(came=np.minimum(promised, present))
    return table.reset_index().astype({"promised": int, "came": int})[columns]


def learn_conversion(promises: pd.DataFrame, *, settings: Settings) -> ConversionResult:
    """Learn the share of promised people who come from past promises."""
    if (promises["came"] > promises["promised"]).any():
        raise RequestError("more people came than had promised; see promises_kept")
    mean, sd = settings.interest_shows_up_mean, settings.interest_shows_up_sd
    if promises.empty or sd == 0:
        return ConversionResult(mean=mean, sd=sd, promises=promises, settings=settings)
    means, concentrations = _prior_grid(mean, sd)
    log_weight = np.zeros((len(means), len(concentrations)))
    for promised, came in promises[["promised", "came"]].itertuples(index=False):
        a = means[:, None] * concentrations
        b = (1 - means[:, None]) * concentrations
        log_weight += stats.betabinom.logpmf(came, promised, a, b)
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    learned = float((weight * means[:, None]).sum())
    within = means[:, None] * (1 - means[:, None]) / (1 + concentrations)
    variance = float((weight * (within + means[:, None] ** 2)).sum()) - learned**2
    return ConversionResult(mean=learned, sd=float(np.sqrt(variance)), promises=promises, settings=settings)


def _prior_grid(mean: float, sd: float) -> tuple[Array, Array]:
    """Equally likely values of the common mean and of the concentration around it."""
    common = _PART_COMMON * sd**2
    size = mean * (1 - mean) / common - 1
    means = stats.beta.ppf((np.arange(_GRID[0]) + 0.5) / _GRID[0], mean * size, (1 - mean) * size)
    steps = np.exp(_LOG_SD_CONCENTRATION * stats.norm.ppf((np.arange(_GRID[1]) + 0.5) / _GRID[1]))
    within = (1 - _PART_COMMON) * sd**2 / (mean * (1 - mean) - common)
    median = optimize.brentq(lambda log: np.mean(1 / (1 + np.exp(log) * steps)) - within, -10, 20)
    return means, np.exp(median) * steps


# --- The office's rule on interest, and how likely it is that the promised people come.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class InterestResult(Shown):
    """Who asked for a pop-up, by area.

    Attributes
    ----------
    by_area
        Index as the areas given; each area holds its own people and those of the desa in it. `people` (distinct, still
        valid), `above_threshold` (bool), `freshness_days` (days, NaN where nobody), `group_share` (of people promised
        in groups, in [0, 1]), `p_above_threshold` (in [0, 1]: that MORE than the threshold really come), `name`.
    by_village
        The same for each desa that interest names.
    left_out
        People not counted, by reason: `served`, `later` (dated after the day of the question), `expired`,
        `outside_areas`, `repeated`.
    conversion
        Share of promised people who come: learned from past promises, or as the settings assume.
    assessed
        False where there is no interest table at all: then the rule excludes nobody.
    """

    main = "by_area"

    by_area: pd.DataFrame
    by_village: pd.DataFrame
    left_out: pd.Series
    conversion: ConversionResult
    assessed: bool
    settings: Settings

    def _at_a_glance(self) -> pd.DataFrame:
        """Areas with interest: they are few among many."""
        return self.by_area[self.by_area["people"] > 0]

    def of_places(self, area_ids: pd.Series) -> pd.DataFrame:
        """Evidence of the area or desa in which each place lies, with the index of `area_ids`.

        A place in a desa is judged by that desa's own people, a place in a kecamatan by all of the kecamatan's.
        """
        both = pd.concat([self.by_area, self.by_village[~self.by_village.index.isin(self.by_area.index)]])
        found = both.reindex(area_ids.to_numpy())
        found.index = area_ids.index
        nobody = {"people": 0, "above_threshold": False, "group_share": 0.0, "p_above_threshold": 0.0}
        return found.fillna(nobody).infer_objects().astype({"people": int, "above_threshold": bool})

    def summary(self) -> pd.DataFrame:
        """Number of areas and of desa above the threshold, and of people: `estimate, unit`."""
        rows = {
            "areas above the threshold": (int(self.by_area["above_threshold"].sum()), "areas"),
            "desa above the threshold": (int(self.by_village["above_threshold"].sum()), "desa"),
            "interested people": (int(self.by_area["people"].sum()), "people"),
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "unit"])


def interest_evidence(
    *,
    areas: pd.DataFrame,
    events: pd.DataFrame | None = None,
    counts: pd.DataFrame | None = None,
    interest: pd.DataFrame | None,
    settings: Settings,
) -> InterestResult:
    """Distinct interested people by area, the office's rule, and P(more than the threshold really come).

    The rule as written: MORE than `settings.interest_threshold_people` distinct people; exactly that many is
    not enough. A row counts its `people`; rows with the same `person_key` count once in an area however often
    they occur, the one that promises most. A row counts for `settings.interest_expires_days` days (inclusive),
    and no longer once the event it led to (`event_id`) was held.
    Of n promised people the number who come is beta-binomial. The mean and standard deviation of the share are
    learned from past promises where `events` and `counts` are given (see `learn_conversion`), else they are
    `interest_shows_up_mean` and `interest_shows_up_sd`: with the defaults 22 promised give .02, 30 give .34, 40 give
    .70 and 50 give .86.

    Parameters
    ----------
    areas, events, counts, interest
        As in the data contract. Interest is None where the office keeps no such list; what led to a held event is
        served. Events and counts are not needed for the rule.
    settings
        `as_of` None means the last date in `interest`, or of a held event where that is later.

    Raises
    ------
    RequestError
        Where a number of people is below 1.

    References
    ----------
    The rule: Kantor Imigrasi Samarinda, Hari Bhakti Imigrasi ke-74 (2024), as reported by its press.

    Examples
    --------
    >>> areas = pd.DataFrame(index=pd.Index(["64.02.06", "64.02.07"], name="area_id"))
    >>> interest = pd.DataFrame({"date": pd.to_datetime(["2026-11-01"] * 2), "area_id": ["64.02.06", "64.02.07.2001"],
    ...                          "people": [20, 21], "group": True, "person_key": None})
    >>> interest_evidence(interest=interest, areas=areas, settings=Settings()).by_area["above_threshold"].tolist()
    [False, True]
    """
    (areas,) = checked_frames(areas=areas)
    if events is not None and counts is not None:
        areas, events, counts = checked_frames(areas=areas, events=events, counts=counts)
    assessed = interest is not None
    if interest is None:
        interest = pd.DataFrame(columns=["date", "area_id", "people", "group", "person_key"])
        interest = interest.astype({"date": "datetime64[ns]", "people": int, "group": bool})
        events = None
    (interest,) = checked_frames(interest=interest)
    if events is not None:
        events, interest = checked_frames(events=events, interest=interest)
    if (interest["people"] < 1).any():
        raise RequestError("a row of interest has fewer than 1 person")
    as_of = pd.Timestamp(settings.as_of or _last_day(interest, events))
    served, kept = pd.Series(data=False, index=interest.index), pd.DataFrame(columns=["promised", "came"])
    if events is not None:
        by_then = events[events["date"] <= as_of]
        if "event_id" in interest:
            served = interest["event_id"].isin(by_then.index[by_then["status"] == "held"])
        if counts is not None:
            kept = show_up_rates(interest, counts, by_then, areas)
    age = (as_of - interest["date"]).dt.days
    later = (age < 0) & ~served
    valid = age.between(0, settings.interest_expires_days) & ~served
    inside = enclosing_area(interest["area_id"], areas).notna()
    counted = interest[valid & inside].assign(days_since=age[valid & inside])
    distinct = _distinct(counted)
    left = {"served": served, "later": later, "expired": ~valid & ~served & ~later, "outside_areas": valid & ~inside}
    people = {reason: int(interest.loc[rows, "people"].sum()) for reason, rows in left.items()}
    people["repeated"] = int(counted["people"].sum() - distinct["people"].sum())
    conversion = learn_conversion(kept, settings=settings)
    at_desa = distinct[~distinct["area_id"].isin(areas.index)]
    rolled_up = _distinct(distinct.assign(area_id=enclosing_area(distinct["area_id"], areas)))
    return InterestResult(
        by_area=_by_place(rolled_up, areas.index, conversion).assign(name=areas.get("name", areas.index)),
        by_village=_by_place(at_desa, pd.Index(sorted(at_desa["area_id"].unique()), name="area_id"), conversion),
        left_out=pd.Series(people),
        conversion=conversion,
        assessed=assessed,
        settings=settings,
    )


def _last_day(interest: pd.DataFrame, events: pd.DataFrame | None) -> dt.date:
    days = [interest["date"].max()]
    if events is not None:
        days.append(events.loc[events["status"] == "held", "date"].max())
    latest = pd.Series(days).max()
    # where nothing has a day any will do that a column of days can be compared with
    return pd.Timestamp(latest).date() if pd.notna(latest) else dt.date(1970, 1, 1)


def _distinct(interest: pd.DataFrame) -> pd.DataFrame:
    """One row a known person and area (the most people, then the latest), and every row without a key."""
    known = interest["person_key"].notna()
    once = interest[known].sort_values(["people", "date", "group"], kind="stable")
    return pd.concat([interest[~known], once.drop_duplicates(["person_key", "area_id"], keep="last")])


def _by_place(rows: pd.DataFrame, index: pd.Index, conversion: ConversionResult) -> pd.DataFrame:
    grouped = rows.assign(in_group=rows["people"].where(rows["group"].astype(bool), 0)).groupby("area_id")
    people = grouped["people"].sum().reindex(index, fill_value=0).astype(int)
    in_group = grouped["in_group"].sum().reindex(index, fill_value=0)
    return pd.DataFrame(
        {
            "people": people,
            "above_threshold": people > conversion.settings.interest_threshold_people,
            "freshness_days": grouped["days_since"].min().reindex(index).astype(float),
            "group_share": (in_group / people.where(people > 0)).fillna(0.0).astype(float),
            "p_above_threshold": p_above(people.to_numpy(), settings=conversion.apply()),
        },
        index=index,
    )


def p_above(promised: np.ndarray, *, settings: Settings) -> np.ndarray:
    """P(more than the threshold come) when so many people promised, in [0, 1]; 0 where nobody did. Beta-binomial;
    binomial where the share is known for sure (standard deviation 0)."""
    mean, sd = settings.interest_shows_up_mean, settings.interest_shows_up_sd
    threshold = settings.interest_threshold_people
    if sd == 0:
        return np.asarray(stats.binom.sf(threshold, promised, mean))
    return np.asarray(stats.betabinom.sf(threshold, promised, *_beta(mean, sd)))


def add_interest_candidates(evidence: InterestResult, *, areas: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Add a candidate for each area above the interest threshold in which no place could be visited for it.

    A place of the kinds kecamatan, desa and other in the area will do, but not a desa that is itself below the
    threshold: the rule keeps it out. The candidate is the kecamatan's office at the area's seat point, `site_id`
    'KANTOR-<area_id>', with `location_source` 'seat' and `added_for_interest` True, so that it is marked
    wherever it appears.

    `evidence` is of the same areas. The result is `sites` with a bool column `added_for_interest`, the new candidates
    below.

    Examples
    --------
    >>> areas = pd.DataFrame({"name": ["Muara Badak"], "seat_lon": [117.4], "seat_lat": [-0.3], "lon": [117.4],
    ...                       "lat": [-0.3]}, index=pd.Index(["64.02.13"], name="area_id"))
    >>> interest = pd.DataFrame({"date": pd.to_datetime(["2026-11-01"]), "area_id": ["64.02.13"], "people": [30],
    ...                          "group": True, "person_key": None})
    >>> evidence = interest_evidence(interest=interest, areas=areas, settings=Settings())
    >>> none = pd.DataFrame(columns=["name", "kind", "area_id", "lon", "lat"]).rename_axis("site_id")
    >>> add_interest_candidates(evidence, areas=areas, sites=none)["name"].to_dict()
    {'KANTOR-64.02.13': 'Kantor Kecamatan Muara Badak'}
    """
    above = evidence.by_area.index[evidence.by_area["above_threshold"]]
    visited = sites[sites["kind"].isin(["kecamatan", "desa", "other"])]
    ruled_out = (visited["kind"] == "desa") & ~evidence.of_places(visited["area_id"])["above_threshold"]
    missing = above[~above.isin(enclosing_area(visited.loc[~ruled_out, "area_id"], areas).dropna())]
    known = sites.assign(added_for_interest=False)
    if missing.empty:
        return known
    there = areas.loc[missing]
    added = pd.DataFrame(
        {
            "name": "Kantor Kecamatan " + there["name"],
            "kind": "kecamatan",
            "area_id": missing,
            "lon": there["seat_lon"].fillna(there["lon"]),
            "lat": there["seat_lat"].fillna(there["lat"]),
            "location_source": "seat",
            "added_for_interest": True,
        }
    )
    added.index = pd.Index("KANTOR-" + missing, name="site_id")
    return with_rows_below(known, added)


def with_rows_below(table: pd.DataFrame, added: pd.DataFrame) -> pd.DataFrame:
    """A table and more rows in its columns, of their types; whole numbers, which cannot be missing, become others."""
    kinds = {name: kind if kind.kind not in "iu" else float for name, kind in table.dtypes.items()}
    return pd.concat([table, added.reindex(columns=table.columns).astype(kinds)])
