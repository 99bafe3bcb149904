"""The Indonesian catalogue holds every text that the code says, and no other."""

import dataclasses
import io
import re
import string
from pathlib import Path

import nbformat
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from outreach_analysis.cli.application import HEADINGS, OUTCOMES, USAGE, VALUES
from outreach_analysis.faults import FAULTS
from outreach_analysis.files import bundled_notebooks
from outreach_analysis.intake.boundary_import import NOTES
from outreach_analysis.report.notebooks import prose_lines
from outreach_analysis.report.words import LANGUAGES, Language, Words, fault_label, remedy_text
from outreach_analysis.settings import Settings

PACKAGE = Path(__file__).parents[3] / "src" / "outreach_analysis"
CASE = {name: f"{{{name}}}" for name in ("column", "value", "expected", "count")}
CATALOGUE = PACKAGE / "report" / "id" / "LC_MESSAGES" / "outreach.po"


@pytest.fixture(scope="module")
def said() -> dict[str, str]:
    """Every text that the code or a template hands to `say`, and every line of the notebooks' prose, and where."""
    methods, options = parse_mapping_cfg(io.StringIO((PACKAGE.parents[1] / "babel.cfg").read_text()))
    found = extract_from_dir(
        PACKAGE,
        method_map=[(pattern.removeprefix("src/outreach_analysis/"), method) for pattern, method in methods],
        options_map={pattern.removeprefix("src/outreach_analysis/"): values for pattern, values in options.items()},
        keywords={"say": None, "in_words": None},
    )
    texts = {text: f"{file}:{line}" for file, line, text, *_ in found if isinstance(text, str)}
    for field in dataclasses.fields(Settings):
        texts |= {str(field.metadata[key]): f"settings.py: {field.name}" for key in ("unit", "why")}
    for path in bundled_notebooks().glob("*.ipynb"):
        prose = (cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "markdown")
        texts |= {text: f"{path.name}: {text[:20]}" for source in prose for _, text in prose_lines(source) if text}
    texts |= dict.fromkeys([*USAGE, *OUTCOMES, *HEADINGS.values(), *VALUES.values()], "application.py")
    texts |= dict.fromkeys(NOTES, "boundary_import.py")
    for code, fault in FAULTS.items():
        texts |= dict.fromkeys(fault.texts, f"faults.toml: {code}")
    return texts


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    return read_po(io.BytesIO(CATALOGUE.read_bytes()), locale="id")


def entries(catalogue: Catalog) -> list[Message]:
    return [message for message in catalogue if message.id]


def test_code_and_templates_say_something(said: dict[str, str]) -> None:
    assert {place.split(":")[0].split("/")[-1] for place in said.values()} >= {
        "report.html.j2",
        "figure.py",
        "turnout.py",
        "settings.py",
    }


def test_every_text_has_its_entry(said: dict[str, str], catalogue: Catalog) -> None:
    missing = {text: place for text, place in said.items() if text not in catalogue}
    assert not missing


def test_no_entry_is_unused(said: dict[str, str], catalogue: Catalog) -> None:
    assert not [message.id for message in entries(catalogue) if message.id not in said]


def test_every_entry_is_translated(catalogue: Catalog) -> None:
    assert not [message.id for message in entries(catalogue) if not message.string]


def test_no_entry_is_doubtful_or_dead(catalogue: Catalog) -> None:
    assert not [message.id for message in entries(catalogue) if message.fuzzy]
    assert not catalogue.fuzzy
    assert not catalogue.obsolete


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


def test_translations_keep_their_placeholders(catalogue: Catalog) -> None:
    assert not [
        message.id for message in entries(catalogue) if placeholders(message.id) != placeholders(message.string)
    ]


def test_numbers_in_fixed_texts_survive_the_translation(catalogue: Catalog) -> None:
    def figures(text: str) -> list[str]:
        return sorted(re.sub(r"\D", "", number) for number in re.findall(r"\d[\d.,]*", text))

    assert not [message.id for message in entries(catalogue) if figures(message.id) != figures(message.string)]


def test_translations_end_as_their_source_does(catalogue: Catalog) -> None:
    def end(text: str) -> str:
        return text[-1] if text[-1] in ".:?…" else ""

    assert not [message.id for message in entries(catalogue) if end(message.id) != end(message.string)]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_fault_has_a_label_of_its_own_and_a_remedy_without_a_case(lang: Language) -> None:
    words = Words(lang)
    labels = [fault_label(code, words) for code in FAULTS]
    assert all(labels)
    assert len(set(labels)) == len(labels)
    assert not [code for code in FAULTS if not remedy_text(code, words) or "{" in remedy_text(code, words)]


def test_indonesian_says_faults_otherwise_than_english() -> None:
    alike = [text for fault in FAULTS.values() for text in fault.texts if Words("id").say(text, **CASE) == text]
    assert set(alike) <= {"{expected}"}
