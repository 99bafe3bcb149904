"""Values of one table's rows: words, numbers and ids read, every fault noted with its place."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from outreach_analysis.contracts import OWN_NUMBERS, Column, Failure, Table, failure
from outreach_analysis.geocoding.names import Words, words_of
from outreach_analysis.geocoding.parsing import plain_header
from outreach_analysis.intake.dates import FIRST_DAY, MONTH_NAMES, DateList, parse_dates, settle_dates, written_date
from outreach_analysis.intake.identity import PersonKey
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.text_files import TextTable
from outreach_analysis.masking import MASK, mask_identifiers
from outreach_analysis.settings import Settings

# --- Text to months, numbers and known words; and text that may be shown to others.


HIDDEN = "[text not shown]"
"""Stands in place of a text that may tell of a person."""

_DATE_SHAPED = re.compile(
    r"(?:(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad),?\s+)?"
    r"(?:\d{1,2}[./\- ](?:\d{1,2}|[A-Za-z]{3,9})[./\- ](?:\d{4}|\d{2})|\d{4}[./\-]\d{1,2}[./\-]\d{1,2}"
    r"|\d{1,2}[./\-]\d{4}|\d{4}[./\-]\d{1,2}|\d{1,5})"
    r"(?:(?:T|,? )[\d:.]{3,12}(?: ?[AP]M)?(?: ?(?:WIB|WITA|WIT|Z|(?:GMT|UTC)?[+-]\d{1,2}(?::?\d{2})?))?)?",
    re.IGNORECASE,
)
_DATE_WORDS = (
    *("senin", "selasa", "rabu", "kamis", "jumat", "jum", "at", "sabtu", "minggu", "ahad"),
    *("t", "am", "pm", "wib", "wita", "wit", "z", "gmt", "utc"),
)
_NUMBER_SHAPED = re.compile(r"[-+]?(?:Rp\.?\s?)?[\d.,]{1,12}")
_ID_SHAPED = re.compile(r"(?=.*\d)[A-Za-z0-9]+(?:[._/\-][A-Za-z0-9]+)*")
_LETTERS = re.compile(r"[A-Za-z]{3,}")
_LONGEST = 120
_ANY_ZONE = ZoneInfo("UTC")
_WORDS = words_of("intake")
_YES, _NO = _WORDS["said"]["yes"], _WORDS["said"]["no"]


def _by_distinct(text: pd.Series, parse: Callable[[str], object]) -> pd.Series:
    """Apply to each distinct text once: lists repeat themselves."""
    parsed = {value: parse(str(value)) for value in text.dropna().unique()}
    return text.map(parsed).astype(object)


def text_by_distinct(text: pd.Series, word: Callable[[str], str | None]) -> pd.Series:
    """A text for each text, found once for each distinct one; missing where it is None."""
    codes, distinct = pd.factorize(text)
    words = pd.array([word(str(value)) for value in distinct], dtype="str")
    return pd.Series(words.take(codes, allow_fill=True), index=text.index, name=text.name)


def parse_months(text: pd.Series, *, date_format: str) -> pd.Series:
    """First days of months: '2024-10', '10/2024', 'Okt 2024', 'Oktober 2024', 'Okt-24', or any date in it."""

    def month(value: str) -> str | None:
        value = value.strip().casefold()
        if found := re.fullmatch(r"([0-9]{4})[-/. ]([0-9]{1,2})", value):
            year, number = int(found.group(1)), int(found.group(2))
        elif found := re.fullmatch(r"([0-9]{1,2})[-/. ]([0-9]{4})", value):
            year, number = int(found.group(2)), int(found.group(1))
        elif found := re.fullmatch(r"([a-z]+)\.?[-/ ,]*'?([0-9]{4}|[0-9]{2})", value):
            year, number = int(found.group(2)), MONTH_NAMES.get(found.group(1), 0)
            year += 2000 if year < 100 else 0
        else:
            return None
        return f"{year:04d}-{number:02d}-01" if 1 <= number <= 12 and year >= FIRST_DAY.year else None

    named = parse_dates(_by_distinct(text, month), date_format="%Y-%m-%d")
    days = parse_dates(text, date_format=date_format)
    return named.fillna(days.dt.to_period("M").dt.to_timestamp().dt.as_unit("s"))


def parse_numbers(text: pd.Series, *, whole: bool = False) -> pd.Series:
    """Numbers as Indonesians and as computers write them."""
    return _by_distinct(text, lambda value: _number(value, whole=whole)).astype(float)


def _number(text: str, *, whole: bool) -> float:
    value = re.sub(r"^rp\.?\s*", "", text.strip().casefold()).rstrip("°").replace("−", "-")
    value = re.sub(r"(?<=[0-9])\s(?=[0-9]{3}\b)", "", value)
    if re.fullmatch(r"[-+]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?", value) and (
        whole or "," in value or value.count(".") > 1
    ):
        value = value.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", value) and (
        whole or "." in value or value.count(",") > 1
    ):
        value = value.replace(",", "")
    elif re.fullmatch(r"[-+]?[0-9]+,[0-9]+", value):
        value = value.replace(",", ".")
    if re.match(r"[+0][0-9]{7}", value):
        return np.nan  # a telephone number
    if not re.fullmatch(r"[-+]?([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)(e[-+]?[0-9]{1,2})?", value):
        return np.nan
    number = float(value)
    return np.nan if whole and not number.is_integer() else number


def parse_yes_no(text: pd.Series) -> pd.Series:
    """True for ya/yes/true/1, False for tidak/no/false/0 and blank, None for anything else."""

    def answer(value: str) -> bool | None:
        word = value.strip().casefold()
        return True if word in _YES else False if word in _NO or not word else None

    return _by_distinct(text, answer)


def shown(text: pd.Series, kind: str, *, personal: bool) -> pd.Series:
    """A faulty text as it may be shown. In lists of people cells slip sideways and a name may stand where a date
    should: only texts shaped like a date, a number or an id are shown there; elsewhere identifiers are masked."""
    if kind == "desk_answer":
        return shown_desk_answers(text)
    shapes = {"date": _DATE_SHAPED, "month": _DATE_SHAPED, "id": _ID_SHAPED}
    shape = shapes.get(kind, _NUMBER_SHAPED)

    def show(value: str) -> str:
        if kind in ("date", "month") and written_date(value, _ANY_ZONE).form:
            return value
        fits = bool(shape.fullmatch(value)) and (kind == "id" or not _LETTERS.search(_without_months(value)))
        if fits and kind in ("date", "month"):
            return value
        masked = mask_identifiers(value)
        if not personal or fits or masked in ("", MASK):
            return masked[:_LONGEST]
        return HIDDEN

    return text_by_distinct(text, show)


def _without_months(text: str) -> str:
    return re.sub(r"[A-Za-z]+", _unless_of_a_date, text)


def _unless_of_a_date(found: re.Match[str]) -> str:
    word = found.group().casefold()
    return "" if word in MONTH_NAMES or word in _DATE_WORDS else found.group()


# --- An office's words for the kinds of things we count, taken for ours.


SITE_KINDS, EVENT_STATUS, PROGRAMMES = _WORDS["site_kinds"], _WORDS["event_status"], _WORDS["programmes"]
ACCESS_WORDS, ANSWER_WORDS = _WORDS["access"], _WORDS["answers_to_letters"]
DESK_ANSWERS, CHANNELS = _WORDS["desk_answers"], _WORDS["channels"]
NO_WAY = _WORDS["said"]["no_way"]
"""Words, in lower case, that stand in place of minutes or km where no way leads."""

_NOTHING_WRITTEN = re.compile(r"[-–—_.\s]*")
_TICKS = ("✓", "✔", "√")
_BETWEEN_ANSWERS = re.compile(r"[/,;|()]")
_NOT_ELECTRONIC = re.compile(r"\b(?:non|bukan|tidak|tanpa)\s?(?:e\b|e?\s?paspor|elektronik|electronic)|non_electronic")
_ELECTRONIC = re.compile(r"elektronik|electronic|\be\s?paspor\b|\be\s?passport\b|\bepaspor\b|\bepassport\b")
_BARE = "bare"
_ORDINARY = re.compile(r"\bbiasa\b|^paspor(?: \d+ (?:hal|halaman))?$|^\d+ (?:hal|halaman)$")


def known_word(text: pd.Series, words: Words) -> pd.Series:
    """Our word for each text that is ours or a usual Indonesian one; None for any other."""
    forms = {plain_header(form): word for word, listed in words.items() for form in (word, *listed)}
    return _by_distinct(text, lambda value: forms.get(plain_header(value))).replace({np.nan: None})


def passport_types(text: pd.Series, dates: pd.Series, *, all_electronic_from: dt.date) -> pd.Series:
    """electronic, non_electronic or unknown; a bare 'Paspor Biasa' is electronic from `all_electronic_from` on
    (inclusive), unknown before. 'Paspor Biasa Elektronik' is electronic, 'Paspor Biasa Non Elektronik' is not."""
    stated = text_by_distinct(text, _stated_type)
    bare = stated == _BARE
    return stated.mask(bare, "unknown").mask(bare & (dates >= pd.Timestamp(all_electronic_from)), "electronic")


def _stated_type(text: str) -> str:
    plain = plain_header(text)
    if _NOT_ELECTRONIC.search(plain):
        return "non_electronic"
    if _ELECTRONIC.search(plain):
        return "electronic"
    return _BARE if _ORDINARY.search(plain) else "unknown"


def applications(text: pd.Series) -> pd.Series:
    """new, renewal, lost, damaged (also as the reason of a replacement); other for other texts, unknown where blank."""
    return text_by_distinct(
        text, lambda value: _first_said(value, "applications") if plain_header(value) else "unknown"
    )


def askers(text: pd.Series) -> pd.Series:
    """The kind of group that asks (`contracts.ASKERS`) by the first word that tells; the text goes no further."""
    return text_by_distinct(text, lambda value: _first_said(value, "askers"))


def _first_said(text: str, kind: str) -> str:
    """The first of ours of whose words one stands in a text."""
    plain = plain_header(text)
    said = (name for name, words in _WORDS[kind].items() if re.search(rf"\b(?:{'|'.join(words)})\b", plain))
    return next(said, "other")


def desk_answers(text: pd.Series) -> pd.Series:
    """yes, no or unsure; '' where nobody answered, missing for any other text. Several words that say the same are one
    answer: 'Tidak tahu / belum tentu' is unsure. 'Ya / tidak' is none."""
    forms = {plain_header(form): answer for answer, listed in DESK_ANSWERS.items() for form in (answer, *listed)}
    forms |= dict.fromkeys((plain_header(form) for form in _WORDS["said"]["unanswered"]), "") | dict.fromkeys(
        _TICKS, "yes"
    )

    def answer(value: str) -> str | None:
        said = value.strip()
        if _NOTHING_WRITTEN.fullmatch(said):
            return ""
        whole = forms.get(said, forms.get(plain_header(said)))
        if whole is not None:
            return whole
        parts = [plain_header(part) for part in _BETWEEN_ANSWERS.split(said)]
        answers = {forms.get(part) for part in parts if part}
        return answers.pop() if len(answers) == 1 else None

    return text_by_distinct(text, answer)


def shown_desk_answers(text: pd.Series) -> pd.Series:
    """Answers not understood, as they may be shown: words of answers and small numbers; a name may have slipped in."""
    harmless = {word for answer, listed in DESK_ANSWERS.items() for form in (answer, *listed) for word in form.split()}

    def show(value: str) -> str:
        words = plain_header(value).split()
        letters = [word for word in words if not word.isdecimal()]
        fine = harmless.issuperset(letters) and sum(map(len, words)) - sum(map(len, letters)) <= 1
        return value if fine else HIDDEN

    return text_by_distinct(text, show)


def channels(text: pd.Series) -> pd.Series:
    """instagram, other_social, conventional, office, word_of_mouth: the first named; unknown for other texts."""
    own = {plain_header(name): name for name in CHANNELS}

    def channel(value: str) -> str:
        plain = plain_header(value)
        if plain in own:
            return own[plain]
        places = ((_place(plain, forms), name) for name, forms in CHANNELS.items())
        return min(((place, name) for place, name in places if place >= 0), default=(0, "unknown"))[1]

    return text_by_distinct(text, channel)


def _place(plain: str, forms: Sequence[str]) -> int:
    """Where the first of the forms stands as whole words; -1 where none does."""
    padded = f" {plain} "
    places = [padded.find(f" {form} ") for form in forms]
    return min((place for place in places if place >= 0), default=-1)


# --- Checks of the rows of one table: every fault noted with its place, the rows that fail set apart.


LON_RANGE, LAT_RANGE = (95.0, 141.0), (-11.0, 6.0)
_FORMAT_WORDS = (("%d", "dd"), ("%m", "mm"), ("%Y", "yyyy"), ("%y", "yy"), ("%B", "month"), ("%b", "month"))
_BESIDE = (
    "nik", "passport_type", "application", "channel", "source", "group", "series", "capacity", "cost", "booths",
    "program", "hari",
)  # fmt: skip
_WHOLE_UNITS = ("people", "people a day", "rupiah")


def date_words(date_format: str) -> str:
    """A date format as people read it."""
    for code, words in _FORMAT_WORDS:
        date_format = date_format.replace(code, words)
    return date_format


def names_of_file(file: str) -> tuple[str, ...]:
    """What a file may be called in outreach.toml: whole path, path in its folder, name, name without its ending."""
    path = PurePosixPath(file)
    return file, PurePosixPath(*path.parts[1:]).as_posix(), path.name, path.stem


def formats_of(file: str, settings: Settings) -> tuple[str, ...]:
    """The formats that `[dates.formats]` declares for a file, by a name or a pattern such as 'JB-0*'."""
    names = names_of_file(file)
    declared = settings.date_formats
    exact = [formats for pattern, formats in declared.items() if pattern in names]
    like = [formats for pattern, formats in declared.items() if any(fnmatchcase(name, pattern) for name in names)]
    return next(iter((*exact, *like)), ())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reading:
    """What all tables of a folder are read by: settings, account of rows, key of people, day of the question."""

    settings: Settings
    book: LedgerBuilder
    key: PersonKey
    as_of: pd.Timestamp | None


class RowChecks:
    """Turns the text of one table into values and notes every row that does not fit."""

    def __init__(self, table: TextTable, contract: Table, reading: Reading, *, personal: bool = False) -> None:
        self.table = table
        self.rejected = pd.Series(False, index=table.rows.index)
        self.book = reading.book
        self.unsure = pd.Series(False, index=table.rows.index)
        self._contract = contract
        self._in_error: dict[str, pd.Series] = {}
        self._settings = reading.settings
        self._as_of = reading.as_of
        self._personal = personal
        self._note_cells()

    def _note_cells(self) -> None:
        """Cells in error set their row apart where the row's event, day or place hangs on them, else they are told."""
        found = self.table.cell_faults
        for column, cells in found.groupby("column", sort=False):
            rows = pd.Series(False, index=self.table.rows.index)
            rows.iloc[cells["at"].to_numpy()] = True
            self._in_error[str(column)] = rows
            values = cells.sort_values("at", kind="stable")["value"]
            status = "warning" if column in _BESIDE else "rejected"
            self.book.note(self.table.where(rows), "cell_error", status=status, column=str(column), values=values)
            if status == "rejected":
                self.rejected |= rows

    @property
    def kept(self) -> pd.Series:
        """True for rows without a fault so far."""
        return ~self.rejected

    def text(self, column: str) -> pd.Series:
        """The column's text, '' throughout where the table has no such column."""
        if column in self.table.rows:
            return self.table.rows[column]
        return pd.Series("", index=self.table.rows.index, dtype="str")

    def mark(
        self,
        rows: pd.Series,
        reason: str,
        *,
        column: str,
        status: str = "rejected",
        kind: str = "text",
        expected: str = "",
        show: bool = True,
        said: pd.Series | None = None,
    ) -> None:
        """Say something of rows; rejected ones are set apart. `said` is what they say where the column does not."""
        rows = rows.astype(bool)
        if reason == "missing_value" and column in self._in_error:
            # that the cell holds no value is said already
            rows = rows & ~self._in_error[column]
        if not rows.any():
            return
        text = self.text(column) if said is None else said
        values = shown(text[rows], kind, personal=self._personal) if show else None
        self.book.note(self.table.where(rows), reason, status=status, column=column, values=values, expected=expected)
        if status == "rejected":
            self.rejected |= rows

    def reject_future(self, days: pd.Series, column: str, *, kind: str = "date") -> None:
        """Set rows apart whose day or month lies after the day of the question."""
        if self._as_of is not None:
            self.mark(days > self._as_of, "future_date", column=column, kind=kind)

    def required_text(self, column: str) -> pd.Series:
        """Text that must be there."""
        text = self.text(column)
        self.mark(text == "", "missing_value", column=column)
        return text

    def own_id(self, column: str) -> pd.Series:
        """An id of the office's own; one that may be a number of a person is none: it would stand in every output."""
        text = self.required_text(column)
        self.mark(text_by_distinct(text, mask_identifiers) != text, "personal_id", column=column, show=False)
        return text

    def name(self, column: str) -> pd.Series:
        """A name of the office's own, numbers of persons in it masked."""
        return text_by_distinct(self.required_text(column), mask_identifiers)

    def dates(
        self,
        column: str,
        *,
        required: bool = True,
        near: pd.Series | None = None,
        until: pd.Timestamp | None = None,
        text: pd.Series | None = None,
    ) -> pd.Series:
        """Days by `settle_dates`; a sheet whose dates allow two orders stops. On rows of `unsure` nothing is built."""
        text = self.text(column) if text is None else text
        lists = self.table.lists
        settled = settle_dates(
            text,
            self.table.list_of,
            [
                DateList(
                    formats=formats_of(str(one.file), self._settings),
                    usual=self._settings.date_format,
                    since_1904=bool(one.since_1904),
                    is_form=bool(one.is_form),
                )
                for one in lists.itertuples()
            ],
            timezone=self._settings.office_timezone,
            near=near,
            until=until,
        )
        stopped = np.isin(self.table.list_of, list(settled.open))
        for at, row in settled.open.items():
            self.book.fault(self._two_orders(at, row, column, str(text.iloc[row])))
        for at, form, by, n in settled.read_as:
            file, sheet = (str(lists[name].iloc[at]) for name in ("file", "sheet"))
            self.book.take_dates(file, sheet, column, form=form, by=by, rows=n)
        days = settled.days
        if required:
            self.mark(text == "", "missing_value", column=column)
        expected = date_words(self._settings.date_format)
        wrong = (text != "") & days.isna() & ~stopped
        self.mark(wrong, "bad_date", column=column, kind="date", expected=expected)
        for reason, found in (("days_put_back", settled.put_back), ("exchanged_days", settled.doubtful)):
            named = lists.iloc[list(found)][["file", "sheet"]]
            self.book.note(named.assign(row=None), reason, status="warning", column=column)
        self.unsure |= pd.Series(np.isin(self.table.list_of, settled.doubtful), index=text.index)
        return days

    def _two_orders(self, at: int, row: int, column: str, value: str) -> Failure:
        """The question that a sheet's dates leave, and the line that answers it."""
        listed = self.table.lists.iloc[at]
        name = PurePosixPath(listed["file"]).name
        either = ("%Y-%m-%d", "%Y-%d-%m") if value[:4].isdigit() else ("%d/%m/%Y", "%m/%d/%Y")
        return failure(
            "two_date_orders",
            file=listed["file"],
            sheet=listed["sheet"],
            row=int(self.table.row_numbers[row]),
            column=column,
            value=value,
            expected=f'"{name}" = "{either[0]}" or "{either[1]}"',
        )

    def months(self, column: str) -> pd.Series:
        """First days of months."""
        text = self.text(column)
        months = parse_months(text, date_format=self._settings.date_format)
        self.mark(text == "", "missing_value", column=column)
        expected = "yyyy-mm, such as 2024-10"
        self.mark((text != "") & months.isna(), "bad_date", column=column, kind="month", expected=expected)
        return months

    def numbers(
        self,
        column: str,
        *,
        required: bool = False,
        infinite: Collection[str] = (),
        text: pd.Series | None = None,
    ) -> pd.Series:
        """Numbers within the limits of the contract; NaN where blank or faulty, infinite where one of those words."""
        rule = self._contract.column(column)
        text = self.text(column) if text is None else text
        values = parse_numbers(text, whole=rule.kind == "integer" or rule.unit in _WHOLE_UNITS)
        if infinite:
            values = values.mask(text.str.casefold().isin(infinite), np.inf)
        if required:
            self.mark(text == "", "missing_value", column=column)
        self.mark((text != "") & values.isna(), "bad_number", column=column, kind="number", said=text)
        outside = _outside(values, rule)
        self.mark(outside, "out_of_range", column=column, kind="number", expected=_limits(rule), said=text)
        return values.mask(outside)

    def own_numbers(self, backtested: pd.Series) -> pd.DataFrame:
        """The office's own columns of numbers, NaN where blank. Of the rows to be `backtested` more than half must hold
        a number, and not all the same; other columns are named and left out."""
        found = {}
        for column in self.table.rows.columns[self.table.rows.columns.str.startswith(OWN_NUMBERS)]:
            text = self.text(column)
            values = parse_numbers(text)
            known = values[backtested & self.kept]
            filled = (text != "") & backtested & self.kept
            why = ""
            if (filled & values.isna()).sum() * 2 > filled.sum():
                why = "holds text, not numbers"
            elif known.notna().sum() * 2 <= len(known) > 0:
                why = f"is blank or no number in {int(known.isna().sum())} of {len(known)} rows"
            elif known.min() == known.max():
                why = f"says {known.max():g} everywhere"
            if why:
                files = self.table.lists[["file", "sheet"]].drop_duplicates().assign(row=None)
                self.book.note(files, "own_numbers_unused", status="warning", column=column, expected=why)
                continue
            self.mark((text != "") & values.isna(), "not_a_number", status="warning", column=column, kind="number")
            found[column] = values
        return pd.DataFrame(found, index=self.table.rows.index, dtype=float)

    def choices(self, column: str, words: Words, *, blank: str = "", text: pd.Series | None = None) -> pd.Series:
        """One of the known words; None where unknown, and where blank unless `blank` says what that means."""
        text = self.text(column) if text is None else text
        found = known_word(text, words)
        if blank:
            found = found.mask(text == "", blank)
        else:
            self.mark(text == "", "missing_value", column=column)
        unknown = (text != "") & found.isna()
        self.mark(unknown, "bad_choice", column=column, expected=", ".join(words), said=text)
        return found

    def yes_no(self, column: str) -> pd.Series:
        """True or False; False where blank."""
        text = self.text(column)
        answers = parse_yes_no(text)
        self.mark(answers.isna(), "bad_choice", column=column, expected="ya, tidak")
        return answers.eq(True)

    def coordinates(self) -> tuple[pd.Series, pd.Series]:
        """Columns lon and lat in degrees, both or neither, inside Indonesia (95 to 141, -11 to 6; inclusive)."""
        given = {name: self.text(name) != "" for name in ("lon", "lat")}
        lon, lat = (parse_numbers(self.text(name)) for name in ("lon", "lat"))
        for name, values in (("lon", lon), ("lat", lat)):
            self.mark(given[name] & values.isna(), "bad_number", column=name, kind="number")
        half = given["lon"] ^ given["lat"]
        self.mark(half & given["lon"], "half_coordinates", column="lon", kind="number")
        self.mark(half & given["lat"], "half_coordinates", column="lat", kind="number")
        both = lon.notna() & lat.notna()
        inside = lon.between(*LON_RANGE) & lat.between(*LAT_RANGE)
        swapped = both & ~inside & lat.between(*LON_RANGE) & lon.between(*LAT_RANGE)
        self.mark(swapped, "coordinates_swapped", column="lon", kind="number")
        self.mark(both & ~inside & ~swapped, "coordinates_outside", column="lon", kind="number")
        return lon.where(inside), lat.where(inside)


def _outside(values: pd.Series, rule: Column) -> pd.Series:
    low, high = (-np.inf if rule.minimum is None else rule.minimum), (np.inf if rule.maximum is None else rule.maximum)
    outside: pd.Series = (values < low) | ((values > high) & np.isfinite(values))
    return outside


def _limits(rule: Column) -> str:
    if rule.minimum is not None and rule.maximum is not None:
        return f"a number from {rule.minimum:g} to {rule.maximum:.12g}"
    return f"{rule.minimum:g} or more" if rule.minimum is not None else f"{rule.maximum:.12g} or less"
