"""Tables and sections, before anything is laid out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from html import escape
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.event_kinds import event_days
from outreach_analysis.report.words import Words
from outreach_analysis.shown import Shown
from outreach_analysis.study import Study

# --- A table for people: caption, headers and formatted cells, in notebooks and in the report alike.


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table for people: caption, headers, formatted cells. The first column names the row; those counted in `code`
    hold names and values of files, which no language changes."""

    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    strong: tuple[bool, ...] = ()
    code: tuple[int, ...] = ()

    def without(self, *columns: int) -> Table:
        """The table less some of its columns."""

        def kept(row: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(cell for n, cell in enumerate(row) if n not in columns)

        headers, rows, numeric = kept(self.headers), tuple(map(kept, self.rows)), kept(self.numeric)
        return replace(self, headers=headers, rows=rows, numeric=numeric)

    def _repr_html_(self) -> str:
        sides = [f' style="text-align:{"right" if number else "left"}"' for number in self.numeric]
        head = "".join(
            f'<th scope="col"{side}>{escape(text)}</th>' for text, side in zip(self.headers, sides, strict=True)
        )
        body = ""
        for row in self.rows:
            first, *cells = (
                f"<code>{escape(cell)}</code>" if n in self.code else escape(cell) for n, cell in enumerate(row)
            )
            others = "".join(f"<td{side}>{cell}</td>" for cell, side in zip(cells, sides[1:], strict=True))
            body += f'<tr><th scope="row"{sides[0]}>{first}</th>{others}</tr>'
        caption = f"<caption>{escape(self.caption)}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


STAR = "★ "


def with_star(named: pd.DataFrame, recommended: str | None) -> pd.DataFrame:
    """Places (index `site_id`, column `name`), the proposed one with its star: for tables, not for sentences."""
    return named.assign(name=named["name"].mask(named.index == recommended, STAR + named["name"].astype(str)))


# --- What one section of the report is: a heading, a place in the contents, and blocks, which one template draws.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """One part of a section: `text`, `list`, `points` or `heading` (of texts), `table`, `figure`, `fold` (of blocks),
    and what only one section has. `title` is the summary of a fold or the finding of a figure, `note` its statistic."""

    kind: str
    content: Any
    style: str = ""
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """One section of the report, ready for `templates/report.html.j2`."""

    name: str
    heading: str
    contents: str
    blocks: tuple[Block, ...]

    @classmethod
    def of(cls, name: str, heading: str, *blocks: Block | None, contents: str = "") -> Section:
        """A section of the blocks that have something to show."""
        return cls(name=name, heading=heading, contents=contents or heading, blocks=_shown(blocks))


def paragraph(text: str, style: str = "") -> Block | None:
    """A text, if there is one."""
    return Block(kind="text", content=text, style=style) if text else None


def listed(sentences: Iterable[str], kind: str = "list") -> Block | None:
    """Sentences as a list, if there are any."""
    texts = [str(sentence) for sentence in sentences]
    return Block(kind=kind, content=texts) if texts else None


def subheading(text: str) -> Block:
    """A heading within a section."""
    return Block(kind="heading", content=text)


def as_table(table: Table | None, style: str = "stack") -> Block | None:
    """A table, if it has rows; `stack` puts the cells of a row below each other on a phone."""
    return Block(kind="table", content=table, style=style) if table is not None and table.rows else None


def as_figure(figure: go.Figure | None, *, title: str = "", note: str = "") -> Block | None:
    """A figure, if it shows anything, with its own words or others as caption."""
    if figure is None or not figure.data:
        return None
    return Block(kind="figure", content=figure, title=title, note=note)


def folded(summary: str, *blocks: Block | None) -> Block | None:
    """Blocks that are opened by a click on their summary, if there are any."""
    shown = _shown(blocks)
    return Block(kind="fold", content=shown, title=summary) if shown else None


def _shown(blocks: Iterable[Block | None]) -> tuple[Block, ...]:
    return tuple(block for block in blocks if block is not None)


# --- Tables ready to be read: a result's rows in a language's words and numbers.


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its header, what it says of a row, and whether that is a number."""

    header: str
    cell: Callable[[Any], str]
    numeric: bool = False


def numbers(header: str, cell: Callable[[Any], str]) -> Column:
    """A column of numbers."""
    return Column(header, cell, numeric=True)


def table_of(
    caption: str, rows: Iterable[Any], *columns: Column, strong: tuple[bool, ...] = (), code: tuple[int, ...] = ()
) -> Table:
    """A table of what each column says of each row."""
    return Table(
        caption=caption,
        headers=tuple(column.header for column in columns),
        rows=tuple(tuple(column.cell(row) for column in columns) for row in rows),
        numeric=tuple(column.numeric for column in columns),
        strong=strong,
        code=code,
    )


def records(frame: pd.DataFrame) -> list[Any]:
    """Rows with their values as attributes; `Index` is their id."""
    return list(frame.itertuples())


def programme_and_days(events: pd.DataFrame, words: Words) -> list[Column]:
    """Columns of programme and days, each where it says more than a visit of one day."""
    say = words.say
    names = {"visit": say("visit"), "invited": say("by invitation"), "office": say("opening at the office")}
    columns, days = [], event_days(events).astype(int)
    if "programme" in events and (events["programme"] != "visit").any():
        columns.append(Column(say("Programme"), lambda event: names[event.programme]))
    if days.gt(1).any():
        columns.append(numbers(say("Days"), lambda event: words.number(days[event.Index])))
    return columns


# --- How results of a topic are shown: each topic names its own ways, and `report.views` finds them.


Way = Callable[[Any, Study, Words], Any]
"""From a result, its study and the words of a language to a table, a figure or sentences."""
Ways = dict[tuple[type[Shown], str], dict[str, Way]]
"""The ways in which results of a type are shown as `tables`, `plots` or `texts`, by name."""
