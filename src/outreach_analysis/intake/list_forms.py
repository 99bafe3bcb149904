"""Lists in other forms: messages of a chat, and one row a month and area."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.intake.cells import HEAD_ROWS, RawSheet, RawText
from outreach_analysis.intake.headers import INTEREST, OFFICE_MONTHLY, map_headers
from outreach_analysis.intake.identity import plain_phones
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.rows import parse_months, parse_numbers
from outreach_analysis.intake.text_files import CELL_FAULTS, TextTable, list_frame, no_faults, tidy
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.workbook import column_letter

# --- Lists of interested people as they are pasted from a chat: '1. Nama - 08... - desa', one line a person.


CHAT_COLUMNS = ("date", "area", "people", "phone", "nik", "source")
CHAT_SOURCE = "chat"

_DAY = r"(?P<day>\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{4}|\d{2}))"
_CLOCK = r"\d{1,2}[.:]\d{2}(?:[.:]\d{2})?(?:\s?[AaPp]\.?[Mm]\.?)?"
_MESSAGES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"\[{_DAY},?\s+{_CLOCK}\]\s*(?P<rest>.*)",
        rf"\[{_CLOCK},?\s+{_DAY}\]\s*(?P<rest>.*)",
        rf"{_DAY},?\s+(?:pukul\s+)?{_CLOCK}\s+[-–—]\s+(?P<rest>.*)",
    )
)
_SENDER = re.compile(r"[^:]{1,60}:(?:\s+|$)(?P<said>.*)")
_DATED = re.compile(rf"(?:[^\d:]*:)?[^\d]*{_DAY}[^\d]*")
_NUMBERING = re.compile(r"\s*(?:[(\[]?\d{1,3}\s*[.)\]:]+|\d{1,3}\s+[-–—]|\d{1,3}(?=\s+[^\W\d])|[-–—•*▪➢>]+\s)\s*")
_COUNTED = re.compile(r"\s*[(\[]?\d")
_PHONE = re.compile(r"(?<!\d)(?:\+?62[\s.\-]?(?:\(0\))?|0)?8\d{1,4}(?:[\s.\-]?\d{3,5}){1,3}(?!\d)")
_NIK = re.compile(r"(?<!\d)\d{16}(?!\d)")
_PEOPLE = re.compile(r"[(\[]?\b(?P<people>\d{1,4})\s*(?:orang|org|jiwa|peserta)\b[)\]]?", re.IGNORECASE)
_ON_BEHALF = re.compile(r"\b(?:a[./]?\s?n\.?|atas nama)(?=[\s:])\s*:?\s*", re.IGNORECASE)
_LABEL = re.compile(r"\b(?:no\.?\s*)?(?:hp|wa|telp|tlp|nik|ktp)\b\s*[.:]?\s*(?=[-–—,;/|]|$)", re.IGNORECASE)
_APART = re.compile(r"\s+[-–—]+\s*|\s*[-–—]+\s+|\s*[,;/|\t]+\s*|\s*_{2,}\s*|\x1f")
_NUMBER = "\x1f"
_EDGES = " \t-–—,;/|:.()_*"


class _Entry(NamedTuple):
    """One person of a list: what the line says, in its parts."""

    name: str
    place: str
    phone: str
    nik: str
    people: str


def is_chat(text: str) -> bool:
    """Whether a text is pasted from a chat: no row of headers, and a message's head or an entry in it."""
    lines = text.splitlines()
    for line in lines[:HEAD_ROWS]:
        if any(len(map_headers(line.split(mark), INTEREST).positions) > 1 for mark in ";,\t"):
            return False
    return any(_message(line) or (_NUMBERING.match(line) and _entry(line).phone) for line in lines)


def chat_table(raw: RawText, *, month_first: bool, book: LedgerBuilder) -> TextTable:
    """The people of a chat, one row a line, and the account of the lines that name nobody."""
    lines = raw.text.splitlines()
    book.open(raw.file, "", read=len(lines))
    date = _date_of(raw.file.rpartition("/")[2], month_first)
    entries: list[tuple[int, str, _Entry]] = []
    blank: list[int] = []
    talk: list[int] = []
    for number, line in enumerate(lines, start=1):
        said = _plain_message(line)
        if message := _message(said):
            date, said = _iso(message["day"], month_first), _said(message["rest"])
        elif dated := _DATED.fullmatch(said):
            date = _iso(dated["day"], month_first)
        if not said:
            (talk if message else blank).append(number)
        elif _is_entry(said):
            entries.append((number, date, _entry(said)))
        else:
            talk.append(number)
    for numbers, reason in ((blank, "blank_row"), (talk, "chat_line")):
        book.note(pd.DataFrame({"file": raw.file, "sheet": "", "row": numbers}), reason, status="skipped")
    return _table(raw, entries)


def _table(raw: RawText, entries: Sequence[tuple[int, str, _Entry]]) -> TextTable:
    people = [entry for _, _, entry in entries]
    rows = pd.DataFrame(
        {
            "date": [date for _, date, _ in entries],
            "area": [entry.place for entry in people],
            "people": [entry.people for entry in people],
            "phone": [entry.phone for entry in people],
            "nik": [entry.nik for entry in people],
            "source": CHAT_SOURCE,
        },
        columns=list(CHAT_COLUMNS),
    ).astype("str")
    return TextTable(
        rows=rows.apply(tidy) if len(rows) else rows,
        lists=list_frame(raw.file, "", raw.digest, columns=" ".join(CHAT_COLUMNS)),
        list_of=np.zeros(len(rows), dtype=int),
        row_numbers=np.array([number for number, _, _ in entries], dtype=int),
        names=pd.Series([entry.name for entry in people], dtype="str"),
        numeric_nik=pd.Series(False, index=rows.index),
        cell_faults=no_faults(),
    )


def _plain_message(line: str) -> str:
    """A line without the marks of direction that phones put in, and with one kind of space."""
    return re.sub(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", line).replace("\u00a0", " ").strip(" \t~")


def _message(line: str) -> re.Match[str] | None:
    return next((found for pattern in _MESSAGES if (found := pattern.match(_plain_message(line)))), None)


def _said(rest: str) -> str:
    """What a message says; '' for a notice of the chat itself, which has no sender."""
    sender = _SENDER.fullmatch(rest)
    return sender["said"].strip() if sender else ""


def _is_entry(said: str) -> bool:
    if _DATED.fullmatch(said):
        return False
    return bool(_COUNTED.match(said) and _NUMBERING.match(said)) or bool(_PHONE.search(said) or _NIK.search(said))


def _entry(line: str) -> _Entry:
    rest = _plain_message(line)
    rest = _NUMBERING.sub("", rest, count=1) if _NUMBERING.match(rest) else rest
    rest = _ON_BEHALF.sub("", rest)
    people = _PEOPLE.search(rest)
    rest = _PEOPLE.sub("", rest)
    nik = _NIK.search(rest)
    # the NIK first: its digits may look like a phone's
    rest = _NIK.sub(_NUMBER, rest)
    phone = next((found for found in _PHONE.finditer(rest) if _is_phone(found[0])), None)
    before, after = (rest[: phone.start()], rest[phone.end() :]) if phone else rest.partition(_NUMBER)[::2]
    name, place = _sides(_parts(before), _parts(after))
    return _Entry(
        name=name,
        place=place,
        phone=phone[0] if phone else "",
        nik=nik[0] if nik else "",
        people=people["people"] if people and (phone or nik) else "",
    )


def _sides(before: list[str], after: list[str]) -> tuple[str, str]:
    """Name and place from what stands before and behind the number."""
    if before and after:
        return " ".join(before), ", ".join(after)
    parts = before or after
    # the order is not sure here, and a name must not be shown as a place
    return " ".join(parts), ", ".join(parts[1:])


def _parts(text: str) -> list[str]:
    return [part for piece in _APART.split(_LABEL.sub("", text)) if (part := piece.strip(_EDGES))]


def _is_phone(text: str) -> bool:
    return bool(plain_phones(pd.Series([text], dtype="str"))[0])


def _iso(day: str, month_first: bool) -> str:
    """A day as ISO; as it stands where there is no such day."""
    first, second, year = (int(part) for part in re.split(r"[/.\-]", day))
    number, month = (second, first) if month_first else (first, second)
    try:
        return dt.date(year + 2000 if year < 100 else year, month, number).isoformat()
    except ValueError:
        return day


def _date_of(file: str, month_first: bool) -> str:
    iso = re.search(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)", file)
    if iso:
        return iso[0]
    day = re.search(rf"(?<!\d){_DAY}(?!\d)", file)
    return _iso(day["day"], month_first) if day else ""


# --- Counts of the office as a table with areas down and months across, turned into one row an area and month.


_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_TOTAL = re.compile(r"(?:grand[\s-]*|sub[\s-]*)?(?:total|jumlah|jml)\b.*", re.IGNORECASE)
_NUMBERED = re.compile(r"\(?\d{1,3}\)?\.?")
_FEWEST_MONTHS = 2
_MOST_IN_A_CELL = 1e6


class _Header(NamedTuple):
    """Where a table with months across has its header, its areas and its months."""

    row: int
    places: dict[str, int]
    months: dict[int, str]


def take_wide(
    sheets: Sequence[RawSheet], *, extra: Mapping[str, str], book: LedgerBuilder
) -> tuple[list[TextTable], list[RawSheet]]:
    """Tables with months across, as rows of area, month and number; and the sheets that are none."""
    tables, others = [], []
    for sheet in sheets:
        header = None if sheet.hidden else _find(sheet, extra)
        if header is None:
            others.append(sheet)
        else:
            tables.append(_long(sheet, header, extra, book))
    return tables, others


def _find(sheet: RawSheet, extra: Mapping[str, str]) -> _Header | None:
    found: list[_Header] = []
    years = set(_YEAR.findall(f"{sheet.file} {sheet.sheet}"))
    above: set[str] = set()
    for row, *cells in sheet.cells.head(HEAD_ROWS).itertuples():
        texts = tidy(pd.Series([str(cell) for cell in cells], dtype="str")).to_list()
        taken = map_headers(texts, OFFICE_MONTHLY, extra=extra).positions
        places = {name: at for name, at in taken.items() if name not in ("month", "applicants")}
        year = above if len(above) == 1 else years
        if places and "month" not in taken:
            months = _months(texts, next(iter(year)) if len(year) == 1 else "")
            if len(months) >= _FEWEST_MONTHS:
                found.append(_Header(int(row), places, months))
        above |= {each for text in texts for each in _YEAR.findall(text)}
    return max(found, key=lambda header: len(header.months), default=None)


def _months(texts: Sequence[str], year: str) -> dict[int, str]:
    """By position the months that header cells name; none where one month stands twice."""
    said = pd.Series(list(texts), dtype="str")
    with_year = said.where(~said.str.fullmatch(r"[A-Za-z]+\.?"), said + " " + year)
    # 'Januari 2026' and '2026 Januari' alike
    turned = with_year.str.replace(r"^(\d{4})[\s\-/]+([A-Za-z]+)\.?$", r"\2 \1", regex=True)
    months = parse_months(turned.where(~said.str.fullmatch(r"\d*"), ""), date_format="%d/%m/%Y").dropna()
    return {} if months.duplicated().any() else {int(str(at)): f"{month:%Y-%m}" for at, month in months.items()}


def _long(sheet: RawSheet, header: _Header, extra: Mapping[str, str], book: LedgerBuilder) -> TextTable:
    below = sheet.cells.loc[header.row + 1 :].apply(tidy)
    book.open(sheet.file, sheet.sheet, read=len(below))
    headers = tidy(pd.Series([str(cell) for cell in sheet.cells.loc[[header.row]].iloc[0]], dtype="str")).to_list()
    column_at = {at: name for name, at in header.places.items()} | dict.fromkeys(header.months, "month")
    known = {title: how for title, _, how in map_headers(headers, OFFICE_MONTHLY, extra=extra).taken}
    how = {at: "usual" if at in header.months else known[headers[at]] for at in column_at}
    titles = [(mask_identifiers(title), column_at.get(at, ""), how.get(at, "ignored"))
              for at, title in enumerate(headers) if title]  # fmt: skip
    book.take_columns(sheet.file, sheet.sheet, titles)
    kinds = _kinds(below, header, sheet)
    for kind in ("blank_row", "total_row", "repeated_header"):
        numbers = below.index[kinds == kind].to_numpy()
        at = pd.DataFrame({"file": sheet.file, "sheet": sheet.sheet, "row": numbers})
        book.note(at, kind, status="skipped")
    data = below[kinds == ""]
    _reconcile(below[kinds == "total_row"], data, header, sheet, book)
    parts = [
        data[list(header.places.values())]
        .set_axis(list(header.places), axis=1)
        .assign(month=month, applicants=data[at], in_error=[(row, at) in sheet.faults for row in data.index], at=at)
        .loc[lambda rows: (rows["applicants"] != "") | rows["in_error"]]
        for at, month in header.months.items()
    ]
    rows = pd.concat(parts).sort_index(kind="stable")
    faults = _cell_faults(sheet, rows, header)
    rows = rows.drop(columns=["in_error", "at"])
    return TextTable(
        rows=rows.reset_index(drop=True),
        lists=list_frame(
            sheet.file, sheet.sheet, sheet.digest, columns=" ".join(rows.columns), since_1904=sheet.since_1904
        ),
        list_of=np.zeros(len(rows), dtype=int),
        row_numbers=rows.index.to_numpy(),
        names=pd.Series("", index=pd.RangeIndex(len(rows)), dtype="str"),
        numeric_nik=pd.Series(False, index=pd.RangeIndex(len(rows))),
        cell_faults=faults,
    )


def _cell_faults(sheet: RawSheet, rows: pd.DataFrame, header: _Header) -> pd.DataFrame:
    """Cells in error: a number belongs to its month, a cell that names the area to every month of its row."""
    found = [
        (number, column, f"{column_letter(position)}{row}: {sheet.faults[int(row), position]}")
        for number, (row, at) in enumerate(zip(rows.index, rows["at"], strict=True))
        for column, position in {**header.places, "applicants": int(at)}.items()
        if (int(row), position) in sheet.faults
    ]
    return pd.DataFrame(found, columns=list(CELL_FAULTS)).astype({"at": "int64", "column": "str", "value": "str"})


def _kinds(below: pd.DataFrame, header: _Header, sheet: RawSheet) -> pd.Series:
    """'' for data, else why a row is none: blank_row, total_row, repeated_header (also the row '(1) (2) (3)')."""
    places, months = below[list(header.places.values())], below[list(header.months)]
    kinds = pd.Series("", index=below.index, dtype=object)
    read = {*header.places.values(), *header.months}
    in_error = below.index.isin([row for row, position in sheet.faults if position in read])
    kinds[(places == "").all(axis=1) & (months == "").all(axis=1) & ~in_error] = "blank_row"
    # the word may stand in the number's column, left of the areas
    total = below.drop(columns=list(header.months)).map(lambda cell: bool(_TOTAL.fullmatch(cell))).any(axis=1)
    kinds[total & (kinds == "")] = "total_row"
    for cells in below.head(1).to_dict("records"):
        said = [cell for cell in cells.values() if cell]
        digits = [int(cell.strip("(). ")) for cell in said if _NUMBERED.fullmatch(cell)]
        if len(digits) == len(said) > _FEWEST_MONTHS and digits == list(range(1, len(digits) + 1)):
            kinds.iloc[0] = "repeated_header"
    return kinds


def _reconcile(totals: pd.DataFrame, data: pd.DataFrame, header: _Header, sheet: RawSheet, book: LedgerBuilder) -> None:
    """Total rows against the rows above them, all months together."""

    def people(rows: pd.DataFrame) -> float:
        numbers = parse_numbers(pd.Series(rows[list(header.months)].to_numpy().ravel(), dtype="str"), whole=True)
        return float(numbers.where(numbers <= _MOST_IN_A_CELL).sum())

    for row in totals.index:
        stated, counted = people(totals.loc[[row]]), people(data[data.index < row])
        if stated:
            book.reconcile([(int(row), stated, counted, stated == counted)], file=sheet.file, sheet=sheet.sheet)
