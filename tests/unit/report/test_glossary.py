"""Terms become links where they first stand, and nothing else of the page changes."""

from __future__ import annotations

import html
import re
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_analysis.report.glossary import Term, link_terms, own_names, terms
from outreach_analysis.report.page import render_report
from outreach_analysis.report.words import Words

TERMS = (
    Term(forms=("peminat",), meaning='Orang yang <meminta> & "menunggu".', anchor="istilah-peminat"),
    Term(forms=("tempat layanan tetap",), meaning="Kantor.", anchor="istilah-tetap"),
    Term(forms=("tempat layanan",), meaning="Semua.", anchor="istilah-layanan"),
)
LINK = re.compile(r'<a class="term" href="#([^"]*)" title="[^"]*">([^<]*)</a>')
NAMES = ["peminat", "Mal peminat & Co", "layanan", "Balai peminat 1–2"]


def linked(page: str, **how) -> list[str]:
    """The words that became links; all else must be as it was."""
    made = link_terms(page, TERMS, **how)
    assert LINK.sub(r"\2", made) == page
    return [found[2] for found in LINK.finditer(made)]


def test_the_first_in_each_section_is_linked_and_explained_on_hover():
    page = "<h2 id='a'>A</h2><p>Peminat dan peminat</p><h2 id='b'>B</h2><li>peminat</li>"
    assert linked(page) == ["Peminat", "peminat"]
    assert 'title="Orang yang &lt;meminta&gt; &amp; &quot;menunggu&quot;."' in link_terms(page, TERMS)


def test_the_longer_of_two_terms_wins():
    made = link_terms("<p>tempat layanan tetap, tempat layanan</p>", TERMS)
    assert [found[1] for found in LINK.finditer(made)] == ["istilah-tetap", "istilah-layanan"]


@pytest.mark.parametrize(
    "page",
    [
        "<h2>peminat</h2>",
        "<h3>peminat</h3>",
        "<p><a href='#x'>peminat</a></p>",
        "<p><button>peminat</button></p>",
        "<p><label>peminat</label></p>",
        "<li><svg><title>peminat</title><text>peminat</text></svg></li>",
        '<p title="peminat">-</p>',
        "<table><tr><th>peminat</th><td><p>peminat</p></td></tr></table>",
        "<details><summary>peminat</summary></details>",
        '<figcaption><span class="finding">peminat</span></figcaption>',
        '<div aria-live="polite"><p>peminat</p></div>',
        "<header><p>peminat</p></header>",
        "<nav><ul><li>peminat</li></ul></nav>",
        "<script>var a = '<p>peminat</p>';</script>",
        "<style>p { content: 'peminat' }</style>",
        "<!-- <p>peminat</p> -->",
        "<div>peminat</div>",
        "<p>peminatan, xpeminat</p>",
        '<h2 id="terms">Istilah</h2><p>peminat</p>',
    ],
)
def test_nothing_but_running_text_is_touched(page):
    assert linked(page) == []


def test_text_after_what_is_never_touched_is():
    assert linked(
        "<p><b>x</b> <a>peminat</a> peminat</p><figcaption><span class='statistic'>tempat\nlayanan</span>"
    ) == [
        "peminat",
        "tempat\nlayanan",
    ]


def test_a_folded_part_counts_for_itself():
    page = "<p>tempat layanan</p><details><summary>x</summary><p>peminat, tempat layanan</p></details><p>peminat</p>"
    assert linked(page) == ["tempat layanan", "peminat", "peminat"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Pilihan: peminat dan Mal", []),
        ("Mal Peminat &amp; Co", []),
        ("di tempat layanan tetap", []),
        ('Balai peminat <span class="nw">1–2</span>', []),
        ("orang di tempat lain", []),
    ],
)
def test_a_name_of_the_office_is_never_a_link(text, words):
    assert linked(f"<p>{text}</p>", names=NAMES) == words


def test_a_name_stands_in_the_way_only_where_it_stands():
    assert linked("<p>Mal peminat &amp; Co: 30 peminat</p>", names=["Mal peminat & Co"]) == ["peminat"]


PIECES = (
    *(
        "<p>",
        "</p>",
        "<li>",
        "</details>",
        "<svg>",
        "</svg>",
        "<script>",
        "</script>",
        "<br>",
        "<b/>",
        "<!doctype html>",
    ),
    *("<", ">", "</", "<!--", "-->", "&lt;", "peminat", "tempat layanan", " ", "1–2", "é"),
)


@given(st.lists(st.sampled_from(PIECES)))
def test_no_page_loses_or_gains_a_character(parts):
    page = "".join(parts)
    assert LINK.sub(r"\2", link_terms(page, TERMS, names=NAMES)) == page


@pytest.mark.parametrize("lang", ["id", pytest.param("en", marks=pytest.mark.slow)])
def test_the_report_explains_its_terms_and_every_link_leads_to_an_entry(planned, lang):
    page = render_report(planned, lang=lang)
    used = {found[1] for found in LINK.finditer(page)}
    published = terms(Words(lang), planned.settings)
    assert used <= {term.anchor for term in published}
    assert len(used) >= 12
    for term in published:
        assert page.count(f'id="{term.anchor}"') == 1
        assert html.escape(term.meaning, quote=False) in page
    assert page.lower().startswith("<!doctype html>")
    assert "<a" not in "".join(re.findall(r"<svg.*?</svg>", page, re.DOTALL))


def test_names_are_those_that_people_chose(planned):
    names = own_names(planned)
    assert {"Mal Contoh", "MALL", "E1", "Simpatik", "Tenggarong", "Kantor Imigrasi; Contoh, Satu"} <= names
    assert not {"office", "held", "road", "people"} & names


def test_a_place_called_like_a_term_is_not_linked(planned):
    sites = planned.sites.assign(name="kebutuhan belum terlayani")
    fake = SimpleNamespace(dataset=planned.dataset, settings=planned.settings, sites=sites, changes=None)
    published = terms(Words("id"), planned.settings)
    page = "<p>Usulan: Kebutuhan belum terlayani. Wilayah kerja.</p>"
    assert [found[2] for found in LINK.finditer(link_terms(page, published, names=own_names(fake)))] == [
        "Wilayah kerja"
    ]
