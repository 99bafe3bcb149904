"""The evidence of the prior: facts with their sources, and the numbers that the pages quote of them."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.files import bundled_data
from outreach_analysis.models.terms import TurnoutPrior, published_turnout

ROOT = Path(__file__).parents[3]
ROLES = {"visit", "invited", "office", "fixed", "show"}


@pytest.fixture(scope="module")
def known() -> pd.DataFrame:
    return published_turnout()


def test_the_sidecar_describes_the_file():
    folder = bundled_data("reference/turnout")
    described = tomllib.loads((folder / "published_turnout.csv.toml").read_text(encoding="utf-8"))
    assert described["sha256"] == hashlib.sha256((folder / "published_turnout.csv").read_bytes()).hexdigest()
    assert all(described[key] for key in ("title", "source", "year", "licence", "retrieved", "notes"))


def test_what_the_pages_say_of_it_is_what_it_holds(known):
    every = known.loc[known["evidence"] != "", "per_day"]
    strict = known.loc[known["evidence"] == "strict", "per_day"]
    assert (len(every), every.median()) == (16, 63.5)
    assert (len(strict), strict.median()) == (10, 49.25)
    spread = [round(float(np.log(every).std(ddof=ddof)), 2) for ddof in (0, 1)]
    assert spread == [0.82, 0.85]
    assert np.mean(spread) == pytest.approx(0.83, abs=0.006)


def test_the_prior_is_as_wide_as_the_evidence(known):
    every = np.log(known.loc[known["evidence"] != "", "per_day"])
    prior = TurnoutPrior()
    assert prior.log_total_sds == pytest.approx((every.std(), every.std()), abs=0.05)
    assert abs(np.log(prior.total_median) - every.median()) < every.std() / np.sqrt(len(every))


def test_per_day_is_applicants_by_days(known):
    both = known.dropna(subset=["days", "applicants"])
    assert (both["per_day"] - both["applicants"] / both["days"]).abs().max() < 0.051
    assert known.loc[known["evidence"] != "", ["days", "applicants", "per_day"]].gt(0).all(axis=None)


def test_only_services_away_from_offices_are_evidence_and_every_other_row_says_why_not(known):
    assert set(known["programme"]) == ROLES
    assert set(known.loc[known["evidence"] != "", "programme"]) == {"visit", "invited"}
    assert known.loc[known["evidence"] == "", "note"].ne("").all()
    assert known.loc[known["programme"] == "office", "note"].str.startswith("opening").all()
    dated = known.loc[known["evidence"] == "strict", ["first_day", "last_day"]].apply(pd.to_datetime, format="%Y-%m-%d")
    took = (dated["last_day"] - dated["first_day"]).dt.days + 1
    assert (took == known.loc[dated.index, "days"]).all()


def test_every_number_has_its_source_and_stands_once(known):
    assert known["source"].str.match(r"https://\S+$").all()
    assert not known.duplicated().any()


@pytest.mark.parametrize("name", ["README.md", "docs/methods.md", "docs/decisions/002-own-prior.md"])
def test_pages_cite_the_table_and_no_opening_at_an_office(name):
    page = (ROOT / name).read_text(encoding="utf-8")
    assert "published_turnout.csv" in page
    assert "per event-day" in re.sub(r"\s+", " ", page)
    assert not re.search(r"suarastra|\b41 and 89\b", page)
