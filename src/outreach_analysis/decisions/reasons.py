"""Why a place stands where it does: codes with their values, which presentation turns into words."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd

from outreach_analysis.decisions.eligibility import KINDS_UNDER_INTEREST_RULE, judged_area
from outreach_analysis.event_kinds import held_popups
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.measures.coverage import incremental_coverage, service_points_on
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.settings import Settings


def ranking_reasons(
    places: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    *,
    interest: InterestResult | None,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    sites: pd.DataFrame,
    settings: Settings,
) -> pd.DataFrame:
    """Reasons for each place, in the order of the places.

    Codes and their values: `new_within_reach` (residents without a fixed service point within the threshold who
    would get one), `km_from_fixed_point` (km, infinite where no way leads; `minutes_from_fixed_point` where near is
    told by minutes), `last_visit` (day of the last pop-up there, NaT: never), `last_visit_nearby` (day and name
    of the last pop-up elsewhere in the same kabupaten, None: never), and where interest was assessed
    `interest_above` (bool) for a kecamatan or desa, `interest_not_required` (True) for other kinds of place.

    Parameters
    ----------
    places
        The places; index `site_id`; columns `name`, `kind`, `area_id`.
    areas, interest, events, costs, settings
        As in `rank_sites`.
    sites
        All places: the fixed service points and those of past events too.

    Returns
    -------
    DataFrame
        Columns `site_id, code, value`, one row a place and code.
    """
    as_of = pd.Timestamp(settings.as_of or dt.date.max)
    points = service_points_on(sites, events, as_of=as_of.date(), settings=settings)
    fixed = points[(points == "fixed") & points.index.isin(costs["site_id"].unique())]
    gained = incremental_coverage(
        costs,
        areas,
        service_points=fixed,
        candidates=places.index,
        **{f"threshold_{settings.travel_measure}": settings.service_threshold},
    )
    nearest = costs[costs["site_id"].isin(fixed.index)].groupby("area_id")[settings.travel_measure].min()
    held = held_popups(events)
    held = held[held["date"] <= as_of]
    values: dict[str, pd.Series] = {
        "new_within_reach": gained["new_residents"],
        f"{settings.travel_measure}_from_fixed_point": enclosing_area(places["area_id"], areas).map(nearest),
        "last_visit": held.groupby("site_id")["date"].max().reindex(places.index),
        "last_visit_nearby": _last_nearby(places, areas, held, sites),
    }
    if interest is not None and interest.assessed:
        under_rule = places["kind"].isin(KINDS_UNDER_INTEREST_RULE)
        values["interest_above"] = interest.of_places(judged_area(places, areas))["above_threshold"] & under_rule
        values["interest_not_required"] = ~under_rule
    rows = [
        {"site_id": site_id, "code": code, "value": by_site[site_id]}
        for site_id in places.index
        for code, by_site in values.items()
    ]
    return pd.DataFrame(rows, columns=["site_id", "code", "value"]).astype({"value": object})


def kabupaten_of(area_ids: pd.Series, areas: gpd.GeoDataFrame | pd.DataFrame) -> pd.Series:
    """Name of the kabupaten in which each area lies (its id where the table names none); NA outside the table."""
    names = areas["parent_name"] if "parent_name" in areas else areas["parent_id"]
    return enclosing_area(area_ids, areas).map(names)


def _last_nearby(places: pd.DataFrame, areas: pd.DataFrame, held: pd.DataFrame, sites: pd.DataFrame) -> pd.Series:
    """Day and name of the latest pop-up at another place of the same kabupaten."""
    kabupaten = kabupaten_of(sites["area_id"], areas)
    latest = held.sort_values("date", kind="stable").drop_duplicates("site_id", keep="last")
    latest = latest.assign(kabupaten=latest["site_id"].map(kabupaten), name=latest["site_id"].map(sites["name"]))

    def last(site_id: str) -> tuple[pd.Timestamp, str] | None:
        others = latest[(latest["kabupaten"] == kabupaten[site_id]) & (latest["site_id"] != site_id)]
        return None if others.empty else (others["date"].iloc[-1], str(others["name"].iloc[-1]))

    return pd.Series([last(str(site_id)) for site_id in places.index], index=places.index, dtype=object)
