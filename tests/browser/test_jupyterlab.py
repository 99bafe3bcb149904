"""A notebook in a real JupyterLab, as `make lab` starts it: run from the menu, drawn, without a request leaving."""

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
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).parents[2]
NOTEBOOK = "02_coverage_today"
MAPS = ("figure-coverage", "figure-accessibility", "figure-need")
AREAS = 105
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
AREAS_SEEN = """id => {
    const cell = window.jupyterapp.shell.currentWidget.content.widgets.find(cell => cell.model.id === id);
    return [...cell.node.querySelectorAll('.choroplethlayer path')].filter(shape => {
        const box = shape.getBoundingClientRect();
        return box.width > 0 && box.height > 0 && getComputedStyle(shape).visibility === 'visible';
    }).length;
}"""

pytestmark = [pytest.mark.slow, pytest.mark.browser]


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


@pytest.fixture(scope="module")
def way_out() -> Iterator[WayOut]:
    watched = WayOut()
    yield watched
    watched.close()


@pytest.fixture(scope="module")
def lab(browser: Browser, way_out: WayOut, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a JupyterLab over a copy of the notebooks, everything that it keeps below a temporary folder."""
    assert browser.is_connected()
    home = tmp_path_factory.mktemp("lab")
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
        yield f"http://{OWN_HOSTS[0]}:{port}/lab/tree/{NOTEBOOK}.ipynb?token={token}"
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


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield made
    made.close()


@pytest.fixture(scope="module")
def asked(context: BrowserContext) -> list[str]:
    """Address of everything that the pages of the browser ask for, sockets among them."""
    addresses: list[str] = []
    context.on("request", lambda request: addresses.append(request.url))
    context.on("page", lambda page: page.on("websocket", lambda opened: addresses.append(opened.url)))
    return addresses


@pytest.fixture(scope="module")
def page(context: BrowserContext, lab: str, asked: list[str]) -> Page:
    """The notebook, after all its cells were run by the menu."""
    opened = context.new_page()
    opened.goto(lab)
    opened.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=STARTS_WITHIN * 1000)
    opened.wait_for_function(KERNEL_IDLE, timeout=STARTS_WITHIN * 1000)
    opened.locator(".lm-MenuBar-item", has_text="Run").first.click()
    opened.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
    opened.wait_for_function(f"({CELLS})().every(cell => cell.count > 0)", timeout=RUNS_WITHIN * 1000)
    opened.wait_for_function(KERNEL_IDLE, timeout=STARTS_WITHIN * 1000)
    assert asked
    return opened


def test_all_cells_run_without_error(page: Page) -> None:
    cells = page.evaluate(CELLS)
    assert {*MAPS, "answer", "fill-answer"} <= {cell["id"] for cell in cells}
    assert [cell["id"] for cell in cells if cell["errors"]] == []


@pytest.mark.parametrize("cell", MAPS)
def test_maps_draw_every_kecamatan(page: Page, cell: str) -> None:
    page.evaluate(SCROLL, cell)
    page.wait_for_function(f"id => ({AREAS_SEEN})(id) >= {AREAS}", arg=cell, timeout=DRAWS_WITHIN * 1000)
    assert page.evaluate(AREAS_SEEN, cell) == AREAS


def test_the_answer_on_top_is_filled_in(page: Page) -> None:
    page.evaluate(SCROLL, "answer")
    page.wait_for_selector(".answer strong", timeout=DRAWS_WITHIN * 1000)
    assert any(letter.isdigit() for letter in page.locator(".answer strong").first.inner_text())


def test_nothing_left_the_machine(page: Page, asked: list[str], way_out: WayOut) -> None:
    page.wait_for_timeout(3000)
    own = [address for address in asked if urlsplit(address).hostname in OWN_HOSTS]
    elsewhere = [address for address in asked if not address.startswith(("data:", "blob:"))]
    assert [address for address in elsewhere if urlsplit(address).hostname not in OWN_HOSTS] == []
    assert any(address.startswith("ws:") for address in own)
    assert way_out.asked == []


def test_nobody_is_asked_whether_to_fetch_news(page: Page) -> None:
    assert page.locator(".jp-Notification-Toast, .Toastify__toast").count() == 0
    assert page.locator(".jp-Dialog").count() == 0
