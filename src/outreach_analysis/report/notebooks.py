"""Notebooks: what they show, and each as one offline page."""

from __future__ import annotations

import asyncio
import atexit
import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import wait
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

from markupsafe import Markup

from outreach_analysis.contracts import OutreachError
from outreach_analysis.files import bundled_notebooks
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.report.figure import CONFIG
from outreach_analysis.report.page import PageFigures, own_file, packed_plotly, rendered, write_pages
from outreach_analysis.report.static import StaticFigure
from outreach_analysis.report.words import Language, Sentences, Words
from outreach_analysis.settings import Settings

# --- What a notebook needs beside results: an answer on top that is filled in below, and figures without a network.


RENDERER = "outreach_offline"
_BOX = "border-left:4px solid #c2410c;padding:.5em 1em;background:#faf7f2;color:#1f2933"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnswerBox:
    """A place on display in a notebook that waits for its answer."""

    handle: Any

    def fill(self, sentences: Iterable[str], *, settings: Settings, lang: Language = "en") -> None:
        """Put the answer where the box stands."""
        self.handle.update(_Html(answer_html(sentences, settings=settings, lang=lang)))


def answer_box(*, lang: Language = "en") -> AnswerBox:
    """Show a box that waits for its answer: a notebook answers first, and computes below, where `fill` puts it there.

    Examples
    --------
    >>> box = answer_box(lang="en")
    _Html(text=...)
    """
    from IPython.display import display

    waiting = Words(lang).say("The answer appears here when all cells below have run.")
    show: Callable[..., Any] = display
    return AnswerBox(handle=show(_Html(_box([f"<p>{escape(waiting)}</p>"], lang)), display_id=True))


def answer_html(sentences: Iterable[str], *, settings: Settings, lang: Language = "en") -> str:
    """The answer as HTML: its first sentence stands out, and a synthetic dataset is named as one."""
    say = Words(lang).say
    first, *others = Sentences.of(sentences) or (say("The data do not answer this question."),)
    parts = [f"<p><strong>{escape(first)}</strong></p>", *(f"<p>{escape(text)}</p>" for text in others)]
    if settings.synthetic:
        invented = say("SAMPLE DATA (SYNTHETIC): all people in it are invented")
        parts.append(f"<p><em>{escape(invented)}</em></p>")
    return _box(parts, lang)


def use_offline_plotly() -> None:
    """Make plotly show every figure of this session without a network and without its tool bar: its own renderer would
    fetch a world outline for each map, and without a network show nothing.

    Examples
    --------
    >>> use_offline_plotly()
    >>> import plotly.io
    >>> plotly.io.renderers.default == RENDERER
    True
    """
    import plotly.io as pio
    from plotly.io.base_renderers import PlotlyRenderer

    pio.renderers[RENDERER] = PlotlyRenderer(config=CONFIG)
    pio.renderers.default = RENDERER


@dataclass(frozen=True, slots=True)
class _Html:
    """HTML that a notebook shows as it stands."""

    text: str

    def _repr_html_(self) -> str:
        return self.text


def _box(parts: list[str], lang: Language) -> str:
    return f'<div class="answer" role="note" lang="{lang}" style="{_BOX}">{"".join(parts)}</div>'


# --- One executed notebook as one page: readable without script and network, its figures interactive with script.


FIGURE = "application/vnd.plotly.v1+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """One thing that a cell shows: a figure, HTML, or plain text."""

    figure: StaticFigure | None = None
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
    """An executed notebook as one HTML text that asks nothing of the network. Every figure stands in it as a static
    drawing; where scripts run, plotly is unpacked from the page itself and draws the same figure so that one can hover
    and zoom. The code of each cell is folded away."""
    figures = PageFigures(interactive=True)
    return rendered(
        "notebook.html.j2",
        Words(lang),
        title=next(
            line.lstrip("# ") for cell in notebook.cells for line in cell.source.splitlines() if line[:2] == "# "
        ),
        cells=_joined([_cell(cell, figures) for cell in notebook.cells]),
        css=own_file("notebook.css"),
        scripts=[own_file("marks.js"), own_file("live.js")],
        plotly_code=packed_plotly(),
        figures=figures,
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


def prose_lines(source: str) -> list[tuple[str, str]]:
    """The mark that a line of prose begins with (of a heading, of a point, or none) and its text."""
    lines = (_LINE.fullmatch(line) for line in source.splitlines())
    return [(line["mark"], line["text"]) for line in lines if line]


def translated(source: str, lang: Language) -> str:
    """Prose of a notebook in a language, line by line."""
    say = Words(lang).say
    return "\n".join(mark + (say(text) if text else "") for mark, text in prose_lines(source))


_LINE = re.compile(r"(?P<mark>(?:#+ |- )?)(?P<text>.*)")


def _cell(cell: Any, figures: PageFigures) -> _Cell:
    if cell.cell_type == "markdown":
        import mistune

        prose = Markup(mistune.create_markdown(escape=True, plugins=["table"])(cell.source))
        return _Cell(name=cell.id, prose=prose, code=None, shown=())
    shown = (_output(output, figures) for output in cell.get("outputs", ()))
    return _Cell(name=cell.id, prose=None, code=_code(cell.source), shown=tuple(item for item in shown if item))


def _output(output: Mapping[str, Any], figures: PageFigures) -> _Shown | None:
    bundle = output.get("data", {})
    if FIGURE in bundle:
        return _Shown(figure=figures.still(bundle[FIGURE]))
    if "text/html" in bundle:
        # what the package's own objects say of themselves: every text in it is escaped there
        return _Shown(html=Markup("".join(bundle["text/html"])))
    text = "".join(bundle.get("text/plain", output.get("text", "")))
    return _Shown(text=text) if text else None


def _code(source: str) -> Markup:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return Markup(highlight(source, PythonLexer(), HtmlFormatter(nowrap=True)))


# --- The notebooks, run on an office's own folder and written as pages that need no network.


AT_ONCE = 4
"""Kernels that run at the same time, at most; each holds the libraries once more (about 300 MB)."""
CELL_SECONDS = 240
STOP_SECONDS = 10
_OWN_ERRORS = ("ContractError", "RequestError", "SuppressionError", "TravelServerError")
"""Errors that are foreseen: their texts hold nothing about a person."""
INSIDE = "inside-only"
"""Tag of cells whose results are for the eyes of the office: pages and kept notebooks leave them out."""
QUIET_KERNEL = ["--log-level=ERROR"]

Progress = Callable[[int, int, str], None]


class NotebookError(OutreachError, RuntimeError):
    """A notebook that did not run to its end: which one, in which cell, and what that said."""


def notebook_names(folder: Path | None = None) -> list[str]:
    """Names of the notebooks in their order, without the ending."""
    return sorted(path.stem for path in (folder or bundled_notebooks()).glob("*.ipynb"))


def run_notebooks(
    names: Iterable[str] | None = None,
    *,
    data: Path | str | None = None,
    lang: Language = "en",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run notebooks that come with the package, each in a kernel of its own."""
    chosen = list(names) if names is not None else notebook_names()
    with tempfile.TemporaryDirectory(prefix="outreach-notebooks-") as where:
        return _run_apart(_Run(where, data=data, lang=lang), chosen, progress)


def write_notebooks(
    directory: Path | str,
    *,
    names: Iterable[str] | None = None,
    data: Path | str | None = None,
    lang: Language = "en",
    keep_notebooks: bool = False,
    progress: Progress | None = None,
) -> list[Path]:
    """Run notebooks and write each as one HTML file; nothing is written unless all of them ran."""
    import nbformat

    executed = run_notebooks(names, data=data, lang=lang, progress=progress)
    texts = {f"{name}.html": notebook_page(notebook, lang=lang) for name, notebook in executed.items()}
    if keep_notebooks:
        texts |= {f"{name}.ipynb": str(nbformat.writes(notebook)) for name, notebook in executed.items()}
    return write_pages(directory, texts)[: len(executed)]


class _Run:
    """One run of several notebooks; it can be stopped from another thread, kernels and all."""

    def __init__(self, where: str, *, data: Path | str | None, lang: Language) -> None:
        self._where = where
        self._data = data
        self._lang = lang
        self._clients: list[Any] = []
        self._slots = asyncio.Semaphore(min(AT_ONCE, (os.cpu_count() or 1) + 1))
        self._stopped = False

    async def all(self, names: list[str], progress: Progress | None) -> dict[str, Any]:
        """The executed notebooks by name; the first failure ends the wait for the others."""
        done: dict[str, Any] = {}

        async def one(name: str) -> None:
            async with self._slots:
                if self._stopped:
                    return
                done[name] = await self._execute(name)
            if progress is not None:
                progress(len(done), len(names), name)

        await asyncio.gather(*(one(name) for name in names))
        return {name: done[name] for name in names}

    async def stop(self) -> None:
        """Kill every kernel, and end what waits for them."""
        self._stopped = True
        kernels = [client.km for client in self._clients if client.km is not None]
        for kernel in kernels:
            if kernel.provisioner is not None:
                await kernel.provisioner.kill()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=STOP_SECONDS)
        for client in self._clients:
            if client.kc is not None:
                client.kc.stop_channels()
        for kernel in kernels:
            # a signal alone leaves a process that nobody has collected, with sockets and a file of its connection
            if kernel.provisioner is not None:
                await asyncio.wait_for(kernel.provisioner.wait(), STOP_SECONDS)
            await kernel.cleanup_resources()

    async def _execute(self, name: str) -> Any:
        import nbformat
        from nbclient import NotebookClient
        from nbclient.exceptions import CellExecutionError

        notebook = nbformat.read(bundled_notebooks() / f"{name}.ipynb", as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = translated(cell.source, self._lang)
        _set_parameters(notebook, data=self._data, lang=self._lang)
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": self._where}},
            extra_arguments=QUIET_KERNEL,
            store_widget_state=False,
        )
        client.create_kernel_manager()
        self._clients.append(client)
        try:
            # what a notebook writes to temporary files goes with the folder of this run
            own = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self._where)
            ran = await client.async_execute(env={**os.environ, **own})
            for cell in ran.cells:
                if cell.id == _OWN_PARAMETERS:
                    # the path of the folder: it was needed as it is
                    cell.source = mask_identifiers(cell.source)
            return _without_inside(ran, self._lang)
        except CellExecutionError as error:
            failed = next(
                cell.id
                for cell in notebook.cells
                if any(output.output_type == "error" for output in cell.get("outputs", ()))
            )
            hidden = "its text may hold personal data and is not shown"
            published = error.evalue if error.ename in _OWN_ERRORS else hidden
            raise NotebookError(f"{name}.ipynb, cell '{failed}': {error.ename}: {published}") from None
        finally:
            # where a kernel dies while it starts, nbclient leaves this behind, to fail when the program ends
            atexit.unregister(client._cleanup_kernel)


def _run_apart(run: _Run, names: list[str], progress: Progress | None) -> dict[str, Any]:
    """Run in a thread of its own, where nbclient leaves an interrupt from the keyboard to us."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="notebooks", daemon=True)
    thread.start()
    try:
        running = asyncio.run_coroutine_threadsafe(run.all(names, progress), loop)
        # waiting in short turns: a wait without an end hears no interrupt
        while not running.done():
            wait([running], timeout=0.2)
        return running.result()
    finally:
        asyncio.run_coroutine_threadsafe(run.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


_OWN_PARAMETERS = "parameters-of-this-run"


def _set_parameters(notebook: Any, *, data: Path | str | None, lang: Language) -> None:
    """Put a cell with this run's own values after the one tagged `parameters`."""
    import nbformat

    lines = [f"LANGUAGE = {lang!r}"]
    if data is not None:
        lines.insert(0, f"DATA_FOLDER = {str(Path(data).resolve())!r}")
    at = next(n for n, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ()))
    cell = nbformat.v4.new_code_cell("\n".join(lines), id=_OWN_PARAMETERS)
    cell.metadata.tags = ["injected-parameters"]
    notebook.cells.insert(at + 1, cell)


def _without_inside(notebook: Any, lang: Language) -> Any:
    """What a cell tagged `INSIDE` shows goes: exact numbers, or several cuts of the same people."""
    import nbformat

    why = Words(lang).say("Shown in JupyterLab alone: these numbers do not leave the office.")
    for cell in notebook.cells:
        if INSIDE in cell.metadata.get("tags", ()):
            cell.outputs = [nbformat.v4.new_output("display_data", data={"text/html": f"<p>{escape(why)}</p>"})]
    return notebook
