from __future__ import annotations

import pandas as pd
import pytest

from outreach_analysis.geocoding.gazetteer import Gazetteer
from outreach_analysis.geocoding.parsing import address_parts, is_building_word


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    rows = [
        ("64.72", "Kota Samarinda", "kabupaten", ""),
        ("64.74", "Kota Bontang", "kabupaten", ""),
        ("64.72.09", "Samarinda Kota", "kecamatan", "64.72"),
        ("64.72.09.1003", "Pasar Pagi", "desa", "64.72.09"),
        ("64.72.09.1002", "Pelabuhan", "desa", "64.72.09"),
    ]
    return Gazetteer(pd.DataFrame(rows, columns=["area_id", "name", "level", "parent_id"]).set_index("area_id"))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Jl. Damai No. 3, Air Putih", [("air", "putih")]),
        ("Jl. Damai RT.03/RW 12 Air Putih", [("air", "putih")]),
        ("Jl. Poros Samarinda - Bontang", []),
        ("Jl. Pangeran Antasari Samarinda", [("samarinda",)]),
        ("Jl. M. Yamin Samarinda", [("samarinda",)]),
        ("Jl. Samarinda", []),
        ("Jl. Raya Samarinda", []),
        ("Jl. Mawar Kel. Damai", [("kel", "damai")]),
        ("Dusun Damai Desa Laing", [("desa", "laing")]),
        ("Mal Lembuswana; Samarinda 75123", [("samarinda",)]),
        ("Pasar Pagi, Samarinda Kota", [("pasar", "pagi"), ("samarinda", "kota")]),
        ("Pasar Segiri, Samarinda", [("samarinda",)]),
        ("Kel. Pelabuhan", [("kel", "pelabuhan")]),
        ("PELABUHAN SAMARINDA KOTA", [("pelabuhan", "samarinda", "kota")]),
        ("PELABUHAN SAMARINDA", []),
        ("Blok C 3 Bontang", [("bontang",)]),
        ("Sama - rinda", [("sama", "rinda")]),
        ("Samarinda - Bontang", [("samarinda",), ("bontang",)]),
        ("x" * 601, []),
    ],
)
def test_only_words_that_can_name_places_are_kept(
    gazetteer: Gazetteer, text: str, parts: list[tuple[str, ...]]
) -> None:
    assert [part.words for part in address_parts(text, gazetteer)] == parts


def test_a_column_says_its_level_and_that_no_building_is_meant(gazetteer: Gazetteer) -> None:
    parts = address_parts("Bandara Lama", gazetteer, level="desa")
    assert [(part.words, part.level) for part in parts] == [(("bandara", "lama"), "desa")]
    assert is_building_word("bandara")
    assert not is_building_word("damai")
