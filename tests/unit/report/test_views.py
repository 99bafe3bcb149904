"""Results that show themselves: every way works in both languages, and says what the report says."""

import html
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest

from outreach_analysis.contracts import RequestError
from outreach_analysis.report import topics
from outreach_analysis.report.page import render_report, report_sections
from outreach_analysis.report.table import Block, Table
from outreach_analysis.report.views import TOPICS, VIEWS
from outreach_analysis.report.words import Sentences, Words
from outreach_analysis.shown import Shown
from outreach_analysis.study import Study

NOT_SHOWN = {"incremental", "displacement"}
"""Results that are numbers for others and show nothing of themselves."""
OF_ANOTHER = {"reach_by_kabupaten", "judged", "backtest"}
"""Results whose type is shown by another one, or whose making takes a test longer than it may."""
RESULTS = tuple(
    name
    for name, made in vars(Study).items()
    if isinstance(made, cached_property) and hasattr(made.func, "__wrapped__") and name not in NOT_SHOWN | OF_ANOTHER
)
"""Every other result of a study: one that is added is tried like the others."""
TOLD_IN_THE_REPORT = {
    "reach": "reach", "catchment": "catchment", "coverage": "coverage", "need": "need", "series": "series",
    "impact": "impact", "plan": "plan", "fairness": "fairness", "hypotheses": "hypotheses", "equity": "equity",
    "sensitivity": "weights", "ledger": "rows",
}  # fmt: skip
"""Which words of a result the report tells too."""


def results(study: Study) -> dict[str, Shown]:
    found = {name: getattr(study, name) for name in RESULTS}
    return {"study": study, **{name: result for name, result in found.items() if result is not None}}


def words(page: str) -> str:
    text = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\W+", " ", html.unescape(re.sub(r"<[^>]+>", "", text)))


@pytest.mark.parametrize("name", ["study", *RESULTS])
def test_every_way_of_every_result_works_and_speaks_two_languages(planned, name):
    result = results(planned).get(name)
    if result is None:
        pytest.skip("the small office has none")
    tables, plots, texts = (VIEWS.get((type(result), kind), {}) for kind in ("tables", "plots", "texts"))
    assert tables or plots or texts
    for of in tables:
        told = [result.table(of, lang=lang) for lang in ("id", "en")]
        assert all(isinstance(table, Table) for table in told)
        assert told[0].caption != told[1].caption
    for of in plots:
        figures = [result.plot(of, lang=lang) for lang in ("id", "en")]
        assert all(isinstance(figure, go.Figure) for figure in figures)
    for of in texts:
        said = [result.text(of, lang=lang) for lang in ("id", "en")]
        assert all(isinstance(text, Sentences) for text in said)
        assert said[0] != said[1] or not said[0]
    assert isinstance(result.to_frame(), pd.DataFrame)


def test_no_way_is_named_by_two_topics():
    named = [(*of_type, of) for topic in TOPICS for of_type, ways in topic.VIEWS.items() for of in ways]
    assert len(named) == len(set(named)) == sum(map(len, VIEWS.values()))


def test_every_topic_that_shows_a_result_is_found():
    folder = Path(topics.__file__).parent
    shows = {path.stem for path in folder.glob("*.py") if "\nVIEWS: " in path.read_text(encoding="utf-8")}
    assert shows == {topic.__name__.rpartition(".")[2] for topic in TOPICS}


@pytest.mark.parametrize("lang", ["id", "en"])
def test_report_and_results_say_the_same(analysis, lang):
    page = words(render_report(analysis, lang=lang))
    told = 0
    for name, of in TOLD_IN_THE_REPORT.items():
        result = getattr(analysis, name)
        for sentence in () if result is None else result.text(of, lang=lang):
            assert words(sentence).strip() in page, name
            told += 1
    assert told > 12


def test_a_way_that_is_not_known_is_named_with_those_that_are(analysis):
    with pytest.raises(
        RequestError, match=r"RankingResult has no tables called excluding, but places, .* mean excluded"
    ):
        analysis.ranking.table("excluding")
    with pytest.raises(RequestError, match=r"InterestResult has no plots; \.to_frame\(\) gives its numbers"):
        analysis.interest.plot()
    with pytest.raises(RequestError, match="a map of reach is by kecamatan"):
        analysis.reach_by_kabupaten.plot()


def test_a_workbook_holds_the_frame(analysis, tmp_path):
    analysis.reach.to_excel(tmp_path / "reach.xlsx")
    read = pd.read_excel(tmp_path / "reach.xlsx", engine="openpyxl", dtype={"area_id": str}).set_index("area_id")
    assert read["applicants"].tolist() == analysis.reach.by_area["applicants"].tolist()
    frame = analysis.reach.to_frame()
    frame["applicants"] = 0
    assert analysis.reach.by_area["applicants"].sum() > 0


def captions(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if block.kind == "table":
            yield block.content.caption
        elif block.kind == "fold":
            yield from captions(block.content)


@pytest.mark.slow
def test_every_table_of_the_report_is_in_the_language_of_the_page(planned):
    own, english = (
        [caption for section in report_sections(planned, Words(lang)) for caption in captions(section.blocks)]
        for lang in ("id", "en")
    )
    assert len(own) > 10
    assert not set(own) & set(english)
