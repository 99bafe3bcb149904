"""A study to be explored in JupyterLab: a map that answers, and plans under other assumptions. In an exported page each
shows what it shows at first."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.contracts import OutreachError
from outreach_analysis.disclosure import round_people
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.report.figure import CONFIG, MAP_HEIGHT, plot_layer, reach_layer
from outreach_analysis.report.notebooks import FIGURE
from outreach_analysis.report.table import Column, Table, numbers, table_of
from outreach_analysis.report.topics.ranking import exclusion_text, tabulate_ranking
from outreach_analysis.report.topics.turnout import tabulate_forecast
from outreach_analysis.report.words import Language, Words
from outreach_analysis.settings import SITE_KINDS_FIXED
from outreach_analysis.study import Study

try:
    import ipywidgets as widgets
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(
        f"{missing}; it comes with the extra 'lab': pip install 'outreach-analysis[lab]'"
    ) from None

# --- The people, places and prospects of one kecamatan, and one place.

FIRST = 5
"""Places at which people of a kecamatan are expected, at most."""


def area_name(study: Study, area_id: str) -> str:
    """A kecamatan and its kabupaten."""
    return f"{study.areas['name'][area_id]}, {study.areas['parent_name'][area_id]}"


def tabulate_area_events(study: Study, area_id: str, words: Words) -> Table:
    """The people of a kecamatan by pop-up, the latest first; pop-ups to which nobody came from there are left out."""
    say, places = words.say, study.sites["name"]
    came = _came(study, area_id)
    return table_of(
        say("Who came from {area}, by pop-up", area=area_name(study, area_id)),
        came.assign(people=_rounded(came["applicants"], study)).itertuples(),
        Column(say("Day"), lambda event: words.date(event.date, short=True)),
        Column(say("Place"), lambda event: str(places.get(event.site_id))),
        numbers(say("Applicants (rounded)"), lambda event: words.number(event.people)),
    )


def tabulate_area_months(study: Study, area_id: str, words: Words) -> Table:
    """The people of a kecamatan by month."""
    say, came = words.say, _came(study, area_id)
    months = came.groupby(came["date"].dt.to_period("M"))["applicants"].agg(["size", "sum"])
    months = months.sort_index(ascending=False)
    return table_of(
        say("Who came from {area}, by month", area=area_name(study, area_id)),
        months.assign(people=_rounded(months["sum"], study)).itertuples(),
        Column(say("Month"), lambda month: words.month(month.Index.to_timestamp())),
        numbers(say("Pop-ups"), lambda month: words.number(month.size)),
        numbers(say("Applicants (rounded)"), lambda month: words.number(month.people)),
    )


def _came(study: Study, area_id: str) -> pd.DataFrame:
    """Day, place and people of the pop-ups to which people of an area came, the latest first."""
    counts = study.counts
    counts = counts[(counts["area_id"] == area_id) & (counts["applicants"] > 0)].set_index("event_id")
    came = study.held[["date", "site_id"]].join(counts["applicants"], how="inner")
    return came.sort_values("date", ascending=False, kind="stable")


def _rounded(people: pd.Series, study: Study) -> pd.Series:
    rounded: pd.Series = round_people(people, base=study.rounding_base)
    return rounded


def tabulate_area_places(study: Study, area_id: str, words: Words) -> Table:
    """The places of a kecamatan: whether they serve all the time, how often they were visited, where they rank."""
    say = words.say
    visits, ranks = study.held["site_id"].value_counts(), study.ranking.by_site["rank"]

    def visited(site: Any) -> str:
        return say("permanent service") if site.kind in SITE_KINDS_FIXED else words.number(visits.get(site.Index, 0))

    return table_of(
        say("Places in {area}", area=area_name(study, area_id)),
        study.sites[enclosing_area(study.sites["area_id"], study.areas) == area_id].itertuples(),
        Column(say("Place"), lambda site: str(site.name)),
        numbers(say("Visits"), visited),
        numbers(say("Rank now"), lambda site: words.number(ranks.get(site.Index, math.nan))),
    )


def tabulate_area_forecast(study: Study, area_id: str, words: Words) -> Table:
    """How many of a kecamatan are expected at a pop-up, at the places where most are: 90 % range of the expectation."""
    say, forecast, places = words.say, study.forecast, study.sites["name"]
    draws = pd.DataFrame(forecast.draws[:, forecast.area_ids.get_loc(area_id)], columns=forecast.site_ids)
    expected = pd.DataFrame({"mean": draws.mean(), "low": draws.quantile(0.05), "high": draws.quantile(0.95)})
    return table_of(
        say("Expected from {area} at one pop-up", area=area_name(study, area_id)),
        expected.sort_values("mean", ascending=False, kind="stable").head(FIRST).itertuples(),
        Column(say("Place"), lambda site: str(places.get(site.Index))),
        numbers(say("People expected (90% range)"), lambda site: words.ranged(site.mean, site.low, site.high)),
    )


def tabulate_place(study: Study, site_id: str, words: Words) -> Table:
    """One place: its row of the ranking, or of the forecast with the reason why it may not be visited."""
    ranking = study.ranking
    if site_id in ranking.by_site.index:
        table = tabulate_ranking(ranking, words)
        return replace(table, rows=(table.rows[ranking.by_site.index.tolist().index(site_id)],), strong=())
    alone = replace(study.forecast, by_site=study.forecast.by_site.loc[[site_id]])
    table = tabulate_forecast(alone, study.sites, words)
    excluded: Any = ranking.excluded.loc[site_id]
    reason = exclusion_text(str(excluded["reason"]), excluded["value"], ranking, words)
    headers, rows = (*table.headers, words.say("Why not")), ((*table.rows[0], reason),)
    return replace(table, headers=headers, rows=rows, numeric=(*table.numeric, False))


# --- What answers a click.

MAP_WIDTH = 520


class Explorer:
    """A map of who came, with controls above it and tables beside it that follow a click. `chosen` is the study that
    the controls leave, `area_id` the kecamatan that was clicked, `site_id` the place that was chosen; None before."""

    def __init__(self, study: Study, *, lang: Language) -> None:
        self.study = self.chosen = study
        self.area_id: str | None = None
        self.site_id: str | None = None
        self._lang, self._words = lang, Words(lang)
        say, dates = self._words.say, study.held["date"].sort_values()
        months = dates.dt.to_period("M").drop_duplicates()
        named = [(self._words.month(month.to_timestamp()), month) for month in months]
        places = study.sites["name"]
        held = study.held.loc[dates.index[::-1]]
        days = [self._words.date(day, short=True) for day in held["date"]]
        labels = [f"{day}: {name}" for day, name in zip(days, places.reindex(held["site_id"]), strict=True)]
        events = list(zip(labels, held.index, strict=True))
        candidates = places[~study.sites["kind"].isin(SITE_KINDS_FIXED)].sort_values()
        self._controls = {
            "kabupaten": _choice(
                say("Kabupaten or kota"), say("All"), [(n, n) for n in study.areas["parent_name"].unique()]
            ),
            "first": _choice(say("From month"), say("All"), named),
            "last": _choice(say("To month"), say("All"), named),
            "event": _choice(say("Pop-up"), say("All"), events),
            "site": _choice(say("Place"), say("None"), [(name, site) for site, name in candidates.items()]),
        }
        self._map = go.FigureWidget()
        self._map._config = CONFIG
        self._told = widgets.HTML()
        for control in self._controls.values():
            control.observe(self._choose, names="value")
        self._show()

    def _choose(self, _: Any) -> None:
        values = {name: control.value or None for name, control in self._controls.items()}
        first, last = values["first"], values["last"]
        wished: dict[str, Any] = {"kabupaten": values["kabupaten"], "events": values["event"]}
        if first is not None or last is not None:
            months = [month for month in (first, last) if month is not None]
            start = min(months).start_time if first is not None else self.study.events["date"].min()
            end = max(months).end_time if last is not None else pd.Timestamp(self.study.as_of)
            wished["dates"] = (start.date(), end.date())
        wished = {name: value for name, value in wished.items() if value is not None}
        self.chosen = self.study.select(**wished) if wished else self.study
        self.site_id = values["site"]
        if self.area_id not in self.chosen.areas.index:
            self.area_id = None
        self._show()

    def _click(self, trace: Any, points: Any, _: Any) -> None:
        if points.point_inds:
            self.area_id = str(trace.locations[points.point_inds[0]])
            self._tell()

    def _figure(self) -> go.Figure:
        study, places = self.chosen, None
        if self.site_id is not None:
            site = self.study.sites.loc[[self.site_id]]
            places = site[["lon", "lat"]].assign(mark="best", label=site["name"], group=site["name"])
        layer = reach_layer(study.reach, study.areas, self._words)
        return plot_layer(layer, study.areas, places=places)

    def _show(self) -> None:
        drawn = self._figure()
        with self._map.batch_update():
            self._map.data = ()
            self._map.add_traces(drawn.data)
            self._map.update_layout(drawn.update_layout(width=MAP_WIDTH).layout, overwrite=True)
        for trace in self._map.data:
            if trace.type == "choropleth":
                trace.on_click(self._click)
        self._tell()

    def _tell(self) -> None:
        tables = []
        if self.site_id is not None:
            tables.append(tabulate_place(self.study, self.site_id, self._words))
        if self.area_id is not None:
            tables += [
                tabulate_area_events(self.chosen, self.area_id, self._words),
                tabulate_area_months(self.chosen, self.area_id, self._words),
                tabulate_area_places(self.study, self.area_id, self._words),
                tabulate_area_forecast(self.study, self.area_id, self._words),
            ]
        told = _html([table for table in tables if table.rows], self._lang)
        if self.area_id is not None and not tables[-4].rows:
            area = area_name(self.chosen, self.area_id)
            nobody = self._words.say("Nobody came from {area} to these pop-ups.", area=area)
            told = f"<p>{escape(nobody)}</p>{told}"
        self._told.value = told or self._words.say("Click a kecamatan on the map.")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        controls = widgets.Box(list(self._controls.values()), layout={"flex_flow": "row wrap"})
        beside = [
            widgets.VBox([self._map], layout={"flex": f"0 0 {MAP_WIDTH}px"}),
            widgets.VBox(
                [self._told], layout={"flex": "2 1 20rem", "max_height": f"{MAP_HEIGHT}px", "overflow": "auto"}
            ),
        ]
        shown = widgets.VBox([controls, widgets.Box(beside, layout={"flex_flow": "row wrap"})])
        return {**shown._repr_mimebundle_(), FIGURE: {**json.loads(str(self._figure().to_json())), "config": CONFIG}}


class WhatIf:
    """The plan beside that of other assumptions: who would have come to the office anyway, what counts as near, how
    many must be interested, a service point that closes, a place to visit that is added. `changed` is the study under
    those that were computed last; `study` itself before."""

    def __init__(self, study: Study, *, lang: Language) -> None:
        self.study = self.changed = study
        self._lang, self._words = lang, Words(lang)
        say, settings, areas = self._words.say, study.settings, study.areas
        fixed = study.sites.loc[study.sites["kind"].isin(SITE_KINDS_FIXED), "name"]
        inside = areas[areas["in_jurisdiction"].astype(bool)].index
        named = [(area_name(study, area_id), str(area_id)) for area_id in inside]
        self._measure = "minutes" if settings.travel_measure == "minutes" else "km"
        self._controls = {
            "share": _number(say("Would have come to the office anyway (%)"), 100 * study.displacement.pooled, 100),
            "near": _number(say("Near a service point") + f" ({say(self._measure)})", settings.service_threshold, 240),
            "interest": _number(
                say("Visit where more people than this are interested"), settings.interest_threshold_people, 500
            ),
            "close": _choice(say("Close"), say("None"), [(name, site) for site, name in fixed.items()]),
            "add": _choice(say("Add a place in"), say("None"), named),
        }
        self._asked = {name: control.value for name, control in self._controls.items()}
        self._button = widgets.Button(description=say("Compute"), button_style="primary")
        self._button.on_click(self._compute)
        self._told = widgets.HTML(self._html())

    def _compute(self, _: Any) -> None:
        self._button.disabled = True
        try:
            values = {name: control.value for name, control in self._controls.items()}
            moved = {name for name, value in values.items() if value != self._asked[name]}
            settings = {f"service_threshold_{self._measure}": values["near"]} if "near" in moved else {}
            if "interest" in moved:
                settings["interest_threshold_people"] = values["interest"]
            study = self.study.with_settings(**settings) if settings else self.study
            if moved & {"close", "add"}:
                added = {} if values["add"] == _NOTHING else {self._words.say("New place"): values["add"]}
                study = study.with_sites(close=[values["close"]] if values["close"] else [], add=added)
            self.changed = study.with_displacement(values["share"] / 100) if "share" in moved else study
            self._told.value = self._html()
        except OutreachError as fault:
            self._told.value = f"<p>{escape(str(fault))}</p>"
        finally:
            self._button.disabled = False

    def _html(self) -> str:
        today = self.study.schedule.table(lang=self._lang)
        if self.changed is self.study:
            return _html([today], self._lang)
        then = self.changed.schedule.table(lang=self._lang)
        then = replace(then, caption=self._words.say("{caption}, as changed above", caption=then.caption))
        both = _html([today.without(*_WAY_AND_COST), then.without(*_WAY_AND_COST)], self._lang)
        compared = _html([self.study.compare(self.changed).table(lang=self._lang)], self._lang)
        return f'{compared}<div style="display:flex;flex-wrap:wrap;gap:1rem">{both}</div>'

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        shown = widgets.VBox([*self._controls.values(), self._button, self._told])
        return {**shown._repr_mimebundle_(), "text/html": self._html()}


def explore(study: Study, *, lang: Language = "en") -> Explorer:
    """A map of who came that answers a click, with kabupaten, months, pop-up and place to choose: the last line of a
    notebook's cell shows it, and its `chosen` is the study that the controls leave.

    Parameters
    ----------
    study
        What is explored; numbers of people are rounded unless it is `internal`.
    lang
        "id" or "en".

    Examples
    --------
    >>> from outreach_analysis import sample
    >>> explorer = explore(sample())
    >>> explorer.chosen is explorer.study, explorer.area_id
    (True, None)
    """
    return Explorer(study, lang=lang)


def what_if(study: Study, *, lang: Language = "en") -> WhatIf:
    """The plan beside that of other assumptions, to be moved and computed; its `changed` is the study that was computed
    last. Parameters as in `explore`.

    Examples
    --------
    >>> from outreach_analysis import sample
    >>> asked = what_if(sample())
    >>> asked.changed is asked.study
    True
    """
    return WhatIf(study, lang=lang)


_WAY_AND_COST = (4, 5)
"""Columns of a schedule that are left out where two stand side by side."""
_NOTHING = ""
"""The value of no choice: with None a list would show none of its lines as chosen."""
_WIDE = {"style": {"description_width": "initial"}, "layout": {"width": "max-content"}}


def _choice(label: str, none: str, options: Iterable[tuple[str, Any]]) -> widgets.Dropdown:
    return widgets.Dropdown(description=label, options=[(none, _NOTHING), *options], **_WIDE)


def _number(label: str, value: float, most: int) -> widgets.BoundedIntText:
    return widgets.BoundedIntText(description=label, value=round(value), min=0, max=most, **_WIDE)


def _html(tables: Iterable[Table], lang: Language) -> str:
    return "".join(
        f'<div lang="{lang}" style="flex:1 1 20rem;overflow-x:auto">{table._repr_html_()}</div>' for table in tables
    )
