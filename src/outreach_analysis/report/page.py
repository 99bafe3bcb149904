"""The report, its sections in order, and many offices side by side: each one offline page."""

from __future__ import annotations

import base64
import datetime as dt
import gzip
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from outreach_analysis.event_kinds import popups_that_took_place
from outreach_analysis.files import replace_file
from outreach_analysis.geography.areas import level_name
from outreach_analysis.models.forecast import Status
from outreach_analysis.report.figure import CONFIG
from outreach_analysis.report.glossary import link_terms, own_names, terms
from outreach_analysis.report.static import SWATCHES, Outlines, StaticFigure, outlines_markup, static_figure
from outreach_analysis.report.table import Column, Section, Table, numbers, table_of
from outreach_analysis.report.topics.account import data_section, methods_section, terms_section
from outreach_analysis.report.topics.answer import age_text, answer, limits_section, points_section, summary_text
from outreach_analysis.report.topics.maps import map_section
from outreach_analysis.report.topics.measures import past_section, reach_section
from outreach_analysis.report.topics.people import impact_section, whom_section
from outreach_analysis.report.topics.plan_page import decisions_section, plan_details_section, plan_section
from outreach_analysis.report.topics.ranking import dates_section, period_text, ranking_section
from outreach_analysis.report.topics.scenarios import scenario_section
from outreach_analysis.report.topics.turnout import confidence_section, status_text
from outreach_analysis.report.words import Language, Words, areas_called
from outreach_analysis.study import Study

# --- What every page shares: templates, our own style sheets and scripts, and plotly packed into the file.


_RANGE = re.compile(r"\d[\d.,]*–\d[\d.,]*\d|\d–\d")


@cache
def templates() -> Environment:
    """The templates, every value escaped, every missing name an error."""
    environment = Environment(
        loader=PackageLoader("outreach_analysis.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["patterns"] = {colour: f"url(#{name})" for colour, name in SWATCHES.items()}
    environment.filters |= {"keep": keep_ranges, "bullets": bullets, "css_text": css_text}
    return environment


def rendered(template: str, words: Words, **values: Any) -> str:
    """A page of one of our templates."""
    made = templates().get_template(template)
    return made.render(lang=words.lang, say=words.say, version=version("outreach-analysis"), **values)


def write_pages(directory: Path | str, texts: Mapping[str, str]) -> list[Path]:
    """Write texts by the name of their file, each whole or not at all, once all of them are made."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        replace_file(directory / name, text)
    return [directory / name for name in texts]


def keep_ranges(text: str) -> Markup:
    """Text in which a range of numbers is never broken over two lines."""
    return Markup(_RANGE.sub(r'<span class="nw">\g<0></span>', str(escape(text))))


def bullets(text: Markup) -> Markup:
    """Parts set apart by middle dots, as a list; a text of one part as it is."""
    parts = text.split(" · ")
    if len(parts) == 1:
        return text
    return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(part) for part in parts))


def css_text(text: str) -> Markup:
    """A text as a CSS string; what could end it, or the style element around it, is left out."""
    plain = re.sub(r"[\n\r\f]", " ", text.replace("\\", "").replace('"', "'").replace("<", ""))
    return Markup(f'"{plain}"')


def own_file(name: str) -> Markup:
    """A style sheet or script of our own, put into the page as it stands."""
    return Markup((files("outreach_analysis.report") / "templates" / name).read_text(encoding="utf-8"))


def page_mark(analysis: Study, words: Words) -> str:
    """What stands at the head of every printed page."""
    marks = [words.say("SAMPLE DATA (SYNTHETIC)")] if analysis.settings.synthetic else []
    marks += [words.say("INTERNAL: exact numbers, not for publication")] if analysis.rounding_base == 1 else []
    return " · ".join(marks)


@cache
def packed_plotly() -> str:
    """plotly.js, packed: a page unpacks it when something interactive is wanted."""
    return packed(get_plotlyjs())


def packed(text: str) -> str:
    """Text as gzip in base64: the same bytes every time."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)).decode("ascii")


@dataclass(slots=True)
class PageFigures:
    """The figures of one page in the order in which they are drawn: each as SVG, and kept for its interactive form
    where the page has one."""

    interactive: bool
    outlines: Outlines | None = None
    specs: list[str] = field(default_factory=list)

    def still(self, figure: go.Figure | Mapping[str, Any], *, live: bool = True) -> StaticFigure:
        """A figure drawn without script, with the number of its interactive form."""
        drawn = static_figure(figure, outlines=self.outlines)
        if not (self.interactive and live):
            return drawn
        spec = json.loads(figure.to_json()) if isinstance(figure, go.Figure) else figure
        # its title stands above it, where it can be broken over lines
        layout = {name: value for name, value in spec["layout"].items() if name not in ("title", "height")}
        layout |= {"margin": {**layout.get("margin", {}), "t": 28}, "autosize": True}
        text = json.dumps({"data": spec["data"], "layout": layout, "config": CONFIG}, separators=(",", ":"))
        self.specs.append(text)
        return replace(drawn, number=len(self.specs) - 1)

    def packed(self) -> str:
        """All interactive forms, as the page's script unpacks them."""
        return packed("[" + ",".join(self.specs) + "]")

    def outlines_markup(self) -> Markup:
        """The outlines that the maps drawn so far share."""
        return Markup(outlines_markup(self.outlines or {}))


# --- The report before it is laid out: its header, its first screen and its sections in order.


MAIN = ("map", "ranking", "plan", "decisions")
"""The sections that everybody reads; all others are folded into the appendix."""


def report_view(analysis: Study, words: Words, *, made_on: dt.date) -> dict[str, Any]:
    """Everything the report's template shows, in one language."""
    settings, first = analysis.settings, answer(analysis, words)
    held = popups_that_took_place(analysis.dataset.events)
    start = held["date"].min() if len(held) else pd.Timestamp(analysis.as_of)
    sections = report_sections(analysis, words)
    return {
        "office": settings.office_name,
        "ministry": settings.ministry,
        "synthetic": settings.synthetic,
        "internal": analysis.rounding_base == 1,
        "as_of": words.date(analysis.as_of),
        "made_on": words.date(made_on),
        "old": age_text(analysis, made_on, words),
        "period": period_text(start, analysis.as_of, words),
        "answer": first,
        "summary": summary_text(first, analysis, words),
        "map": next((section for section in sections if section.name == "map"), None),
        "main": [section for section in sections if section.name in MAIN[1:]],
        "appendix": [section for section in sections if section.name not in MAIN],
    }


def report_sections(analysis: Study, words: Words) -> list[Section]:
    """The sections of the report that say anything, in their order: what to do, what is, what it rests on."""
    made = (
        section(analysis, words)
        for section in (
            map_section,
            ranking_section,
            plan_section,
            decisions_section,
            points_section,
            plan_details_section,
            scenario_section,
            dates_section,
            confidence_section,
            reach_section,
            whom_section,
            past_section,
            impact_section,
            data_section,
            limits_section,
            methods_section,
            terms_section,
        )
    )
    return [section for section in made if section.blocks]


# --- The manager's report: one self-contained HTML file a language, written whole or not at all.


POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:"
"""What a page may load: nothing."""


def policy(*, scripts: bool = True, interactive: bool = False) -> str:
    """The content security policy of a page: its own scripts where it has any; plotly reads its empty world outline."""
    own, outline = "; script-src 'unsafe-inline'" if scripts else "", "; connect-src data:" if interactive else ""
    return f"{POLICY}{own}{outline}"


def render_report(
    analysis: Study,
    *,
    lang: Language = "id",
    interactive: bool = False,
    plain: bool = False,
    made_on: dt.date | None = None,
) -> str:
    """The report as one HTML text that needs no network and no script to be read: every figure is a drawing, whose
    marks say more to a script that shows it. With `interactive` plotly comes along and draws the figures again; a
    `plain` page has no script at all. `made_on` is the day of its making, that of the data unless it is given. Numbers
    of people are those of the analysis: rounded, unless it was made for inside use, which every page then says."""
    words = Words(lang)
    names = [] if plain else ["marks.js", "report.js", "save.js", *(["live.js"] if interactive else [])]
    with areas_called(level_name(analysis.areas)):
        page = rendered(
            "report.html.j2",
            words,
            **report_view(analysis, words, made_on=made_on or analysis.as_of),
            page_mark=page_mark(analysis, words),
            policy=policy(scripts=not plain, interactive=interactive),
            css=own_file("report.css"),
            scripts=[own_file(name) for name in names],
            figures=PageFigures(interactive=interactive, outlines={}),
            plotly_code=packed_plotly() if interactive else "",
        )
        return link_terms(page, terms(words, analysis.settings), names=own_names(analysis))


def write_report(
    analysis: Study,
    directory: Path | str,
    *,
    langs: Iterable[Language] = ("id",),
    interactive: bool = False,
    plain: bool = False,
    made_on: dt.date | None = None,
) -> list[Path]:
    """Write `outreach-<lang>.html` for each language; an interrupted run leaves the old files whole."""
    texts = {}
    for lang in langs:
        page = render_report(analysis, lang=lang, interactive=interactive, plain=plain, made_on=made_on)
        texts[f"outreach-{lang}.html"] = page
    return write_pages(directory, texts)


# --- Offices side by side on one page, by numbers that the report of each has told already.

Interval = tuple[float, float, float]
"""An estimate with its lower and upper end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeNumbers:
    """What stands of an office beside others. Each number stands in the office's own report too, rounded or derived
    from rounded people: sums over offices are made of these, so that the page tells nothing new of anybody."""

    office: str
    as_of: str
    synthetic: bool
    kecamatan: int
    residents: int
    reach_per_10_000: float
    covered: float
    inside: int
    judged: int
    displacement: Interval
    need: Interval
    place: str
    day: str
    additional: Interval | None
    status: Status

    @classmethod
    def of(cls, study: Study) -> OfficeNumbers:
        """The numbers of a study whose people are rounded."""
        ranking, areas = study.ranking, study.areas[study.areas["in_jurisdiction"].astype(bool)]
        best = ranking.recommended
        row: Any = None if best is None else ranking.by_site.loc[best]
        inside, judged = study.backtest.coverage()
        return cls(
            office=study.settings.office_name,
            as_of=study.as_of.isoformat(),
            synthetic=study.settings.synthetic,
            kecamatan=len(areas),
            residents=int(areas["population"].sum()),
            reach_per_10_000=round(float(study.reach.summary()["estimate"]["jurisdiction"]), 1),
            covered=round(float(study.coverage.summary()["estimate"]["covered"]), 2),
            inside=inside,
            judged=judged,
            displacement=_interval(study.displacement.summary().loc["displacement"], digits=2),
            need=_interval(study.need.summary().loc["need"]),
            place="" if row is None else str(row["name"]),
            day="" if row is None else f"{row['next_day']:%Y-%m-%d}",
            additional=None if row is None else _interval(row.rename({"increment": "estimate"})),
            status=ranking.status,
        )

    def to_json(self) -> dict[str, Any]:
        """The numbers by name, for a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> OfficeNumbers:
        """The numbers as `to_json` wrote them."""
        pairs: Any = {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}
        return cls(**pairs)


def _interval(row: Any, *, digits: int = 0) -> Interval:
    """An estimate and its ends in the digits that a report shows."""
    low, high = round(float(row["ci_low"]), digits), round(float(row["ci_high"]), digits)
    return round(float(row["estimate"]), digits), low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficePage:
    """An office on the national page: its folder, where its report lies too, and its numbers, or why it has none."""

    folder: str
    numbers: OfficeNumbers | None = None
    failure: str = ""


def render_national(offices: Sequence[OfficePage], *, lang: Language = "id", other: str = "") -> str:
    """The page as one HTML text that needs no network and no script; `other` is the page in the other language."""
    words = Words(lang)
    told = [(one, one.numbers) for one in offices if one.numbers is not None]
    done = sorted(told, key=lambda pair: (pair[1].office, pair[0].folder))
    return rendered(
        "national.html.j2",
        words,
        other=other,
        css=own_file("report.css"),
        synthetic=any(numbers.synthetic for _, numbers in done),
        tables=[table for table in _tables(done, words) if table.rows],
        totals=_totals([numbers for _, numbers in done], words),
        failures=[(one.folder, one.failure) for one in offices if one.numbers is None],
    )


def _tables(done: Sequence[tuple[OfficePage, OfficeNumbers]], words: Words) -> tuple[Table, Table]:
    say, number, percent = words.say, words.number, words.percent
    names = Counter(told.office for _, told in done)

    def office(row: tuple[OfficePage, OfficeNumbers]) -> Markup:
        one, told = row
        name = told.office if names[told.office] == 1 else f"{told.office} ({one.folder})"
        return Markup('<a href="{}/outreach-{}.html">{}</a>').format(one.folder, words.lang, name)

    def judged(told: OfficeNumbers) -> str:
        return say("{inside} of {n}", inside=number(told.inside), n=number(told.judged)) if told.judged else "–"

    def ranged(interval: Interval | None, written: Callable[[float], str] = number) -> str:
        if interval is None or math.isnan(interval[0]):
            return "–"
        estimate, low, high = map(written, interval)
        return f"{estimate} ({low}–{high})"

    def day(text: str, **style: bool) -> str:
        return words.date(dt.date.fromisoformat(text), **style) if text else "–"

    now = table_of(
        say("Offices side by side"),
        done,
        Column(say("Office"), office),
        numbers(say("Residents"), lambda row: number(row[1].residents)),
        numbers(say("Applicants per 10,000 residents"), lambda row: number(row[1].reach_per_10_000, digits=1)),
        numbers(say("Residents with service near"), lambda row: percent(row[1].covered)),
        numbers(say("Unmet need a year (90% range)"), lambda row: ranged(row[1].need)),
        numbers(say("Past forecasts inside their range"), lambda row: judged(row[1])),
        numbers(say("Would have come anyway (90% range)"), lambda row: ranged(row[1].displacement, percent)),
        Column(say("Data up to"), lambda row: day(row[1].as_of, short=True)),
    )
    proposals = table_of(
        say("What each office would do next"),
        done,
        Column(say("Office"), office),
        Column(say("Next place"), lambda row: row[1].place or say("none")),
        Column(say("Day"), lambda row: day(row[1].day, weekday=True)),
        numbers(say("Additional people (90% range)"), lambda row: ranged(row[1].additional)),
        Column(say("Forecast"), lambda row: status_text(row[1].status, words)),
    )
    return now, proposals


def _totals(told: Sequence[OfficeNumbers], words: Words) -> str:
    """All offices together, of the numbers of each and of nothing else."""
    residents = sum(one.residents for one in told)
    if not residents:
        return ""
    reach = sum(one.reach_per_10_000 * one.residents for one in told) / residents
    judged = sum(one.judged for one in told)
    return words.say(
        "{n} offices, {residents} residents: {reach} applicants per 10,000 residents, unmet need of {need} people a "
        "year, {inside} of {judged} past forecasts inside their 90 % range.",
        n=words.number(len(told)),
        residents=words.number(residents),
        reach=words.number(reach, digits=1),
        need=words.number(sum(one.need[0] for one in told if not math.isnan(one.need[0]))),
        inside=words.number(sum(one.inside for one in told)),
        judged=words.number(judged),
    )
