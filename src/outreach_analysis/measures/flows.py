"""From where to where: the people of each area at each place, as they may be told beside everything else."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.disclosure import round_people
from outreach_analysis.errors import RequestError
from outreach_analysis.measures.attendance import recent_events
from outreach_analysis.measures.flow_audit import Sums, exact_sums, flows_to_tell, sums_by_area, sums_by_kabupaten
from outreach_analysis.measures.margins import margins_of
from outreach_analysis.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlowResult:
    """People by the area that they came from and the place that they came to.

    Attributes
    ----------
    by_flow
        Columns: `area_id`, `site_id`, `applicants` (people, rounded), `km` (NaN where not known); largest first.
        Only flows that may be told: see `origin_flows`.
    applicants
        People of all flows together, told or not (rounded on their own).
    least_published
        The smallest number of people of a flow that is told.
    left_out
        People (rounded) who stand in no flow told: `small_flow`, `kabupaten_only`.
    """

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

    def _repr_html_(self) -> str:
        return self.by_flow.to_html(max_rows=12, index=False, float_format="{:.0f}".format)


def origin_flows(
    counts: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    *,
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
    counts
        Columns `event_id, area_id, applicants` (people); kabupaten ids count in `left_out` only.
    areas
        Index `area_id`; column `parent_id`.
    events
        Index `event_id`; columns `site_id`, `status`, `date`.
    costs
        Columns `area_id, site_id, km`.
    settings
        For the window of unmet need; give them wherever unmet need is told beside the flows.
    rounding_base
        Base of the rounding; 1 tells every flow exactly.

    Returns
    -------
    FlowResult

    Raises
    ------
    ValueError
        Where `counts` name an event that `events` lack, or `costs` hold a pair twice.

    Examples
    --------
    >>> areas = pd.DataFrame({"parent_id": ["K", "K", "K"]}, index=["a", "b", "c"])
    >>> events = pd.DataFrame({"site_id": ["MALL"], "status": "held", "date": pd.Timestamp("2026-06-06")}, index=["E1"])
    >>> counts = pd.DataFrame({"event_id": "E1", "area_id": ["a", "b", "c"], "applicants": [41, 3, 4]})
    >>> costs = pd.DataFrame({"area_id": ["a", "b", "c"], "site_id": "MALL", "km": [3.0, 42.0, 61.0]})
    >>> flows = origin_flows(counts, areas, events, costs, rounding_base=5)
    >>> flows.by_flow.values.tolist(), int(flows.left_out["small_flow"])
    ([['a', 'MALL', 40, 3.0]], 10)
    """
    unknown = sorted(set(counts["event_id"]) - set(events.index))
    if unknown:
        raise RequestError(f"not in events: {', '.join(map(str, unknown))}")
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
    areas: gpd.GeoDataFrame | pd.DataFrame,
    events: pd.DataFrame,
    settings: Settings | None,
    *,
    rounding_base: int,
) -> list[list[Sums]]:
    """What readers know of people by area and event: of the report, and of the exact table of origins too."""
    margins = margins_of(counts, areas, rounding_base=rounding_base)
    people, kabupaten = by_event.to_numpy(np.int64), areas["parent_id"].to_numpy()
    every = np.ones(by_event.shape[1], dtype=bool)
    report = [sums_by_area(margins, over=every), sums_by_kabupaten(kabupaten, margins)]
    recent = recent_events(events, settings=settings) if settings is not None else events.index[:0]
    lately = by_event.columns.isin(recent)
    if lately.any():
        of_window = counts[counts["event_id"].isin(recent)]
        window = margins_of(of_window, areas, kabupaten_published=False, rounding_base=rounding_base)
        report += [sums_by_area(window, over=lately), sums_by_area(margins.without(window), over=~lately)]
    by_column = [exact_sums(people, kabupaten, event, base=rounding_base) for event in np.eye(len(every), dtype=bool)]
    in_all = exact_sums(people, kabupaten, every, base=rounding_base)
    return [report, [*report, *by_column], [*report, *by_column, in_all]]
