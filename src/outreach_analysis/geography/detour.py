"""How much longer roads and rivers are than the straight line, learned from distances that are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from outreach_analysis.geography.access import access_classes
from outreach_analysis.geography.distance import column_of, great_circle_km
from outreach_analysis.settings import Settings

FEWEST_PAIRS = 10
"""With fewer known distances a class keeps the detour of the settings."""

SHORTEST_KM = 2.0
"""Pairs nearer than this are left out: their detour hangs on where exactly the points lie."""

_BOOTSTRAPS, _SEED = 2000, 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DetourResult:
    """Detours by access class, calibrated.

    Attributes
    ----------
    by_class
        Index class of access (`road`, `river`, `ferry`, `air`), as far as a distance is known. Columns: `pairs`
        (known distances used), `detour` (ratio, >= 1), `ci_low`, `ci_high` (95 %), `assumed` (that of the
        settings), `used` (the one in `settings` below).
    settings
        The settings with the calibrated detours in place of the assumed ones.
    left_out
        Known distances not used, by reason: `near` (straight line below 2 km), `shorter` (below the straight
        line: one of the two is wrong), `no_way` (infinite), `no_point` (unknown area or site, or no coordinates).
    """

    by_class: pd.DataFrame
    settings: Settings
    left_out: pd.Series

    def summary(self) -> pd.DataFrame:
        """`estimate, ci_low, ci_high, unit` by class."""
        return self.by_class.rename(columns={"detour": "estimate"})[["estimate", "ci_low", "ci_high"]].assign(
            unit="km per straight-line km"
        )

    def _repr_html_(self) -> str:
        return self.by_class.to_html(float_format="{:.2f}".format)


def calibrate_detours(
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    known: pd.DataFrame,
    *,
    access: pd.DataFrame | None = None,
    settings: Settings | None = None,
) -> DetourResult:
    """Detour of each access class from pairs whose km are known.

    The detour is the MEDIAN of known km over great-circle km, so that a single wrong pair cannot move it. A class
    with fewer than 10 usable pairs keeps the detour of the settings. The interval is that of a bootstrap over
    areas, since the pairs of one area share its roads; NaN where all pairs are of one area.

    Parameters
    ----------
    areas, sites
        As in `travel_costs`.
    known
        `area_id, site_id, km`: a matrix, or distances read off a map. NaN says nothing.
    access
        As in `travel_costs`.
    settings
        For the detours assumed so far.

    Returns
    -------
    DetourResult

    Raises
    ------
    ValueError
        Where an id occurs twice or a class of access is unknown.

    References
    ----------
    Boscoe, Henry and Zdeb (2012), A nationwide comparison of driving distance versus straight-line distance to
    hospitals, The Professional Geographer 64(2): a detour of 1.4, much the same at most distances.

    Examples
    --------
    >>> areas = pd.DataFrame({"lon": np.linspace(117, 118, 12), "lat": 0.0}, index=[f"A{n}" for n in range(12)])
    >>> sites = pd.DataFrame({"lon": [117.0], "lat": [1.0]}, index=["mall"])
    >>> known = pd.DataFrame({"area_id": areas.index, "site_id": "mall"})
    >>> known["km"] = 1.25 * great_circle_km(areas, sites)[:, 0]
    >>> result = calibrate_detours(areas, sites, known)
    >>> round(result.settings.road_detour, 3), int(result.by_class.loc["road", "pairs"])
    (1.25, 12)
    """
    settings = settings or Settings()
    classes = access_classes(areas, access, settings)
    row = areas.index.get_indexer(pd.Index(known["area_id"]))
    column = sites.index.get_indexer(pd.Index(known["site_id"]))
    km = column_of(known, "km")
    straight = np.where((row >= 0) & (column >= 0), great_circle_km(areas, sites)[row, column], np.nan)
    said = ~np.isnan(km)
    reasons = {
        "no_point": said & np.isnan(straight),
        "no_way": said & np.isinf(km),
        "near": said & (straight < SHORTEST_KM),
        "shorter": said & (straight >= SHORTEST_KM) & (km < straight),
    }
    used = said & ~np.logical_or.reduce(list(reasons.values()))
    pairs = pd.DataFrame({"area": row[used], "class": classes.name[row[used]], "ratio": km[used] / straight[used]})
    rows = {}
    for name, group in pairs.groupby("class", sort=False):
        assumed = float(getattr(settings, f"{name}_detour"))
        low, high = _interval(group)
        detour = float(group["ratio"].median())
        enough = len(group) >= FEWEST_PAIRS
        rows[str(name)] = (len(group), detour, low, high, assumed, detour if enough else assumed)
    columns = ["pairs", "detour", "ci_low", "ci_high", "assumed", "used"]
    by_class = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("access")
    return DetourResult(
        by_class=by_class,
        settings=settings.replace(**{f"{name}_detour": float(used) for name, used in by_class["used"].items()}),
        left_out=pd.Series({reason: int(mask.sum()) for reason, mask in reasons.items()}, name="pairs"),
    )


def _interval(group: pd.DataFrame) -> tuple[float, float]:
    """95 % interval of the median ratio, areas drawn with replacement; the same rows give the same interval."""
    by_area = [part["ratio"].to_numpy() for _, part in group.groupby("area")]
    if len(by_area) < 2:
        return np.nan, np.nan
    rng = np.random.default_rng(_SEED)
    drawn = rng.integers(len(by_area), size=(_BOOTSTRAPS, len(by_area)))
    medians = [np.median(np.concatenate([by_area[number] for number in numbers])) for numbers in drawn]
    low, high = np.quantile(medians, [0.025, 0.975])
    return float(low), float(high)
