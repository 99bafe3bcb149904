"""Whom the pop-ups reach: how people heard of them, what they applied for, how old they are, by area and distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.disclosure import round_people
from outreach_analysis.event_kinds import is_popup, popups_that_took_place
from outreach_analysis.geography.hierarchy import enclosing_area
from outreach_analysis.intake.counting import OFFICE
from outreach_analysis.intake.identity import AGE_BANDS
from outreach_analysis.measures.coverage import service_points_on
from outreach_analysis.measures.shares import UNKNOWN, category_shares
from outreach_analysis.measures.uptake import MOST_UNKNOWN, UptakeResult, electronic_uptake
from outreach_analysis.settings import Settings

CHANNELS = ("instagram", "other_social", "conventional", "office", "word_of_mouth", UNKNOWN)
APPLICATIONS = ("new", "renewal", "lost", "damaged", "other", UNKNOWN)
ALL = "all"
LITTLE_REACHED_SHARE = 1 / 3
"""Little reached is the third of the jurisdiction's areas with the fewest pop-up applicants per resident."""

_ASKED = {"channel": CHANNELS, "application": APPLICATIONS, "age_band": AGE_BANDS}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AudienceResult:
    """Whom the pop-ups reach.

    Tables of shares have the columns `group, category, people, of, share, ci_low, ci_high` (see `category_shares`);
    they are of the people whose list asks, and the unknown among these are a category like any other.

    Attributes
    ----------
    channels, applications, ages
        Over all pop-up applicants (group `all`).
    channels_by_area, channels_by_event
        Group: area id, event id; with `smoothed`, for areas and events of few people.
    channels_by_distance, applications_by_distance, ages_by_distance
        Group: upper edge (inclusive) of the way from home to the nearest fixed service point, in km or minutes as
        `settings.travel_measure` says; inf beyond the last.
    channels_by_reach
        Group: `little_reached` and `other`.
    applications_by_event
        Group: event id; with `smoothed`.
    uptake
        Electronic passports before all became electronic.
    unknown
        Index `channel`, `application`, `age_band`, `area`: `people` of whom it is not known, `of` those whose list
        asks, `share`; and `applicants`, all of them.
    level
        Of the intervals.
    settings
        The settings used.
    """

    channels: pd.DataFrame
    applications: pd.DataFrame
    ages: pd.DataFrame
    channels_by_area: pd.DataFrame
    channels_by_event: pd.DataFrame
    channels_by_distance: pd.DataFrame
    channels_by_reach: pd.DataFrame
    applications_by_distance: pd.DataFrame
    applications_by_event: pd.DataFrame
    ages_by_distance: pd.DataFrame
    uptake: UptakeResult
    unknown: pd.DataFrame
    level: float
    settings: Settings

    def is_published(self, what: str) -> bool:
        """Whether a share of `channel`, `application` or `age_band` may head a text: known of half of those asked."""
        return bool(self.unknown["share"][what] <= MOST_UNKNOWN)

    def summary(self) -> pd.DataFrame:
        """Shares over all pop-up applicants, trend of electronic passports: `estimate, ci_low, ci_high, unit`."""
        parts = []
        for what, table in (("channel", self.channels), ("application", self.applications), ("age_band", self.ages)):
            named = table.set_index(what + " " + table["category"])[["share", "ci_low", "ci_high"]]
            parts.append(named.rename(columns={"share": "estimate"}).assign(unit="share of pop-up applicants"))
        return pd.concat([*parts, self.uptake.trend]).rename_axis(None)

    def _repr_html_(self) -> str:
        return self.summary().to_html(float_format="{:.2f}".format)


def audience(
    applicants: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    settings: Settings,
    level: float = 0.9,
    rounding_base: int = 1,
) -> AudienceResult:
    """How pop-up applicants heard of them, what they applied for, how old they are; and electronic passports.

    Descriptive: shares among those who came, by where they live. Distance is that from home to the nearest fixed
    service point open on `settings.as_of` (or on the day of the last applicant).

    Parameters
    ----------
    applicants
        One row a person: `event_id`, `service_date`, `area_id` (an area, one inside it, or NA), `channel`,
        `application`, `age_band`, `passport_type`, each NA where the list does not ask. Applicants at held events
        count; those at the office (event 'OFFICE', openings there) count in `uptake` only.
    areas
        Index `area_id`; columns `population`, `in_jurisdiction`.
    events
        Index `event_id`; columns `site_id`, `date`, `status`.
    sites
        Index `site_id`; columns `kind` and, where known, `opened`, `closed`.
    costs
        Columns `area_id, site_id, km` or `minutes`.
    settings
        Edges of distance (`shown_thresholds`), the day all passports became electronic, the day of the question.
    level
        Of the intervals, in (0, 1).
    rounding_base
        Base to which numbers of people are rounded before shares are made of them; 1 leaves them exact.

    Returns
    -------
    AudienceResult

    Raises
    ------
    ValueError
        Where `level` is not in (0, 1).

    Examples
    --------
    >>> from outreach_analysis.intake.dataset import load_sample
    >>> from outreach_analysis.geography.travel import travel_costs
    >>> sample = load_sample()
    >>> costs = travel_costs(sample.areas, sample.sites, settings=sample.settings)
    >>> found = audience(sample.applicants, sample.areas, sample.events, sample.sites, costs, settings=sample.settings)
    >>> found.channels.set_index("category")["share"].round(2).to_dict()["unknown"]
    0.06
    """
    home = enclosing_area(applicants["area_id"], areas)
    people = applicants.assign(home=home)
    popup = people[people["event_id"].isin(popups_that_took_place(events).index)]
    points = nearest_fixed(areas, sites, events, costs, settings=settings)
    edges = [*sorted(settings.shown_thresholds), np.inf]
    away = popup["home"].map(points)
    band = np.asarray(edges)[np.searchsorted(edges, away.fillna(np.inf))]
    reach = _reach(popup, areas)
    popup = popup.assign(all=ALL, band=pd.Series(band, index=popup.index).where(away.notna()), reach=reach)
    held = [event for event in events.index if event in set(popup["event_id"])]
    lived = areas.index[areas.index.isin(popup["home"])]

    def shares(category: str, group: str, groups: Sequence[object], *, smooth: bool = False) -> pd.DataFrame:
        return category_shares(
            popup[popup[category].notna()], group=group, category=category, groups=groups,
            categories=_ASKED[category], smooth=smooth, level=level, rounding_base=rounding_base,
        )  # fmt: skip

    counted = people[people["event_id"].isin([*held, OFFICE, *events.index[~is_popup(events)]])]
    return AudienceResult(
        channels=shares("channel", "all", [ALL]),
        applications=shares("application", "all", [ALL]),
        ages=shares("age_band", "all", [ALL]),
        channels_by_area=shares("channel", "home", list(lived), smooth=True),
        channels_by_event=shares("channel", "event_id", held, smooth=True),
        channels_by_distance=shares("channel", "band", edges),
        channels_by_reach=shares("channel", "reach", ["little_reached", "other"]),
        applications_by_distance=shares("application", "band", edges),
        applications_by_event=shares("application", "event_id", held, smooth=True),
        ages_by_distance=shares("age_band", "band", edges),
        uptake=electronic_uptake(
            counted, areas.index, way=points, settings=settings, level=level, rounding_base=rounding_base
        ),
        unknown=_unknown(popup, rounding_base),
        level=level,
        settings=settings,
    )


def nearest_fixed(
    areas: gpd.GeoDataFrame | pd.DataFrame,
    sites: pd.DataFrame,
    events: pd.DataFrame,
    costs: pd.DataFrame,
    *,
    settings: Settings,
) -> pd.Series:
    """Way from each area to the nearest fixed service point open on `settings.as_of`; NaN without one.

    In km or minutes, as `settings.travel_measure` says. Without an as_of: on the day of the last event.

    Examples
    --------
    >>> areas = pd.DataFrame(index=pd.Index(["a"], name="area_id"))
    >>> sites = pd.DataFrame({"kind": ["office"], "opened": pd.NaT, "closed": pd.NaT}, index=["o"])
    >>> events = pd.DataFrame({"site_id": "o", "date": pd.to_datetime(["2026-05-02"]), "status": "held"}, index=["e"])
    >>> costs = pd.DataFrame({"area_id": ["a"], "site_id": ["o"], "km": [4.0]})
    >>> nearest_fixed(areas, sites, events, costs, settings=Settings()).to_dict()
    {'a': 4.0}
    """
    day = settings.as_of or pd.Timestamp(events["date"].max()).date()
    dates = {
        name: sites[name] if name in sites else pd.Series(pd.NaT, index=sites.index) for name in ("opened", "closed")
    }
    points = service_points_on(sites.assign(**dates), events, as_of=day, settings=settings)
    fixed = points.index[points == "fixed"]
    return costs[costs["site_id"].isin(fixed)].groupby("area_id")[settings.travel_measure].min().reindex(areas.index)


def _reach(popup: pd.DataFrame, areas: pd.DataFrame) -> pd.Series:
    """By person: `little_reached` or `other` area of the jurisdiction; NA outside it."""
    inside = areas[areas["in_jurisdiction"].astype(bool) & (areas["population"] > 0)]
    rate = popup.groupby("home").size().reindex(inside.index, fill_value=0) / inside["population"]
    ranked = rate[rate > 0].rank(method="first", pct=True)
    kind = pd.Series(np.where(ranked <= LITTLE_REACHED_SHARE, "little_reached", "other"), index=ranked.index)
    return popup["home"].map(kind)


def _unknown(popup: pd.DataFrame, base: int) -> pd.DataFrame:
    asked = {name: popup.loc[popup[name].notna(), name] for name in _ASKED}
    missing = {name: int((~said.isin(set(_ASKED[name]) - {UNKNOWN})).sum()) for name, said in asked.items()}
    people = pd.Series({**missing, "area": int(popup["home"].isna().sum())}, dtype="int64")
    base_of = pd.Series({**{name: len(said) for name, said in asked.items()}, "area": len(popup)}, dtype="int64")
    published, of = round_people(people, base=base), round_people(base_of, base=base)
    share = (published / of.where(of > 0)).clip(upper=1)
    return pd.DataFrame(
        {"people": published, "of": of, "share": share, "applicants": round_people(len(popup), base=base)}
    )
