"""The team's page as it is printed: one sheet of A4."""

from __future__ import annotations

import io

import pytest
from pypdf import PdfReader

from outreach_analysis.intake.dataset import load_sample
from outreach_analysis.report.handouts import write_brief
from outreach_analysis.study import Study

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def briefs(tmp_path_factory):
    analysis = Study(load_sample(), n_draws=200, with_backtest=False, rng=1)
    place = str(analysis.ranking.recommended)
    kept_out = str(analysis.ranking.excluded.index[0])
    folder = tmp_path_factory.mktemp("briefs")
    return [path for site in (place, kept_out) for path in write_brief(analysis, site, folder, langs=("id", "en"))]


@pytest.mark.slow
def test_is_one_sheet_without_faults_and_asks_for_nothing(briefs, open_page, grave_faults):
    assert len(briefs) == 4
    for path in briefs:
        opened = open_page(path, width=390, height=844)
        page = opened.page
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert grave_faults(page) == []
        printed = PdfReader(io.BytesIO(page.pdf(format="A4", print_background=True)))
        assert len(printed.pages) == 1, path.name
        assert opened.outside_requests == []
        assert opened.errors == []
