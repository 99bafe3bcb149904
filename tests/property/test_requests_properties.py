"""Letters of any office: every one has an answer with its reason, and no plan costs more than the budget."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from examples import tries
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.intake.tables import RequestLetters
from outreach_analysis.plan_study import PlanOptions
from outreach_analysis.report.topics.plan_page import draft_answer
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study

SITES = """\
site_id,name,kind,area,lon,lat,cost
KANIM,Kantor Imigrasi,office,64.72.02,117.14,-0.49,
MALL,Mal Contoh,mall,64.72.03,117.13,-0.47,2500000
TGR,Pesantren Tenggarong,pesantren,64.02.06,,,1500000
BADAK,Pesantren Badak,pesantren,64.02.05,,,
SANGA,Balai Sanga-Sanga,other,64.02.15,,,3000000
"""
FILES = {
    "outreach.toml": '[office]\nname = "K"\nsynthetic = true\n[dates]\nas_of = 2025-12-01\n[plan]\nteams = 1\n',
    "sites.csv": SITES,
    "events.csv": "event_id,site_id,date,status\nE1,MALL,20/12/2025,planned\n",
}
AREAS = ("64.72.03", "64.02.06", "64.02.02", "64.71.01")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    folder = tmp_path_factory.mktemp("letters")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    study = Study(read_dataset(folder), internal=True, n_draws=100, rng=1)
    made = ("turnout", "forecast", "displacement", "impact", "need", "came")
    return study, {name: getattr(study, name) for name in made}


letter = st.fixed_dictionaries(
    {
        "programme": st.sampled_from(["visit", "invited"]),
        "site_id": st.sampled_from([None, None, "TGR", "SANGA", "KANIM"]),
        "area_id": st.sampled_from(AREAS),
        "day": st.none() | st.integers(-20, 150),
        "people": st.none() | st.integers(1, 300),
        "listed": st.none() | st.integers(0, 200),
    }
)


@given(
    rows=st.lists(letter, min_size=1, max_size=5),
    budget=st.none() | st.integers(0, 9_000_000),
    n_events=st.integers(1, 3),
)
@settings(deadline=None, max_examples=tries(10, 3), phases=(Phase.explicit, Phase.generate))
def test_every_letter_is_answered_and_the_budget_is_kept(base, rows, budget, n_events):
    study, made = base
    as_of = pd.Timestamp(study.as_of)
    frame = pd.DataFrame(rows).astype({"people": float, "listed": float})
    frame["day"] = as_of + pd.to_timedelta(frame["day"].astype(float), unit="D")
    of_site = study.dataset.sites["area_id"].reindex(frame["site_id"]).set_axis(frame.index)
    frame["area_id"] = of_site.fillna(frame["area_id"])
    frame = frame.assign(
        number=[f"{at}/X" for at in range(len(frame))], date=as_of, asker="other", answer="", came=np.nan, event_id=None
    ).set_index("number")
    listed = frame.loc[frame["listed"] > 0, ["area_id", "listed"]].rename(columns={"listed": "people"})
    lists = listed.astype({"people": int}).reset_index()
    asked = dataclasses.replace(
        study,
        dataset=dataclasses.replace(study.dataset, requests=RequestLetters(letters=frame, lists=lists)),
        options=PlanOptions(n_events=n_events, budget=budget),
    ).given(**made)
    found = asked.requests
    assert sorted(found.letters.index) == sorted(frame.index)
    sites = asked.with_requests().sites
    for row in found.letters.itertuples():
        assert draft_answer(row, sites, Words("id")).endswith(".")
        assert row.answer != "accepted" or row.place_id in set(found.visits["site_id"])
        assert row.meets or row.answer in ("refused", "merged", "postponed")
    known = sites["cost"].astype(float)
    cost = known.fillna(known.max()).reindex(found.visits["site_id"]).sum()
    assert budget is None or cost <= budget
    assert found.cost == pytest.approx(cost)
    assert len(found.visits) <= n_events
    assert not found.visits["day"].duplicated().any()
    # an own place for which somebody asks is not visited beside the letter
    assert (
        not {"TGR", "SANGA"}
        & set(found.visits["site_id"])
        & set(frame.loc[found.letters.index[found.letters["answer"] == "accepted"], "site_id"].dropna())
    )
