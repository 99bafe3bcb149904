from __future__ import annotations

import datetime as dt
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.intake.dataset import load_sample, read_dataset

OfficeWriter = Callable[..., Path]
EVENTS = "event_id,site_id,date,status\n"
HEADER = "Tanggal;Kode Kegiatan;Kecamatan;Kab/Kota;NIK\n"


def reasons(folder: Path, **options: dt.date) -> list[tuple[str, int, str, str]]:
    """What is said of rows: (file, row, reason, status), warnings and all."""
    rows = read_dataset(folder, **options).ledger.rows
    return [tuple(row) for row in rows[["file", "row", "reason", "status"]].to_numpy().tolist()]


def faults(folder: Path) -> list[tuple[str, str, str]]:
    with pytest.raises(ContractError) as error:
        read_dataset(folder)
    return [(item.file, item.column, item.reason) for item in error.value.items]


def test_the_tiny_office_reads_as_counted_by_hand(tiny_office: Path) -> None:
    data = read_dataset(tiny_office)
    some = data.counts[data.counts["applicants"] > 0].set_index(["event_id", "area_id"])["applicants"].to_dict()
    assert some == {
        ("E1", "64.02.06"): 1,
        ("E1", "64.72.03"): 2,
        ("E1", "64.02"): 1,
        ("E2", "64.02.06"): 2,
        ("E2", "64.02.02"): 1,
    }
    assert data.outside.to_dict("records") == [{"event_id": "E1", "place": "Surabaya", "applicants": 1}]
    assert data.events["placed_share"].fillna(-1).tolist() == [3 / 5, 1.0, -1]
    assert data.events["day_kind"].tolist() == ["weekend", "weekend", "weekend"]
    assert len(data.applicants) == 10
    assert data.applicants.loc[1].drop("person_key").to_dict() == {
        "source_file": "applicants/E1.csv",
        "source_sheet": "",
        "source_row": 3,
        "event_id": "E1",
        "service_date": pd.Timestamp("2025-02-01"),
        "area_id": "64.72.03",
        "origin_level": "kecamatan",
        "origin_status": "exact",
        "passport_type": "electronic",
        "application": "renewal",
        "channel": "word_of_mouth",
        "age_band": "25-34",
    }
    assert data.ledger.by_file.set_index("file")[["read", "matched", "review", "duplicate"]].T.to_dict("list") == {
        "sites.csv": [3, 3, 0, 0],
        "events.csv": [3, 3, 0, 0],
        "interest.csv": [2, 2, 0, 0],
        "office_monthly.csv": [3, 3, 0, 0],
        "applicants/E1.csv": [6, 5, 1, 0],
        "applicants/maret.csv": [5, 4, 0, 1],
    }
    assert data.ledger.review["text"].tolist() == ["Zzyx"]
    assert data.ledger.without_key == 0


def test_counts_are_zero_filled_over_held_events_and_kecamatan(tiny_office: Path) -> None:
    data = read_dataset(tiny_office)
    kecamatan = data.counts[data.counts["area_id"].isin(data.areas.index)]
    assert len(kecamatan) == 2 * 105
    assert kecamatan["applicants"].dtype == np.dtype("int64")
    assert not data.counts.duplicated(["event_id", "area_id"]).any()
    assert len(data.gazetteer) == 1 + 10 + 105 + 1038


def test_sites_without_coordinates_take_the_seat_of_their_area(tiny_office: Path) -> None:
    data = read_dataset(tiny_office)
    assert data.sites["location_source"].to_dict() == {"KANIM": "given", "MALL": "given", "TGR": "seat"}
    assert (
        data.sites.loc["TGR", ["lon", "lat"]].tolist() == data.areas.loc["64.02.06", ["seat_lon", "seat_lat"]].tolist()
    )
    assert data.sites.loc["KANIM", "lon"] == 117.14


def test_the_day_of_the_question_is_the_last_in_the_data_unless_set(office: OfficeWriter) -> None:
    assert read_dataset(office()).as_of == dt.date(2025, 3, 17)
    late_month = {"office_monthly.csv": "month,area,applicants\n2025-04,64.02.06,1\n"}
    assert read_dataset(office(late_month)).as_of == dt.date(2025, 4, 30)
    late_interest = {"interest.csv": "date,area,people\n20/03/2025,64.02.06,5\n"}
    assert read_dataset(office(late_interest)).as_of == dt.date(2025, 3, 20)
    setting = {"outreach.toml": "[dates]\nas_of = 2025-06-01\n"}
    assert read_dataset(office(setting)).settings.as_of == dt.date(2025, 6, 1)
    assert read_dataset(office(setting), as_of=dt.date(2025, 7, 1)).as_of == dt.date(2025, 7, 1)


def test_what_lies_after_the_day_of_the_question_is_set_aside(tiny_office: Path) -> None:
    found = reasons(tiny_office, as_of=dt.date(2025, 2, 15))
    assert ("events.csv", 3, "future_event", "rejected") in found
    assert ("interest.csv", 2, "future_date", "rejected") in found
    assert ("applicants/maret.csv", 2, "rejected_event", "rejected") in found
    assert ("applicants/maret.csv", 6, "future_date", "rejected") in found
    assert ("office_monthly.csv", 4, "future_date", "rejected") not in found
    data = read_dataset(tiny_office, as_of=dt.date(2025, 2, 15))
    assert data.events.index.tolist() == ["E1", "E3"]


def test_optional_tables_are_none_and_office_rows_stand_in(office: OfficeWriter) -> None:
    data = read_dataset(office({"interest.csv": None, "office_monthly.csv": None}))
    assert [data.interest, data.office_monthly, data.travel, data.access] == [None] * 4
    people = data.office_people()
    assert people is not None
    assert people.to_dict("records") == [{"month": pd.Timestamp("2025-03-01"), "area_id": "64.72.03", "applicants": 1}]
    given = read_dataset(office(name="given"))
    assert given.office_people() is given.office_monthly


def test_office_rows_known_to_kabupaten_level_stand_under_the_kabupaten(office: OfficeWriter) -> None:
    rows = "17/03/2025;OFFICE;;Kukar;\n" * 3 + "17/03/2025;OFFICE;Loa Kulu;Kukar;\n18/03/2025;OFFICE;;Surabaya;\n"
    folder = office({"office_monthly.csv": None, "applicants/kantor.csv": HEADER + rows})
    people = read_dataset(folder).office_people()
    assert people is not None
    # one of Samarinda Ulu is from the tiny office's own list; Surabaya is nobody's here
    assert people[["area_id", "applicants"]].to_numpy().tolist() == [["64.02", 3], ["64.02.02", 1], ["64.72.03", 1]]


def test_a_site_that_is_set_aside_takes_its_events_and_their_people_along(office: OfficeWriter) -> None:
    sites = "site_id,name,kind,area,lon,lat\nMALL,Mal,mall,64.72.03,-0.47,117.13\nTGR,Kantor,kecamatan,64.02.06,,\n"
    folder = office({"sites.csv": sites})
    found = reasons(folder)
    assert ("sites.csv", 2, "coordinates_swapped", "rejected") in found
    assert ("events.csv", 2, "rejected_site", "rejected") in found
    assert [row for row in found if row[0] == "applicants/E1.csv"] == [
        ("applicants/E1.csv", row, "rejected_event", "rejected") for row in range(2, 8)
    ]
    data = read_dataset(folder)
    assert data.events.index.tolist() == ["E2", "E3"]
    assert "E1" not in set(data.counts["event_id"])


def test_a_held_event_without_applicants_is_set_aside_and_never_read_as_zero(office: OfficeWriter) -> None:
    events = EVENTS + "E1,MALL,01/02/2025,held\nE2,TGR,15/03/2025,held\nE9,TGR,16/03/2025,held\n"
    data = read_dataset(office({"events.csv": events}))
    assert data.events.index.tolist() == ["E1", "E2"]
    assert "E9" not in set(data.counts["event_id"])
    assert data.ledger.rows.query("reason == 'event_without_applicants'")[["row", "value"]].to_numpy().tolist() == [
        [4, "E9"]
    ]


def test_a_held_event_whose_rows_were_all_rejected_does_not_ask_for_its_list(office: OfficeWriter) -> None:
    events = EVENTS + "E1,MALL,01/02/2025,held\nE2,TGR,15/03/2025,held\nE9,TGR,16/03/2025,held\n"
    data = read_dataset(office({"events.csv": events, "applicants/E9.csv": "Tanggal;Kecamatan\nkemarin;Tenggarong\n"}))
    assert data.events.index.tolist() == ["E1", "E2"]
    unused = data.ledger.unused_events[["event_id", "reason", "remedy"]].to_numpy().tolist()
    assert unused == [["E9", "event_rows_rejected", "correct the rows of its list"]]


def test_rows_of_applicants_that_are_rejected(office: OfficeWriter) -> None:
    rows = {
        "31/02/2026;E1;Melak;;": "bad_date",
        ";E1;Melak;;": "missing_value",
        "01/02/2025;E99;Melak;;": "unknown_event",
        "01/02/2025;E3;Melak;;": "event_not_held",
        "01/02/1925;E1;Melak;;": "bad_date",
        "02/02/2026;E1;Melak;;": "out_of_range",
    }
    data = read_dataset(office({"applicants/more.csv": HEADER + "\n".join(rows) + "\n"}))
    told = data.ledger.rows.query("file == 'applicants/more.csv'").sort_values("row")
    assert told[["row", "reason", "status"]].to_numpy().tolist() == [
        [row, reason, "rejected"] for row, reason in enumerate(rows.values(), start=2)
    ]
    assert len(data.applicants) == 10


def test_a_day_just_within_a_year_of_the_event_counts_and_is_doubted(office: OfficeWriter) -> None:
    data = read_dataset(office({"applicants/more.csv": HEADER + "01/02/2026;E1;Melak;;\n"}))
    assert data.ledger.rows.query("file == 'applicants/more.csv'")["reason"].tolist() == ["far_from_event"]
    assert len(data.applicants) == 11


def test_all_faults_of_a_row_are_told_at_once(office: OfficeWriter) -> None:
    folder = office({"applicants/more.csv": HEADER + "x;E99;Melak;;\n"})
    data = read_dataset(folder)
    assert data.ledger.rows.query("file == 'applicants/more.csv'")["reason"].tolist() == ["bad_date", "unknown_event"]
    assert data.ledger.by_file.set_index("file").loc["applicants/more.csv", "rejected"] == 1


@pytest.mark.parametrize(
    ("settings", "files"),
    [
        (
            "",
            {
                "any.csv": {"e1": "E1", "Kantor": "OFFICE", "OFFICE": "OFFICE"},
                "E1.csv": {"": "E1"},
                "2025/e1.csv": {"": "E1", "e2": "E2"},
                "office.csv": {"": "OFFICE"},
            },
        ),
        ('"mall.csv" = "E1"', {"mall.csv": {"": "E1", "E2": "E2"}}),
        ('"2025/mall.csv" = "E1"', {"2025/mall.csv": {"": "E1"}}),
    ],
    ids=["by column and name", "by setting", "by setting with folder"],
)
def test_the_event_of_a_row(office: OfficeWriter, settings: str, files: dict[str, dict[str, str]]) -> None:
    day = {"E1": "01/02/2025", "E2": "15/03/2025", "OFFICE": "17/03/2025"}
    lists = {
        f"applicants/{file}": HEADER + "".join(f"{day[event]};{said};Melak;;\n" for said, event in rows.items())
        for file, rows in files.items()
    }
    data = read_dataset(office({**lists, "outreach.toml": f"[files.events]\n{settings}\n"}))
    found = data.applicants.sort_values("source_row").groupby("source_file")["event_id"].agg(list)
    assert {file: found[f"applicants/{file}"] for file in files} == {
        file: list(rows.values()) for file, rows in files.items()
    }


def test_one_person_counts_once_an_event_and_once_a_day_at_the_office(office: OfficeWriter) -> None:
    nik = "6472031201700001"
    rows = [
        f"01/02/2025;E1;Melak;;{nik}",
        f"15/03/2025;E2;Melak;;{nik}",
        f"17/03/2025;OFFICE;Melak;;{nik}",
        f"17/03/2025;OFFICE;Melak;;'{nik}",
        f"18/03/2025;OFFICE;Melak;;{nik}",
        "18/03/2025;OFFICE;Melak;;",
        "18/03/2025;OFFICE;Melak;;",
    ]
    folder = office({"applicants/a.csv": HEADER + "\n".join(rows), "applicants/b.csv": HEADER + rows[0] + "\n"})
    found = [item for item in reasons(folder) if item[2] == "duplicate_applicant" and "maret" not in item[0]]
    assert [item[:2] for item in found] == [("applicants/a.csv", 5), ("applicants/b.csv", 2)]
    assert read_dataset(folder).ledger.without_key == 2


def test_of_a_persons_rows_the_first_file_wins_and_there_the_best_placed(office: OfficeWriter) -> None:
    nik = "6472031201700001"
    first = HEADER + f"01/02/2025;E1;;Kukar;{nik}\n01/02/2025;E1;Tenggarong;Kukar;{nik}\n"
    second = HEADER + f"01/02/2025;E1;Loa Kulu;Kukar;{nik}\n"
    data = read_dataset(office({"applicants/a.csv": first, "applicants/b.csv": second}))
    kept = data.applicants[data.applicants["source_file"].isin(["applicants/a.csv", "applicants/b.csv"])]
    assert kept[["source_file", "source_row", "area_id"]].to_numpy().tolist() == [["applicants/a.csv", 3, "64.02.06"]]


def test_the_same_file_twice_counts_once_even_without_niks(office: OfficeWriter) -> None:
    text = "Tanggal;Kode Kegiatan;Kecamatan\n01/02/2025;E1;Melak\n01/02/2025;E1;Melak\n"
    data = read_dataset(
        office({"applicants/a.csv": text, "applicants/a - Copy.csv": text, "applicants/b.csv": text + "\n"})
    )
    table = data.ledger.by_file.set_index("file")[["matched", "duplicate", "skipped"]]
    assert table.loc["applicants/a - Copy.csv"].tolist() == [2, 0, 0]
    assert table.loc["applicants/a.csv"].tolist() == [0, 2, 0]
    assert table.loc["applicants/b.csv"].tolist() == [2, 0, 1]


def test_a_blank_origin_is_placed_by_its_nik_and_marked(office: OfficeWriter) -> None:
    rows = [
        "01/02/2025;E1;;;6402061201700001",
        "01/02/2025;E1;;;6402081201700001",
        "01/02/2025;E1;;;3578011201700001",
        "01/02/2025;E1;;;",
        "01/02/2025;E1;Zzyx;;6402061201710001",
    ]
    data = read_dataset(office({"applicants/a.csv": HEADER + "\n".join(rows)}))
    mine = data.applicants[data.applicants["source_file"] == "applicants/a.csv"]
    assert mine["origin_status"].tolist() == ["nik", "review", "review", "review", "review"]
    assert mine["area_id"].fillna("").tolist() == ["64.02.06", "", "", "", ""]
    published = data.ledger.rows.query("file == 'applicants/a.csv'")[["row", "reason", "status"]].to_numpy().tolist()
    assert published == [
        [2, "blank_origin", "warning"], [3, "blank_origin", "review"], [4, "blank_origin", "review"],
        [5, "blank_origin", "review"], [6, "unresolved_origin", "review"],
    ]  # fmt: skip


def test_niks_that_are_no_good_are_told_without_being_shown(office: OfficeWriter) -> None:
    rows = [
        "01/02/2025;E1;Melak;;6472031331900001",
        "01/02/2025;E1;Melak;;9972031201900001",
        "01/02/2025;E1;Melak;;123",
    ]
    data = read_dataset(office({"applicants/a.csv": HEADER + "\n".join(rows)}))
    published = data.ledger.rows.query("file == 'applicants/a.csv'")
    assert published[["row", "reason", "value"]].to_numpy().tolist() == [
        [2, "nik_invalid", ""], [3, "nik_region", ""], [4, "nik_invalid", ""],
    ]  # fmt: skip
    assert set(published["status"]) == {"warning"}


def test_a_workbook_with_titles_sheets_and_totals(office: OfficeWriter) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Mal"
    sheet["A1"] = "DAFTAR PEMOHON PASPOR"
    sheet.merge_cells("A1:E1")
    for row in (
        ["No", "Tgl Permohonan", "No. KTP", "Kecamatan", "Kode Kegiatan"],
        [1, dt.date(2025, 2, 1), "6472031201600001", "Melak", "E1"],
        [2, dt.datetime(2025, 2, 1, 9, 30), 6472031201610000, "Melak", "E1"],
        ["Jumlah", None, None, 2, None],
    ):
        sheet.append(row)
    other = book.create_sheet("Catatan")
    other["A1"] = "Bawa formulir"
    buffer = io.BytesIO()
    book.save(buffer)
    data = read_dataset(office({"applicants/mal.xlsx": buffer.getvalue()}))
    mine = data.applicants[data.applicants["source_file"] == "applicants/mal.xlsx"]
    assert mine[["source_sheet", "source_row"]].to_numpy().tolist() == [["Mal", 3], ["Mal", 4]]
    assert mine["person_key"].isna().tolist() == [False, True]
    published = data.ledger.rows.query("file == 'applicants/mal.xlsx'")[["sheet", "row", "reason"]].to_numpy().tolist()
    assert published == [["Mal", 4, "nik_numeric"], ["Mal", 5, "total_row"], ["Catatan", 1, "sheet_without_list"]]
    assert data.ledger.reconciled[["stated", "agrees"]].to_numpy().tolist() == [[2.0, True]]


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        # typed 03/02, 04/02, 05/02 became 2 March, April, May; 13/02 and later stayed text
        (["2025-03-02", "2025-04-02", "2025-05-02", "13/02/2025", "14/02/2025", "15/02/2025"], "days_put_back"),
        (["2025-03-02", "2025-04-02", "2025-05-02", "13/02/2025", "13/02/2025", "13/02/2025"], "exchanged_days"),
        (["2025-03-02", "2025-04-02", "2025-05-02", "11/02/2025", "14/02/2025", "15/02/2025"], ""),
    ],
)
def test_days_that_excel_took_for_months_are_put_back_or_suspected(
    office: OfficeWriter, dates: list[str], published: str
) -> None:
    text = HEADER + "".join(f"{day};OFFICE;Melak;;\n" for day in dates)
    data = read_dataset(office({"applicants/a.csv": text, "interest.csv": None, "office_monthly.csv": None}))
    rows = data.ledger.rows[data.ledger.rows["reason"].isin(["days_put_back", "exchanged_days"])]
    expected = [["applicants/a.csv", "service_date", published, "warning"]] if published else []
    assert rows[["file", "column", "reason", "status"]].to_numpy().tolist() == expected
    days = data.applicants.loc[data.applicants["source_file"] == "applicants/a.csv", "service_date"]
    assert days.min() == pd.Timestamp("2025-02-03" if published == "days_put_back" else days.min())
    # the last day of the other files is 17 March; a day in doubt moves it no further
    assert data.as_of == (dt.date(2025, 5, 2) if not published else dt.date(2025, 3, 17))


@pytest.mark.slow
def test_keys_of_a_key_file_link_runs_and_chance_ones_do_not(
    office: OfficeWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = office()
    once, again = read_dataset(folder), read_dataset(folder)
    assert not once.ledger.keys_linkable
    assert (once.applicants["person_key"] != again.applicants["person_key"]).all()
    path = tmp_path / "key"
    path.write_bytes(bytes(range(32)))
    monkeypatch.setenv("OUTREACH_KEY_FILE", str(path))
    once, again = read_dataset(folder), read_dataset(folder)
    assert once.ledger.keys_linkable
    assert once.applicants.equals(again.applicants)
    monkeypatch.setenv("OUTREACH_KEY_FILE", str(path) + "x")
    assert faults(folder) == [("OUTREACH_KEY_FILE", "", "bad_key_file")]


def test_aliases_that_somebody_decided_settle_the_review(office: OfficeWriter) -> None:
    aliases = "alias,area_id,decided_by,decided_on\nZzyx,64.72.03,Ani,2025-04-01\nQqq,99.99,,\n"
    data = read_dataset(office({"aliases.csv": aliases}))
    assert data.ledger.review.empty
    assert data.events.loc["E1", "placed_share"] == 4 / 5
    assert data.ledger.rows.query("file == 'aliases.csv'")[["row", "reason"]].to_numpy().tolist() == [
        [3, "unknown_area"]
    ]


def test_a_name_within_an_address_does_not_hide_the_place(office: OfficeWriter) -> None:
    text = "Tanggal;Kode Kegiatan;Nama;Alamat\n01/02/2025;E1;Qwertina Zulfah;Qwertina Zulfah, Kec. Zzyx 081234567890\n"
    data = read_dataset(office({"applicants/a.csv": text}))
    assert data.ledger.review["text"].tolist() == ["Zzyx", "…, Kec. Zzyx …"]
    decided = {"applicants/a.csv": text, "aliases.csv": 'alias,area_id\n"…, Kec. Zzyx …",64.02.06\n'}
    again = read_dataset(office(decided))
    assert again.applicants.query("source_file == 'applicants/a.csv'")["area_id"].tolist() == ["64.02.06"]


def test_progress_is_told_before_each_file_and_at_the_end(tiny_office: Path) -> None:
    published: list[tuple[int, int, str]] = []
    read_dataset(tiny_office, progress=lambda done, total, name: published.append((done, total, name)))
    assert [name for _, _, name in published] == [
        "sites.csv", "events.csv", "interest.csv", "office_monthly.csv", "applicants/E1.csv", "applicants/maret.csv",
        "",
    ]  # fmt: skip
    assert [done for done, _, _ in published] == list(range(7))
    assert {total for _, total, _ in published} == {6}


def test_files_of_other_kinds_are_named_and_hidden_ones_passed_over(office: OfficeWriter) -> None:
    extra = {
        "applicants/scan.pdf": "x",
        "applicants/.DS_Store": "x",
        "applicants/~$E1.xlsx": "x",
        "applicants/Thumbs.db": "x",
    }
    data = read_dataset(office(extra))
    published = data.ledger.rows.query("reason == 'unknown_file_kind'")
    assert published[["file", "status"]].to_numpy().tolist() == [["applicants/scan.pdf", "warning"]]
    assert data.ledger.by_file.set_index("file").loc["applicants/scan.pdf", "read"] == 0


ROWS = "01/02/2025,Samarinda Ulu\n01/02/2025,Tenggarong\n"


def test_an_office_that_never_held_an_event_needs_no_lists(office: OfficeWriter) -> None:
    planned = EVENTS + "E1,MALL,01/02/2025,planned\n"
    lists = {"applicants/E1.csv": None, "applicants/maret.csv": None}
    data = read_dataset(office({"events.csv": planned, **lists}))
    assert (len(data.applicants), len(data.counts), len(data.outside)) == (0, 0, 0)
    assert data.as_of == dt.date(2025, 3, 11)
    nothing = office({"events.csv": planned, **lists, "interest.csv": None, "office_monthly.csv": None}, name="nothing")
    assert faults(nothing) == [("applicants", "", "no_data")]
    held = office({**lists}, name="held")
    assert faults(held) == [("applicants/", "", "no_lists")]


def test_lists_of_letters_do_not_stand_for_applicants_that_lie_elsewhere(office: OfficeWriter, tmp_path: Path) -> None:
    asked = "nik,kecamatan\n,Tenggarong\n"
    folder = office({"applicants/E1.csv": None, "applicants/maret.csv": None, "requests/daftar.csv": asked})
    (folder / "counts.csv").write_text("event_id,month,area_id,level,place,applicants\n")
    shutil.rmtree(folder / "applicants", ignore_errors=True)
    (tmp_path / "elsewhere").mkdir()
    (folder / "applicants").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert "counts_and_lists" not in {reason for _, _, reason in faults(folder)}
    (folder / "counts.csv").unlink()
    assert ("applicants/", "", "no_lists") in faults(folder)


def test_where_every_row_was_set_apart_the_reasons_stand_beside_the_fault(office: OfficeWriter) -> None:
    events = EVENTS + "E1,MALL,01/02/2025,held\n"
    lists = {"applicants/E1.csv": None, "applicants/maret.csv": None, "applicants/mal.csv": "tgl,kecamatan\n" + ROWS}
    nothing = office({"events.csv": events, **lists, "interest.csv": None, "office_monthly.csv": None})
    assert sorted(faults(nothing)) == [
        ("applicants", "", "no_data"),
        *[("applicants/mal.csv", "event_id", "unknown_event")] * ROWS.count("\n"),
        ("events.csv", "event_id", "event_without_applicants"),
    ]


def test_the_sample_reads_and_says_that_it_is_synthetic() -> None:
    data = load_sample()
    assert data.settings.synthetic
    counted = data.ledger.by_file
    parts = counted[["matched", "review", "rejected", "duplicate", "skipped"]].sum(axis=1)
    assert counted["read"].equals(parts)


def test_a_retired_setting_stops_nobody_and_is_named_once(office):
    text = '[office]\nname = "Kantor"\nsynthetic = true\n[need]\ndisplacement_at_zero = 0.5\n'
    published = read_dataset(office({"outreach.toml": text})).ledger
    named = published.rows[published.rows["reason"] == "retired_setting"]
    assert named[["file", "column", "status"]].values.tolist() == [
        ["outreach.toml", "need.displacement_at_zero", "warning"]
    ]
    plain = read_dataset(office(name="plain")).ledger
    pd.testing.assert_frame_equal(published.by_file, plain.by_file)
