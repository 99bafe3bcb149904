"""The desk question as a sheet to print: what to ask, why, and where the answers go. It asks nothing about a person."""

from __future__ import annotations

from pathlib import Path

from babel.lists import format_list

from outreach_analysis.files import replace_file
from outreach_analysis.presentation.wording.words import LANGUAGES, Language, Words
from outreach_analysis.reporting.page import templates


def form_name(lang: Language) -> str:
    """Name of the form's file in one language.

    Examples
    --------
    >>> form_name("id")
    'desk-question-id.html'
    """
    return f"desk-question-{lang}.html"


def render_desk_form(*, office: str, lang: Language = "id") -> str:
    """The form as one A4 page that needs no network.

    Parameters
    ----------
    office
        Name of the office, at the head of the page.
    lang
        `id` or `en`.

    Examples
    --------
    >>> "would_have_come" in render_desk_form(office="Kantor Imigrasi Contoh", lang="en")
    True
    """
    words = Words(lang)
    answers = [words.say("Yes"), words.say("No"), words.say("Not sure")]
    return (
        templates()
        .get_template("desk_question.html.j2")
        .render(
            lang=lang,
            say=words.say,
            office=office,
            answers=answers,
            written=format_list([answer.lower() for answer in answers], style="or", locale=words.locale),
        )
    )


def write_desk_form(directory: Path, *, office: str) -> list[Path]:
    """Write the form into a folder, in every language; an earlier form is replaced.

    Raises
    ------
    OSError
        Where the folder is not there or cannot be written to.
    """
    written = []
    for lang in LANGUAGES:
        path = directory / form_name(lang)
        replace_file(path, render_desk_form(office=office, lang=lang))
        written.append(path)
    return written
