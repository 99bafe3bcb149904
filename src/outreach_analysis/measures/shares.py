"""Shares of people by group and category, with intervals, the unknown among them, as they may be told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from outreach_analysis.disclosure import round_people, round_totals, rounding_interval
from outreach_analysis.errors import RequestError

UNKNOWN = "unknown"
FEWEST_BASES = 4
"""Groups of fewer people than so many rounding bases are told without shares: each step would be 25 points or more."""

_STRENGTHS = 25
_Matrix = npt.NDArray[np.float64]


def category_shares(
    people: pd.DataFrame,
    *,
    group: str,
    category: str,
    groups: Sequence[object],
    categories: Sequence[str],
    smooth: bool = False,
    level: float = 0.9,
    rounding_base: int = 1,
) -> pd.DataFrame:
    """Shares of each category among the people of each group, the unknown in the denominator.

    `share` = people / of, in [0, 1]; NaN where the group has nobody, and where rounded numbers are asked for and the
    group has fewer than four rounding bases of them. The interval is Wilson's for each category by itself, of the
    group's own people: intervals that borrow from other groups held 75 to 99 % in trials, by how alike groups were.
    `smoothed` does borrow: the mean of a Dirichlet-multinomial whose prior is the share over all groups, at the
    likeliest strength of a grid.

    Parameters
    ----------
    people
        One row a person; columns named by `group` and `category`. A category that is blank or not listed is
        unknown; people of no listed group are not counted.
    group, category
        Names of those columns.
    groups, categories
        What is counted, in this order; 'unknown' is added to the categories where it is not among them.
    smooth
        Whether to add `smoothed`, for small groups.
    level
        Of the intervals, in (0, 1).
    rounding_base
        Base to which numbers are rounded before shares are made of them; 1 leaves them exact.

    Returns
    -------
    DataFrame
        One row a group and category: `group, category, people, of, share, ci_low, ci_high`, and `smoothed` if asked.

    Raises
    ------
    ValueError
        Where `level` is not in (0, 1).

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    Mosimann (1962), On the compound multinomial distribution, Biometrika 49, 65-82.

    Examples
    --------
    >>> people = pd.DataFrame({"area": ["a"] * 4, "heard": ["office", "office", "radio", None]})
    >>> shares = category_shares(people, group="area", category="heard", groups=["a"], categories=["office", "radio"])
    >>> shares.set_index("category")["share"].to_dict()
    {'office': 0.5, 'radio': 0.25, 'unknown': 0.25}
    """
    if not 0 < level < 1:
        raise RequestError(f"level {level} is not between 0 and 1")
    names = [*categories, *([] if UNKNOWN in categories else [UNKNOWN])]
    said = people[category].where(people[category].isin(names), UNKNOWN)
    exact = pd.crosstab(people[group], said).reindex(index=pd.Index(groups), columns=names, fill_value=0)
    counted, totals = _published(exact.to_numpy(np.int64), base=rounding_base)
    shown = totals >= (FEWEST_BASES * rounding_base if rounding_base > 1 else 1)
    of = np.where(shown, totals, np.nan)[:, None]
    share = np.minimum(counted / of, 1.0)
    low, high = wilson(share, of, level=level)
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


def wilson(share: npt.ArrayLike, of: npt.ArrayLike, *, level: float) -> tuple[_Matrix, _Matrix]:
    """Wilson interval of shares among `of` people; NaN stays NaN.

    Examples
    --------
    >>> low, high = wilson([0.5], [100], level=0.9)
    >>> round(float(low[0]), 3), round(float(high[0]), 3)
    (0.419, 0.581)
    """
    p, n = np.asarray(share, dtype=float), np.asarray(of, dtype=float)
    z = stats.norm.ppf((1 + level) / 2)
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return np.clip(centre - half, 0, 1), np.clip(centre + half, 0, 1)


def _published(exact: npt.NDArray[np.int64], *, base: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
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
