from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.geocoding.resolver import Suggestion, origin_text, resolve_origins
from outreach_analysis.geography.areas import load_aliases, load_areas

COLUMNS = ["area_id", "level", "status", "score", "suggestions", "place"]


@pytest.fixture(scope="module")
def areas() -> pd.DataFrame:
    return pd.DataFrame(load_areas("all").drop(columns="geometry"))


@pytest.fixture(scope="module")
def aliases() -> pd.DataFrame:
    return load_aliases()


@pytest.fixture
def resolve(areas: pd.DataFrame, aliases: pd.DataFrame):
    def one(text: str = "", **options: object) -> pd.Series:
        columns = {name: options.pop(name) for name in ("code", "desa", "kecamatan", "kabupaten") if name in options}
        names = pd.DataFrame([{"address": text, **columns}]) if columns else pd.Series([text])
        return resolve_origins(names, areas, **{"aliases": aliases, **options}).iloc[0]

    return one


def other_province() -> pd.DataFrame:
    rows = [
        ("33", "Jawa Tengah", "province", ""),
        ("33.08", "Kabupaten Magelang", "kabupaten", "33"),
        ("33.71", "Kota Magelang", "kabupaten", "33"),
        ("33.08.01", "Salaman", "kecamatan", "33.08"),
        ("33.71.01", "Magelang Selatan", "kecamatan", "33.71"),
    ]
    return pd.DataFrame(rows, columns=["area_id", "name", "level", "parent_id"]).set_index("area_id")


def test_every_row_keeps_its_index_and_gets_every_column(areas: pd.DataFrame, aliases: pd.DataFrame) -> None:
    names = pd.Series(["Kutim", None, "Sumber Sari", "Makassar", np.nan], index=[7, 7, 3, 9, 1])
    found = resolve_origins(names, areas, aliases=aliases)
    assert found.index.tolist() == [7, 7, 3, 9, 1]
    assert found.columns.tolist() == COLUMNS
    assert found["level"].tolist() == ["kabupaten", "unknown", "unknown", "outside_province", "unknown"]
    assert found["status"].tolist() == ["alias", "review", "review", "exact", "review"]


def test_nothing_in_nothing_out(areas: pd.DataFrame) -> None:
    found = resolve_origins(pd.Series([], dtype=str), areas)
    assert found.columns.tolist() == COLUMNS
    assert len(found) == 0


def test_inputs_stay_as_they_were(areas: pd.DataFrame, aliases: pd.DataFrame) -> None:
    names, before = pd.Series(["Kutim"]), aliases.copy()
    resolve_origins(names, areas, aliases=aliases)
    pd.testing.assert_frame_equal(aliases, before)
    assert names.tolist() == ["Kutim"]


def test_an_address_resolves_to_the_desa_that_it_names(resolve) -> None:
    found = resolve("Jl. P. Antasari RT 12, Kel. Air Putih, Samarinda Ulu")
    assert (found["area_id"], found["level"], found["status"]) == ("64.72.03.1004", "desa", "exact")


@pytest.mark.parametrize("text", ["Jl. Bontang", "Jl. Damai", "Gg. Loa Kulu", "Perum Bontang Permai", "Blok Samarinda"])
def test_streets_are_no_places(resolve, text: str) -> None:
    assert resolve(text)["status"] == "review"


@pytest.mark.parametrize("text", ["Sumber Sari", "Karangan", "Damai", "Batu Ampar", "Tanjung Harapan", "Kel. Damai"])
def test_names_of_several_places_are_not_guessed(resolve, text: str) -> None:
    found = resolve(text)
    assert found["status"] == "review"
    assert {suggestion.reason for suggestion in found["suggestions"]} == {"several_places"}
    assert 2 <= len(found["suggestions"]) <= 3


@pytest.mark.parametrize(
    ("text", "area_id"),
    [
        ("Damai, Kutai Barat", "64.07.08"),
        ("Damai, Balikpapan", "64.71.06.1005"),
        ("Damai Kota Balikpapan", "64.71.06.1005"),
        ("Kec. Damai", "64.07.08"),
        ("Karangan Kutim", "64.08.16"),
        ("Sumber Sari, Kec. Loa Kulu", "64.02.02.2014"),
        ("Muara Jawa, Muara Jawa", "64.02.14.1008"),
        ("Kota Samarinda", "64.72"),
        ("Samarinda Kota", "64.72.09"),
    ],
)
def test_what_is_stated_beside_a_name_narrows_it(resolve, text: str, area_id: str) -> None:
    assert resolve(text)["area_id"] == area_id


@pytest.mark.parametrize(
    "text", ["Muara Lawa, Kukar", "Muara Jawa, Kubar", "Muara Kawa", "Muara awa", "Muara Jawa, Muara Lawa"]
)
def test_muara_lawa_and_muara_jawa_are_never_taken_for_each_other(resolve, text: str) -> None:
    assert resolve(text)["status"] == "review"


def test_contradicting_parts_go_to_review_with_both(resolve) -> None:
    found = resolve("Loa Janan, Samarinda")
    assert found["status"] == "review"
    assert {suggestion.area_id for suggestion in found["suggestions"]} == {"64.02.03", "64.72"}
    assert found["suggestions"][0] == Suggestion("64.02.03", "Loa Janan, Kabupaten Kutai Kartanegara", "contradiction")


def test_a_slip_is_accepted_inside_what_is_stated_and_marked(resolve) -> None:
    found = resolve("Loa Jnan, Kutai Kartanegara")
    assert (found["area_id"], found["status"]) == ("64.02.03", "fuzzy")
    assert 80 < found["score"] < 100
    assert resolve("Mangkurawnag")["status"] == "review"
    assert resolve("Tanjung Harapn")["status"] == "review"
    assert resolve("Samaronda Kota")["status"] == "review"


@pytest.mark.parametrize(
    "text", ["Kota Bangun 4", "Sangatta Lama", "Samarinda Selatan", "bukan Samarinda", "Sempaja, Samarinda"]
)
def test_words_that_may_change_a_name_are_not_passed_over(resolve, text: str) -> None:
    assert resolve(text)["status"] == "review"


def test_words_that_are_no_name_do_not_hide_what_is_stated(resolve) -> None:
    found = resolve("Lembuswana, Samarinda")
    assert (found["area_id"], found["level"]) == ("64.72", "kabupaten")


@pytest.mark.parametrize(
    ("text", "area_id"),
    [
        ("Kota Bangun II, Kec. Kota Bangun", "64.02.19.2005"),
        ("Samuranggau, Batu Sopang", "64.01.01.2009"),
        ("Ambarawang Darat, Samboja", "64.02.20.1005"),
    ],
)
def test_former_names_and_former_kecamatan_are_known(resolve, text: str, area_id: str) -> None:
    assert resolve(text)["area_id"] == area_id


@pytest.mark.parametrize(
    ("text", "level", "place"),
    [
        ("Makassar, Sulawesi Selatan", "outside_province", "Makassar"),
        ("Kab. Bulukumba, Sulsel", "outside_province", "Bulukumba"),
        ("Binjai, Langkat", "outside_province", "Sumatera Utara"),
        ("Sidomulyo, Jawa Timur", "outside_province", "Jawa Timur"),
        ("Tawau, Sabah, Malaysia", "outside_country", "Tawau"),
    ],
)
def test_places_outside_have_their_usual_name(resolve, text: str, level: str, place: str) -> None:
    found = resolve(text)
    assert (found["level"], found["place"], found["status"]) == (level, place, "exact")
    assert pd.isna(found["area_id"])


@pytest.mark.parametrize("text", ["Tanjung Pinang", "Pulau Pinang", "Dumai", "Batu", "Malinau, Kaltim"])
def test_what_may_be_outside_or_inside_goes_to_review(resolve, text: str) -> None:
    assert resolve(text)["status"] == "review"


@pytest.mark.parametrize(
    ("code", "system", "area_id"),
    [
        ("64.02.06", "kemendagri", "64.02.06"),
        ("640206", "kemendagri", "64.02.06"),
        ("6472031004.0", "kemendagri", "64.72.03.1004"),
        ("6403", "kemendagri", "64.03"),
        ("6403", "bps", "64.02"),
        ("64.03.090", "bps", "64.02.06"),
        ("6403090001", "bps", "64.02.06"),
    ],
)
def test_codes_are_of_the_declared_system(resolve, code: str, system: str, area_id: str) -> None:
    found = resolve(code=code, code_system=system)
    assert (found["area_id"], found["status"], found["score"]) == (area_id, "code", 100)


@pytest.mark.parametrize(
    ("code", "system"), [("6403090", "kemendagri"), ("640206", "bps"), ("64.99", "kemendagri"), ("x", "bps")]
)
def test_codes_of_the_other_system_are_not_guessed(resolve, code: str, system: str) -> None:
    assert resolve(code=code, code_system=system)["status"] == "review"


def test_a_former_code_and_a_code_from_elsewhere(resolve) -> None:
    assert resolve("64.02.08.2011")["area_id"] == "64.02.19.2005"
    assert resolve("73.71")["place"] == "Sulawesi Selatan"
    assert resolve("9101", code_system="bps")["status"] == "review"


def test_code_and_names_must_agree(resolve) -> None:
    assert resolve(code="64.02", desa="Melayu")["area_id"] == "64.02.06.1005"
    assert resolve(code="64.02.06", kabupaten="Kukar")["status"] == "code"
    against = resolve(code="6403", kabupaten="Kutai Kartanegara")
    assert against["status"] == "review"
    assert {one.area_id for one in against["suggestions"]} == {"64.03", "64.02"}


def test_columns_say_of_what_level_a_name_is(areas: pd.DataFrame, aliases: pd.DataFrame) -> None:
    names = pd.DataFrame(
        {
            "desa": ["Pelabuhan", "Damai", "Sumber Sari", "", "Lainnya"],
            "kecamatan": ["Samarinda Kota", None, "", "Damai", "Loa Kulu"],
            "kabupaten": ["KOTA SAMARINDA", None, "Kukar", None, "Kutai Kartanegara"],
        },
        index=list("abcde"),
    )
    found = resolve_origins(names, areas, aliases=aliases)
    assert found["area_id"].fillna("").tolist() == ["64.72.09.1002", "", "", "64.07.08", "64.02.02"]


def test_behind_a_comma_a_column_may_say_what_the_place_lies_in(areas: pd.DataFrame, aliases: pd.DataFrame) -> None:
    said = pd.DataFrame(
        {
            "desa": ["", "Melayu, Tenggarong", "", "Damai, Wonokusumo"],
            "kecamatan": ["Tenggarong, Kukar", "", "Tenggarong, Samarinda", ""],
        }
    )
    found = resolve_origins(said, areas, aliases=aliases)
    assert found["area_id"].fillna("").tolist() == ["64.02.06", "64.02.06.1005", "", ""]


def test_decisions_of_the_office_win(areas: pd.DataFrame) -> None:
    decided = pd.DataFrame(
        [
            ("Bengkuring", "64.72.05", "office"),
            ("Sangatta", "64.08.04", "office"),
            ("Sangatta", "64.08", "everyday"),
            ("Bandar Baru", "OUTSIDE:Sumatera Utara", "office"),
            ("sda", "UNKNOWN", "office"),
            ("Damai, Kaltim", "64.07.08", "office"),
            ("gone", "99.99", "office"),
        ],
        columns=["alias", "area_id", "kind"],
    )
    texts = [
        "Bengkuring",
        "Jl. A No. 3, Bengkuring, Samarinda",
        "SANGATTA",
        "Bandar  Baru",
        "sda",
        "Damai, Kaltim",
        "gone",
    ]
    found = resolve_origins(pd.Series(texts), areas, aliases=decided)
    assert found["area_id"].fillna("").tolist() == ["64.72.05", "64.72.05", "64.08.04", "", "", "64.07.08", ""]
    assert found["status"].tolist() == ["alias"] * 6 + ["review"]
    assert found["level"].tolist()[3:5] == ["outside_province", "unknown"]


def test_the_text_that_a_decision_is_about(areas: pd.DataFrame) -> None:
    names = pd.DataFrame({"desa": ["Sumber Sari", None], "kabupaten": ["Kukar", " "]})
    assert origin_text(names).tolist() == ["Sumber Sari, Kukar", ""]
    decided = pd.DataFrame({"alias": origin_text(names)[:1], "area_id": ["64.02.02.2014"], "kind": ["office"]})
    assert resolve_origins(names, areas, aliases=decided)["area_id"].tolist()[0] == "64.02.02.2014"
    assert origin_text(pd.Series(["a", None], index=[4, 5])).to_dict() == {4: "a", 5: ""}


def test_another_province_needs_only_its_table() -> None:
    texts = ["Kota Magelang", "Kab. Magelang", "Magelang", "Salaman, Kab. Magelang", "Samarinda", "Jawa Tengah"]
    found = resolve_origins(pd.Series(texts), other_province())
    assert found["area_id"].fillna("").tolist() == ["33.71", "33.08", "", "33.08.01", "", ""]
    assert found["place"].fillna("").tolist() == ["", "", "", "", "Samarinda", ""]


def test_areas_with_ids_of_their_own() -> None:
    areas = other_province().rename(index=lambda area_id: "X-" + area_id)
    areas["parent_id"] = areas["parent_id"].map(lambda area_id: "X-" + area_id if area_id else "")
    found = resolve_origins(pd.Series(["Salaman, Kab. Magelang", "Kota Magelang"]), areas)
    assert found["area_id"].tolist() == ["X-33.08.01", "X-33.71"]


def test_names_alone_are_enough() -> None:
    frame = pd.DataFrame({"Nama": ["A"], "Kelurahan/Desa": ["Air Hitam"], "Kec.": ["Samarinda Ulu"]}, index=["x"])
    found = resolve_origins(frame)
    assert found["area_id"].to_dict() == {"x": "64.72.03.1006"}
    assert resolve_origins("Kukar")["area_id"].tolist() == ["64.02"]
    listed = resolve_origins(["Tenggarong, Kukar", None, "Kab. Sumedang"])
    assert listed["area_id"].fillna("").tolist() == ["64.02.06", "", ""]
    assert listed["place"].tolist()[2] == "Sumedang"
    assert len(resolve_origins([])) == 0
    decided = pd.DataFrame({"alias": ["rumah nenek"], "area_id": ["64.02.06"], "kind": ["office"]})
    assert resolve_origins(["rumah nenek", "Kukar"], aliases=decided)["area_id"].tolist() == ["64.02.06", "64.02"]


def test_somewhere_abroad_is_abroad(areas: pd.DataFrame) -> None:
    decided = pd.DataFrame(
        {"alias": ["zz", "yy"], "area_id": ["OUTSIDE:luar negeri", "OUTSIDE:luar provinsi"], "kind": "office"}
    )
    found = resolve_origins(["zz", "yy"], areas, aliases=decided)
    assert found["level"].tolist() == ["outside_country", "outside_province"]


def test_a_table_without_kabupaten_is_refused(areas: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match=r"no kabupaten \(105 kecamatan\).*load_areas\('all'\)"):
        resolve_origins(["Kukar"], areas[areas["level"] == "kecamatan"])
    with pytest.raises(ValueError, match="no column parent_id"):
        resolve_origins(["Kukar"], areas[["name", "level"]])
    with pytest.raises(ValueError, match=r"Kec and Kecamatan \(kecamatan\)"):
        resolve_origins(pd.DataFrame({"Kec": ["x"], "Kecamatan": ["y"]}), areas)


def test_faults_of_the_caller(areas: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="code system 'dagri'"):
        resolve_origins(pd.Series(["x"]), areas, code_system="dagri")
    for nothing in (None, 5, b"Melak"):
        with pytest.raises(ValueError, match="pass a text, a list or Series"):
            resolve_origins(nothing, areas)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="none of the columns"):
        resolve_origins(pd.DataFrame({"town": ["x"]}), areas)
