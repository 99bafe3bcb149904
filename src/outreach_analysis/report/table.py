"""Tables and sections, before anything is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from outreach_analysis.event_kinds import event_days
from outreach_analysis.report.words import Words

# --- A table for people: caption, headers and formatted cells, in notebooks and in the report alike.


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table for people: caption, headers, formatted cells. The first column names the row."""

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    strong: tuple[bool, ...] = ()

    def _repr_html_(self) -> str:
        sides = [f' style="text-align:{"right" if number else "left"}"' for number in self.numeric]
        head = "".join(
            f'<th scope="col"{side}>{escape(text)}</th>' for text, side in zip(self.headers, sides, strict=True)
        )
        body = "".join(
            "<tr>"
            + f'<th scope="row"{sides[0]}>{escape(row[0])}</th>'
            + "".join(f"<td{side}>{escape(cell)}</td>" for cell, side in zip(row[1:], sides[1:], strict=True))
            + "</tr>"
            for row in self.rows
        )
        caption = f"<caption>{escape(self.caption)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


# --- What one section of the report is: a heading, a place in the contents, and what its template shows.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """One section of the report, ready for `templates/sections/<name>.html.j2`."""

    name: str
    heading: str
    contents: str
    view: dict[str, Any]


# --- Tables ready to be read: a result's rows in a language's words and numbers.


Columns = dict[str, tuple[list[str], bool]]


def records(frame: pd.DataFrame) -> list[Any]:
    """Rows with their values as attributes."""
    return list(frame.itertuples(index=False))


def programme_and_days(events: pd.DataFrame, words: Words) -> Columns:
    """Programme and days, each where it says more than a visit of one day."""
    say = words.say
    names = {"visit": say("visit"), "invited": say("by invitation"), "office": say("opening at the office")}
    columns: Columns = {}
    if "programme" in events and (events["programme"] != "visit").any():
        columns[say("Programme")] = ([names[name] for name in events["programme"]], False)
    if (days := event_days(events).astype(int)).gt(1).any():
        columns[say("Days")] = ([words.number(n) for n in days], True)
    return columns


def table_of(caption: str, columns: Columns) -> Table:
    """The columns side by side as one table."""
    return Table(
        caption=caption,
        headers=tuple(columns),
        rows=tuple(zip(*(cells for cells, _ in columns.values()), strict=True)),
        numeric=tuple(numeric for _, numeric in columns.values()),
    )
