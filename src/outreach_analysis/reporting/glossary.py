"""Terms explained where they first stand: each becomes a quiet link to its entry at the end of the page.

The page is worked over when it is finished, so that no template has to know of terms. Only running text is touched:
paragraphs, list items, descriptions and the small print of figures; never headings, tables, links, buttons, drawings or
attributes, and no text in which the office's own names stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

import pandas as pd

from outreach_analysis.presentation.wording.terms import Term
from outreach_analysis.reporting.analysis import Analysis

_TOKEN = re.compile(
    r"<(?:script|style)\b.*?</(?:script|style)>|<!.*?>|</?(?P<tag>[a-z]\w*)[^>]*>|[^<]+|<", re.DOTALL | re.IGNORECASE
)
_INLINE = frozenset({"a", "abbr", "b", "br", "code", "em", "i", "small", "span", "strong", "sub", "sup", "wbr"})
_TEXTS = frozenset({"p", "li", "dd", "figcaption"})
_NEVER = frozenset(
    {"a", "button", "caption", "code", "dfn", "dt", "fieldset", "footer", "form", "head", "header", "label", "nav"}
    | {"output", "select", "summary", "svg", "table", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "wbr"})
_TITLE = re.compile(r'class="[^"]*\bfinding\b')
_ENTRIES = re.compile(r'<h2 id="terms"')
_NAMES = ("name", "parent_name", "kabupaten", "place", "series", "site_id", "event_id", "area_id", "alias")


def own_names(analysis: Analysis) -> set[str]:
    """Every name and id that people chose and a sentence of the report may hold: of places, events, series, areas."""
    data, settings = analysis.dataset, analysis.settings
    frames = [data.sites, data.events, data.areas, data.gazetteer, data.aliases, data.outside, analysis.sites]
    found = {settings.office_name, settings.ministry, *data.own_area_files}
    if analysis.changes is not None:
        decision = analysis.changes.decision
        found |= {decision.name, decision.reason, decision.site_id}
        frames += [decision.before, analysis.changes.by_site]
    for frame in frames:
        found |= _texts(frame.index)
        for column in frame.columns.intersection(list(_NAMES)):
            found |= _texts(frame[column])
    return {name for name in found if name.strip()}


def _texts(values: pd.Series | pd.Index) -> set[str]:
    return {value for value in values.unique() if isinstance(value, str)}


def link_terms(page: str, terms: Sequence[Term], *, names: Iterable[str] = ()) -> str:
    """A page in which each term, where it first stands in a section, leads to its entry.

    A folded part counts for itself: what is explained inside it is explained again outside. Text in which one of
    `names` stands is left as it is, so that no name of the office's can become a link.

    Parameters
    ----------
    page
        HTML with its texts escaped.
    terms
        What to explain; of two that begin at one place the longer wins.
    names
        Names and ids that people chose.

    Returns
    -------
    str
        The same texts, with links.

    Examples
    --------
    >>> gini = Term(key="gini", forms=("Gini index",), meaning="How evenly.", anchor="term-gini-index")
    >>> link_terms("<p>The Gini index.</p>", [gini])
    '<p>The <a class="term" href="#term-gini-index" title="How evenly.">Gini index</a>.</p>'
    >>> link_terms("<p>At Gini index.</p>", [gini], names=["Gini index"])
    '<p>At Gini index.</p>'
    """
    linker = _Linker(terms, names)
    for found in _TOKEN.finditer(page):
        linker.take(found[0], found["tag"])
    return linker.page()


class _Linker:
    """The page as far as it has been read: what is open, and what has been explained in this section."""

    def __init__(self, terms: Sequence[Term], names: Iterable[str]) -> None:
        entries = {_folded(escape(form)): term for term in terms for form in term.forms}
        self._entries = entries
        self._terms = _any_of(entries)
        said = {word for form in entries for word in re.findall(r"\w+", form)}
        near = (" ".join(name.split()) for name in names)
        self._names = _any_of({escape(name) for name in near if said & set(re.findall(r"\w+", _folded(name)))})
        self._out: list[str] = []
        self._run: list[int] = []
        self._open: list[tuple[str, bool]] = []
        self._explained: list[set[str]] = [set()]
        self._done = False

    def take(self, token: str, tag: str | None) -> None:
        """One tag, or the text between two."""
        if tag is None:
            if not token.startswith("<") and self._is_text():
                self._run.append(len(self._out))
            self._out.append(token)
            return
        tag = tag.casefold()
        if tag not in _INLINE:
            self._explain()
        if token.startswith("</"):
            self._close(tag)
        else:
            self._begin(token, tag)
        self._out.append(token)

    def page(self) -> str:
        self._explain()
        return "".join(self._out)

    def _begin(self, token: str, tag: str) -> None:
        if tag in ("section", "h2"):
            self._explained = [set()]
            self._done |= bool(_ENTRIES.match(token))
        if tag == "details":
            self._explained.append(set())
        if tag not in _VOID and not token.endswith("/>"):
            self._open.append((tag, tag in _NEVER or bool(_TITLE.search(token))))

    def _close(self, tag: str) -> None:
        if tag == "details" and len(self._explained) > 1:
            self._explained.pop()
        while self._open:
            if self._open.pop()[0] == tag:
                break

    def _is_text(self) -> bool:
        if self._done or any(never for _, never in self._open):
            return False
        return next((tag in _TEXTS for tag, _ in reversed(self._open) if tag not in _INLINE), False)

    def _explain(self) -> None:
        """Link the terms of the text read since the last block began; names are looked for across its tags."""
        run, self._run = self._run, []
        if not run:
            return
        whole = "".join(self._out[at] for at in run)
        taken = [found.span() for found in self._names.finditer(whole)] if self._names else []
        start = 0
        for at in run:
            text = self._out[at]
            self._out[at] = self._linked(text, [(low - start, high - start) for low, high in taken])
            start += len(text)

    def _linked(self, text: str, taken: Sequence[tuple[int, int]]) -> str:
        if self._terms is None:
            return text

        def link(found: re.Match[str]) -> str:
            term = self._entries[_folded(found[0])]
            named = any(low < found.end() and found.start() < high for low, high in taken)
            if named or any(term.anchor in explained for explained in self._explained):
                return found[0]
            self._explained[-1].add(term.anchor)
            return f'<a class="term" href="#{term.anchor}" title="{escape(term.meaning)}">{found[0]}</a>'

        return self._terms.sub(link, text)


def _any_of(forms: Iterable[str]) -> re.Pattern[str] | None:
    """Any of these texts as whole words, in any case and white space, the longest first; None where there is none."""
    ordered = sorted(forms, key=len, reverse=True)
    if not ordered:
        return None
    each = (r"\s+".join(map(re.escape, form.split())) for form in ordered)
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})(?!\w)", re.IGNORECASE)


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
