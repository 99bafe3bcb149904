"""People at the door: keys to tell them apart, age bands, and nothing else goes in."""

from __future__ import annotations

import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from outreach_analysis.contracts import ContractError, failure
from outreach_analysis.files import errors_name
from outreach_analysis.geocoding.country import country

KEY_FILE_VARIABLE = "OUTREACH_KEY_FILE"
"""Environment variable that names the office's key file."""

KEY_BYTES = 32
AGE_BANDS = ("under 17", "17-24", "25-34", "35-44", "45-54", "55-64", "65 and over", "unknown")
"""Ages in completed years at the service date. Minors are one band: their data are specific by UU 27/2022."""

_KEY_DIGITS = 32
_NIK_STATUS = ("blank", "numeric", "malformed", "bad_date", "bad_serial", "valid")
_BAND_STARTS = (17, 25, 35, 45, 55, 65)
_NIK_DIGITS = 16
_WOMEN = 40
_ANY_CENTURY = pd.Timestamp("2100-01-01")
_NUMERIC_SHARE = 0.6
_NUMERIC_LEAST = 8
_SEPARATORS = r"[\s.\-'’`_/]"
_SCIENTIFIC = r"^\d[.,]\d+[eE]\+?1[56]$"
_LARGEST_KEY = 2**16
_PHONE = re.compile(r"62\d{8,12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonKey:
    """The secret under which people's numbers become keys; its bytes are never shown."""

    secret: bytes = field(repr=False)
    linkable: bool


def load_person_key(environment: Mapping[str, str] | None = None) -> PersonKey:
    """The key in the file that `OUTREACH_KEY_FILE` names (32 bytes or more, or hexadecimal), else one for this run."""
    path = (os.environ if environment is None else environment).get(KEY_FILE_VARIABLE, "")
    if not path:
        return PersonKey(secret=secrets.token_bytes(KEY_BYTES), linkable=False)
    try:
        if not Path(path).is_file() or Path(path).stat().st_size > _LARGEST_KEY:
            raise OSError
        content = Path(path).read_bytes().strip()
    except OSError:
        raise ContractError([failure("bad_key_file", file=KEY_FILE_VARIABLE, expected="cannot be read")]) from None
    secret = bytes.fromhex(content.decode()) if re.fullmatch(rb"(?:[0-9A-Fa-f]{2}){32,}", content) else content
    if len(secret) < KEY_BYTES:
        expected = f"holds fewer than {KEY_BYTES} bytes"
        raise ContractError([failure("bad_key_file", file=KEY_FILE_VARIABLE, expected=expected)])
    return PersonKey(secret=secret, linkable=True)


def write_person_key(path: Path) -> None:
    """Make an office's key file: 32 random bytes as hexadecimal digits, readable and writable by its owner alone."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with errors_name(path), os.fdopen(handle, "w", encoding="ascii", newline="\n") as file:
            # digits, since raw bytes may end in one that looks like a space and is then lost
            file.write(f"{secrets.token_hex(KEY_BYTES)}\n")
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def check_nik(
    nik: pd.Series, dates: pd.Series, *, numeric: pd.Series | None = None, lists: pd.Series | None = None
) -> pd.DataFrame:
    """What each NIK is worth by its 16 digits: kecamatan of first registration (6), day (+40 for women), month, year
    (6), serial (4, not 0). The century is the latest not after the service date; separators are ignored."""
    raw = nik.fillna("").astype("str")
    separated = (raw.str.len() != _NIK_DIGITS) & (raw != "")
    digits = raw.copy()
    digits[separated] = raw[separated].str.replace(_SEPARATORS, "", regex=True)
    well_formed = (digits.str.len() == _NIK_DIGITS) & digits.str.isdecimal() & digits.str.isascii()
    is_numeric = _numeric(raw, digits, well_formed, numeric, lists)
    usable = well_formed & ~is_numeric
    number = np.zeros(len(nik), dtype="int64")
    if usable.any():
        number = digits.where(usable, "0").astype("int64").to_numpy()
    born = _birth(number // 10**4 % 10**6, dates)
    faults = (raw == "", is_numeric, ~well_formed, born.isna(), number % 10**4 == 0)
    place = np.select([np.asarray(fault, dtype=bool) for fault in faults], range(len(faults)), len(faults))
    status = pd.Series(pd.array(_NIK_STATUS, dtype="str").take(place), index=nik.index)
    valid = pd.Series(place == len(faults), index=nik.index)
    prefixes, prefix_of = np.unique(np.where(valid, number // 10**10, 0), return_inverse=True)
    codes = np.array([f"{prefix:06d}" if prefix else "" for prefix in prefixes], dtype=object)
    dotted = np.array([".".join(filter(None, (code[:2], code[2:4], code[4:]))) for code in codes], dtype=object)
    known = np.array([not code or code[:2] in country().provinces for code in codes], dtype=bool)
    return pd.DataFrame(
        {
            "digits": digits.where(valid, "") if (digits[~valid] != "").any() else digits,
            "status": status,
            "age": _age(born, dates).where(valid),
            "area_code": pd.Series(pd.array(dotted, dtype="str").take(prefix_of), index=nik.index),
            "region_known": known[prefix_of],
        }
    )


def _numeric(
    raw: pd.Series, digits: pd.Series, well_formed: pd.Series, numeric: pd.Series | None, lists: pd.Series | None
) -> pd.Series:
    """Which NIKs lost their last digit; see `check_nik`."""
    found = pd.Series(False, index=raw.index)
    found[~well_formed] = raw[~well_formed].str.contains(_SCIENTIFIC)
    zeroed = (digits.str.endswith("0") & well_formed).to_numpy(bool)
    column = np.zeros(len(raw), dtype=int) if lists is None else pd.factorize(lists)[0]
    if numeric is not None and numeric.any():
        held = (numeric & (raw != "")).to_numpy(bool)
        kept = np.bincount(column, weights=held & well_formed.to_numpy(bool) & ~zeroed)[column] > 0
        beyond = (digits > str(2**53)).to_numpy(bool) & well_formed.to_numpy(bool)
        found |= pd.Series(held & (beyond | (zeroed & ~kept)), index=raw.index)
    said = np.bincount(column, weights=well_formed)[column]
    in_zero = np.bincount(column, weights=zeroed)[column]
    most = zeroed & (said >= _NUMERIC_LEAST) & (in_zero > _NUMERIC_SHARE * said)
    return found | pd.Series(most, index=raw.index)


def _birth(ddmmyy: np.ndarray, dates: pd.Series) -> pd.Series:
    """Date of birth in the latest century not after the service date, any without one; NaT for no such day."""
    distinct, place = np.unique(ddmmyy, return_inverse=True)
    day = distinct // 10**4
    day = np.where(day > _WOMEN, day - _WOMEN, day)
    parts = {"month": distinct // 100 % 100, "day": day}
    recent, older = (
        pd.to_datetime(pd.DataFrame({"year": distinct % 100 + century, **parts}), errors="coerce")
        .dt.as_unit("s")
        .iloc[place]
        .set_axis(dates.index)
        for century in (2000, 1900)
    )
    return recent.where(recent.notna() & (recent <= dates.fillna(_ANY_CENTURY)), older)


def _age(born: pd.Series, dates: pd.Series) -> pd.Series:
    before_birthday = (dates.dt.month * 100 + dates.dt.day) < (born.dt.month * 100 + born.dt.day)
    years: pd.Series = (dates.dt.year - born.dt.year - before_birthday).astype(float)
    return years


def age_bands(ages: pd.Series) -> pd.Series:
    """Bands of completed years: under 17, 17-24, 25-34, ..., 65 and over; unknown where NaN."""
    band = np.searchsorted(_BAND_STARTS, ages.fillna(-1).to_numpy(), side="right")
    names = pd.array(AGE_BANDS, dtype="str").take(np.where(ages.isna(), len(AGE_BANDS) - 1, band))
    return pd.Series(names, index=ages.index)


def plain_phones(text: pd.Series) -> pd.Series:
    """Phone numbers in one form, 62 and the rest; '' where the text is no Indonesian number."""
    digits = text.fillna("").astype("str").str.replace(r"[^\d+]", "", regex=True)
    digits = digits.str.replace(r"^\+?620?|^00620?|^0|^(?=8)", "62", regex=True)
    return digits.where(digits.str.fullmatch(_PHONE), "")


def person_keys(niks: pd.Series, key: PersonKey, *, phones: pd.Series | None = None) -> pd.Series:
    """Keys that tell people apart and tell nothing about them: HMAC-SHA256, 32 hexadecimal digits."""
    labelled = ("nik:" + niks).where(niks != "", "")
    if phones is not None:
        labelled = labelled.where(labelled != "", ("phone:" + phones).where(phones != "", ""))
    codes, distinct = pd.factorize(labelled)
    made = [hmac.digest(key.secret, text.encode(), "sha256").hex()[:_KEY_DIGITS] if text else None for text in distinct]
    known = pd.array([*made, None], dtype="str")
    return pd.Series(known.take(np.where(codes < 0, len(made), codes)), index=niks.index)
