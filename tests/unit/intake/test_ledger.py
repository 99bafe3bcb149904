from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from outreach_analysis.contracts import FAILURE_COLUMNS, Failure, failure
from outreach_analysis.intake.ledger import COUNTS, Cause, LedgerBuilder, fold_causes, row_ranges


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
    book = LedgerBuilder()
    book.open("a.csv", "", read=2)
    book.take_columns("a.csv", "", [("Tgl", "date", "usual")])
    book.take_dates("a.csv", "", "date", form="iso", by="", rows=2)
    book.to_review(pd.DataFrame({"text": ["b"], "suggestions": ["B"]}))
    book.reconcile([(2, 1.0, 2.0, False)], file="a.csv", sheet="")
    full = book.close()
    for name in ("by_file", "rows", "review", "columns_taken", "dates_read", "reconciled"):
        pd.testing.assert_series_equal(getattr(ledger, name).dtypes, getattr(full, name).dtypes)
    assert full.columns_taken.to_numpy().tolist() == [["a.csv", "", "Tgl", "date", "usual"]]
    assert full.dates_read.to_numpy().tolist() == [["a.csv", "", "date", "iso", "", 2]]
    assert ledger.rows.empty
    assert "runs cannot be linked" in ledger._repr_html_()


def test_the_ledger_escapes_what_it_shows() -> None:
    book = LedgerBuilder()
    book.open("<script>.csv", "", read=1)
    assert "<script>" not in book.close()._repr_html_()


def test_rows_read_in_parts_add_up_and_those_set_apart_are_no_matched_ones() -> None:
    book = LedgerBuilder()
    book.open("a.csv", "", read=4)
    book.open("a.csv", "", read=6, apart={"skipped": 2, "duplicate": 1})
    book.note(at(2), "blank_row", status="skipped")
    summary = book.close().summary()
    assert summary["estimate"].to_dict() == dict(zip(COUNTS, [10, 6, 0, 0, 1, 3], strict=True))
    assert summary["share"].to_dict() == dict(zip(COUNTS, [1.0, 0.6, 0.0, 0.0, 0.1, 0.3], strict=True))


def test_what_is_said_of_no_row_is_not_said() -> None:
    book = LedgerBuilder()
    book.note(at(), "bad_date", status="rejected")
    book.note_failures([], status="rejected")
    book.to_review(pd.DataFrame({"text": [], "suggestions": []}))
    assert book.close().rows.empty
    assert book.lists_in_doubt() == set()


def test_a_total_that_differs_is_a_warning_and_one_that_agrees_is_kept() -> None:
    book = LedgerBuilder()
    book.open("a.csv", "S", read=9)
    book.reconcile([(8, 6.0, 6.0, True), (9, 7.0, 6.5, False)], file="a.csv", sheet="S")
    ledger = book.close()
    assert ledger.reconciled.to_numpy().tolist() == [
        ["a.csv", "S", 8, 6.0, 6.0, True],
        ["a.csv", "S", 9, 7.0, 6.5, False],
    ]
    assert ledger.rows[["sheet", "row", "value", "reason", "status"]].to_numpy().tolist() == [
        ["S", 9, "7", "total_mismatch", "warning"]
    ]
    assert ledger.rows["problem"].tolist() == ["differs from the rows counted (6.5)"]
    assert ledger.by_file["matched"].tolist() == [9]


def test_lists_in_doubt_are_those_whose_days_may_be_exchanged() -> None:
    book = LedgerBuilder()
    book.note(at(2, sheet="A"), "exchanged_days", status="warning")
    book.note(at(2, sheet="B"), "bad_date", status="rejected")
    # sentences of their own about several things are no doubt about days
    book.note_failures([failure("exchanged_days", file="c.csv"), failure("bad_date", file="c.csv")], status="warning")
    assert book.lists_in_doubt() == {("a.csv", "A")}


def test_faults_of_whole_files_count_no_row_and_stand_behind_those_of_files_that_were_read() -> None:
    book = LedgerBuilder()
    book.open("b.csv", "", read=3)
    book.note_failures(
        [failure("bad_number", file="a.csv", row=1), failure("bad_number", file="b.csv")], status="rejected"
    )
    book.note(at(3, file="b.csv"), "bad_number", status="rejected")
    ledger = book.close()
    rows = [(row.file, None if pd.isna(row.row) else row.row) for row in ledger.rows.itertuples()]
    assert rows == [("b.csv", 3), ("b.csv", None), ("a.csv", 1)]
    assert ledger.by_file[["rejected", "matched"]].to_numpy().tolist() == [[1, 2]]
    assert [fault.row for fault in book.rejected()] == [3, None, 1]


def test_reasons_are_told_most_frequent_first_then_by_name() -> None:
    book = LedgerBuilder()
    book.note(at(2), "blank_row", status="skipped")
    book.note(at(3), "bad_number", status="rejected")
    book.note(at(4), "bad_date", status="rejected")
    book.note(at(5, 6), "nik_numeric", status="warning")
    assert book.close().by_reason().to_numpy().tolist() == [
        ["warning", "nik_numeric", 2],
        ["rejected", "bad_date", 1],
        ["rejected", "bad_number", 1],
        ["skipped", "blank_row", 1],
    ]


def test_an_event_that_was_rejected_is_lost_once_with_the_rows_of_its_people() -> None:
    book = LedgerBuilder()
    of_events = {"file": "events.csv", "sheet": ""}
    book.note(at(3, 4, file="events.csv"), "bad_date", status="rejected", column="date")
    book.note(at(3, file="events.csv"), "bad_number", status="rejected", column="capacity")
    book.note(at(5, file="events.csv"), "bad_number", status="warning", column="capacity")
    ids = pd.Series(["E3", "E3", "E9"])
    book.note(at(2, 3, 4), "rejected_event", status="rejected", column="event_id", values=ids)
    events = pd.DataFrame({**of_events, "row": [3, 4, 5], "key": ["E3", "081234567890", "E5"]})
    people = pd.DataFrame({"source_file": ["a.csv", "a.csv", "a.csv"], "event_id": ["E1", "E2", "E1"]})
    ledger = book.close(events=events, people=people, keys_linkable=True, without_key=4)
    lost = ledger.unused_events
    assert lost[["reason", "rows"]].to_numpy().tolist() == [["bad_date", 2], ["bad_date", 0]]
    assert lost["event_id"].iloc[0] == "E3"
    assert "0812" not in lost["event_id"].iloc[1]
    assert ledger.events_of_list == {"a.csv": ("E1", "E2")}
    assert "4 rows without a valid NIK; keys from the key file" in ledger._repr_html_()
    assert LedgerBuilder().close().unused_events.columns.equals(lost.columns)


# ---------- causes


def noted(*rows: tuple[Any, ...]) -> list[Cause]:
    """Causes of rows written as file, row, column, value, reason, status."""
    columns = ["file", "row", "column", "value", "reason", "status"]
    frame = pd.DataFrame(rows, columns=columns).astype({"row": "Int64"})
    return fold_causes(frame.assign(sheet="", problem="is wrong", remedy="correct it"))


def test_causes_of_a_file_quote_three_values_and_three_ranges() -> None:
    three = [("a.csv", row, "km", value, "bad_number", "rejected") for row, value in zip((2, 4, 6), "xyz", strict=True)]
    assert noted(*three)[0].text == "a.csv: 3 rows (2, 4, 6): km 'x', 'y', 'z' is wrong; correct it"
    more = [
        *three,
        ("a.csv", 7, "km", "x", "bad_number", "rejected"),
        ("a.csv", 9, "km", "v", "bad_number", "rejected"),
    ]
    assert [cause.text for cause in noted(*more, ("a.csv", 11, "km", "w", "bad_number", "rejected"))] == [
        "a.csv: 6 rows (2, 4, 6-7, ...): km 'x', 'y', 'z' and 2 others is wrong; correct it"
    ]


def test_the_worst_causes_stand_first_and_each_says_where() -> None:
    causes = noted(
        ("a.csv", 5, "", "", "blank_row", "skipped"),
        ("b.csv", 5, "", "", "blank_row", "skipped"),
        ("b.csv", 5, "", "", "blank_row", "skipped"),
        ("b.csv", None, "km", "", "missing", "stops"),
        ("a.csv", 7, "site", "", "rejected_site", "rejected"),
        ("a.csv", 8, "site_id", "", "rejected_site", "rejected"),
        ("a.csv", 6, "", "", "bad_date", "rejected"),
    )
    assert [(cause.status, cause.text.split(" is wrong")[0], cause.n) for cause in causes] == [
        ("stops", "b.csv: km", 0),
        ("rejected", "a.csv: 2 rows (7-8): site", 2),
        ("rejected", "a.csv: 1 row (6):", 1),
        ("skipped", "2 files: 2 rows:", 2),
    ]
    assert fold_causes(pd.DataFrame()) == []


@pytest.mark.parametrize(
    ("status", "remedy", "nothing"),
    [("skipped", "nothing to do", True), ("warning", "nothing to do", False), ("skipped", "look", False)],
)
def test_only_skipped_rows_with_nothing_to_do_are_settled(status: str, remedy: str, nothing: bool) -> None:
    row = Failure(file="a.csv", reason="blank_row", row=2, remedy=remedy)
    book = LedgerBuilder()
    book.note_failures([row], status=status)
    assert [cause.is_nothing_to_do for cause in fold_causes(book.close().rows)] == [nothing]


def test_ranges_are_short() -> None:
    assert row_ranges([2]) == "2"
    assert row_ranges([4, 2, 3, 3, 9]) == "2-4, 9"
    assert row_ranges([1, 3, 5]) == "1, 3, 5"
    assert row_ranges([1, 3, 5, 7]) == "1, 3, 5, ..."
