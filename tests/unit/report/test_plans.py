"""Plans in words: every conflict, every move, and how sure a plan is."""

import dataclasses
import datetime as dt
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.decisions.plan_problem import CONFLICTS, Conflict
from outreach_analysis.decisions.ranking import Decision, RankingChanges, ranking_moves
from outreach_analysis.report.topics.plan import (
    better_text,
    certainty_text,
    change_text,
    conflict_text,
    move_text,
)
from outreach_analysis.report.words import LANGUAGES, Words

NAMES = pd.Series({"S1": "Mal Satu", "S2": "Balai Dua"})


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", CONFLICTS)
def test_every_conflict_has_words_with_names_and_counts(code, lang):
    said = conflict_text(Conflict(code=code, places=("S1", "S2"), needed=8, available=6), NAMES, Words(lang))
    template = CONFLICTS[code]
    assert said.endswith(".")
    for part, shown in (("places", "Mal Satu"), ("needed", "8"), ("available", "6")):
        if f"{{{part}}}" in template:
            assert shown in said, code
    assert "S1" not in said


def test_a_code_without_words_is_refused():
    with pytest.raises(KeyError):
        conflict_text(Conflict(code="no_such"), NAMES, Words("en"))


@pytest.mark.parametrize(
    ("status", "gap", "said"),
    [
        ("optimal", 0.0, "On average no other choice of places that is over as early reaches more people."),
        (
            "within_gap",
            0.0123,
            "The best found; on average no other choice that is over as early could be better by more than 1.3%.",
        ),
        (
            "within_gap",
            0.00001,
            "The best found; on average no other choice that is over as early could be better by more than 0.1%.",
        ),
        (
            "time_limit",
            0.5,
            "The best found until the time limit; on average no other choice that is over as early could be better by "
            "more than 100.0%.",
        ),
        ("infeasible", np.nan, ""),
    ],
)
def test_certainty_is_never_overstated(status, gap, said):
    plan = SimpleNamespace(status=status, gap=gap, objective=90.0, expected_reach=90.0, p_best=np.nan)
    assert certainty_text(plan, Words("en")) == said
    drawn = SimpleNamespace(status=status, gap=gap, objective=90.0, expected_reach=90.0, p_best=0.204)
    often = " In 20 of 100 draws it is the best of the plans compared." if said else ""
    assert certainty_text(drawn, Words("en")) == said + often


def test_a_plan_by_weights_is_not_said_to_reach_most():
    plan = SimpleNamespace(status="optimal", gap=0.0, objective=84.0, expected_reach=90.0, p_best=np.nan)
    said = "By the stated weights no other choice of places that is over as early is better on average."
    assert certainty_text(plan, Words("en")) == said


def test_a_gap_of_the_bound_is_told_as_a_share_of_the_plan():
    # a plan worth 90 under a bound of 100: another could be better by 10 of 90
    assert better_text(0.1, Words("en")) == "11.2%"
    assert better_text(1.0, Words("en")) == "∞%"


def table(rows: dict[str, tuple[float, float, str]]) -> pd.DataFrame:
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["rank", "increment", "excluded"])
    return frame.assign(name="Place " + frame.index, value=None)


def changes(before: dict, now: dict) -> RankingChanges:
    decision = Decision(
        site_id="B",
        name="Place B",
        decided_on=dt.date(2026, 11, 1),
        as_of=dt.date(2026, 11, 1),
        reason="x",
        recommended="A",
        before=table(before),
    )
    return RankingChanges(decision=decision, by_site=ranking_moves(table(before), table(now)))


@pytest.fixture
def ranking(analysis):
    return dataclasses.replace(analysis.ranking, recommended="C")


def test_nothing_recorded_and_nothing_moved(ranking):
    assert change_text(None, ranking, Words("en")) == "no decision has been recorded yet"
    same = {"A": (1, 5.0, ""), "B": (2, 4.0, "")}
    assert change_text(changes(same, same), ranking, Words("en")) == (
        "Place B was chosen on 1 November 2026. The order of the first 5 places is the same as then."
    )


def test_the_recommended_place_comes_first_and_two_moves_are_named(ranking):
    before = {"A": (1, 9.0, ""), "B": (2, 8.0, ""), "C": (3, 7.0, "")}
    now = {"C": (1, 7.0, ""), "A": (np.nan, 9.0, "already_scheduled"), "B": (2, 4.0, "")}
    assert change_text(changes(before, now), ranking, Words("en")) == (
        "Place B was chosen on 1 November 2026. Place C went from rank 3 to 1: others moved; Place A fell out from "
        "rank 1: already scheduled."
    )


def test_moves_far_down_are_not_worth_a_word(ranking):
    before = {**{f"P{n}": (n, 20.0 - n, "") for n in range(1, 7)}, "X": (7, 3.0, ""), "Y": (8, 2.0, "")}
    now = {**before, "X": (8, 3.0, ""), "Y": (7, 2.0, "")}
    assert "the same as then" in change_text(changes(before, now), ranking, Words("en"))


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "cause", ["gone", "new_place", "again_eligible", "more_people", "fewer_people", "others_moved", "closed"]
)
def test_every_cause_has_words(ranking, cause, lang):
    move = SimpleNamespace(name="Mal Satu", rank_before=4.0, rank_now=2.0, cause=cause, value=None)
    said = move_text(move, ranking, Words(lang))
    assert "Mal Satu" in said
    assert "{" not in said
