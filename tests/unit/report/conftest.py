"""A small office made by hand (squares, names that would break a page), and a folder with eight places to plan for."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box

from outreach_analysis.contracts import failure
from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.intake.ledger import IntakeLedger, LedgerBuilder
from outreach_analysis.plan_study import PlanAnalysis, PlanOptions
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study

HOSTILE = "<script>alert('x')</script>"
AS_OF = dt.date(2026, 11, 22)

Maker = Callable[..., Study]


def areas_table() -> gpd.GeoDataFrame:
    rows = {
        "64.72.01": ("Kota Satu", "64.72", "Kota Contoh", 60_000, 117.1, -0.5, True),
        "64.72.02": (HOSTILE, "64.72", "Kota Contoh", 40_000, 117.3, -0.5, True),
        "64.02.01": ("Hulu & Hilir", "64.02", "Kabupaten <b>Contoh</b>", 30_000, 117.1, -0.3, True),
        "64.02.02": ("Tepi", "64.02", "Kabupaten <b>Contoh</b>", 20_000, 117.3, -0.3, True),
        "64.02.03": ("Jauh", "64.02", "Kabupaten <b>Contoh</b>", 12_000, 117.5, 0.9, True),
        "64.71.01": ("Tetangga", "64.71", "Kota Tetangga", 50_000, 116.9, -0.9, False),
    }
    columns = ["name", "parent_id", "parent_name", "population", "lon", "lat", "in_jurisdiction"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("area_id")
    frame = frame.assign(
        level="kecamatan",
        area_km2=490.0,
        seat_lon=frame["lon"],
        seat_lat=frame["lat"],
        access="road",
        population_source="estimate from polling stations",
        geometry_kind="indicative",
    )
    squares = [box(x - 0.1, y - 0.1, x + 0.1, y + 0.1) for x, y in zip(frame["lon"], frame["lat"], strict=True)]
    return gpd.GeoDataFrame(frame, geometry=squares, crs="EPSG:4326")


def sites_table() -> pd.DataFrame:
    rows = {
        "KANIM": ("Kantor Imigrasi", "office", "64.72.01", 117.1, -0.5),
        "MALL": (HOSTILE, "mall", "64.72.02", 117.3, -0.5),
        "HULU": ("Balai Bersama", "kecamatan", "64.02.01", 117.1, -0.3),
        "TEPI": ("Balai Bersama", "pesantren", "64.02.02", 117.3, -0.3),
        "JAUH": ("Pesantren Jauh", "pesantren", "64.02.03", 117.5, 0.9),
        "LUAR": ("Mal Tetangga", "mall", "64.71.01", 116.9, -0.9),
        "DESA": ("Balai Desa", "desa", "64.02.02", 117.31, -0.31),
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["name", "kind", "area_id", "lon", "lat"])
    dates = dict.fromkeys(("opened", "closed"), pd.NaT)
    return frame.rename_axis("site_id").assign(capacity=np.nan, cost=np.nan, location_source="given", **dates)


def events_table() -> pd.DataFrame:
    rows = {
        "E1": ("MALL", "2026-02-07", "held"),
        "E2": ("HULU", "2026-10-10", "held"),
        "E3": ("TEPI", "2026-12-12", "planned"),
        "E4": ("JAUH", "2026-03-01", "cancelled"),
    }
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["site_id", "date", "status"])
    frame["date"] = pd.to_datetime(frame["date"])
    return frame.rename_axis("event_id").assign(
        capacity=np.nan, sold_out=False, placed_share=1.0, day_kind="weekend", series=""
    )


def counts_table() -> pd.DataFrame:
    came = {
        "E1": {"64.72.01": 41, "64.72.02": 33, "64.02.01": 12, "64.71.01": 8},
        "E2": {"64.02.01": 52, "64.72.01": 3, "64.02.02": 17, "64.02": 6},
    }
    rows = [(event, area, people) for event, by_area in came.items() for area, people in by_area.items()]
    return pd.DataFrame(rows, columns=["event_id", "area_id", "applicants"])


def ledger_of(*, faults: bool = True) -> IntakeLedger:
    book = LedgerBuilder()
    book.open("sites.csv", "", read=7)
    book.open(f"applicants/{HOSTILE}.csv", "", read=1200)
    if faults:
        at = pd.DataFrame({"file": f"applicants/{HOSTILE}.csv", "sheet": "", "row": [3, 4, 5]})
        book.note(at, "bad_date", status="rejected", column="service_date", expected="dd/mm/yyyy")
        book.note(at.assign(row=[8, 9, 10]).head(2), "unresolved_origin", status="review")
        book.note_failures([failure("coordinates_swapped", file="sites.csv", row=2)], status="rejected")
        book.note(at.assign(row=[20, 21, 22]).head(1), "total_row", status="skipped")
    book.take_columns("sites.csv", "", [("site_id", "site_id", "ours"), ("Catatan", "", "ignored")])
    book.take_columns(
        f"applicants/{HOSTILE}.csv", "", [("Tgl Permohonan", "service_date", "usual"), (HOSTILE, "", "ignored")]
    )
    return book.close()


def dataset_of(**changes: Any) -> Dataset:
    areas = areas_table()
    settings = Settings(as_of=AS_OF, synthetic=True, jurisdiction=("64.72", "64.02"))
    interest = pd.DataFrame(
        {
            "date": pd.to_datetime(["2026-11-01", "2026-11-02"]),
            "area_id": ["64.02.01", "64.02.02"],
            "people": [30, 20],
            "source": "pesantren",
            "group": True,
            "person_key": None,
            "event_id": None,
        }
    )
    office = pd.DataFrame(
        {
            "month": pd.to_datetime(["2026-09-01", "2026-10-01"]).repeat(2),
            "area_id": ["64.72.01", "64.72.02"] * 2,
            "applicants": [60, 25, 64, 21],
        }
    )
    tables: dict[str, Any] = {
        "settings": settings,
        "areas": areas,
        "gazetteer": areas,
        "aliases": pd.DataFrame(columns=["alias", "area_id", "kind"]),
        "sites": sites_table(),
        "events": events_table(),
        "applicants": no_applicants(),
        "counts": counts_table(),
        "outside": pd.DataFrame({"event_id": ["E1"], "place": ["Surabaya"], "applicants": [4]}),
        "interest": interest,
        "office_monthly": office,
        "travel": None,
        "access": None,
        "ledger": ledger_of(),
    }
    return Dataset(**(tables | changes))


@pytest.fixture(scope="session")
def make_analysis() -> Maker:
    """A function that runs the chain on the small office, with parts of its dataset replaced by name."""

    def make(**changes: Any) -> Study:
        return Study(dataset_of(**changes), n_draws=200, with_backtest=False, rng=5)

    return make


@pytest.fixture(scope="session")
def analysis(make_analysis: Maker) -> Study:
    """The small office as it stands."""
    return make_analysis()


@pytest.fixture(scope="session")
def nothing_eligible(make_analysis: Maker) -> Study:
    """Every candidate lies outside the jurisdiction."""
    return make_analysis(
        sites=sites_table().loc[["KANIM", "LUAR"]],
        events=events_table().iloc[:0],
        counts=counts_table().iloc[:0],
        outside=pd.DataFrame({"event_id": [], "place": [], "applicants": []}).astype({"applicants": int}),
        interest=None,
    )


@pytest.fixture(scope="session")
def no_history(make_analysis: Maker) -> Study:
    """No event yet, no interest list, no office numbers."""
    return make_analysis(
        events=events_table().iloc[:0],
        counts=counts_table().iloc[:0],
        outside=pd.DataFrame({"event_id": [], "place": [], "applicants": []}).astype({"applicants": int}),
        interest=None,
        office_monthly=None,
        applicants=no_applicants(),
    )


def no_applicants() -> pd.DataFrame:
    columns = ["event_id", "service_date", "area_id", "origin_level", "origin_status"]
    columns += ["passport_type", "application", "channel", "age_band"]
    return pd.DataFrame(columns=columns, dtype="str").astype({"service_date": "datetime64[ns]"})


@pytest.fixture(scope="session")
def clean_ledger() -> IntakeLedger:
    """A ledger in which every row was used."""
    return ledger_of(faults=False)


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
def planned(plan_folder: Path) -> Study:
    """The whole chain on the folder as it stands."""
    return Study(read_dataset(plan_folder), n_draws=200, with_backtest=False, rng=3)


@pytest.fixture(scope="session")
def plan_again(planned: Study) -> Planner:
    """A function that runs the last step of the chain anew: settings changed by name, the plan as asked."""

    def run(*, options: PlanOptions | None = None, **settings) -> tuple[RankingResult, PlanAnalysis]:
        changed = dataclasses.replace(planned.dataset, settings=planned.settings.replace(**settings))
        study = Study(changed, n_draws=200, options=options, rng=3).given(
            **{name: getattr(planned, name) for name in ("forecast", "displacement", "sites", "costs", "need")}
        )
        return study.ranking, study.planning

    return run
