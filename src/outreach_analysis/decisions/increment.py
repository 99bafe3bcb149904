"""What a pop-up adds: people who come and whom the office would not have reached anyway."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.decisions.weights import DecisionWeights
from outreach_analysis.errors import RequestError
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.models.turnout import Forecast, Status


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IncrementalAttendance:
    """Net expected people of each area at each place, and the pool they are drawn from.

    Attributes
    ----------
    pool
        Index `area_id` (the jurisdiction): people who can still be reached, max(need, largest net people).
    attendance
        Columns `area_id, site_id, probability`: net people / pool, in [0, 1].
    draws
        Array (n_draws, areas, sites) of net expected people under parameter uncertainty.
    need
        Index `area_id` (the jurisdiction): unmet need (people over the window).
    displacement
        Index `area_id` (the jurisdiction): share who would have come to a fixed point anyway, in [0, 1]; the mean
        where it is known as draws.
    capacity_factor
        Index `site_id`: E[min(total, capacity)] / E[total], in [0, 1].
    from_outside
        Index `site_id`: expected people from outside the jurisdiction, capacity applied; shown apart.
    people
        Index `site_id`: everyone who comes, the forecast's `by_site`.
    area_ids, site_ids
        What the axes of `draws` stand for.
    status
        Of the forecast: `prior_only`, `provisional` or `fitted`.
    """

    pool: pd.Series
    attendance: pd.DataFrame
    draws: npt.NDArray[np.float64]
    need: pd.Series
    displacement: pd.Series
    capacity_factor: pd.Series
    from_outside: pd.Series
    people: pd.DataFrame
    area_ids: pd.Index
    site_ids: pd.Index
    status: Status

    def value(self, site_ids: Iterable[str]) -> float:
        """Expected people whom a set of places reaches: sum_i pool_i * (1 - prod_j (1 - probability_ij)).

        For one place this is its net expected people; 0 for no place. A place named twice counts once.

        Raises
        ------
        KeyError
            Where a place is not among `site_ids`.
        """
        left = self._not_reached(self.draws.mean(axis=0)[None], tuple(site_ids))[0]
        return float((self.pool.to_numpy() * (1 - left)).sum())

    def increments(self, scheduled: Iterable[str] = (), *, weights: DecisionWeights | None = None) -> pd.Series:
        """Expected people each place adds to those that the scheduled events reach, by `site_id`."""
        net = self.draws.mean(axis=0)[None]
        return pd.Series(self._increments(net, scheduled, weights)[0], index=self.site_ids, name="increment")

    def increment_draws(self, scheduled: Iterable[str] = (), *, weights: DecisionWeights | None = None) -> pd.DataFrame:
        """The same under each draw of the parameters: index draw, columns `site_id`."""
        return pd.DataFrame(self._increments(self.draws, scheduled, weights), columns=self.site_ids)

    def summary(self) -> pd.DataFrame:
        """Increment of each place alone with its 90 % interval: `estimate, ci_low, ci_high, unit`."""
        draws = self.increment_draws()
        frame = pd.DataFrame(
            {"estimate": self.increments(), "ci_low": draws.quantile(0.05), "ci_high": draws.quantile(0.95)}
        )
        return frame.assign(unit=f"additional people ({self.status})")

    def _repr_html_(self) -> str:
        return self.summary().to_html(max_rows=12, float_format="{:.1f}".format)

    def _not_reached(self, net: npt.NDArray[np.float64], site_ids: Iterable[str]) -> npt.NDArray[np.float64]:
        """Share of each pool that a set of places leaves, (draws, areas)."""
        named = list(dict.fromkeys(site_ids))
        columns = self.site_ids.get_indexer(pd.Index(named, dtype=self.site_ids.dtype))
        if (columns < 0).any():
            unknown = [site for site, column in zip(named, columns, strict=True) if column < 0]
            raise KeyError(f"places without a forecast: {', '.join(unknown)}")
        pool = self.pool.to_numpy()[:, None]
        chosen = np.take(net, columns, axis=2)
        share = np.divide(chosen, pool, out=np.zeros_like(chosen), where=pool > 0)
        return np.asarray(np.prod(1 - np.minimum(share, 1), axis=2))

    def _increments(
        self, net: npt.NDArray[np.float64], scheduled: Iterable[str], weights: DecisionWeights | None
    ) -> npt.NDArray[np.float64]:
        left = self._not_reached(net, tuple(scheduled))
        if weights is None:
            return np.asarray(np.einsum("ra,ras->rs", left, net))
        left = left * weights.of_areas(self.area_ids).to_numpy()
        return np.asarray(np.einsum("ra,ras->rs", left, net) - weights.of_sites(self.site_ids).to_numpy())


def incremental_attendance(
    forecast: Forecast, need: NeedResult, *, displacement: pd.Series | pd.DataFrame | None = None
) -> IncrementalAttendance:
    """Net people of a forecast: capacity applied, those who would have come anyway taken off.

    net_ij = people_ij * E[min(T_j, C_j)] / E[T_j] * (1 - displacement_i), over the areas of the jurisdiction;
    pool_i = max(need_i, max_j net_ij); probability_ij = net_ij / pool_i (0 where the pool is empty). Then
    the value of one place is exactly its net expected people.

    Parameters
    ----------
    forecast
        Its `draws` hold expected people by area and place, capacity not applied.
    need
        From `unmet_need` over the same areas.
    displacement
        Index `area_id`, in [0, 1]; or draws of it, columns `area_id`, one row a draw (from
        `ImpactResult.displacement_draws`), taken in turn with the draws of the forecast, so that its uncertainty is
        in every interval; None: that of `need`.

    Returns
    -------
    IncrementalAttendance

    Raises
    ------
    ValueError
        Where need or displacement lacks an area of the forecast, or a displacement is outside [0, 1].

    Examples
    --------
    See `rank_sites`, which turns the result into an order of places.
    """
    missing = forecast.area_ids[~forecast.area_ids.isin(need.by_area.index)]
    if len(missing):
        raise RequestError(f"no need is known for: {', '.join(missing)}")
    inside = need.by_area["in_jurisdiction"].reindex(forecast.area_ids).to_numpy(bool)
    area_ids = forecast.area_ids[inside]
    shares = _shares(need.by_area["displacement"] if displacement is None else displacement, area_ids)
    factor = _capacity_factor(forecast)
    per_draw = shares.to_numpy()[np.arange(len(forecast.draws)) % len(shares)]
    net = forecast.draws[:, inside, :] * factor.to_numpy() * (1 - per_draw)[:, :, None]
    expected = net.mean(axis=0)
    unmet = need.by_area["need"].reindex(area_ids)
    pool = pd.Series(np.maximum(unmet.to_numpy(), expected.max(axis=1, initial=0.0)), index=area_ids, name="pool")
    probability = np.divide(
        expected, pool.to_numpy()[:, None], out=np.zeros_like(expected), where=pool.to_numpy()[:, None] > 0
    )
    attendance = pd.DataFrame(probability, index=area_ids, columns=forecast.site_ids).rename_axis("area_id")
    outside = forecast.draws[:, ~inside, :].mean(axis=0).sum(axis=0) * factor.to_numpy()
    return IncrementalAttendance(
        pool=pool,
        attendance=attendance.reset_index().melt(id_vars="area_id", var_name="site_id", value_name="probability"),
        draws=net,
        need=unmet.rename("need"),
        displacement=shares.mean().rename("displacement"),
        capacity_factor=factor,
        from_outside=pd.Series(outside, index=forecast.site_ids, name="people"),
        people=forecast.by_site,
        area_ids=area_ids,
        site_ids=forecast.site_ids,
        status=forecast.status,
    )


def _shares(displacement: pd.Series | pd.DataFrame, area_ids: pd.Index) -> pd.DataFrame:
    """Displacement by draw and area; a single row where it is taken as known."""
    draws = displacement.to_frame().T if isinstance(displacement, pd.Series) else displacement
    draws = draws.reindex(columns=area_ids).astype(float)
    sound = ((draws >= 0) & (draws <= 1)).all()
    if not sound.all() or not len(draws):
        raise RequestError("displacement is missing or outside [0, 1] for: " + ", ".join(area_ids[~sound]))
    return draws


def _capacity_factor(forecast: Forecast) -> pd.Series:
    """E[min(total, capacity)] / E[total] by place; 1 where nobody is expected."""
    total = forecast.totals.mean()
    served = forecast.totals.clip(upper=forecast.by_site["capacity"], axis="columns").mean()
    return (served / total.where(total > 0)).fillna(1.0).rename("capacity_factor")
