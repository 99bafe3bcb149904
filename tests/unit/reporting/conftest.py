"""A folder with eight places to visit, its analysis made once for the tests of plans, schedules and decisions."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.reporting.analysis import Analysis, analyse
from outreach_analysis.reporting.plan_analysis import PlanAnalysis, rank_and_plan
from outreach_analysis.reporting.plan_request import PlanOptions

SETTINGS = """\
[office]
name = "Kantor Imigrasi; Contoh, Satu"
synthetic = true
[dates]
as_of = 2026-11-22
"""
SITES = """\
site_id,name,kind,area,lon,lat,capacity,cost,opened
KANIM,Kantor Imigrasi,office,64.72.02,"117,14",-0.49,120,,01/01/2010
MALL,Mal Contoh,mall,Samarinda Ulu,117.13,-0.47,120,2500000,
TGR,=HYPERLINK Kantor Kecamatan,pesantren,64.02.06,,,,,
BADAK,"Balai Badak, lantai 2; timur",pesantren,64.02.05,,,,1000000,
BONTANG,Plaza Bontang,mall,64.74.02,117.48,0.12,100,2000000,
SANGATTA,Pesantren Sangatta,pesantren,64.08.04,,,,,
MELAK,Pesantren Melak,pesantren,64.07.07,,,,,
HULU,Pesantren Ujoh Bilang,pesantren,64.11.03,,,,4000000,
SEBULU,Pesantren Sebulu,pesantren,64.02.07,,,,,
"""
EVENTS = """\
event_id,site_id,date,status,series,capacity,sold_out
E1,MALL,01/02/2026,held,Simpatik,100,tidak
E2,TGR,17/10/2026,held,,,tidak
E3,SEBULU,12/12/2026,planned,,,
"""
LIST = """\
service_date,event_id,kecamatan,kabupaten
01/02/2026,E1,Samarinda Ulu,Samarinda
01/02/2026,E1,Samarinda Ulu,Samarinda
01/02/2026,E1,Tenggarong,Kutai Kartanegara
17/10/2026,E2,Tenggarong,Kutai Kartanegara
17/10/2026,E2,Loa Kulu,Kutai Kartanegara
"""

Planner = Callable[..., tuple[RankingResult, PlanAnalysis]]


@pytest.fixture(scope="session")
def plan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder on disk; tests that write into it copy it first."""
    folder = tmp_path_factory.mktemp("plan") / "office"
    (folder / "applicants").mkdir(parents=True)
    for name, text in {
        "outreach.toml": SETTINGS,
        "sites.csv": SITES,
        "events.csv": EVENTS,
        "applicants/semua.csv": LIST,
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def planned(plan_folder: Path) -> Analysis:
    """The whole chain on the folder as it stands."""
    return analyse(read_dataset(plan_folder), n_draws=200, rng=np.random.default_rng(3))


@pytest.fixture(scope="session")
def plan_again(planned: Analysis) -> Planner:
    """A function that runs the last step of the chain anew: settings changed by name, the plan as asked."""

    def run(*, options: PlanOptions | None = None, **settings) -> tuple[RankingResult, PlanAnalysis]:
        return rank_and_plan(
            planned.forecast,
            planned.displacement,
            dataclasses.replace(planned.dataset, settings=planned.settings.replace(**settings)),
            planned.sites,
            planned.costs,
            need=planned.need.by_area.loc[planned.need.by_area["in_jurisdiction"], "need"],
            interest=planned.interest,
            days=planned.days,
            announced=planned.scheduled,
            options=options,
            rng=np.random.default_rng(3),
        )[1:]

    return run
