"""The fast CSV parser gives the cells of the careful one, whatever the text."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.intake import text_files as csv_text

pytest.importorskip("pyarrow")
_CELL = st.text(alphabet='ab ",;\n\r\té\u00a0\u2028\ufeff', max_size=5)
_PIECES = st.lists(st.sampled_from([",", ";", '"', '""', "\n", "\r\n", "\r", "a", " ", "é", "\u2028", "\ufeff", "\t"]))


def _cells(frames: list[pd.DataFrame]) -> list[list[str]]:
    width = max((frame.shape[1] for frame in frames), default=0)
    return [row + [""] * (width - len(row)) for frame in frames for row in frame.to_numpy().tolist()]


def _careful(text: str, delimiter: str) -> list[list[str]] | str:
    try:
        return _cells(list(csv_text.careful_frames(text, delimiter)))
    except csv.Error as error:
        return str(error)


@settings(max_examples=150, deadline=None)
@given(_PIECES.map("".join), st.sampled_from(",;\t"), st.sampled_from([1, 9, 2**20]))
def test_any_text_reads_the_same_or_is_left_to_the_careful_reader(text: str, delimiter: str, block: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_text, "_BLOCK_BYTES", block)
        plain = csv_text._plain_frames(text, delimiter)
    assert plain is None or _cells(plain) == _careful(text, delimiter)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(_CELL, min_size=1, max_size=4), min_size=1, max_size=8),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from([1, 20, 2**20]),
)
def test_written_tables_read_the_same(
    rows: list[list[str]], delimiter: str, line_end: str, quoting: int, block: int
) -> None:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=line_end, quoting=quoting).writerows(rows)
    text = stream.getvalue()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_text, "_BLOCK_BYTES", block)
        plain = csv_text._plain_frames(text, delimiter)
    assert plain is None or _cells(plain) == _careful(text, delimiter)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_plain_text_with_quoted_line_breaks_is_read_by_the_fast_parser(line_end: str) -> None:
    text = line_end.join(['a,"b, ""c""\nd"', 'é,""', "NA,null", "", "x"]) + line_end
    plain = csv_text._plain_frames(text, ",")
    assert plain is not None
    assert _cells(plain) == [["a", 'b, "c"\nd'], ["é", ""], ["NA", "null"], ["", ""], ["x", ""]]


def test_only_the_stretch_with_a_ragged_row_is_read_with_care(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_text, "_BLOCK_BYTES", 40)
    careful: list[str] = []
    whole = csv_text.careful_frames
    monkeypatch.setattr(csv_text, "careful_frames", lambda text, mark: careful.append(text) or whole(text, mark))
    text = "a,b,c\n" * 50 + "total,9\n" + "a,b,c\n" * 50
    assert _cells(list(csv_text._plain_frames(text, ",") or [])) == _careful(text, ",")
    assert len(careful) == 1 + 1
    assert len(careful[0]) < 60
