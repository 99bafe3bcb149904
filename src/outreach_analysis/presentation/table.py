"""A table for people: caption, headers and formatted cells, in notebooks and in the report alike."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table for people: caption, headers, formatted cells. The first column names the row.

    Examples
    --------
    >>> table = Table(caption="Reach", headers=("Area", "Rate"), rows=(("Anggana", "12,3"),), numeric=(False, True))
    >>> "<caption>Reach</caption>" in table._repr_html_()
    True
    """

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
