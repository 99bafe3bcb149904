"""The labelled origins: what a careful clerk could place, and what nobody can.

`tests/reference/origin_labels.csv` was drawn from the reference tables: forms seen in public text, short forms,
joined and split words, one edit in a name (a letter dropped, doubled, swapped or replaced) with
and without what it lies in, addresses with streets and numbers, columns; and texts that must be refused. Each row
has its reason. One `half` was looked at while rules were written, the other only afterwards.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.geocoding.resolver import ORIGIN_COLUMNS, resolve_origins
from outreach_analysis.geography.areas import load_aliases, load_areas

LABELS = Path(__file__).parents[2] / "reference" / "origin_labels.csv"


@pytest.fixture(scope="module")
def labelled() -> pd.DataFrame:
    labels = pd.read_csv(LABELS, dtype=str, keep_default_na=False)
    said = labels.rename(columns={"text": "address"})[list(ORIGIN_COLUMNS)]
    return labels.join(resolve_origins(said, load_areas("all"), aliases=load_aliases()))


def placeable(labelled: pd.DataFrame) -> pd.DataFrame:
    return labelled[~labelled["expected_area_id"].isin(["REFUSE", "OUTSIDE"])]


def test_the_set_is_large_and_every_label_has_a_reason(labelled: pd.DataFrame) -> None:
    assert len(placeable(labelled)) >= 400
    assert len(labelled) - len(placeable(labelled)) >= 100
    assert labelled["why"].str.len().gt(10).all()
    assert not labelled.duplicated(["text", "code", "desa", "kecamatan", "kabupaten"]).any()


@pytest.mark.parametrize("half", ["worked", "kept"])
def test_no_accepted_match_is_wrong_and_nine_of_ten_are_placed(labelled: pd.DataFrame, half: str) -> None:
    rows = placeable(labelled[labelled["half"] == half])
    placed = rows[rows["area_id"].notna()]
    wrong = placed[placed["area_id"] != placed["expected_area_id"]]
    assert wrong[["text", "expected_area_id", "area_id"]].to_dict("records") == []
    assert len(placed) / len(rows) >= 0.95


def test_nothing_is_placed_that_must_be_refused(labelled: pd.DataFrame) -> None:
    refused = labelled[labelled["expected_area_id"] == "REFUSE"]
    guessed = refused[refused["status"] != "review"]
    assert guessed[["text", "area_id", "place"]].to_dict("records") == []


def test_places_outside_are_told_from_unknown_ones(labelled: pd.DataFrame) -> None:
    outside = labelled[labelled["expected_area_id"] == "OUTSIDE"]
    assert outside["level"].isin(["outside_province", "outside_country"]).all()
    assert outside["place"].notna().all()
    assert outside["area_id"].isna().all()
