"""Letters in the report: answers in both languages, five at most, and nothing where none is open."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from outreach_analysis import sample
from outreach_analysis.decisions.requests import Reason
from outreach_analysis.report.topics.plan_page import (
    draft_answer,
    requests_blocks,
    tabulate_requests,
)
from outreach_analysis.report.words import Words

SITES = pd.DataFrame({"name": ["Balai Contoh"]}, index=["BALAI"])


@pytest.fixture(scope="module")
def study():
    return sample()


@pytest.mark.slow
def test_the_report_has_a_sentence_and_five_answers(study):
    blocks = [block for block in requests_blocks(study, Words("id")) if block]
    assert [block.kind for block in blocks] == ["text", "fold"]
    assert blocks[0].content.startswith("5 surat menunggu jawaban.")
    assert [len(block.content) for block in blocks[1].content] == [5]
    several = dataclasses.replace(study.requests, letters=pd.concat([study.requests.letters] * 2))
    more = [block for block in requests_blocks(study.given(requests=several), Words("en")) if block]
    answers, rest = more[1].content
    assert (len(answers.content), rest.content) == (5, "5 more letters: `outreach requests` lists them.")


def test_nothing_is_said_where_no_letter_is_open(study):
    without = dataclasses.replace(study, dataset=dataclasses.replace(study.dataset, requests=None))
    assert requests_blocks(without, Words("id")) == ()
    assert without.with_requests() is without


def test_the_table_says_the_place_without_the_number_of_its_letter(study):
    table = tabulate_requests(study.requests, study.with_requests().sites, Words("id"))
    places = dict(zip((row[0] for row in table.rows), (row[2] for row in table.rows), strict=True))
    assert places["B-114/PPBH/X/2026"] == "Pondok Pesantren Bustanul Hikmah"
    assert places["088/HRD/XI/2026"] == "Marang Kayu"


@pytest.mark.parametrize("reason", Reason.__args__)
def test_every_reason_is_a_sentence_in_both_languages(reason):
    row = {"reason": reason, "partner": "BALAI", "minimum": 20, "wished": pd.Timestamp("2026-12-09")}
    frame = pd.DataFrame([row | {"answer_day": pd.Timestamp("2026-12-12")}])
    said = {lang: draft_answer(next(frame.itertuples()), SITES, Words(lang)) for lang in ("id", "en")}
    assert said["id"] != said["en"]
    assert all(text.endswith(".") and "{" not in text for text in said.values())


def test_a_smaller_study_has_the_letters_of_its_areas(study):
    here = study.select(kabupaten="Kota Samarinda")
    assert set(here.open_letters.index) == {"B-114/PPBH/X/2026", "045/CHT/XI/2026"}
    assert set(here.dataset.requests.lists["number"]) <= set(here.dataset.requests.letters.index)
