"""Texts put into the page: ranges stay whole, nothing a name holds becomes markup or style."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from outreach_analysis.report.page import bullets, css_text, keep_ranges


def whole(text: str) -> list[str]:
    """What may not be broken over two lines."""
    return re.findall(r'<span class="nw">(.*?)</span>', keep_ranges(text))


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("About 10 people (90% range: 1–48).", ["1–48"]),
        ("rank 1–2", ["1–2"]),
        ("13.500–25.500 orang, atau 1,5–2,5%", ["13.500–25.500", "1,5–2,5"]),
        ("0.0–21.7 and 18 (6–40), 73 (18–120)", ["0.0–21.7", "6–40", "18–120"]),
        ("12,000–13,000, then more", ["12,000–13,000"]),
        ("Samarinda – Berau", []),
        ("10 October 2026", []),
        ("", []),
    ],
)
def test_ranges_are_kept_on_one_line(text: str, ranges: list[str]) -> None:
    assert whole(text) == ranges


def test_a_full_stop_after_a_range_stays_outside_it() -> None:
    assert keep_ranges("range: 1–48.") == 'range: <span class="nw">1–48</span>.'


def test_text_around_a_range_is_escaped() -> None:
    kept = keep_ranges("<script>alert('x')</script> & 18–120 <b>")
    assert isinstance(kept, Markup)
    assert kept == ('&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; <span class="nw">18–120</span> &lt;b&gt;')


@given(st.text(alphabet="019.,–- <>&'\"#;/abc"))
def test_only_the_span_is_markup_and_no_character_is_lost(text: str) -> None:
    without = re.sub(r'<span class="nw">(.*?)</span>', r"\1", keep_ranges(text))
    assert not re.search("[<>\"']", without)
    assert html.unescape(without) == html.unescape(str(Markup.escape(text)))


PAYLOADS = [
    "Kantor </style><script>alert(1)</script>",
    'Kantor"; } body { display: none } @import "x',
    "Kantor\\",
    '\\"; color: red',
    'Kantor\n"; } * { color: red }',
    "</sty</style>le>",
]


@pytest.mark.parametrize("text", PAYLOADS)
def test_no_text_gets_out_of_its_css_string(text: str) -> None:
    written = css_text(text)
    assert isinstance(written, Markup)
    assert_one_string(written)


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_whatever_a_name_holds_is_one_css_string(text: str) -> None:
    assert_one_string(css_text(text))


def assert_one_string(written: str) -> None:
    inside = written[1:-1]
    assert written[0] == written[-1] == '"'
    # by CSS Syntax Level 3, 4.3.5, a string ends at its quote or at a new line, and a backslash escapes what follows
    assert not re.search(r'["\\\n\r\f]', inside)
    # by HTML, 13.1.2.6, a style element ends at '</style'
    assert "<" not in inside


def test_plain_text_stays_as_it_is() -> None:
    assert css_text("DATA CONTOH (SINTETIS) · Kantor Imigrasi") == '"DATA CONTOH (SINTETIS) · Kantor Imigrasi"'


def test_parts_set_apart_by_dots_become_a_list():
    assert bullets(Markup("one")) == "one"
    assert bullets(Markup("one · &lt;two&gt;")) == "<ul><li>one</li><li>&lt;two&gt;</li></ul>"
