"""The manager's report: one self-contained HTML file a language, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from outreach_analysis.files import replace_file
from outreach_analysis.presentation.wording.terms import terms
from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.glossary import link_terms, own_names
from outreach_analysis.reporting.interactive import figures_text, interactive_figures
from outreach_analysis.reporting.page import own_file, packed, packed_plotly, page_mark, templates
from outreach_analysis.reporting.view import report_view

SCRIPTS = ("report.js", "scenarios.js")


def render_report(analysis: Analysis, *, lang: Language = "id") -> str:
    """The report as one HTML text that needs no network and no script to be read.

    Static drawings come first; the interactive map is packed in the file and started on demand. Numbers of
    people are those of the analysis: rounded, unless it was made for inside use, which every page then says.

    Parameters
    ----------
    analysis
        From `analyse`.
    lang
        `id` (Bahasa Indonesia) or `en`.

    Returns
    -------
    str

    Examples
    --------
    >>> from outreach_analysis.presentation.wording.words import Words
    >>> Words("id").say("Map")
    'Peta'
    """
    words = Words(lang)
    template = templates().get_template("report.html.j2")
    page = template.render(
        **report_view(analysis, words),
        say=words.say,
        version=version("outreach-analysis"),
        page_mark=page_mark(analysis, words),
        css=own_file("report.css"),
        scripts=[own_file(name) for name in SCRIPTS],
        plotly_code=packed_plotly(),
        figures=packed(figures_text(interactive_figures(analysis, words))),
    )
    return link_terms(page, terms(words, analysis.settings), names=own_names(analysis))


def write_report(analysis: Analysis, directory: Path | str, *, langs: Iterable[Language] = ("id",)) -> list[Path]:
    """Write `outreach-<lang>.html` for each language; an interrupted run leaves the old files whole.

    Parameters
    ----------
    analysis
        From `analyse`.
    directory
        Where to; made if absent.
    langs
        Languages to write.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    OSError
        Where the directory cannot be written to.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    texts = {directory / f"outreach-{lang}.html": render_report(analysis, lang=lang) for lang in langs}
    for path, text in texts.items():
        replace_file(path, text)
    return list(texts)
