"""Personal data in many spellings, planted in every field of an office, and found again in whatever was written.

Each canary holds the number of its field and of its spelling, so that one that got out says where it came from.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

_ZERO = {"wide": 0xFF10, "arabic": 0x0660, "persian": 0x06F0, "devanagari": 0x0966, "bold": 0x1D7CE}


def _nik(id: str) -> str:
    return f"647203150390{id}"


def _phone(id: str) -> str:
    return f"081273916{id}"


def _in(script: str, digits: str) -> str:
    return "".join(chr(_ZERO[script] + int(digit)) for digit in digits)


def _parts(digits: str, between: str, *sizes: int) -> str:
    """Digits in groups of these sizes, the last size over and over."""
    groups, left = [], digits
    for size in [*sizes, *[sizes[-1]] * len(digits)]:
        groups, left = [*groups, left[:size]], left[size:]
    return between.join(filter(None, groups))


SPELLINGS: tuple[Callable[[str], str], ...] = (
    # identity numbers
    _nik,
    lambda id: _parts(_nik(id), " ", 4),
    lambda id: f"64.72.03.150390.{id}",
    lambda id: f"647203-150390-{id}",
    lambda id: f"6472/0315/0390/{id}",
    lambda id: _parts(_nik(id), " ", 1),
    lambda id: _parts(_nik(id), "_", 4),
    lambda id: _parts(_nik(id), "\u200b", 4),
    lambda id: f"6472\u200b\u200c\u200d\u2060\ufeff03150390\u00ad{id}",
    lambda id: _in("wide", _nik(id)),
    lambda id: _in("arabic", _nik(id)),
    lambda id: _in("persian", _nik(id)),
    lambda id: _in("devanagari", _nik(id)),
    lambda id: _in("bold", _nik(id)),
    lambda id: "6472" + _in("wide", "0315") + _in("arabic", "0390") + id,
    lambda id: f"\u2076\u2074\u2077\u00b2{_nik(id)[4:]}",
    lambda id: "\ufe0f\u20e3".join("6472") + _nik(id)[4:],
    lambda id: _nik(id).replace("0", "O"),
    lambda id: _nik(id).replace("0", "O").replace("1", "l"),
    lambda id: f"{_nik(id)}.0",
    lambda id: f"{int(_nik(id)):,}",
    lambda id: f"{int(_nik(id)):,}".replace(",", "."),
    lambda id: _parts(_nik(id), "\u00a0", 4),
    lambda id: _parts(_nik(id), "\u202f", 4),
    lambda id: _parts(_nik(id), "\u2013", 6, 6, 4),
    lambda id: _parts(_nik(id), " / ", 4),
    lambda id: _parts(_nik(id), "\u200e", 4),
    lambda id: _parts(_nik(id), "\u034f", 2),
    lambda id: f"'{_nik(id)}",
    lambda id: f"NIK{_nik(id)}",
    lambda id: _parts(_nik(id), "\n", 8),
    # telephone numbers
    _phone,
    lambda id: _parts(_phone(id), "-", 4),
    lambda id: _parts(_phone(id), " - ", 4),
    lambda id: _parts(_phone(id), ".", 4),
    lambda id: f"+62{_phone(id)[1:]}",
    lambda id: f"+62 (812) 7391-6{id}",
    lambda id: f"(0812) 7391-6{id}",
    lambda id: _parts(_phone(id), "x", 4),
    lambda id: _parts(_phone(id), "**", 4),
    lambda id: _in("arabic", _phone(id)),
    lambda id: _parts(_in("wide", _phone(id)), "\uff0d", 4),
    lambda id: f"O8l2 7391 6{id}",
    lambda id: _parts(_phone(id), "-", 1),
    lambda id: f"wa.me/62{_phone(id)[1:]}",
    lambda id: f"hp{_phone(id)}",
    lambda id: _parts(_phone(id), "\u00b7", 4),
    lambda id: f"(0541) 7391{id}",
    # passport numbers
    lambda id: f"C731{id}",
    lambda id: f"X 73{id}",
    lambda id: f"c-731{id}",
    lambda id: f"C 731 {id}",
    lambda id: f"XE73{id}",
    lambda id: f"\uff23\u200b{_in('wide', '731')}{id}",
    # addresses and accounts
    lambda id: f"kanari.{id}@contoh.co.id",
    lambda id: f"kanari_{id} @ contoh.id",
    lambda id: f"kanari{id}(at)contoh.id",
    lambda id: f"kanari{id} [at] contoh [dot] id",
    lambda id: f"kan\u200bari{id}\uff20contoh.id",
    lambda id: f"@kanari_{id}",
    lambda id: f"\uff20kanari.{id}",
)  # fmt: skip
"""How personal data are written; each takes the four digits by which the canary is known."""

_NUMBERS = re.compile(r"647203150390(\d{4})|(?:0|62)81273916(\d{4})|05417391(\d{4})")
_WORDS = re.compile(
    r"(?<![a-z0-9])(?:c|xe?)[\W_]{0,3}7[\W_]?31?[\W_]{0,3}(\d[\W_]?\d[\W_]?\d[\W_]?\d)(?!\d)|kanari[\W_]{0,3}(\d{4})"
)
_PLOTLY = re.compile(r'<script type="application/gzip" id="plotly-code">.*?</script>', re.DOTALL)
_PACKED = re.compile(r'<script type="application/gzip" id="[^"]*">(.*?)</script>', re.DOTALL)
_DRAWN = re.compile(r'\sd="[^"]*"|data:[\w/+.-]+;base64,[\w+/=]+')


GROUPS = 8
"""Texts of a field that the models read: sites and pop-ups take their time."""


class Plants:
    """What is planted in a folder: fields by their names, each in some spellings."""

    def __init__(self, spellings: Callable[[int], Iterable[int]] = lambda field: range(len(SPELLINGS))) -> None:
        self._of_field = spellings
        self.fields: list[str] = []

    def __call__(self, field: str) -> list[str]:
        """The canaries of a field, one of each of its spellings."""
        if field not in self.fields:
            self.fields.append(field)
        at = self.fields.index(field)
        return [SPELLINGS[how](f"{at * len(SPELLINGS) + how:04d}") for how in self._of_field(at)]

    def together(self, field: str) -> list[str]:
        """The same in `GROUPS` texts or fewer, several of them in each."""
        canaries = self(field)
        return [" atau ".join(canaries[at::GROUPS]) for at in range(min(GROUPS, len(canaries)))]

    def found_in(self, text: str) -> set[tuple[str, int]]:
        """Field and spelling of each canary that a text holds, however it was rewritten on the way."""
        ids = set()
        for seen in {text, html.unescape(text)}:
            plain = _plain(seen)
            for letters in (plain, re.sub("[oq]", "0", re.sub("[li|]", "1", plain))):
                digits = re.sub(r"\D", "", letters)
                ids |= {next(filter(None, found.groups())) for found in _NUMBERS.finditer(digits)}
            ids |= {re.sub(r"\D", "", found[1] or found[2]) for found in _WORDS.finditer(plain)}
        known = (divmod(int(id), len(SPELLINGS)) for id in ids)
        return {(self.fields[at], how) for at, how in known if at < len(self.fields)}


def _plain(text: str) -> str:
    text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), text)
    if not text.isascii():
        text = "".join(
            letter if letter.isascii() or (digit := unicodedata.digit(letter, None)) is None else str(digit)
            for letter in text
            if letter.isascii() or unicodedata.category(letter) not in ("Cf", "Mn", "Me")
        )
        text = unicodedata.normalize("NFKC", text)
    return text.casefold()


def unpacked(path: Path) -> str:
    """A file's text; what is packed in a page or a workbook too. Paths of drawings and the map's code are none."""
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            content = b"\n".join(map(archive.read, archive.namelist()))
    text = _PLOTLY.sub("", content.decode("utf-8", errors="replace"))
    packed = (gzip.decompress(base64.b64decode(part)).decode("utf-8") for part in _PACKED.findall(text))
    return _DRAWN.sub("", "\n".join([_PACKED.sub("", text), *packed]))


# --- An office whose every field holds canaries.


AREAS = ("Samarinda Ulu", "Tenggarong", "Loa Kulu", "Sungai Kunjang")
_TYPED = {
    "sites.csv": {"kind": "mall", "area": "Loa Kulu", "lon": "117,0", "lat": "-0,5", "capacity": "90", "cost": "100",
                  "opened": "01/01/2020", "closed": ""},
    "events.csv": {"site_id": "MALL", "date": "01/02/2025", "status": "held", "capacity": "90", "sold_out": "ya",
                   "programme": "visit", "end_date": "", "days": "", "booths": ""},
    "interest.csv": {"date": "01/02/2025", "area": "Loa Kulu", "people": "20", "group": "ya", "event_id": "E0"},
    "office_monthly.csv": {"month": "2025-01", "area": "Loa Kulu", "applicants": "20"},
    "requests.csv": {"date": "10/02/2025", "site_id": "MALL", "area": "Loa Kulu", "day": "20/12/2025",
                     "list": "", "people": "30", "programme": "", "answer": "diterima", "answered_on": "11/02/2025",
                     "event_id": "E0"},
    "travel.csv": {"area_id": "64.72.02", "site_id": "MALL", "minutes": "10"},
    "access.csv": {"area_id": "64.72.02", "access": "road", "extra_minutes": "5"},
    "aliases.csv": {"alias": "", "area_id": "64.72.02"},
}  # fmt: skip
"""Columns that hold no free text, with a value that fits: what is planted there is a fault of its row."""
_OF_PEOPLE = ("Nama", "NIK", "No HP", "Alamat", "Kelurahan/Desa", "Kecamatan", "Kab/Kota", "Kode Wilayah",
              "Jenis Paspor", "Jenis Permohonan", "Tahu dari", "Lokasi", "would_have_come", "Keterangan")  # fmt: skip
"""Headers of a list of applicants beside its day and its event."""


def plant_office(folder: Path, plants: Plants) -> None:
    """Write an office of canaries: those in texts that are kept pass to every output, those where a number, a day or
    an id should stand are faults of their rows."""
    (folder / "applicants").mkdir(parents=True)
    (folder / "requests").mkdir()
    _plant_settings(folder, plants)
    for file in _TYPED:
        _plant_table(folder, file, plants)
    _plant_lists(folder, plants)


def quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


def _file_name(text: str) -> str:
    return text.replace("/", "\u2215")


def _day(at: int) -> str:
    return f"{13 + at % 16:02d}/{1 + at % 9:02d}/2025"


def _plant_settings(folder: Path, plants: Plants) -> None:
    def keys(field: str, value: str) -> list[str]:
        return [f"{quoted('lain ' + canary)} = {value}" for canary in plants(field)]

    lists = [
        f"{quoted(_file_name(canary) + '.csv')} = 'E{at % GROUPS}'" for at, canary in enumerate(plants("list name"))
    ]
    lines = [
        "[office]",
        *(f"{name} = {quoted(' dan '.join(plants.together(f'office.{name}')))}" for name in ("name", "ministry")),
        "[dates]", "as_of = 2025-12-01",
        "[dates.formats]", *keys("dates.formats", "'%d/%m/%Y'"),
        "[files.events]", *lists, *keys("files.events", "'E0'"),
        "[files.copies]", *keys("files.copies", "'skip'"),
        "[columns]", *keys("columns", "'channel'"),
        "[blackout.places]", *keys("blackout.places", "['12-25']"),
        "[requests.minimum]", "visit = 20", *keys("requests.minimum", "20"),
        "[travel]", f"profile = {quoted(' dan '.join(plants.together('travel.profile')))}",
    ]  # fmt: skip
    (folder / "outreach.toml").write_text("\n".join(lines), encoding="utf-8")


_KEPT = {
    "sites.csv": ("name",),
    "events.csv": ("series",),
    "interest.csv": ("source", "person"),
    "requests.csv": ("asker", "contact", "application"),
    "aliases.csv": ("alias",),
}
"""Columns of free text."""
_KEYS = {"sites.csv": "site_id", "events.csv": "event_id", "requests.csv": "number"}


def _plant_table(folder: Path, file: str, plants: Plants) -> None:
    """Rows that are kept, with several canaries in each text; rows that are not, with one in every other column; and
    unknown headers."""
    typed, key = _TYPED[file], _KEYS.get(file, "")
    texts = {column: plants.together(f"{file} {column}") for column in _KEPT.get(file, ())}
    rows = []
    for at in range(GROUPS):
        row = {**typed, **{column: f"lain {some[at % len(some)]}" for column, some in texts.items()}}
        if file == "sites.csv":
            row |= {"site_id": f"S{at}" if at else "MALL", "area": AREAS[at % len(AREAS)]}
        elif file == "events.csv":
            row |= {"event_id": f"E{at}", "site_id": f"S{at}" if at else "MALL", "date": _day(at)}
        elif file == "office_monthly.csv":
            row |= {"month": f"2025-{1 + at:02d}"}
        elif file == "requests.csv":
            row |= {"number": f"{at}/X", "answer": "", "answered_on": "", "event_id": ""} if at % 2 else {
                "number": f"{at}/X"}  # fmt: skip
        rows.append(row)
    if file == "sites.csv":
        rows.append({**typed, "site_id": "KANIM", "name": "Kantor", "kind": "office", "area": "64.72.02"})
    if file == "events.csv":
        rows.append({**typed, "event_id": "E9", "date": "20/12/2025", "status": "planned"})
    # alone at fault in its row: what reads as a number must not pass for one
    columns = (key, *typed) if key else tuple(typed)
    planted = [(column, at, canary) for column in columns for at, canary in enumerate(plants(f"{file} {column}"))]
    faulty = [{**rows[0], **({key: f"{column}{at}"} if key else {}), column: canary} for column, at, canary in planted]
    table = pd.DataFrame(rows + faulty).fillna("")
    headers = [f"lain {canary}" for canary in plants(f"{file} header")]
    if file in ("sites.csv", "events.csv"):
        headers += [f"x_{'abcdefgh'[at]}ruang {some}" for at, some in enumerate(plants.together(f"{file} x_ header"))]
        table = table.assign(x_own=["1"] * (len(table) - 1) + [plants.together(f"{file} x_ value")[0]])
    table = pd.concat(
        [table.reset_index(drop=True), pd.DataFrame("1", index=range(len(table)), columns=headers)], axis=1
    )
    table.to_csv(folder / file, index=False)


def _plant_lists(folder: Path, plants: Plants) -> None:
    lists = folder / "applicants"
    for at, name in enumerate(plants("list name")):
        came = [{"Tgl Permohonan": _day(at % GROUPS), "Kecamatan": AREAS[(at + one) % len(AREAS)]} for one in range(9)]
        pd.DataFrame(came).to_csv(lists / f"{_file_name(name)}.csv", index=False)
    rows = []
    for column in ("Tgl Permohonan", "Kode Kegiatan", *_OF_PEOPLE):
        for at, canary in enumerate(plants(f"list {column}")):
            rows.append({"Tgl Permohonan": "21/02/2025", "Kode Kegiatan": f"E{at % GROUPS}", "Kecamatan": AREAS[0],
                         column: canary})  # fmt: skip
    for at, (street, area, note) in enumerate(
        zip(plants("list address"), plants("list unknown area"), plants("list footnote"), strict=True)
    ):
        rows.append(
            {"Tgl Permohonan": "21/02/2025", "Kode Kegiatan": f"E{at % GROUPS}", "Alamat": f"Jl. {street} Zzyx"}
        )
        rows.append({"Tgl Permohonan": "21/02/2025", "Kode Kegiatan": f"E{at % GROUPS}", "Kecamatan": f"Zzyx {area}"})
        rows.append({"Tgl Permohonan": f"Catatan: hubungi {note}"})
    table = pd.DataFrame(rows).fillna("")
    table = table.assign(**{f"Kolom {canary}": "" for canary in plants("list header")})
    titles = "".join(f'"DAFTAR {some}"\n' for some in plants.together("list title"))
    (lists / "semua.csv").write_text(titles + table.to_csv(index=False), encoding="utf-8")
    asked = pd.DataFrame({"Nama": plants("requests list"), "Kecamatan": plants("requests list area")})
    for name in plants("requests list name"):
        asked.iloc[:3].to_csv(folder / "requests" / f"{_file_name(name)}.csv", index=False)
    asked.to_csv(folder / "requests" / "daftar.csv", index=False)
    with (folder / "requests.csv").open("a", encoding="utf-8") as letters:
        header = (folder / "requests.csv").read_text(encoding="utf-8").partition("\n")[0]
        named = {"number": "9/L", "date": "10/02/2025", "area": "Loa Kulu", "list": "daftar.csv"}
        letters.write(",".join(named.get(column, "") for column in header.split(",")) + "\n")
    with pd.ExcelWriter(lists / "buku.xlsx") as book:
        for at, (name, cell) in enumerate(zip(plants("sheet name"), plants("sheet cell"), strict=True)):
            # a sheet cannot bear every name
            title = (
                name
                if len(name.encode("utf-16-le")) <= 2 * _LONGEST_SHEET_NAME and not re.search(r"[\[\]:*?/\\']", name)
                else f"{at}"
            )
            row = {"Tgl Permohonan": "21/02/2025", "Kode Kegiatan": f"E{at % GROUPS}", "Kecamatan": cell}
            pd.DataFrame([row]).to_excel(book, sheet_name=title, index=False)


_LONGEST_SHEET_NAME = 31
