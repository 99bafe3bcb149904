"""Where impact cannot be told, the report claims none: no causal word in either language."""

import html
import re

import pytest

from outreach_analysis.report.page import render_report
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study

FORBIDDEN = {
    "id": ("menyebabkan", "berkat", "karena jemput bola", "akibat", "berdampak", "meningkatkan", "efektif"),
    "en": ("caused", "thanks to", "because of the pop-up", "effect of", "impact of", "increased"),
}


def prose(page: str) -> str:
    """What a reader sees: no code, and no headings, which may name the section."""
    for part in ("script", "style", "h1", "h2", "h3", "nav", "title"):
        page = re.sub(rf"<{part}\b.*?</{part}>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page))).lower()


@pytest.mark.parametrize("lang", ["id", "en"])
def test_too_few_events_claim_nothing(analysis: Study, lang: str) -> None:
    assert not analysis.impact.gate_passed
    said = prose(render_report(analysis, lang=lang))
    assert len(said) > 3000
    assert [word for word in FORBIDDEN[lang] if re.search(rf"\b{word}", said)] == []


@pytest.mark.parametrize("lang", ["id", "en"])
def test_the_obstacle_is_said(analysis: Study, lang: str) -> None:
    cannot = {"en": "cannot", "id": "belum dapat"}[lang]
    assert cannot in prose(render_report(analysis, lang=lang))
    assert Words(lang).say("Did it work?")
