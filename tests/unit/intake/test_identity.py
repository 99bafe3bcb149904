from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.disclosure import without_person
from outreach_analysis.intake.identity import (
    AGE_BANDS,
    PersonKey,
    age_bands,
    check_nik,
    load_person_key,
    person_keys,
    plain_phones,
)

KEY = PersonKey(secret=bytes(range(32)), linkable=True)


def status(nik: str, day: str = "2026-01-10") -> str:
    return str(check_nik(pd.Series([nik]), pd.Series(pd.to_datetime([day])))["status"][0])


@pytest.mark.parametrize(
    ("nik", "expected"),
    [
        ("6472031201900001", "valid"),
        ("6472035201900001", "valid"),
        ("'6472031201900001", "valid"),
        ("6472 0312 0190 0001", "valid"),
        ("64.72.03.120190.0001", "valid"),
        ("6472032902000001", "valid"),
        ("6472032902010001", "bad_date"),
        ("6472033102900001", "bad_date"),
        ("6472037201900001", "bad_date"),
        ("6472030001900001", "bad_date"),
        ("6472034001900001", "bad_date"),
        ("6472031213900001", "bad_date"),
        ("6472031201900000", "bad_serial"),
        ("0000000000000000", "bad_date"),
        ("647203120190000", "malformed"),
        ("64720312019000012", "malformed"),
        ("tidak ada", "malformed"),
        ("６４７２０３１２０１９００００１", "malformed"),
        ("6,47203E+15", "numeric"),
        ("6.47203120190000E+15", "numeric"),
        ("", "blank"),
    ],
)
def test_the_digits_of_a_nik_must_make_sense(nik: str, expected: str) -> None:
    assert status(nik) == expected


@pytest.mark.parametrize(
    ("nik", "day", "age"),
    [
        ("6472031001900001", "2026-01-09", 35),
        ("6472031001900001", "2026-01-10", 36),
        ("6472035001900001", "2026-01-10", 36),
        ("6472031001260001", "2026-01-10", 0),
        ("6472031101260001", "2026-01-10", 99),
        ("6472032902000001", "2026-02-28", 25),
        ("6472032902000001", "2026-03-01", 26),
    ],
)
def test_age_at_the_service_date_in_the_latest_century_that_fits(nik: str, day: str, age: int) -> None:
    assert check_nik(pd.Series([nik]), pd.Series(pd.to_datetime([day])))["age"][0] == age


def test_without_a_service_date_there_is_no_age() -> None:
    found = check_nik(pd.Series(["6472031201900001"]), pd.Series([pd.NaT]))
    assert found["status"].tolist() == ["valid"]
    assert found["age"].isna().all()


def test_the_region_is_told_and_one_of_no_province_marked() -> None:
    days = pd.Series(pd.to_datetime(["2026-01-10"] * 3))
    found = check_nik(pd.Series(["6402062902000001", "9972031201900001", ""]), days)
    assert found["area_code"].tolist() == ["64.02.06", "99.72.03", ""]
    assert found["region_known"].tolist() == [True, False, True]


def test_cells_that_excel_holds_as_numbers_are_not_trusted() -> None:
    days = pd.Series(pd.to_datetime(["2026-01-10"] * 2))
    found = check_nik(pd.Series(["6472031201900010", "6472031201900010"]), days, numeric=pd.Series([True, False]))
    assert found["status"].tolist() == ["numeric", "valid"]
    assert found["digits"].tolist() == ["", "6472031201900010"]


def test_a_column_of_zeros_was_a_number_once() -> None:
    zeroed = [f"6472031201900{n}0" for n in range(10, 20)]
    mixed = [f"6472031201900{n}1" for n in range(10, 20)] + [zeroed[0]]
    niks = pd.Series([*zeroed, *mixed])
    found = check_nik(niks, pd.Series(pd.to_datetime(["2026-01-10"] * len(niks))), lists=pd.Series([0] * 10 + [1] * 11))
    assert found["status"].tolist() == ["numeric"] * 10 + ["valid"] * 11
    alone = check_nik(pd.Series(zeroed[:7]), pd.Series(pd.to_datetime(["2026-01-10"] * 7)))
    assert set(alone["status"]) == {"valid"}


def test_age_bands_cover_every_age() -> None:
    bands = age_bands(pd.Series([0, 16, 17, 24, 25, 34, 35, 44, 45, 54, 55, 64, 65, 99, None], dtype=float))
    assert bands.tolist() == [
        *["under 17"] * 2, *["17-24"] * 2, *["25-34"] * 2, *["35-44"] * 2, *["45-54"] * 2, *["55-64"] * 2,
        *["65 and over"] * 2, "unknown",
    ]  # fmt: skip
    assert set(bands) == set(AGE_BANDS)


@pytest.mark.parametrize(
    "phone",
    ["081234567890", "+6281234567890", "6281234567890", "0062 812-3456-7890", "+62 (0)812 3456 7890", "81234567890"],
)
def test_one_phone_has_one_form(phone: str) -> None:
    assert plain_phones(pd.Series([phone])).tolist() == ["6281234567890"]


@pytest.mark.parametrize("phone", ["", "0812", "tidak ada", "6472031201900001", "12345678901234567"])
def test_what_is_no_phone(phone: str) -> None:
    assert plain_phones(pd.Series([phone])).tolist() == [""]


def test_keys_are_hmac_under_the_secret_and_nik_wins_over_phone() -> None:
    niks, phones = (
        pd.Series(["6472031201900001", "", "", "6472031201900001"]),
        pd.Series(["", "6281234567890", "", "62812"]),
    )
    keys = person_keys(niks, KEY, phones=phones)
    assert keys[0] == keys[3] == hmac.new(KEY.secret, b"nik:6472031201900001", hashlib.sha256).hexdigest()[:32]
    assert keys[1] == hmac.new(KEY.secret, b"phone:6281234567890", hashlib.sha256).hexdigest()[:32]
    assert pd.isna(keys[2])


def test_another_secret_gives_other_keys_and_no_secret_is_printed() -> None:
    nik = pd.Series(["6472031201900001"])
    assert person_keys(nik, KEY)[0] != person_keys(nik, PersonKey(secret=bytes(32), linkable=False))[0]
    assert "secret" not in repr(KEY)


def test_the_key_comes_from_the_named_file_else_from_chance(tmp_path: Path) -> None:
    one, two = load_person_key({}), load_person_key({})
    assert (one.linkable, two.linkable) == (False, False)
    assert one.secret != two.secret
    path = tmp_path / "key"
    path.write_text(bytes(range(32)).hex() + "\n")
    from_hex = load_person_key({"OUTREACH_KEY_FILE": str(path)})
    assert from_hex == KEY
    path.write_bytes(b"\xff" * 32)
    assert load_person_key({"OUTREACH_KEY_FILE": str(path)}).secret == b"\xff" * 32


@pytest.mark.parametrize("content", [None, b"", b"too short"])
def test_a_key_file_that_is_no_good_is_named_without_its_content(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ContractError) as error:
        load_person_key({"OUTREACH_KEY_FILE": str(path)})
    (item,) = error.value.items
    assert item.reason == "bad_key_file"
    assert "too short" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "name", "left"),
    [
        ("rumah Siti Aminah, Jl. Damai", "Siti Aminah", "rumah …, Jl. Damai"),
        ("SITI  AMINAH", "Siti Aminah", "…"),
        ("Bu Aminah RT 3", "Siti Aminah", "Bu … RT 3"),
        ("Tenggarong", "Tenggarong Putra", "Tenggarong"),
        ("Jl. Damai 081234567890", "", "Jl. Damai …"),
        ("Jl. Al. (Baru)", "A. (", "Jl. Al. (Baru)"),
        ("Sitinjak", "Siti", "Sitinjak"),
        ("Pak Ali, rumah Edi", "Ali Edi", "Pak …, rumah …"),
        ("RT Al", "Al Edi", "RT Al"),
        ("", "Siti", ""),
    ],
)
def test_a_text_is_shown_without_its_person(text: str, name: str, left: str) -> None:
    keep = {"tenggarong", "damai"}
    assert without_person(pd.Series([text]), pd.Series([name]), keep=keep).tolist() == [left]


@pytest.mark.parametrize("length", [32, 64, 65, 200])
def test_keys_are_the_standard_hmac_for_secrets_of_any_length(length: int) -> None:
    secret = bytes(range(200))[:length]
    made = person_keys(pd.Series(["6472014101900001", ""]), PersonKey(secret=secret, linkable=True))
    assert made[0] == hmac.digest(secret, b"nik:6472014101900001", "sha256").hex()[:32]
    assert made.isna().tolist() == [False, True]
