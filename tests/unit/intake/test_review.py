"""Places decided once: the sheet, the decisions read back, and the next run that needs none."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis import office_folder as review_files
from outreach_analysis.cli.commands import app
from outreach_analysis.contracts import ContractError
from outreach_analysis.exports import write_cells
from outreach_analysis.files import bundled_data
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.intake.review import (
    DECISION_COLUMNS,
    REVIEW_COLUMNS,
    read_decisions,
    review_sheet,
    with_decisions,
)

OfficeWriter = Callable[..., Path]
NAME, NIK, PHONE = "Zulkarnaen Qomariah", "6472035507950042", "081299887766"
LIST = f"""\
Tgl Permohonan;Nama;No. KTP;Alamat
01/02/2025;{NAME};;Sumber Sari
01/02/2025;{NAME};;SUMBER SARI
01/02/2025;{NAME};;Sumber Sari
01/02/2025;{NAME};;rumah {NAME} hp {PHONE} ktp {NIK}
01/02/2025;{NAME};;=Zzyx+1
01/02/2025;{NAME};;Qqvv
01/02/2025;{NAME};;-
01/02/2025;{NAME};;Samarinda Ulu
"""
run = CliRunner().invoke


@pytest.fixture
def doubtful(office: OfficeWriter) -> Path:
    return office({"applicants/E1.csv": LIST, "interest.csv": None})


def fill_in(folder: Path, decisions: dict[str, str], *, delimiter: str = ",", encoding: str = "utf-8-sig") -> None:
    path = folder / "review.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(REVIEW_COLUMNS), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(row | {"decision": decisions.get(row["text"], "")} for row in rows)


def faults(path: Path, dataset: Dataset) -> list[tuple[int | None, str]]:
    with pytest.raises(ContractError) as error:
        read_decisions(path, dataset, decided_by="AN")
    return [(item.row, item.reason) for item in error.value.items]


def decided(folder: Path, lines: list[str]) -> Path:
    path = folder / "review.csv"
    path.write_text("\n".join(["text,decision", *lines]) + "\n", encoding="utf-8")
    return path


def test_the_sheet_says_each_text_once_and_no_person(doubtful: Path) -> None:
    sheet = review_sheet(read_dataset(doubtful))
    assert tuple(sheet.columns) == REVIEW_COLUMNS
    assert sheet.loc[0, ["text", "rows"]].tolist()[1] == 3
    assert sheet["text"].str.casefold().tolist()[0] == "sumber sari"
    assert sheet["suggestion_1"].str.contains(r"\(64\.[\d.]+\): one of several of this name").iloc[0]
    assert (sheet["decision"] == "").all()
    assert {"=Zzyx+1", "Qqvv"} <= set(sheet["text"])
    assert "-" not in set(sheet["text"])
    everything = sheet.to_csv().casefold()
    assert not [mark for mark in ("zulkarnaen", "qomariah", NIK, PHONE) if mark in everything]


WAYS = {
    "64.02.02.2014": "64.02.02.2014",
    "640206": "64.02.06",
    "Tenggarong, Kukar": "64.02.06",
    "Surabaya": "OUTSIDE:Surabaya",
    "outside: Makassar": "OUTSIDE:Makassar",
    "unknown": "UNKNOWN",
    "Tidak tahu": "UNKNOWN",
    "luar provinsi": "OUTSIDE:luar provinsi",
    "Luar Negeri.": "OUTSIDE:luar negeri",
    "Kab. Sumedang": "OUTSIDE:Sumedang",
    "Kota Sukabumi": "OUTSIDE:Sukabumi",
    "Sumber Sari, Loa Kulu, Kabupaten Kutai Kartanegara (64.02.02.2014): one of several": "64.02.02.2014",
}


def test_a_decision_may_be_written_in_many_ways(office: OfficeWriter) -> None:
    texts = [f"Qqvv{'x' * number}" for number in range(len(WAYS))]
    rows = "".join(f"15/03/2025,E2,{text}\n" for text in texts)
    folder = office({"applicants/maret.csv": f"service_date,event_id,address\n{rows}", "interest.csv": None})
    data = read_dataset(folder)
    path = decided(folder, [f'{text.upper()},"{way}"' for text, way in zip(texts, WAYS, strict=True)])
    made = read_decisions(path, data, decided_by=" Andini ", decided_on=dt.date(2025, 4, 1))
    assert tuple(made.columns) == DECISION_COLUMNS
    assert made["alias"].tolist() == texts
    assert made["area_id"].tolist() == list(WAYS.values())
    assert made.iloc[0, 2:].tolist() == ["office", "Andini", "2025-04-01"]
    in_data = read_decisions(path, data, decided_by="AN")
    assert set(in_data["decided_on"]) == {data.as_of.isoformat()}
    with pytest.raises(ValueError, match="who decided"):
        read_decisions(path, data, decided_by=" ")


def test_all_faults_of_a_sheet_are_told_at_once(doubtful: Path) -> None:
    lines = [
        "Sumber Sari,Sumber Sari",
        "Qqvv,64.02.06",
        "qqvv,64.02.02",
        "never seen,UNKNOWN",
        "=Zzyx+1,OUTSIDE:",
        "=Zzyx+1,64",
        "=Zzyx+1,",
    ]
    assert faults(decided(doubtful, lines), read_dataset(doubtful)) == [
        (2, "unknown_decision"),
        (4, "two_decisions"),
        (5, "unknown_text"),
        (6, "unknown_decision"),
        (7, "unknown_decision"),
    ]
    before = (doubtful / "review.csv").read_bytes()
    done = run(app, ["review", "--data", str(doubtful), "--by", "AN"])
    assert done.exit_code == 1
    assert "Sumber Sari, Loa Kulu" in done.output
    assert "Traceback" not in done.output
    assert (doubtful / "review.csv").read_bytes() == before
    assert not (doubtful / "aliases.csv").exists()


@pytest.mark.slow
def test_after_the_round_trip_nothing_waits(doubtful: Path) -> None:
    first = run(app, ["review", "--data", str(doubtful)])
    assert first.exit_code == 0, first.output
    text = (doubtful / "review.csv").read_text(encoding="utf-8-sig")
    assert not [mark for mark in ("Zulkarnaen", "Qomariah", NIK, PHONE) if mark in text]
    assert "\n'=Zzyx+1," in text
    waiting = pd.read_csv(doubtful / "review.csv", dtype="str")["text"]
    answers = dict.fromkeys(waiting, "UNKNOWN") | {"'=Zzyx+1": "64.02.06", "Qqvv": "OUTSIDE:Makassar"}
    answers |= {text: "64.02.02.2014" for text in waiting if text.casefold() == "sumber sari"}
    fill_in(doubtful, {"Qqvv": answers.pop("Qqvv")}, delimiter=";", encoding="cp1252")
    half = run(app, ["review", "--data", str(doubtful), "--by", "Andini", "--on", "2025-04-01"])
    assert half.exit_code == 0, half.output
    assert "Qqvv" not in (doubtful / "review.csv").read_text(encoding="utf-8-sig")
    fill_in(doubtful, answers)
    last = run(app, ["review", "--data", str(doubtful), "--by", "Andini", "--on", "2025-04-02"])
    assert last.exit_code == 0, last.output
    assert "no place waits" in last.output
    assert not (doubtful / "review.csv").exists()
    data = read_dataset(doubtful)
    assert review_sheet(data).empty
    assert (data.applicants["area_id"] == "64.02.02.2014").sum() == 3
    assert (data.applicants["area_id"] == "64.02.06").sum() == 3
    assert data.outside["place"].tolist() == ["Makassar"]
    written = pd.read_csv(doubtful / "aliases.csv", dtype="str")
    assert list(written.columns) == list(DECISION_COLUMNS)
    assert written["decided_on"].tolist() == ["2025-04-01", *["2025-04-02"] * len(answers)]
    assert set(written["decided_by"]) == {"Andini"}
    assert not [mark for mark in ("Zulkarnaen", NIK, PHONE) if mark in written.to_csv()]


@pytest.mark.slow
def test_after_the_round_trip_the_sample_needs_no_review(tmp_path: Path) -> None:
    folder = tmp_path / "sample"
    shutil.copytree(bundled_data("sample"), folder)
    waiting = review_sheet(read_dataset(folder))
    assert len(waiting) > 5
    assert waiting["rows"].is_monotonic_decreasing
    write_cells(waiting.assign(decision=waiting["suggestion_1"].mask(waiting["suggestion_1"] == "", "UNKNOWN")),
                folder / "review.csv")  # fmt: skip
    done = run(app, ["review", "--data", str(folder), "--by", "AN"])
    assert done.exit_code == 0, done.output
    assert "no place waits for a decision" in done.output
    assert not (folder / "review.csv").exists()
    assert len(pd.read_csv(folder / "aliases.csv")) == len(waiting)


def test_what_stands_in_aliases_stays(tmp_path: Path) -> None:
    (tmp_path / "aliases.csv").write_bytes(
        "Keputusan;;\narea_id;alias;catatan\n64.02.06;Tgr;caf\xe9\n".encode("cp1252")
    )
    new = pd.DataFrame([["Qqvv", "UNKNOWN", "office", "AN", "2025-04-01"]], columns=list(DECISION_COLUMNS))
    assert with_decisions(tmp_path, new).to_numpy().tolist() == [
        ["Keputusan", "", "", "", "", ""],
        ["area_id", "alias", "catatan", "kind", "decided_by", "decided_on"],
        ["64.02.06", "Tgr", "café", "", "", ""],
        ["UNKNOWN", "Qqvv", "", "office", "AN", "2025-04-01"],
    ]
    (tmp_path / "aliases.xlsx").write_bytes(b"")
    with pytest.raises(ContractError, match=r"plain aliases\.csv"):
        with_decisions(tmp_path, new)


def test_a_decision_about_a_code_that_nobody_knows_holds(office: OfficeWriter) -> None:
    rows = "service_date,event_id,area_code,kecamatan\n15/03/2025,E2,64.02.99,\n15/03/2025,E2,64.02.98,Zzyx\n"
    folder = office({"applicants/maret.csv": rows, "applicants/E1.csv": None, "interest.csv": None})
    (folder / "events.csv").write_text("event_id,site_id,date,status\nE2,TGR,15/03/2025,held\n", encoding="utf-8")
    data = read_dataset(folder)
    path = decided(folder, [f'"{text}",UNKNOWN' for text in review_sheet(data)["text"]])
    write = with_decisions(folder, read_decisions(path, data, decided_by="AN"))
    write.to_csv(folder / "aliases.csv", index=False, header=False)
    assert review_sheet(read_dataset(folder)).empty


def test_a_file_that_cannot_be_written_is_one_sentence(doubtful: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "review.csv")

    monkeypatch.setattr(review_files, "write_cells", locked)
    done = run(app, ["review", "--data", str(doubtful), "--by", "AN"])
    assert done.exit_code == 1
    assert "review.csv cannot be written" in done.output
