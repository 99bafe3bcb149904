"""Workbooks: read in a process of their own, and what XLSX, XLSB, ODS and old binary files say beside a value."""

from __future__ import annotations

import io
import os
import pickle
import re
import struct
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, BinaryIO
from xml.parsers import expat

import numpy as np
import pandas as pd

from outreach_analysis.contracts import ContractError, Failure, failure

# --- The container of Excel 97 workbooks: whether all of it is there, and the streams in it.


SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512
_SIZES = {9: 512, 12: 4096}
_NO_SECTOR = 0xFFFFFFFA
_FREE = 0xFFFFFFFF
_LISTED_IN_HEADER = 109
_ENTRY, _STREAM, _SMALLEST = 128, 2, 4096


def is_whole(content: bytes) -> bool:
    """Whether every sector that a compound file uses is in it; one cut short would silently lose its last rows."""
    size, following = _allocation(content)
    # the last sector may be cut to what is used of it, which for a table or a directory is all
    there = -(-len(content) // size) - 1 if size else 0
    last = np.flatnonzero(following != _FREE)
    return content.startswith(SIGNATURE) and bool(len(last)) and int(last[-1]) < there


def _allocation(content: bytes) -> tuple[int, np.ndarray]:
    """Size of a sector, and the sector that follows each; none where the table of them is not whole."""
    size = _SIZES.get(struct.unpack_from("<H", content, 30)[0], 0) if len(content) >= _HEADER else 0
    tables = _tables(content, size) if size else None
    if not tables or any((sector + 2) * size > len(content) for sector in tables):
        return size, np.array([], dtype="<u4")
    listed = [np.frombuffer(content, dtype="<u4", count=size // 4, offset=(sector + 1) * size) for sector in tables]
    return size, np.concatenate(listed)


def _tables(content: bytes, size: int) -> list[int] | None:
    """Sectors of the allocation table; None where their list leaves the file or runs in a circle."""
    listed = list(struct.unpack_from(f"<{_LISTED_IN_HEADER}I", content, 76))
    following, seen = struct.unpack_from("<I", content, 68)[0], set[int]()
    while following < _NO_SECTOR:
        if following in seen or (following + 2) * size > len(content):
            return None
        seen.add(following)
        *sectors, after = struct.unpack_from(f"<{size // 4}I", content, (following + 1) * size)
        listed += sectors
        following = after
    return [sector for sector in listed if sector < _NO_SECTOR]


def stream(content: bytes, names: Sequence[str]) -> bytes:
    """The first stream of one of these names; b'' where there is none of the size of a workbook."""
    size, following = _allocation(content)
    if not len(following):
        return b""
    directory = _chain(content, size, following, struct.unpack_from("<I", content, 48)[0])
    found: dict[str, tuple[int, int]] = {}
    for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        length, kind = struct.unpack_from("<HB", directory, at + 64)
        if kind == _STREAM and 2 <= length <= 64:
            name = directory[at : at + length - 2].decode("utf-16-le", errors="replace")
            found[name] = struct.unpack_from("<II", directory, at + 116)
    for name in names:
        first, length = found.get(name, (0, 0))
        if length >= _SMALLEST:
            return _chain(content, size, following, first)[:length]
    return b""


def _chain(content: bytes, size: int, following: np.ndarray, first: int) -> bytes:
    """The sectors of a chain, one behind the other; what leaves the file or runs in a circle ends it."""
    parts, seen = [], set[int]()
    while first < min(_NO_SECTOR, len(following)) and first not in seen:
        seen.add(first)
        parts.append(content[(first + 1) * size : (first + 2) * size])
        first = int(following[first])
    return b"".join(parts)


# --- What a reader of cell values does not tell of a workbook: cells in error, hidden rows, merged cells of .ods.


NO_VALUE = "a formula without its value"
"""Of a formula that was written by a program and never computed."""

NOT_HELD = "a text that is not in the file"
_ERROR = re.compile(r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|GETTING_DATA|SPILL!|CALC!)|Err:\d{3}|#{3,}")
_BIFF_ERRORS: Mapping[int, str] = MappingProxyType(
    {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
)
_WORTH_A_LOOK = re.compile(rb"""<(?:\w+:)?f[ >/]|t=["']e["']|hidden=|inlineStr["'][^>]*>\s*<(?:\w+:)?v|date1904""")
_ODS_WORTH_A_LOOK = re.compile(rb"""spanned=["'](?!1["'])|visibility=|["']error["']|#[A-Z/0]|Err:""")
_ROW_RECORD, _BOOL_OR_ERROR, _FORMULA, _BEGIN, _SHEET = 0x208, 0x205, 0x006, 0x809, 0x085
_HIDDEN_ROW, _IS_ERROR, _ERROR_RESULT = 0x20, 1, 2
_XLSB_ROW, _XLSB_BOOK, _XLSB_SHEET, _XLSB_MERGED = 0, 153, 156, 176
_XLSB_ERRORS, _XLSB_HIDDEN = (3, 11), 0x10
_MOST_REPEATED = 100_000
_CELL_NAME = re.compile(r"([A-Z]{1,3})(\d{1,7})")

_Place = tuple[int, int]


@dataclass(slots=True, kw_only=True)
class SheetMarks:
    """Marks of one sheet; rows and columns count from 0."""

    faults: dict[_Place, str] = field(default_factory=dict)
    texts: dict[_Place, str] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    spans: list[tuple[_Place, _Place]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class WorkbookMarks:
    """Marks of a workbook's sheets by name, and whether it counts its days from 1904."""

    sheets: dict[str, SheetMarks] = field(default_factory=dict)
    since_1904: bool = False


def is_error(text: str) -> bool:
    """Whether a text is what a spreadsheet shows for a cell in error."""
    return bool(_ERROR.fullmatch(text.strip()))


def without_errors(cells: pd.DataFrame) -> tuple[pd.DataFrame, dict[tuple[int, int], str]]:
    """Cells without those in error, and these by (row, column)."""
    faults: dict[tuple[int, int], str] = {}
    cells = cells.copy(deep=False)
    for position, column in enumerate(cells.columns):
        text = cells[column]
        suspects = text[text.str.startswith(("#", "Err:"))]
        rows = zip(suspects.index.tolist(), suspects.tolist(), strict=True)
        found = {row: word for row, cell in rows if is_error(word := str(cell).strip())}
        if found:
            faults |= {(row, position): word for row, word in found.items()}
            cells[column] = text.mask(text.index.isin(list(found)), "")
    return cells, faults


def workbook_marks(content: bytes) -> WorkbookMarks:
    """Marks of an .xlsx, .xlsb, .ods or .xls workbook."""
    if content.startswith(SIGNATURE):
        return _biff_marks(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = set(archive.namelist())
        if "content.xml" in parts:
            return _ods_marks(archive.read("content.xml"))
        return _xlsx_marks(archive, parts)


def _parse(content: bytes, start: Callable[[str, dict[str, str]], None], end: Callable[[str], None] | None = None,
           text: Callable[[str], None] | None = None) -> None:  # fmt: skip
    """Walk through XML by local names; entities of its own make a document no spreadsheet's."""

    def refuse(*_: object) -> None:
        raise ValueError("entities are declared")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, found: start(name.rpartition(":")[2], found)
    if end is not None:
        parser.EndElementHandler = lambda name: end(name.rpartition(":")[2])
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ValueError("no well-formed XML") from error


def _local(found: Mapping[str, str], name: str, default: str = "") -> str:
    """An attribute by its local name."""
    return next((value for key, value in found.items() if key.rpartition(":")[2] == name), default)


def _xlsx_marks(archive: zipfile.ZipFile, parts: set[str]) -> WorkbookMarks:
    marks = WorkbookMarks()
    main = next((part for part in sorted(parts) if re.fullmatch(r"xl/workbook\d*\.(xml|bin)", part)), "")
    if not main:
        return marks
    binary = main.endswith(".bin")
    sheets: list[tuple[str, str]] = []
    targets: dict[str, str] = {}

    def of_book(name: str, found: dict[str, str]) -> None:
        if name == "sheet":
            named = next((value for key, value in found.items() if key.endswith(":id")), "")
            sheets.append((found.get("name", ""), named))
        elif name == "workbookPr":
            marks.since_1904 |= _local(found, "date1904") in ("1", "true", "on")

    def of_relations(name: str, found: dict[str, str]) -> None:
        if name == "Relationship":
            targets[found.get("Id", "")] = found.get("Target", "")

    if binary:
        marks.since_1904, sheets = _xlsb_book(archive.read(main))
    else:
        _parse(archive.read(main), of_book)
    relations = str(PurePosixPath(main).parent / "_rels" / f"{PurePosixPath(main).name}.rels")
    if relations in parts:
        _parse(archive.read(relations), of_relations)
    for sheet, named in sheets:
        target = targets.get(named, "")
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        content = archive.read(part) if part in parts else b""
        if binary:
            marks.sheets[sheet] = _xlsb_marks(content)
        elif _WORTH_A_LOOK.search(content):
            marks.sheets[sheet] = _Cells().read(content)
    return marks


def _xlsb_book(content: bytes) -> tuple[bool, list[tuple[str, str]]]:
    """Whether days count from 1904, and name and relation of each sheet."""
    since_1904, sheets = False, []
    for kind, body in _xlsb_records(content):
        if kind == _XLSB_BOOK and body:
            since_1904 = bool(body[0] & 1)
        elif kind == _XLSB_SHEET:
            relation, after = _xlsb_text(body, 8)
            sheets.append((_xlsb_text(body, after)[0], relation))
    return since_1904, sheets


def _xlsb_marks(content: bytes) -> SheetMarks:
    marks = SheetMarks()
    row = -1
    for kind, body in _xlsb_records(content):
        if kind == _XLSB_ROW and len(body) >= 12:
            row = struct.unpack_from("<I", body)[0]
            if body[11] & _XLSB_HIDDEN:
                marks.hidden_rows.add(row)
        elif kind in _XLSB_ERRORS and len(body) >= 9:
            marks.faults[row, struct.unpack_from("<I", body)[0]] = _BIFF_ERRORS.get(body[8], "#N/A")
        elif kind == _XLSB_MERGED and len(body) >= 16:
            top, bottom, left, right = struct.unpack_from("<4I", body)
            marks.spans.append(((top, left), (bottom, right)))
    return marks


def _xlsb_records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and body of each record; both numbers are written seven bits a byte."""
    at = 0
    while at < len(content):
        kind, size = content[at], 0
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | content[at] << 7 if at < len(content) else 0
            at += 1
        for place, byte in enumerate(content[at : at + 4]):
            size |= (byte & 0x7F) << 7 * place
            at += 1
            if not byte & 0x80:
                break
        yield kind, content[at : at + size]
        at += size


def _xlsb_text(body: bytes, at: int) -> tuple[str, int]:
    end = at + 4 + 2 * struct.unpack_from("<I", body, at)[0]
    return body[at + 4 : end].decode("utf-16-le", errors="replace"), end


class _Cells:
    """Walks through one sheet of an .xlsx."""

    def __init__(self) -> None:
        self.marks = SheetMarks()
        self.row, self.column = -1, -1
        self.kind, self.formula, self.inside, self.text = "", False, "", ""

    def read(self, content: bytes) -> SheetMarks:
        _parse(content, self._start, self._end, self._characters)
        return self.marks

    def _start(self, name: str, found: dict[str, str]) -> None:
        if name == "row":
            self.row = int(found["r"]) - 1 if found.get("r", "").isdigit() else self.row + 1
            self.column = -1
            if found.get("hidden") in ("1", "true"):
                self.marks.hidden_rows.add(self.row)
        elif name == "c":
            at = _CELL_NAME.fullmatch(found.get("r", ""))
            self.column = column_number(at[1]) if at else self.column + 1
            self.kind, self.formula, self.text = found.get("t", "n"), False, ""
        elif name == "f":
            self.formula = True
        self.inside = name

    def _characters(self, text: str) -> None:
        if self.inside == "v":
            self.text += text

    def _end(self, name: str) -> None:
        self.inside = ""
        if name != "c":
            return
        place, text = (self.row, self.column), self.text.strip()
        if self.kind == "e":
            self.marks.faults[place] = text if is_error(text) else "#N/A"
        elif self.kind == "inlineStr" and text:
            # a number here may be the place of a text in another part of the file
            if text.isdigit():
                self.marks.faults[place] = NOT_HELD
            else:
                self.marks.texts[place] = text
        elif self.formula and not text and self.kind != "str":
            self.marks.faults[place] = NO_VALUE


def column_number(letters: str) -> int:
    """Position of a column from 0: 27 for 'AB'."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def _ods_marks(content: bytes) -> WorkbookMarks:
    marks = WorkbookMarks()
    if _ODS_WORTH_A_LOOK.search(content):
        marks.sheets = _OdsCells().read(content)
    return marks


class _OdsCells:
    """Walks through the content of an OpenDocument workbook."""

    def __init__(self) -> None:
        self.sheets: dict[str, SheetMarks] = {}
        self.now = SheetMarks()
        self.row, self.rows, self.column, self.columns = 0, 1, 0, 1
        self.in_cell, self.failed, self.text = False, False, ""

    def read(self, content: bytes) -> dict[str, SheetMarks]:
        _parse(content, self._start, self._end, self._characters)
        return self.sheets

    def _start(self, name: str, found: dict[str, str]) -> None:
        if name == "table":
            self.now = self.sheets.setdefault(_local(found, "name"), SheetMarks())
            self.row, self.rows = 0, 0
        elif name == "table-row":
            self.rows = _repeated(found, "number-rows-repeated")
            self.column, self.columns = 0, 0
            if _local(found, "visibility") in ("collapse", "filter"):
                self.now.hidden_rows.update(range(self.row, self.row + min(self.rows, _MOST_REPEATED)))
        elif name in ("table-cell", "covered-table-cell"):
            self.columns = _repeated(found, "number-columns-repeated")
            down, across = (_repeated(found, f"number-{way}-spanned") for way in ("rows", "columns"))
            if down > 1 or across > 1:
                top_left = (self.row, self.column)
                self.now.spans.append((top_left, (self.row + down - 1, self.column + across - 1)))
            self.in_cell, self.text = True, ""
            # calcext:value-type, beside office:value-type
            self.failed = any(key.endswith("value-type") and value == "error" for key, value in found.items())

    def _characters(self, text: str) -> None:
        if self.in_cell and len(self.text) < 20:
            self.text += text

    def _end(self, name: str) -> None:
        if name == "table-row":
            self.row += self.rows
        elif name in ("table-cell", "covered-table-cell"):
            text = self.text.strip()
            if self.failed or is_error(text):
                self.now.faults[self.row, self.column] = text if is_error(text) else "#N/A"
            self.column += self.columns
            self.in_cell = False


def _repeated(found: Mapping[str, str], name: str) -> int:
    value = _local(found, name, "1")
    return max(1, int(value)) if value.isdigit() else 1


def _biff_marks(content: bytes) -> WorkbookMarks:
    marks = WorkbookMarks()
    names: list[str] = []
    sheet = -1
    depth = SheetMarks()
    for kind, body in _records(stream(content, ("Workbook", "Book"))):
        if kind == _SHEET and len(body) > 8:
            names.append(_sheet_name(body))
        elif kind == 0x22 and len(body) >= 2:
            marks.since_1904 = body[0] == 1
        elif kind == _BEGIN and len(body) >= 4 and struct.unpack_from("<H", body, 2)[0] in (0x10, 0x20, 0x40):
            sheet += 1
            depth = SheetMarks()
            if sheet < len(names):
                marks.sheets[names[sheet]] = depth
        elif kind == _ROW_RECORD and len(body) >= 16 and body[12] & _HIDDEN_ROW:
            depth.hidden_rows.add(struct.unpack_from("<H", body)[0])
        elif kind == _BOOL_OR_ERROR and len(body) >= 8 and body[7] == _IS_ERROR:
            depth.faults[struct.unpack_from("<HH", body)] = _BIFF_ERRORS.get(body[6], "#N/A")
        elif kind == _FORMULA and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == _ERROR_RESULT:
            depth.faults[struct.unpack_from("<HH", body)] = _BIFF_ERRORS.get(body[8], "#N/A")
    return marks


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(content):
        kind, size = struct.unpack_from("<HH", content, at)
        yield kind, content[at + 4 : at + 4 + size]
        at += 4 + size


def _sheet_name(body: bytes) -> str:
    size, wide = body[6], body[7] & 1
    return body[8 : 8 + size * (2 if wide else 1)].decode("utf-16-le" if wide else "latin-1", errors="replace")


def fill_merged(rows: list[list[object]], spans: Iterable[tuple[_Place, _Place]]) -> None:
    """A value merged over many rows holds for each, in its first column; titles merged sideways stay."""
    for (top, left), (bottom, _) in spans:
        if top < bottom and top < len(rows) and left < len(rows[top]):
            for row in range(top + 1, min(bottom + 1, len(rows))):
                if left < len(rows[row]):
                    rows[row][left] = rows[top][left]


# --- Workbooks read in a process of their own, which is `python -m` this module: a few kilobytes can ask for gigabytes,
# and what reads them may end the process that it runs in. When that process dies, the file is refused by name.


MEMORY_VARIABLE, SECONDS_VARIABLE = "OUTREACH_WORKBOOK_MB", "OUTREACH_WORKBOOK_SECONDS"
"""Environment variables that set other limits for one workbook."""

MEMORY_MB, SECONDS = 1_500, 50
_LOOK_EVERY_S = 0.02
_LENGTH = struct.Struct("<Q")
_MODULE = "outreach_analysis.intake.workbooks"

_current: ContextVar[WorkbookProcess | None] = ContextVar("workbooks", default=None)


class WorkbookProcess:
    """The process that reads workbooks; started when it is first needed, and again after it had to be ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._memory_mb = int(os.environ.get(MEMORY_VARIABLE) or MEMORY_MB)
        self._seconds = float(os.environ.get(SECONDS_VARIABLE) or SECONDS)

    def start(self) -> None:
        """Let it load what it needs while other files are read here."""
        if self._process is None or self._process.poll() is not None:
            self._process = _started(self._memory_mb)

    def read(self, content: bytes, name: str) -> list[Any]:
        """The sheets of a workbook, as `cells.read_workbook` gives them."""
        self.start()
        process = self._process
        assert process is not None
        answer: list[bytes] = []
        asking = threading.Thread(target=_ask, args=(process, (content, name), answer), daemon=True)
        asking.start()
        why = self._watched(process, asking)
        if not answer:
            self.close()
            raise ContractError([failure("unsafe_file", file=name, expected=why)])
        tables, faults = pickle.loads(answer[0])
        if faults:
            raise ContractError(faults)
        found: list[Any] = tables
        return found

    def _watched(self, process: subprocess.Popen[bytes], asking: threading.Thread) -> str:
        """Wait for an answer, no longer and with no more memory than allowed; what was too much."""
        import psutil

        memory = f"more than {self._memory_mb:,} MB of memory, or it is damaged"
        until = time.monotonic() + self._seconds
        while True:
            asking.join(_LOOK_EVERY_S)
            if not asking.is_alive():
                return memory
            try:
                used = psutil.Process(process.pid).memory_info().rss
            except psutil.Error:
                used = 0
            late = time.monotonic() > until
            if late or used > self._memory_mb * 2**20:
                process.kill()
                asking.join()
                return f"more than {self._seconds:g} s to be read" if late else memory

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    # what was still to be sent to a process that has ended
                    continue
        process.wait()


@contextmanager
def workbook_process() -> Iterator[WorkbookProcess]:
    """One process for all workbooks that are read within; the one around it, where there is one already."""
    around = _current.get()
    if around is not None:
        yield around
        return
    process = WorkbookProcess()
    token = _current.set(process)
    try:
        yield process
    finally:
        _current.reset(token)
        process.close()


def _started(memory_mb: int) -> subprocess.Popen[bytes]:
    # one thread each: threads of linear algebra reserve memory that no workbook needs
    alone = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "ARROW_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    path = os.pathsep.join(part for part in sys.path if part)
    return subprocess.Popen(
        [sys.executable, "-m", _MODULE, str(memory_mb)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # a reader that gives up writes what it read there
        stderr=subprocess.DEVNULL,
        env={**os.environ, **alone, "PYTHONPATH": path},
        # an interrupt from the keyboard is for us, who end the process then
        start_new_session=True,
    )


def _ask(process: subprocess.Popen[bytes], question: object, answer: list[bytes]) -> None:
    try:
        _send(process.stdin, pickle.dumps(question, protocol=5))
        reply = _receive(process.stdout)
    except (OSError, ValueError):
        return
    if reply is not None:
        answer.append(reply)


def _send(stream: BinaryIO | Any, message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def _receive(stream: BinaryIO | Any) -> bytes | None:
    """One message; None where the other side has ended."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message: bytes = stream.read(length)
    return message if len(message) == length else None


def _limit_memory(memory_mb: int) -> None:
    """Let the system refuse more memory, where it can: a single request for gigabytes is faster than any watch."""
    try:
        import resource
    except ImportError:
        return
    import psutil

    allowed = psutil.Process().memory_info().vms + memory_mb * 2**20
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most != resource.RLIM_INFINITY:
        allowed = min(allowed, most)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (allowed, most))
    except (ValueError, OSError):
        # not on every system; the watch of the other side remains
        return


def _serve(source: BinaryIO, target: BinaryIO, memory_mb: int) -> None:
    from outreach_analysis.intake.cells import read_workbook

    _limit_memory(memory_mb)
    while (message := _receive(source)) is not None:
        content, name = pickle.loads(message)
        tables: list[Any] = []
        faults: tuple[Failure, ...] = ()
        try:
            tables = read_workbook(content, name)
        except ContractError as error:
            faults = error.items
        _send(target, pickle.dumps((tables, faults), protocol=5))
        del message, content, tables


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "wb")
    # whatever else would print must not stand among the answers
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    _serve(sys.stdin.buffer, answers, int(sys.argv[1]))
