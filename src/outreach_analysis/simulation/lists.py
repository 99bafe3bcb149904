"""Invented lists as an office writes them, places spelt as people spell them, and letters that ask for a pop-up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz import fuzz

from outreach_analysis.event_kinds import took_place
from outreach_analysis.simulation.draws import ASKED_AT, WORDS, add_identity
from outreach_analysis.workbook import Cell

# --- Origins as a counter clerk types them: nicknames, slips of the pen, half addresses.


_STREETS: Sequence[str] = WORDS["streets"]
_FORMS = ("clean", "nickname", "misspelt", "kabupaten_only")
_FORM_SHARES = (0.60, 0.25, 0.11, 0.04)
_SURE_SCORE, _SURE_GAP = 92.0, 10.0
_SHORTEST_MISSPELT, _LONG_WORD = 9, 8


class Origin(NamedTuple):
    """What stands in the origin columns of one row, and how much of the truth it still tells."""

    address: str
    desa: str
    kecamatan: str
    kabupaten: str
    level: str  # kecamatan, kabupaten or outside: what a careful reader can make of it
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceNames:
    """Names of the areas, as people say them."""

    name: dict[str, str]
    title: dict[str, str]
    compact: tuple[str, ...]

    @classmethod
    def of(cls, gazetteer: pd.DataFrame) -> PlaceNames:
        """From areas of all levels (index area_id; columns name, level)."""
        kabupaten = gazetteer.loc[gazetteer["level"] == "kabupaten", "name"]
        name = {str(area_id): str(value) for area_id, value in gazetteer["name"].items()}
        name |= {str(area_id): value.split(" ", 1)[1] for area_id, value in kabupaten.items()}
        title = {str(i): "Kota" if value.startswith("Kota ") else "Kab." for i, value in kabupaten.items()}
        compact = tuple(sorted({_compact(value) for value in name.values()}))
        return cls(name=name, title=title, compact=compact)


def write_origin(
    area_id: str, desa_id: str, outside_place: str, *, style: str, names: PlaceNames, rng: np.random.Generator
) -> Origin:
    """Write where one person lives."""
    if outside_place:
        return _outside(outside_place, style, rng)
    form = _FORMS[int(np.searchsorted(np.cumsum(_FORM_SHARES[:-1]), rng.random(), side="right"))]
    kabupaten_id = area_id[:5]
    kabupaten = _write_kabupaten(kabupaten_id, form, names, rng)
    level = "kabupaten" if form == "kabupaten_only" else "kecamatan"
    kecamatan = "" if form == "kabupaten_only" else _write_kecamatan(area_id, form, names, rng)
    desa = "" if form == "kabupaten_only" else names.name.get(desa_id, "")
    if style == "line":
        line = _line(area_id, kabupaten, kecamatan, desa, form=form, rng=rng)
        return Origin(line, "", "", "", level, form)
    return Origin("", desa if style == "full" else "", kecamatan, kabupaten, level, form)


def _outside(place: str, style: str, rng: np.random.Generator) -> Origin:
    province = next(item[1] for item in WORDS["outside"] if item[0] == place)
    if style == "line":
        text = _choose(
            (f"{place}, {province}", f"Jl. {_choose(WORDS['streets'][:8], rng)} No. 4, {place}, {province}", place), rng
        )
        return Origin(text, "", "", "", "outside", "outside")
    return Origin("", "", "", _choose((place, f"{place}, {province}", place.upper()), rng), "outside", "outside")


def _write_kabupaten(kabupaten_id: str, form: str, names: PlaceNames, rng: np.random.Generator) -> str:
    name, title = names.name[kabupaten_id], names.title[kabupaten_id]
    if form in ("nickname", "kabupaten_only") and kabupaten_id in WORDS["nicknames"] and rng.random() < 0.8:
        nickname = WORDS["nicknames"][kabupaten_id]
        return _choose((nickname, nickname.upper(), f"Kab. {nickname}"), rng)
    if form == "misspelt" and kabupaten_id in WORDS["old_spellings"] and rng.random() < 0.5:
        return _choose(WORDS["old_spellings"][kabupaten_id], rng)
    return _choose((name, name.upper(), f"{title} {name}", f"{title} {name}"), rng)


def _write_kecamatan(area_id: str, form: str, names: PlaceNames, rng: np.random.Generator) -> str:
    name = names.name[area_id]
    if form == "misspelt":
        if area_id in WORDS["familiar_slips"] and rng.random() < 0.7:
            return _choose(WORDS["familiar_slips"][area_id], rng)
        return misspell(name, names.compact, rng)
    return _choose((name, name, name.upper(), name.lower(), f"Kec. {name}"), rng)


def misspell(name: str, others: tuple[str, ...], rng: np.random.Generator) -> str:
    """A slip of the pen that still points to one place: a letter lost or doubled in a long word."""
    words = name.split()
    long = [position for position, word in enumerate(words) if len(word) >= _LONG_WORD]
    if not long or "Kota" in words or len(name) < _SHORTEST_MISSPELT:
        return name
    own = _compact(name)
    for _ in range(8):
        position = long[int(rng.integers(len(long)))]
        word = words[position]
        at = int(rng.integers(2, len(word) - 1))
        slip = word[:at] + word[at + 1 :] if rng.random() < 0.6 else word[: at + 1] + word[at:]
        written = " ".join([*words[:position], slip, *words[position + 1 :]])
        score = fuzz.ratio(_compact(written), own)
        nearest = max((fuzz.ratio(_compact(written), other) for other in others if other != own), default=0.0)
        if score >= _SURE_SCORE and score - nearest >= _SURE_GAP:
            return written
    return name


def _compact(name: str) -> str:
    return name.lower().replace(" ", "")


def _line(area_id: str, kabupaten: str, kecamatan: str, desa: str, *, form: str, rng: np.random.Generator) -> str:
    """One address in one cell."""
    if form == "kabupaten_only":
        return _choose(
            (kabupaten, kabupaten, f"Jl. {_choose(WORDS['streets'][:8], rng)} RT {rng.integers(1, 40)}, {kabupaten}"),
            rng,
        )
    if form == "nickname" and area_id in WORDS["towns_alone"] and rng.random() < 0.5:
        return str(WORDS["towns_alone"][area_id])
    bare = kecamatan.removeprefix("Kec. ")
    street = f"Jl. {_choose(WORDS['streets'], rng)}"
    if form == "nickname":
        return _choose((f"{bare}, {kabupaten}", f"{bare} - {kabupaten}", f"Kec. {bare} {kabupaten}"), rng)
    return _choose(
        (
            f"{street} No. {rng.integers(1, 120)}, {desa}, {bare}, {kabupaten}",
            f"{desa}, Kec. {bare}, {kabupaten}",
            f"{street} RT {rng.integers(1, 40)} Kel. {desa} Kec. {bare} {kabupaten}",
            f"Kec. {bare}, {kabupaten}",
        ),
        rng,
    )


def _choose(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


# --- Applicant lists as an office keeps them: which file holds which event, under which headers, row by row.


class Layout(NamedTuple):
    """Columns of a list, and how it asks for the origin ('split', 'full' or 'line')."""

    fields: tuple[str, ...]
    style: str

    def asking(self, event_ids: Collection[str]) -> Layout:
        """The same list with the desk question, where it is asked at these events."""
        return self._replace(fields=(*self.fields, "would_have_come")) if {*event_ids} <= {*ASKED_AT} else self


_ANSWERS = ("passport_type", "application", "channel")
LAYOUTS = {
    "split": Layout(("no", "name", "nik", "kabupaten", "kecamatan", *_ANSWERS, "service_date"), "split"),
    "line": Layout(("no", "service_date", "name", "nik", "phone", "address", *_ANSWERS), "line"),
    "bare": Layout(("no", "name", "address", *_ANSWERS, "service_date"), "line"),
    "coded": Layout(("event_id", "no", "service_date", "name", "nik", "kecamatan", "kabupaten", *_ANSWERS), "split"),
    "full": Layout(
        ("no", "event_id", "name", "nik", "desa", "kecamatan", "kabupaten", *_ANSWERS, "service_date"), "full"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRow:
    """One row of a list."""

    cells: dict[str, Cell]
    event_id: str = ""
    area_id: str = ""
    level: str = ""
    answer: str = ""
    reason: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSheet:
    """Rows under one header row, below merged title rows if there are any."""

    name: str
    layout: Layout
    rows: tuple[ListRow, ...]
    titles: tuple[str, ...] = ()

    @property
    def header(self) -> list[Cell]:
        """The office's words for the columns."""
        return [WORDS["headers"][field] for field in self.layout.fields]

    @property
    def first_row(self) -> int:
        """Number of the first data row as the spreadsheet shows it."""
        return len(self.titles) + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ListFile:
    """One file of the folder `applicants/`."""

    name: str
    sheets: tuple[ListSheet, ...]
    encoding: str = "utf-8"
    delimiter: str = ","

    @property
    def is_workbook(self) -> bool:
        """Whether it is an Excel file."""
        return self.name.endswith(".xlsx")


_WORKBOOK = ("Rekap Jemput Bola Agustus-September 2025.xlsx", ("JB-2025-09", "JB-2025-10", "JB-2025-11"))
_SEMICOLON = ("Paspor Simpatik dan Hari Bhakti Januari 2026.csv", ("JB-2026-01", "JB-2026-02", "JB-2026-03"))
_MONTHLY = ("REKAP JUNI-JULI 2026.csv", ("JB-2026-06", "JB-2026-07"))
_SINGLE_LAYOUTS = ("line", "split", "bare", "line", "split")
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"]


def event_files(events: pd.DataFrame, sites: pd.DataFrame) -> dict[str, str]:
    """File name by event_id, for the held events whose list does not name its event in a column."""
    in_others = {event_id for _, event_ids in (_WORKBOOK, _SEMICOLON, _MONTHLY) for event_id in event_ids}
    names: dict[str, str] = {}
    held = events[took_place(events) & ~events.index.isin(in_others)]
    site_names = sites["name"].str.replace("Pondok Pesantren", "Ponpes").str.replace("Kantor Kecamatan", "Kec")
    for number, (event_id, event) in enumerate(held.to_dict("index").items()):
        place, date = site_names[event["site_id"]], event["date"]
        names[str(event_id)] = (
            f"Daftar Pemohon {place} {date:%d-%m-%Y}.csv",
            f"{place.upper().replace(' ', '_')}_{date:%d%m%Y}.csv",
            f"pemohon {place} {date.day} {_MONTHS[date.month - 1]} {date.year}.csv",
        )[number % 3]
    return names


def make_lists(
    applicants: pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    gazetteer: pd.DataFrame,
    *,
    rng: np.random.Generator,
) -> list[ListFile]:
    """Write every applicant down, in the file of the event, without planted defects."""
    names = PlaceNames.of(gazetteer)
    by_event = {str(event_id): group for event_id, group in applicants.groupby("event_id", sort=False)}

    def rows(event_id: str, layout: Layout) -> tuple[ListRow, ...]:
        people = by_event.get(event_id, applicants.iloc[:0])
        return tuple(
            _row(person, number, layout, names, rng) for number, person in enumerate(people.itertuples(), start=1)
        )

    files = []
    for number, (event_id, file_name) in enumerate(event_files(events, sites).items()):
        layout = LAYOUTS[_SINGLE_LAYOUTS[number % len(_SINGLE_LAYOUTS)]].asking([event_id])
        encoding = "utf-8-sig" if number % 2 else "utf-8"
        sheet = ListSheet(name="", layout=layout, rows=rows(event_id, layout))
        files.append(ListFile(name=file_name, sheets=(sheet,), encoding=encoding))
    for (file_name, event_ids), encoding, delimiter in ((_SEMICOLON, "cp1252", ";"), (_MONTHLY, "utf-8-sig", ",")):
        coded = LAYOUTS["coded"].asking(event_ids)
        sheet = ListSheet(
            name="", layout=coded, rows=tuple(row for event_id in event_ids for row in rows(event_id, coded))
        )
        files.append(ListFile(name=file_name, sheets=(sheet,), encoding=encoding, delimiter=delimiter))
    file_name, event_ids = _WORKBOOK
    sheets = tuple(
        ListSheet(
            name=event["date"].strftime("%d-%m-%Y"),
            layout=LAYOUTS["full"],
            rows=tuple(_with_excel_date(row) for row in rows(str(event_id), LAYOUTS["full"])),
            titles=(
                "KANTOR IMIGRASI KELAS I TPI SAMARINDA",
                f"REKAP LAYANAN JEMPUT BOLA: {sites['name'][event['site_id']].upper()}",
                "(DATA CONTOH, SEMUA ORANG REKAAN)",
            ),
        )
        for event_id, event in events.loc[list(event_ids)].to_dict("index").items()
    )
    return [*files, ListFile(name=file_name, sheets=sheets)]


def _row(person: Any, number: int, layout: Layout, names: PlaceNames, rng: np.random.Generator) -> ListRow:
    """One applicant as the clerk of this list writes them down."""
    origin = write_origin(
        person.area_id, person.desa_id, person.outside_place, style=layout.style, names=names, rng=rng
    )
    types = WORDS["passports"][person.type_stated]
    after_change = person.type_stated == "electronic" and person.service_date >= pd.Timestamp(2025, 7, 1)
    if after_change:
        types = (*types, "Paspor Biasa")
    channels = WORDS["channels"][person.channel]
    cells: dict[str, Cell] = {
        "no": str(number),
        "service_date": f"{person.service_date:%d/%m/%Y}",
        "event_id": person.event_id,
        "name": person.name if rng.random() < 0.7 else person.name.upper(),
        "nik": person.nik,
        "phone": person.phone,
        "address": origin.address,
        "desa": origin.desa,
        "kecamatan": origin.kecamatan,
        "kabupaten": origin.kabupaten,
        "passport_type": types[int(rng.integers(len(types)))],
        "application": WORDS["applications"][person.application],
        "channel": channels[int(rng.integers(len(channels)))],
    }
    if "would_have_come" in layout.fields:
        desk = WORDS["answers"][person.would_have_come]
        cells["would_have_come"] = desk[int(rng.integers(len(desk)))]
    return ListRow(
        cells=cells, event_id=person.event_id, area_id=person.area_id, level=origin.level, answer=person.would_have_come
    )


def _with_excel_date(row: ListRow) -> ListRow:
    """The same row with a true date in place of text, as Excel keeps it."""
    date = pd.to_datetime(str(row.cells["service_date"]), format="%d/%m/%Y").date()
    return replace(row, cells=row.cells | {"service_date": date})


# --- Lists of names that came with two of the letters of office/requests.csv: one that was answered, whose list teaches
# what share of the listed comes, and one that waits.

LIST_HEADER = ("No", "Nama Lengkap", "NIK", "Kecamatan", "Kab/Kota")
PAST_EVENT, PAST_LIST, OPEN_LIST = "JB-2025-13", "daftar santri Nurul Tepian.csv", "daftar Bustanul Hikmah.csv"
_ABSENT, _LISTED = 5, 46
_OPEN_AREAS = {"64.72.07": 0.6, "64.02.15": 0.25, "64.72.02": 0.15}


def letter_lists(
    lists: Sequence[ListFile], gazetteer: pd.DataFrame, rng: np.random.Generator
) -> dict[str, list[list[str]]]:
    """Lists of names by their file: those who came to the past event, with some who did not; and people of nowhere."""
    came = [
        (str(row.cells["name"]), str(row.cells["nik"]), row.area_id)
        for file in lists
        for sheet in file.sheets
        for row in sheet.rows
        if row.event_id == PAST_EVENT and row.area_id
    ]
    homes = rng.choice(list(_OPEN_AREAS), _ABSENT + _LISTED, p=list(_OPEN_AREAS.values()))
    people = pd.DataFrame({"area_id": homes})
    people["service_date"] = pd.Timestamp("2026-10-19")
    add_identity(people, np.zeros(len(people), dtype=int), gazetteer, rng)
    fresh = list(people[["name", "nik", "area_id"]].itertuples(index=False, name=None))
    return {PAST_LIST: _rows([*came, *fresh[:_ABSENT]], gazetteer), OPEN_LIST: _rows(fresh[_ABSENT:], gazetteer)}


def _rows(people: Sequence[tuple[str, str, str]], gazetteer: pd.DataFrame) -> list[list[str]]:
    names, above = gazetteer["name"], gazetteer["parent_name"]
    return [
        [str(number), name, nik, str(names[area_id]), str(above[area_id])]
        for number, (name, nik, area_id) in enumerate(people, start=1)
    ]
