"""Folders of offices at the edge of what can be told: nothing that the report says of them is false or empty."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
import shutil
from collections.abc import Callable
from functools import cache
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.report.handouts import render_brief, render_card
from outreach_analysis.report.page import render_report
from outreach_analysis.report.words import LANGUAGES, Language, Words
from outreach_analysis.study import Study

LONG = "Kantor Kecamatan Persiapan Pemekaran Muara Ancalong Hulu Mahakam Tengah Bersama"
OFFICE = "month,kecamatan,kabupaten,applicants\n" + "".join(
    f"2026-{month:02d},{area},{holder},{people + month}\n"
    for month in range(1, 11)
    for area, holder, people in (("Samarinda Ulu", "Samarinda", 60), ("Tenggarong", "Kutai Kartanegara", 25))
)


def rewrite(folder: Path, name: str, change: Callable[[str], str]) -> None:
    path = folder / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def only_header(text: str) -> str:
    return text.splitlines()[0] + "\n"


def no_history(folder: Path) -> None:
    rewrite(folder, "events.csv", only_header)
    (folder / "applicants" / "semua.csv").unlink()


def three_events(folder: Path) -> None:
    rewrite(folder, "events.csv", lambda text: text + "E4,BADAK,07/03/2026,held,,,tidak\n")
    rewrite(folder, "applicants/semua.csv", lambda text: text + "07/03/2026,E4,Muara Badak,Kutai Kartanegara\n" * 12)


def office_figures(folder: Path) -> None:
    (folder / "office_monthly.csv").write_text(OFFICE, encoding="utf-8")


def one_site(folder: Path) -> None:
    rewrite(folder, "sites.csv", lambda text: "".join(text.splitlines(keepends=True)[i] for i in (0, 1, 5)))
    no_history(folder)


def everything_excluded(folder: Path) -> None:
    """Each place is under the rule of interest, and one person is interested."""
    rewrite(folder, "sites.csv", lambda text: re.sub(",(mall|pesantren),", ",kecamatan,", text))
    interest = "date,area,people,source,group,person,event_id\n01/11/2026,64.02.06,1,WA,tidak,,\n"
    (folder / "interest.csv").write_text(interest, encoding="utf-8")


def sold_out(folder: Path) -> None:
    rewrite(folder, "events.csv", lambda text: text.replace("100,tidak", "3,ya").replace(",,tidak", ",2,ya"))


def identical_places(folder: Path) -> None:
    twin = "KEMBAR,Plaza Bontang Dua,mall,64.74.02,117.48,0.12,100,2000000,\n"
    rewrite(folder, "sites.csv", lambda text: text + twin)


def a_place_that_closes(folder: Path) -> None:
    def closed(text: str) -> str:
        head, *rows = text.splitlines()
        return "\n".join([f"{head},closed", *(f"{row},{'25/11/2026' if 'BONTANG' in row else ''}" for row in rows), ""])

    rewrite(folder, "sites.csv", closed)


def none_announced(folder: Path) -> None:
    rewrite(folder, "events.csv", lambda text: "".join(t for t in text.splitlines(keepends=True) if "planned" not in t))


def two_announced(folder: Path) -> None:
    rewrite(folder, "events.csv", lambda text: text + "E4,MELAK,16/01/2027,planned,,,\n")


def long_names(folder: Path) -> None:
    rewrite(folder, "sites.csv", lambda text: re.sub("Pesantren (Sangatta|Melak|Ujoh|Sebulu)", rf"{LONG} \1", text))


def another_province(folder: Path) -> None:
    """The five kabupaten and kota of Yogyakarta, whose codes are those of BPS: no kecamatan at all."""
    script = Path(__file__).parents[3] / "docs" / "examples" / "yogyakarta.py"
    spec = importlib.util.spec_from_file_location("yogyakarta_example", script)
    assert spec is not None
    assert spec.loader is not None
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    shutil.rmtree(folder)
    example.main(folder)


def as_it_stands(folder: Path) -> None:
    """Neither interest nor office figures nor desa."""


def without_polygons(dataset: Dataset) -> Dataset:
    return dataclasses.replace(dataset, areas=dataset.areas.assign(geometry=None))


def of_two_kabupaten(dataset: Dataset) -> Dataset:
    """The working area is two kabupaten; all others lie outside."""
    inside = dataset.areas["parent_id"].isin(["64.74", "64.08"])
    settings = dataset.settings.replace(jurisdiction=("64.74", "64.08"))
    return dataclasses.replace(dataset, areas=dataset.areas.assign(in_jurisdiction=inside), settings=settings)


def as_read(dataset: Dataset) -> Dataset:
    return dataset


FOLDERS = [
    no_history,
    three_events,
    office_figures,
    one_site,
    everything_excluded,
    sold_out,
    identical_places,
    a_place_that_closes,
    none_announced,
    two_announced,
    long_names,
    as_it_stands,
]
QUICK = (no_history, everything_excluded)
"""Tried without polygons by `make test`: maps of 105 areas are most of what a page takes."""
STATES = [
    *(pytest.param((each, without_polygons), id=f"{each.__name__}-quick") for each in QUICK),
    pytest.param((another_province, as_read), id="another_province"),
    *(
        pytest.param((each, after), id=f"{each.__name__}-{after.__name__}", marks=pytest.mark.slow)
        for each, after in (
            *((each, as_read) for each in FOLDERS),
            (as_it_stands, without_polygons),
            (as_it_stands, of_two_kabupaten),
        )
    ),
]


@pytest.fixture(scope="module", params=STATES)
def study(request: pytest.FixtureRequest, plan_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Study:
    change, after = request.param
    folder = tmp_path_factory.mktemp("edge") / "office"
    shutil.copytree(plan_folder, folder)
    change(folder)
    return Study(after(read_dataset(folder)), n_draws=200, rng=3)


class Read(HTMLParser):
    """What stands in a page: its prose without the glossary, the rows of each table, what each fold holds."""

    def __init__(self) -> None:
        super().__init__()
        self.prose: list[str] = []
        self.rows: list[int] = []
        self.folds: list[int] = []
        self._open: list[tuple[str, str]] = []
        self._in_folds: list[int] = []
        self.sections: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in (
            "br",
            "img",
            "meta",
            "link",
            "input",
            "path",
            "rect",
            "circle",
            "line",
            "use",
            "polygon",
            "polyline",
        ):
            return
        self._open.append((tag, str(said.get("class") or "")))
        if tag == "table":
            self.rows.append(0)
        if tag == "tr" and any(name == "tbody" for name, _ in self._open):
            self.rows[-1] += 1
        if tag == "details":
            self._in_folds.append(0)
        if tag == "section":
            self.sections.append(0)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        if tag == "details":
            self.folds.append(self._in_folds.pop())

    def handle_data(self, data: str) -> None:
        inside = {name for name, _ in self._open}
        if self._in_folds and "summary" not in inside:
            self._in_folds = [n + len(data.strip()) for n in self._in_folds]
        if self.sections and "section" in inside and not inside & {"h1", "h2"}:
            self.sections[-1] += len(data.strip())
        if not data.strip() or inside & {"script", "style", "code", "pre"}:
            return
        if not any(class_ == "terms" for _, class_ in self._open):
            self.prose.append(" ".join(unescape(data).split()))


@pytest.fixture(scope="module")
def told(study: Study) -> Callable[[Language], Read]:
    """The page of a language, laid out once."""

    @cache
    def read(lang: Language) -> Read:
        page = Read()
        page.feed(render_report(study, lang=lang, plain=True))
        return page

    return read


SHARES = re.compile(r"(?<![\d.,–-])(\d{1,3}) (?:of|dari) (\d{1,3})(?![\d.,]|\s?%)")
PLURALS = re.compile(r"(?<![\d.,–/])1 (?:pop-ups|people|places|days|kinds|plans|answers|months|visits|events)\b")


@pytest.mark.parametrize("lang", ["id", pytest.param("en", marks=pytest.mark.slow)])
def test_nothing_is_false_or_empty(study: Study, told: Callable[[Language], Read], lang: Language) -> None:
    page, words = told(lang), Words(lang)
    text = " ".join(page.prose)
    assert len(text) > 3000
    assert not re.search(r"\b(nan|inf|None|NaT)\b|\{\w+\}", text)
    assert all(page.rows), "a table without a row"
    assert all(page.folds), "a fold of nothing"
    assert all(page.sections), "a section of nothing but its heading"
    full = int(study.events["sold_out"].sum()) if len(study.events) else 0
    assert (words.say("The quota was used up at {n} of them.", n=full) in text) == (full > 0)
    assert [found[0] for found in SHARES.finditer(text) if int(found[1]) > int(found[2])] == []
    assert (
        lang == "id" or [text[max(found.start() - 60, 0) : found.end() + 20] for found in PLURALS.finditer(text)] == []
    )
    if not study.need.has_office_figures:
        assert words.say("unmet need") not in text.lower()
    judged = study.judged
    if judged is None or len(judged.leave_one_out) < 10:
        claim = words.say("{inside} of {n} past pop-ups fell inside their 90% range", inside=1, n=1).split("1 ")[-1]
        assert claim not in text
    assert not re.search(r"(?<![\d.,–−])0 (?:dari|of) 0\b|\b(\w+ 20\d\d) (?:sampai|to) \1", text)
    assert [share for share in re.findall(r"(?<![\d.,−])(\d+)(?:[.,]\d+)?%", text) if int(share) > 100] == []


AREAS = {"id": ("kecamatan", r"kabupaten/kota"), "en": ("kecamatan", r"kabupaten(?! (?:or|and) kota)")}
"""What the areas of an analysis are called where they are kecamatan, and where they are kabupaten."""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_areas_are_called_what_they_are(study: Study, told: Callable[[Language], Read], lang: Language) -> None:
    names = sorted({str(name) for frame in (study.sites, study.areas) for name in frame["name"]}, key=len, reverse=True)
    text = re.sub("|".join(map(re.escape, names)), "", " ".join(told(lang).prose))
    kecamatan, kabupaten = AREAS[lang]
    n = f"{len(study.areas[study.areas['in_jurisdiction']])} "
    if study.areas.index.str.fullmatch(r"\d{4}").all():
        assert not re.search(kecamatan, text, re.IGNORECASE)
        assert re.search(n + kabupaten, text)
        site, made = str(study.ranking.recommended), study.as_of
        handed = render_brief(study, site, lang=lang) + render_card(study, made_on=made, lang=lang)
        assert not re.search(kecamatan, re.sub("|".join(map(re.escape, names)), "", handed), re.IGNORECASE)
    else:
        assert re.search(kecamatan, text)
        assert not re.search(r"\d " + kabupaten, text)
        assert not re.search(r"\bprovinsi yang sama|\bsame province", text)


def test_the_folder_is_in_the_state_that_it_is_named_after(study: Study, request: pytest.FixtureRequest) -> None:
    """A folder that is not at its edge would try nothing."""
    name = request.node.callspec.id
    held = study.events["status"].eq("held").sum() if len(study.events) else 0
    states = {
        "no_history": held == 0,
        "three_events": held == 3,
        "office_figures": study.need.has_office_figures,
        "one_site": len(study.ranking.by_site) == 1,
        "everything_excluded": study.ranking.recommended is None and len(study.ranking.excluded) > 5,
        "sold_out": bool(len(study.events) and study.events["sold_out"].any()),
        "identical_places": study.sites["name"].str.startswith("Plaza Bontang").sum() == 2,
        "a_place_that_closes": bool("closed" in study.sites and study.sites["closed"].notna().any()),
        "none_announced": not study.events["status"].eq("planned").any() if len(study.events) else True,
        "two_announced": study.events["status"].eq("planned").sum() == 2 if len(study.events) else False,
        "long_names": bool(study.sites["name"].str.len().max() > 80),
        "another_province": study.areas.index.str.fullmatch(r"\d{4}").all(),
        "as_it_stands": study.interest.assessed is False and not study.need.has_office_figures,
    }
    assert states[name.split("-")[0]], name


def test_the_proposal_is_open_and_adds_no_more_than_come(study: Study, told: Callable[[Language], Read]) -> None:
    ranking = study.ranking
    by_site = ranking.by_site
    assert (by_site["increment"] <= by_site["people"] + 1e-9).all()
    assert (by_site["ci_high"] <= study.incremental.people["capacity"].reindex(by_site.index) + 1e-9).all()
    if ranking.recommended is None:
        assert Words("en").say("No place can be visited next") in " ".join(told("en").prose)
        return
    best = by_site.loc[ranking.recommended]
    closed = study.sites.get("closed", pd.Series(dtype="datetime64[ns]")).get(ranking.recommended)
    assert pd.isna(closed) or closed >= best["next_day"]
    same = by_site["increment"].sub(best["increment"]).abs() < 1e-6
    most = Words("en").say("It is proposed because it is expected to add the most people.")
    assert same.sum() == 1 or most not in " ".join(told("en").prose)
