"""The names of the whole country: complete, agreeing with our own tables, read only when needed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib

import pandas as pd
import pytest

from outreach_analysis.files import bundled_data
from outreach_analysis.geocoding.country import Held, compact_name, country
from outreach_analysis.geocoding.names import name_words, without_title
from outreach_analysis.geocoding.resolver import resolve_origins
from outreach_analysis.geography.areas import load_areas

FOLDER = bundled_data("reference/indonesia")
TABLES = ("kabupaten.csv", "kecamatan.csv", "desa.csv.gz", "places.csv", "land.geojson")


@pytest.mark.parametrize("name", TABLES)
def test_each_table_says_where_it_is_from(name: str) -> None:
    described = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    data = (FOLDER / name).read_bytes()
    assert described["sha256"] == hashlib.sha256(data).hexdigest()
    assert all(described[key] for key in ("title", "source", "year", "licence", "retrieved", "notes"))
    assert len(data) < 1_000_000
    if name not in ("places.csv", "land.geojson"):
        assert "Copyright (c) 2017 Cahya DSN" in described["notice"]
        assert "300.2.2-2138/2025" in described["source"]


def test_the_country_is_complete() -> None:
    indonesia = country()
    counts = [len(names) for names in (indonesia.provinces, indonesia.kabupaten, indonesia.kecamatan, indonesia.desa)]
    assert counts == [38, 514, 7285, 83762]
    assert {code[:5] for code in indonesia.kecamatan} == set(indonesia.kabupaten)
    assert {code[:8] for code in indonesia.desa} <= set(indonesia.kecamatan)
    assert list(indonesia.desa) == sorted(indonesia.desa)


def test_the_country_and_our_own_tables_agree() -> None:
    areas, indonesia = load_areas("all"), country()
    for level, names in (("kecamatan", indonesia.kecamatan), ("desa", indonesia.desa)):
        own = areas.loc[areas["level"] == level, "name"]
        assert set(own.index) == {code for code in names if code.startswith("64.")}
        differing = [code for code in own.index if compact_name(names[code], level) != compact_name(own[code], level)]
        assert differing == []


def test_every_kabupaten_has_its_usual_name() -> None:
    from outreach_analysis.geocoding.country import outside_places

    places = outside_places(Held({}, {}, {}))
    assert sorted(code for place in places for code in place.codes if len(code) > 2) == sorted(country().kabupaten)


def test_the_fast_way_to_compare_names_is_the_usual_one() -> None:
    names = [*country().kecamatan.items(), *list(country().desa.items())[::23]]
    for code, name in names:
        level = "kecamatan" if len(code) == 8 else "desa"
        assert compact_name(name, level) == "".join(without_title(name_words(name), level)), name


def test_names_look_up() -> None:
    indonesia = country()
    assert indonesia.named("waru", "kecamatan") == ("35.15.18", "35.28.10", "64.09.02")
    assert indonesia.desa_named("kureksari", ["35.15.18"]) == ("35.15.18.2003",)
    assert indonesia.desa_named("kureksari", ["35.28.10"]) == ()
    assert indonesia.named("nowhere", "desa") == ()
    assert [indonesia.name(code) for code in ("35", "35.15", "35.15.18", "35.15.18.2003")] == [
        "Jawa Timur",
        "Kabupaten Sidoarjo",
        "Waru",
        "Kureksari",
    ]


def held(rows: list[tuple[str, str, str, str]]) -> Held:
    table = pd.DataFrame(rows, columns=["area_id", "name", "level", "parent_id"]).set_index("area_id")
    return Held(*(table[column].to_dict() for column in ("level", "name", "parent_id")))


def test_what_a_table_holds_goes_by_codes_and_names() -> None:
    ours = held(
        [
            ("A", "Kabupaten Kutai Barat", "kabupaten", ""),  # ids of the office's own
            ("6403", "Kab. Kutai Kartanegara", "kabupaten", ""),  # a BPS code
            ("64.05", "Kutai Timur", "kabupaten", ""),  # the code of another kabupaten: the name decides
            ("A1", "Melak", "kecamatan", "A"),
        ]
    )
    assert ours.kabupaten == {"64.07", "64.02", "64.08"}
    assert set(ours.kecamatan.values()) == {"A1"}
    assert [country().kecamatan[code] for code in ours.kecamatan] == ["Melak"]
    assert ours.is_outside("64.72")
    assert not ours.is_outside("64.02.05")
    assert not ours.is_outside("64")
    assert ours.is_outside("73")


def test_kecamatan_that_a_table_leaves_out_lie_outside() -> None:
    ours = held([("73.06", "Kabupaten Gowa", "kabupaten", ""), ("73.06.08", "Somba Opu", "kecamatan", "73.06")])
    somba_opu = country().named("sombaopu", "kecamatan")[0]
    left_out = next(code for code in country().kecamatan if code.startswith("73.06") and code != somba_opu)
    assert not ours.is_outside(somba_opu)
    assert ours.is_outside(left_out)
    other_spelling = held([("73.06", "Kabupaten Gowa", "kabupaten", ""), ("x", "Sombaopoe", "kecamatan", "73.06")])
    assert not other_spelling.is_outside(left_out)


def test_a_table_of_a_province_and_its_kabupaten_holds_them() -> None:
    rows = [
        ("B", "Provinsi Bali", "kabupaten", ""),
        ("B1", "Badung", "kecamatan", "B"),
        ("B2", "Denpasar", "kecamatan", "B"),
    ]
    ours = held(rows)
    assert ours.kabupaten == {"51.03", "51.71"}
    assert ours.is_outside("51.01")
    table = pd.DataFrame(rows, columns=["area_id", "name", "level", "parent_id"]).set_index("area_id")
    found = resolve_origins(
        ["Badung", "Kab. Badung", "Kota Denpasar", "Denpasar, Bali", "Gianyar", "Kec. Badung"], table
    )
    assert found["area_id"].fillna("").tolist() == ["B1", "B1", "B2", "B2", "", ""]
    assert found["place"].fillna("").tolist()[4:] == ["Gianyar", ""]


def test_names_of_the_country_are_read_when_needed_only() -> None:
    code = (
        "from outreach_analysis.geocoding.country import country\n"
        "from outreach_analysis.geocoding.resolver import resolve_origins\n"
        "resolve_origins(['Tenggarong, Kukar', 'Kel. Air Putih, Samarinda Ulu, Samarinda', 'Jl. Mawar, Surabaya'])\n"
        "print(sorted(name for name in vars(country()) if not name.startswith('_')))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "desa" not in done.stdout.split("'")
