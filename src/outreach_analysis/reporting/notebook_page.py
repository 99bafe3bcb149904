"""One executed notebook as one page: readable without script and network, its figures interactive with script."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from markupsafe import Markup

from outreach_analysis.presentation.maps import CONFIG
from outreach_analysis.presentation.static_figure import StaticFigure, static_figure
from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.reporting.page import own_file, packed, packed_plotly, templates

FIGURE = "application/vnd.plotly.v1+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """One thing that a cell shows: a figure in both its forms, HTML, or plain text."""

    figure: StaticFigure | None = None
    number: int = 0
    height: int = 0
    html: Markup | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """A cell ready to be laid out."""

    name: str
    prose: Markup | None
    code: Markup | None
    shown: tuple[_Shown, ...]


def notebook_page(notebook: Any, *, lang: Language = "en") -> str:
    """An executed notebook as one HTML text that asks nothing of the network.

    Every figure stands in it as a static drawing; where scripts run, plotly is unpacked from the page itself and
    draws the same figure so that one can hover and zoom. The code of each cell is folded away.

    Parameters
    ----------
    notebook
        From `run_notebooks`.
    lang
        Language in which it was run.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        Where a cell shows a figure that has no static form.
    """
    words = Words(lang)
    figures: list[str] = []
    cells = _joined([_cell(cell, figures) for cell in notebook.cells])
    title = next(line.lstrip("# ") for cell in notebook.cells for line in cell.source.splitlines() if line[:2] == "# ")
    return (
        templates()
        .get_template("notebook.html.j2")
        .render(
            lang=lang,
            title=title,
            cells=cells,
            say=words.say,
            version=version("outreach-analysis"),
            css=own_file("notebook.css"),
            js=own_file("notebook.js"),
            plotly_code=packed_plotly(),
            figures=packed("[" + ",".join(figures) + "]"),
        )
    )


def _joined(cells: list[_Cell]) -> list[_Cell]:
    """Cells of code that show nothing stand with the cell before them: one fold in place of several."""
    joined: list[_Cell] = []
    for cell in cells:
        if joined and cell.code and not cell.shown and joined[-1].code:
            joined[-1] = replace(joined[-1], code=joined[-1].code + Markup("\n") + cell.code)
        else:
            joined.append(cell)
    return joined


def _cell(cell: Any, figures: list[str]) -> _Cell:
    if cell.cell_type == "markdown":
        return _Cell(name=cell.id, prose=_prose(cell.source), code=None, shown=())
    shown = (_output(output, figures) for output in cell.get("outputs", ()))
    return _Cell(name=cell.id, prose=None, code=_code(cell.source), shown=tuple(item for item in shown if item))


def _output(output: Mapping[str, Any], figures: list[str]) -> _Shown | None:
    bundle = output.get("data", {})
    if FIGURE in bundle:
        spec = bundle[FIGURE]
        figures.append(_interactive(spec))
        height = int(spec["layout"].get("height") or 450)
        return _Shown(figure=static_figure(spec), number=len(figures) - 1, height=height)
    if "text/html" in bundle:
        # what the package's own objects say of themselves: every text in it is escaped there
        return _Shown(html=Markup("".join(bundle["text/html"])))
    text = "".join(bundle.get("text/plain", output.get("text", "")))
    return _Shown(text=text) if text else None


def _interactive(spec: Mapping[str, Any]) -> str:
    """The figure as the page's script draws it: its title stands above it, where it can be broken over lines."""
    layout = {name: value for name, value in spec["layout"].items() if name not in ("title", "height")}
    margin = {**layout.get("margin", {}), "t": 28}
    drawn = {"data": spec["data"], "layout": {**layout, "margin": margin, "autosize": True}, "config": CONFIG}
    return json.dumps(drawn, separators=(",", ":"))


def _prose(source: str) -> Markup:
    import mistune

    return Markup(mistune.create_markdown(escape=True, plugins=["table"])(source))


def _code(source: str) -> Markup:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return Markup(highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)))
