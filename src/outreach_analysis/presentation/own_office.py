"""What an office sees of its own files: remedies, places that wait for a decision, settings, boundaries."""

from __future__ import annotations

import pandas as pd

from outreach_analysis.intake.boundary_import import BoundaryImport
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.presentation.prose import Sentence
from outreach_analysis.presentation.table import Table
from outreach_analysis.presentation.wording.faults import fault_label, remedy_text
from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.settings import Settings

_SUGGESTIONS = ("suggestion_1", "suggestion_2", "suggestion_3")


def tabulate_remedies(ledger: IntakeLedger, *, lang: Language = "id") -> Table:
    """Each kind of problem once, with what to do about it; `outreach check` names the rows.

    Parameters
    ----------
    ledger
        Of a dataset.
    lang
        `id` or `en`.

    Returns
    -------
    Table
    """
    words = Words(lang)
    kinds = ledger.by_reason().groupby("reason", sort=False)["rows"].sum()
    rows = tuple(
        (fault_label(str(reason), words), words.number(int(n)), remedy_text(str(reason), words))
        for reason, n in kinds.items()
    )
    return Table(
        caption=words.say("Problems found, and what to do about each"),
        headers=(words.say("Problem"), words.say("Rows"), words.say("What to do")),
        rows=rows,
        numeric=(False, True, False),
    )


def tabulate_review(waiting: pd.DataFrame, *, lang: Language = "id") -> Table:
    """Names of places that fit several areas, with these; what fits none may be an address and is not shown.

    Parameters
    ----------
    waiting
        From `review_sheet`.
    lang
        `id` or `en`.

    Returns
    -------
    Table
    """
    say = Words(lang).say
    known = waiting[waiting["suggestion_1"] != ""]
    rows = tuple(
        (str(row["text"]), "; ".join(_place_of(row[name]) for name in _SUGGESTIONS if row[name]))
        for _, row in known.iterrows()
    )
    return Table(
        caption=say("Places that wait for a decision"),
        headers=(say("As it is written"), say("What it may be")),
        rows=rows,
        numeric=(False, False),
    )


def describe_review(waiting: pd.DataFrame, *, lang: Language = "id") -> Sentence:
    """How many places wait for a decision, and how many of them look like no area; parameters as above."""
    words = Words(lang)
    if waiting.empty:
        return Sentence(words.say("No place waits for a decision."))
    return Sentence(
        words.say(
            "Places that wait for a decision: {n}; {none} of them resemble no area at all.",
            n=words.number(len(waiting)),
            none=words.number(int((waiting["suggestion_1"] == "").sum())),
        )
    )


def describe_settings(settings: Settings, *, lang: Language = "id") -> Sentence:
    """How many settings the office has set itself.

    Parameters
    ----------
    settings
        Of a dataset.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
    """
    words = Words(lang)
    described = settings.describe()
    return Sentence(
        words.say(
            "{own} of {all} settings differ from their default; the others hold until the office confirms or changes "
            "them.",
            own=words.number(sum(not row["is_default"] for row in described)),
            all=words.number(len(described)),
        )
    )


def tabulate_boundaries(found: BoundaryImport, *, lang: Language = "id") -> Table:
    """What became of polygons that an office brings.

    Parameters
    ----------
    found
        From `import_boundaries`.
    lang
        `id` or `en`.

    Returns
    -------
    Table
    """
    words = Words(lang)
    say = words.say
    joined = int((found.ledger["status"] == "joined").sum())
    numbers = {
        say("polygons joined to an area"): joined,
        say("polygons that were not joined"): len(found.ledger) - joined,
        say("areas without a polygon"): len(found.missing),
        say("faults of the polygons"): len(found.faults),
    }
    return Table(
        caption=say("What became of the boundaries"),
        headers=(say("What"), say("Number")),
        rows=tuple((name, words.number(n)) for name, n in numbers.items()),
        numeric=(False, True),
    )


def describe_boundaries(found: BoundaryImport, *, lang: Language = "id") -> Sentence:
    """Whether the polygons may be used as they are; parameters as for `tabulate_boundaries`."""
    words = Words(lang)
    joined = int((found.ledger["status"] == "joined").sum())
    if joined == len(found.ledger) and found.missing.empty and found.faults.empty:
        return Sentence(
            words.say("All {n} polygons were joined to an area, and no fault was found.", n=words.number(joined))
        )
    return Sentence(
        words.say(
            "{joined} of {all} polygons were joined to an area; areas that have none: {missing}.",
            joined=words.number(joined),
            all=words.number(len(found.ledger)),
            missing=words.number(len(found.missing)),
        )
    )


def _place_of(suggestion: str) -> str:
    """The place of a suggestion, without the reason for it."""
    return suggestion.rpartition("): ")[0] + ")" if "): " in suggestion else suggestion
