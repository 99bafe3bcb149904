"""Maps: who came from where, and the layers of the report's map."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.event_kinds import held_popups, popups_that_took_place
from outreach_analysis.measures.flows import FlowResult
from outreach_analysis.report.figure import (
    ACCENT,
    GROUND,
    HALO,
    MAP_HEIGHT,
    MARKS,
    AreaLayer,
    close_up,
    draw_layer,
    draw_layers,
    need_circles,
    plain,
    plan_layer,
    reach_layer,
    residents_layer,
)
from outreach_analysis.report.static import OUTSIDE, shortened
from outreach_analysis.report.table import Block, Section, Ways, records
from outreach_analysis.report.topics.ranking import period_text
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study

# --- Who came from where: an interactive map of flows, and the sentence beside it.


WIDEST = 14.0
NAMED_PLACES = 3
NAMED_FLOWS = 5
_THINNEST = 1.0
_ROOM = 0.08
_LEAST_ROOM_DEGREES = 0.05
_CLOSE_DEGREES = 0.12
_LONGEST_NAME = 26


def plot_flow(
    flows: FlowResult, areas: gpd.GeoDataFrame, sites: pd.DataFrame, words: Words, *, site_id: str | None = None
) -> go.Figure:
    """Map of who came from where: a line from each area's population centre to the place, as wide as people came."""
    place = None if site_id is None else str(sites["name"][site_id])
    shown = _with_ends(flows, areas, sites, site_id)
    subtitle = words.say(
        "Applicants from each kecamatan to each pop-up place, rounded; lines from {n} people",
        n=words.number(flows.least_published),
    )
    layer = _ground(shown, areas, words, title=_title(shown, place, words), subtitle=subtitle)
    figure = draw_layer(layer, areas, named=False)
    widths = shown["applicants"].unique()
    for people in widths:
        lines = _lines(shown[shown["applicants"] == people], float(people / widths[0]))
        figure.add_trace(lines.update(showlegend=bool(people == widths[0]), name=_key(widths, words)))
    if len(shown):
        figure.add_trace(_origins(shown, words))
        west, south, east, north = _window(shown)
        figure.add_trace(_places(shown, words, middle=(west + east) / 2))
        figure.update_geos(fitbounds=False, lonaxis_range=[west, east], lataxis_range=[south, north])
    largest = [
        words.say("From {area} to {place}: about {n}.", area=row.area, place=row.place, n=words.number(row.applicants))
        for row in records(shown.head(NAMED_FLOWS))
    ]
    alt = " ".join([f"{layer.title}. {layer.subtitle}.", *largest])
    return figure.update_layout(height=MAP_HEIGHT, margin={"t": 76}, meta={"alt": alt})


def describe_flow(flows: FlowResult, areas: pd.DataFrame, sites: pd.DataFrame, words: Words) -> str:
    """The largest flow, and the share of the applicants who stand in the flows that may be told."""
    if flows.by_flow.empty or not flows.applicants:
        return _title(_with_ends(flows, areas, sites, None), None, words) + "."
    first: Any = flows.by_flow.iloc[0]
    return words.say(
        "The largest flow is from {area} to {place}, about {n} people; flows of at least {least} people hold "
        "{share} of the applicants whose kecamatan is known.",
        area=areas["name"][first["area_id"]],
        place=sites["name"][first["site_id"]],
        n=words.number(first["applicants"]),
        least=words.number(flows.least_published),
        share=words.percent(min(flows.by_flow["applicants"].sum() / flows.applicants, 1.0)),
    )


def _with_ends(flows: FlowResult, areas: pd.DataFrame, sites: pd.DataFrame, site_id: str | None) -> pd.DataFrame:
    """The flows shown, with the names and points of both their ends."""
    shown = flows.by_flow if site_id is None else flows.by_flow[flows.by_flow["site_id"] == site_id]
    from_, to = areas.loc[shown["area_id"]], sites.loc[shown["site_id"]]
    ends = {"area": from_["name"], "kabupaten": from_["parent_name"], "place": to["name"]}
    ends |= {"lon": from_["lon"], "lat": from_["lat"], "place_lon": to["lon"], "place_lat": to["lat"]}
    return shown.assign(**{name: values.to_numpy() for name, values in ends.items()})


def _title(shown: pd.DataFrame, place: str | None, words: Words) -> str:
    if shown.empty:
        return words.say("No flow of people is large enough to be told")
    first: Any = shown.iloc[0]
    n = words.number(first["applicants"])
    if place is None:
        return words.say(
            "Largest flow: {area} to {place}, about {n} people", area=first["area"], place=first["place"], n=n
        )
    return words.say("Largest flow to {place}: from {area}, about {n}", area=first["area"], place=place, n=n)


def _ground(shown: pd.DataFrame, areas: gpd.GeoDataFrame, words: Words, *, title: str, subtitle: str) -> AreaLayer:
    """Areas in light colours, each saying where its people went."""
    went = {area: "; ".join(_went(rows, words)) for area, rows in shown.groupby("area_id")}
    frame = pd.DataFrame(
        {
            "name": areas["name"],
            "kabupaten": areas["parent_name"],
            "class_": (~areas["in_jurisdiction"].astype(bool)).astype(int),
            "label": [went.get(area_id, words.say("no flow told")) for area_id in areas.index],
        }
    )
    classes = ((words.say("working area"), GROUND), (words.say("outside the working area"), OUTSIDE))
    return AreaLayer(title=title, subtitle=subtitle, frame=frame, classes=classes)


def _key(widths: Any, words: Words) -> str:
    if len(widths) == 1:
        return plain(words.say("about {n} people", n=words.number(widths[0])))
    return plain(
        words.say("thin: about {few} people, wide: {many}", few=words.number(widths[-1]), many=words.number(widths[0]))
    )


def _window(shown: pd.DataFrame) -> tuple[float, float, float, float]:
    """West, south, east and north around all lines shown: over the whole province they would be too short to see."""
    lon, lat = (pd.concat([shown[name], shown[f"place_{name}"]]).astype(float) for name in ("lon", "lat"))
    room = max(_ROOM * max(lon.max() - lon.min(), lat.max() - lat.min()), _LEAST_ROOM_DEGREES)
    return lon.min() - room, lat.min() - room, lon.max() + room, lat.max() + room


def _lines(lines: pd.DataFrame, share: float) -> go.Scattergeo:
    """Lines of one width, this share of the widest, with a gap between each and the next."""
    ends = list(zip(lines["lon"], lines["place_lon"], lines["lat"], lines["place_lat"], strict=True))
    return go.Scattergeo(
        lon=[value for from_lon, to_lon, _, _ in ends for value in (from_lon, to_lon, None)],
        lat=[value for _, _, from_lat, to_lat in ends for value in (from_lat, to_lat, None)],
        mode="lines",
        line={"color": ACCENT, "width": max(WIDEST * share, _THINNEST)},
        opacity=0.55,
        hoverinfo="skip",
    )


def _origins(shown: pd.DataFrame, words: Words) -> go.Scattergeo:
    groups = shown.groupby("area_id", sort=False)
    first = groups.first()
    return go.Scattergeo(
        lon=first["lon"].to_list(),
        lat=first["lat"].to_list(),
        mode="markers",
        marker={"color": ACCENT, "size": 6, "symbol": "circle-open"},
        hovertext=[_hover(first["area"][area], _went(rows, words), words) for area, rows in groups],
        hoverinfo="text",
        name=plain(words.say("kecamatan of origin")),
    )


def _places(shown: pd.DataFrame, words: Words, *, middle: float) -> go.Scattergeo:
    """Marks of the places, the first ones with their names, on the side where more of the map lies."""
    groups = shown.groupby("site_id", sort=False)
    first = groups.first()
    named = _apart(first["place_lat"])
    return go.Scattergeo(
        lon=first["place_lon"].to_list(),
        lat=first["place_lat"].to_list(),
        mode="markers+text",
        text=[plain(shortened(name, _LONGEST_NAME)) if site in named else "" for site, name in first["place"].items()],
        textposition=["middle left" if east > middle else "middle right" for east in first["place_lon"]],
        textfont={"size": 12, "color": "#000000", "weight": 700, "shadow": HALO},
        marker={**MARKS["event"], "size": 9, "line": {"color": "#ffffff", "width": 1}},
        hovertext=[_hover(first["place"][site], _came(rows, words), words) for site, rows in groups],
        hoverinfo="text",
        name=plain(words.say("place of a pop-up")),
    )


def _apart(north: pd.Series) -> list[str]:
    """The first places whose names would not cover each other."""
    kept: list[str] = []
    for site, at in north.items():
        if len(kept) < NAMED_PLACES and (north[kept] - at).abs().gt(_CLOSE_DEGREES).all():
            kept.append(str(site))
    return kept


def _went(flows: pd.DataFrame, words: Words) -> list[str]:
    return [
        words.say("about {n} to {place}", n=words.number(row.applicants), place=row.place) + _distance(row, words)
        for row in records(flows)
    ]


def _came(flows: pd.DataFrame, words: Words) -> list[str]:
    return [
        words.say("about {n} from {area}", n=words.number(row.applicants), area=row.area) + _distance(row, words)
        for row in records(flows)
    ]


def _distance(row: Any, words: Words) -> str:
    return f" ({words.measure(row.km, 'km')})" if pd.notna(row.km) else ""


def _hover(name: str, flows: list[str], words: Words) -> str:
    more = len(flows) - NAMED_FLOWS
    rest = [words.say("and {n} more", n=words.number(more))] if more > 0 else []
    return "<br>".join([f"<b>{plain(name)}</b>", *(plain(text) for text in flows[:NAMED_FLOWS] + rest)])


# --- The map of the report: its layers, the places on it, and its section.


MARKED = 5
CLOSE_HALF_KM = 45.0


def map_section(analysis: Study, words: Words) -> Section:
    """Who is reached, on a map with the first candidates, and what else its areas can be coloured by."""
    say, layers = words.say, map_layers(analysis, words)
    areas, best = analysis.dataset.areas, analysis.ranking.recommended
    names = {
        "coverage": say("Residents and service"),
        "need": say("Unmet need"),
        "reach": say("Pop-up applicants"),
        "plan": say("Plan"),
    }
    held = popups_that_took_place(analysis.dataset.events)
    start = held["date"].min() if len(held) else pd.Timestamp(analysis.as_of)
    notes = {"reach": ", " + period_text(start, analysis.as_of, words)}
    if (areas.loc[areas.geometry.notna(), "geometry_kind"] == "indicative").any():
        notes = {name: f"{notes.get(name, '')} · {say('borders are indicative')}" for name in names}
    whole = draw_layers(layers, areas, _marked_places(analysis, words), shown=next(iter(layers)))
    figures = [(whole, "")]
    if best is not None:
        there: Any = analysis.ranking.by_site.loc[best]
        around, km, place = (float(there["lon"]), float(there["lat"])), words.number(CLOSE_HALF_KM), there["name"]
        alt = say("The same map, {km} km around {place}", km=km, place=place)
        closer = close_up(whole, areas, around=around, half_km=CLOSE_HALF_KM, alt=alt)
        figures.append((closer, say("{km} km around {place}", km=km, place=place)))
    choices = [(name, names[name], layer.title, layer.subtitle + notes.get(name, "")) for name, layer in layers.items()]
    return Section.of("map", say("Map"), Block(kind="map", content={"choices": choices, "figures": figures}))


def map_layers(analysis: Study, words: Words) -> dict[str, AreaLayer]:
    """What the map can show: `coverage`, `need` with office figures, `reach`, `plan` where there is one."""
    areas, plan = analysis.dataset.areas, analysis.planning.plan
    layers = {
        "coverage": residents_layer(analysis.coverage, areas, words),
        **({"need": need_circles(analysis.need, areas, words)} if analysis.need.has_office_figures else {}),
        "reach": reach_layer(analysis.reach, areas, words),
    }
    if plan.sites:
        among = analysis.planning.scenarios.by_area
        title = words.say(
            "Pop-ups: {n}, additional people: {people}",
            n=words.number(len(plan.sites)),
            people=words.number(plan.expected_reach),
        )
        layers["plan"] = plan_layer(plan.by_area["reached"], areas, words, title=title, among=among)
    return layers


def _marked_places(analysis: Study, words: Words) -> pd.DataFrame:
    """Columns of `draw_layers`: every kind of place, what lies below first."""
    say, sites, ranked = words.say, analysis.sites, analysis.ranking.by_site
    points = analysis.coverage.service_points
    fixed = sites.loc[points.index[points == "fixed"]]
    visits = held_popups(analysis.dataset.events).groupby("site_id")["date"].agg(n="size", last="max")
    visited = sites.join(visits, how="inner")
    visited_texts = [
        say(
            "{place}: last pop-up on {day}, {n} in all", place=row.name, n=words.number(row.n), day=words.date(row.last)
        )
        for row in records(visited)
    ]
    days = analysis.planning.schedule.events.drop_duplicates("site_id").set_index("site_id")["day"]
    planned = sites.loc[days.index].assign(day=days, text=[str(number) for number in range(1, len(days) + 1)])
    planned_texts = [f"{row.text}. {row.name}, {words.date(row.day, weekday=True)}" for row in records(planned)]
    ranked_texts = [
        say(
            "{rank}. {place}: about {people} additional people ({range})",
            rank=words.number(row.rank),
            place=row.name,
            people=words.number(row.increment),
            range=words.interval(row.ci_low, row.ci_high),
        )
        for row in records(ranked)
    ]
    ranked = ranked.assign(label=ranked_texts, text=ranked["rank"].astype(str))
    best = ranked[ranked.index == analysis.ranking.recommended]
    top = ranked.head(MARKED).drop(index=best.index, errors="ignore")
    parts = [
        fixed.assign(mark="fixed", text="", label=fixed["name"], group=say("fixed service point"), layers=""),
        visited.assign(mark="event", text="", label=visited_texts, group=say("place of a past pop-up"), layers=""),
        top.assign(mark="ranked", group=say("candidate place, with its rank"), layers="reach need coverage"),
        planned.assign(mark="planned", label=planned_texts, group=say("place of the plan, by date"), layers="plan"),
        best.assign(mark="best", text="", group=say("proposed place"), layers=""),
    ]
    columns = ["lon", "lat", "mark", "label", "group", "text", "layers"]
    return pd.concat([part[columns] for part in parts if len(part)], ignore_index=True)


# --- The ways in which results show themselves here, by name.


VIEWS: Ways = {
    (FlowResult, "plots"): {"flows": lambda r, s, words: plot_flow(r, s.areas, s.sites, words)},
    (FlowResult, "texts"): {"flows": lambda r, s, words: describe_flow(r, s.areas, s.sites, words)},
}
