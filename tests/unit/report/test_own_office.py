"""Remedies, places to decide, settings and boundaries, as an office sees them."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.intake.boundary_import import BoundaryLayout, import_boundaries
from outreach_analysis.intake.dataset import load_sample
from outreach_analysis.intake.review import review_sheet
from outreach_analysis.report.topics.account import (
    describe_boundaries,
    describe_review,
    describe_settings,
    tabulate_boundaries,
    tabulate_remedies,
    tabulate_review,
)
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study


def test_each_problem_stands_once_with_its_rows_and_remedy(analysis: Study) -> None:
    rows = {name: (n, remedy) for name, n, remedy in tabulate_remedies(analysis.dataset.ledger, Words("en")).rows}
    assert rows["origin that cannot be placed for sure"] == ("2", "decide it once, by outreach review")
    assert rows["total row"] == ("1", "nothing to do")


def test_names_that_fit_several_areas_are_shown_addresses_are_not():
    waiting = review_sheet(load_sample())
    rows = dict(tabulate_review(waiting, lang="en").rows)
    assert rows["Karangan"].startswith("Karangan, Biatan, Kabupaten Berau (64.03.13.2003); Karangan, Mook")
    assert "one of several" not in "".join(rows.values())
    assert "Gang Rukun RT 14" in set(waiting["text"]) - set(rows)
    assert describe_review(waiting, lang="en").startswith(f"Places that wait for a decision: {len(waiting)}; ")
    assert describe_review(waiting.iloc[:0], lang="en") == "No place waits for a decision."


def test_settings_that_the_office_set_itself_are_counted():
    said = describe_settings(Settings(synthetic=True, office_name="Kantor Contoh"), Words("en"))
    assert said.startswith("2 of ")


def test_boundaries_that_fit_are_said_to(analysis: Study) -> None:
    kecamatan = analysis.dataset.areas
    shapes = kecamatan.reset_index()
    kabupaten = pd.DataFrame(
        {"name": kecamatan["parent_id"].unique(), "level": "kabupaten", "parent_id": ""},
        index=pd.Index(kecamatan["parent_id"].unique(), name="area_id"),
    )
    areas = pd.concat([kecamatan, kabupaten])
    found = import_boundaries(shapes, areas, layout=BoundaryLayout(code="area_id"))
    assert (
        describe_boundaries(found, lang="en")
        == f"All {len(kecamatan)} polygons were joined to an area, and no fault was found."
    )
    part = pd.concat([shapes.iloc[:2], shapes.iloc[:1].assign(area_id="99.99.99")], ignore_index=True)
    few = import_boundaries(part, areas, layout=BoundaryLayout(code="area_id"))
    assert describe_boundaries(few, lang="en") == "2 of 3 polygons were joined to an area; areas that have none: 4."
    assert [row[1] for row in tabulate_boundaries(few, lang="en").rows[:3]] == ["2", "1", "4"]
