"""The first screen: what is proposed, what follows, and how old the data are; a page without scripts has none."""

import datetime as dt
from html import unescape

import pytest

from outreach_analysis.report.page import render_report
from outreach_analysis.report.topics.answer import age_text, answer, summary_text
from outreach_analysis.report.words import Language, Words
from outreach_analysis.study import Study

EN = Words("en")


def test_the_answer_is_that_of_the_ranking(planned: Study) -> None:
    made = answer(planned, EN)
    best = planned.ranking.by_site.loc[planned.ranking.recommended]
    assert made.place == best["name"]
    assert made.day == EN.date(best["next_day"], weekday=True)
    assert [value for _, value, _ in made.numbers[:2]] == [EN.number(best["people"]), EN.number(best["increment"])]
    assert made.reason.count(".") <= made.reason.count(";") + 2
    commands = [step.command for step in made.steps if step.command]
    assert [command.split()[1] for command in commands] == ["decide", "letter", "announce"]
    assert all(planned.ranking.recommended in command for command in commands)


def test_the_announcement_is_due_before_the_day_and_not_before_the_data(planned: Study) -> None:
    best = planned.ranking.by_site.loc[planned.ranking.recommended]
    due = max(best["next_day"].date() - dt.timedelta(days=planned.settings.lead_days), planned.as_of)
    assert any(
        step.title == EN.say("Announce by {day}", day=EN.date(due, short=True)) for step in answer(planned, EN).steps
    )


def test_the_summary_says_what_the_screen_says(planned: Study) -> None:
    made = answer(planned, EN)
    text = summary_text(made, planned, EN)
    assert made.place in text
    assert made.day in text
    assert EN.say("SAMPLE DATA (SYNTHETIC)") in text
    assert all(value in text for _, value, _ in made.numbers)


def test_without_a_place_it_says_why_and_proposes_no_step(nothing_eligible: Study) -> None:
    made = answer(nothing_eligible, EN)
    assert made.told
    assert (made.day, made.numbers, made.steps, made.strip) == ("", (), (), None)


@pytest.mark.parametrize(("days", "old"), [(0, False), (45, False), (46, True)])
def test_old_data_are_called_old_from_the_46th_day(planned: Study, days: int, old: bool) -> None:
    text = age_text(planned, planned.as_of + dt.timedelta(days=days), EN)
    assert bool(text) == old
    assert (str(days) in text) == old


@pytest.mark.parametrize("lang", ["id", pytest.param("en", marks=pytest.mark.slow)])
def test_a_plain_page_has_no_script_and_both_say_what_they_may_load(planned: Study, lang: Language) -> None:
    made_on = planned.as_of + dt.timedelta(days=60)
    plain = unescape(render_report(planned, lang=lang, plain=True, made_on=made_on))
    assert "<script" not in plain
    assert "script-src" not in plain
    assert "default-src 'none'" in plain
    assert 'class="old"' in plain
    full = unescape(render_report(planned, lang=lang))
    assert "script-src 'unsafe-inline'" in full
    assert "connect-src" not in full
    assert 'class="old"' not in full
    assert plain.count("<svg") == full.count("<svg")
