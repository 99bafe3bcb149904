"""Drafts of letters: read back from the document, their numbers those of the plan, every gap named and highlighted."""

from __future__ import annotations

import dataclasses
import io
import re
import zipfile

import docx
import pandas as pd
import pytest
from altered import altered
from docx.enum.text import WD_COLOR_INDEX
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.report.handouts import ANNOUNCEMENT, LETTERS, write_letters
from outreach_analysis.report.words import Words
from outreach_analysis.study import Study

ALL = LETTERS | ANNOUNCEMENT
WORDS = Words("id")


def read(path) -> tuple[str, list[str], str]:
    """Text, highlighted parts and header of a document that is whole."""
    content = path.read_bytes()
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    document = docx.Document(io.BytesIO(content))
    lines = [paragraph.text for paragraph in document.paragraphs]
    lit = [
        run.text
        for paragraph in document.paragraphs
        for run in paragraph.runs
        if run.font.highlight_color == WD_COLOR_INDEX.YELLOW
    ]
    return "\n".join(lines), lit, document.sections[0].header.paragraphs[0].text


def drafted(analysis: Study, site_id: str, folder, templates=ALL) -> dict[str, str]:
    drafts = write_letters(analysis, site_id, folder, templates)
    return {name: read(draft.path)[0] for name, draft in zip(templates, drafts, strict=True)}


@pytest.mark.parametrize("name", ALL)
def test_every_gap_is_named_highlighted_and_in_brackets(planned, tmp_path, name):
    (draft,) = write_letters(planned, "MALL", tmp_path, {name: ALL[name]})
    text, lit, header = read(draft.path)
    assert draft.path.name == f"{ALL[name]}-MALL.docx"
    assert list(dict.fromkeys(lit)) == list(draft.holes)
    assert list(dict.fromkeys(re.findall(r"\[.*?\]", text))) == list(draft.holes)
    assert draft.holes
    assert header.startswith("DATA CONTOH (SINTETIS)")
    assert "Mal Contoh" in text


def test_numbers_and_day_are_those_of_the_plan(planned, tmp_path):
    site = str(planned.planning.schedule.events["site_id"].iloc[0])
    day = pd.Timestamp(planned.planning.schedule.events["day"].iloc[0])
    texts = drafted(planned, site, tmp_path)
    people = planned.incremental.people.loc[site]
    ranked = planned.ranking.by_site.loc[site]
    among = f"sekitar {WORDS.number(people['mean'])} orang (rentang perkiraan 90%: "
    assert f"{among}{WORDS.interval(people['ci_low'], people['ci_high'])})" in texts["memo"]
    assert among in texts["venue_letter"]
    assert f"Pemohon tambahan\t: sekitar {WORDS.number(ranked['increment'])} orang" in texts["memo"]
    for text in texts.values():
        assert WORDS.date(day, weekday=True) in text
        assert f"{people['capacity']:.0f} pemohon per hari" in text
    due = WORDS.date(day - pd.Timedelta(days=planned.settings.lead_days))
    assert f"paling lambat {due}" in texts["venue_letter"]


def test_an_announced_pop_up_has_its_own_day_days_and_booths(planned, tmp_path):
    events = planned.dataset.events.assign(days=2, booths=3)
    told = altered(planned, dataset=dataclasses.replace(planned.dataset, events=events))
    texts = drafted(told, "SEBULU", tmp_path)
    assert "Sabtu, 12 Desember 2026 (2 hari pelayanan)" in texts["announcement"]
    assert "Kuota 120 pemohon per hari" in texts["announcement"]
    assert "3 meja loket" in texts["venue_letter"]


def test_booths_are_those_that_the_quota_needs_where_nobody_wrote_them(planned, tmp_path):
    """100 a day, 40 a booth: three."""
    assert "3 meja loket" in drafted(planned, "BONTANG", tmp_path)["venue_letter"]


def test_what_the_plan_does_not_know_is_a_gap(planned, tmp_path):
    ranking = dataclasses.replace(planned.ranking, by_site=planned.ranking.by_site.drop(index="SANGATTA"))
    schedule = planned.planning.schedule
    events = schedule.events[schedule.events["site_id"] != "SANGATTA"]
    plan = dataclasses.replace(planned.planning, schedule=dataclasses.replace(schedule, events=events))
    unknown = altered(planned, ranking=ranking, planning=plan)
    texts = drafted(unknown, "SANGATTA", tmp_path)
    assert "[HARI DAN TANGGAL]" in texts["announcement"]
    assert "[TANGGAL KONFIRMASI]" in texts["venue_letter"]
    assert "[PERKIRAAN BIAYA]" in texts["memo"]
    assert "Pemohon tambahan" not in texts["memo"]
    assert "Rp2.500.000" in drafted(planned, "MALL", tmp_path)["memo"]


def test_a_name_makes_no_gap_no_line_and_no_markup(planned, tmp_path):
    sites = planned.sites.assign(name="= Balai [NAMA] {{ x }} <b>\x0b\x01\n! Dua &")
    texts = drafted(altered(planned, sites=sites), "MALL", tmp_path)
    for text in texts.values():
        assert "= Balai (NAMA) {{ x }} <b> ! Dua &" in text


def test_real_people_have_no_stamp_and_the_same_plan_gives_the_same_bytes(planned, tmp_path):
    dataset = dataclasses.replace(planned.dataset, settings=planned.settings.replace(synthetic=False))
    real = altered(planned, dataset=dataset)
    first, second = (write_letters(real, "MALL", tmp_path / name, ALL) for name in ("a", "b"))
    for one, other in zip(first, second, strict=True):
        assert one.path.read_bytes() == other.path.read_bytes()
        assert read(one.path)[2] == ""


def test_an_unknown_place_is_refused_before_anything_is_written(planned, tmp_path):
    with pytest.raises(ValueError, match="MALL"):
        write_letters(planned, "MAL", tmp_path / "drafts", ALL)
    assert not (tmp_path / "drafts").exists()


@pytest.mark.slow
def test_the_commands_name_their_files_and_every_gap(office, tmp_path):
    folder = office()
    given = ["--data", str(folder), "--out", str(tmp_path / "drafts")]
    done = CliRunner().invoke(app, ["letter", "TGR", *given])
    assert done.exit_code == 0, done.output
    paths = sorted((tmp_path / "drafts").iterdir())
    assert [path.name for path in paths] == ["nota-dinas-TGR.docx", "surat-TGR.docx"]
    for path in paths:
        assert str(path) in done.stdout
        assert all(hole in done.stderr for hole in read(path)[1])
    assert "the day is a proposal" not in done.stderr, "it is announced"
    assert CliRunner().invoke(app, ["announce", "NOWHERE", *given]).exit_code == 2
    done = CliRunner().invoke(app, ["announce", "MALL", *given])
    assert done.exit_code == 0, done.output
    assert "the day is a proposal" in done.stderr
