"""How much the first place hangs on the weights: acceptability under the stated and under all weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.decisions.increment import IncrementalAttendance
from outreach_analysis.decisions.preference_weights import known_or_middle
from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.decisions.weights import DecisionWeights

CRITERIA = ("reach", "worst_served", "travel")
SHOWN_RANKS = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SensitivityResult:
    """How often each eligible place comes first.

    Attributes
    ----------
    by_site
        Index `site_id`, in the order of the ranking. Columns: `name`; `first_stated` (share of draws of the
        forecast in which the place has the highest worth under the stated weights, in [0, 1]); `first_any` (the
        same where the weights of the three criteria are drawn as well, evenly over all that add to 1); `among_any`
        (share in which it is among the first three then); `weight_reach`, `weight_worst_served`, `weight_travel`
        (mean weights with which it comes first; NaN where it never does).
    n_draws
        Draws of forecast and weights.
    """

    by_site: pd.DataFrame
    n_draws: int

    def summary(self) -> pd.DataFrame:
        """First-rank acceptability under any weights, normal interval: `estimate, ci_low, ci_high, unit`."""
        share = self.by_site["first_any"]
        half = 1.645 * np.sqrt(share * (1 - share) / max(self.n_draws, 1))
        frame = pd.DataFrame(
            {"estimate": share, "ci_low": (share - half).clip(0), "ci_high": (share + half).clip(upper=1)}
        )
        return frame.assign(unit="share of draws")

    def _repr_html_(self) -> str:
        return self.by_site.to_html(max_rows=12, float_format="{:.2f}".format)


def weight_sensitivity(
    incremental: IncrementalAttendance,
    ranking: RankingResult,
    *,
    worst: pd.Index,
    minutes: pd.Series,
    weights: DecisionWeights | None = None,
    rng: np.random.Generator,
) -> SensitivityResult:
    """First-rank acceptability of the eligible places under the stated weights and under all weights (SMAA).

    Three criteria are put on a scale from 0 to 1, on which 1 is the best expectation of any place: additional people,
    additional people of the worst-served fifth, and the team's way (0 hours: 1; the longest way: 0). Each draw of
    the forecast meets one draw of the weights, Dirichlet(1, 1, 1).

    Parameters
    ----------
    incremental, ranking
        What was ranked, and how; scheduled events are taken as given as there.
    worst
        `area_id` of the worst-served fifth.
    minutes
        Index `site_id`: the team's way (minutes one way); unknown: the middle of the known ones.
    weights
        As given to `rank_sites`; None: additional people alone.
    rng
        Source of the weights.

    Returns
    -------
    SensitivityResult

    Notes
    -----
    Stochastic multicriteria acceptability analysis: Lahdelma, Hokkanen and Salminen (1998),
    doi:10.1016/S0377-2217(97)00163-X; Lahdelma and Salminen (2001), doi:10.1287/opre.49.3.444.11220.

    Examples
    --------
    See `rank_sites` for a ranking; ``weight_sensitivity(...).by_site["first_any"].sum()`` is 1.
    """
    order = ranking.by_site.index
    stated = incremental.increment_draws(weights=weights)[order].to_numpy()
    n_draws = len(stated)
    if not len(order):
        columns = ["name", "first_stated", "first_any", "among_any", *(f"weight_{name}" for name in CRITERIA)]
        return SensitivityResult(by_site=pd.DataFrame(columns=columns, index=order), n_draws=n_draws)
    reach = incremental.increment_draws()[order].to_numpy()
    only_worst = pd.Series(0.0, index=incremental.area_ids).mask(incremental.area_ids.isin(worst), 1.0)
    of_worst = incremental.increment_draws(weights=DecisionWeights(areas=only_worst))[order].to_numpy()
    way = known_or_middle(minutes.reindex(order)).to_numpy()
    ease = np.broadcast_to(1 - way / max(way.max(), 1e-9), reach.shape)
    scaled = np.stack([_to_one(reach), _to_one(of_worst), ease], axis=2)
    drawn = rng.dirichlet(np.ones(len(CRITERIA)), size=n_draws)
    worth = np.einsum("rsc,rc->rs", scaled, drawn)
    ranks = (-worth).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    first = ranks == 0
    wins = first.sum(axis=0)
    central = np.divide(
        first.T.astype(float) @ drawn,
        wins[:, None],
        out=np.full((len(order), len(CRITERIA)), np.nan),
        where=wins[:, None] > 0,
    )
    best_by_preference = np.bincount(stated.argmax(axis=1), minlength=len(order)) / n_draws
    by_site = pd.DataFrame(
        {
            "name": ranking.by_site["name"],
            "first_stated": best_by_preference,
            "first_any": wins / n_draws,
            "among_any": (ranks < SHOWN_RANKS).mean(axis=0),
            **{f"weight_{name}": central[:, number] for number, name in enumerate(CRITERIA)},
        },
        index=order,
    )
    return SensitivityResult(by_site=by_site, n_draws=n_draws)


def _to_one(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """People as a share of the best expectation of any place; 0 where nobody is expected anywhere."""
    best = float(values.mean(axis=0).max())
    return values / best if best > 0 else np.zeros_like(values)
