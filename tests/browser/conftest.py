"""One browser, and pages opened in it that remember what they asked for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from jupyterlab_watched import Lab, WayOut, note_requests, running_lab
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium as the machine has it; skipped where there is none, unless one is required.

    For a module only: while playwright is open its event loop runs in this thread, and no notebook can be executed.
    """
    named = os.environ.get("OUTREACH_CHROMIUM")
    path = named or next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("OUTREACH_REQUIRE_BROWSER"):
            pytest.fail("a browser is required here, and none was found")
        pytest.skip("no Chromium on this machine; name one in OUTREACH_CHROMIUM")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        started = playwright.chromium.launch(executable_path=path, args=arguments)
        yield started
        started.close()


@pytest.fixture(scope="module")
def way_out() -> Iterator[WayOut]:
    watched = WayOut()
    yield watched
    watched.close()


@pytest.fixture(scope="module")
def lab(browser: Browser, way_out: WayOut, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A real JupyterLab over a copy of the notebooks; none is started where there is no browser to see it."""
    assert browser.is_connected()
    with running_lab(tmp_path_factory.mktemp("lab"), way_out) as started:
        yield started


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield made
    made.close()


@pytest.fixture(scope="module")
def asked(context: BrowserContext) -> list[str]:
    return note_requests(context)


class Opened:
    """A page with everything it asked for and complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @property
    def outside_requests(self) -> list[str]:
        """Requests for anything but the file itself."""
        return [url for url in self.requests[1:] if not url.startswith(("data:", "blob:"))]


OpenPage = Callable[..., Opened]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open a file from file://, as `open_page(path, width=..., javascript=...)`."""
    contexts = []

    def opened(path: Path, *, width: int = 1280, height: int = 900, javascript: bool = True) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=javascript)
        contexts.append(context)
        page = Opened(context.new_page())
        page.page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def open_report(open_page: OpenPage, reports: dict[str, Path]) -> OpenPage:
    """Open the report of the sample in a language, as `open_report(lang, width=..., javascript=...)`."""

    def opened(lang: str, **how: Any) -> Opened:
        return open_page(reports[lang], **how)

    return opened


@pytest.fixture(scope="session")
def drawn_areas() -> str:
    """Script that counts the shapes of a selector that one can see: a blank map makes no request either."""
    return """selector => [...document.querySelectorAll(selector)].filter(shape => {
        const box = shape.getBoundingClientRect();
        return box.width > 0 && box.height > 0 && getComputedStyle(shape).visibility === 'visible';
    }).length"""


@pytest.fixture(scope="session")
def grave_faults() -> Callable[[Page], list[tuple[str, str]]]:
    """What axe-core finds on a page that is serious or critical: the rule, and where."""

    def found(page: Page) -> list[tuple[str, str]]:
        faults = Axe().run(page).response["violations"]
        return [
            (fault["id"], fault["nodes"][0]["html"][:120])
            for fault in faults
            if fault["impact"] in ("serious", "critical")
        ]

    return found


@pytest.fixture(scope="session")
def every_fault() -> Callable[[Page], list[tuple[str, str]]]:
    """What axe-core finds on a page, of any impact: the rule, and where."""

    def found(page: Page) -> list[tuple[str, str]]:
        return [(fault["id"], fault["nodes"][0]["html"][:120]) for fault in Axe().run(page).response["violations"]]

    return found
