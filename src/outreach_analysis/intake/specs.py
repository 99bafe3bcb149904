"""The tables an office hands in: the usual Indonesian headers of their columns, and what they cannot do without."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from outreach_analysis.contracts import ACCESS as ACCESS_TABLE
from outreach_analysis.contracts import APPLICANTS as APPLICANTS_TABLE
from outreach_analysis.contracts import AREAS as AREAS_TABLE
from outreach_analysis.contracts import EVENTS as EVENTS_TABLE
from outreach_analysis.contracts import INTEREST as INTEREST_TABLE
from outreach_analysis.contracts import OFFICE_MONTHLY as OFFICE_MONTHLY_TABLE
from outreach_analysis.contracts import OWN_NUMBERS, Column, Table
from outreach_analysis.contracts import SITES as SITES_TABLE
from outreach_analysis.contracts import TRAVEL as TRAVEL_TABLE
from outreach_analysis.geocoding.headers import ORIGIN_HEADERS, plain_header

PERSONAL = ("name", "phone", "passport_no", "email", "birth")
"""Columns about a person that are dropped, and that nobody is told of."""

TWO_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "program": "a programme where it holds a word for one, else the name of a series",
        "hari": "a number of days where it holds numbers, else weekdays, which are ignored",
    }
)
"""Headers of events of which only the cells say what they stand for."""

ORIGIN = ("address", "desa", "kecamatan", "kabupaten", "area_code")
_PLACE = ("area", *ORIGIN)

_Forms = Mapping[str, tuple[str, ...]]
_Known = Mapping[str, str]

_DATE = (
    "tanggal", "tgl", "date", "timestamp", "cap waktu", "stempel waktu", "hari tanggal", "hari tgl",
)  # fmt: skip
_IDENTITY_FORMS: _Forms = MappingProxyType(
    {
        "nik": ("no ktp", "nomor ktp", "no nik", "nomor nik", "no ktp nik", "nik ktp", "no nik ktp", "ktp",
                "nomor induk kependudukan", "no identitas", "nomor identitas", "no induk kependudukan", "nik no ktp"),
        "name": ("nama", "nama lengkap", "nama pemohon", "nama lengkap pemohon", "nama peserta", "full name",
                 "nama orang"),
        "phone": ("no hp", "hp", "no telp", "telp", "telepon", "no telepon", "nomor hp", "nomor telepon", "no tlp",
                  "no handphone", "nomor handphone", "handphone", "no wa", "nomor wa", "no whatsapp", "nomor whatsapp",
                  "whatsapp", "wa", "no hp wa", "no wa hp", "no hp telp", "no telp hp", "kontak", "phone number"),
        "passport_no": ("no paspor", "nomor paspor", "paspor lama", "no paspor lama", "nomor paspor lama",
                        "passport number", "no passport"),
        "email": ("e mail", "alamat email", "alamat e mail", "surel", "email address"),
        "birth": ("tanggal lahir", "tgl lahir", "tempat lahir", "ttl", "tempat tanggal lahir", "tempat tgl lahir"),
    }
)  # fmt: skip
_EVENT = ("kode kegiatan", "id kegiatan", "kegiatan", "kode event", "event", "kode acara", "id acara", "kode layanan")
_SITE = ("kode lokasi", "id lokasi", "kode tempat", "id tempat", "kode site")
_AREA = ("wilayah", "daerah", "nama wilayah", "kode atau nama wilayah")
COUNT_FORMS = ("jumlah", "jml", "jumlah orang", "jml orang")
"""Headers of numbers of people."""


_OWN_NUMBER = re.compile(r"x ([^\W_]+(?: [^\W_]+)*)")
_OFFICE = re.compile(r"\b(?:kantor|kanim|imigrasi|office)\b")
_SOON = re.compile(r"\b(?:3|tiga|three) (?:bulan|bln|months?)\b")
_WOULD = re.compile(
    r"\b(?:akan|tetap|rencana|berencana|would|datang|pergi|ke|mengurus|seandainya|andai|jika|kalau|bila|apabila|tanpa)\b"
)
_SOMETHING_ELSE = re.compile(
    r"\b(?:terakhir|lalu|sebelumnya|kapan|berapa|pernah|sudah|jarak|alamat|mengapa|kenapa|alasan|last|how|when|why|past"
    r"|\w*ambil\w*)\b"
)


@lru_cache(maxsize=4096)
def asks_the_desk_question(header: str) -> bool:
    """Whether a header, as `plain_header` leaves it, asks if somebody would go to the office within three months.

    Offices word the question as they like: it must name the office and the three months and ask for an intention.
    What was done in the last three months, how often, when or why is another question.

    Examples
    --------
    >>> [asks_the_desk_question(plain_header(header)) for header in (
    ...     "Kalau tidak ada jemput bola, apakah tetap ke Kantor Imigrasi dalam 3 bulan?",
    ...     "Berapa kali ke kantor dalam 3 bulan terakhir?", "Alamat kantor")]
    [True, False, False]
    """
    says = (pattern.search(header) is not None for pattern in (_OFFICE, _SOON, _WOULD))
    return all(says) and _SOMETHING_ELSE.search(header) is None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSpec:
    """One kind of table: the usual headers of its columns and what it cannot do without.

    Attributes
    ----------
    table
        The contract of the table.
    forms
        Usual headers by our column, written as `plain_header` leaves them.
    required
        Groups of columns; at least one of each group must be there. The first of a group names it in messages.
    quantity
        Column whose numbers a total row adds up; '' where a total row counts rows.
    anchor
        Column that every true row fills: rows that leave it blank may be totals.
    undated_with
        Columns any of which makes the anchor, a date, dispensable: then each row is a person, and the day is the
        event's.
    total_words_in
        Columns where the word 'total' alone makes a total row.
    asks
        Questions that offices word freely: whether a plain header asks for the column.
    known
        Our column by every header we know, as `plain_header` leaves it.
    own
        Our own names among them.
    own_numbers
        Whether the office may add numbers of its own, in columns named `x_...`.
    columns
        Every column that a header may stand for.
    anchor_is_date
        Whether the anchor is a date.
    """

    table: Table
    forms: _Forms
    required: tuple[tuple[str, ...], ...]
    anchor: str
    quantity: str = ""
    total_words_in: tuple[str, ...] = ()
    own_numbers: bool = False
    asks: Mapping[str, Callable[[str], bool]] = field(default_factory=dict)
    undated_with: tuple[str, ...] = ()
    known: _Known = field(init=False, repr=False)
    own: frozenset[str] = field(init=False, repr=False)
    columns: tuple[str, ...] = field(init=False, repr=False)
    anchor_is_date: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        named = (column.name for column in self.table.columns)
        object.__setattr__(self, "columns", tuple(dict.fromkeys((*named, *self.forms))))
        dates = {column.name for column in self.table.columns if column.kind == "date"}
        object.__setattr__(self, "anchor_is_date", self.anchor in dates)
        known = {form: column for column, listed in self.forms.items() for form in listed}
        own = {plain_header(column): column for column in self.columns}
        object.__setattr__(self, "known", MappingProxyType(known | own))
        object.__setattr__(self, "own", frozenset(own))

    def takes(self, column: str) -> bool:
        """Whether a header may be mapped to this column."""
        return column in self.columns or (self.own_numbers and column.startswith(OWN_NUMBERS))

    def column_of(self, header: str) -> str:
        """The column that a plain header stands for, '' where it is not known."""
        if header in self.known:
            return self.known[header]
        if self.own_numbers and (named := _OWN_NUMBER.fullmatch(header)):
            return OWN_NUMBERS + named.group(1).replace(" ", "_")
        return next((column for column, asks in self.asks.items() if asks(header)), "")


def _spec(
    table: Table,
    forms: _Forms,
    *,
    required: Sequence[tuple[str, ...]],
    anchor: str,
    quantity: str = "",
    total_words_in: tuple[str, ...] = (),
    asks: Mapping[str, Callable[[str], bool]] = MappingProxyType({}),
    undated_with: tuple[str, ...] = (),
    own_numbers: bool = False,
) -> TableSpec:
    return TableSpec(
        table=table,
        forms=MappingProxyType(dict(forms)),
        required=tuple(required),
        anchor=anchor,
        quantity=quantity,
        total_words_in=total_words_in,
        asks=MappingProxyType(dict(asks)),
        undated_with=undated_with,
        own_numbers=own_numbers,
    )


APPLICANTS = _spec(
    APPLICANTS_TABLE,
    {
        "service_date": (*_DATE, "tgl permohonan", "tanggal permohonan", "tanggal layanan", "tgl layanan",
                         "tanggal pelayanan", "tgl pelayanan", "tanggal kegiatan", "tgl kegiatan", "tanggal pengajuan",
                         "tgl pengajuan", "tanggal kunjungan", "tgl kunjungan", "tanggal datang", "tgl datang"),
        "event_id": _EVENT,
        "site": ("lokasi", "tempat", "lokasi kegiatan", "tempat kegiatan", "lokasi layanan", "tempat layanan",
                 "lokasi pelayanan", "tempat pelayanan", "nama lokasi", *_SITE),
        **ORIGIN_HEADERS,
        **_IDENTITY_FORMS,
        "passport_type": ("jenis paspor", "tipe paspor", "jenis passport", "paspor"),
        "application": ("jenis permohonan", "tipe permohonan", "permohonan", "jenis pengajuan", "jenis layanan"),
        "channel": ("tahu dari", "sumber informasi", "sumber info", "info dari", "informasi dari", "mengetahui dari",
                    "tahu layanan dari", "tahu informasi dari", "dapat info dari", "media informasi",
                    "mengetahui layanan dari", "dari mana mengetahui layanan ini",
                    "dari mana anda mengetahui layanan ini",
                    "dari mana anda tahu layanan ini"),
        "would_have_come": ("akan ke kantor", "akan datang ke kantor", "akan ke kantor 3 bulan",
                            "akan ke kantor dalam 3 bulan", "apakah akan ke kantor dalam 3 bulan",
                            "apakah akan ke kantor dalam tiga bulan", "tetap ke kantor", "tetap akan ke kantor",
                            "tetap datang ke kantor", "akan ke kanim", "pertanyaan loket", "pertanyaan petugas",
                            "would have gone to the office", "desk question"),
    },
    required=[("service_date",), ORIGIN],
    anchor="service_date",
    asks={"would_have_come": asks_the_desk_question},
    undated_with=("nik", *PERSONAL),
)  # fmt: skip
SITES = _spec(
    SITES_TABLE,
    {
        "site_id": _SITE,
        "name": ("nama lokasi", "nama tempat", "nama", "lokasi", "tempat"),
        "kind": ("jenis lokasi", "jenis tempat", "jenis", "tipe", "kategori"),
        "area": _AREA,
        **ORIGIN_HEADERS,
        "lon": ("bujur", "longitude", "long", "lng", "bujur timur"),
        "lat": ("lintang", "latitude", "garis lintang"),
        "capacity": ("kapasitas", "kuota", "kapasitas orang"),
        "cost": ("biaya", "biaya rp", "anggaran"),
        "opened": ("dibuka", "tgl buka", "tanggal buka", "buka sejak", "mulai"),
        "closed": ("ditutup", "tgl tutup", "tanggal tutup"),
    },
    required=[("site_id",), ("name",), ("kind",), _PLACE],
    anchor="site_id",
    own_numbers=True,
)  # fmt: skip
EVENTS = _spec(
    EVENTS_TABLE,
    {
        "event_id": (*_EVENT, "id"),
        "site_id": (*_SITE, "lokasi", "tempat"),
        "date": (*_DATE, "tanggal kegiatan", "tgl kegiatan", "tanggal pelaksanaan", "tgl pelaksanaan", "tanggal mulai",
                 "tgl mulai", "tanggal awal", "tgl awal", "start date"),
        "status": ("status kegiatan", "keterangan status"),
        "programme": ("jenis kegiatan", "jenis program", "jenis layanan", "program layanan", "program kegiatan"),
        "end_date": ("tanggal selesai", "tgl selesai", "tanggal berakhir", "tgl berakhir", "tanggal akhir", "tgl akhir",
                     "sampai tanggal", "sampai tgl", "sampai dengan", "s d tanggal", "s d tgl", "s d", "last day"),
        "days": ("jumlah hari", "jml hari", "lama hari", "lama", "lama kegiatan", "durasi", "durasi hari",
                 "number of days"),
        "booths": ("booth", "loket", "meja", "konter", "jumlah booth", "jumlah loket", "jumlah meja", "jumlah konter",
                   "jml booth", "jml loket", "jml meja", "counters", "desks"),
        "series": ("seri", "rangkaian"),
        "capacity": ("kapasitas", "kuota"),
        "sold_out": ("kuota habis", "penuh", "habis", "sold out"),
        **dict.fromkeys(TWO_MEANINGS, ()),
    },
    required=[("event_id",), ("site_id",), ("date",), ("status",)],
    anchor="event_id",
    own_numbers=True,
)  # fmt: skip
INTEREST = _spec(
    INTEREST_TABLE,
    {
        "date": (*_DATE, "tanggal daftar", "tgl daftar", "tanggal minat"),
        "area": _AREA,
        **ORIGIN_HEADERS,
        "people": (*COUNT_FORMS, "peminat", "jumlah peminat", "banyak orang", "jumlah peserta"),
        "source": ("sumber", "sumber data", "asal data"),
        "group": ("kelompok", "rombongan", "kolektif"),
        "person": ("no hp nik", "no hp atau nik", "nik no hp", "nik atau no hp"),
        "event_id": _EVENT,
        **_IDENTITY_FORMS,
        "name": (*_IDENTITY_FORMS["name"], "nama peminat", "nama pendaftar"),
    },
    required=[("date",), _PLACE, ("people", "person", "nik", "phone")],
    anchor="date",
    quantity="people",
    total_words_in=_PLACE,
)
OFFICE_MONTHLY = _spec(
    OFFICE_MONTHLY_TABLE,
    {
        "month": ("bulan", "periode", "bulan tahun"),
        "area": _AREA,
        **ORIGIN_HEADERS,
        "applicants": (*COUNT_FORMS, "pemohon", "jumlah pemohon", "jml pemohon", "permohonan", "jumlah permohonan"),
    },
    required=[("month",), _PLACE, ("applicants",)],
    anchor="month",
    quantity="applicants",
    total_words_in=_PLACE,
)
TRAVEL = _spec(
    TRAVEL_TABLE,
    {
        "area_id": ("kode wilayah", "kode kecamatan", "area", "wilayah", "kecamatan"),
        "site_id": _SITE,
        "minutes": ("menit", "waktu tempuh", "waktu tempuh menit", "durasi menit"),
        "km": ("jarak", "jarak km", "kilometer"),
    },
    required=[("area_id",), ("site_id",), ("minutes", "km")],
    anchor="area_id",
)
ACCESS = _spec(
    ACCESS_TABLE,
    {
        "area_id": ("kode wilayah", "kode kecamatan", "area", "wilayah", "kecamatan"),
        "access": ("akses", "jalur", "moda"),
        "extra_minutes": ("tambahan menit", "menit tambahan"),
    },
    required=[("area_id",), ("access",)],
    anchor="area_id",
)
ALIASES = _spec(
    Table(
        name="aliases.csv",
        columns=(
            Column(name="alias", kind="text"),
            Column(name="area_id", kind="text"),
            Column(name="kind", kind="text", required=False),
            Column(name="decided_by", kind="text", required=False),
            Column(name="decided_on", kind="text", required=False),
        ),
    ),
    {},
    required=[("alias",), ("area_id",)],
    anchor="alias",
)
REVIEW = _spec(
    Table(
        name="review.csv",
        columns=(
            Column(name="text", kind="text"),
            Column(name="rows", kind="integer", required=False, minimum=1, unit="rows"),
            Column(name="decision", kind="text"),
        ),
    ),
    {"text": ("teks",), "decision": ("keputusan",)},
    required=[("text",), ("decision",)],
    anchor="text",
)
SPECS = (APPLICANTS, SITES, EVENTS, INTEREST, OFFICE_MONTHLY, TRAVEL, ACCESS, ALIASES)
AREAS_COLUMNS = tuple(column.name for column in AREAS_TABLE.columns)
