"""Who asked for an electronic passport while there was a choice: over time, by distance, and where it lagged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from outreach_analysis.disclosure import round_people
from outreach_analysis.measures.shares import category_shares
from outreach_analysis.settings import Settings

PER_WAY = 100.0
_SPREADS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 0.9, 1.2)
_MOST_STEPS = 50
_FEWEST_KNOWN = 30
_PRIOR_SD = 10.0
MOST_UNKNOWN = 0.5
"""Where of more than this share nothing is known, no share of the others is made a headline."""

_Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UptakeResult:
    """Electronic passports among applicants whose kind of passport is known, before all became electronic.

    Attributes
    ----------
    by_area
        Index as the areas given. Columns: `people`, `electronic`, `unknown` (people), `share` (electronic among those
        whose kind is known) with `ci_low`, `ci_high` (Wilson), `smoothed`, `expected` (by the trend, at the area's
        months and distance), `lag`, `lag_low`, `lag_high` (share points above, or if negative below, what is
        expected) and `lags` (whether all of that interval is below 0). NaN and False where too few are known.
    by_month
        Index `month`. Columns: `people`, `electronic`, `unknown`, `share`, `ci_low`, `ci_high` (Wilson), `trend`.
    trend
        Index `per_month`, `per_100` (km or minutes of way): odds ratio as `estimate, ci_low, ci_high,
        unit`. Empty where too few are known.
    level
        Of the intervals.
    settings
        The settings used: their `all_electronic_from` is the first day that is not counted.
    """

    by_area: pd.DataFrame
    by_month: pd.DataFrame
    trend: pd.DataFrame
    level: float
    settings: Settings

    @property
    def is_published(self) -> bool:
        """Whether a share may head a text: the kind is known of half of those whose list asks, or more."""
        people, unknown = (int(self.by_month[name].sum()) for name in ("people", "unknown"))
        return people > 0 and unknown <= MOST_UNKNOWN * people


def electronic_uptake(
    people: pd.DataFrame,
    area_ids: pd.Index,
    *,
    way: pd.Series,
    settings: Settings,
    level: float = 0.9,
    rounding_base: int = 1,
) -> UptakeResult:
    """Uptake by area and month with a logistic trend, up to the day all passports became electronic.

    logit P(electronic) = a + b month + c way / 100 + area, areas normal around 0; their spread is the likeliest of a
    grid under Laplace's approximation. An area lags where its own deviation is below 0 at both ends of its interval.

    Parameters
    ----------
    people
        One row a person; columns `service_date`, `home` (an id of `area_ids`, or NA), `passport_type` (NA where
        the list does not ask: they are not counted).
    area_ids
        Areas.
    way
        By area id: way to the nearest fixed service point (km, or minutes).
    settings
        For `all_electronic_from`; people served from that day on are not counted.
    level
        Of the intervals, in (0, 1).
    rounding_base
        Base to which numbers are rounded before anything is derived from them; 1 leaves them exact. With a larger
        base areas of fewer than four of them are told without shares, and the trend is fitted to rounded areas.

    Returns
    -------
    UptakeResult

    References
    ----------
    Breslow and Clayton (1993), Approximate inference in generalized linear mixed models, JASA 88, 9-25.

    Examples
    --------
    >>> people = pd.DataFrame({"service_date": pd.to_datetime(["2025-05-02"] * 4), "home": ["a"] * 4,
    ...                        "passport_type": ["electronic", "electronic", "non_electronic", "unknown"]})
    >>> found = electronic_uptake(people, pd.Index(["a"]), way=pd.Series({"a": 3.0}), settings=Settings())
    >>> found.by_area.loc["a", ["people", "electronic", "unknown"]].tolist()
    [4, 2, 1]
    """
    asked = people[people["service_date"] < pd.Timestamp(settings.all_electronic_from)]
    asked = asked[asked["passport_type"].notna()]
    kinds = asked["passport_type"].where(asked["passport_type"].isin(["electronic", "non_electronic"]), "unknown")
    asked = asked.assign(kind=kinds, month=asked["service_date"].dt.to_period("M").dt.to_timestamp())
    by_area = _counted(asked, "home", area_ids, level=level, base=rounding_base, smooth=True)
    months = pd.Index(sorted(asked["month"].unique()), name="month")
    by_month = _counted(asked, "month", months, level=level, base=rounding_base, smooth=False)
    cells = _cells(asked, by_area, way, rounding_base)
    if (
        len(cells) == 0
        or cells["known"].sum() < _FEWEST_KNOWN
        or cells["electronic"].sum() in (0, cells["known"].sum())
    ):
        trend = pd.DataFrame(columns=["estimate", "ci_low", "ci_high", "unit"])
        missing = dict.fromkeys(("expected", "lag", "lag_low", "lag_high"), np.nan)
        by_area = by_area.assign(**missing, lags=False)
        return UptakeResult(
            by_area=by_area, by_month=by_month.assign(trend=np.nan), trend=trend, level=level, settings=settings
        )
    fit = _Fit.of(cells)
    return UptakeResult(
        by_area=by_area.join(_deviations(cells, fit, by_area, level=level)),
        by_month=by_month.assign(trend=_by_month(cells, fit).reindex(by_month.index)),
        trend=_odds_ratios(fit, level),
        level=level,
        settings=settings,
    )


def _counted(
    asked: pd.DataFrame, group: str, groups: pd.Index, *, level: float, base: int, smooth: bool
) -> pd.DataFrame:
    """People, electronic and unknown by group, and the share among those whose kind is known."""
    known = asked[asked["kind"] != "unknown"]
    kinds = ["electronic", "non_electronic"]
    shares = category_shares(
        known, group=group, category="kind", groups=list(groups), categories=kinds, smooth=smooth, level=level,
        rounding_base=base,
    )  # fmt: skip
    table = shares[shares["category"] == "electronic"].set_index("group").reindex(groups).drop(columns="category")
    table = table.rename(columns={"people": "electronic", "of": "known"})
    unknown = asked[asked["kind"] == "unknown"].groupby(group).size().reindex(groups, fill_value=0)
    table.insert(0, "unknown", np.asarray(round_people(unknown.to_numpy(np.int64), base=base)))
    table.insert(0, "people", table["known"] + table["unknown"])
    table.index.name = groups.name
    return table


def _cells(asked: pd.DataFrame, by_area: pd.DataFrame, way: pd.Series, base: int) -> pd.DataFrame:
    """By area and month: known and electronic (people), months since the first, way; areas as they are told."""
    known = asked[(asked["kind"] != "unknown") & asked["home"].isin(by_area.index)]
    known = known.assign(electronic=known["kind"] == "electronic")
    cells = known.groupby(["home", "month"])["electronic"].agg(known="size", electronic="sum").reset_index()
    if base > 1:
        exact = cells.groupby("home")[["known", "electronic"]].transform("sum")
        published = by_area.reindex(cells["home"])[["known", "electronic"]].to_numpy(float)
        scaled = cells[["known", "electronic"]].to_numpy(float) * published / np.maximum(exact.to_numpy(float), 1)
        cells["known"], cells["electronic"] = scaled[:, 0], np.minimum(scaled[:, 1], scaled[:, 0])
    month = cells["month"].dt.year * 12 + cells["month"].dt.month
    away = pd.to_numeric(cells["home"].map(way)).astype(float)
    return cells.assign(
        months=(month - month.min()).astype(float), way=away.fillna(away.median()).fillna(0.0) / PER_WAY
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    """Coefficients and area deviations with their covariance, at the likeliest spread of areas."""

    areas: pd.Index
    fixed: _Vector
    deviation: _Vector
    covariance: _Vector
    log_likelihood: float

    @classmethod
    def of(cls, cells: pd.DataFrame) -> _Fit:
        fits = [cls._at_spread(cells, spread) for spread in _SPREADS]
        return max(fits, key=lambda fit: fit.log_likelihood)

    @classmethod
    def _at_spread(cls, cells: pd.DataFrame, spread: float) -> _Fit:
        areas = pd.Index(cells["home"].unique())
        fixed = np.column_stack([np.ones(len(cells)), cells["months"], cells["way"]])
        n_fixed = fixed.shape[1]
        home = (cells["home"].to_numpy()[:, None] == areas.to_numpy()) if spread > 0 else np.empty((len(cells), 0))
        design = np.hstack([fixed, home.astype(float)])
        # without a weak prior a distance that all share, or a single month, would have no coefficient at all
        penalty = np.r_[np.full(n_fixed, _PRIOR_SD**-2), np.full(home.shape[1], spread**-2 if spread else 0.0)]
        known, electronic = cells["known"].to_numpy(float), cells["electronic"].to_numpy(float)
        at = np.zeros(design.shape[1])
        for _ in range(_MOST_STEPS):
            chance = _chance(design @ at)
            curvature = (design.T * (known * chance * (1 - chance))) @ design + np.diag(penalty)
            step = np.linalg.solve(curvature, design.T @ (electronic - known * chance) - penalty * at)
            at = at + step / max(1.0, np.abs(step).max() / 2)
            if np.abs(step).max() < 1e-8:
                break
        logit = design @ at
        likelihood = electronic @ logit - known @ np.logaddexp(0, logit) - penalty @ at**2 / 2
        likelihood += np.log(penalty).sum() / 2 - np.linalg.slogdet(curvature)[1] / 2
        return cls(
            areas=areas,
            fixed=at[:n_fixed],
            deviation=at[n_fixed:] if spread else np.zeros(len(areas)),
            covariance=np.linalg.inv(curvature),
            log_likelihood=float(likelihood),
        )

    def expected(self, months: npt.ArrayLike, way: npt.ArrayLike) -> _Vector:
        """Logit at a month and way, no area's own deviation in it."""
        return np.asarray(self.fixed[0] + self.fixed[1] * np.asarray(months) + self.fixed[2] * np.asarray(way))


def _chance(logit: _Vector) -> _Vector:
    return np.asarray(1 / (1 + np.exp(-logit)))


def _deviations(cells: pd.DataFrame, fit: _Fit, by_area: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """What an area was expected to have, and how far it is from that, in share points."""
    z = stats.norm.ppf((1 + level) / 2)
    n_fixed, own = len(fit.fixed), fit.deviation
    error = np.sqrt(np.diag(fit.covariance)[n_fixed:]) if len(fit.covariance) > n_fixed else np.zeros(len(own))
    deviation = pd.DataFrame({"lag": own, "lag_low": own - z * error, "lag_high": own + z * error}, index=fit.areas)
    logit = fit.expected(cells["months"], cells["way"])
    people = cells.groupby("home")["known"].sum()

    def mean(shift: pd.Series) -> pd.Series:
        moved = logit + cells["home"].map(shift).to_numpy(float)
        electronic: pd.Series = (_chance(moved) * cells["known"]).groupby(cells["home"]).sum()
        return electronic / people.where(people > 0)

    expected = mean(pd.Series(0.0, index=fit.areas))
    table = pd.DataFrame({"expected": expected} | {name: mean(deviation[name]) - expected for name in deviation})
    table = table.reindex(by_area.index).where(by_area["share"].notna())
    return table.assign(lags=(table["lag_high"] < 0))


def _by_month(cells: pd.DataFrame, fit: _Fit) -> pd.Series:
    """The trend at the mean distance of all people."""
    way = float(np.average(cells["way"], weights=cells["known"]))
    months = cells.groupby("month")["months"].first()
    return pd.Series(_chance(fit.expected(months, way)), index=months.index)


def _odds_ratios(fit: _Fit, level: float) -> pd.DataFrame:
    z = stats.norm.ppf((1 + level) / 2)
    error = np.sqrt(np.diag(fit.covariance)[1:3])
    centre = fit.fixed[1:3]
    return pd.DataFrame(
        {
            "estimate": np.exp(centre),
            "ci_low": np.exp(centre - z * error),
            "ci_high": np.exp(centre + z * error),
            "unit": "odds ratio of an electronic passport",
        },
        index=["per_month", f"per_{PER_WAY:.0f}"],
    )
