"""Who comes: shares of channels, ages and applications, and uptake of electronic passports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from outreach_analysis.disclosure import round_people, round_totals, rounding_interval
from outreach_analysis.doors import check_events, checked_frames
from outreach_analysis.event_kinds import is_popup, popups_that_took_place
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.intake.applicants import OFFICE
from outreach_analysis.intake.identity import AGE_BANDS
from outreach_analysis.measures.coverage import service_points_on
from outreach_analysis.settings import LEVEL, Settings
from outreach_analysis.shown import Shown

# --- Shares of people by group and category, with intervals, the unknown among them, as they may be told.


UNKNOWN = "unknown"
FEWEST_BASES = 4
"""Groups of fewer people than so many rounding bases are told without shares: each step would be 25 points or more."""

_STRENGTHS = 25
_Matrix = npt.NDArray[np.float64]
_Z = stats.norm.ppf((1 + LEVEL) / 2)


def category_shares(
    people: pd.DataFrame,
    *,
    group: str,
    category: str,
    groups: Sequence[object],
    categories: Sequence[str],
    smooth: bool = False,
    rounding_base: int = 1,
) -> pd.DataFrame:
    """Shares of each category among the people of each group, the unknown in the denominator."""
    names = [*categories, *([] if UNKNOWN in categories else [UNKNOWN])]
    said = people[category].where(people[category].isin(names), UNKNOWN)
    exact = pd.crosstab(people[group], said).reindex(index=pd.Index(groups), columns=names, fill_value=0)
    counted, totals = published_cells(exact.to_numpy(np.int64), base=rounding_base)
    shown = totals >= (FEWEST_BASES * rounding_base if rounding_base > 1 else 1)
    of = np.where(shown, totals, np.nan)[:, None]
    share = np.minimum(counted / of, 1.0)
    low, high = wilson(share, of)
    columns = {"share": share, "ci_low": low, "ci_high": high}
    if smooth:
        columns["smoothed"] = _smoothed(counted.astype(float))
    return pd.DataFrame(
        {
            "group": np.repeat(np.asarray(groups, dtype=object), len(names)),
            "category": np.tile(names, len(groups)),
            "people": counted.ravel(),
            "of": np.repeat(totals, len(names)),
            **{name: np.where(np.isnan(share), np.nan, values).ravel() for name, values in columns.items()},
        }
    ).infer_objects()


def wilson(share: npt.ArrayLike, of: npt.ArrayLike) -> tuple[_Matrix, _Matrix]:
    """Wilson interval of shares among `of` people; NaN stays NaN."""
    p, n = np.asarray(share, dtype=float), np.asarray(of, dtype=float)
    centre = (p + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z * np.sqrt(p * (1 - p) / n + _Z**2 / (4 * n**2)) / (1 + _Z**2 / n)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def published_cells(exact: npt.NDArray[np.int64], *, base: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Cells rounded, and totals rounded so that they tell none of their cells."""
    cells = np.asarray(round_people(exact, base=base))
    if base == 1:
        return cells, cells.sum(axis=1)
    low, high = rounding_interval(cells, base=base)
    return cells, round_totals(exact.sum(axis=1), low.sum(axis=1), high.sum(axis=1), base=base)


def _smoothed(counts: _Matrix) -> _Matrix:
    """Each group's shares drawn towards those of all groups, as far as the groups are alike."""
    everyone = counts.sum()
    if everyone == 0:
        return np.full(counts.shape, np.nan)
    of, pooled = counts.sum(axis=1), (counts.sum(axis=0) + 0.5) / (everyone + 0.5 * counts.shape[1])
    strengths = np.geomspace(1.0, max(everyone, 2.0), _STRENGTHS)
    likelihood = [_log_likelihood(counts, of, strength * pooled) for strength in strengths]
    strength = strengths[int(np.argmax(likelihood))]
    return np.asarray((counts + strength * pooled) / (of + strength)[:, None])


def _log_likelihood(counts: _Matrix, of: _Matrix, prior: _Matrix) -> float:
    """Dirichlet-multinomial, without the constant."""
    groups = special.gammaln(prior.sum()) - special.gammaln(prior.sum() + of)
    cells = special.gammaln(prior + counts) - special.gammaln(prior)
    return float(groups.sum() + cells.sum())


# --- Who asked for an electronic passport while there was a choice: over time, by distance, and where it lagged.


PER_WAY = 100.0
_SPREADS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 0.9, 1.2)
_MOST_STEPS = 50
_FEWEST_KNOWN = 30
_PRIOR_SD = 10.0
MOST_UNKNOWN = 0.5
"""Where of more than this share nothing is known, no share of the others is made a headline."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class UptakeResult(Shown):
    """Electronic passports among applicants whose kind of passport is known, before all became electronic.

    Attributes
    ----------
    by_area
        Index as the areas given. `people`, `electronic`, `unknown` (people), `share` (electronic among those
        whose kind is known) with `ci_low`, `ci_high` (Wilson), `smoothed`, `expected` (by the trend, at the area's
        months and distance), `lag`, `lag_low`, `lag_high` (share points above, or if negative below, what is
        expected) and `lags` (whether all of that interval is below 0). NaN and False where too few are known.
    by_month
        Index `month`. `people`, `electronic`, `unknown`, `share`, `ci_low`, `ci_high` (Wilson), `trend`.
    trend
        Index `per_month`, `per_100` (km or minutes of way): odds ratio as `estimate, ci_low, ci_high,
        unit`. Empty where too few are known.
    """

    main = "by_area"

    by_area: pd.DataFrame
    by_month: pd.DataFrame
    trend: pd.DataFrame
    settings: Settings

    def summary(self) -> pd.DataFrame:
        """The trend as `estimate, ci_low, ci_high, unit`."""
        return self.trend

    @property
    def is_published(self) -> bool:
        """Whether a share may head a text: the kind is known of half of those whose list asks, or more."""
        people, unknown = (int(self.by_month[name].sum()) for name in ("people", "unknown"))
        return people > 0 and unknown <= MOST_UNKNOWN * people


def electronic_uptake(
    people: pd.DataFrame, area_ids: pd.Index, *, way: pd.Series, settings: Settings, rounding_base: int = 1
) -> UptakeResult:
    """Uptake by area and month with a logistic trend, up to the day all passports became electronic.

    logit P(electronic) = a + b month + c way / 100 + area, areas normal around 0; their spread is the likeliest of a
    grid under Laplace's approximation. An area lags where its own deviation is below 0 at both ends of its interval.

    Parameters
    ----------
    people
        One row a person; columns `service_date`, `home` (an id of `area_ids`, or NA), `passport_type` (NA where
        the list does not ask: they are not counted). Those served from `settings.all_electronic_from` on are not.
    way
        By area id: way to the nearest fixed service point (km, or minutes).
    rounding_base
        Base to which numbers are rounded before anything is derived from them; 1 leaves them exact. With a larger
        base areas of fewer than four of them are told without shares, and the trend is fitted to rounded areas.

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
    by_area = _counted(asked, "home", area_ids, base=rounding_base, smooth=True)
    months = pd.Index(sorted(asked["month"].unique()), name="month")
    by_month = _counted(asked, "month", months, base=rounding_base, smooth=False)
    cells = _cells(asked, by_area, way, rounding_base)
    if cells["known"].sum() < _FEWEST_KNOWN or cells["electronic"].sum() in (0, cells["known"].sum()):
        trend = pd.DataFrame(columns=["estimate", "ci_low", "ci_high", "unit"])
        missing = dict.fromkeys(("expected", "lag", "lag_low", "lag_high"), np.nan)
        by_area = by_area.assign(**missing, lags=False)
        return UptakeResult(by_area=by_area, by_month=by_month.assign(trend=np.nan), trend=trend, settings=settings)
    fit = _Fit.of(cells)
    return UptakeResult(
        by_area=by_area.join(_deviations(cells, fit, by_area)),
        by_month=by_month.assign(trend=_by_month(cells, fit).reindex(by_month.index)),
        trend=_odds_ratios(fit),
        settings=settings,
    )


def _counted(asked: pd.DataFrame, group: str, groups: pd.Index, *, base: int, smooth: bool) -> pd.DataFrame:
    """People, electronic and unknown by group, and the share among those whose kind is known."""
    known = asked[asked["kind"] != "unknown"]
    kinds = ["electronic", "non_electronic"]
    shares = category_shares(
        known, group=group, category="kind", groups=list(groups), categories=kinds, smooth=smooth,
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
    fixed: _Matrix
    deviation: _Matrix
    covariance: _Matrix
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

    def expected(self, months: npt.ArrayLike, way: npt.ArrayLike) -> _Matrix:
        """Logit at a month and way, no area's own deviation in it."""
        return np.asarray(self.fixed[0] + self.fixed[1] * np.asarray(months) + self.fixed[2] * np.asarray(way))


def _chance(logit: _Matrix) -> _Matrix:
    return np.asarray(1 / (1 + np.exp(-logit)))


def _deviations(cells: pd.DataFrame, fit: _Fit, by_area: pd.DataFrame) -> pd.DataFrame:
    """What an area was expected to have, and how far it is from that, in share points."""
    n_fixed, own = len(fit.fixed), fit.deviation
    error = np.sqrt(np.diag(fit.covariance)[n_fixed:]) if len(fit.covariance) > n_fixed else np.zeros(len(own))
    deviation = pd.DataFrame({"lag": own, "lag_low": own - _Z * error, "lag_high": own + _Z * error}, index=fit.areas)
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


def _odds_ratios(fit: _Fit) -> pd.DataFrame:
    error, centre = np.sqrt(np.diag(fit.covariance)[1:3]), fit.fixed[1:3]
    ends = {"estimate": centre, "ci_low": centre - _Z * error, "ci_high": centre + _Z * error}
    ratios = {name: np.exp(values) for name, values in ends.items()}
    index = ["per_month", f"per_{PER_WAY:.0f}"]
    return pd.DataFrame(ratios, index=index).assign(unit="odds ratio of an electronic passport")


# --- Whom the pop-ups reach: how people heard of them, what they applied for, how old they are, by area and distance.


CHANNELS = ("instagram", "other_social", "conventional", "office", "word_of_mouth", UNKNOWN)
APPLICATIONS = ("new", "renewal", "lost", "damaged", "other", UNKNOWN)
ALL = "all"
LITTLE_REACHED_SHARE = 1 / 3
"""Little reached is the third of the jurisdiction's areas with the fewest pop-up applicants per resident."""

_ASKED = {"channel": CHANNELS, "application": APPLICATIONS, "age_band": AGE_BANDS}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AudienceResult(Shown):
    """Whom the pop-ups reach.

    Tables of shares have the columns `group, category, people, of, share, ci_low, ci_high` (see `category_shares`);
    they are of the people whose list asks, and the unknown among these are a category like any other.

    Attributes
    ----------
    channels, applications, ages
        Over all pop-up applicants (group `all`).
    channels_by_area, channels_by_event
        Group: area id, event id; with `smoothed`, for areas and events of few people.
    channels_by_distance, applications_by_distance, ages_by_distance
        Group: upper edge (inclusive) of the way from home to the nearest fixed service point, in km or minutes as
        `settings.travel_measure` says; inf beyond the last.
    channels_by_reach
        Group: `little_reached` and `other`.
    uptake
        Electronic passports before all became electronic.
    unknown
        Index `channel`, `application`, `age_band`, `area`: `people` of whom it is not known, `of` those whose list
        asks, `share`; and `applicants`, all of them.
    """

    channels: pd.DataFrame
    applications: pd.DataFrame
    ages: pd.DataFrame
    channels_by_area: pd.DataFrame
    channels_by_event: pd.DataFrame
    channels_by_distance: pd.DataFrame
    channels_by_reach: pd.DataFrame
    applications_by_distance: pd.DataFrame
    ages_by_distance: pd.DataFrame
    uptake: UptakeResult
    unknown: pd.DataFrame
    settings: Settings

    def is_published(self, what: str) -> bool:
        """Whether a share of `channel`, `application` or `age_band` may head a text: known of half of those asked."""
        return bool(self.unknown["share"][what] <= MOST_UNKNOWN)

    def summary(self) -> pd.DataFrame:
        """Shares over all pop-up applicants, trend of electronic passports: `estimate, ci_low, ci_high, unit`."""
        parts = []
        for what, table in (("channel", self.channels), ("application", self.applications), ("age_band", self.ages)):
            named = table.set_index(what + " " + table["category"])[["share", "ci_low", "ci_high"]]
            parts.append(named.rename(columns={"share": "estimate"}).assign(unit="share of pop-up applicants"))
        return pd.concat([*parts, self.uptake.trend]).rename_axis(None)


def audience(
    applicants: pd.DataFrame,
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    settings: Settings,
    rounding_base: int = 1,
) -> AudienceResult:
    """How pop-up applicants heard of them, what they applied for, how old they are; and electronic passports.

    Descriptive: shares among those who came, by where they live. Distance is that from home to the nearest fixed
    service point open on `settings.as_of` (or on the day of the last applicant).

    Parameters
    ----------
    applicants
        One row a person: `event_id`, `service_date`, `area_id` (an area, one inside it, or NA), `channel`,
        `application`, `age_band`, `passport_type`, each NA where the list does not ask. Applicants at held events
        count; those at the office (event 'OFFICE', openings there) count in `uptake` only.
    areas, sites, events, costs
        As in the data contract.
    settings
        Edges of distance (`shown_thresholds`), the day all passports became electronic, the day of the question.
    rounding_base
        Base to which numbers of people are rounded before shares are made of them; 1 leaves them exact.

    Examples
    --------
    >>> from outreach_analysis.intake.dataset import load_sample
    >>> from outreach_analysis.geography.travel import travel_costs
    >>> d = load_sample()
    >>> costs = travel_costs(areas=d.areas, sites=d.sites, settings=d.settings)
    >>> found = audience(d.applicants, areas=d.areas, sites=d.sites, events=d.events, costs=costs, settings=d.settings)
    >>> found.channels.set_index("category")["share"].round(2).to_dict()["unknown"]
    0.06
    """
    areas, sites, events, costs = checked_frames(areas=areas, sites=sites, events=events, costs=costs)
    check_events(applicants["event_id"], events, "applicants", also=(OFFICE,))
    home = enclosing_area(applicants["area_id"], areas)
    people = applicants.assign(home=home)
    popup = people[people["event_id"].isin(popups_that_took_place(events).index)]
    points = nearest_fixed(areas=areas, sites=sites, events=events, costs=costs, settings=settings)
    away = popup["home"].map(points)
    band, edges = distance_bands(away, settings)
    popup = popup.assign(all=ALL, band=band.where(away.notna()), reach=_reach(popup, areas))
    held = [event for event in events.index if event in set(popup["event_id"])]
    lived = areas.index[areas.index.isin(popup["home"])]

    def shares(category: str, group: str, groups: Sequence[object], *, smooth: bool = False) -> pd.DataFrame:
        return category_shares(
            popup[popup[category].notna()], group=group, category=category, groups=groups,
            categories=_ASKED[category], smooth=smooth, rounding_base=rounding_base,
        )  # fmt: skip

    counted = people[people["event_id"].isin([*held, OFFICE, *events.index[~is_popup(events)]])]
    return AudienceResult(
        channels=shares("channel", "all", [ALL]),
        applications=shares("application", "all", [ALL]),
        ages=shares("age_band", "all", [ALL]),
        channels_by_area=shares("channel", "home", list(lived), smooth=True),
        channels_by_event=shares("channel", "event_id", held, smooth=True),
        channels_by_distance=shares("channel", "band", edges),
        channels_by_reach=shares("channel", "reach", ["little_reached", "other"]),
        applications_by_distance=shares("application", "band", edges),
        ages_by_distance=shares("age_band", "band", edges),
        uptake=electronic_uptake(counted, areas.index, way=points, settings=settings, rounding_base=rounding_base),
        unknown=_unknown(popup, rounding_base),
        settings=settings,
    )


def nearest_fixed(
    *, areas: pd.DataFrame, sites: pd.DataFrame, events: pd.DataFrame, costs: pd.DataFrame, settings: Settings
) -> pd.Series:
    """Way from each area to the nearest fixed service point open on `settings.as_of`; NaN without one. In km or
    minutes, as `settings.travel_measure` says. Without an as_of: on the day of the last event."""
    day = settings.as_of or pd.Timestamp(events["date"].max()).date()
    points = service_points_on(sites=sites, events=events, as_of=day, settings=settings)
    fixed = points.index[points == "fixed"]
    return costs[costs["site_id"].isin(fixed)].groupby("area_id")[settings.travel_measure].min().reindex(areas.index)


def distance_bands(way: pd.Series, settings: Settings) -> tuple[pd.Series, list[float]]:
    """Upper edge (inclusive) of the band of each way, and all edges; inf beyond the last and where there is no way."""
    edges = [*sorted(settings.shown_thresholds), np.inf]
    return pd.Series(np.asarray(edges)[np.searchsorted(edges, way.fillna(np.inf))], index=way.index), edges


def _reach(popup: pd.DataFrame, areas: pd.DataFrame) -> pd.Series:
    """By person: `little_reached` or `other` area of the jurisdiction; NA outside it."""
    inside = areas[areas["in_jurisdiction"].astype(bool) & (areas["population"] > 0)]
    rate = popup.groupby("home").size().reindex(inside.index, fill_value=0) / inside["population"]
    ranked = rate[rate > 0].rank(method="first", pct=True)
    kind = pd.Series(np.where(ranked <= LITTLE_REACHED_SHARE, "little_reached", "other"), index=ranked.index)
    return popup["home"].map(kind)


def _unknown(popup: pd.DataFrame, base: int) -> pd.DataFrame:
    asked = {name: popup.loc[popup[name].notna(), name] for name in _ASKED}
    missing = {name: int((~said.isin(set(_ASKED[name]) - {UNKNOWN})).sum()) for name, said in asked.items()}
    people = pd.Series({**missing, "area": int(popup["home"].isna().sum())}, dtype="int64")
    base_of = pd.Series({**{name: len(said) for name, said in asked.items()}, "area": len(popup)}, dtype="int64")
    published, of = round_people(people, base=base), round_people(base_of, base=base)
    share = (published / of.where(of > 0)).clip(upper=1)
    return pd.DataFrame(
        {"people": published, "of": of, "share": share, "applicants": round_people(len(popup), base=base)}
    )
