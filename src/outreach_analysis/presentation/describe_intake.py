"""What became of the rows, in one sentence each."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.measures.attendance import ENOUGH_PLACED
from outreach_analysis.presentation.prose import Sentence
from outreach_analysis.presentation.wording.faults import fault_label
from outreach_analysis.presentation.wording.words import Language, Words


def describe_ledger(ledger: IntakeLedger, *, lang: Language = "id") -> Sentence:
    """Share of the rows that could be used, how many wait for a decision, and the pop-ups that are lost.

    Parameters
    ----------
    ledger
        Of a dataset.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' where no row was read.
    """
    words = Words(lang)
    rows = ledger.summary()
    if not rows["estimate"]["read"]:
        return Sentence()
    used = words.say(
        "Of {read} rows read, {share} could be used as they stand; {review} wait for a decision on their place.",
        read=words.number(rows["estimate"]["read"]),
        share=words.percent(float(rows["share"]["matched"]), digits=1),
        review=words.number(rows["estimate"]["review"]),
    )
    if ledger.unused_events.empty:
        return Sentence(used)
    lost = words.say(
        "Pop-ups that were held and cannot be used: {n} ({events}); `outreach check` says why.",
        n=words.number(len(ledger.unused_events)),
        events=words.listing(ledger.unused_events["event_id"].tolist()),
    )
    return Sentence(f"{used} {lost}")


def describe_problems(ledger: IntakeLedger, *, lang: Language = "id") -> Sentence:
    """How many kinds of problem were found in the rows, and the most frequent one.

    Parameters
    ----------
    ledger
        Of a dataset.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
    """
    words = Words(lang)
    found = ledger.by_reason()
    if found.empty:
        return Sentence(words.say("No row has a problem."))
    return Sentence(
        words.say(
            "{n} kinds of problem were found; the most frequent is: {problem} ({rows} rows).",
            n=words.number(found["reason"].nunique()),
            problem=fault_label(str(found["reason"].iloc[0]), words),
            rows=words.number(int(found["rows"].iloc[0])),
        )
    )


def describe_headers(ledger: IntakeLedger, *, lang: Language = "id") -> Sentence:
    """How many different headers the files have, and how many of them were used.

    Parameters
    ----------
    ledger
        Of a dataset.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
    """
    words = Words(lang)
    headers = ledger.columns_taken.drop_duplicates(["header", "column"])
    return Sentence(
        words.say(
            "{used} of {all} different column headers were used; the others are ignored.",
            used=words.number(int((headers["how"] != "ignored").sum())),
            all=words.number(len(headers)),
        )
    )


def describe_placed_share(placed_share: pd.Series, *, lang: Language = "id") -> Sentence:
    """At how many pop-ups the kecamatan of every applicant is known, and the lowest share.

    Parameters
    ----------
    placed_share
        From `placed_share_by_event`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' where there is no such pop-up.
    """
    words = Words(lang)
    known = placed_share.dropna()
    if known.empty:
        return Sentence()
    return Sentence(
        words.say(
            "At {complete} of {all} pop-ups the kecamatan of every applicant is known; the lowest share is {lowest}.",
            complete=words.number(int((known == 1).sum())),
            all=words.number(len(known)),
            lowest=words.percent(float(known.min())),
        )
    )


def marked(text: str, poorly_placed: tuple[str, ...], words: Words) -> str:
    """What is said of rates by area, with a mark where they miss many people of some events.

    Examples
    --------
    >>> marked("Rates", ("A", "B"), Words("en"))
    'Rates. Too low: of 2 pop-ups fewer than 80% of the applicants are placed'
    >>> marked("Rates", (), Words("en"))
    'Rates'
    """
    if not poorly_placed:
        return text
    mark = words.say(
        "Too low: of {n} pop-ups fewer than {share} of the applicants are placed",
        n=words.number(len(poorly_placed)),
        share=words.percent(ENOUGH_PLACED),
    )
    return f"{text}. {mark}"
