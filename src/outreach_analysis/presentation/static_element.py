"""SVG elements whose texts and attributes are escaped by construction."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import unescape
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
INK = "#1b1f24"
MUTED = "#57606a"
GRID = "#e4e6e9"
HALO: dict[str, Any] = {"paint_order": "stroke", "stroke": "#ffffff", "stroke_width": 2.6, "stroke_linejoin": "round"}
_TAG = re.compile(r"<[^<>]*>")


def new_drawing(width: float, height: float, alt: str) -> Element:
    """An `svg` element of this size (view-box units) with its alternative text."""
    return Element(
        "svg",
        {
            "class": "static",
            "viewBox": f"0 0 {_number(width)} {_number(height)}",
            "role": "img",
            "aria-label": alt,
            "font-family": FONT,
            "font-size": "11",
            "fill": INK,
        },
    )


def draw(parent: Element, tag: str, *, text: str = "", title: str = "", **attributes: Any) -> Element:
    """Add an element; `text` is what it says, `title` what it says when pointed at."""
    named = {name.replace("_", "-"): _value(value) for name, value in attributes.items() if value is not None}
    element = SubElement(parent, tag, named)
    if text:
        element.text = text
    if title:
        SubElement(element, "title").text = title
    return element


def write(text_in: Element, x: float, y: float, text: str, **attributes: Any) -> Element:
    """Add a line of text at a point."""
    return draw(text_in, "text", text=text, x=x, y=y, **attributes)


def mark(parent: Element, symbol: str, x: float, y: float, *, size: float, colour: str, title: str = "") -> Element:
    """A mark of plotly's name for it at a point, `size` across: a circle unless the name says otherwise."""
    half, outlined = size / 2, symbol.endswith("-open")
    paint: dict[str, Any] = {"fill": "#ffffff" if outlined else colour, "stroke": colour if outlined else "#ffffff"}
    if symbol.startswith("line-ns"):
        return draw(parent, "line", title=title, x1=x, x2=x, y1=y - half, y2=y + half, stroke=colour, stroke_width=2)
    if symbol.startswith("square"):
        return draw(parent, "rect", title=title, x=x - half, y=y - half, width=size, height=size, **paint)
    if symbol.startswith("diamond"):
        corners = ((x, y - half), (x + half, y), (x, y + half), (x - half, y))
        return draw(parent, "polygon", title=title, points=points_text(corners), **paint)
    return draw(parent, "circle", title=title, cx=x, cy=y, r=half, stroke_width=2 if outlined else 1, **paint)


def points_text(points: Iterable[tuple[float, float]]) -> str:
    """Points as a polygon's attribute."""
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def as_markup(drawing: Element) -> str:
    """The drawing as text, ready to stand in a page."""
    return tostring(drawing, encoding="unicode")


def without_tags(markup: str) -> str:
    """What plotly shows for a text in which a few tags and entities are allowed.

    Examples
    --------
    >>> without_tags("<b>Mal</b> &lt;Baru&gt; &amp; Lama")
    'Mal <Baru> & Lama'
    """
    return unescape(_TAG.sub("", markup.replace("<br>", ", ")))


def shortened(text: str, longest: int) -> str:
    """A text of at most this many characters, its end marked where it was cut.

    Examples
    --------
    >>> shortened("Kantor Kecamatan Muara Badak", 17)
    'Kantor Kecamatan…'
    """
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _value(value: Any) -> str:
    return _number(value) if isinstance(value, int | float) else str(value)


def _number(value: float) -> str:
    return f"{round(float(value), 1):g}"
