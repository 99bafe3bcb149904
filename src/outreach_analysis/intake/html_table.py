"""Tables of web pages that a counter's programme saves under the name of a workbook."""

from __future__ import annotations

from html.parser import HTMLParser

from outreach_analysis.intake.csv_text import MAX_COLUMNS, TooWideError

_MOST_SPANNED = 1000
_MOST_CELLS = 10_000_000
_SILENT = ("script", "style", "head", "title")


def html_tables(text: str) -> list[list[list[str]]]:
    """Rows of each table that holds more than one cell, in their order; a table inside a cell is a table of its own.

    A cell over many rows holds for each of them; of one over many columns the others are blank, as in a workbook.

    Raises
    ------
    TooWideError
        Where a row has more than `MAX_COLUMNS` cells, or the page more cells than any list: a few letters of a page can
        ask for a thousand cells.

    Examples
    --------
    >>> html_tables("<table><tr><th>Tgl</th><th>Kec</th></tr><tr><td rowspan=2>1/2</td><td>A&amp;B</td></tr>"
    ...             "<tr><td>C</td></tr></table>")
    [[['Tgl', 'Kec'], ['1/2', 'A&B'], ['1/2', 'C']]]
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return [table.rows for table in reader.done if sum(map(len, table.rows)) > 1]


class _Room:
    """How many cells a page may still ask for."""

    def __init__(self) -> None:
        self.cells = _MOST_CELLS

    def take(self, cells: int, row: list[str]) -> None:
        self.cells -= cells
        if self.cells < 0 or len(row) > MAX_COLUMNS:
            raise TooWideError


class _Table:
    def __init__(self, room: _Room) -> None:
        self.room = room
        self.rows: list[list[str]] = []
        self.above: dict[int, tuple[str, int]] = {}
        self.below: dict[int, tuple[str, int]] = {}
        self.cell: list[str] | None = None
        self.spans = (1, 1)

    def begin_row(self) -> None:
        self.end_cell()
        # what no cell of the last row came to still reaches down
        self.above, self.below = {**self.above, **self.below}, {}
        self.rows.append([])
        self._carry()

    def begin_cell(self, spans: tuple[int, int]) -> None:
        self.end_cell()
        if not self.rows:
            self.begin_row()
        self.cell, self.spans = [], spans

    def end_cell(self) -> None:
        if self.cell is None:
            return
        value = " ".join("".join(self.cell).split())
        down, across = self.spans
        row = self.rows[-1]
        if down > 1:
            self.below[len(row)] = (value, down - 1)
        row += [value, *[""] * (across - 1)]
        self.cell = None
        self.room.take(across, row)
        self._carry()

    def _carry(self) -> None:
        """Cells of rows above that reach down into this one."""
        row = self.rows[-1]
        while (reaching := self.above.pop(len(row), None)) is not None:
            value, left = reaching
            if left > 1:
                self.below[len(row)] = (value, left - 1)
            row.append(value)
            self.room.take(1, row)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.room = _Room()
        self.open: list[_Table] = []
        self.done: list[_Table] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self.silent += 1
        elif tag == "table":
            self.open.append(_Table(self.room))
            self.done.append(self.open[-1])
        elif tag == "tr" and self.open:
            self.open[-1].begin_row()
        elif tag in ("td", "th") and self.open:
            found = dict(attrs)
            self.open[-1].begin_cell((_span(found.get("rowspan")), _span(found.get("colspan"))))
        elif tag in ("br", "p", "div", "li"):
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self.silent = max(0, self.silent - 1)
        elif tag in ("td", "th", "tr") and self.open:
            self.open[-1].end_cell()
        elif tag == "table" and self.open:
            self.open.pop().end_cell()

    def handle_data(self, data: str) -> None:
        if self.open and not self.silent and self.open[-1].cell is not None:
            self.open[-1].cell.append(data)


def _span(value: str | None) -> int:
    return min(int(value), _MOST_SPANNED) if value and value.strip().isdigit() and int(value) > 0 else 1
