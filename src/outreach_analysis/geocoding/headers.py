"""The usual headers of columns that say where somebody comes from."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

from outreach_analysis.errors import RequestError

_WORD = re.compile(r"[^\W_]+")
ORIGIN_HEADERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
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
"""Usual headers by our column, written as `plain_header` leaves them."""


@lru_cache(maxsize=4096)  # every cell above the first list of people is asked several times whether it is a header
def plain_header(text: str) -> str:
    """A header without case, punctuation, line breaks and doubled spaces.

    Examples
    --------
    >>> [plain_header(h) for h in ("Kab/Kota", " No. KTP", "service_date", "TGL.\\nPERMOHONAN *")]
    ['kab kota', 'no ktp', 'service date', 'tgl permohonan']
    """
    folded = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return " ".join(_WORD.findall(folded.casefold()))


def origin_columns(headers: Iterable[object]) -> dict[str, object]:
    """The header of each of our columns (address, desa, kecamatan, kabupaten, code) among those of a frame.

    Raises
    ------
    ValueError
        Where none is there, or two stand for the same column.

    Examples
    --------
    >>> origin_columns(["Nama", "Kelurahan/Desa", "Kec.", "Kab/Kota"])
    {'desa': 'Kelurahan/Desa', 'kecamatan': 'Kec.', 'kabupaten': 'Kab/Kota'}
    """
    known = {form: column for column, forms in ORIGIN_HEADERS.items() for form in (plain_header(column), *forms)}
    known["code"] = "area_code"
    found: defaultdict[str, list[object]] = defaultdict(list)
    for header in headers:
        if column := known.get(plain_header(str(header))):
            found["code" if column == "area_code" else column].append(header)
    twice = [f"{' and '.join(map(str, same))} ({column})" for column, same in found.items() if len(same) > 1]
    if twice:
        raise RequestError(f"two columns stand for the same: {'; '.join(twice)}; drop or rename one of each")
    if not found:
        raise RequestError("none of the columns code, desa, kecamatan, kabupaten, address is there; rename yours so")
    return {column: same[0] for column, same in found.items()}
