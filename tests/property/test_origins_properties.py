"""Whatever people type: an answer for every row, of known areas only, the same whatever stands around it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from examples import tries
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_analysis.geocoding.resolver import ORIGIN_COLUMNS, resolve_origins
from outreach_analysis.geography.areas import load_aliases, load_areas

ALL = pd.DataFrame(load_areas("all").drop(columns="geometry"))
AREAS = ALL[ALL["level"].eq("province") | ALL.index.str.startswith(("64.07", "64.71", "64.72"))]
ALIASES = load_aliases()
INSIDE = {"desa", "kecamatan", "kabupaten"}
OUTSIDE = {"outside_province", "outside_country"}
PIECES = [
    *AREAS["name"].iloc[::11],
    *ALIASES["alias"].iloc[::9],
    *["Jl.", "Kec.", "Kel", "No.", "RT 5", ",", "/", "-", "(", "kota", "II", "2", "64.02.06", "6472", "Makassar"],
    *["Malaysia", "Jawa Timur", "=1+1", "NA", "null", "'", '"', "\n", "\x00", "\u202e", "e\u0301"],
    *["＃", "İ", "ß", "٣", "Ｓａｍａｒｉｎｄａ", "🏝"],
]

typed = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join))
cell = st.one_of(st.none(), st.just(float("nan")), typed, st.integers(0, 10**16), st.floats(0, 1e10))


def consistent(found: pd.DataFrame) -> None:
    inside, outside = found["level"].isin(INSIDE), found["level"].isin(OUTSIDE)
    assert (inside | outside | found["level"].eq("unknown")).all()
    assert found["area_id"].notna().equals(inside)
    assert found["area_id"].dropna().isin(AREAS.index).all()
    assert found["area_id"].dropna().map(AREAS["level"]).equals(found["level"][inside])
    assert found["place"].notna().equals(outside)
    review = found["status"].eq("review")
    assert found["status"].isin(["code", "exact", "alias", "fuzzy", "partial", "review"]).all()
    assert (found["level"][review] == "unknown").all()
    assert found["score"].between(0, 100).all()
    assert (found["score"][found["status"].isin(["code", "exact", "alias", "partial"])] == 100).all()
    assert (found["suggestions"].map(len) <= 3).all()
    assert not found["suggestions"][~review].map(len).any()


@settings(max_examples=tries(60, 15), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(cell, max_size=8))
def test_any_text_gets_an_answer(texts: list[object]) -> None:
    names = pd.Series(texts, dtype=object, index=[f"r{n % 3}" for n in range(len(texts))])
    found = resolve_origins(names, AREAS, aliases=ALIASES)
    assert found.index.equals(names.index)
    consistent(found)


@settings(max_examples=tries(40, 10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.fixed_dictionaries(dict.fromkeys(ORIGIN_COLUMNS, cell)), min_size=1, max_size=6),
    st.sampled_from(["kemendagri", "bps"]),
)
def test_any_columns_get_an_answer(rows: list[dict[str, object]], code_system: str) -> None:
    names = pd.DataFrame(rows, dtype=object)
    found = resolve_origins(names, AREAS, aliases=ALIASES, code_system=code_system)
    assert found.index.equals(names.index)
    consistent(found)


@settings(max_examples=tries(30, 8), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(typed, min_size=2, max_size=8), st.integers(0, 2**32 - 1))
def test_a_row_is_resolved_the_same_whatever_stands_around_it(texts: list[str], seed: int) -> None:
    names = pd.Series(texts)
    found = resolve_origins(names, AREAS, aliases=ALIASES)
    shuffled = names.sample(frac=1, random_state=np.random.default_rng(seed))
    again = resolve_origins(shuffled, AREAS.sample(frac=1, random_state=1), aliases=ALIASES.iloc[::-1])
    pd.testing.assert_frame_equal(again.loc[names.index], found)
    alone = resolve_origins(names.iloc[:1], AREAS, aliases=ALIASES)
    pd.testing.assert_frame_equal(alone, found.iloc[:1])
