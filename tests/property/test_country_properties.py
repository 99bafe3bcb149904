"""Over the names of the whole country: nobody from elsewhere becomes one of ours, and ours stay ours."""

from __future__ import annotations

import pandas as pd
import pytest

from outreach_analysis.geocoding.country import compact_name, country
from outreach_analysis.geocoding.resolver import resolve_origins
from outreach_analysis.geography.areas import load_aliases, load_areas

SAMPLE, BESIDE_SIZE, SEED = 300, 100, 20261129
FORMS = {
    "columns": lambda desa: desa[["desa", "kecamatan"]],
    "address": lambda desa: "Jl. Melati No. 3 RT 02, Desa " + desa["desa"] + ", Kec. " + desa["kecamatan"],
    "no commas": lambda desa: "Kel. " + desa["desa"] + " Kec. " + desa["kecamatan"],
}


def all_desa() -> pd.DataFrame:
    indonesia = country()
    desa = pd.DataFrame({"desa": indonesia.desa.values()}, index=list(indonesia.desa), dtype="str")
    desa["kecamatan"] = desa.index.str.slice(0, 8).map(indonesia.kecamatan)
    desa["kabupaten"] = desa.index.str.slice(0, 5).map(indonesia.kabupaten)
    compact = [
        (compact_name(one, "desa"), compact_name(other, "kecamatan"))
        for one, other in zip(desa["desa"], desa["kecamatan"], strict=True)
    ]
    return desa.assign(pair=compact)


DESA = all_desa()


def kaltim() -> tuple[pd.DataFrame, pd.DataFrame | None]:
    return pd.DataFrame(load_areas("all").drop(columns="geometry")), load_aliases()


def part_of_a_province(*kabupaten: str) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    indonesia = country()
    rows = [(code, indonesia.kabupaten[code], "kabupaten", code[:2]) for code in kabupaten]
    rows += [(c, n, "kecamatan", c[:5]) for c, n in indonesia.kecamatan.items() if c[:5] in kabupaten]
    rows += [(c, n, "desa", c[:8]) for c, n in indonesia.desa.items() if c[:5] in kabupaten]
    areas = pd.DataFrame(rows, columns=["area_id", "name", "level", "parent_id"]).set_index("area_id")
    return areas, None


OFFICES = {
    "East Kalimantan": kaltim,
    "Kab. Tegal": lambda: part_of_a_province("33.28"),
    "Bone and Soppeng": lambda: part_of_a_province("73.08", "73.12"),
}


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("office", OFFICES)
def test_of_the_country_nobody_is_placed_here(office: str, form: str, whole: bool) -> None:
    # a sample; at leisure a good part, and for the bundled areas the whole country, which takes minutes: every desa in
    # one of the forms
    areas, aliases = OFFICES[office]()
    mine = DESA.index.isin(areas.index)
    foreign = DESA[~mine].sample(frac=1.0, random_state=SEED)
    if whole and office == "East Kalimantan":
        foreign = foreign.iloc[list(FORMS).index(form) :: len(FORMS)]
    else:
        foreign = foreign.head(10 * SAMPLE if whole else SAMPLE)
    found = resolve_origins(FORMS[form](foreign), areas, aliases=aliases)
    placed = foreign[found["area_id"].notna()]
    assert placed.head(10).to_dict("records") == []
    equal = foreign["pair"].isin(set(DESA.loc[mine, "pair"]))
    assert (found.loc[equal, "status"] == "review").all()
    assert found["level"].eq("outside_province").mean() > 0.95


@pytest.mark.parametrize("office", OFFICES)
def test_every_desa_of_ours_is_found(office: str) -> None:
    areas, aliases = OFFICES[office]()
    own = DESA[DESA.index.isin(areas.index)]
    found = resolve_origins(own[["desa", "kecamatan", "kabupaten"]], areas, aliases=aliases)
    assert (found["area_id"] == own.index).all()
    # without the kabupaten only those wait whose very name and kecamatan the country has twice
    pairs = resolve_origins(own[["desa", "kecamatan"]], areas, aliases=aliases)
    twice = own["pair"].isin(set(DESA.loc[~DESA.index.isin(areas.index), "pair"]))
    assert (pairs["area_id"] == own.index)[~twice].all()
    assert (pairs.loc[twice, "status"] == "review").all()
    if office == "East Kalimantan":
        assert (len(own), int(twice.sum())) == (1038, 2)


def test_a_kecamatan_elsewhere_alone_is_ours_only_by_our_own_name() -> None:
    areas, aliases = kaltim()
    indonesia = country()
    names = pd.Series(indonesia.kecamatan)
    foreign = names[~names.index.isin(areas.index)].sample(SAMPLE, random_state=SEED)
    found = resolve_origins("Kec. " + foreign, areas, aliases=aliases)
    own = {compact_name(name, "kecamatan") for name in areas.loc[areas["level"] == "kecamatan", "name"]}
    placed = foreign[found["area_id"].notna()]
    assert [name for name in placed if compact_name(name, "kecamatan") not in own] == []


BESIDE = ("{desa}, {kecamatan}", "Desa {desa}, {kecamatan}", "{kecamatan} - Kel. {desa}", "{desa}, Kec. {kecamatan}")
HAMLETS = ("Dusun ", "Dukuh ", "Pesantren")
"""Kecamatan whose names say 'the hamlet (or school) so-and-so' where no word says their level."""


@pytest.mark.parametrize("form", BESIDE)
@pytest.mark.parametrize("office", OFFICES)
def test_a_desa_of_ours_beside_a_kecamatan_elsewhere_is_not_placed_here(office: str, form: str) -> None:
    areas, aliases = OFFICES[office]()
    own = DESA[DESA.index.isin(areas.index)]
    kecamatan = pd.Series(country().kecamatan)
    foreign = kecamatan[~kecamatan.index.isin(areas.index)]
    foreign = foreign[~foreign.str.startswith(HAMLETS)] if "Kec." not in form else foreign
    pairs = pd.DataFrame(
        {
            "desa": own["desa"].sample(BESIDE_SIZE, replace=True, random_state=SEED).to_numpy(),
            "kecamatan": foreign.sample(BESIDE_SIZE, random_state=SEED).to_numpy(),
        }
    )
    ours = set(own["pair"])
    compact = [(compact_name(one, "desa"), compact_name(other, "kecamatan")) for one, other in pairs.to_numpy()]
    pairs = pairs[[pair not in ours for pair in compact]]
    texts = pd.Series([form.format(desa=one, kecamatan=other) for one, other in pairs.to_numpy()])
    found = resolve_origins(texts, areas, aliases=aliases)
    assert texts[found["area_id"].notna()].tolist() == []


def test_a_desa_beside_its_own_kecamatan_elsewhere_lies_there() -> None:
    areas, aliases = kaltim()
    own = set(DESA.loc[DESA.index.isin(areas.index), "desa"])
    names = {compact_name(name, "kecamatan") for name in areas.loc[areas["level"] == "kecamatan", "name"]}
    foreign = DESA[~DESA.index.isin(areas.index) & DESA["desa"].isin(own)].sample(SAMPLE, random_state=SEED)
    foreign = foreign[[compact_name(name, "kecamatan") not in names for name in foreign["kecamatan"]]]
    found = resolve_origins("Desa " + foreign["desa"] + ", " + foreign["kecamatan"], areas, aliases=aliases)
    assert found["area_id"].isna().all()
    assert found["level"].eq("outside_province").mean() > 0.9
