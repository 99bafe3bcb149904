"""The team's page: one sheet, the numbers of the analysis, no number of interested people, names as text."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.report.handouts import render_brief, write_brief
from outreach_analysis.report.topics.answer import interest_text, way_text
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study

SETTINGS = '[office]\nname = "Kantor Imigrasi Contoh"\nsynthetic = true\n[dates]\nas_of = 2025-12-01\n'
PAYLOAD = "Mal <script>alert(1)</script>"
SITES = f"""\
site_id,name,kind,area,lon,lat,capacity,opened
KANIM,Kantor Imigrasi,office,64.72.02,117.14,-0.49,120,01/01/2010
MALL,"{PAYLOAD}",mall,Samarinda Ulu,117.13,-0.47,120,
TGR,Kantor Kecamatan Tenggarong,kecamatan,64.02.06,,,,
"""


@pytest.fixture
def analysis(office) -> Study:
    folder = office({"outreach.toml": SETTINGS, "sites.csv": SITES})
    return Study(read_dataset(folder), n_draws=200, with_backtest=False, rng=1)


def test_shows_the_expected_people_of_the_forecast(analysis):
    page = render_brief(analysis, "MALL", lang="en")
    forecast = analysis.incremental.people.loc["MALL"]
    words = Words("en")
    assert f'<span class="big">{words.number(forecast["mean"])} people</span>' in page
    ranked = analysis.ranking.by_site["people"]
    assert ranked.get("MALL", forecast["mean"]) == pytest.approx(forecast["mean"]), "the same number as the ranking's"
    assert f"({words.interval(forecast['ci_low'], forecast['ci_high'])})" in page
    assert page.count("<li>") >= 10
    assert "SAMPLE DATA (SYNTHETIC)" in page


def test_where_people_come_from_adds_up_to_all(analysis):
    page = render_brief(analysis, "MALL", lang="en")
    (table,) = re.findall(r"<table.*?</table>", page, re.S)
    shares = [int(share) for share in re.findall(r'<td class="n" data-label="Share">(\d+)%</td>', table)]
    assert sum(shares) == pytest.approx(100, abs=len(shares))
    people = [int(n) for n in re.findall(r'<td class="n" data-label="People">(\d+)</td>', table)]
    assert sum(people) == pytest.approx(analysis.incremental.people["mean"]["MALL"], abs=len(people))
    assert "all others" in table


def test_an_announced_pop_up_is_told_for_its_own_day_and_not_as_a_second_visit(analysis):
    announced = analysis.scheduled["site_id"].iloc[0]
    assert announced == "TGR"
    second = analysis.incremental.people.loc[announced, "mean"]
    fresh = analysis.incremental.account.loc[announced, "unannounced"]
    page = render_brief(analysis, announced, lang="en")
    published = int(re.search(r'<span class="big">(\d+) people</span>', page)[1])
    assert second < published <= round(fresh) + 1


def test_an_announced_pop_up_of_several_days_is_told_with_all_of_them_and_its_own_booths(analysis):
    """Two days with one booth of 40 people a day: 80 at most, where one day would serve 120."""
    alone = render_brief(analysis, "TGR", lang="en")
    events = analysis.dataset.events
    for booths, a_day in ((1, 40), (9, 360)):
        longer = events.assign(days=2, booths=booths)
        dataset = dataclasses.replace(analysis.dataset, events=longer)
        page = render_brief(dataclasses.replace(analysis, dataset=dataset), "TGR", lang="en")
        told, told_alone = (int(re.search(r'<span class="big">(\d+) people</span>', each)[1]) for each in (page, alone))
        assert ", 2 days</dd>" in page
        assert ", 2 days" not in alone
        assert f"<dd>{a_day} people a day</dd>" in page
        assert f"at most {2 * a_day} can be served" in page
        if booths == 9:
            assert told >= 2 * told_alone - 1
        else:
            assert told_alone < told <= 80


def test_names_are_text(analysis):
    page = render_brief(analysis, "MALL")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_place_that_a_rule_keeps_out_says_so_first(analysis):
    excluded = analysis.ranking.excluded.index[0]
    page = render_brief(analysis, str(excluded), lang="en")
    assert 'class="warning"' in page
    assert page.index('class="warning"') < page.index('class="facts"')


@pytest.mark.parametrize(("typed", "said"), [("MAL", "did you mean MALL"), ("KANIM", "is a fixed service point")])
def test_an_unknown_place_is_a_usage_fault_that_says_what_may_be_meant(analysis, tmp_path, typed, said):
    with pytest.raises(ValueError, match=said):
        write_brief(analysis, typed, tmp_path / "briefs")
    assert not (tmp_path / "briefs").exists()


def test_the_command_writes_a_page_a_language(office, tmp_path):
    folder = office({"outreach.toml": SETTINGS})
    done = CliRunner().invoke(
        app, ["brief", "MALL", "--data", str(folder), "--out", str(tmp_path / "briefs"), "--lang", "both"]
    )
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in (tmp_path / "briefs").iterdir()) == ["brief-MALL-en.html", "brief-MALL-id.html"]


def test_interest_is_told_as_a_class():
    areas = pd.DataFrame({"parent_id": ["K", ""], "level": ["kecamatan", "kabupaten"]}, index=["A", "K"])
    interest = pd.DataFrame({"people": [22], "above_threshold": [True]}, index=["A"])
    site = {"area_id": "A", "kind": "kecamatan"}

    def published(interest: pd.DataFrame | None, kind: str = "kecamatan") -> str:
        return interest_text(site | {"kind": kind}, interest, areas, settings=Settings(), words=Words("en"))

    assert published(interest) == "More than 20 people of this area asked for a pop-up."
    assert published(interest.assign(above_threshold=False)).startswith("Not more than 20 people")
    assert published(interest.assign(above_threshold=False), "mall").startswith("Interest is not required")
    assert published(None).startswith("Not known")


@pytest.mark.parametrize(
    ("minutes", "source", "said"),
    [
        (87, "estimate", "57 km and about 1 h 30 min one way from the office, an estimate."),
        (87, "matrix", "57 km and about 1 h 30 min one way from the office."),
        (241, "matrix", "plan a night and rest."),
    ],
)
def test_the_way_says_whether_the_team_can_be_back(minutes, source, said):
    way = pd.Series({"km": 57.2, "minutes": minutes, "source": source})
    assert way_text(way, Settings(), Words("en")).endswith(said)


def test_an_unknown_way_is_left_out():
    assert way_text(None, Settings(), Words("id")) == ""
    assert way_text(pd.Series({"km": np.nan, "minutes": np.nan, "source": "estimate"}), Settings(), Words("id")) == ""
