"""A real JupyterLab as `make lab` starts it, over a copy of the notebooks; whoever leaves the machine is noted."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page

ROOT = Path(__file__).parents[2]
OWN_HOSTS = ("127.0.0.1", "localhost")
STARTS_WITHIN, RUNS_WITHIN, DRAWS_WITHIN = 90, 180, 60

# what the notebook that is open holds, whether or not it is scrolled into view
CELLS = """() => window.jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code')
    .map(cell => ({
        id: cell.model.id,
        count: cell.model.sharedModel.execution_count,
        errors: cell.model.sharedModel.outputs.filter(output => output.output_type === 'error').length,
    }))"""
# before a kernel is connected its indicator is at rest too, and what is run then is lost
KERNEL_IDLE = """() => {
    const session = window.jupyterapp.shell.currentWidget.sessionContext.session;
    const kernel = session ? session.kernel : null;
    return kernel !== null && kernel.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
SCROLL = """id => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    return notebook.scrollToItem(notebook.widgets.findIndex(cell => cell.model.id === id), 'center');
}"""

RUN = """async ([id, source]) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    const at = notebook.widgets.findIndex(cell => cell.model.id === id);
    notebook.activeCellIndex = at;
    notebook.deselectAll();
    if (source !== null) { notebook.widgets[at].model.sharedModel.setSource(source); }
    await window.jupyterapp.commands.execute('notebook:run-cell');
}"""


@dataclass(frozen=True)
class Lab:
    """Where a JupyterLab listens, and the folder that it shows."""

    tree: str
    token: str
    folder: Path

    def address(self, notebook: str) -> str:
        """Address of a notebook."""
        return f"{self.tree}{notebook}.ipynb?token={self.token}"


class WayOut:
    """Stands where a proxy would, and notes whoever wants to leave the machine through it."""

    def __init__(self) -> None:
        self._listening = socket.create_server((OWN_HOSTS[0], 0))
        self.address = f"http://{OWN_HOSTS[0]}:{self._listening.getsockname()[1]}"
        self.asked: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                asking, _ = self._listening.accept()
            except OSError:
                return
            with asking:
                self.asked.append(asking.recv(200).decode(errors="replace").partition("\r\n")[0])

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def running_lab(home: Path, way_out: WayOut) -> Iterator[Lab]:
    """A JupyterLab over a copy of the notebooks, everything that it keeps below `home`."""
    shutil.copytree(ROOT / "notebooks", home / "notebooks")
    with socket.create_server((OWN_HOSTS[0], 0)) as free:
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    own = {name: str(home / name.lower()) for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    own |= {name: str(home / name.lower()) for name in ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")}
    own |= {"JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_CONFIG_PATH": str(ROOT / "lab"), "TMPDIR": str(home)}
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        own[name] = way_out.address
    own |= dict.fromkeys(("no_proxy", "NO_PROXY"), ",".join(OWN_HOSTS))
    options = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    options += ["--no-browser", "--allow-root", "--expose-app-in-browser", str(home / "notebooks")]
    with (home / "said.txt").open("w") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "lab", *options],
            env={**os.environ, **own},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        wait_for(f"http://{OWN_HOSTS[0]}:{port}/api", server, home / "said.txt")
        yield Lab(f"http://{OWN_HOSTS[0]}:{port}/lab/tree/", token, home / "notebooks")
    finally:
        # asked politely it also ends its kernels
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def wait_for(address: str, server: subprocess.Popen[bytes], said: Path) -> None:
    ends = time.monotonic() + STARTS_WITHIN
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < ends:
        assert server.poll() is None, said.read_text()
        try:
            with direct.open(address, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not start: {said.read_text()}")


def note_requests(context: BrowserContext) -> list[str]:
    """Address of everything that the pages of the browser ask for from now on, sockets among them."""
    addresses: list[str] = []
    context.on("request", lambda request: addresses.append(request.url))
    context.on("page", lambda page: page.on("websocket", lambda opened: addresses.append(opened.url)))
    return addresses


def nothing_left(page: Page, asked: list[str], way_out: WayOut) -> None:
    """Neither the browser nor the server asked anything of another machine."""
    page.wait_for_timeout(3000)
    elsewhere = [address for address in asked if not address.startswith(("data:", "blob:"))]
    assert [address for address in elsewhere if urlsplit(address).hostname not in OWN_HOSTS] == []
    assert any(address.startswith("ws:") for address in asked)
    assert way_out.asked == []


def run_all(page: Page) -> None:
    """Run all cells by the menu, and wait until they have."""
    page.locator(".lm-MenuBar-item", has_text="Run").first.click()
    page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
    page.wait_for_function(f"({CELLS})().every(cell => cell.count > 0)", timeout=RUNS_WITHIN * 1000)
    page.wait_for_function(KERNEL_IDLE, timeout=STARTS_WITHIN * 1000)


def opened(context: BrowserContext, lab: Lab, notebook: str) -> Page:
    """A page with a notebook whose kernel is ready."""
    page = context.new_page()
    page.goto(lab.address(notebook))
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=STARTS_WITHIN * 1000)
    page.wait_for_function(KERNEL_IDLE, timeout=STARTS_WITHIN * 1000)
    return page


def opened_and_run(context: BrowserContext, lab: Lab, notebook: str) -> Page:
    """A page with a notebook of which all cells have run."""
    page = opened(context, lab, notebook)
    run_all(page)
    return page


def run_cell(page: Page, cell: str, source: str | None = None) -> None:
    """Run one cell, with another source where one is given, and wait until it has."""
    before = page.evaluate(f"id => ({CELLS})().find(cell => cell.id === id).count", cell)
    page.evaluate(RUN, [cell, source])
    changed = f"([id, n]) => {{ const c = ({CELLS})().find(cell => cell.id === id).count; return c > 0 && c !== n; }}"
    page.wait_for_function(changed, arg=[cell, before], timeout=RUNS_WITHIN * 1000)
    page.wait_for_function(KERNEL_IDLE, timeout=RUNS_WITHIN * 1000)
