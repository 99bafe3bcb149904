"""Promised and came: what share of those who said they would come to a pop-up does come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, stats

from outreach_analysis.errors import RequestError
from outreach_analysis.event_kinds import held_popups
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.settings import Settings

Array: TypeAlias = npt.NDArray[np.float64]
_PART_COMMON = 0.5
_LOG_SD_CONCENTRATION = 0.75
_GRID = (80, 40)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConversionResult:
    """Share of promised people who come.

    Attributes
    ----------
    mean, sd
        Of the share at the next promise, in (0, 1): of n promised the number who come is beta-binomial with
        this mean and standard deviation of the share.
    promises
        Columns `event_id, area_id, promised, came` (people): what was learned from.
    settings
        The settings used: their mean and sd are the prior's.
    """

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
        common = self.mean * (1 - self.mean) / self.sd**2 - 1
        return rng.beta(self.mean * common, (1 - self.mean) * common, (n, size))

    def summary(self) -> pd.DataFrame:
        """The share of the next promise with its 90 % interval: `estimate, ci_low, ci_high, unit`."""
        low = high = self.mean
        if self.sd > 0:
            common = self.mean * (1 - self.mean) / self.sd**2 - 1
            low, high = stats.beta.ppf([0.05, 0.95], self.mean * common, (1 - self.mean) * common)
        row = {"estimate": self.mean, "ci_low": low, "ci_high": high, "unit": "share"}
        return pd.DataFrame([row], index=["promised people who come"])

    def _repr_html_(self) -> str:
        return self.summary().to_html(float_format="{:.2f}".format)


def show_up_rates(
    interest: pd.DataFrame, counts: pd.DataFrame, events: pd.DataFrame, areas: pd.DataFrame
) -> pd.DataFrame:
    """People promised and people who came, by held event and area.

    A person with a key counts once an event and area; rows of a desa count in its kecamatan. Who came is not
    known by name: `came` is the number of the area's people at the event, at most as many as had promised,
    so that the share is an upper bound where others of the area came too.

    Parameters
    ----------
    interest
        Columns `area_id, people, person_key, event_id` (the event it led to, or blank).
    counts
        Columns `event_id, area_id, applicants`.
    events
        Index `event_id`; column `status`.
    areas
        Index `area_id`.

    Returns
    -------
    DataFrame
        Columns `event_id, area_id, promised, came`, in their order; empty where no interest led to an event.

    Examples
    --------
    >>> interest = pd.DataFrame({"area_id": ["a", "a", "a"], "people": [10, 1, 1], "person_key": [None, "k", "k"],
    ...                          "event_id": "E1"})
    >>> counts = pd.DataFrame({"event_id": ["E1"], "area_id": ["a"], "applicants": [8]})
    >>> events = pd.DataFrame({"status": ["held"]}, index=["E1"])
    >>> show_up_rates(interest, counts, events, pd.DataFrame(index=["a"])).to_dict("records")
    [{'event_id': 'E1', 'area_id': 'a', 'promised': 11, 'came': 8}]
    """
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
    """Learn the share of promised people who come from past promises.

    Each promise has a share of its own, beta distributed around a common mean with a common concentration.
    Before any promise the share has the mean and sd of the settings; half of that variance is doubt about
    the common mean, the rest differs from promise to promise and does not go away however many are seen.
    The posterior is summed over a grid of 80 x 40 quantiles.

    Parameters
    ----------
    promises
        From `show_up_rates`; columns `promised`, `came` (people).
    settings
        `interest_shows_up_mean`, `interest_shows_up_sd`.

    Returns
    -------
    ConversionResult
        With the settings' own values where there is no promise, or their sd is 0: the share is known.

    Raises
    ------
    ValueError
        Where more came than promised.

    Examples
    --------
    >>> kept = pd.DataFrame({"promised": [40] * 6, "came": [12] * 6})
    >>> learned = learn_conversion(kept, settings=Settings())
    >>> bool(learned.mean < 0.4), bool(learned.sd < 0.15)
    (True, True)
    """
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
