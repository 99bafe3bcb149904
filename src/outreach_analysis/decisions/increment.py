"""Additional people at each site: who comes, less those the office would have reached anyway."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.models.displacement import MOST_DRAWN, DisplacementResult
from outreach_analysis.models.forecast import Forecast, Status
from outreach_analysis.shown import Shown

# --- What counts how much when places are compared: people by area, and what a visit costs.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DecisionWeights:
    """Explicit weights of a decision; the same object serves the ranking and the plan.

    The worth of a set S of visits is sum_i areas_i * reached_i(S) - sum_{j in S} sites_j: people of each area
    counted `areas_i` times, less what each visit costs in the same unit.

    Attributes
    ----------
    areas
        Index `area_id`: how many times a person of the area counts, >= 0. An area not in it counts once.
        None: everybody counts once.
    sites
        Index `site_id`: people-equivalents taken off for each visit, >= 0 (travel of the team, rent). A place not
        in it costs nothing. None: visits cost nothing.

    Raises
    ------
    ValueError
        Where a weight is missing (NaN), infinite or negative, or an id stands twice.

    Examples
    --------
    >>> DecisionWeights(areas=pd.Series({"64.02.06": 2.0})).areas.to_dict()
    {'64.02.06': 2.0}
    """

    areas: pd.Series | None = None
    sites: pd.Series | None = None

    def __post_init__(self) -> None:
        for name, values in (("areas", self.areas), ("sites", self.sites)):
            if values is None:
                continue
            if not values.index.is_unique:
                raise RequestError(f"weights of {name}: an id stands twice")
            wrong = values.index[~values.astype(float).between(0, float("inf"), inclusive="left")]
            if len(wrong):
                raise RequestError(f"weights of {name} must be finite and >= 0; they are not for: {', '.join(wrong)}")

    def of_areas(self, area_ids: pd.Index) -> pd.Series:
        """Weights in the order of `area_ids`, 1 where none is stated."""
        return _of(self.areas, area_ids, default=1.0)

    def of_sites(self, site_ids: pd.Index) -> pd.Series:
        """Costs of a visit in the order of `site_ids`, 0 where none is stated."""
        return _of(self.sites, site_ids, default=0.0)


def _of(values: pd.Series | None, ids: pd.Index, *, default: float) -> pd.Series:
    if values is None:
        return pd.Series(default, index=ids)
    return values.astype(float).reindex(ids, fill_value=default)


# --- What a pop-up adds: people who come, whom the office would not have served anyway and no announced pop-up either.


Floats: TypeAlias = npt.NDArray[np.float64]
Day: TypeAlias = dt.date | pd.Timestamp
Visit: TypeAlias = tuple[str, Day]
ACCOUNT = ("unannounced", "gone_earlier", "additional", "office_anyway", "gone_later", "outside")
"""Columns of the account of a place: the first is the sum of the others."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class IncrementalAttendance(Shown):
    """People of each area at each place on its proposed day, and what a set of dated visits adds.

    Attributes
    ----------
    days
        Index `site_id`: the proposed day of each place.
    announced
        Columns `site_id, date`: events taken as given, by date.
    forecast
        The forecast; its `draws` are expected people with nobody served yet and capacity not applied.
    displacement
        The displacement taken, a distribution.
    capacity_factor
        Array (n_draws, sites): E[min(total, capacity)] / E[total], in (0, 1].
    stock
        Array (n_draws, areas of the forecast): willing people where nobody was served.
    inside
        (areas of the forecast,) whether the area is in the jurisdiction.
    area_ids, site_ids
        Areas of the jurisdiction, and the places.
    status
        Of the forecast: `prior_only`, `provisional` or `fitted`.
    """

    days: pd.Series
    announced: pd.DataFrame
    forecast: Forecast
    displacement: DisplacementResult
    capacity_factor: Floats
    stock: Floats
    inside: npt.NDArray[np.bool_]
    area_ids: pd.Index
    site_ids: pd.Index
    status: Status

    @property
    def n_draws(self) -> int:
        """Draws of everything that is not known."""
        return len(self.stock)

    @property
    def people(self) -> pd.DataFrame:
        """Everybody who comes on the proposed day, capacity applied and those gone whom earlier events served.

        Index `site_id`: `mean`, `ci_low`, `ci_high` (90 % predictive), `capacity`, `day_kind`.
        """
        return self._alone_on_its_day[1]

    @cached_property
    def account(self) -> pd.DataFrame:
        """Expected people of each place alone on its proposed day: index `site_id`, columns `ACCOUNT`.

        `unannounced` (who would come if no event were announced) = `gone_earlier` (served before by an announced
        event) + `additional` + `office_anyway` (the office would have served them) + `gone_later` (would go to a later
        announced event) + `outside` (from outside the jurisdiction).
        """
        return pd.DataFrame(self.account_draws.mean(axis=0), index=self.site_ids, columns=list(ACCOUNT))

    @property
    def account_draws(self) -> Floats:
        """The same in every draw: (n_draws, sites, `ACCOUNT`)."""
        return self._alone_on_its_day[0]

    def value_draws(self, visits: Sequence[Visit]) -> Floats:
        """Additional people of each area whom dated visits reach, beyond the announced events: (n_draws, areas).

        T(announced + visits) - T(announced), with T(E) the sum over the events of (1 - displacement) times the people
        who come, each event meeting what earlier ones left. So an event that jumps ahead of an announced one is not
        credited with those whom it takes from it.

        Raises
        ------
        KeyError
            Where a place is not among `site_ids`.
        """
        return np.asarray((self.people_draws(visits) * self._kept)[:, self.inside])

    def people_draws(self, visits: Sequence[Visit]) -> Floats:
        """People whom dated visits add to the announced events, those whom the office would serve among them.

        (n_draws, areas of the forecast): what `value_draws` is under whatever displacement, times 1 - displacement.
        """
        asked = [(self._column(site), pd.Timestamp(day)) for site, day in visits]
        return np.asarray(sum(self._timeline([*self._given, *asked]).values(), -self._alone))

    def announced_by_area(self) -> pd.Series:
        """Expected people of each area whom the announced events reach and whom the office would not have served."""
        return pd.Series((self._alone * self._kept)[:, self.inside].mean(axis=0), index=self.area_ids)

    def value(self, visits: Sequence[Visit]) -> float:
        """Expected additional people of dated visits."""
        return float(self.value_draws(visits).sum(axis=1).mean())

    def increments(self, *, weights: DecisionWeights | None = None) -> pd.Series:
        """Expected additional people (or weighted worth) of each place alone on its proposed day, by `site_id`."""
        return self.increment_draws(weights=weights).mean().rename("increment")

    def increment_draws(self, *, weights: DecisionWeights | None = None) -> pd.DataFrame:
        """The same in each draw: index draw, columns `site_id`."""
        if weights is None:
            return pd.DataFrame(self.account_draws[:, :, ACCOUNT.index("additional")], columns=self.site_ids)
        of_areas = weights.of_areas(self.area_ids).to_numpy(float)
        worth = [self.value_draws([(site, self.days[site])]) @ of_areas for site in self.site_ids]
        return pd.DataFrame(np.column_stack(worth) - weights.of_sites(self.site_ids).to_numpy(), columns=self.site_ids)

    def expected_by_area(self) -> pd.DataFrame:
        """Expected people of the jurisdiction who come to each place and whom the office would not have served.

        Index `area_id`, columns `site_id`; nobody served yet, capacity applied.
        """
        kept, n = self._kept[:, self.inside], self.n_draws
        draws = self.drawn[:, self.inside, :]
        return pd.DataFrame(
            np.einsum("ras,rs,ra->as", draws, self.capacity_factor, kept) / n,
            index=self.area_ids,
            columns=self.site_ids,
        )

    def under(self, displacement: DisplacementResult) -> IncrementalAttendance:
        """The same forecast, days and announced events under another displacement."""
        return dataclasses.replace(self, displacement=displacement)

    def summary(self) -> pd.DataFrame:
        """Additional people of each place alone with their 90 % interval: `estimate, ci_low, ci_high, unit`."""
        draws = self.increment_draws()
        frame = pd.DataFrame(
            {"estimate": self.increments(), "ci_low": draws.quantile(0.05), "ci_high": draws.quantile(0.95)}
        )
        return frame.assign(unit=f"additional people ({self.status})")

    @cached_property
    def drawn(self) -> Floats:
        """Expected people at each place were nobody served before, capacity not applied: (n_draws, areas, sites)."""
        return unserved_draws(self.forecast, self.days)

    @cached_property
    def _kept(self) -> Floats:
        return 1 - self.displacement.draws

    @cached_property
    def given(self) -> tuple[Visit, ...]:
        """The announced events as visits."""
        sites, days = self.announced["site_id"].astype(str), pd.to_datetime(self.announced["date"])
        return tuple(zip(sites, days, strict=True))

    @cached_property
    def _given(self) -> list[tuple[int, pd.Timestamp]]:
        return [(self._column(site), pd.Timestamp(day)) for site, day in self.given]

    @cached_property
    def _alone(self) -> Floats:
        """People of each area who come to the announced events if nothing is added."""
        return np.asarray(sum(self._timeline(self._given).values(), np.zeros_like(self.stock)))

    def _column(self, site_id: str) -> int:
        column = self._columns.get(site_id)
        if column is None:
            raise RequestError(f"no forecast for the place {site_id}")
        return column

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {str(site): column for column, site in enumerate(self.site_ids)}

    @cached_property
    def _alone_on_its_day(self) -> tuple[Floats, pd.DataFrame]:
        """Every place alone on its day: the account in each draw, and who comes on the day."""
        alone = self._timeline(self._given)
        inside = self.inside.astype(float)
        kept = self._kept * inside
        account = np.empty((self.n_draws, len(self.site_ids), len(ACCOUNT)))
        on_the_day = []
        for column, site in enumerate(self.site_ids):
            day = self.days[site]
            unannounced = self._fresh(column, day) * (1 - self.forecast.depletion.depleted(day))
            together = self._timeline([*self._given, (column, day)])
            came = together.pop(len(self._given))
            lost = sum(((alone[number] - left) for number, left in together.items()), np.zeros_like(came))
            later, stayed = (np.einsum("ra,ra->r", people, kept) for people in (lost, came))
            everybody, of_inside, at_first = came.sum(axis=1), came @ inside, unannounced.sum(axis=1)
            parts = (
                at_first,
                at_first - everybody,
                stayed - later,
                of_inside - stayed,
                later,
                everybody - of_inside,
            )
            account[:, column] = np.column_stack(parts)
            on_the_day.append(self._people_on_the_day(column, everybody))
        numbers = pd.DataFrame(on_the_day, columns=["mean", "ci_low", "ci_high"], index=self.site_ids)
        return account, numbers.join(self.forecast.by_site[["capacity", "day_kind"]])

    def _people_on_the_day(self, column: int, expected: Floats) -> tuple[float, float, float]:
        """Mean and 90 % predictive interval of everybody who comes, capacity applied."""
        fresh = self.forecast.draws[:, :, column].sum(axis=1)
        share = np.divide(expected, fresh * self.capacity_factor[:, column], out=np.zeros_like(fresh), where=fresh > 0)
        capacity = float(self.forecast.by_site["capacity"].iloc[column])
        # capacity first, as in the expectation: the account's factor is that of a place nobody was served from
        served = np.minimum(self.forecast.totals.iloc[:, column].to_numpy(float), capacity) * share
        served = np.rint(np.minimum(served, capacity))
        low, high = np.quantile(served, [0.05, 0.95])
        return float(expected.mean()), float(low), float(high)

    @cached_property
    def _fresh(self) -> Callable[[int, pd.Timestamp], Floats]:
        """`_fresh_people`, the last 16 kept: plans ask for the announced and the best visits thousands of times."""
        return lru_cache(maxsize=16)(self._fresh_people)

    def _fresh_people(self, column: int, day: pd.Timestamp) -> Floats:
        """People of each area who come to a place on a day where nobody was served before."""
        people = self.drawn[:, :, column] * self.capacity_factor[:, column, None]
        rhythm = self.forecast.rhythm
        if rhythm is None or rhythm.days[column] == day:
            return np.asarray(people)
        return np.minimum(people * rhythm.ratio(column, day)[:, None], MOST_DRAWN * self.stock)

    def _timeline(self, visits: Sequence[tuple[int, pd.Timestamp]]) -> dict[int, Floats]:
        """People of each area who come to each of the visits (by position), earlier visits first. Visits of one day
        stand in the order given. Whoever comes leaves the stock and returns at the rate of recovery."""
        found: dict[int, Floats] = {}
        depletion = self.forecast.depletion
        depleted, last = np.zeros_like(self.stock), None
        for number in sorted(range(len(visits)), key=lambda position: (visits[position][1], position)):
            column, day = visits[number]
            if last is None:
                depleted = depletion.depleted(day)
            elif day != last:
                depleted = depleted * np.exp(-(day - last).days / depletion.recovery)[:, None]
            last = day
            people = self._fresh(column, day) * (1 - depleted)
            found[number] = people
            depleted = depleted + np.divide(people, self.stock, out=np.zeros_like(people), where=self.stock > 0)
        return found


def incremental_attendance(
    forecast: Forecast,
    displacement: DisplacementResult,
    *,
    inside: pd.Series,
    days: pd.Series,
    announced: pd.DataFrame | None = None,
) -> IncrementalAttendance:
    """What each place would add on its proposed day, given the announced events.

    people_ij = expected people of the forecast x E[min(T_j, C_j)] / E[T_j], in each draw and without overlap;
    additional = people x (1 - displacement_i), less those whom a later announced event loses. Willing people of an area
    are base_i / share (see `DepletionDraws`), or as many as it takes that no place draws more than nine tenths of them.

    Parameters
    ----------
    forecast
        With nobody served yet (`on=None`).
    displacement
        Over the areas of the forecast, with as many draws.
    inside
        Index `area_id`: whether the area is in the jurisdiction; others are shown apart.
    days
        Index `site_id`: the proposed day of each place.
    announced
        Columns `site_id, date`: planned events taken as given; None: none.

    Returns
    -------
    IncrementalAttendance

    Raises
    ------
    ValueError
        Where areas, places or numbers of draws do not fit, or an announced event's place has no forecast.

    Examples
    --------
    See `rank_sites`, which turns the result into an order of places.
    """
    _check(forecast, displacement, inside, days)
    given = pd.DataFrame({"site_id": [], "date": pd.to_datetime([])}) if announced is None else announced
    given = given[["site_id", "date"]].sort_values(["date", "site_id"])
    unknown = sorted(set(given["site_id"]) - set(forecast.site_ids))
    if unknown:
        raise RequestError(f"announced events at places without a forecast: {', '.join(unknown)}")
    past = forecast.depletion.past.dates
    if len(past) and len(given) and given["date"].min() <= pd.Timestamp(past[-1]):
        raise RequestError("an announced event is not after the last held one; set its status to held, or its date")
    factor = capacity_factors(forecast)
    draws, depletion = unserved_draws(forecast, days), forecast.depletion
    largest = np.zeros(draws.shape[:2])
    for column in range(draws.shape[2]):
        np.maximum(largest, draws[:, :, column] * factor[:, column, None], out=largest)
    mask = inside.reindex(forecast.area_ids).to_numpy(bool)
    return IncrementalAttendance(
        days=pd.to_datetime(days.reindex(forecast.site_ids)),
        announced=given.reset_index(drop=True),
        forecast=forecast,
        displacement=displacement,
        capacity_factor=factor,
        stock=np.maximum(depletion.stock(), largest / MOST_DRAWN),
        inside=mask,
        area_ids=forecast.area_ids[mask],
        site_ids=forecast.site_ids,
        status=forecast.status,
    )


def unserved_draws(forecast: Forecast, days: pd.Series) -> Floats:
    """Expected people at each place were nobody served before: the forecast, and where people wait already so many that
    what earlier events leave of them by the day of the place is what the forecast says."""
    if not forecast.waiting:
        return forecast.draws
    draws = forecast.draws.copy()
    for column, site in enumerate(forecast.site_ids):
        if site not in forecast.waiting:
            continue
        left = 1 - forecast.depletion.depleted(days[site])
        draws[:, :, column] /= np.maximum(left, 1 - MOST_DRAWN)
    return draws


def capacity_factors(forecast: Forecast) -> Floats:
    """E[min(total, capacity)] / E[total] of each place in each draw, (n_draws, sites); 1 where nobody is expected. What
    varies beside the expectation (the event's own effect, chance) is taken from all draws of the place."""
    expected = forecast.draws.sum(axis=1)
    totals = forecast.totals.to_numpy(float)
    capacity = forecast.by_site["capacity"].to_numpy(float)
    factor: Floats = np.ones(expected.shape)
    for column in range(expected.shape[1]):
        mean = expected[:, column]
        noise = np.sort(np.divide(totals[:, column], mean, out=np.zeros_like(mean), where=mean > 0))
        below = np.concatenate([[0.0], np.cumsum(noise)])
        if below[-1] <= 0:
            continue
        ratio = np.divide(capacity[column], mean, out=np.full_like(mean, np.inf), where=mean > 0)
        at = np.searchsorted(noise, ratio)
        above = np.minimum(ratio, noise[-1]) * (len(noise) - at)
        factor[:, column] = np.minimum((below[at] + above) / below[-1], 1.0)
    return np.asarray(factor)


def _check(forecast: Forecast, displacement: DisplacementResult, inside: pd.Series, days: pd.Series) -> None:
    if not displacement.area_ids.equals(forecast.area_ids):
        raise RequestError("displacement is not over the areas of the forecast, in their order")
    if len(displacement.draws) != len(forecast.draws):
        raise RequestError(f"{len(displacement.draws)} draws of displacement for {len(forecast.draws)} of the forecast")
    missing = forecast.area_ids[~forecast.area_ids.isin(inside.index)]
    if len(missing):
        raise RequestError(f"not known whether in the jurisdiction: {', '.join(missing)}")
    undated = forecast.site_ids[~forecast.site_ids.isin(days.dropna().index)]
    if len(undated):
        raise RequestError(f"no day is proposed for: {', '.join(undated)}")
