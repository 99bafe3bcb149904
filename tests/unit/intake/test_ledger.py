from __future__ import annotations

import pandas as pd

from outreach_analysis.contracts import FAILURE_COLUMNS, failure
from outreach_analysis.intake.ledger import COUNTS, LedgerBuilder


def at(*rows: int, file: str = "a.csv", sheet: str = "") -> pd.DataFrame:
    return pd.DataFrame({"file": file, "sheet": sheet, "row": list(rows)})


def test_a_row_counts_once_by_the_worst_that_is_said_of_it() -> None:
    book = LedgerBuilder()
    book.open("a.csv", "", read=6)
    book.note(at(2, 3), "bad_date", status="rejected", column="service_date", expected="dd/mm/yyyy")
    book.note(at(3), "unknown_event", status="rejected", column="event_id")
    book.note(at(3, 4), "unresolved_origin", status="review")
    book.note(at(5), "duplicate_applicant", status="duplicate")
    book.note(at(6, 7), "nik_numeric", status="warning")
    book.note(at(6), "blank_row", status="skipped")
    ledger = book.close()
    assert ledger.by_file[list(COUNTS)].to_numpy().tolist() == [[6, 1, 1, 2, 1, 1]]
    assert len(ledger.rows) == 9
    assert ledger.summary()["estimate"].to_dict() == dict(zip(COUNTS, [6, 1, 1, 2, 1, 1], strict=True))
    assert ledger.by_reason().iloc[0].tolist() == ["rejected", "bad_date", 2]


def test_problems_stand_in_the_order_of_files_and_rows_with_their_sentences() -> None:
    book = LedgerBuilder()
    book.open("b.csv", "", read=9)
    book.open("a.csv", "", read=9)
    book.note(at(5), "bad_date", status="rejected", column="date", expected="dd/mm/yyyy")
    book.note(at(2), "bad_number", status="rejected", column="km", values=pd.Series(["x"]))
    book.note(at(7, file="b.csv"), "blank_row", status="skipped")
    rows = book.close().rows
    assert list(rows.columns) == [*FAILURE_COLUMNS, "status"]
    assert rows[["file", "row", "value"]].to_numpy().tolist() == [["b.csv", 7, ""], ["a.csv", 2, "x"], ["a.csv", 5, ""]]
    assert rows["remedy"].str.contains("{", regex=False).sum() == 0


def test_files_and_sheets_of_one_name_are_kept_apart() -> None:
    book = LedgerBuilder()
    for sheet in ("A", "B"):
        book.open("x.xlsx", sheet, read=2)
    book.note(at(2, file="x.xlsx", sheet="B"), "blank_row", status="skipped")
    assert book.close().by_file[["sheet", "matched", "skipped"]].to_numpy().tolist() == [["A", 2, 0], ["B", 1, 1]]


def test_review_lists_each_text_once_most_frequent_first() -> None:
    book = LedgerBuilder()
    book.to_review(pd.DataFrame({"text": ["b", "a", "c", "a"], "suggestions": ["B", "A", "C", "A"]}))
    assert book.close().review.to_numpy().tolist() == [["a", 2, "A"], ["b", 1, "B"], ["c", 1, "C"]]


def test_rejected_rows_can_stand_beside_faults_of_files() -> None:
    book = LedgerBuilder()
    book.note(at(2), "bad_number", status="rejected", column="km", values=pd.Series(["x"]))
    book.note(at(3), "blank_row", status="skipped")
    assert book.rejected() == [failure("bad_number", file="a.csv", row=2, column="km", value="x")]


def test_an_empty_ledger_has_all_its_columns() -> None:
    ledger = LedgerBuilder().close()
    assert ledger.summary()["estimate"].sum() == 0
    assert ledger.summary()["share"].isna().all()
    assert list(ledger.review.columns) == ["text", "rows", "suggestions"]
    assert ledger.rows.empty
    assert "runs cannot be linked" in ledger._repr_html_()


def test_the_ledger_escapes_what_it_shows() -> None:
    book = LedgerBuilder()
    book.open("<script>.csv", "", read=1)
    assert "<script>" not in book.close()._repr_html_()
