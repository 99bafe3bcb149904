"""People at pop-ups per 10,000 residents, and how far they came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, special, stats
from statsmodels.stats.rates import confint_poisson

from outreach_analysis.contracts import RequestError
from outreach_analysis.disclosure import round_people
from outreach_analysis.doors import checked_frames
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.measures.attendance import poorly_placed
from outreach_analysis.measures.small_numbers import Margins, margins_of
from outreach_analysis.settings import LEVEL
from outreach_analysis.shown import Shown

# --- Who is reached: applicants per resident, area by area.


PER_RESIDENTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class ReachResult(Shown):
    """Applicants per 10,000 residents, area by area.

    Attributes
    ----------
    by_area
        Index as the areas given (or their kabupaten). `name`, `in_jurisdiction`, `applicants` (people), `residents`,
        `rate` (applicants per 10,000 residents), `ci_low`, `ci_high` (exact Poisson), `smoothed` (empirical Bayes),
        `p_lowest_fifth` (in [0, 1]); the last two are NaN where nobody lives, and everywhere where nobody came or
        there is one area only.
    totals
        Index `jurisdiction` and `outside`, as far as there are such areas; `applicants` (people, rounded on
        their own, never summed from rounded parts) and `residents`.
    level
        Confidence level of the intervals.
    left_out
        Applicants in `counts` whose area is not among the areas given, by area_id ('' where it is blank).
    poorly_placed
        Events of whose applicants too few are placed for these rates to tell of them (see `poorly_placed`).
    """

    main = "by_area"

    by_area: pd.DataFrame
    totals: pd.DataFrame
    level: float = LEVEL
    left_out: pd.Series
    poorly_placed: tuple[str, ...] = ()

    def summary(self) -> pd.DataFrame:
        """Reach over the jurisdiction and outside it: `estimate, ci_low, ci_high, unit`, plus the counts.

        Where nobody lives there is no rate: the estimate is NaN and the unit says so.
        """
        rates = _rates(self.totals["applicants"], self.totals["residents"])
        frame = pd.concat([rates.rename(columns={"rate": "estimate"}), self.totals], axis=1)
        unit = np.where(self.totals["residents"] > 0, f"applicants per {PER_RESIDENTS:,} residents", "no residents")
        return frame.assign(unit=unit)


def reach_rate(
    *,
    areas: pd.DataFrame,
    counts: pd.DataFrame,
    by: Literal["area", "kabupaten"] = "area",
    placed_share: pd.Series | None = None,
    rounding_base: int = 1,
) -> ReachResult:
    """Applicants per 10,000 residents over the time that `counts` covers.

    Rate in [0, inf); NaN where nobody lives. The interval is the exact (Garwood) Poisson interval of
    `statsmodels.stats.rates.confint_poisson`. `smoothed` shrinks small areas towards the mean of all areas
    by a gamma-Poisson model fitted by maximum likelihood, and `p_lowest_fifth` is the posterior probability
    that an area's true rate lies below the 20th percentile of the fitted distribution of rates.

    Parameters
    ----------
    areas, counts
        As in the data contract. Areas without a row of counts had nobody and stay, with 0.
    by
        `"area"`: the areas as given. `"kabupaten"`: their parents, in the order of their first area; people known only
        to kabupaten level (rows of `counts` under the kabupaten's own id) are counted here and nowhere else.
    placed_share
        By event, from `placed_share_by_event`: rates are of the people placed, and the result names the events that
        have too few of them. None where it is not known.
    rounding_base
        Base to which numbers of people are rounded before anything is derived from them; 1 leaves them exact.
        Sums (of a kabupaten, of the jurisdiction) are rounded as in `margins_of`.

    References
    ----------
    Clayton and Kaldor (1987), Biometrics 43, 671-681 (empirical Bayes for mapped rates).
    Garwood (1936), Biometrika 28, 437-442 (exact Poisson limits).

    Examples
    --------
    >>> areas = pd.DataFrame({"name": ["A", "B"], "population": [20_000, 5_000], "parent_id": ["64.02"] * 2,
    ...                       "in_jurisdiction": True}, index=pd.Index(["64.02.01", "64.02.02"], name="area_id"))
    >>> counts = pd.DataFrame({"event_id": ["E1", "E2"], "area_id": ["64.02.01"] * 2, "applicants": [30, 10]})
    >>> reach_rate(areas=areas, counts=counts).by_area["rate"].to_dict()
    {'64.02.01': 20.0, '64.02.02': 0.0}
    """
    needs = {"areas": ("name", "population", "parent_id", "in_jurisdiction")}
    areas, counts = checked_frames(areas=areas, counts=counts, needs=needs)
    applicants = counts.groupby(counts["area_id"].fillna(""))["applicants"].sum()
    table = areas if by == "area" else _kabupaten_of(areas)
    if by == "kabupaten":
        own_id = pd.Series(applicants.index, index=applicants.index)
        applicants = applicants.groupby(areas["parent_id"].reindex(applicants.index).fillna(own_id)).sum()
    margins = margins_of(counts, areas, rounding_base=rounding_base)
    known = (margins.by_area if by == "area" else margins.by_kabupaten)["published"]
    residents = table["population"]
    smoothed, p_lowest = _smooth(known.to_numpy(float), residents.to_numpy(float))
    by_area = table[["name", "in_jurisdiction"]].assign(
        applicants=known, residents=residents, **_rates(known, residents), smoothed=smoothed, p_lowest_fifth=p_lowest
    )
    left_out = applicants[~applicants.index.isin(table.index) & (applicants > 0)]
    return ReachResult(
        by_area=by_area,
        totals=_totals(counts, table, margins, by=by),
        left_out=round_people(left_out, base=rounding_base),
        poorly_placed=poorly_placed(placed_share),
    )


def _totals(counts: pd.DataFrame, table: pd.DataFrame, margins: Margins, *, by: str) -> pd.DataFrame:
    """Applicants and residents inside the jurisdiction and outside it."""
    where = pd.Series(np.where(table["in_jurisdiction"].astype(bool), "jurisdiction", "outside"), index=table.index)
    residents = table["population"].groupby(where).sum()
    ids = counts["area_id"].fillna("")
    home = ids.map(where) if by == "area" else ids.map(margins.by_area["kabupaten"]).fillna(ids).map(where)
    within = (home.to_numpy()[None] == residents.index.to_numpy()[:, None]).astype(bool)
    return pd.DataFrame({"applicants": margins.round_sums(counts, within), "residents": residents})


def _kabupaten_of(areas: pd.DataFrame) -> pd.DataFrame:
    """The parents of the areas, with their residents, in the order of their first area."""
    named = areas.assign(name=areas["parent_name"] if "parent_name" in areas else areas["parent_id"])
    grouped = named.groupby("parent_id", sort=False)
    table = grouped.agg(
        name=("name", "first"), population=("population", "sum"), in_jurisdiction=("in_jurisdiction", "any")
    )
    return table.rename_axis("area_id")


def _rates(applicants: pd.Series, residents: pd.Series) -> pd.DataFrame:
    """Rate per 10,000 residents with its exact Poisson interval; NaN where nobody lives."""
    low, high = confint_poisson(applicants.to_numpy(float), 1.0, method="exact-c", alpha=1 - LEVEL)
    scale = PER_RESIDENTS / residents.where(residents > 0).to_numpy(float)
    low = np.where(applicants.to_numpy() == 0, 0.0, low)
    return pd.DataFrame(
        {"rate": applicants.to_numpy() * scale, "ci_low": low * scale, "ci_high": high * scale}, index=applicants.index
    )


def _smooth(applicants: np.ndarray, residents: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gamma-Poisson empirical Bayes rates per 10,000, and the posterior probability of the lowest fifth."""
    inhabited = residents > 0
    nowhere = np.full(len(residents), np.nan)
    if applicants[inhabited].sum() == 0 or inhabited.sum() < 2:
        return nowhere, nowhere.copy()
    count, exposure = applicants[inhabited], residents[inhabited] / PER_RESIDENTS
    mean = count.sum() / exposure.sum()

    def minus_log_likelihood(log_shape: float) -> float:
        shape = np.exp(log_shape)
        expected = mean * exposure
        return -float(
            np.sum(
                special.gammaln(count + shape)
                - special.gammaln(shape)
                + shape * np.log(shape / (shape + expected))
                + count * np.log(expected / (shape + expected))
            )
        )

    fit = optimize.minimize_scalar(minus_log_likelihood, bounds=(np.log(1e-2), np.log(1e4)), method="bounded")
    shape = float(np.exp(fit.x))
    posterior_shape, posterior_rate = shape + count, shape / mean + exposure
    quintile = stats.gamma.ppf(0.2, shape, scale=mean / shape)
    smoothed, p_lowest = nowhere, nowhere.copy()
    smoothed[inhabited] = posterior_shape / posterior_rate
    p_lowest[inhabited] = stats.gamma.cdf(quintile, posterior_shape, scale=1 / posterior_rate)
    return smoothed, p_lowest


# --- How far an event draws: the distance within which most of its applicants live.


CATCHMENT_SHARES = (0.5, 0.8, 0.95)
ROUNDED_BAND_KM = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class CatchmentResult(Shown):
    """How far each event draws.

    Attributes
    ----------
    by_event
        Index `event_id`. `site_id`, `applicants` (people with a distance), for q in 50, 80, 95: `km_q`, `km_q_low`,
        `km_q_high` (km), and `share_outside_host` with `share_low`, `share_high`. NaN where nobody has a distance, or
        where it is not known in which kabupaten the place lies.
    overall
        One row with the same measures over all events together.
    left_out
        Applicants without a distance, by event: known to kabupaten only, from outside the province, or without
        travel costs.
    """

    main = "by_event"

    by_event: pd.DataFrame
    overall: pd.Series
    left_out: pd.Series

    def summary(self) -> pd.DataFrame:
        """The overall measures as `estimate, ci_low, ci_high, unit`; the unit says why where there is none."""
        near = "km" if self.overall["applicants"] > 0 else "no applicant with a distance"
        share = "share" if pd.notna(self.overall["share_outside_host"]) else "no applicant of a known kabupaten"
        named = {f"km_{q * 100:.0f}": f"distance within which {q:.0%} of applicants live" for q in CATCHMENT_SHARES}
        rows = {says: (*self.overall[[km, f"{km}_low", f"{km}_high"]], near) for km, says in named.items()}
        outside = self.overall[["share_outside_host", "share_low", "share_high"]]
        rows["share from outside the host kabupaten"] = (*outside, share)
        return pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high", "unit"])


def catchment(
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    counts: pd.DataFrame,
    costs: pd.DataFrame,
    outside: pd.DataFrame | None = None,
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
    areas, sites, events, counts, costs
        As in the data contract; kabupaten ids of counts count for the share only.
    outside
        Columns `event_id, applicants`: people from outside the province; they have no distance.
    rounding_base
        Base to which people are rounded before anything is derived from them; 1 leaves them exact. With a
        larger base distances stand for bands of 5 km (their upper edge) and the people within each edge are
        rounded (see `margins_of`): rounded band by band, the many small ones far away would stretch the catchment.

    Raises
    ------
    RequestError
        Where `counts` or `outside` name an event that `events` lacks, or an event a site that `sites` lacks, or
        `costs` hold a pair twice.

    Examples
    --------
    >>> areas = pd.DataFrame({"parent_id": ["64.72", "64.02"]}, index=["64.72.01", "64.02.06"])
    >>> events = pd.DataFrame({"site_id": ["MALL"]}, index=["E1"])
    >>> sites = pd.DataFrame({"area_id": ["64.72.01"]}, index=["MALL"])
    >>> costs = pd.DataFrame({"area_id": ["64.72.01", "64.02.06"], "site_id": "MALL", "km": [3.0, 42.0]})
    >>> counts = pd.DataFrame({"event_id": "E1", "area_id": ["64.72.01", "64.02.06"], "applicants": [30, 10]})
    >>> found = catchment(areas=areas, sites=sites, events=events, counts=counts, costs=costs).by_event.loc["E1"]
    >>> [float(found[name]) for name in ("km_50", "km_80", "share_outside_host")]
    [3.0, 42.0, 0.25]
    """
    areas, sites, events, counts, costs = checked_frames(
        areas=areas, sites=sites, events=events, counts=counts, costs=costs, needs={"areas": ("parent_id",)}
    )
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
    rows = {event: _catchment_of(group, margins) for event, group in people.groupby("event_id")}
    nobody = _catchment_of(people.iloc[:0], margins)
    by_event = pd.DataFrame([rows.get(event, nobody) for event in held], index=held, columns=list(nobody))
    by_event = by_event.rename_axis("event_id")
    by_event.insert(0, "site_id", events["site_id"].reindex(held))
    without = people[people["km"].isna() & (people["applicants"] > 0)].groupby("event_id")["applicants"].sum()
    return CatchmentResult(
        by_event=by_event,
        overall=pd.Series(_catchment_of(people, margins)),
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


def _catchment_of(people: pd.DataFrame, margins: Margins) -> dict[str, float]:
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
            f"{name}_low": distances[int(np.searchsorted(reached, (1 - LEVEL) / 2))],
            f"{name}_high": distances[min(int(np.searchsorted(reached, (1 + LEVEL) / 2)), len(distances) - 1)],
        }
    elsewhere = people["from_elsewhere"].to_numpy(float)
    far, all_known = map(int, margins.round_sums(people, np.stack([elsewhere == 1, ~np.isnan(elsewhere)])))
    far = min(far, all_known)
    ends = stats.binomtest(far, all_known).proportion_ci(LEVEL, method="wilson") if all_known else (np.nan, np.nan)
    outside = (far / all_known if all_known else np.nan, *map(float, ends))
    row |= dict(zip(("share_outside_host", "share_low", "share_high"), outside, strict=True))
    return row
