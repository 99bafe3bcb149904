"""The manager's report: one self-contained HTML file a language, written whole or not at all."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from outreach_analysis.presentation.layers import reach_layer
from outreach_analysis.presentation.maps import CONFIG, draw_layer
from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.exports import replace_file
from outreach_analysis.reporting.sections.map_view import map_places
from outreach_analysis.reporting.view import report_view

_RANGE = re.compile(r"\d[\d.,]*–\d[\d.,]*\d|\d–\d")


def render_report(analysis: Analysis, *, lang: Language = "id") -> str:
    """The report as one HTML text that needs no network and no script to be read.

    Static drawings come first; the interactive map is packed in the file and started on demand. Numbers of
    people are those of the analysis: rounded, unless it was made for inside use, which every page then says.

    Parameters
    ----------
    analysis
        From `analyse`.
    lang
        `id` (Bahasa Indonesia) or `en`.

    Returns
    -------
    str

    Examples
    --------
    >>> from outreach_analysis.presentation.wording.words import Words
    >>> Words("id").say("Map")
    'Peta'
    """
    words = Words(lang)
    figure = draw_layer(
        reach_layer(analysis.reach, analysis.dataset.areas, words),
        analysis.dataset.areas,
        places=_interactive_places(analysis, words),
    )
    figure_text = json.dumps({**json.loads(figure.to_json()), "config": CONFIG}, separators=(",", ":"))
    template = _environment().get_template("report.html.j2")
    return template.render(
        **report_view(analysis, words),
        say=words.say,
        version=version("outreach-analysis"),
        page_mark=_page_mark(analysis, words),
        css=_static("report.css"),
        js=_static("report.js"),
        plotly_code=_packed_plotly(),
        map_figure=_packed(figure_text),
    )


def write_report(analysis: Analysis, directory: Path | str, *, langs: Iterable[Language] = ("id",)) -> list[Path]:
    """Write `outreach-<lang>.html` for each language; an interrupted run leaves the old files whole.

    Parameters
    ----------
    analysis
        From `analyse`.
    directory
        Where to; made if absent.
    langs
        Languages to write.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OSError
        Where the directory cannot be written to.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    texts = {directory / f"outreach-{lang}.html": render_report(analysis, lang=lang) for lang in langs}
    for path, text in texts.items():
        replace_file(path, text)
    return list(texts)


def _interactive_places(analysis: Analysis, words: Words) -> pd.DataFrame:
    places = map_places(analysis, words)
    marks = places["kind"].replace("best", "candidate")
    return places.assign(mark=marks, label=places["title"])[["lon", "lat", "mark", "label", "group"]]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("outreach_analysis.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"keep": keep_ranges, "css_text": css_text}
    return environment


def keep_ranges(text: str) -> Markup:
    """Text in which a range of numbers is never broken over two lines."""
    return Markup(_RANGE.sub(r'<span class="nw">\g<0></span>', str(escape(text))))


def css_text(text: str) -> Markup:
    """A text as a CSS string; what could end it, or the style element around it, is left out."""
    plain = re.sub(r"[\n\r\f]", " ", text.replace("\\", "").replace('"', "'").replace("<", ""))
    return Markup(f'"{plain}"')


def _page_mark(analysis: Analysis, words: Words) -> str:
    """What stands at the head of every printed page."""
    marks = []
    if analysis.settings.synthetic:
        marks.append(words.say("SAMPLE DATA (SYNTHETIC)"))
    if analysis.rounding_base == 1:
        marks.append(words.say("INTERNAL: exact numbers, not for publication"))
    return " · ".join(marks)


def _static(name: str) -> Markup:
    """A style sheet or script of our own, put into the page as it stands."""
    return Markup((files("outreach_analysis.reporting") / "templates" / name).read_text(encoding="utf-8"))


@cache
def _packed_plotly() -> str:
    return _packed(get_plotlyjs())


def _packed(text: str) -> str:
    """Text as gzip in base64: the same bytes every time."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)).decode("ascii")
