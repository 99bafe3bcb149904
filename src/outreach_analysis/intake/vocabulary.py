"""An office's words for the kinds of things we count, taken for ours."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from outreach_analysis.geocoding.headers import plain_header
from outreach_analysis.intake.values import HIDDEN, text_by_distinct

_Words = Mapping[str, tuple[str, ...]]

SITE_KINDS: _Words = MappingProxyType(
    {
        "mall": ("mal", "pusat perbelanjaan"),
        "pesantren": ("ponpes", "pondok pesantren", "pondok"),
        "kecamatan": ("kantor kecamatan", "kec", "kantor camat"),
        "desa": ("kantor desa", "kelurahan", "kantor kelurahan", "balai desa", "kantor lurah"),
        "campus": ("kampus", "universitas", "perguruan tinggi", "sekolah tinggi"),
        "other": ("lain", "lainnya", "lain lain"),
        "office": ("kantor", "kanim", "kantor imigrasi"),
        "mpp": ("mal pelayanan publik",),
        "ukk": ("unit kerja keimigrasian", "unit kerja kantor"),
        "other_office": ("kantor lain", "kantor imigrasi lain", "kanim lain"),
    }
)
EVENT_STATUS: _Words = MappingProxyType(
    {
        "planned": ("rencana", "direncanakan", "akan datang", "terjadwal", "dijadwalkan"),
        "held": ("terlaksana", "selesai", "dilaksanakan", "sudah", "sudah dilaksanakan", "done"),
        "cancelled": ("batal", "dibatalkan", "canceled", "tidak jadi"),
        "failed": (
            "gagal", "gagal teknis", "gagal jaringan", "gangguan", "gangguan teknis", "gangguan jaringan",
            "gangguan sistem", "terhenti", "technical fault",
        ),
    }
)  # fmt: skip
PROGRAMMES: _Words = MappingProxyType(
    {
        "visit": ("kunjungan", "jemput bola", "terjadwal", "dijadwalkan", "mobile", "keliling", "pop up", "popup",
                  "scheduled"),
        "invited": ("undangan", "diundang", "permintaan", "atas permintaan", "permohonan", "kolektif", "rombongan",
                    "kelompok", "invitation", "by invitation",
                    "on request"),
        "office": ("kantor", "di kantor", "kanim", "kantor imigrasi", "di kantor imigrasi", "layanan di kantor",
                   "akhir pekan di kantor", "at the office", "office weekend"),
    }
)  # fmt: skip
ACCESS: _Words = MappingProxyType(
    {
        "road": ("jalan", "darat", "jalan darat"),
        "river": ("sungai",),
        "ferry": ("feri", "penyeberangan", "kapal penyeberangan"),
        "air": ("udara", "pesawat"),
    }
)
DESK_ANSWERS: _Words = MappingProxyType(
    {
        "yes": (
            "ya", "y", "iya", "benar", "betul", "true", "1", "v", "akan", "pasti", "tentu", "tetap", "ya akan",
            "ya pasti", "ya tentu", "ya tetap", "akan datang", "tetap datang", "pasti datang", "akan ke kantor",
            "tetap ke kantor", "ya akan ke kantor", "ya tetap ke kantor", "tetap akan ke kantor",
        ),
        "no": (
            "tidak", "tdk", "tak", "t", "n", "false", "0", "bukan", "ga", "gak", "nggak", "enggak", "tidak akan",
            "tdk akan", "tidak datang", "tidak akan datang", "tidak ke kantor", "tidak akan ke kantor",
        ),
        "unsure": (
            "tidak tahu", "tidak tau", "tdk tahu", "tdk tau", "tak tahu", "kurang tahu", "belum tahu", "belum tau",
            "belum tentu", "tidak tentu", "belum pasti", "tidak pasti", "kurang pasti", "tidak yakin", "belum yakin",
            "kurang yakin", "ragu", "ragu ragu", "masih ragu", "mungkin", "mungkin ya", "mungkin tidak", "bisa jadi",
            "barangkali", "entah", "entahlah", "maybe", "perhaps", "not sure", "don t know", "dont know", "do not know",
        ),
    }
)  # fmt: skip
_UNANSWERED = (
    "tidak dijawab", "tidak menjawab", "tidak ditanya", "tidak ditanyakan", "belum ditanya", "belum ditanyakan",
    "tidak ada jawaban", "menolak", "menolak menjawab", "kosong", "nihil", "n a", "na", "no answer", "not asked",
)  # fmt: skip
_NOTHING_WRITTEN = re.compile(r"[-–—_.\s]*")
_TICKS = ("✓", "✔", "√")
_BETWEEN_ANSWERS = re.compile(r"[/,;|()]")
NO_WAY = ("inf", "infinity", "∞", "tak terjangkau", "tidak terjangkau", "tidak ada jalan", "unreachable")
"""Words, in lower case, that stand in place of minutes or km where no way leads."""

_CHANNELS: _Words = MappingProxyType(
    {
        "instagram": ("instagram", "ig", "insta"),
        "other_social": (
            "facebook", "fb", "tiktok", "tik tok", "twitter", "x", "whatsapp", "wa", "youtube", "telegram", "threads",
            "media sosial", "medsos", "sosmed", "sosial media", "grup wa",
        ),
        "conventional": (
            "koran", "surat kabar", "radio", "tv", "televisi", "spanduk", "baliho", "brosur", "poster", "banner",
            "pamflet", "majalah", "media massa", "media cetak", "berita", "surat edaran", "pengumuman", "sosialisasi",
        ),
        "office": ("kantor", "kanim", "petugas", "loket", "office", "customer service", "kantor imigrasi"),
        "word_of_mouth": (
            "teman", "keluarga", "tetangga", "saudara", "kerabat", "rekan", "kenalan", "mulut ke mulut", "orang tua",
            "getok tular", "word of mouth", "suami", "istri", "ustaz", "ustadz", "guru",
        ),
    }
)  # fmt: skip
_LOST_OR_DAMAGED = (("lost", r"hilang|lost"), ("damaged", r"rusak|damaged"))
_APPLICATIONS = (
    *_LOST_OR_DAMAGED,
    ("renewal", r"penggantian|ganti|perpanjang\w*|habis|penuh|renewal|replacement"),
    ("new", r"baru|new|pertama"),
)
_NOT_ELECTRONIC = re.compile(r"\b(?:non|bukan|tidak|tanpa)\s?(?:e\b|e?\s?paspor|elektronik|electronic)|non_electronic")
_ELECTRONIC = re.compile(r"elektronik|electronic|\be\s?paspor\b|\be\s?passport\b|\bepaspor\b|\bepassport\b")
_BARE = "bare"
_TYPES = ("electronic", "non_electronic", "unknown", _BARE)
_ORDINARY = re.compile(r"\bbiasa\b|^paspor(?: \d+ (?:hal|halaman))?$|^\d+ (?:hal|halaman)$")


def known_word(text: pd.Series, words: _Words) -> pd.Series:
    """Our word for each text that is ours or a usual Indonesian one; None for any other.

    Examples
    --------
    >>> known_word(pd.Series(["Mall", "Pondok Pesantren", "pasar"]), SITE_KINDS).tolist()
    ['mall', 'pesantren', None]
    """
    forms = {plain_header(form): word for word, listed in words.items() for form in (word, *listed)}
    return (
        text.map(lambda value: forms.get(plain_header(value))).astype(object).where(lambda found: found.notna(), None)
    )


def passport_types(text: pd.Series, dates: pd.Series, *, all_electronic_from: dt.date) -> pd.Series:
    """electronic, non_electronic or unknown.

    'E-Paspor' and 'Paspor Biasa Elektronik' are electronic, 'Paspor Biasa Non Elektronik' is not. A bare
    'Paspor Biasa' is unknown before `all_electronic_from` and electronic from that day on (inclusive).

    Parameters
    ----------
    text, dates
        What the list says, and the service date, of each row.
    all_electronic_from
        First day on which only electronic passports were issued.

    Examples
    --------
    >>> said = pd.Series(["E-Paspor", "Paspor Biasa Non Elektronik", "Paspor Biasa", "Paspor Biasa", ""])
    >>> days = pd.to_datetime(pd.Series(["2025-01-01", "2025-01-01", "2025-06-30", "2025-07-01", "2026-01-01"]))
    >>> passport_types(said, days, all_electronic_from=dt.date(2025, 7, 1)).tolist()
    ['electronic', 'non_electronic', 'unknown', 'electronic', 'unknown']
    """
    codes, distinct = pd.factorize(text)
    stated = np.array([_TYPES.index(_stated_type(str(value))) for value in distinct] or [0])[codes]
    late = (stated == _TYPES.index(_BARE)) & (dates >= pd.Timestamp(all_electronic_from)).to_numpy()
    words = pd.array([*_TYPES[:-1], "unknown"], dtype="str")
    return pd.Series(words.take(np.where(late, 0, stated)), index=text.index, name=text.name)


def _stated_type(text: str) -> str:
    plain = plain_header(text)
    if _NOT_ELECTRONIC.search(plain):
        return "non_electronic"
    if _ELECTRONIC.search(plain):
        return "electronic"
    return _BARE if _ORDINARY.search(plain) else "unknown"


def applications(text: pd.Series) -> pd.Series:
    """new, renewal, lost, damaged; other for any other text, unknown where blank.

    A replacement with its reason is that reason: 'Penggantian (hilang)' is lost.

    Examples
    --------
    >>> applications(pd.Series(["Paspor Baru", "Penggantian", "Penggantian - rusak", "Perubahan data", ""])).tolist()
    ['new', 'renewal', 'damaged', 'other', 'unknown']
    """

    def kind(value: str) -> str:
        plain = plain_header(value)
        found = (name for name, pattern in _APPLICATIONS if re.search(rf"\b(?:{pattern})\b", plain))
        return next(found, "other" if plain else "unknown")

    return text_by_distinct(text, kind)


def desk_answers(text: pd.Series) -> pd.Series:
    """yes, no or unsure; '' where nobody answered, missing for any other text.

    Several words that say the same are one answer: 'Tidak tahu / belum tentu' is unsure. 'Ya / tidak' is none.

    Examples
    --------
    >>> desk_answers(pd.Series(["Ya", "TDK", "Tidak tahu / belum tentu", "-", "ya / tidak"])).tolist()
    ['yes', 'no', 'unsure', '', nan]
    """
    forms = {plain_header(form): answer for answer, listed in DESK_ANSWERS.items() for form in (answer, *listed)}
    forms |= dict.fromkeys((plain_header(form) for form in _UNANSWERED), "") | dict.fromkeys(_TICKS, "yes")

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
    """Answers that are not understood, as they may be shown: words of answers and small numbers, nothing else.

    The cell is free text, and a name or a phone may have slipped into it.

    Examples
    --------
    >>> shown_desk_answers(pd.Series(["ya / tidak", "3", "Siti Aminah", "0812"])).tolist()
    ['ya / tidak', '3', '[text not shown]', '[text not shown]']
    """
    harmless = {word for answer, listed in DESK_ANSWERS.items() for form in (answer, *listed) for word in form.split()}

    def show(value: str) -> str:
        words = plain_header(value).split()
        letters = [word for word in words if not word.isdecimal()]
        fine = harmless.issuperset(letters) and sum(map(len, words)) - sum(map(len, letters)) <= 1
        return value if fine else HIDDEN

    return text_by_distinct(text, show)


def channels(text: pd.Series) -> pd.Series:
    """instagram, other_social, conventional, office, word_of_mouth; unknown for blank or any other text.

    Where several are named, the first counts.

    Examples
    --------
    >>> channels(pd.Series(["IG kanim", "Teman, Instagram", "Radio", "Kantor Imigrasi", "?"])).tolist()
    ['instagram', 'word_of_mouth', 'conventional', 'office', 'unknown']
    """
    own = {plain_header(name): name for name in _CHANNELS}

    def channel(value: str) -> str:
        plain = plain_header(value)
        if plain in own:
            return own[plain]
        places = ((_place(plain, forms), name) for name, forms in _CHANNELS.items())
        return min(((place, name) for place, name in places if place >= 0), default=(0, "unknown"))[1]

    return text_by_distinct(text, channel)


def _place(plain: str, forms: Sequence[str]) -> int:
    """Where the first of the forms stands as whole words; -1 where none does."""
    padded = f" {plain} "
    places = [padded.find(f" {form} ") for form in forms]
    return min((place for place in places if place >= 0), default=-1)
