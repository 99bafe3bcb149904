"""Past pop-ups forecast unseen: intervals, scores, and forecasts saved before the day."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from outreach_analysis.contracts import RequestError
from outreach_analysis.doors import checked_frames
from outreach_analysis.event_kinds import event_days, held_popups
from outreach_analysis.files import computed_once, keep, kept
from outreach_analysis.geography.travel import EffectiveCosts, decaying
from outreach_analysis.models.design import (
    TurnoutDesign,
    build_design,
    event_area_counts,
    km_matrix,
    placed_shares,
    usable_events,
)
from outreach_analysis.models.forecast import EventShape
from outreach_analysis.models.glmm import Array, NegBinMixed
from outreach_analysis.models.terms import TurnoutPrior, own_columns
from outreach_analysis.models.turnout import TurnoutQuestion, fit_turnout
from outreach_analysis.settings import DAY_KINDS, LEVEL, Settings
from outreach_analysis.shown import Shown

# --- How good a forecast was, and the simple forecasts that it has to beat.


def crps(draws: Array, observed: Array) -> Array:
    """Continuous ranked probability score of forecasts given by draws: mean ``|X - y|`` - mean ``|X - X'|`` / 2. In the
    unit of what is forecast, at least 0, lower is better; for a single draw the absolute error."""
    ordered = np.sort(draws, axis=0)
    n = len(ordered)
    weight = (2 * np.arange(1, n + 1) - n - 1) / n**2
    return np.asarray(np.abs(ordered - observed).mean(axis=0) - weight @ ordered)


def poisson_glm_means(design: TurnoutDesign, km: Array, residents: Array, *, prior: TurnoutPrior) -> Array:
    """Expected totals at places by Poisson regression on distance, offset log(residents): the usual first model."""
    if not design.counts.any():
        return np.zeros(km.shape[1])
    x = design.x[["const", "distance"]]
    if np.ptp(x["distance"]) == 0:
        x = x[["const"]]
    offset = design.log_residents + design.log_placed
    model = NegBinMixed(
        design.counts, x, event=design.event.astype(str), offset=offset, without=("overdispersion", "event_effect")
    )
    params = np.r_[model.fit().params, 0.0][:2]
    reachable = np.isfinite(km)
    rate = np.exp(params[0] + params[1] * np.where(reachable, km, 0.0) / prior.slope_km) * reachable
    return np.asarray(residents @ rate)


def past_totals(design: TurnoutDesign) -> pd.Series:
    """People of each event, as if all had been placed: the forecast that every event is like one of the past."""
    people = pd.Series(design.counts / np.exp(design.log_placed)).groupby(design.event).sum()
    return people.rename_axis("event_id")


# --- Back-tests kept by content: the same tables, prior, settings and seed need not be computed again.


def content_key(tables: Iterable[pd.DataFrame | None], others: Iterable[object]) -> str:
    """A key of everything that a result hangs on: tables, other inputs (by their repr) and the models' own code."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    for table in tables:
        if table is None:
            digest.update(b"no table")
            continue
        digest.update(repr([(str(name), str(kind)) for name, kind in table.dtypes.items()]).encode())
        digest.update(pd.util.hash_pandas_object(table, index=True).to_numpy().tobytes())
    for item in others:
        digest.update(repr(item).encode())
    return digest.hexdigest()[:32]


def store_tables(folder: Path, key: str, tables: dict[str, pd.DataFrame]) -> None:
    """Write tables, index `event_id`, as csv files of this key; floats keep every bit."""
    for name, table in tables.items():
        keep(folder / f"{key}-{name}.csv", table.to_csv(date_format="%Y-%m-%d", lineterminator="\n").encode())


def load_tables(folder: Path, key: str, names: Iterable[str]) -> dict[str, pd.DataFrame] | None:
    """The tables of this key, or None where not all are there."""
    tables = {}
    for name in names:
        content = kept(folder / f"{key}-{name}.csv")
        if content is None:
            return None
        table = pd.read_csv(io.BytesIO(content), dtype={"event_id": str}, parse_dates=["date"])
        tables[name] = table.set_index("event_id")
    return tables


# --- Would the forecast have been right? Each past event forecast from the others, and from those before it.


SCHEMES = ("leave_one_out", "forward")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class BacktestResult(Shown):
    """Past events against their forecasts.

    Attributes
    ----------
    leave_one_out, forward
        Index `event_id`, by date: each event forecast from all others, and from those of earlier days only. `date`,
        `observed` (people of the event but those known to be from outside the province), `median`, `mean`, `ci_low`,
        `ci_high` (90 %), `inside` (bool, bounds included), `crps`, and of the baselines `crps_past` (every event is
        like one of the others) and `crps_poisson` (Poisson regression on distance), NaN where there was nothing to
        learn from; `status` and `n_events` of the forecast; `sold_out`.
    left_out
        Columns `what, id, reason, people`: held events that could not be judged.
    """

    main = "leave_one_out"

    leave_one_out: pd.DataFrame
    forward: pd.DataFrame
    left_out: pd.DataFrame
    settings: Settings

    def coverage(self, scheme: str = "leave_one_out") -> tuple[int, int]:
        """Events inside their 90 % interval, and all events judged, by a scheme (see `by_scheme`)."""
        table = self.by_scheme(scheme)
        return int(table["inside"].sum()), len(table)

    def by_scheme(self, scheme: str = "leave_one_out") -> pd.DataFrame:
        """The table of a scheme: `leave_one_out` or `forward`; any other is refused."""
        if scheme not in SCHEMES:
            raise RequestError(f"scheme {scheme!r} is not one of: {', '.join(SCHEMES)}")
        return self.leave_one_out if scheme == "leave_one_out" else self.forward

    def summary(self) -> pd.DataFrame:
        """By scheme the share of events inside, with its exact 90 % interval, and mean CRPS of all three."""
        rows = {}
        for scheme, table in zip(SCHEMES, (self.leave_one_out, self.forward), strict=True):
            inside, n = self.coverage(scheme)
            interval = stats.binomtest(inside, n).proportion_ci(LEVEL) if n else (np.nan, np.nan)
            known = table.dropna(subset=["crps_past", "crps_poisson"])
            scores = known[["crps", "crps_past", "crps_poisson"]].mean()
            share = inside / n if n else np.nan
            rows[scheme] = (share, *interval, "share inside 90 %", inside, n, *scores)
        columns = ["estimate", "ci_low", "ci_high", "unit", "inside", "events", "crps", "crps_past", "crps_poisson"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BacktestQuestion(TurnoutQuestion):
    """What turnout is learned from, and how past events are forecast again: by `n_draws` draws each. `cache` is a
    folder for results by content: the same tables, prior, settings and generator state are not computed again."""

    n_draws: int = 2000
    cache: Path | None = None


def backtest(
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    counts: pd.DataFrame,
    costs: pd.DataFrame | EffectiveCosts,
    question: BacktestQuestion | None = None,
    rng: np.random.Generator | int | None,
) -> BacktestResult:
    """Forecast every usable past event without having seen it, and compare.

    What is forecast is everybody but people from outside the province, whom no area's residents can tell; those whose
    area is not known yet are among the observed, as their event's `placed_share` says. Only a sold-out event is cut, at
    the number it served, in forecast and observation alike. Interest counts as it
    stood on the day before the event. A forward forecast from fewer than 5 earlier events is the prior's.

    Parameters
    ----------
    areas, sites, events, counts, costs
        As for `fit_turnout`, with its errors; a usable event without a date is refused.
    question
        What else is known, and how it is done; None: the defaults.
    rng
        Source of randomness; a child of it is used, so that it is left in the same state with a cache or not.

    References
    ----------
    Gneiting, Balabdaoui and Raftery (2007), Probabilistic forecasts, calibration and sharpness, JRSS B 69.

    Examples
    --------
    >>> draw = np.random.default_rng(7)
    >>> areas = pd.DataFrame({"population": [60_000, 30_000]}, index=pd.Index(list("ab"), name="area_id"))
    >>> sites = pd.DataFrame({"kind": "mall", "capacity": np.nan}, index=pd.Index(["M"], name="site_id"))
    >>> costs = pd.DataFrame({"area_id": list("ab"), "site_id": "M", "km": [3.0, 40.0]})
    >>> events = pd.DataFrame({"site_id": "M", "status": "held", "day_kind": "weekend",
    ...                        "date": pd.date_range("2026-01-03", periods=6, freq="28D")},
    ...                       index=[f"E{number}" for number in range(6)])
    >>> counts = pd.DataFrame({"event_id": events.index.repeat(2), "area_id": list("ab") * 6,
    ...                        "applicants": draw.poisson([40, 10] * 6)})
    >>> result = backtest(areas=areas, sites=sites, events=events, counts=counts, costs=costs,
    ...                   question=BacktestQuestion(n_draws=200), rng=draw)
    >>> result.coverage(), result.forward["status"].tolist()[-1]
    ((6, 6), 'provisional')
    """
    question = question or BacktestQuestion()
    needs = {"areas": ("population",), "events": ("date",)}
    areas, sites, events, counts, costs = checked_frames(
        areas=areas, sites=sites, events=events, counts=counts, costs=decaying(costs), needs=needs
    )
    child = np.random.default_rng(rng).spawn(1)[0]
    used, unused = usable_events(counts, areas, events, costs)
    if len(used) and used["date"].isna().any():
        raise RequestError("held events without a date: " + ", ".join(used.index[used["date"].isna()]))

    def computed() -> dict[str, pd.DataFrame]:
        office = _Office(counts=counts, areas=areas, events=events, sites=sites, costs=costs, question=question)
        streams = child.spawn(len(SCHEMES))
        return {scheme: office.score_scheme(used, scheme, own) for scheme, own in zip(SCHEMES, streams, strict=True)}

    if question.cache is None:
        return BacktestResult(**computed(), left_out=unused, settings=question.settings)
    known = [_same_people(question.interest), question.office_monthly]
    key = content_key(
        [counts, areas[["population"]], events, sites, costs, *known],
        [question.believed, _once_read(question.settings), question.n_draws, child.bit_generator.state],
    )
    with computed_once(question.cache / f"{key}.lock"):
        tables = load_tables(question.cache, key, SCHEMES)
        if tables is None:
            tables = computed()
            store_tables(question.cache, key, tables)
    return BacktestResult(**tables, left_out=unused, settings=question.settings)


def _once_read(settings: Settings) -> Settings:
    """Settings without those on the files that a table comes from."""
    return settings.replace(**{name: getattr(Settings(), name) for name in ("columns", "file_events", "file_copies")})


def _same_people(interest: pd.DataFrame | None) -> pd.DataFrame | None:
    """Interest with its persons numbered: who is the same person stays, the keys of one run go."""
    if interest is None or "person_key" not in interest:
        return interest
    return interest.assign(person_key=pd.factorize(interest["person_key"])[0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Office:
    """The tables of an office, and how they are forecast from."""

    counts: pd.DataFrame
    areas: pd.DataFrame
    events: pd.DataFrame
    sites: pd.DataFrame
    costs: pd.DataFrame
    question: BacktestQuestion

    def score_scheme(self, used: pd.DataFrame, scheme: str, rng: np.random.Generator) -> pd.DataFrame:
        """Each usable event, by date, against a forecast that has not seen it."""
        order = used.sort_values("date", kind="stable")
        placed = event_area_counts(self.counts, order.index, self.areas.index).sum(axis=1)
        # usable events have somebody placed, or nobody to place
        people = np.rint(placed / placed_shares(order))
        rows = {}
        # a stream for each event: what happened at one leaves the forecasts of the others as they were
        for (event_id, event), own in zip(order.iterrows(), rng.spawn(len(order)), strict=True):
            hidden = order.index[order["date"] >= event["date"]] if scheme == "forward" else pd.Index([event_id])
            known = self._without(hidden, before=event["date"])
            rows[event_id] = known._against(event, float(people[str(event_id)]), own)
        columns = ["date", "observed", "median", "mean", "ci_low", "ci_high", "inside"]
        columns += ["crps", "crps_past", "crps_poisson", "status", "n_events", "sold_out"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("event_id")

    def _without(self, event_ids: pd.Index, *, before: pd.Timestamp) -> _Office:
        """What the office would know had these events not been held, its interest as of the day before a day."""
        interest = self.question.interest
        if interest is not None:
            interest = interest[interest["date"] < before]
            if "event_id" in interest:
                interest = interest.assign(event_id=interest["event_id"].where(~interest["event_id"].isin(event_ids)))
        return dataclasses.replace(
            self,
            counts=self.counts[~self.counts["event_id"].isin(event_ids)],
            events=self.events.drop(index=event_ids),
            question=dataclasses.replace(
                self.question,
                interest=interest,
                prior=self.question.believed,
                settings=self.question.settings.replace(as_of=(before - pd.Timedelta(days=1)).date()),
            ),
        )

    def _against(self, event: pd.Series, observed: float, rng: np.random.Generator) -> tuple[object, ...]:
        """One row of the comparison."""
        turnout = fit_turnout(
            areas=self.areas,
            sites=self.sites,
            events=self.events,
            counts=self.counts,
            costs=self.costs,
            question=self.question,
            rng=rng,
        )
        place = self.sites.loc[[event["site_id"]]].assign(**{name: event[name] for name in own_columns(self.events)})
        day_kind = event.get("day_kind") if event.get("day_kind") in DAY_KINDS else None
        shape = EventShape(
            programme="invited" if event.get("programme") == "invited" else "visit",
            n_days=float(event_days(event.to_frame().T).iloc[0]),
        )
        forecast = turnout.forecast(
            sites=place,
            costs=self.costs,
            day_kind=day_kind,
            on=event["date"],
            shape=shape,
            n_draws=self.question.n_draws,
            rng=rng,
        )
        draws = forecast.totals.to_numpy(float)
        design = None if turnout.fitted is None else turnout.fitted.design
        past, poisson = self._baselines(event["site_id"], design, rng)
        sold_out = bool(pd.notna(event.get("sold_out")) and event["sold_out"])
        if sold_out:
            draws, past, poisson = (np.minimum(each, observed) for each in (draws, past, poisson))
        low, median, high = np.quantile(draws, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
        scores = [float(crps(each, np.array([observed]))[0]) for each in (draws, past, poisson)]
        numbers = (observed, median, draws.mean(), low, high)
        inside = bool(low <= observed <= high)
        return (event["date"], *numbers, inside, *scores, turnout.status, turnout.n_events, sold_out)

    def _baselines(self, site_id: str, design: TurnoutDesign | None, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draws of the two baselines; NaN where there is no event to learn from."""
        if design is None:
            if usable_events(self.counts, self.areas, self.events, self.costs)[0].empty:
                return np.full((1, 1), np.nan), np.full((1, 1), np.nan)
            design = build_design(
                self.counts, self.areas, self.events, self.sites, self.costs, prior=self.question.believed
            )
        residents = self.areas["population"].to_numpy(float)
        km = km_matrix(self.costs, self.areas.index, pd.Index([site_id]))
        mean = poisson_glm_means(design, km, residents, prior=self.question.believed)
        past = past_totals(design).to_numpy()[:, None]
        return past, rng.poisson(mean, (self.question.n_draws, 1)).astype(float)


# --- Forecasts as they were saved before a pop-up, beside what came: how near they were, and whether that improves.


FORECAST_COLUMNS = ("as_of", "site_id", "median", "mean", "ci_low", "ci_high", "status")
"""Columns of saved forecasts that a comparison needs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SavedForecastsResult(Shown):
    """Saved forecasts against what came. It says how near they were, not that following them was better.

    Attributes
    ----------
    by_event
        Index `event_id`, by date: `date`, `site_id`, `forecast_on` (day of the latest forecast of the place before the
        pop-up), `status`, `median`, `ci_low`, `ci_high` (90 %; people of one day, as forecasts are saved), `came` (on
        all days, all but people from outside the province, rounded), `days` (of service), `inside` (exact number a day,
        bounds included), `error` (people a day: rounded number a day minus median).
    without
        Held events of whose place no forecast was saved before.
    """

    main = "by_event"

    by_event: pd.DataFrame
    without: tuple[str, ...]
    settings: Settings

    def summary(self) -> pd.DataFrame:
        """Share inside the 90 % interval (exact interval) and median distance: `estimate, ci_low, ci_high, unit`."""
        n, inside = len(self.by_event), int(self.by_event["inside"].sum())
        interval = stats.binomtest(inside, n).proportion_ci(LEVEL) if n else (np.nan, np.nan)
        share = (inside / n if n else np.nan, *map(float, interval), "share of events")
        quarters = self.by_event["error"].abs().quantile([0.5, 0.25, 0.75])
        distance = (*quarters, "people a day from the middle; half of events")
        columns = ["estimate", "ci_low", "ci_high", "unit"]
        return pd.DataFrame([share, distance], index=["inside", "distance"], columns=columns)


def compare_saved_forecasts(
    forecasts: pd.DataFrame, *, events: pd.DataFrame, came: pd.Series, published: pd.Series, settings: Settings
) -> SavedForecastsResult:
    """Compare each held event with the latest forecast of its place that was saved before its day.

    A saved forecast is of one day: people of an event of several days are divided by its days of service.

    Parameters
    ----------
    forecasts
        `FORECAST_COLUMNS`: `as_of` (day of the forecast), `site_id`, people by forecast.
    events
        As in the data contract; `days` where known.
    came, published
        Index `event_id`: `own` of `attendance_by_event`, exact and as it may be told.
    settings
        Day of the question and window.

    Examples
    --------
    >>> forecasts = pd.DataFrame({"as_of": [pd.Timestamp("2026-05-01")], "site_id": ["M"], "median": [50.0],
    ...                           "mean": [55.0], "ci_low": [20.0], "ci_high": [90.0], "status": ["fitted"]})
    >>> events = pd.DataFrame({"site_id": ["M"], "date": [pd.Timestamp("2026-05-09")], "status": ["held"]}, index=["E"])
    >>> came = pd.Series({"E": 41})
    >>> found = compare_saved_forecasts(forecasts, events=events, came=came, published=came, settings=Settings())
    >>> found.by_event[["came", "inside", "error"]].astype(float).loc["E"].tolist()
    [41.0, 1.0, -9.0]
    """
    held = held_popups(events).sort_values("date", kind="stable")
    latest = {event_id: _latest(forecasts, site, day) for event_id, site, day in held[["site_id", "date"]].itertuples()}
    found = held[[latest[event_id] is not None for event_id in held.index]]
    rows = pd.DataFrame([latest[event] for event in found.index], index=found.index, columns=list(FORECAST_COLUMNS))
    rows = rows.astype(dict.fromkeys(("median", "ci_low", "ci_high"), float))
    exact, published = (each.reindex(found.index, fill_value=0).astype("int64") for each in (came, published))
    days = event_days(found)
    a_day = exact / days
    table = pd.DataFrame(
        {
            **found[["date", "site_id"]],
            "forecast_on": pd.to_datetime(rows["as_of"]),
            **rows[["status", "median", "ci_low", "ci_high"]],
            "came": published,
            "days": days.astype(int),
            "inside": (a_day >= rows["ci_low"]) & (a_day <= rows["ci_high"]),
            "error": published / days - rows["median"],
        }
    )
    return SavedForecastsResult(
        by_event=table.rename_axis("event_id"),
        without=tuple(str(event_id) for event_id in held.index[~held.index.isin(found.index)]),
        settings=settings,
    )


def _latest(forecasts: pd.DataFrame, site_id: str, day: pd.Timestamp) -> pd.Series | None:
    """The last forecast of a place before a day."""
    before = forecasts[(forecasts["site_id"] == site_id) & (pd.to_datetime(forecasts["as_of"]) < day)]
    return None if before.empty else before.sort_values("as_of", kind="stable").iloc[-1]
