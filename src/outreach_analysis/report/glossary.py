"""Terms explained where they first stand on a page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import pandas as pd

from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study

# --- The terms of the report and what they mean: one list, for the section at its end, its links and the glossary.


_ANCHORS = {"id": "istilah", "en": "term"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One term of the report."""

    forms: tuple[str, ...]
    meaning: str
    anchor: str

    @property
    def name(self) -> str:
        """The form at the head of its entry."""
        return self.forms[0]


def terms(words: Words, settings: Settings) -> tuple[Term, ...]:
    """All terms in one language, by name."""
    made = []
    for joined, meaning in meanings(words, settings).items():
        forms = tuple(joined.split(" | "))
        made.append(Term(forms=forms, meaning=meaning, anchor=f"{_ANCHORS[words.lang]}-{_slug(forms[0])}"))
    return tuple(sorted(made, key=lambda term: term.name.casefold()))


def meanings(words: Words, settings: Settings) -> dict[str, str]:
    """What each term means, by its forms: joined by ' | ', so that a language may have as many as it needs."""
    say, near = words.say, words.measure(settings.service_threshold, settings.travel_measure)
    return {
        say("additional people | additional applicants | additional"): say(
            "People who come to a pop-up and whom neither the office, within three months, nor an announced pop-up "
            "would have served. Places are ordered by them, not by the crowd."
        ),
        say("would have come to the office anyway | would come to the office anyway | displacement | deadweight"): say(
            "People who come to a pop-up, but would have applied at a fixed service point within three months had "
            "it not been held (displacement, deadweight)."
        ),
        say("desk question"): say(
            "The desk asks each applicant whether they would have gone to the office within three months had there "
            "been no pop-up."
        ),
        say("memory of earlier pop-ups | depletion"): say(
            "Those who came to a pop-up do not come again soon: another one nearby finds fewer people at first, "
            "and more as months pass."
        ),
        say("interested people | interest"): say(
            "People who asked for a pop-up near them. A kecamatan or desa may be visited when they are more than "
            "{n}; exactly {n} is not enough.",
            n=words.number(settings.interest_threshold_people),
        ),
        say("unmet need"): say(
            "Applications that would be added if every kecamatan were served as well as the well-served ones. A "
            "comparison, not a count of people who want a passport."
        ),
        say("applicants per 10,000 residents | applicants at pop-ups per 10,000 residents"): say(
            "Pop-up applicants from an area, for every 10,000 people who live there: large and small can compare."
        ),
        say("worst-served fifth"): say(
            "The kecamatan with the fewest people served per resident that together hold a fifth of all residents."
        ),
        say("residents within {near} | residents live within {near}", near=near): say(
            "Share of residents whose kecamatan has its population centre no farther than {near} from a service point.",
            near=near,
        ),
        say("service point"): say(
            "A place where passports can be applied for: a fixed one, or a pop-up of the last {n} months.",
            n=words.number(settings.window_months),
        ),
        say("fixed service point"): say(
            "An immigration office, one of its branches, or its counter in a public-service mall."
        ),
        say("candidate place"): say("A place where the next pop-up could be held."),
        say("capacity of the place | capacity"): say("The most people a pop-up can serve in a day."),
        say("working area"): say("The kabupaten and kota that the office answers for."),
        say("borders are indicative"): say(
            "Borders on the maps are computed from points inside the areas; they are not official."
        ),
        say("90% range | 90% ranges"): say(
            "Nine of ten outcomes are expected inside it. A wide range means that little is known."
        ),
        say("nearly as good"): say(
            "Places of which any may be the best: together they hold the best one in at least 95 of 100 draws."
        ),
        say("draws"): say(
            "The sums are done again many times with other possible values of what is not known for sure."
        ),
        say("regret"): say(
            "Share of the additional people that a choice misses, compared with the best choice that was possible."
        ),
        say("weights"): say(
            "How much the people reached, the worst-served fifth, travel and cost count when places are ordered."
        ),
        say("Gini index"): say("How evenly people are reached: 0 is the same everywhere, 1 is all in one place."),
        say("CRPS"): say(
            "How far a forecast with its range lay from what came, in people, on average: smaller is better."
        ),
        say("percentile"): say("The 80th percentile is the value that 80 of 100 kecamatan do not exceed."),
    }


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")


# --- Terms explained where they first stand: each becomes a quiet link to its entry at the end of the page.


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
_LEFT_ALONE = re.compile(r'class="[^"]*\bfinding\b|\saria-live=')
"""Titles of figures, and what a script says anew: a link in it would come and go."""
_ENTRIES = re.compile(r'<h2 id="terms"')
_NAMES = ("name", "parent_name", "kabupaten", "place", "series", "site_id", "event_id", "area_id", "alias")


def own_names(analysis: Study) -> set[str]:
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
    """A page in which each term, where it first stands in a section, leads to its entry. A folded part counts for
    itself: what is explained inside it is explained again outside. Text in which one of `names` stands is left as it
    is, so that no name of the office's can become a link."""
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
            self._open.append((tag, tag in _NEVER or bool(_LEFT_ALONE.search(token))))

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
