"""Stated levels and the rest of the country: for the bundled province and for offices of a part of one."""

from __future__ import annotations

import pandas as pd
import pytest

from outreach_analysis.geocoding.country import country
from outreach_analysis.geocoding.matching import Stated, stated_names
from outreach_analysis.geocoding.parsing import Part
from outreach_analysis.geocoding.resolver import resolve_origins


def office(*kabupaten: str, own_ids: bool = False) -> pd.DataFrame:
    """Areas of some kabupaten of any province, from the names of the country."""
    indonesia = country()
    rows = [(code, indonesia.kabupaten[code], "kabupaten", code[:2]) for code in kabupaten]
    rows += [(c, n, "kecamatan", c[:5]) for c, n in indonesia.kecamatan.items() if c[:5] in kabupaten]
    rows += [(c, n, "desa", c[:8]) for c, n in indonesia.desa.items() if c[:5] in kabupaten]
    areas = pd.DataFrame(rows, columns=["area_id", "name", "level", "parent_id"])
    if own_ids:
        areas[["area_id", "parent_id"]] = "X" + areas[["area_id", "parent_id"]].map(lambda code: code.replace(".", "-"))
    return areas.set_index("area_id")


BOGOR = office("32.01")
CIANJUR, GOWA = office("32.03"), office("73.06", "73.71")


def resolved(text: object, areas: pd.DataFrame | None = None) -> tuple[object, str]:
    found = resolve_origins(pd.DataFrame([text]) if isinstance(text, dict) else text, areas).iloc[0]
    place = found["place"] if isinstance(found["place"], str) else found["area_id"]
    return ("review" if found["status"] == "review" else place), found["status"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("kel sidodadi kec simokerto", [Stated(("sidodadi",), "desa"), Stated(("simokerto",), "kecamatan")]),
        ("desa kota bangun 2", [Stated(("kota", "bangun", "2"), "desa")]),
        ("waru district", [Stated(("waru",), "kecamatan")]),
        ("kel loa kulu kota", [Stated(("loa", "kulu", "kota"), "desa")]),
    ],
)
def test_the_level_that_names_are_said_to_be_of(words: str, names: list[Stated]) -> None:
    assert stated_names([Part(tuple(words.split()))]) == names


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Desa Tegalrejo, Kec. Pulung", "Ponorogo"),
        ("Kel. Kureksari Kec. Waru", "Sidoarjo"),
        ("Jl. Anggrek 3 RT 02, Kel. Sidodadi, Kec. Batang Kuis", "Deli Serdang"),
        ({"desa": "Harapan Jaya", "kecamatan": "Bekasi Utara"}, "Bekasi"),
        ({"desa": "Kel. Melayu", "kecamatan": "Banjarmasin Tengah"}, "Banjarmasin"),
        ("Kec. Waru, Kab. Pamekasan", "Pamekasan"),
        ("Desa Kupang, Kec. Jabon", "Sidoarjo"),
        ("Desa Kupang, Jabon", "Sidoarjo"),
        ("Desa Kureksari, Waru", "Sidoarjo"),
        ("Kec. Misool Utara", "Raja Ampat"),
        ("Kec. Dusun Timur, Kab. Barito Timur", "Barito Timur"),
    ],
)
def test_a_stated_kecamatan_elsewhere_lies_outside(text: object, place: str) -> None:
    assert resolved(text) == (place, "exact")


@pytest.mark.parametrize(
    "text",
    [
        "Desa Sidodadi, Kec. Xyzzykan",
        "Kel. Xyzzykan, Kec. Tenggarong",
        "Kec. Xyzzykan, Kota Samarinda",
        {"desa": "Sidodadi", "kecamatan": "Xyzzykan"},
        {"kecamatan": "Loa Kulu", "kabupaten": "Xyzzykan"},
        "Desa Waru, Kec. Waru",
        "Desa Gayam, Gayam",
        {"desa": "Batuputih", "kecamatan": "Batuputih"},
        "Sukaraja, Sukaraja",
        "Desa Samarinda Ulu",
        "Kec. Samarinda",
        "Kota Tenggarong",
        "Kab. Loa Janan",
        "Kec. Sepinggan, Balikpapan",
        "Biatan Baru, Kec. Dusun Timur",
    ],
)
def test_a_stated_level_is_never_dropped(text: object) -> None:
    assert resolved(text)[0] == "review"


@pytest.mark.parametrize(
    "text",
    [
        "Desa Rapak Dalam, Gubeng",
        "Kel. Rapak Dalam, Pasar Rebo",
        "Samarinda Ulu, Gubeng",
        "Desa Sidodadi, Xyzzykan",
        "Desa Sidodadi, Gubang",
    ],
)
def test_a_bare_part_that_may_be_the_kecamatan_elsewhere_is_no_sure_place(text: str) -> None:
    assert resolved(text)[0] == "review"


@pytest.mark.parametrize(
    ("text", "area_id"),
    [
        ("Kp. Makmur, Desa Jembayan", "64.02.02.2003"),
        ("Desa Jembayan, Loa Kulu, Makmur", "64.02.02.2003"),
        ("Kel. Sidodadi, Makmur, Samarinda", "64.72.03.1005"),
        ("Desa Biatan Baru, Dusun Timur", "64.03.13.2007"),
    ],
)
def test_a_hamlet_named_like_a_kecamatan_elsewhere_is_still_a_hamlet(text: str, area_id: str) -> None:
    assert resolved(text)[0] == area_id


@pytest.mark.parametrize(
    ("text", "area_id"),
    [
        ("Waru", "64.09.02"),
        ("Kec. Waru", "64.09.02"),
        ("Desa Sidodadi", "64.72.03.1005"),
        ("Desa Waru, Kec. Waru, Kab. Penajam Paser Utara", "64.09.02.1003"),
        ({"kecamatan": "Samarinda", "kabupaten": "Kota Samarinda"}, "64.72"),
        ("Kab. Samarinda", "64.72"),
    ],
)
def test_a_name_of_ours_alone_stays_ours(text: object, area_id: str) -> None:
    assert resolved(text)[0] == area_id


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Dalam Kebun, Kec. Tenggarong, Kab. Kutai Kartanegara", "partial"),
        ("Kel. Xyzzykan, Kec. Tenggarong, Kab. Kutai Kartanegara", "partial"),
        ("Perum Dalam Kebun, Kec. Tenggarong, Kab. Kutai Kartanegara", "exact"),
    ],
)
def test_beside_kecamatan_and_kabupaten_an_unknown_word_cannot_contradict(text: str, status: str) -> None:
    assert resolved(text) == ("64.02.06", status)


@pytest.mark.parametrize(
    ("areas", "text", "expected"),
    [
        (BOGOR, "Kota Bogor", "Kota Bogor"),
        (BOGOR, "Bogor Kota", "Kota Bogor"),
        (BOGOR, "Kab. Bogor", "32.01"),
        (BOGOR, "Bogor Kab.", "32.01"),
        (BOGOR, "Bogor", "review"),
        (BOGOR, "Kota Depok", "Depok"),
        (BOGOR, "Kec. Cibinong, Kab. Bogor, Jawa Barat", "32.01.01"),
        (BOGOR, "Cibinong, Kab. Bogor", "review"),
        (BOGOR, "Kec. Pancoran Mas", "Depok"),
        (BOGOR, "Bandung", "Bandung"),
        (CIANJUR, "Kota Sukabumi", "Sukabumi"),
        (CIANJUR, "Cianjur", "32.03"),
        (CIANJUR, "Kab. Cianjur", "32.03"),
        (CIANJUR, "Kec. Cianjur", "32.03.01"),
        (CIANJUR, "Kota Cianjur", "32.03"),
        (CIANJUR, "Jakarta Selatan", "Jakarta Selatan"),
        (GOWA, "Maros", "Maros"),
        (GOWA, "Makassar", "73.71"),
        (GOWA, "Kota Makassar", "73.71"),
        (GOWA, "Kec. Makassar", "73.71.03"),
        (GOWA, "Kec. Ujung Bulu", "Bulukumba"),
        (GOWA, "Kota Parepare", "Parepare"),
    ],
)
def test_neighbours_in_the_same_province_lie_outside(areas: pd.DataFrame, text: str, expected: str) -> None:
    assert resolved(text, areas)[0] == expected


def test_ids_of_the_office_make_no_difference() -> None:
    areas = office("32.01", own_ids=True)
    texts = [
        "Kota Bogor",
        "Kab. Bogor",
        "Bogor",
        "Kec. Cibinong",
        "Kec. Pancoran Mas",
        "Kota Depok",
        "Jabar, Kec. Cibinong",
    ]
    found = resolve_origins(texts, areas)
    assert found["area_id"].fillna("").tolist() == ["", "X32-01", "", "X32-01-01", "", "", "X32-01-01"]
    assert found["place"].fillna("").tolist() == ["Kota Bogor", "", "", "", "Depok", "Depok", ""]


def test_a_misspelling_that_is_a_name_elsewhere_is_nobodys() -> None:
    assert resolved("Kec. Tenggarang")[0] == "review"
    assert resolved("Tenggarang")[0] == "review"


@pytest.mark.parametrize(
    ("text", "area_id"),
    [
        ("9QXM+4R2, Jl. Durian, Long Kali, Paser", "64.01.08"),
        ("Jl. Gajah Mada 17 Long Ikis, Kab. Paser", "64.01.06"),
        ("Jl. Gajah Mada 17 Long Ikis", "review"),
        ("Kp. Makmur RT 2 Desa Jembayan Kec. Loa Kulu", "64.02.02.2003"),
        ("Dsn. Makmur, Desa Jembayan, Kec. Loa Kulu", "64.02.02.2003"),
        ("Komp. Damai Indah Blok C, Jembayan, Loa Kulu", "64.02.02.2003"),
        ("West Kutai Regency, East Kalimantan", "64.07"),
        ("Jl. Provinsi Km 9, Nenang, Penajam", "64.09.01.1010"),
    ],
)
def test_addresses_as_people_write_them(text: str, area_id: str) -> None:
    assert resolved(text)[0] == area_id
