"""Which rows below a header are data, and which are totals, footers, repeated headers or nothing."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from outreach_analysis.intake.columns import HeaderMap
from outreach_analysis.intake.date_forms import MONTH_NAMES, written_date
from outreach_analysis.intake.specs import ORIGIN, TableSpec
from outreach_analysis.intake.text_table import tidy
from outreach_analysis.intake.values import parse_numbers

KINDS = ("blank_row", "repeated_header", "total_row", "footer_row", "block_heading")
"""Rows that are no data, in the ledger `skipped` for this reason."""

_TOTAL = re.compile(
    r"(?:(?:sub|grand)[\s-]*)?(?:total|jumlah|jml|rekapitulasi)"
    r"(?:\s+(?:keseluruhan|seluruhnya|semua|akhir|pemohon|peserta|orang|peminat|total|hari ini|bulan ini))*"
    r"\s*[:=]?\s*(?P<number>[\d.,]+)?\s*(?:orang|pemohon|peserta)?\s*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\(?\d{1,3}\)?\.?")
_COUNT_UNIT = re.compile(r"\s*(?:orang|pemohon|peserta)\s*$", re.IGNORECASE)
_MONTH = "|".join(sorted((name for name in MONTH_NAMES), key=len, reverse=True))
_FOOTER = re.compile(
    r"(?:mengetahui|menyetujui|mengesahkan|disahkan|diperiksa|dibuat oleh|disusun oleh|yang membuat|pembuat daftar"
    r"|penanggung\s?jawab|tanda tangan|ttd\b|hormat kami"
    r"|(?:a\.?\s?n\.?\s+|plt\.?\s+|plh\.?\s+)?(?:kepala|kasi|kasubsi|kasubbag|kabid|ka\.?)"
    r"\s+(?:kantor|seksi|sub|bidang|bagian|urusan|divisi|unit|dinas|tata|desa|lalintal|intal|tikim|inteldakim)"
    r"|(?:kasi|kasubsi|koordinator|ketua (?:tim|panitia)|petugas|camat|lurah)\s*[,:]?\s*$"
    r"|nip\.?\s*[:.]?\s*[\d. ]{4,}|nip\.?\s*[:.]?\s*$"
    rf"|[^\W\d_][\w .'’-]{{2,30}},\s*(?:tanggal\s+|tgl\.?\s+)?(?:\d{{1,2}}|\.{{2,}}|…+)\s*(?:{_MONTH}|\.{{2,}}|…+)\s*"
    r"(?:\d{2,4}|\.{2,}|…+)?)",
    re.IGNORECASE,
)
_HEADING = re.compile(
    r"(?P<level>kabupaten|kab|kota|kecamatan|kec|kelurahan|kel|desa)(?:\s*[.:=]\s*|\s+)[:=]?\s*(?P<name>[^\W\d].*)",
    re.IGNORECASE,
)
_LEVELS = {"kab": "kabupaten", "kot": "kabupaten", "kec": "kecamatan", "kel": "desa", "des": "desa"}
_MIN_KNOWN, _FEW_CELLS, _FEWER_CELLS, _LEAST_SUMMED = 2, 3, 2, 2
_MOST_OF_A_ROW = 1e6
_ANY_ZONE = ZoneInfo("UTC")


def row_kinds(
    below: pd.DataFrame, taken: Mapping[int, pd.Series], header: Mapping[int, str], headers: HeaderMap, spec: TableSpec
) -> pd.Series:
    """'' for data, else one of `KINDS`.

    Parameters
    ----------
    below
        Cells of the rows below the header; index: row numbers.
    taken
        Tidied columns among them by position, those that stand for ours.
    header
        The header's cells by position.
    headers, spec
        What the header was taken for, and the kind of table.
    """
    kinds = pd.Series("", index=below.index, dtype=object)
    filled = pd.Series(False, index=below.index)
    for column in taken.values():
        if filled.all():
            break
        filled |= column != ""
    if not filled.all():
        rest = below[~filled].drop(columns=list(taken)).apply(tidy)
        # forms come with numbered empty lines: the number alone is not a person
        only_number = rest.map(lambda cell: not cell or bool(_NUMBERED.fullmatch(cell))).all(axis=1)
        kinds.loc[rest.index[only_number & ((rest != "").sum(axis=1) <= 1)]] = "blank_row"
    anchor_at = headers.positions.get(spec.anchor, next(iter(taken)))
    anchor = taken[anchor_at]
    anchored = spec.anchor in headers.positions
    suspected = (_no_anchor(anchor, dated=anchored and spec.anchor_is_date) & (kinds == "")).to_numpy(bool)
    checked: list[pd.Series] = []
    if suspected.any():
        suspects = below[suspected].apply(tidy)
        checked = [suspects[position] for position in below.columns]
    checked += [taken[headers.positions[name]] for name in spec.total_words_in if name in headers.positions]
    for text in checked:
        if (total := _is_total(text)).any():
            kinds.loc[text.index[total & (kinds.loc[text.index] == "")]] = "total_row"
    repeats = _repeats_header(below, {anchor_at: anchor, **taken}, header)
    if repeats.any():
        kinds[repeats & (kinds == "")] = "repeated_header"
    _mark_numbering(kinds, below.head(1).apply(tidy))
    if suspected.any():
        _mark_numbering(kinds, suspects)
        _mark_footers(kinds, below, suspected, dated=anchored)
        _mark_sums(kinds, suspects, taken, headers, spec)
        origins = [headers.positions[name] for name in ORIGIN if name in headers.positions]
        for row in headings(suspects[(kinds[suspected] == "").to_numpy(bool)].drop(columns=origins)):
            # beside a cell of an origin it is a person whose day is not written
            if not origins or (suspects.loc[row, origins] == "").all():
                kinds[row] = "block_heading"
    return kinds


def headings(rows: pd.DataFrame) -> dict[int, tuple[str, str]]:
    """(column, place as written) by row, of rows whose only cell names the place of the rows below it.

    Examples
    --------
    >>> headings(pd.DataFrame([["Kecamatan Bajeng", ""], ["KEC. BAJENG", "7"], ["Desak Rai", ""]], index=[4, 5, 6]))
    {4: ('kecamatan', 'Bajeng')}
    """
    found = {}
    for row, *cells in rows.itertuples():
        said = [cell for cell in cells if cell]
        if len(said) == 1 and (heading := _HEADING.fullmatch(said[0])):
            column = _LEVELS[heading["level"][:3].lower()]
            found[int(row)] = (column, said[0] if column == "kabupaten" else heading["name"])
    return found


def _no_anchor(anchor: pd.Series, *, dated: bool) -> pd.Series:
    """Rows whose anchor is blank, a word of a total, a place in front of a date, or a name: perhaps no data."""

    def odd(cell: str) -> bool:
        if not cell or (not cell[0].isdigit() and _TOTAL.fullmatch(cell)):
            return True
        if not dated:
            return False
        return bool(_NUMBERED.fullmatch(cell)) or not (cell[0].isdigit() or written_date(cell, _ANY_ZONE).form)

    return anchor.isin([cell for cell in anchor.unique() if odd(cell)])


def _is_total(text: pd.Series) -> pd.Series:
    """Whether a cell says 'total' or 'jumlah', and nothing else but a number and its unit."""
    return text.isin([cell for cell in text.unique() if _TOTAL.fullmatch(cell)])


def _repeats_header(below: pd.DataFrame, taken: Mapping[int, pd.Series], header: Mapping[int, str]) -> pd.Series:
    """Rows that say the header again."""
    same = pd.Series(True, index=below.index)
    for position, text in taken.items():
        said = tidy(pd.Series([header[position]], dtype="str"))[0].lower()
        candidates = text if same.all() else text[same]
        same[same] = candidates.isin([cell for cell in candidates.unique() if cell.lower() == said])
        if not same.any():
            break
    return same


def _mark_numbering(kinds: pd.Series, suspects: pd.DataFrame) -> None:
    """The row '(1) (2) (3)' that forms put below a header, on every page."""
    for row, *cells in suspects[kinds.loc[suspects.index] == ""].itertuples():
        digits = [cell.strip(" ().") for cell in cells if cell]
        if len(digits) > _MIN_KNOWN and digits == [str(n) for n in range(1, len(digits) + 1)]:
            kinds[row] = "repeated_header"


def _mark_footers(kinds: pd.Series, below: pd.DataFrame, suspected: np.ndarray, *, dated: bool) -> None:
    """Who signed where and when: from such words on, rows of few cells up to the next row of data.

    Of a sheet without a column of dates only what stands at its end can be told from people.
    """
    open_rows = below.index[suspected]
    cells = below.loc[open_rows].apply(tidy)
    few = (cells != "").sum(axis=1) <= (_FEW_CELLS if dated else _FEWER_CELLS)
    words = cells.apply(lambda column: column.map(lambda cell: bool(_FOOTER.match(cell)))).any(axis=1)
    if not (words & few).any():
        return
    # blank rows belong to what surrounds them
    may_belong = (kinds != "").to_numpy() | below.index.isin(open_rows[few.to_numpy(bool)])
    starts = below.index.isin(open_rows[(words & few).to_numpy(bool)])
    inside = False
    last_data = -1 if dated else int(np.flatnonzero(~may_belong).max(initial=-1))
    for at, row in enumerate(below.index):
        inside = may_belong[at] and (inside or (starts[at] and at > last_data))
        if inside and kinds[row] == "":
            kinds[row] = "footer_row"


def _mark_sums(
    kinds: pd.Series, suspects: pd.DataFrame, taken: Mapping[int, pd.Series], headers: HeaderMap, spec: TableSpec
) -> None:
    """Total rows without the word: nothing but numbers, and these are the sum or the number of the rows above."""
    open_rows = suspects[(kinds.loc[suspects.index] == "").to_numpy(bool)]
    for row, *cells in open_rows.itertuples():
        said = [cell for cell in cells if cell]
        if not said or not all(is_count(cell) for cell in said):
            continue
        above = kinds.index[(kinds == "").to_numpy(bool) & (kinds.index < row)]
        since = kinds.index[(kinds == "total_row").to_numpy(bool) & (kinds.index < row)].max()
        groups = [above, above[above > since]] if pd.notna(since) else [above]
        if spec.quantity in headers.positions:
            at = headers.positions[spec.quantity]
            stated = _count(str(taken[at].loc[row]))
            sums = [
                parse_numbers(taken[at].loc[rows], whole=True).sum() for rows in groups if len(rows) >= _LEAST_SUMMED
            ]
        else:
            stated = _count(said[-1]) if len(said) == 1 else float("nan")
            sums = [float(len(rows)) for rows in groups if len(rows) >= _LEAST_SUMMED]
        if stated in sums:
            kinds[row] = "total_row"


def reconciled(
    totals: pd.DataFrame, data: pd.DataFrame, headers: HeaderMap, spec: TableSpec
) -> list[tuple[int, float, float, bool]]:
    """What each total row says beside the rows above it, since the last total or since the header.

    Returns
    -------
    (row, stated, counted, agrees) for each total row that states a number.
    """
    if spec.quantity in data.columns:
        said = parse_numbers(data[spec.quantity], whole=True)
        # a phone that slipped into this column must not be told by the sum
        amount = said.where(said <= _MOST_OF_A_ROW, 0)
    else:
        amount = pd.Series(1.0, index=data.index)
    previous = 0
    found = []
    for row, cells in zip(totals.index.to_list(), totals.to_dict("records"), strict=True):
        above = amount[amount.index < row]
        both = (float(above[above.index > previous].sum()), float(above.sum()))
        previous = row
        stated = _stated(cells, headers, spec)
        if stated:
            agreeing = [number for number in stated if number in both]
            number = agreeing[0] if agreeing else stated[0]
            found.append((row, number, number if agreeing else both[0], bool(agreeing)))
    return found


def _stated(cells: Mapping[Hashable, str], headers: HeaderMap, spec: TableSpec) -> list[float]:
    """Numbers that a total row may mean: the quantity's cell, numbers beside the word, other lone numbers."""
    ordered = [cells[headers.positions[spec.quantity]]] if spec.quantity in headers.positions else []
    ordered += cells.values()
    texts = []
    for cell in ordered:
        word = _TOTAL.fullmatch(cell)
        number = (word.group("number") or "") if word else cell
        texts.append(_COUNT_UNIT.sub("", number) if is_count(number) else "")
    numbers = parse_numbers(pd.Series(texts, dtype="str"), whole=True).dropna()
    return [float(number) for number in np.asarray(numbers)]


def is_count(cell: str) -> bool:
    """Whether a cell is a number of people: six digits at most, since a phone beside the word is no total.

    Examples
    --------
    >>> [is_count(cell) for cell in ("42 orang", "1.234", "081299990001")]
    [True, True, False]
    """
    return bool(re.fullmatch(r"\d{1,6}|\d{1,3}[.,]\d{3}", _COUNT_UNIT.sub("", cell)))


def _count(cell: str) -> float:
    return float(parse_numbers(pd.Series([_COUNT_UNIT.sub("", cell)]), whole=True).iloc[0])
