"""One rendered report and one browser for all browser tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Both reports of the sample, made by the command as a manager would."""
    out = tmp_path_factory.mktemp("reports")
    command = [sys.executable, "-m", "outreach_analysis", "report", "--lang", "both", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {lang: out / f"outreach-{lang}.html" for lang in ("id", "en")}


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


@pytest.fixture
def open_report(browser: Browser, reports: dict[str, Path]) -> Iterator:
    """Open a report from file://, as `open_report(lang, width=..., javascript=...)`."""
    contexts = []

    def opened(lang: str, *, width: int = 1280, height: int = 900, javascript: bool = True) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": height}, java_script_enabled=javascript)
        contexts.append(context)
        page = Opened(context.new_page())
        page.page.goto(reports[lang].as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
