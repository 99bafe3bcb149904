"""How far an event draws: the distance within which most of its applicants live."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import stats

from outreach_analysis.disclosure import round_people
from outreach_analysis.errors import RequestError
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.measures.margins import Margins, margins_of

CATCHMENT_SHARES = (0.5, 0.8, 0.95)
ROUNDED_BAND_KM = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CatchmentResult:
    """How far each event draws.

    Attributes
    ----------
    by_event
        Index `event_id`. Columns: `site_id`, `applicants` (people with a distance), for q in 50, 80, 95:
        `km_q`, `km_q_low`, `km_q_high` (km), and `share_outside_host` with `share_low`, `share_high`. NaN where
        nobody has a distance, or where it is not known in which kabupaten the place lies.
    overall
        One row with the same measures over all events together.
    level
        Confidence level of the intervals.
    left_out
        Applicants without a distance, by event: known to kabupaten only, from outside the province, or without
        travel costs.
    """

    by_event: pd.DataFrame
    overall: pd.Series
    level: float
    left_out: pd.Series

    def summary(self) -> pd.DataFrame:
        """The overall measures as `estimate, ci_low, ci_high, unit`; the unit says why where there is none."""
        near = "km" if self.overall["applicants"] > 0 else "no applicant with a distance"
        share = "share" if pd.notna(self.overall["share_outside_host"]) else "no applicant of a known kabupaten"
        rows = {
            f"distance within which {q:.0%} of applicants live": (
                *(self.overall[f"km_{q * 100:.0f}{end}"] for end in ("", "_low", "_high")),
                near,
            )
            for q in CATCHMENT_SHARES
        }
        rows["share from outside the host kabupaten"] = (
            *(self.overall[name] for name in ("share_outside_host", "share_low", "share_high")),
            share,
        )
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high", "unit"])

    def _repr_html_(self) -> str:
        return self.by_event.to_html(max_rows=12, float_format="{:.2f}".format)


def catchment(
    counts: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    outside: pd.DataFrame | None = None,
    level: float = 0.9,
    rounding_base: int = 1,
) -> CatchmentResult:
    """Distance within which 50, 80 and 95 % of an event's applicants live, and the share from elsewhere.

    `km_q` is the smallest distance d such that at least the share q of the applicants with a known
    kecamatan live within d (inclusive, <=). Its interval is the bootstrap percentile interval, computed
    exactly: the bootstrap quantile is <= d with the probability that Binomial(n, F(d)) >= ceil(q n).
    `share_outside_host` is the share of applicants with a known kabupaten or province who do not live in the
    kabupaten of the event's place, in [0, 1], with a Wilson interval; those in `outside` count as elsewhere.
    Events whose place lies in no known kabupaten are left out of that share.

    Parameters
    ----------
    counts
        Columns `event_id, area_id, applicants` (people); kabupaten ids count for the share only.
    areas
        Index `area_id`; column `parent_id` (the kabupaten).
    events, sites
        Index `event_id` with `site_id`; index `site_id` with `area_id` (an area, or one inside it, or its
        kabupaten).
    costs
        Columns `area_id, site_id, km`.
    outside
        Columns `event_id, applicants`: people from outside the province; they have no distance.
    level
        Confidence level of the intervals, in (0, 1).
    rounding_base
        Base to which people are rounded before anything is derived from them; 1 leaves them exact. With a
        larger base distances stand for bands of 5 km (their upper edge) and the people within each edge are
        rounded (see `margins_of`): rounded band by band, the many small ones far away would stretch the catchment.

    Returns
    -------
    CatchmentResult
        Events of `counts` and `outside` in the order of `events`.

    Raises
    ------
    ValueError
        Where `level` is not in (0, 1), `counts` or `outside` name an event that `events` lacks, or an event a
        site that `sites` lacks, or `costs` hold a pair twice.

    Examples
    --------
    >>> areas = pd.DataFrame({"parent_id": ["64.72", "64.02"]}, index=["64.72.01", "64.02.06"])
    >>> events = pd.DataFrame({"site_id": ["MALL"]}, index=["E1"])
    >>> sites = pd.DataFrame({"area_id": ["64.72.01"]}, index=["MALL"])
    >>> costs = pd.DataFrame({"area_id": ["64.72.01", "64.02.06"], "site_id": "MALL", "km": [3.0, 42.0]})
    >>> counts = pd.DataFrame({"event_id": "E1", "area_id": ["64.72.01", "64.02.06"], "applicants": [30, 10]})
    >>> found = catchment(counts, areas, events, sites, costs).by_event.loc["E1"]
    >>> [float(found[name]) for name in ("km_50", "km_80", "share_outside_host")]
    [3.0, 42.0, 0.25]
    """
    if not 0 < level < 1:
        raise RequestError(f"level {level} is not between 0 and 1")
    everyone = counts[["event_id", "area_id", "applicants"]].assign(beyond=False)
    if outside is not None and len(outside):
        # in no area, hence without a distance and from another kabupaten than any host
        everyone = pd.concat([everyone, outside[["event_id", "applicants"]].assign(area_id="", beyond=True)])
    _refuse_unknown(everyone["event_id"], events.index, "events")
    held = [event for event in events.index if event in set(everyone["event_id"])]
    _refuse_unknown(events["site_id"].reindex(held), sites.index, "sites")
    people = everyone.assign(site_id=everyone["event_id"].map(events["site_id"]).astype("str"))
    people = people.astype({"area_id": "str"})
    people = people.merge(costs[["area_id", "site_id", "km"]], on=["area_id", "site_id"], how="left", validate="m:1")
    home = people["area_id"].map(areas["parent_id"]).fillna(people["area_id"])
    host = people["site_id"].map(_host_kabupaten(sites, areas))
    people["from_elsewhere"] = (people["beyond"] | (home != host)).astype(float).where(host.notna())
    margins = margins_of(counts, areas, rounding_base=rounding_base)
    rows = {event: _catchment_of(group, margins, level=level) for event, group in people.groupby("event_id")}
    nobody = _catchment_of(people.iloc[:0], margins, level=level)
    by_event = pd.DataFrame([rows.get(event, nobody) for event in held], index=held, columns=list(nobody))
    by_event = by_event.rename_axis("event_id")
    by_event.insert(0, "site_id", events["site_id"].reindex(held))
    without = people[people["km"].isna() & (people["applicants"] > 0)].groupby("event_id")["applicants"].sum()
    return CatchmentResult(
        by_event=by_event,
        overall=pd.Series(_catchment_of(people, margins, level=level)),
        level=level,
        left_out=round_people(without, base=rounding_base),
    )


def _host_kabupaten(sites: pd.DataFrame, areas: pd.DataFrame) -> pd.Series:
    """Kabupaten in which each place lies, by site_id; NaN where it lies in none of the areas given."""
    by_area = enclosing_area(sites["area_id"], areas).map(areas["parent_id"])
    by_code = enclosing_area(sites["area_id"], areas.set_index("parent_id"))
    return by_area.fillna(by_code)


def _refuse_unknown(ids: pd.Series, known: pd.Index, table: str) -> None:
    unknown = sorted(set(ids.dropna()) - set(known))
    if unknown or ids.isna().any():
        raise RequestError(f"not in {table}: {', '.join(map(str, unknown)) or 'blank ids'}")


def _catchment_of(people: pd.DataFrame, margins: Margins, *, level: float) -> dict[str, float]:
    """Catchment measures of one group of applicants (columns area_id, applicants, km, from_elsewhere)."""
    km = people["km"].to_numpy(float)
    if margins.base > 1:
        km = np.ceil(km / ROUNDED_BAND_KM) * ROUNDED_BAND_KM
    distances = np.unique(km[~np.isnan(km)])
    # a step back, where one edge was rounded up and the next was not, would be nobody's people
    cumulative = np.maximum.accumulate(margins.round_sums(people, km[None] <= distances[:, None]))
    n = int(cumulative[-1]) if len(cumulative) else 0
    row: dict[str, float] = {"applicants": n}
    for share in CATCHMENT_SHARES:
        name = f"km_{share * 100:.0f}"
        if n == 0:
            row |= {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
            continue
        needed = int(np.ceil(share * n - 1e-9))
        reached = stats.binom.sf(needed - 1, n, cumulative / n)
        row |= {
            name: distances[int(np.searchsorted(cumulative, needed))],
            f"{name}_low": distances[int(np.searchsorted(reached, (1 - level) / 2))],
            f"{name}_high": distances[min(int(np.searchsorted(reached, (1 + level) / 2)), len(distances) - 1)],
        }
    elsewhere = people["from_elsewhere"].to_numpy(float)
    far, all_known = map(int, margins.round_sums(people, np.stack([elsewhere == 1, ~np.isnan(elsewhere)])))
    far = min(far, all_known)
    row["share_outside_host"] = far / all_known if all_known else np.nan
    if all_known:
        wilson = stats.binomtest(far, all_known).proportion_ci(level, method="wilson")
        row |= {"share_low": float(wilson.low), "share_high": float(wilson.high)}
    else:
        row |= {"share_low": np.nan, "share_high": np.nan}
    return row
