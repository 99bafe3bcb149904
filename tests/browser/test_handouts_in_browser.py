"""Card and printed edition by the browser of the machine: what is seen and printed, and that nothing is asked for."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import os
import re
import socket
import zlib
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest
from altered import altered
from pypdf import PdfReader

from outreach_analysis.intake.dataset import load_sample
from outreach_analysis.report import handouts as browser
from outreach_analysis.report.handouts import (
    BROWSER_VARIABLE,
    HEIGHT,
    WIDTH,
    BrowserError,
    find_browser,
    printed,
    render_card,
    write_card,
    write_printed,
)
from outreach_analysis.study import Study

pytestmark = [pytest.mark.browser, pytest.mark.skipif(os.name == "nt", reason="the wrapper is a script of a shell")]

MADE = dt.date(2026, 11, 24)
SMALLEST_PX = 12 * WIDTH / 390
"""Type that is 12 px high on a phone of 390 px."""
FITS = """() => [...document.querySelectorAll('main, main *')]
    .filter(one => one.scrollHeight > one.clientHeight + 2 && getComputedStyle(one).display !== 'inline')
    .filter(one => one.tagName === 'MAIN' || one.getBoundingClientRect().bottom
        > document.querySelector('main').getBoundingClientRect().bottom).length"""
TYPE = (
    "() => Math.min(...[...document.querySelectorAll('body *')].map(one => parseFloat(getComputedStyle(one).fontSize)))"
)


@pytest.fixture
def network_log(tmp_path, monkeypatch):
    """The browser of the machine, which notes every request that it makes in this file."""
    try:
        found = find_browser()
    except BrowserError:
        if os.environ.get("OUTREACH_REQUIRE_BROWSER"):
            pytest.fail("a browser is required here, and none was found")
        pytest.skip("no browser on this machine")
    log, wrapper = tmp_path / "log.json", tmp_path / "wrapped"
    wrapper.write_text(f'#!/bin/sh\nexec "{found}" --log-net-log="{log}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv(BROWSER_VARIABLE, str(wrapper))
    return log


def events_of(log) -> list[tuple[str, str]]:
    """A log of the network: what happened, and the address where there is one."""
    told = json.loads(log.read_text(encoding="utf-8", errors="replace"))
    names = {number: name for name, number in told["constants"]["logEventTypes"].items()}
    return [(names[event["type"]], str(event.get("params", {}).get("url", ""))) for event in told["events"]]


def asked_for(log) -> set[str]:
    """Addresses that a page asked for: no file of the machine, and none of the browser's maker (updates, the time)."""
    outside = re.compile(r"(https?|wss?|ftp)://(?![\w.]*(google|googleapis)\.com/)")
    return {url for _, url in events_of(log) if outside.match(url)}


def went_out(log) -> list[str]:
    """Connections that were tried and bytes that were sent, by whatever part of the browser."""
    return [
        name for name, _ in events_of(log) if name in ("TCP_CONNECT_ATTEMPT", "SOCKET_BYTES_SENT", "UDP_BYTES_SENT")
    ]


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12


def long_names(analysis: Study) -> Study:
    """Every place with a name of 80 letters."""
    name = "Kantor Kecamatan Persiapan Pemekaran Muara Ancalong Hulu Mahakam Tengah Bersama"
    by_site = analysis.ranking.by_site.assign(name=[f"{name} {n}"[:80] for n in range(len(analysis.ranking.by_site))])
    sites = analysis.sites.assign(name=[f"{name} {n}"[:80] for n in range(len(analysis.sites))])
    return altered(analysis, sites=sites, ranking=dataclasses.replace(analysis.ranking, by_site=by_site))


@pytest.fixture(scope="module")
def analysis() -> Study:
    return Study(load_sample(), n_draws=200, with_backtest=False, rng=1)


@pytest.mark.slow
def test_card_and_two_pages_are_made_and_nothing_is_asked_for(analysis, network_log, tmp_path, open_page):
    place = str(analysis.ranking.by_site["name"][analysis.ranking.recommended])

    (card,) = write_card(analysis, tmp_path, langs=("id",), made_on=MADE)
    assert (asked_for(network_log), went_out(network_log)) == (set(), [])
    pixels = zlib.decompress(b"".join(data for kind, data in chunks(card.read_bytes()) if kind == b"IDAT"))
    length = len(pixels) // HEIGHT
    rows = {pixels[at : at + length] for at in range(0, len(pixels), length)}
    assert len(rows) > HEIGHT / 4, "an empty picture repeats"

    card_fits(analysis, tmp_path, open_page)
    texts = printed_pages(analysis, tmp_path, "id")
    assert (asked_for(network_log), went_out(network_log)) == (set(), [])
    assert all("DATA CONTOH" in text and place in text for text in texts)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("outreach-browser")]


@pytest.mark.slow
def test_names_of_80_letters_fit_too(analysis, tmp_path, open_page):
    told = long_names(analysis)
    card_fits(told, tmp_path, open_page)
    assert all("SAMPLE DATA" in text for text in printed_pages(told, tmp_path, "en"))


def card_fits(told: Study, folder, open_page) -> None:
    (folder / "card.html").write_text(render_card(told, made_on=MADE, lang="id"), encoding="utf-8")
    page = open_page(folder / "card.html", width=WIDTH, height=HEIGHT).page
    assert page.evaluate(FITS) == 0
    assert page.evaluate(TYPE) >= SMALLEST_PX


def printed_pages(told: Study, folder, lang: str) -> list[str]:
    """Texts of the printed edition, which is two A4 pages."""
    (pdf,) = write_printed(told, folder, langs=(lang,), made_on=MADE)
    sheets = PdfReader(io.BytesIO(pdf.read_bytes())).pages
    assert len(sheets) == 2
    assert [round(float(side)) for side in sheets[0].mediabox[2:]] == [595, 842]
    return [" ".join(sheet.extract_text().split()) for sheet in sheets]


@pytest.mark.slow
def test_no_request_leaves_the_browser_even_where_a_page_makes_one(network_log, tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.5)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/x.png"
        printed(f'<img src="{url}">', tmp_path)
        assert url in asked_for(network_log)
        assert went_out(network_log) == []
        with pytest.raises(TimeoutError):
            listening.accept()
        came = []

        def hang_up() -> None:
            with suppress(OSError):
                while True:
                    came.append(listening.accept()[0].close())

        listening.settimeout(60)
        Thread(target=hang_up, daemon=True).start()
        monkeypatch.setattr(browser, "_ALONE", ("--headless", "--disable-gpu"))
        printed(f'<img src="{url}">', tmp_path)
        assert came, "without what keeps it from the network it would have asked"
