"""What one section of the report is: a heading, a place in the contents, and what its template shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """One section of the report, ready for `templates/sections/<name>.html.j2`.

    Attributes
    ----------
    name
        Of the template, and the anchor in the page.
    heading, contents
        What stands above it and, shorter, in the list of contents.
    view
        Texts, tables and drawings by name; the template only arranges them.
    """

    name: str
    heading: str
    contents: str
    view: dict[str, Any]
