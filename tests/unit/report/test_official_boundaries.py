"""With official boundaries the report draws them, says nothing of indicative borders, and stays small."""

import os
import shutil
from pathlib import Path

import pytest

from outreach_analysis.files import bundled_data
from outreach_analysis.geography.areas import load_areas
from outreach_analysis.intake.boundary_import import BoundaryLayout, import_boundaries
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.report.page import render_report
from outreach_analysis.study import Study

FILE = Path(os.environ.get("OUTREACH_BOUNDARIES", "boundaries")) / "kecamatan_200m.geojson"


@pytest.mark.skipif(not FILE.is_file(), reason="OUTREACH_BOUNDARIES names no folder of official boundaries")
def test_report_draws_official_boundaries(tmp_path):
    folder = tmp_path / "office"
    shutil.copytree(bundled_data("sample"), folder)
    import_boundaries(FILE, load_areas("all"), layout=BoundaryLayout(code="code")).write(folder)
    dataset = read_dataset(folder)
    assert set(dataset.areas["geometry_kind"]) == {"official"}
    page = render_report(Study(dataset, n_draws=100, with_backtest=False, rng=1), lang="id")
    assert "indikatif" not in page.lower()
    assert page.count('<path id="') >= 105
    assert len(page.encode()) < 3e6
