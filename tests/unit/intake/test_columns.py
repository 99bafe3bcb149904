from __future__ import annotations

import pytest

from outreach_analysis.geocoding.parsing import plain_header
from outreach_analysis.intake.headers import (
    APPLICANTS,
    EVENTS,
    IGNORE,
    INTEREST,
    OFFICE_MONTHLY,
    SITES,
    SPECS,
    TableSpec,
    did_you_mean,
    map_headers,
)


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Tgl Permohonan", "service_date"),
        ("TANGGAL LAYANAN", "service_date"),
        ("Tanggal", "service_date"),
        ("Kab/Kota", "kabupaten"),
        ("Kabupaten", "kabupaten"),
        ("Kab. / Kota", "kabupaten"),
        ("Kecamatan *", "kecamatan"),
        ("Kelurahan/Desa", "desa"),
        ("Desa / Kelurahan", "desa"),
        ("Alamat", "address"),
        ("Alamat\nLengkap", "address"),
        ("No. KTP", "nik"),
        ("NIK", "nik"),
        ("No. KTP/NIK", "nik"),
        ("NIK (16 digit)", "nik"),
        ("Nama", "name"),
        ("No HP", "phone"),
        ("Telp.", "phone"),
        ("Jenis Paspor", "passport_type"),
        ("Jenis Permohonan", "application"),
        ("Tahu dari", "channel"),
        ("Sumber Informasi", "channel"),
        ("Kode Kegiatan", "event_id"),
        ("service_date", "service_date"),
        ("Service Date", "service_date"),
        ("area_code", "area_code"),
        ("Alamat KTP", None),
        ("Keterangan", None),
        ("No", None),
    ],
)
def test_usual_headers_of_applicants(header: str, column: str | None) -> None:
    assert dict(map_headers([header], APPLICANTS).positions) == ({} if column is None else {column: 0})


@pytest.mark.parametrize(
    ("spec", "header", "column"),
    [
        (SITES, "Nama Lokasi", "name"),
        (SITES, "Bujur", "lon"),
        (SITES, "Lintang", "lat"),
        (SITES, "Wilayah", "area"),
        (EVENTS, "Tgl Kegiatan", "date"),
        (EVENTS, "Kode Lokasi", "site_id"),
        (INTEREST, "Jumlah Peminat", "people"),
        (INTEREST, "No WA", "phone"),
        (INTEREST, "Stempel Waktu", "date"),
        (OFFICE_MONTHLY, "Bulan", "month"),
        (OFFICE_MONTHLY, "Jml Pemohon", "applicants"),
    ],
)
def test_usual_headers_of_other_tables(spec: TableSpec, header: str, column: str) -> None:
    assert column in map_headers([header], spec).positions


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.table.name)
def test_every_usual_header_is_written_plainly_and_means_one_column(spec: TableSpec) -> None:
    listed = [form for forms in spec.forms.values() for form in forms]
    assert [form for form in listed if plain_header(form) != form] == []
    assert sorted({form for form in listed if listed.count(form) > 1}) == []
    own = {plain_header(column): column for column in spec.columns}
    clashes = [form for column, forms in spec.forms.items() for form in forms if own.get(form, column) != column]
    assert clashes == []


def test_settings_add_headers_win_over_usual_ones_and_switch_off() -> None:
    headers = ["Hari-H", "Tanggal", "Kec", "Kota"]
    found = map_headers(headers, APPLICANTS, extra={"hari h": "service_date", "KOTA": "ignore"})
    assert dict(found.positions) == {"service_date": 0, "kecamatan": 2}
    assert found.duplicates == ()
    assert [how for _, _, how in found.taken] == ["settings", "ignored", "usual", "ignored"]


@pytest.mark.parametrize("value", IGNORE)
def test_every_way_to_ignore_a_header(value: str) -> None:
    assert dict(map_headers(["Kecamatan"], APPLICANTS, extra={"Kecamatan": value}).positions) == {}


def test_settings_of_another_table_do_not_disturb() -> None:
    found = map_headers(["Tempat", "Tanggal", "Kec"], APPLICANTS, extra={"Tempat": "site_id"})
    assert found.is_complete
    assert found.taken[0] == ("Tempat", "", "ignored")


def test_two_phones_are_no_clash_but_two_dates_are() -> None:
    found = map_headers(["No HP", "No WA", "Tanggal", "Tgl", "Nama", "Nama Lengkap"], APPLICANTS)
    assert found.duplicates == ("service_date",)
    assert found.names == (4, 5)


def test_what_is_missing_is_grouped() -> None:
    assert map_headers(["Nama"], APPLICANTS).missing == tuple(APPLICANTS.required)
    assert map_headers(["Tanggal", "Kode Wilayah"], APPLICANTS).is_complete


def test_no_suggestion_where_nothing_comes_near() -> None:
    assert did_you_mean(["service_date"], ["Nama", "x", "", "6472031201900001"], APPLICANTS) == ""
    assert did_you_mean(["kecamatan"], ["Kecamattan", "Nama"], APPLICANTS) == "Kecamattan"


FORM = {
    "Timestamp": ("date", "usual"),
    "Email Address": ("email", "usual"),
    "Nama lengkap Bapak/Ibu sesuai KTP": ("name", "question"),
    "Nomor HP/WhatsApp yang bisa dihubungi": ("phone", "question"),
    "Di kecamatan mana tempat tinggal Bapak/Ibu?": ("kecamatan", "question"),
    "Berapa jumlah orang yang ingin membuat paspor?": ("people", "question"),
    "Tanggal lahir Anda": ("birth", "question"),
    "Kapan tanggal yang Anda inginkan untuk datang?": ("", "ignored"),
    "Apakah Anda bersedia datang ke kegiatan ini?": ("", "ignored"),
}


def test_questions_of_a_form_are_taken_for_what_they_ask() -> None:
    found = map_headers(list(FORM), INTEREST)
    assert {header: (column, how) for header, column, how in found.taken} == FORM
    assert found.is_complete


def test_questions_without_a_time_stamp_stay_unknown() -> None:
    headers = ["Tanggal", "Di kecamatan mana tempat tinggal Bapak/Ibu?", "No HP"]
    assert dict(map_headers(headers, INTEREST).positions) == {"date": 0, "phone": 2}


@pytest.mark.parametrize(
    ("questions", "columns"),
    [
        (["Kecamatan tempat tinggal Anda", "Kecamatan tujuan Anda nanti"], set()),
        (["Kecamatan", "Kecamatan mana yang Anda usulkan?"], {"kecamatan"}),
        (["Alamat lengkap, beserta desa dan kecamatan"], {"address"}),
        (["Desa dan kecamatan tempat tinggal"], set()),
        (["Alamat sesuai KTP Anda"], {"address"}),
    ],
)
def test_a_question_that_could_be_two_columns_is_none(questions: list[str], columns: set[str]) -> None:
    found = map_headers(["Stempel waktu", *questions], INTEREST)
    assert set(found.positions) - {"date"} == columns
    assert found.duplicates == ()


def test_settings_win_over_questions() -> None:
    question = "Di kecamatan mana Anda tinggal?"
    off = map_headers(["Timestamp", question], INTEREST, extra={question: "ignore"})
    assert dict(off.positions) == {"date": 0}
