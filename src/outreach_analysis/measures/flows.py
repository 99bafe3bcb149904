"""Who came from where to which pop-up, each flow published or withheld with an audit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.optimize import linprog

from outreach_analysis.disclosure import round_people, rounding_interval
from outreach_analysis.doors import checked_frames
from outreach_analysis.measures.attendance import recent_events
from outreach_analysis.measures.small_numbers import margins_of
from outreach_analysis.settings import Settings
from outreach_analysis.shown import Shown

# --- Which flows between areas and places may be told: a check that none of the small ones can be worked out.


Whole = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_TOLERANCE = 1e-6
_EVERYBODY = 1_000_000.0
_GLANCES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums of people over some events of which a reader knows how few and how many they hold at least and at most. `of`
    is the number of each area's sum, `over` says which events it is over."""

    of: Whole
    over: Flags
    low: Numbers
    high: Numbers


def told_sums(told: pd.DataFrame, *, of: Whole, over: Flags) -> Sums:
    """Sums over some events as far as what is told of them says: rows of `Margins`, each area's being number `of`."""
    low, high = (told[name].to_numpy(float) for name in ("low", "high"))
    return Sums(of=of, over=over, low=low, high=high)


def exact_sums(people: Whole, kabupaten: npt.NDArray[np.object_], over: Flags, *, base: int) -> Sums:
    """The people of each kabupaten over some events, exactly unless they are few."""
    of, names = pd.factorize(kabupaten)
    sums = np.bincount(of, people[:, over].sum(axis=1), len(names))
    few = (sums > 0) & (sums < base)
    return Sums(of=of, over=over, low=np.where(few, 0, sums), high=np.where(few, base - 1, sums))


def flows_to_tell(
    people: Whole, readers: Sequence[Sequence[Sums]], kabupaten: npt.NDArray[np.object_], place: Whole, *, base: int
) -> Flags:
    """Flows of two bases and more, less those that would narrow a small one down to fewer than `base` numbers."""
    flows = people @ _places(place).astype(np.int64)
    published = np.asarray(round_people(flows, base=base)) >= 2 * base
    for name in np.unique(kabupaten[published.any(axis=1)]):
        rows = np.flatnonzero(kabupaten == name)
        limits = [_Reader.of(known, rows, place) for known in readers]
        published[rows] = _published_of_kabupaten(flows[rows], published[rows], limits, base=base)
    return published


def _places(place: Whole) -> Flags:
    """Which events (rows) are held at which place (columns)."""
    return np.asarray(place[:, None] == np.arange(place.max(initial=-1) + 1))


def _published_of_kabupaten(exact: Whole, published: Flags, readers: Sequence[_Reader], *, base: int) -> Flags:
    large = published.copy()
    small = (exact > 0) & (exact < base)
    without: dict[int, Numbers] = {}
    while published.any():
        guessed = np.zeros(published.shape, dtype=bool)
        for number, reader in enumerate(readers):
            found = reader.possible(small, *_ranges(exact, published, large, base=base), enough=base)
            narrow = small & (found < base)
            if narrow.any() and number not in without:
                nothing = _ranges(exact, np.zeros(published.shape, dtype=bool), large, base=base)
                without[number] = reader.possible(small, *nothing, enough=base)
            guessed |= narrow & (found < without.get(number, np.inf))
        if not guessed.any():
            break
        beside = published & (guessed.any(axis=1, keepdims=True) | guessed.any(axis=0))
        published = published.copy()
        choice = np.where(beside if beside.any() else published, exact, np.iinfo(np.int64).max)
        published.flat[np.argmin(choice)] = False
    return published


def _ranges(exact: Whole, published: Flags, large: Flags, *, base: int) -> tuple[Numbers, Numbers]:
    """How few and how many people each flow may hold by itself."""
    low, high = rounding_interval(np.asarray(round_people(exact, base=base)), base=base)
    others = float(rounding_interval([base], base=base)[1][0]) if (published == large).all() else _EVERYBODY
    return np.where(published, low, 0.0), np.where(published, high, others)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Limits on the people of one kabupaten by area and event: rows of `sums` times them are at most `most`. `flows`
    adds them up to flows: a row a flow."""

    sums: Numbers
    most: Numbers
    flows: Numbers

    @classmethod
    def of(cls, known: Sequence[Sums], rows: Whole, place: Whole) -> _Reader:
        shape, sums, most = (len(rows), len(place)), [], []
        for group in known:
            for number in np.unique(group.of[rows]):
                over = np.broadcast_to((group.of[rows] == number)[:, None] & group.over, shape)
                if over.any():
                    sums += [1.0 * over.ravel(), -1.0 * over.ravel()]
                    most += [group.high[number], -group.low[number]]
        flows = np.asarray(np.kron(np.eye(len(rows)), _places(place).T), dtype=np.float64)
        return cls(sums=np.array(sums), most=np.array(most), flows=flows)

    def possible(self, targets: Flags, low: Numbers, high: Numbers, *, enough: int) -> Numbers:
        """How many numbers each target may be, counted up to `enough`; without an end elsewhere."""
        limits = sparse.csr_array(np.vstack([self.sums, self.flows, -self.flows]))
        most_of_limits = np.concatenate([self.most, high.ravel(), -low.ravel()])
        found = np.full(targets.size, np.inf)
        at = np.flatnonzero(targets)
        least, most = np.full(targets.size, np.inf), np.full(targets.size, -np.inf)

        def look(wish: Numbers) -> None:
            office = linprog(wish @ self.flows, A_ub=limits, b_ub=most_of_limits, method="highs").x
            if office is not None:
                np.minimum(least, self.flows @ office, out=least)
                np.maximum(most, self.flows @ office, out=most)

        # a few offices that all sums allow show most flows to be open at once
        rng = np.random.default_rng(0)
        for wish in rng.uniform(-1.0, 1.0, (_GLANCES if len(at) else 0, targets.size)):
            look(wish)
        for flow in at:
            for sign in (1.0, -1.0):
                if most[flow] - least[flow] < enough - 1:
                    wish = np.zeros(targets.size)
                    wish[flow] = sign
                    look(wish)
            found[flow] = np.floor(most[flow] + _TOLERANCE) - np.ceil(least[flow] - _TOLERANCE) + 1
        return found.reshape(targets.shape)


# --- From where to where: the people of each area at each place, as they may be told beside everything else.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FlowResult(Shown):
    """People by the area that they came from and the place that they came to.

    Attributes
    ----------
    by_flow
        `area_id`, `site_id`, `applicants` (people, rounded), `km` (NaN where not known) of those that may be told,
        largest first: see `origin_flows`.
    applicants
        People of all flows together, told or not (rounded on their own).
    least_published
        The smallest number of people of a flow that is told.
    left_out
        People (rounded) who stand in no flow told: `small_flow`, `kabupaten_only`.
    """

    main = "by_flow"

    by_flow: pd.DataFrame
    applicants: int
    least_published: int
    left_out: pd.Series

    def summary(self) -> pd.DataFrame:
        """How much is told: `estimate, ci_low, ci_high, unit`; counts, so without an interval."""
        published = self.by_flow["applicants"]
        rows = {
            "flows told": (len(published), "flows"),
            "largest flow": (published.max() if len(published) else 0, "applicants"),
            "all flows": (self.applicants, "applicants"),
            "in no flow told": (self.left_out.sum(), "applicants"),
        }
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "unit"])
        return frame.assign(ci_low=np.nan, ci_high=np.nan)[["estimate", "ci_low", "ci_high", "unit"]]


def origin_flows(
    *,
    areas: pd.DataFrame,
    events: pd.DataFrame,
    counts: pd.DataFrame,
    costs: pd.DataFrame,
    settings: Settings | None = None,
    rounding_base: int = 1,
) -> FlowResult:
    """People who came from each area to each place, over all its events in `counts`.

    With a base above 1 a flow is told from two bases on (with base 5: from 8 people, told as 10), and never where it
    would narrow down a small one: for a reader each flow below the base keeps at least `rounding_base` possible
    numbers, or as many as without any flow told (see `flows_to_tell`). That reader knows the people of every area and
    kabupaten as they are told rounded, those of the window of unmet need once more, and may have the exact table of
    people by kabupaten and event. Flows that would tell too much are left out, smallest first.

    Flows of one event are those of its rows of `counts`. Tell either these or all flows of its place, not both.

    Parameters
    ----------
    areas, events, counts, costs
        As in the data contract; kabupaten ids of counts stand in `left_out` only. An event that `events` lack and costs
        that hold a pair twice are refused.
    settings
        For the window of unmet need; give them wherever unmet need is told beside the flows.
    rounding_base
        Base of the rounding; 1 tells every flow exactly.

    Examples
    --------
    >>> areas = pd.DataFrame({"parent_id": ["K", "K", "K"]}, index=["a", "b", "c"])
    >>> events = pd.DataFrame({"site_id": ["MALL"], "status": "held", "date": pd.Timestamp("2026-06-06")}, index=["E1"])
    >>> counts = pd.DataFrame({"event_id": "E1", "area_id": ["a", "b", "c"], "applicants": [41, 3, 4]})
    >>> costs = pd.DataFrame({"area_id": ["a", "b", "c"], "site_id": "MALL", "km": [3.0, 42.0, 61.0]})
    >>> flows = origin_flows(areas=areas, events=events, counts=counts, costs=costs, rounding_base=5)
    >>> flows.by_flow.values.tolist(), int(flows.left_out["small_flow"])
    ([['a', 'MALL', 40, 3.0]], 10)
    """
    areas, events, counts, costs = checked_frames(
        areas=areas, events=events, counts=counts, costs=costs, needs={"areas": ("parent_id",), "costs": ("km",)}
    )
    rows = counts.assign(site_id=counts["event_id"].map(events["site_id"]))
    placed = rows[rows["area_id"].isin(areas.index)]
    by_event = placed.pivot_table(
        index="area_id", columns="event_id", values="applicants", aggfunc="sum", fill_value=0
    ).reindex(areas.index, fill_value=0)
    place, sites = pd.factorize(events["site_id"].reindex(by_event.columns), sort=True)
    exact = np.zeros((len(areas), len(sites)), dtype=np.int64)
    np.add.at(exact.T, place, by_event.to_numpy(np.int64).T)
    margins = margins_of(counts, areas, rounding_base=rounding_base)
    published = exact > 0
    if rounding_base > 1:
        published = flows_to_tell(
            by_event.to_numpy(np.int64),
            _known_sums(by_event, counts, areas, events, settings, rounding_base=rounding_base),
            areas["parent_id"].to_numpy(),
            place,
            base=rounding_base,
        )
    at_area, at_place = np.nonzero(published)
    flows = pd.DataFrame(
        {
            "area_id": areas.index[at_area],
            "site_id": sites[at_place],
            "applicants": np.asarray(round_people(exact, base=rounding_base))[published],
        }
    ).merge(costs[["area_id", "site_id", "km"]], on=["area_id", "site_id"], how="left", validate="1:1")
    flows = flows.sort_values(["applicants", "area_id", "site_id"], ascending=[False, True, True], ignore_index=True)
    (everybody,) = margins.round_sums(placed, np.ones((1, len(placed)), dtype=bool))
    coarse = int(rows["applicants"].sum() - placed["applicants"].sum())
    return FlowResult(
        by_flow=flows,
        applicants=int(everybody),
        least_published=2 * rounding_base if rounding_base > 1 else 1,
        # from what is told: the exact rest would be one more number beside its parts
        left_out=pd.Series(
            {
                "small_flow": max(int(everybody) - int(flows["applicants"].sum()), 0),
                "kabupaten_only": round_people(coarse, base=rounding_base),
            }
        ),
    )


def _known_sums(
    by_event: pd.DataFrame,
    counts: pd.DataFrame,
    areas: pd.DataFrame,
    events: pd.DataFrame,
    settings: Settings | None,
    *,
    rounding_base: int,
) -> list[list[Sums]]:
    """What readers know of people by area and event: of the report, and of the exact table of origins too."""
    margins = margins_of(counts, areas, rounding_base=rounding_base)
    people, kabupaten = by_event.to_numpy(np.int64), areas["parent_id"].to_numpy()
    every = np.ones(by_event.shape[1], dtype=bool)
    by_area = np.arange(len(areas))
    by_kabupaten = margins.by_kabupaten.index.get_indexer(pd.Index(kabupaten)).astype(np.int64)
    report = [
        told_sums(margins.by_area, of=by_area, over=every),
        told_sums(margins.by_kabupaten, of=by_kabupaten, over=every),
    ]
    recent = recent_events(events, settings=settings) if settings is not None else events.index[:0]
    lately = by_event.columns.isin(recent)
    if lately.any():
        of_window = counts[counts["event_id"].isin(recent)]
        window = margins_of(of_window, areas, kabupaten_published=False, rounding_base=rounding_base)
        report.append(told_sums(window.by_area, of=by_area, over=lately))
        report.append(told_sums(margins.without(window).by_area, of=by_area, over=~lately))
    by_column = [exact_sums(people, kabupaten, event, base=rounding_base) for event in np.eye(len(every), dtype=bool)]
    in_all = exact_sums(people, kabupaten, every, base=rounding_base)
    return [report, [*report, *by_column], [*report, *by_column, in_all]]
