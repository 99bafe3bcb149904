"""What notebooks need: an answer on top that is filled in from below, and figures without a network."""

from typing import Any

import plotly.graph_objects as go
import plotly.io as pio
import pytest

from outreach_analysis.report.figure import CONFIG
from outreach_analysis.report.notebooks import answer_box, answer_html, use_offline_plotly
from outreach_analysis.report.words import Sentence, Sentences
from outreach_analysis.settings import Settings

SYNTHETIC, REAL = Settings(synthetic=True), Settings()


class Handle:
    """A display that keeps what it was told to show."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def update(self, shown: Any) -> None:
        self.shown.append(shown._repr_html_())


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> Handle:
    handle = Handle()

    def display(shown: Any, *, display_id: bool) -> Handle:
        assert display_id
        handle.update(shown)
        return handle

    monkeypatch.setattr("IPython.display.display", display)
    return handle


def test_box_waits_and_is_then_filled(displayed: Handle) -> None:
    box = answer_box()
    assert len(displayed.shown) == 1
    assert "when all cells below have run" in displayed.shown[0]
    box.fill(["Half live near.", "Others do not."], settings=SYNTHETIC)
    assert len(displayed.shown) == 2
    assert "<strong>Half live near.</strong>" in displayed.shown[1]
    assert "when all cells" not in displayed.shown[1]


def test_box_speaks_indonesian_too(displayed: Handle) -> None:
    box = answer_box(lang="id")
    box.fill(["Separuh."], settings=SYNTHETIC, lang="id")
    assert 'lang="id"' in displayed.shown[0]
    assert "DATA CONTOH (SINTETIS)" in displayed.shown[1]


def test_answer_names_synthetic_data_and_only_these() -> None:
    assert "SYNTHETIC" in answer_html(["Yes."], settings=SYNTHETIC)
    assert "SYNTHETIC" not in answer_html(["Yes."], settings=REAL)


def test_answer_shows_texts_as_they_stand() -> None:
    html = answer_html(["<script>alert(1)</script>", "<b>bold</b>"], settings=REAL)
    assert "<script" not in html
    assert "<b>" not in html
    assert "&lt;b&gt;bold" in html


def test_blank_sentences_are_left_out_and_none_at_all_says_so() -> None:
    assert answer_html(["", "Yes.", ""], settings=REAL).count("<p>") == 1
    assert "The data do not answer this question." in answer_html(["", ""], settings=REAL)


def test_sentences_are_strings_that_notebooks_show() -> None:
    sentences = Sentences.of(["One & two", "", "Three"])
    assert sentences == ("One & two", "Three")
    assert sentences._repr_html_() == "<ul><li>One &amp; two</li><li>Three</li></ul>"
    assert Sentence("One & two")._repr_html_() == "<p>One &amp; two</p>"
    assert Sentence()._repr_html_() == ""


def test_figures_are_shown_with_the_offline_configuration() -> None:
    before = pio.renderers.default
    try:
        use_offline_plotly()
        figure = go.Figure(go.Scatter(x=[1], y=[2]))
        bundle = pio.renderers._build_mime_bundle(figure.to_dict())
        assert list(bundle) == ["application/vnd.plotly.v1+json"]
        config = bundle["application/vnd.plotly.v1+json"]["config"]
        assert {key: config[key] for key in CONFIG} == CONFIG
        assert not [value for value in config.values() if "http" in str(value)]
    finally:
        pio.renderers.default = before
