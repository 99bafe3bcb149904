from __future__ import annotations

import pandas as pd
import pytest

from outreach_analysis.geocoding.country import Held, outside_places, province_of_code
from outreach_analysis.geocoding.gazetteer import Candidate, Gazetteer, KnownName, NamePool
from outreach_analysis.geocoding.matching import accepted_misspelling

ROWS = [
    ("64", "Kalimantan Timur", "province", ""),
    ("64.02", "Kabupaten Kutai Kartanegara", "kabupaten", "64"),
    ("64.71", "Kota Balikpapan", "kabupaten", "64"),
    ("64.72", "Kota Samarinda", "kabupaten", "64"),
    ("64.02.08", "Kota Bangun", "kecamatan", "64.02"),
    ("64.02.16", "Tenggarong Seberang", "kecamatan", "64.02"),
    ("64.02.19", "Kota Bangun Darat", "kecamatan", "64.02"),
    ("64.71.05", "Balikpapan Selatan", "kecamatan", "64.71"),
    ("64.72.08", "Sungai Pinang", "kecamatan", "64.72"),
    ("64.02.19.2005", "Kota Bangun II", "desa", "64.02.19"),
    ("64.72.08.1002", "Sungai Pinang Dalam", "desa", "64.72.08"),
]
ALIASES = [
    ("Kukar", "64.02", "nickname"),
    ("Kab. Kutai", "64.02", "everyday"),
    ("64.02.08.2011", "64.02.19.2005", "old_code"),
    ("Nowhere", "99.01", "nickname"),
]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    areas = pd.DataFrame(ROWS, columns=["area_id", "name", "level", "parent_id"]).set_index("area_id")
    return Gazetteer(areas, pd.DataFrame(ALIASES, columns=["alias", "area_id", "kind"]))


@pytest.mark.parametrize(
    ("words", "place", "via"),
    [
        ("kukar", "64.02", "alias"),
        ("kutai", "64.02", "titled"),
        ("kartanegara", "64.02", "alias"),
        ("sei pinang", "64.72.08", "exact"),
        ("s pinang dalam", "64.72.08.1002", "exact"),
        ("tengarong sebrang", "64.02.16", "exact"),
        ("balikpapan sel", "64.71.05", "exact"),
        ("bpn selatan", "64.71.05", "exact"),
        ("smd", "64.72", "exact"),
        ("kota bangun 2", "64.02.19.2005", "exact"),
        ("kotabangunii", "64.02.19.2005", "exact"),
        ("kotabangundua", "64.02.19.2005", "exact"),
        ("makassar", "OUTSIDE:Makassar", "exact"),
    ],
)
def test_what_names_can_stand_for(gazetteer: Gazetteer, words: str, place: str, via: str) -> None:
    assert gazetteer.meanings(words.split()) == (Candidate(place, via),)


@pytest.mark.parametrize("words", ["nowhere", "kaltim x", "selatan", "a b c d e f g", "kalimantan"])
def test_what_is_no_name(gazetteer: Gazetteer, words: str) -> None:
    assert gazetteer.meanings(words.split()) == ()


def test_a_former_kecamatan_still_holds_its_desa(gazetteer: Gazetteer) -> None:
    assert gazetteer.lineage("64.02.19.2005") == {"64.02.19.2005", "64.02.19", "64.02.08", "64.02", "64"}
    assert gazetteer.label("64.02.19.2005") == "Kota Bangun II, Kota Bangun Darat, Kabupaten Kutai Kartanegara"
    assert gazetteer.label("OUTSIDE:Makassar") == "Makassar"


@pytest.mark.parametrize(
    ("written", "within", "place"),
    [
        ("tenggarong sebernag", "64.02", "64.02.16"),
        ("tenggarong sebernag", "", "64.02.16"),
        ("tenggarong seberanf", "", ""),
        ("tenggarong sebernag", "64.72", ""),
        ("kutai kartanegar", "", "64.02"),
        ("kota bangun iv", "64.02", ""),
        ("sungai pinong", "64.72", "64.72.08"),
        ("sungai pinong", "", ""),
        ("pina", "64.72", ""),
    ],
)
def test_only_misspellings_beyond_doubt_are_accepted(
    gazetteer: Gazetteer, written: str, within: str, place: str
) -> None:
    accepted = accepted_misspelling(written.split(), gazetteer, within=within)
    assert (accepted.place if accepted else "") == place


def test_names_side_by_side() -> None:
    pool = NamePool([KnownName("b", "air putih", "airputih"), KnownName("a", "air putih", "airputih")])
    assert [like.place for like in pool.like("air puth")] == ["a", "b"]
    assert pool.like("zzz") == ()
    assert pool.begins("airp")
    assert not pool.begins("putih")


def test_the_table_of_places_outside_leaves_out_the_own_province(gazetteer: Gazetteer) -> None:
    names = [place.name for place in outside_places(gazetteer.held)]
    assert "Tarakan" in names
    assert "Samarinda" not in names
    assert "Kalimantan Timur" not in names
    assert len(names) > 500
    assert sum(place.kind == "province" for place in outside_places(Held({}, {}, {}))) == 38
    assert province_of_code("64") == "Kalimantan Timur"
