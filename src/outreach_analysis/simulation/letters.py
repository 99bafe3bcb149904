"""Letters that ask the invented office for a pop-up, and the lists of names that came with two of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.simulation.draws import add_identity
from outreach_analysis.simulation.lists import ListFile

HEADER = (
    "Nomor Surat", "Tanggal Surat", "Pemohon", "Program", "Kode Lokasi", "Wilayah", "Tanggal Diminta", "Daftar Nama",
    "Jumlah", "Jenis Permohonan", "Narahubung", "Jawaban", "Tanggal Jawaban", "Kode Kegiatan",
)  # fmt: skip
LIST_HEADER = ("No", "Nama Lengkap", "NIK", "Kecamatan", "Kab/Kota")


class Letter(NamedTuple):
    """A row of requests.csv, with the words of an office."""

    number: str
    date: str
    asker: str
    site_id: str = ""
    area: str = ""
    day: str = ""
    file: str = ""
    people: str = ""
    application: str = ""
    contact: str = ""
    answer: tuple[str, str, str] = ("", "", "")

    def cells(self) -> list[str]:
        """Its cells in the order of `HEADER`."""
        head = [self.number, self.date, self.asker, "undangan", self.site_id, self.area, self.day]
        return [*head, self.file, self.people, self.application, self.contact, *self.answer]


PAST_EVENT, PAST_LIST, OPEN_LIST = "JB-2025-13", "daftar santri Nurul Tepian.csv", "daftar Bustanul Hikmah.csv"
_ABSENT, _LISTED = 5, 46
_OPEN_AREAS = {"64.72.07": 0.6, "64.02.15": 0.25, "64.72.02": 0.15}
LETTERS = (
    Letter(
        "B-031/PPNT/XI/2025", "10/11/2025", "Pondok Pesantren Nurul Tepian", "S09", day="06/12/2025", file=PAST_LIST,
        application="Baru", contact="Contoh Satu, 081009900001", answer=("diterima", "17/11/2025", PAST_EVENT),
    ),
    Letter(
        "B-114/PPBH/X/2026", "19/10/2026", "Pengurus Ponpes Bustanul Hikmah", "S12", day="13/12/2026", file=OPEN_LIST,
        application="Baru", contact="Contoh Dua, 081009900002",
    ),
    Letter(
        "Kd.64/218/XI/2026", "03/11/2026", "Kemenag Kutai Timur", area="Kec. Sangatta Utara, Kutai Timur",
        day="19/12/2026", people="60", application="Baru", contact="Contoh Tiga, 081009900003",
    ),
    Letter(
        "088/HRD/XI/2026", "05/11/2026", "PT Contoh Batu Jaya", area="Kec. Marang Kayu, Kutai Kartanegara",
        day="09/12/2026", people="35", application="Baru", contact="Contoh Empat, 081009900004",
    ),
    Letter(
        "12/RT.07/XI/2026", "09/11/2026", "Ketua RT 07", area="Kec. Sebulu, Kutai Kartanegara", people="14",
        application="Penggantian", contact="Contoh Lima, 081009900005",
    ),
    Letter(
        "045/CHT/XI/2026", "12/11/2026", "Biro umrah Contoh Haramain", "S01", day="20/12/2026", people="40",
        application="Baru", contact="Contoh Enam, 081009900006",
    ),
)  # fmt: skip
"""The first was answered, and its list teaches what share of the listed comes; the others wait. All are invented."""


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
    return {
        PAST_LIST: _rows([*came, *fresh[:_ABSENT]], gazetteer),
        OPEN_LIST: _rows(fresh[_ABSENT:], gazetteer),
    }


def _rows(people: Sequence[tuple[str, str, str]], gazetteer: pd.DataFrame) -> list[list[str]]:
    names, above = gazetteer["name"], gazetteer["parent_name"]
    return [
        [str(number), name, nik, str(names[area_id]), str(above[area_id])]
        for number, (name, nik, area_id) in enumerate(people, start=1)
    ]
