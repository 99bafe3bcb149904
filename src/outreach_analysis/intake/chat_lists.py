"""Lists of interested people as they are pasted from a chat: '1. Nama - 08... - desa', one line a person."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.intake.columns import map_headers
from outreach_analysis.intake.identity import plain_phones
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.readers import HEAD_ROWS, RawText
from outreach_analysis.intake.specs import INTEREST
from outreach_analysis.intake.text_table import TextTable, list_frame, no_faults, tidy

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
    """Whether a text is pasted from a chat: no row of headers, and a message's head or an entry in it.

    Examples
    --------
    >>> is_chat("1. Contoh - 081299990001 - Loa Kulu"), is_chat("tanggal;desa;no hp\\n1/2/2025;Loa Kulu;08129")
    (True, False)
    """
    lines = text.splitlines()
    for line in lines[:HEAD_ROWS]:
        if any(len(map_headers(line.split(mark), INTEREST).positions) > 1 for mark in ";,\t"):
            return False
    return any(_message(line) or (_NUMBERING.match(line) and _entry(line).phone) for line in lines)


def chat_table(raw: RawText, *, month_first: bool, book: LedgerBuilder) -> TextTable:
    """The people of a chat, one row a line, and the account of the lines that name nobody.

    A line is an entry where it begins with a number or holds a phone or a NIK. Its date is that of its message
    (`[12/10/2026 09.12] Budi:` and the like), else of the last line that holds nothing but a date, else of the
    file's name; the sender is dropped. What stands before the phone is the name, what stands behind it the place.
    Where nothing stands on one side, the first part is the name, and no part of it is shown to anybody.

    Parameters
    ----------
    raw
        The file's name, text and fingerprint.
    month_first
        Whether dates are written month before day.
    book
        Where the lines are accounted for.

    Returns
    -------
    TextTable
        `CHAT_COLUMNS`; `row_numbers` are the numbers of the lines.
    """
    lines = raw.text.splitlines()
    book.open(raw.file, "", read=len(lines))
    date = _date_of(raw.file.rpartition("/")[2], month_first)
    entries: list[tuple[int, str, _Entry]] = []
    blank: list[int] = []
    talk: list[int] = []
    for number, line in enumerate(lines, start=1):
        said = _plain(line)
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


def _plain(line: str) -> str:
    """A line without the marks of direction that phones put in, and with one kind of space."""
    return re.sub(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]", "", line).replace("\u00a0", " ").strip(" \t~")


def _message(line: str) -> re.Match[str] | None:
    return next((found for pattern in _MESSAGES if (found := pattern.match(_plain(line)))), None)


def _said(rest: str) -> str:
    """What a message says; '' for a notice of the chat itself, which has no sender."""
    sender = _SENDER.fullmatch(rest)
    return sender["said"].strip() if sender else ""


def _is_entry(said: str) -> bool:
    if _DATED.fullmatch(said):
        return False
    return bool(_COUNTED.match(said) and _NUMBERING.match(said)) or bool(_PHONE.search(said) or _NIK.search(said))


def _entry(line: str) -> _Entry:
    rest = _NUMBERING.sub("", _plain(line), count=1) if _NUMBERING.match(_plain(line)) else _plain(line)
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
