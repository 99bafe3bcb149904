"""Letters that wait for an answer: a drafted answer with its reason, a table, and the few lines of the report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from outreach_analysis.decisions.requests import RequestsResult
from outreach_analysis.report.table import Block, Table, Views, folded, listed, paragraph, table_of
from outreach_analysis.report.words import Sentences, Words
from outreach_analysis.shown import Shown
from outreach_analysis.study import Study

SHOWN_AT_MOST = 5
"""Letters in the report; `outreach requests` lists them all."""


def asker_name(code: str, words: Words) -> str:
    """The kind of group that asks."""
    say = words.say
    names = {
        "pesantren": say("pesantren"),
        "employer": say("employer"),
        "ministry": say("government office"),
        "travel_agency": say("travel agency"),
        "neighbourhood": say("neighbourhood or village"),
        "campus": say("school or campus"),
        "other": say("other group"),
    }
    return names[code]


def draft_answer(letter: Any, sites: pd.DataFrame, words: Words) -> str:
    """The answer to a letter (a row of `RequestsResult.letters`) with its reason, as it may stand in the reply."""
    say = words.say
    day = words.date(letter.answer_day, weekday=True)
    if pd.isna(letter.answer_day):
        day = say("a day still to be found")
    wished = words.date(letter.wished, weekday=True)
    partner = sites["name"].get(letter.partner, letter.partner)
    texts = {
        "as_wished": say("Accepted: the pop-up is on {day}.", day=day),
        "within_window": say(
            "Accepted, on {day}: {wished} does not fit the other visits and the days of the place.",
            day=day,
            wished=wished,
        ),
        "with_letter": say(
            "Merged with letter {letter}: one pop-up serves both on {day}.", letter=letter.partner, day=day
        ),
        "with_visit": say(
            "Merged with the visit to {place} on {day}, which is near and has room.", place=partner, day=day
        ),
        "with_announced": say(
            "Merged with the announced pop-up at {place} on {day}, which is near and has room.", place=partner, day=day
        ),
        "others_add_more": say("Postponed to {day}: the visits planned until then add more people.", day=day),
        "over_budget": say("Postponed to {day}: the budget of this plan is spent on visits that add more.", day=day),
        "no_team": say("Postponed to {day}: no team is free on the days around the wish.", day=day),
        "no_day": say("Postponed to {day}: the place cannot be served on the days around the wish.", day=day),
        "window_passed": say("Postponed to {day}: the day that was wished is too near to announce it.", day=day),
        "later_period": say("Postponed to the next plan: {day} lies beyond this one.", day=day),
        "below_minimum": say(
            "Refused: the programme asks for more than {n} people; another list or a group nearby may be added.",
            n=words.number(letter.minimum),
        ),
        "outside_jurisdiction": say("Refused: the place lies outside the working area of this office."),
        "closed": say("Refused: the place is closed in the period of the plan."),
    }
    return texts[letter.reason]


def tabulate_requests(requests: RequestsResult, sites: pd.DataFrame, words: Words) -> Table:
    """Every open letter: who asks, where, what it would bring and add, whether the minimum is met, and the answer."""
    say = words.say
    letters: list[Any] = list(requests.letters.itertuples())
    return table_of(
        say("Letters that wait for an answer, the one that adds most first"),
        {
            say("Letter"): ([str(letter.Index) for letter in letters], False),
            say("Who asks"): ([asker_name(letter.asker, words) for letter in letters], False),
            say("Place"): ([_place_of(letter, sites) for letter in letters], False),
            say("Day wished"): ([words.date(letter.wished, short=True) for letter in letters], False),
            say("On the letter"): ([words.number(letter.asked) for letter in letters], True),
            say("Expected people (90% range)"): (
                [_range(letter, "people", words) for letter in letters],
                True,
            ),
            say("Additional (90% range)"): ([_range(letter, "additional", words) for letter in letters], True),
            say("More than the minimum"): (
                [
                    say("yes, {n}", n=words.number(letter.minimum))
                    if letter.meets
                    else say("no, {n}", n=words.number(letter.minimum))
                    for letter in letters
                ],
                False,
            ),
            say("Answer"): ([draft_answer(letter, sites, words) for letter in letters], False),
        },
    )


def _place_of(letter: Any, sites: pd.DataFrame) -> str:
    """The place without the letter's number behind it."""
    return str(sites["name"].get(letter.place_id, letter.name)).removesuffix(f" ({letter.place_id[6:]})")


def _range(letter: Any, name: str, words: Words) -> str:
    low, high = getattr(letter, f"{name}_low"), getattr(letter, f"{name}_high")
    return f"{words.number(getattr(letter, name))} ({words.interval(low, high)})"


def describe_requests(requests: RequestsResult, words: Words) -> str:
    """How many letters wait, and what the plan with them reaches."""
    accepted = int((requests.letters["answer"] == "accepted").sum())
    return words.say(
        "{n} letters wait for an answer. A plan of letters and own visits together accepts {accepted} of them and "
        "reaches about {people} additional people in {visits} pop-ups (90% range: {range}).",
        n=words.number(len(requests.letters)),
        accepted=words.number(accepted),
        people=words.number(requests.additional),
        visits=words.number(len(requests.visits)),
        range=words.interval(requests.additional_low, requests.additional_high),
    )


def describe_answers(requests: RequestsResult, sites: pd.DataFrame, words: Words) -> Sentences:
    """The answer to each open letter, the one that adds most first."""
    return Sentences.of(
        words.say(
            "{letter}, {place}: {answer}",
            letter=letter.Index,
            place=_place_of(letter, sites),
            answer=draft_answer(letter, sites, words),
        )
        for letter in requests.letters.itertuples()
    )


def requests_blocks(analysis: Study, words: Words) -> tuple[Block | None, ...]:
    """What is to be decided about letters, where any is open: a sentence, and at most five with their answers."""
    found = analysis.requests
    if found is None:
        return ()
    answers = describe_answers(found, analysis.with_requests().sites, words)
    rest = len(answers) - SHOWN_AT_MOST
    more = words.say("{n} more letters: `outreach requests` lists them.", n=words.number(rest)) if rest > 0 else ""
    return (
        paragraph(describe_requests(found, words)),
        folded(words.say("Drafted answers"), listed(answers[:SHOWN_AT_MOST]), paragraph(more)),
    )


# --- The ways in which results show themselves here, by name.


VIEWS: dict[type[Shown], Views] = {
    RequestsResult: Views(
        tables={"letters": lambda r, s, words: tabulate_requests(r, s.with_requests().sites, words)},
        texts={
            "letters": lambda r, s, words: describe_requests(r, words),
            "answers": lambda r, s, words: describe_answers(r, s.with_requests().sites, words),
        },
    ),
}
