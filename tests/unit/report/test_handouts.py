"""Card and printed edition: numbers of the analysis, nothing from outside; no browser, and the rest is written."""

from __future__ import annotations

import datetime as dt

import pytest
from typer.testing import CliRunner

from outreach_analysis.cli import answer_commands
from outreach_analysis.cli.commands import app
from outreach_analysis.report import handouts, page
from outreach_analysis.report.handouts import BROWSER_VARIABLE, BrowserError, render_card, write_card, write_printed
from outreach_analysis.report.words import Words

MADE = dt.date(2027, 1, 5)
A_PAGE = b"<< /Type /Page >>"


@pytest.mark.parametrize("lang", ["id", "en"])
def test_a_card_has_place_day_three_numbers_with_ranges_one_reason_and_both_dates(planned, lang):
    words = Words(lang)
    card = render_card(planned, made_on=MADE, lang=lang)
    best = planned.ranking.by_site.loc[planned.ranking.recommended]
    assert f"<h1>{best['name']}</h1>" in card
    assert words.date(best["next_day"], weekday=True) in card
    for name, low, high in (("people", "people_low", "people_high"), ("increment", "ci_low", "ci_high")):
        assert f">{words.number(best[name])}</dd>" in card
        assert words.interval(best[low], best[high]) in card
    assert card.count("<dt>") == 3
    assert card.count("<strong>") == 2, "the office, and the one reason"
    assert words.date(MADE) in card
    assert words.date(planned.as_of) in card
    assert words.say("SAMPLE DATA (SYNTHETIC)") in card
    assert f'<html lang="{lang}">' in card


def test_a_card_asks_for_nothing_and_names_are_text(analysis, nothing_eligible):
    for told in (analysis, nothing_eligible):
        card = render_card(told, made_on=MADE)
        assert "default-src 'none'" in card
        assert "<script" not in card
        assert "://" not in card
    assert "Belum ada lokasi yang dapat dikunjungi" in render_card(nothing_eligible, made_on=MADE)
    assert "<dt>" not in render_card(nothing_eligible, made_on=MADE)


@pytest.mark.slow
def test_type_becomes_smaller_until_two_pages_hold_all(planned, tmp_path, monkeypatch):
    seen = []

    def pages(text, beside, *, most):
        seen.append(text)
        return A_PAGE * (3 if len(seen) < most else 2) + b"/Type /Pages"

    monkeypatch.setattr(handouts, "printed", lambda text, beside: pages(text, beside, most=3))
    (path,) = write_printed(planned, tmp_path, langs=("id",), made_on=MADE)
    assert path.name == "outreach-id.pdf"
    sizes = [f"html {{ font-size: {points}pt; }} }}</style>" for points in handouts.TYPE_SIZES]
    assert [next(size for size in sizes if size in text) for text in seen] == sizes[:3]
    assert planned.sites["name"][planned.ranking.recommended] in seen[0]
    assert "DATA CONTOH (SINTETIS)" in seen[0]
    monkeypatch.setattr(handouts, "printed", lambda text, beside: A_PAGE * 3)
    with pytest.raises(BrowserError, match="does not fit 2 pages"):
        write_printed(planned, tmp_path, langs=("en",), made_on=MADE)
    assert [path.name for path in tmp_path.iterdir()] == ["outreach-id.pdf"]


def test_a_card_is_written_whole_beside_the_report(planned, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(handouts, "picture_of", lambda page, beside, **size: asked.append((beside, size)) or b"PNG")
    paths = write_card(planned, tmp_path, langs=("id", "en"), made_on=MADE)
    assert [path.name for path in paths] == ["card-id.png", "card-en.png"]
    assert asked == [(tmp_path, {"width": 1080, "height": 1350})] * 2


@pytest.mark.slow
def test_without_a_browser_the_rest_is_written_and_one_sentence_says_so(planned, tmp_path, monkeypatch):
    def write_report(analysis, directory, *, langs, interactive, plain, made_on):
        assert not interactive
        assert not plain
        assert made_on == dt.date.today()
        directory.mkdir()
        (directory / "outreach-id.html").write_text("whole")
        return [directory / "outreach-id.html"]

    monkeypatch.setattr(answer_commands, "studied", lambda *_, **__: planned)
    monkeypatch.setattr(page, "write_report", write_report)
    monkeypatch.setenv(BROWSER_VARIABLE, str(tmp_path / "none"))
    out = tmp_path / "out"
    done = CliRunner().invoke(app, ["report", "--card", "--pdf", "--out", str(out)])
    assert done.exit_code == 1
    assert [path.name for path in out.iterdir()] == ["outreach-id.html"]
    assert "outreach-id.html" in done.stdout
    assert done.stderr.count(BROWSER_VARIABLE) == 1
    assert len(done.stderr.splitlines()) == 1
