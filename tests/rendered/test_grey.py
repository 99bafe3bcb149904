"""Printed in black and white, the classes of every map and chart are still told apart: read off the drawings."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import pytest

APART = 1.2
"""Contrast (WCAG 2) of two greys that lie side by side; what is nearer must be drawn otherwise."""
MARKS = ("rect", "circle", "path", "polygon", "use")


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def drawings(page: str) -> list[ElementTree.Element]:
    found = re.findall(r'<svg[^>]*class="static[^"]*".*?</svg>', page, re.S)
    return [ElementTree.fromstring(re.sub(r"&(?!amp;|lt;|gt;|quot;|#)", "&amp;", text)) for text in found]


def looks(drawing: ElementTree.Element) -> dict[tuple[str, str], set[str]]:
    """What the marks of a drawing are filled with, by layer and kind of mark; a pattern is what it consists of."""
    patterns = {
        f"url(#{pattern.get('id')})": " ".join(sorted(f"{part.tag}:{part.get('d', part.get('r'))}" for part in pattern))
        for pattern in drawing.iter("pattern")
    }
    fills: dict[tuple[str, str], set[str]] = defaultdict(set)

    def walk(element: ElementTree.Element, layer: str) -> None:
        layer = element.get("data-layer", layer)
        told = element.find("title") is not None or element.get("class") == "area"
        fill = element.get("fill")
        if element.tag in MARKS and told and fill not in (None, "none"):
            kind = "area" if element.get("class") == "area" else element.tag
            fills[layer, kind].add(patterns.get(fill, fill))
        for part in element:
            walk(part, layer)

    walk(drawing, "")
    return fills


@pytest.fixture(scope="module", params=["id", "en"])
def found(request: pytest.FixtureRequest, reports: dict[str, Path]) -> list[dict[tuple[str, str], set[str]]]:
    return [looks(drawing) for drawing in drawings(reports[request.param].read_text(encoding="utf-8"))]


def test_classes_of_maps_and_charts_differ_in_grey_or_by_pattern(found: list[dict[tuple[str, str], set[str]]]) -> None:
    sets = [fills for drawing in found for fills in drawing.values() if len(fills) > 1]
    assert len(sets) >= 10
    near = [
        (one, other)
        for fills in sets
        for one, other in combinations(sorted(fill for fill in fills if fill.startswith("#")), 2)
        if contrast(one, other) < APART
    ]
    assert near == []


def test_there_are_classes_to_tell_apart(found: list[dict[tuple[str, str], set[str]]]) -> None:
    """The test above could pass by reading nothing."""
    areas = [
        fills for drawing in found for (layer, kind), fills in drawing.items() if (layer, kind) == ("reach", "area")
    ]
    assert max(map(len, areas)) >= 6
    patterns = {fill for fills in areas for fill in fills if not fill.startswith("#")}
    assert len(patterns) >= 2, "what lies outside and who has nobody have patterns, each its own"
    bars = [fills for drawing in found for (_, kind), fills in drawing.items() if kind == "rect"]
    assert max(map(len, bars)) == 4, "the account of a place has four parts"
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
