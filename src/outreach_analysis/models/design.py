"""From counts, areas and events to the rows of the turnout model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.event_kinds import event_capacity, event_days, is_popup, took_place
from outreach_analysis.models.glmm import Array
from outreach_analysis.models.terms import FullEvents, OfficeIndex, Terms, TurnoutPrior, build_terms, full_events
from outreach_analysis.settings import DAY_KINDS, SITE_KINDS_VISITED, Settings

# --- Kinds of place and of day as shrunk covariates: which of them events tell apart, and what is left to the prior.


_KINDS, _DAYS = SITE_KINDS_VISITED[1:], DAY_KINDS[1:]
NAMES = (*(f"kind[{kind}]" for kind in _KINDS), *(f"day[{day}]" for day in _DAYS))
"""Contrasts with a mall and with a weekend, the first of their lists."""
_SAME = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Covariates:
    """Contrasts that past events tell apart, and those they do not."""

    kept: tuple[int, ...]
    dropped: tuple[int, ...]
    mixing: Array
    reasons: pd.Series
    precision: Array
    carry: Array
    spread: Array

    @property
    def names(self) -> list[str]:
        """Names of the kept contrasts."""
        return [NAMES[position] for position in self.kept]

    def effects(self, codes: Array, kept: Array, factor: Array, rng: np.random.Generator) -> Array:
        """Log effects of kinds at new places, relative to the model's constant."""
        z = codes[:, self.kept]
        rest = codes[:, self.dropped] - np.column_stack([np.ones(len(codes)), z]) @ self.mixing
        normal = factor[:, None] * rng.standard_normal((len(kept), len(self.dropped)))
        free = kept @ self.carry.T + normal @ self.spread.T
        return np.asarray(kept @ z.T + free @ rest.T)


def code_kinds(place_kinds: pd.Series, day_kinds: pd.Series) -> Array:
    """Contrasts (rows, len(NAMES)); a kind that is not visited counts as `other`, an unknown day as none."""
    kinds = place_kinds.where(place_kinds.isin(SITE_KINDS_VISITED), "other").to_numpy()
    days = day_kinds.to_numpy()
    columns = [*(kinds == kind for kind in _KINDS), *(days == day for day in _DAYS)]
    return np.column_stack(columns).astype(float)


def separate(codes: Array, prior: TurnoutPrior) -> Covariates:
    """Find which contrasts the events tell apart, and what the prior says of them and of the others."""
    basis = [np.ones(len(codes))]
    kept: list[int] = []
    mixtures: dict[int, Array] = {}
    reasons: dict[str, str] = {}
    for position, column in enumerate(codes.T):
        known = np.column_stack(basis)
        weights = np.linalg.lstsq(known, column, rcond=None)[0]
        if np.abs(known @ weights - column).max() > _SAME:
            basis.append(column)
            kept.append(position)
            continue
        mixtures[position] = weights
        reasons[NAMES[position]] = "not_seen" if not column.any() else "same_as_others"
    dropped, mixing = list(mixtures), np.zeros((1 + len(kept), len(mixtures)))
    for at, weights in enumerate(mixtures.values()):
        mixing[: len(weights), at] = weights
    variances = np.r_[np.full(len(_KINDS), prior.kind_sd**2), np.full(len(_DAYS), prior.day_sd**2)]
    alike = np.r_[np.zeros(len(_KINDS)), np.ones(len(_DAYS))]
    cov = np.diag(variances) + np.where(alike[:, None] == alike, variances, 0.0)
    to_kept = np.zeros((len(kept), len(NAMES)))
    to_kept[range(len(kept)), kept] = 1.0
    to_kept[:, dropped] = mixing[1:]
    seen = to_kept @ cov @ to_kept.T
    precision = np.linalg.inv(seen) if kept else seen
    between = cov[dropped] @ to_kept.T
    left = cov[np.ix_(dropped, dropped)] - between @ precision @ between.T
    values, vectors = np.linalg.eigh(left)
    return Covariates(
        kept=tuple(kept),
        dropped=tuple(dropped),
        mixing=mixing,
        reasons=pd.Series(reasons, dtype=object),
        precision=precision,
        carry=between @ precision,
        spread=vectors * np.sqrt(np.maximum(values, 0.0)),
    )


# --- From an office's tables to the rows of the turnout model: distances, offsets, covariates, and what was left out.


LEFT_OUT_COLUMNS = ("what", "id", "reason", "people")
MOST_PEOPLE = 10_000
"""At one event: no pop-up serves as many, so that a placed share which would mean more is a fault."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TurnoutDesign:
    """Rows of the model: every usable event x every area with residents and a distance."""

    counts: Array
    x: pd.DataFrame
    event: npt.NDArray[np.object_]
    site: npt.NDArray[np.object_]
    sold_out: npt.NDArray[np.bool_]
    log_residents: Array
    log_placed: Array
    log_days: Array
    event_ids: pd.Index
    dates: npt.NDArray[np.datetime64]
    area_ids: pd.Index
    km: Array
    area: npt.NDArray[np.intp]
    covariates: Covariates
    terms: Terms
    full: FullEvents
    left_out: pd.DataFrame

    @property
    def kinds(self) -> slice:
        """Columns of `x` with contrasts of kinds."""
        return slice(3, 3 + len(self.covariates.kept))

    @property
    def of_terms(self) -> slice:
        """Columns of `x` with terms."""
        return slice(self.kinds.stop, self.x.shape[1])


def km_matrix(costs: pd.DataFrame, area_ids: pd.Index, site_ids: pd.Index) -> Array:
    """Distances as an array (areas, sites), the least where a pair stands twice; infinite where it cannot be
    travelled."""
    places = site_ids.unique()
    row = area_ids.get_indexer(pd.Index(costs["area_id"]))
    column = places.get_indexer(pd.Index(costs["site_id"]))
    km = costs["km"].to_numpy(float, na_value=np.nan)
    known = (row >= 0) & (column >= 0) & ~np.isnan(km)
    table = np.full((len(area_ids), len(places)), np.inf)
    np.minimum.at(table, (row[known], column[known]), km[known])
    return table[:, places.get_indexer(site_ids)]


def usable_events(
    counts: pd.DataFrame, areas: pd.DataFrame, events: pd.DataFrame, costs: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events that can be learned from, in order of their id, and the others that took place with the reason."""
    people = counts.groupby("event_id", sort=True)["applicants"].sum()
    wrong = ~(counts["applicants"].astype(float) >= 0)
    if wrong.any():
        raise RequestError(f"{int(wrong.sum())} rows of counts have fewer than 0 applicants or no number of them")
    held = events[took_place(events)].sort_index()
    peopled = areas.index[areas["population"] > 0]
    reached = np.asarray(np.isfinite(km_matrix(costs, peopled, pd.Index(held["site_id"]))).any(axis=0))
    reasons = pd.Series("", index=held.index).mask(~reached, "no_distance")
    reasons = reasons.mask(placed_shares(held) == 0, "nobody_placed")
    reasons = reasons.mask(~held.index.isin(people.index), "no_counts")
    reasons = reasons.mask(held["status"] == "failed", "failed").mask(~is_popup(held), "at_office")
    _check_crowds(people.reindex(held.index, fill_value=0), placed_shares(held))
    left = reasons[reasons != ""]
    who = people.reindex(left.index, fill_value=0).to_numpy()
    table = pd.DataFrame({"what": "event", "id": left.index, "reason": left.to_numpy(), "people": who})
    return held[reasons == ""], table


def _check_crowds(people: pd.Series, placed: pd.Series) -> None:
    """People of known areas and their share of all say how many came: a share that makes a crowd of them is a fault."""
    wrong = (people <= MOST_PEOPLE) & (people / placed.where(placed > 0) > MOST_PEOPLE)
    if wrong.any():
        named = (f"{event} ({people[event]:g} / {placed[event]:g})" for event in people.index[wrong])
        raise RequestError(
            f"people of known areas / placed_share would be more than {MOST_PEOPLE:,} at one event for "
            f"{', '.join(named)}; placed_share is the share, between 0 and 1, of an event's people whose area is known"
        )


def placed_shares(events: pd.DataFrame) -> pd.Series:
    """Share of each event's people whose area is known; 1 where it is not said."""
    if "placed_share" not in events:
        return pd.Series(1.0, index=events.index)
    share = events["placed_share"].astype(float).fillna(1.0)
    if not share.between(0, 1).all():
        raise RequestError("placed_share is outside [0, 1] for: " + ", ".join(share.index[~share.between(0, 1)]))
    return share


def event_area_counts(counts: pd.DataFrame, event_ids: pd.Index, area_ids: pd.Index) -> pd.DataFrame:
    """Applicants by event (rows) and area (columns); 0 where counts say nothing."""
    row = event_ids.get_indexer(pd.Index(counts["event_id"]))
    column = area_ids.get_indexer(pd.Index(counts["area_id"]))
    known = (row >= 0) & (column >= 0)
    table = np.zeros((len(event_ids), len(area_ids)))
    np.add.at(table, (row[known], column[known]), counts["applicants"].to_numpy(float)[known])
    return pd.DataFrame(table, index=event_ids, columns=area_ids)


def build_design(
    counts: pd.DataFrame,
    areas: pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    prior: TurnoutPrior,
    index: OfficeIndex | None = None,
    settings: Settings | None = None,
) -> TurnoutDesign:
    """Lay out the rows of the model for the usable events."""
    used, left_events = usable_events(counts, areas, events, costs)
    ordered = areas.sort_index()
    residents = ordered["population"].to_numpy(float)
    table = event_area_counts(counts, used.index, ordered.index)
    km = km_matrix(costs, ordered.index, pd.Index(used["site_id"])).T
    row = np.isfinite(km) & (residents > 0)
    day_kind = used["day_kind"] if "day_kind" in used else pd.Series(None, index=used.index, dtype=object)
    codes = code_kinds(sites["kind"].reindex(used["site_id"]), day_kind)
    covariates = separate(codes, prior)
    terms = build_terms(used, sites, index=index)
    at_event, at_area = np.nonzero(row)
    distance = km[row]
    x = pd.DataFrame(
        {"const": 1.0, "distance": distance / prior.slope_km, "log_distance": np.log1p(distance / prior.bend_km)}
    )
    kinds = pd.DataFrame(codes[at_event][:, covariates.kept], columns=covariates.names)
    x = pd.concat([x, kinds, pd.DataFrame(terms.of_events[at_event], columns=list(terms.names))], axis=1)
    marked = used["sold_out"].fillna(False).astype(bool) if "sold_out" in used else pd.Series(False, index=used.index)
    came = np.rint(table.sum(axis=1) / placed_shares(used))
    capacity = _written_capacity(used, sites, settings or Settings())
    full = full_events(came / event_days(used), capacity / event_days(used), marked)
    sold_out = (marked | used.index.isin(full.event_ids)).to_numpy(bool)
    left_counts = _left_counts(counts, used.index, table, row, residents)
    reasons = pd.concat([covariates.reasons, terms.left_out])
    left_covariates = pd.DataFrame({"what": "covariate", "id": reasons.index, "reason": reasons.array, "people": 0})
    return TurnoutDesign(
        counts=table.to_numpy(float)[row],
        x=x,
        event=used.index.to_numpy(object)[at_event],
        site=used["site_id"].to_numpy(object)[at_event],
        sold_out=sold_out[at_event],
        log_residents=np.log(residents[at_area]),
        log_placed=np.log(placed_shares(used).to_numpy())[at_event],
        log_days=np.log(event_days(used).to_numpy()),
        event_ids=used.index,
        dates=_dates(used),
        area_ids=ordered.index,
        km=km,
        area=at_area,
        covariates=covariates,
        terms=terms,
        full=full,
        left_out=pd.concat([left_events, left_counts, left_covariates], ignore_index=True).astype({"people": int}),
    )


def _written_capacity(events: pd.DataFrame, sites: pd.DataFrame, settings: Settings) -> pd.Series:
    """Capacity of each event where it, its place or its booths are written down, else NaN."""
    places = sites["capacity"].reindex(events["site_id"]).set_axis(events.index) if "capacity" in sites else None
    nothing = pd.Series(np.nan, index=events.index)
    written = [nothing, *(each for each in (events.get("capacity"), events.get("booths"), places) if each is not None)]
    known = [pd.to_numeric(each).notna() for each in written]
    return event_capacity(events, sites, settings=settings).where(np.logical_or.reduce(known, axis=0))


def _dates(events: pd.DataFrame) -> npt.NDArray[np.datetime64]:
    days = events["date"] if "date" in events else pd.Series(pd.NaT, index=events.index)
    return np.asarray(pd.to_datetime(days).to_numpy("datetime64[ns]"))


def _left_counts(
    counts: pd.DataFrame, event_ids: pd.Index, table: pd.DataFrame, row: npt.NDArray[np.bool_], residents: Array
) -> pd.DataFrame:
    """People of usable events whom no row of the model holds, by area and reason."""
    elsewhere = counts[counts["event_id"].isin(event_ids) & ~counts["area_id"].isin(table.columns)]
    people = table.to_numpy()
    parts = {
        "not_an_area": elsewhere.groupby("area_id")["applicants"].sum(),
        "no_residents": pd.Series(np.where(residents > 0, 0, people.sum(axis=0)), index=table.columns),
        "no_distance": pd.Series(np.where(row | (residents <= 0), 0, people).sum(axis=0), index=table.columns),
    }
    rows = [("area", area, reason, n) for reason, by_area in parts.items() for area, n in by_area[by_area > 0].items()]
    return pd.DataFrame(rows, columns=list(LEFT_OUT_COLUMNS))
