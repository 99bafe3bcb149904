"""The terms of the report: each once, in both languages, told apart by their words."""

from __future__ import annotations

import pytest

from outreach_analysis.report.glossary import terms
from outreach_analysis.report.words import LANGUAGES, Words
from outreach_analysis.settings import Settings


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_form_and_no_anchor_belongs_to_two_terms(lang):
    published = terms(Words(lang), Settings())
    forms = [form.casefold() for term in published for form in term.forms]
    assert len(set(forms)) == len(forms)
    assert len({term.anchor for term in published}) == len(published) >= 20
    assert all(term.anchor.isascii() for term in published)


def test_both_languages_explain_the_same_terms():
    assert len({len(terms(Words(lang), Settings())) for lang in LANGUAGES}) == 1


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_meaning_is_short_and_ends_as_a_sentence(lang):
    for term in terms(Words(lang), Settings()):
        assert term.meaning.endswith(".")
        assert len(term.meaning) < 200, term.name
        assert term.name == " ".join(term.name.split())


def test_numbers_are_those_of_the_settings():
    published = {term.name: term for term in terms(Words("id"), Settings(service_threshold_km=15, window_months=6))}
    assert "15 km" in published["penduduk dalam jarak 15 km"].meaning
    assert "6 bulan" in published["tempat layanan"].meaning
    assert "residents within 60 minutes" in {
        term.name for term in terms(Words("en"), Settings(travel_measure="minutes"))
    }
