"""Another province from tables alone, with codes that do not nest by dots; nothing in the code knows it."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.geography.areas import enclosing_area, level_name
from outreach_analysis.geography.travel import travel_costs
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.measures.reach import reach_rate
from outreach_analysis.report.words import Words, areas_called
from outreach_analysis.study import Study

SCRIPT = Path(__file__).parents[2] / "docs" / "examples" / "yogyakarta.py"
NESTED = """\
area_id,name,parent_id,population,lon,lat
P,Provinsi Contoh,,1000,,
KAB1,Kabupaten Hulu,P,600,,
KAB2,Kabupaten Hilir,P,400,,
KEC1,Sukamaju,KAB1,350,116.50,0.50
KEC2,Mekarsari,KAB1,250,116.90,0.50
KEC3,Wanasari,KAB2,400,116.50,-0.50
DES1,Desa Pinang,KEC1,200,116.52,0.52
DES2,Desa Kelapa,KEC1,150,116.48,0.48
DES3,Desa Rotan,KEC3,400,116.50,-0.50
"""


@pytest.fixture
def yogyakarta(tmp_path) -> Dataset:
    spec = importlib.util.spec_from_file_location("second_province_example", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    example.main(tmp_path / "office")
    return read_dataset(tmp_path / "office")


def test_the_example_is_read_whole_and_gives_a_ranking(yogyakarta):
    assert yogyakarta.areas["population"].sum() == 3_668_719
    assert yogyakarta.ledger.by_file["read"].sum() == yogyakarta.ledger.by_file["matched"].sum() == 5 + 3 + 180
    assert yogyakarta.counts["applicants"].sum() == 180
    assert yogyakarta.areas["in_jurisdiction"].all()
    assert set(yogyakarta.areas["geometry_kind"]) == {"indicative"}
    analysis = Study(yogyakarta, n_draws=100, with_backtest=False, rng=1)
    assert analysis.ranking.recommended in yogyakarta.sites.index
    assert analysis.coverage_by_threshold[30.0].share == 1.0


def test_desa_lie_in_their_kecamatan_whatever_their_codes(office):
    folder = office(
        {
            "areas.csv": NESTED,
            "outreach.toml": '[office]\nname = "X"\n[areas]\njurisdiction = ["KAB1"]\n',
            "sites.csv": "site_id,name,kind,area\nS1,Balai Desa Pinang,desa,DES1\nKAN,Kantor,office,KEC1\n",
            "events.csv": "event_id,site_id,date,status\nE1,S1,01/02/2025,held\n",
            "applicants/E1.csv": "service_date,event_id,desa\n01/02/2025,E1,Desa Pinang\n01/02/2025,E1,Desa Rotan\n",
            "applicants/maret.csv": None,
            "interest.csv": "date,area,people\n01/02/2025,DES1,15\n01/02/2025,DES2,16\n",
            "office_monthly.csv": "month,area,applicants\n2025-01,DES2,4\n2025-01,KEC1,3\n",
        }
    )
    data = read_dataset(folder)
    assert data.areas.index.tolist() == ["KEC1", "KEC2", "KEC3"]
    assert data.areas["in_jurisdiction"].tolist() == [True, True, False]
    assert data.counts.set_index("area_id")["applicants"].to_dict() == {"KEC1": 1, "KEC2": 0, "KEC3": 1}
    assert data.office_monthly.set_index("area_id")["applicants"].to_dict() == {"KEC1": 7}
    assert enclosing_area(pd.Series(["DES1", "KEC2", "KAB1", None]), data.areas).fillna("").tolist() == [
        "KEC1",
        "KEC2",
        "",
        "",
    ]
    # the village hall is inside its kecamatan, so the least distance inside it holds
    costs = travel_costs(
        areas=data.areas.assign(area_km2=314.159, lon=116.52, lat=0.52), sites=data.sites, settings=data.settings
    )
    inside = costs.set_index(["area_id", "site_id"])["km"]
    assert inside[("KEC1", "S1")] == pytest.approx(5.0)
    assert inside[("KEC2", "S1")] == pytest.approx(0.0, abs=1e-6)
    assert reach_rate(areas=data.areas, counts=data.counts, by="kabupaten").by_area["residents"].to_dict() == {
        "KAB1": 600,
        "KAB2": 400,
    }
    analysis = Study(data, n_draws=100, with_backtest=False, rng=1)
    assert analysis.interest.by_area.loc["KEC1", "people"] >= 30


@pytest.mark.parametrize(
    ("codes", "name"), [(("34.01", "34.71"), "kabupaten"), (("34.01.01", "34.71.02"), "kecamatan")]
)
def test_areas_are_called_by_what_their_codes_say(office, codes, name):
    rows = [f"{code},Nama {n},{code[:2]},{1000 + n},110.{n}5,-7.8" for n, code in enumerate(codes)]
    table = "\n".join(["area_id,name,parent_id,population,lon,lat", "34,Provinsi,,2001,,", *rows, ""])
    if name == "kecamatan":
        table = table.replace(",34,1000,", ",34.01,1000,").replace(",34,1001,", ",34.71,1001,")
        table += "34.01,Kab,34,1000,,\n34.71,Kota,34,1001,,\n"
    folder = office(
        {
            "areas.csv": table,
            "outreach.toml": '[office]\nname = "X"\n[areas]\njurisdiction = ["34.01"]\n[dates]\nas_of = 2026-11-22\n',
            "sites.csv": f"site_id,name,kind,area\nS1,Balai Kecamatan,mall,{codes[0]}\nKAN,Kantor,office,{codes[1]}\n",
            "events.csv": "event_id,site_id,date,status\n",
            **dict.fromkeys(("applicants/E1.csv", "applicants/maret.csv", "interest.csv", "office_monthly.csv")),
        }
    )
    areas = read_dataset(folder).areas
    assert set(areas.index) == set(codes)
    assert level_name(areas) == name


def test_four_digits_of_an_office_s_own_are_no_kabupaten():
    own = pd.DataFrame({"parent_id": ["K1", "K1"]}, index=["1001", "1002"])
    assert level_name(own) == "kecamatan"
    assert level_name(own.assign(parent_id=["10", ""])) == "kabupaten"


def test_only_sentences_are_renamed_and_no_name_in_them():
    words = Words("id")
    with areas_called("kabupaten"):
        said = words.say("The same by kecamatan ({n})", n="Kantor Kecamatan Melak")
        assert said == "Rincian menurut kabupaten/kota (Kantor Kecamatan Melak)"
        assert words.say("Kabupaten or kota") == "Provinsi"
        assert words.say("The kabupaten and kota that the office answers for.").startswith("Kabupaten dan kota")
        assert words.say("Kecamatan {area}, {kabupaten}", area="Sleman", kabupaten="DIY") == "Sleman, DIY"
    assert words.say("Kabupaten or kota") == "Kabupaten/kota"
