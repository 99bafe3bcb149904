"""The notebooks, run on an office's own folder and written as pages that need no network."""

from __future__ import annotations

import asyncio
import atexit
import os
import tempfile
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import wait
from pathlib import Path
from typing import Any

from outreach_analysis.bundled import bundled_notebooks
from outreach_analysis.errors import OutreachError
from outreach_analysis.files import replace_file
from outreach_analysis.presentation.wording.words import Language
from outreach_analysis.reporting.notebook_page import notebook_page

AT_ONCE = 4
"""Kernels that run at the same time, at most; each holds the libraries once more (about 300 MB)."""
CELL_SECONDS = 240
STOP_SECONDS = 10
_OWN_ERRORS = ("ContractError", "RequestError", "SuppressionError", "TravelServerError")
"""Errors that are foreseen: their texts hold nothing about a person."""
QUIET_KERNEL = ["--log-level=ERROR"]

Progress = Callable[[int, int, str], None]


class NotebookError(OutreachError, RuntimeError):
    """A notebook that did not run to its end: which one, in which cell, and what that said."""


def notebook_names(folder: Path | None = None) -> list[str]:
    """Names of the notebooks in their order, without the ending.

    Examples
    --------
    >>> notebook_names()[0]
    '00_data_quality'
    """
    return sorted(path.stem for path in (folder or bundled_notebooks()).glob("*.ipynb"))


def run_notebooks(
    names: Iterable[str] | None = None,
    *,
    data: Path | str | None = None,
    lang: Language = "en",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run notebooks that come with the package, each in a kernel of its own.

    Parameters
    ----------
    names
        Which ones; None runs all.
    data
        Folder of the office; None is the bundled sample.
    lang
        Language of figures, tables and computed sentences.
    progress
        Called as progress(done, total, name) when a notebook has run.

    Returns
    -------
    dict
        The executed notebooks by name, in their order. What they are stored as is not changed.

    Raises
    ------
    NotebookError
        With the first cell that failed.
    ImportError
        Where Jupyter is not installed; it comes with the extra `lab`.
    """
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
    """Run notebooks and write each as one HTML file; nothing is written unless all of them ran.

    Parameters
    ----------
    directory
        Where to; made if absent.
    names, data, lang, progress
        As for `run_notebooks`.
    keep_notebooks
        Write the executed notebooks (`.ipynb`) too.

    Returns
    -------
    list of Path
        The pages written, in order.

    Raises
    ------
    NotebookError, ImportError
        As `run_notebooks`.
    OSError
        Where the directory cannot be written to.
    """
    directory = Path(directory)
    executed = run_notebooks(names, data=data, lang=lang, progress=progress)
    texts = {directory / f"{name}.html": notebook_page(notebook, lang=lang) for name, notebook in executed.items()}
    pages = list(texts)
    if keep_notebooks:
        texts |= {directory / f"{name}.ipynb": _as_file(notebook) for name, notebook in executed.items()}
    directory.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        replace_file(path, text)
    return pages


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
        _set_parameters(notebook, data=self._data, lang=self._lang)
        client = NotebookClient(
            notebook,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            resources={"metadata": {"path": self._where}},
            extra_arguments=QUIET_KERNEL,
        )
        client.create_kernel_manager()
        self._clients.append(client)
        try:
            # what a notebook writes to temporary files goes with the folder of this run
            own = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self._where)
            return await client.async_execute(env={**os.environ, **own})
        except CellExecutionError as error:
            failed = next(cell.id for cell in notebook.cells if _failed(cell))
            published = (
                error.evalue if error.ename in _OWN_ERRORS else "its text may hold personal data and is not shown"
            )
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


def _set_parameters(notebook: Any, *, data: Path | str | None, lang: Language) -> None:
    """Put a cell with this run's own values after the one tagged `parameters`."""
    import nbformat

    lines = [f"LANGUAGE = {lang!r}"]
    if data is not None:
        lines.insert(0, f"DATA_FOLDER = {str(Path(data).resolve())!r}")
    at = next(n for n, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ()))
    cell = nbformat.v4.new_code_cell("\n".join(lines), id="parameters-of-this-run")
    cell.metadata.tags = ["injected-parameters"]
    notebook.cells.insert(at + 1, cell)


def _failed(cell: Any) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", ()))


def _as_file(notebook: Any) -> str:
    import nbformat

    return str(nbformat.writes(notebook))
