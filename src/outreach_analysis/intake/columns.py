"""Which of an office's headers stands for which of our columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from rapidfuzz import fuzz, process

from outreach_analysis import contracts

PERSONAL = ("nik", "name", "phone", "passport_no", "email", "birth", "person")
"""Columns about a person: read only to make a key or to be removed from other texts, never kept."""

_DROPPED = ("name", "phone", "passport_no", "email", "birth")

IGNORE = ("", "-", "ignore", "abaikan")
"""Values of `[columns]` in outreach.toml that say: this header stands for nothing."""

ORIGIN = ("address", "desa", "kecamatan", "kabupaten", "area_code")
_PLACE = ("area", *ORIGIN)
_DID_YOU_MEAN = 80

_Forms = Mapping[str, tuple[str, ...]]
_Known = Mapping[str, str]

_DATE = (
    "tanggal", "tgl", "date", "timestamp", "cap waktu", "stempel waktu", "hari tanggal", "hari tgl",
)  # fmt: skip
_ORIGIN_FORMS: _Forms = MappingProxyType(
    {
        "address": ("alamat", "alamat lengkap", "alamat domisili", "alamat tinggal", "alamat tempat tinggal",
                    "alamat rumah", "alamat pemohon", "domisili", "tempat tinggal", "asal", "daerah asal",
                    "asal daerah"),
        "desa": ("kelurahan desa", "desa kelurahan", "kelurahan", "desa", "kel desa", "desa kel", "kel", "kampung",
                 "nama desa", "nama kelurahan", "kelurahan desa domisili", "desa kelurahan kampung"),
        "kecamatan": ("kec", "kecamatan domisili", "asal kecamatan", "kecamatan asal", "nama kecamatan"),
        "kabupaten": ("kab kota", "kabupaten kota", "kota kabupaten", "kota kab", "kab", "kota", "kabupaten domisili",
                      "kab kota domisili", "kabupaten kota domisili", "asal kabupaten", "kabupaten asal", "kota asal",
                      "kab kota asal", "nama kabupaten"),
        "area_code": ("kode wilayah", "kode kecamatan", "kode desa", "kode kelurahan", "kode daerah", "kode area",
                      "area code", "area id", "kode kemendagri"),
    }
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
_COUNT = ("jumlah", "jml", "jumlah orang", "jml orang")


def plain_header(text: str) -> str:
    """A header without case, punctuation, line breaks and doubled spaces.

    Examples
    --------
    >>> [plain_header(h) for h in ("Kab/Kota", " No. KTP", "service_date", "TGL.\\nPERMOHONAN *")]
    ['kab kota', 'no ktp', 'service date', 'tgl permohonan']
    """
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(words)


def _plain_without_brackets(text: str) -> str:
    return plain_header(re.sub(r"[(\[].*?[)\]]", " ", text))


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
    total_words_in
        Columns where the word 'total' alone makes a total row.
    known
        Our column by every header we know, as `plain_header` leaves it.
    """

    table: contracts.Table
    forms: _Forms
    required: tuple[tuple[str, ...], ...]
    anchor: str
    quantity: str = ""
    total_words_in: tuple[str, ...] = ()
    known: _Known = field(init=False, repr=False)

    def __post_init__(self) -> None:
        known = {form: column for column, listed in self.forms.items() for form in listed}
        own = {plain_header(column): column for column in self.columns}
        object.__setattr__(self, "known", MappingProxyType(known | own))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a header may stand for."""
        own = (column.name for column in self.table.columns)
        return tuple(dict.fromkeys((*own, *self.forms)))


def _spec(
    table: contracts.Table,
    forms: _Forms,
    *,
    required: Sequence[tuple[str, ...]],
    anchor: str,
    quantity: str = "",
    total_words_in: tuple[str, ...] = (),
) -> TableSpec:
    return TableSpec(
        table=table,
        forms=MappingProxyType(dict(forms)),
        required=tuple(required),
        anchor=anchor,
        quantity=quantity,
        total_words_in=total_words_in,
    )


APPLICANTS = _spec(
    contracts.APPLICANTS,
    {
        "service_date": (*_DATE, "tgl permohonan", "tanggal permohonan", "tanggal layanan", "tgl layanan",
                         "tanggal pelayanan", "tgl pelayanan", "tanggal kegiatan", "tgl kegiatan", "tanggal pengajuan",
                         "tgl pengajuan", "tanggal kunjungan", "tgl kunjungan", "tanggal datang", "tgl datang"),
        "event_id": _EVENT,
        **_ORIGIN_FORMS,
        **_IDENTITY_FORMS,
        "passport_type": ("jenis paspor", "tipe paspor", "jenis passport", "paspor"),
        "application": ("jenis permohonan", "tipe permohonan", "permohonan", "jenis pengajuan", "jenis layanan"),
        "channel": ("tahu dari", "sumber informasi", "sumber info", "info dari", "informasi dari", "mengetahui dari",
                    "tahu layanan dari", "tahu informasi dari", "dapat info dari", "media informasi",
                    "mengetahui layanan dari", "dari mana mengetahui layanan ini",
                    "dari mana anda mengetahui layanan ini",
                    "dari mana anda tahu layanan ini"),
    },
    required=[("service_date",), ORIGIN],
    anchor="service_date",
)  # fmt: skip
SITES = _spec(
    contracts.SITES,
    {
        "site_id": _SITE,
        "name": ("nama lokasi", "nama tempat", "nama", "lokasi", "tempat"),
        "kind": ("jenis lokasi", "jenis tempat", "jenis", "tipe", "kategori"),
        "area": _AREA,
        **_ORIGIN_FORMS,
        "lon": ("bujur", "longitude", "long", "lng", "bujur timur"),
        "lat": ("lintang", "latitude", "garis lintang"),
        "capacity": ("kapasitas", "kuota", "kapasitas orang"),
        "cost": ("biaya", "biaya rp", "anggaran"),
        "opened": ("dibuka", "tgl buka", "tanggal buka", "buka sejak", "mulai"),
        "closed": ("ditutup", "tgl tutup", "tanggal tutup"),
    },
    required=[("site_id",), ("name",), ("kind",), _PLACE],
    anchor="site_id",
)  # fmt: skip
EVENTS = _spec(
    contracts.EVENTS,
    {
        "event_id": (*_EVENT, "id"),
        "site_id": (*_SITE, "lokasi", "tempat"),
        "date": (*_DATE, "tanggal kegiatan", "tgl kegiatan", "tanggal pelaksanaan", "tgl pelaksanaan"),
        "status": ("status kegiatan", "keterangan status"),
        "series": ("seri", "rangkaian", "program"),
        "capacity": ("kapasitas", "kuota"),
        "sold_out": ("kuota habis", "penuh", "habis", "sold out"),
    },
    required=[("event_id",), ("site_id",), ("date",), ("status",)],
    anchor="event_id",
)
INTEREST = _spec(
    contracts.INTEREST,
    {
        "date": (*_DATE, "tanggal daftar", "tgl daftar", "tanggal minat"),
        "area": _AREA,
        **_ORIGIN_FORMS,
        "people": (*_COUNT, "peminat", "jumlah peminat", "banyak orang", "jumlah peserta"),
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
    contracts.OFFICE_MONTHLY,
    {
        "month": ("bulan", "periode", "bulan tahun"),
        "area": _AREA,
        **_ORIGIN_FORMS,
        "applicants": (*_COUNT, "pemohon", "jumlah pemohon", "jml pemohon", "permohonan", "jumlah permohonan"),
    },
    required=[("month",), _PLACE, ("applicants",)],
    anchor="month",
    quantity="applicants",
    total_words_in=_PLACE,
)
TRAVEL = _spec(
    contracts.TRAVEL,
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
    contracts.ACCESS,
    {
        "area_id": ("kode wilayah", "kode kecamatan", "area", "wilayah", "kecamatan"),
        "access": ("akses", "jalur", "moda"),
        "extra_minutes": ("tambahan menit", "menit tambahan"),
    },
    required=[("area_id",), ("access",)],
    anchor="area_id",
)
ALIASES = _spec(
    contracts.Table(
        name="aliases.csv",
        columns=(
            contracts.Column(name="alias", kind="text"),
            contracts.Column(name="area_id", kind="text"),
            contracts.Column(name="decided_by", kind="text", required=False),
            contracts.Column(name="decided_on", kind="text", required=False),
        ),
    ),
    {},
    required=[("alias",), ("area_id",)],
    anchor="alias",
)
SPECS = (APPLICANTS, SITES, EVENTS, INTEREST, OFFICE_MONTHLY, TRAVEL, ACCESS, ALIASES)
AREAS_COLUMNS = tuple(column.name for column in contracts.AREAS.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMap:
    """What the cells of one header row were taken for.

    Attributes
    ----------
    positions
        Position in the row by our column.
    taken
        (header, our column or '', how) for each header that is not blank; how is one of `ours`, `usual`
        (a usual Indonesian header), `settings` ([columns] of outreach.toml), `ignored`.
    names
        Positions of all columns of people's names.
    duplicates
        Our columns that two headers stand for; two of a kind that is dropped anyway (two phones) are none.
    missing
        Groups of required columns of which none is there.
    """

    positions: Mapping[str, int]
    taken: tuple[tuple[str, str, str], ...]
    names: tuple[int, ...]
    duplicates: tuple[str, ...]
    missing: tuple[tuple[str, ...], ...]

    @property
    def is_complete(self) -> bool:
        """Whether every required column is there."""
        return not self.missing


def map_headers(headers: Sequence[str], spec: TableSpec, *, extra: Mapping[str, str] | None = None) -> HeaderMap:
    """Take each header for one of our columns.

    A header counts as known when it equals, but for case, punctuation and spaces, our own name or a usual
    form; a remark in brackets is tried without. `extra` wins over both.

    Parameters
    ----------
    headers
        Cells of the header row, in order.
    spec
        The kind of table.
    extra
        Our column by the office's header, from `[columns]` of outreach.toml; a value of `IGNORE` switches a
        header off.

    Returns
    -------
    HeaderMap

    Examples
    --------
    >>> found = map_headers(["No", "Tgl Permohonan", "Kec.", "Asal Surat"], APPLICANTS)
    >>> dict(found.positions), found.is_complete
    ({'service_date': 1, 'kecamatan': 2}, True)
    >>> dict(map_headers(["Hari-H", "Kec"], APPLICANTS, extra={"hari-h": "service_date"}).positions)
    {'service_date': 0, 'kecamatan': 1}
    """
    known = spec.known
    own = {plain_header(column) for column in spec.columns}
    declared = {plain_header(header): column for header, column in (extra or {}).items()}
    chosen: list[tuple[int, str, str, str]] = []
    for position, header in enumerate(headers):
        plain = plain_header(header)
        if not plain:
            continue
        if plain in declared:
            column = declared[plain]
            usable = column in spec.columns
            chosen.append((position, header, column if usable else "", "settings" if usable else "ignored"))
            continue
        bare = plain if plain in known else _plain_without_brackets(header)
        column = known.get(bare, "")
        how = "ignored" if not column else "ours" if bare in own else "usual"
        chosen.append((position, header, column, how))
    return _header_map(chosen, spec)


def _header_map(chosen: list[tuple[int, str, str, str]], spec: TableSpec) -> HeaderMap:
    declared = {column for _, _, column, how in chosen if how == "settings"}
    positions: dict[str, list[int]] = {}
    taken: list[tuple[str, str, str]] = []
    for position, header, column, how in chosen:
        if not column or (column in declared and how != "settings"):
            taken.append((header, "", "ignored"))
            continue
        positions.setdefault(column, []).append(position)
        taken.append((header, column, how))
    return HeaderMap(
        positions=MappingProxyType({name: positions[name][0] for name in spec.columns if name in positions}),
        taken=tuple(taken),
        names=tuple(positions.get("name", ())),
        duplicates=tuple(name for name, at in positions.items() if len(at) > 1 and name not in _DROPPED),
        missing=tuple(group for group in spec.required if not any(column in positions for column in group)),
    )


def did_you_mean(group: Sequence[str], headers: Sequence[str], spec: TableSpec) -> str:
    """The header that most looks like one of the missing columns; '' where none comes near.

    Examples
    --------
    >>> did_you_mean(["service_date"], ["No", "Tgl Permohonann"], APPLICANTS)
    'Tgl Permohonann'
    """
    forms = [form for column in group for form in (plain_header(column), *spec.forms.get(column, ()))]
    best, best_score = "", float(_DID_YOU_MEAN)
    for header in headers:
        found = process.extractOne(plain_header(header), forms, scorer=fuzz.ratio, score_cutoff=best_score)
        if found and len(plain_header(header)) > 2:
            best, best_score = header, found[1]
    return best
