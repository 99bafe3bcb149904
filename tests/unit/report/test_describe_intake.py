"""Sentences about the rows that were read."""

import dataclasses

import pandas as pd

from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.report.topics.account import (
    describe_headers,
    describe_ledger,
    describe_placed_share,
    describe_problems,
)
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study


def test_ledger_names_rows_share_and_review(analysis: Study) -> None:
    ledger = analysis.dataset.ledger
    assert describe_ledger(ledger, Words("en")) == (
        "Of 1,207 rows read, 99.4% could be used as they stand; 2 wait for a decision on their place."
    )
    assert describe_ledger(ledger, Words("id")).startswith("Dari 1.207 baris data yang dibaca, 99,4%")


def test_nothing_read_says_nothing(clean_ledger: IntakeLedger) -> None:
    nothing = dataclasses.replace(clean_ledger, by_file=clean_ledger.by_file.iloc[:0])
    assert describe_ledger(nothing, Words("id")) == ""


def test_problems_name_the_most_frequent_kind(analysis: Study, clean_ledger: IntakeLedger) -> None:
    assert describe_problems(analysis.dataset.ledger, Words("en")) == (
        "4 kinds of problem were found; the most frequent is: date that does not exist or is written otherwise "
        "(3 rows)."
    )
    assert describe_problems(clean_ledger, Words("en")) == "No row has a problem."


def test_headers_are_counted_once_however_many_files_hold_them(analysis: Study) -> None:
    ledger = analysis.dataset.ledger
    assert describe_headers(ledger, Words("en")) == (
        "2 of 4 different column headers were used; the others are ignored."
    )


def test_of_places_that_are_known_the_lowest_share_is_said() -> None:
    shares = pd.Series([1.0, 0.954, float("nan")], index=["A", "B", "C"])
    said = describe_placed_share(shares, Words("en"))
    assert said == "At 1 of 2 pop-ups the kecamatan of every applicant is known; the lowest share is 95%."
    assert describe_placed_share(shares.iloc[2:], Words("en")) == ""
