"""What every page shares: templates, our own style sheets and scripts, and plotly packed into the file."""

from __future__ import annotations

import base64
import gzip
import re
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis

_RANGE = re.compile(r"\d[\d.,]*–\d[\d.,]*\d|\d–\d")


@cache
def templates() -> Environment:
    """The templates, every value escaped, every missing name an error."""
    environment = Environment(
        loader=PackageLoader("outreach_analysis.reporting", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"keep": keep_ranges, "bullets": bullets, "css_text": css_text}
    return environment


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
    return Markup((files("outreach_analysis.reporting") / "templates" / name).read_text(encoding="utf-8"))


def page_mark(analysis: Analysis, words: Words) -> str:
    """What stands at the head of every printed page."""
    marks = []
    if analysis.settings.synthetic:
        marks.append(words.say("SAMPLE DATA (SYNTHETIC)"))
    if analysis.rounding_base == 1:
        marks.append(words.say("INTERNAL: exact numbers, not for publication"))
    return " · ".join(marks)


@cache
def packed_plotly() -> str:
    """plotly.js, packed: a page unpacks it when something interactive is wanted."""
    return packed(get_plotlyjs())


def packed(text: str) -> str:
    """Text as gzip in base64: the same bytes every time."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)).decode("ascii")
