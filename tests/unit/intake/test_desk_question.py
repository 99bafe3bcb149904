"""The desk question in the lists: who was asked, what was answered, and nothing that tells of a person."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from examples import tries
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.intake.headers import APPLICANTS, map_headers
from outreach_analysis.intake.rows import DESK_ANSWERS, desk_answers, shown_desk_answers

SITES = "site_id,name,kind,area\nKANIM,Kantor Imigrasi,office,64.72.02\nMAL,Mal Contoh,mall,64.72.03\n"
EVENTS = "event_id,site_id,date,status\nE1,MAL,01/02/2025,held\nE2,MAL,08/02/2025,held\n"
ASKED = "Tgl,Kecamatan,Kab/Kota,NIK,Apakah akan ke kantor dalam 3 bulan?"
SAYS_NOTHING = "Tgl,Kecamatan,Kab/Kota,NIK"
HOME = {"ulu": "Samarinda Ulu,Samarinda", "loa": "Loa Kulu,Kukar", "kukar": ",Kutai Kartanegara", "away": ",Surabaya"}
AREA = {"ulu": "64.72.03", "loa": "64.02.02", "kukar": "64.02"}
ANI, BUDI = "6472031001909001", "6472031001919002"


def row(home: str, answer: str | None = None, *, day: str = "01/02/2025", nik: str = "") -> str:
    return ",".join([day, HOME[home], nik, *([f'"{answer}"'] if answer is not None else [])])


def office(folder: Path, **lists: Sequence[str]) -> Path:
    """A folder whose lists are named after their events."""
    (folder / "applicants").mkdir(parents=True, exist_ok=True)
    (folder / "outreach.toml").write_text('[office]\nname = "Kantor Contoh"\n')
    (folder / "sites.csv").write_text(SITES)
    (folder / "events.csv").write_text(EVENTS)
    for name, rows in lists.items():
        (folder / "applicants" / f"{name}.csv").write_text("\n".join(rows) + "\n")
    return folder


def answers(data: Dataset) -> dict[tuple[str, str], list[int]]:
    frame = data.answers.set_index(["event_id", "area_id"])[["yes", "no", "unsure", "asked"]]
    return {key: list(numbers) for key, *numbers in frame.itertuples()}


@pytest.mark.parametrize(
    "header",
    [
        "would_have_come",
        "Would have come",
        "Akan ke kantor?",
        "Tetap akan ke kantor",
        "APAKAH AKAN KE KANTOR DALAM TIGA BULAN",
        "Jika tidak ada layanan ini, apakah Anda datang ke Kantor Imigrasi dalam 3 bulan ke depan?",
        "Tanpa jemput bola, rencana ke kanim dalam 3 bln (ya/tidak)",
        "Would you have gone to the office within three months?",
    ],
)
def test_headers_that_ask_it_are_taken(header: str) -> None:
    found = map_headers(["Tgl", "Kec", header], APPLICANTS)
    assert found.positions.get("would_have_come") == 2


@pytest.mark.parametrize(
    "header",
    [
        "Berapa kali ke kantor dalam 3 bulan terakhir?",
        "Akan mengambil paspor di kantor dalam 3 bulan?",
        "Kapan terakhir ke kantor imigrasi (3 bulan)",
        "Alamat kantor",
        "Masa berlaku 3 bulan",
        "Kantor Imigrasi",
    ],
)
def test_headers_that_ask_something_else_are_not(header: str) -> None:
    assert "would_have_come" not in map_headers(["Tgl", "Kec", header], APPLICANTS).positions


def test_two_columns_of_it_are_a_fault_and_the_settings_decide() -> None:
    two = ["Tgl", "Kec", "would_have_come", "Akan ke kantor dalam 3 bulan"]
    assert map_headers(two, APPLICANTS).duplicates == ("would_have_come",)
    chosen = map_headers(["Tgl", "Kec", "P7"], APPLICANTS, extra={"P7": "would_have_come"})
    assert chosen.positions["would_have_come"] == 2


@pytest.mark.parametrize(
    ("texts", "answer"),
    [
        (["ya", "Ya.", "Y", "IYA", "yes", "1", "Pasti", "ya, akan", "✓"], "yes"),
        (["tidak", "Tdk", "T", "no", "0", "tidak akan"], "no"),
        (
            ["tidak tahu", "Belum tentu", "ragu-ragu", "mungkin", "unsure", "Tidak tahu / belum tentu", "Not sure"],
            "unsure",
        ),
        (["", " ", "-", "–", "tidak dijawab", "N/A"], ""),
    ],
)
def test_usual_answers_are_understood(texts: list[str], answer: str) -> None:
    assert desk_answers(pd.Series(texts)).tolist() == [answer] * len(texts)


@pytest.mark.parametrize(
    "text", ["ya / tidak", "ya tidak", "Siti", "belum", "7", "?", "kalau sempat", "ya kalau dekat"]
)
def test_what_is_no_answer_for_sure_is_none(text: str) -> None:
    assert desk_answers(pd.Series([text])).isna().all()


def test_no_word_stands_for_two_answers() -> None:
    forms = [form for answer, listed in DESK_ANSWERS.items() for form in (answer, *listed)]
    assert len(set(forms)) == len(forms)


def test_answers_are_counted_by_event_and_area(tmp_path: Path) -> None:
    rows = [
        row("ulu", "ya"),
        row("ulu", "ya"),
        row("ulu", "tidak"),
        row("ulu", ""),
        row("loa", "ragu"),
        row("kukar", "no"),
    ]
    data = read_dataset(office(tmp_path, E1=[ASKED, *rows], E2=[SAYS_NOTHING, row("ulu", day="08/02/2025")]))
    assert answers(data) == {
        ("E1", "64.02"): [0, 1, 0, 1],
        ("E1", "64.02.02"): [0, 0, 1, 1],
        ("E1", "64.72.03"): [2, 1, 0, 4],
    }
    assert data.counts["applicants"].sum() == 7
    assert data.ledger.rows.empty


def test_an_office_that_never_asks_has_no_answers_but_the_columns(tmp_path: Path) -> None:
    data = read_dataset(
        office(tmp_path, E1=[SAYS_NOTHING, row("ulu")], E2=[SAYS_NOTHING, row("ulu", day="08/02/2025")])
    )
    assert data.answers.empty
    assert list(data.answers) == ["event_id", "area_id", "yes", "no", "unsure", "asked"]


def test_answers_from_outside_or_from_nowhere_tell_of_no_area(tmp_path: Path) -> None:
    unknown = '01/02/2025,Entah Berantah,,,"ya"'
    data = read_dataset(office(tmp_path, E1=[ASKED, row("away", "ya"), unknown, row("loa", "ya")]))
    assert answers(data) == {("E1", "64.02.02"): [1, 0, 0, 1]}


def test_an_unknown_answer_is_named_with_its_row_and_the_person_counts(tmp_path: Path) -> None:
    rows = [row("ulu", "ya"), row("ulu", "Siti Aminah"), row("ulu", "ya / tidak"), row("ulu", "081299990001")]
    data = read_dataset(office(tmp_path, E1=[ASKED, *rows]))
    assert answers(data) == {("E1", "64.72.03"): [1, 0, 0, 4]}
    assert data.counts["applicants"].sum() == 4
    published = data.ledger.rows[data.ledger.rows["file"] == "applicants/E1.csv"]
    assert set(published["reason"]) == {"unknown_answer"}
    assert set(published["status"]) == {"warning"}
    assert published[["file", "row", "column"]].values.tolist() == [
        ["applicants/E1.csv", n, "would_have_come"] for n in (3, 4, 5)
    ]
    assert published["value"].tolist() == ["[text not shown]", "ya / tidak", "[text not shown]"]
    assert published["remedy"].str.contains("ya, tidak or belum tentu").all()
    assert data.ledger.by_file.set_index("file").loc["applicants/E1.csv", "matched"] == 4


@pytest.mark.parametrize(
    "text", ["0 8 1 2 9 9", "0812", "Tentu Siti", "ya 0812-9999", "6472031001909001", "12 03 1990"]
)
def test_no_person_is_shown(text: str) -> None:
    assert shown_desk_answers(pd.Series([text])).tolist() == ["[text not shown]"]


def test_somebody_listed_twice_answers_once_and_the_list_without_the_column_takes_nothing_away(tmp_path: Path) -> None:
    twice = [SAYS_NOTHING + ",Kode Kegiatan", row("ulu", nik=ANI) + ",E1"]
    again = [ASKED + ",Kode Kegiatan", row("ulu", "ya", nik=ANI) + ",E1", row("ulu", "tidak", nik=ANI) + ",E1"]
    data = read_dataset(office(tmp_path, a=twice, b=again))
    assert answers(data) == {("E1", "64.72.03"): [1, 0, 0, 1]}
    assert data.counts["applicants"].sum() == 1


def test_somebody_who_comes_to_two_events_answers_at_the_first(tmp_path: Path) -> None:
    later = [ASKED, row("ulu", "tidak", day="08/02/2025", nik=ANI), row("ulu", "ya", day="08/02/2025", nik=BUDI)]
    data = read_dataset(office(tmp_path, E2=later, E1=[ASKED, row("ulu", "ya", nik=ANI), row("ulu", "", nik=BUDI)]))
    assert answers(data) == {("E1", "64.72.03"): [1, 0, 0, 2], ("E2", "64.72.03"): [1, 0, 0, 1]}
    assert data.counts["applicants"].sum() == 4


def test_the_first_answer_is_the_earlier_days_whatever_the_order_of_lists(tmp_path: Path) -> None:
    headers = ASKED + ",Kode Kegiatan"
    later = [headers, row("ulu", "tidak", day="08/02/2025", nik=ANI) + ",E2"]
    earlier = [headers, row("ulu", "ya", nik=ANI) + ",E1"]
    data = read_dataset(office(tmp_path, a=later, b=earlier))
    assert answers(data)[("E1", "64.72.03")] == [1, 0, 0, 1]
    assert data.answers["yes"].sum() + data.answers["no"].sum() == 1


def test_people_at_the_office_are_not_asked(tmp_path: Path) -> None:
    rows = [ASKED + ",Kode Kegiatan", row("ulu", "ya") + ",OFFICE", row("ulu", "ya") + ",E1"]
    data = read_dataset(office(tmp_path, a=rows))
    assert answers(data) == {("E1", "64.72.03"): [1, 0, 0, 1]}


def test_no_answer_stays_beside_a_person(tmp_path: Path) -> None:
    data = read_dataset(office(tmp_path, E1=[ASKED, row("ulu", "ya")]))
    assert not {"would_have_come", "asked"} & set(data.applicants)


people = st.lists(
    st.tuples(
        st.sampled_from(sorted(HOME)),
        st.sampled_from([*DESK_ANSWERS, "ya", "tdk", "ragu", "", "-", "Siti", "ya/tidak", None]),
        st.sampled_from(["", "", "", ANI, BUDI]),
        st.sampled_from(["E1", "E2"]),
    ),
    max_size=12,
)


@settings(max_examples=tries(12, 4), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(people)
def test_answers_are_never_more_than_the_people(tmp_path_factory: pytest.TempPathFactory, drawn: list) -> None:
    """Whatever is written: answers <= asked <= people by event and area, each person at most once."""
    day = {"E1": "01/02/2025", "E2": "08/02/2025"}
    lists: dict[str, list[str]] = {"a": [ASKED + ",Kode Kegiatan"], "b": [SAYS_NOTHING + ",Kode Kegiatan"]}
    for home, answer, nik, event in [*drawn, ("ulu", None, "", "E1"), ("ulu", None, "", "E2")]:
        lists["b" if answer is None else "a"].append(row(home, answer, day=day[event], nik=nik) + f",{event}")
    data = read_dataset(office(tmp_path_factory.mktemp("office"), **lists))
    said = data.answers.set_index(["event_id", "area_id"])
    came = data.counts.set_index(["event_id", "area_id"])["applicants"].reindex(said.index)
    given = said[["yes", "no", "unsure"]].sum(axis=1)
    assert (given <= said["asked"]).all()
    assert (said["asked"] <= came).all()
    clear = [
        (home, nik)
        for home, answer, nik, _ in drawn
        if answer is not None and desk_answers(pd.Series([answer])).isin(list(DESK_ANSWERS)).all()
    ]
    without = sum(home in AREA for home, nik in clear if not nik)
    # somebody with a NIK may answer in a row that says another home than the one that is kept
    assert without <= given.sum() <= without + len({nik for _, nik in clear if nik})
