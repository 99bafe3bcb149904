"""Counts of the office mean the same with months across as with one row an area and month, in any order and kind."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pandas as pd
from examples import tries
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.workbook import Worksheet, workbook_bytes

FILES = {
    "outreach.toml": '[office]\nname = "Kantor"\n[dates]\nas_of = 2026-12-31\n',
    "sites.csv": "site_id,name,kind,area\nM,Mal,mall,64.72.03\n",
    "events.csv": "event_id,site_id,date,status\n",
}
AREAS = ("Samarinda Ulu", "Tenggarong, Kukar", "64.02.06.1001", "Kutai Timur", "Loa Kulu", "Surabaya")
NAMES = ("Januari", "Pebruari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September", "Oktober", "Nopember",
         "Desember")  # fmt: skip
FORMS = (
    lambda month: f"2026-{month:02d}",
    lambda month: f"{month:02d}/2026",
    lambda month: f"{NAMES[month - 1]} 2026",
    lambda month: f"{NAMES[month - 1][:3]}-26",
    lambda month: f"2026 {NAMES[month - 1].upper()}",
    lambda month: f"2026-{month:02d}-01",
)
quick = settings(max_examples=tries(10, 3), deadline=None, suppress_health_check=[HealthCheck.too_slow])
counts = st.dictionaries(
    st.tuples(st.sampled_from(AREAS), st.integers(1, 12)), st.integers(0, 12_000), min_size=2, max_size=30
)


def office(table: bytes, name: str) -> Dataset:
    with tempfile.TemporaryDirectory() as folder:
        for file, text in FILES.items():
            (Path(folder) / file).write_text(text, encoding="utf-8")
        (Path(folder) / name).write_bytes(table)
        return read_dataset(folder)


def as_csv(rows: list[list[str]], delimiter: str) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode()


@quick
@given(
    counts,
    st.sampled_from(FORMS),
    st.randoms(use_true_random=False),
    st.sampled_from([",", ";", "xlsx"]),
    st.booleans(),
)
def test_long_and_wide_give_the_same(people, form, rng, kind, titles):
    months, areas = sorted({month for _, month in people}), sorted({area for area, _ in people})
    if len(months) == 1:
        months.append(months[0] % 12 + 1)
    rng.shuffle(months)
    rng.shuffle(areas)
    long = [["bulan", "kecamatan", "jumlah"]]
    long += [[f"2026-{month:02d}", area, str(n)] for (area, month), n in people.items()]
    expected = office(as_csv(long, ","), "office_monthly.csv").office_monthly
    wide = [["DATA PEMOHON KANTOR"], ["Wilayah kerja"]] if titles else []
    wide += [["No", *map(form, months), "Kecamatan", "Jumlah"]]
    for number, area in enumerate(areas, start=1):
        cells = [str(people.get((area, month), "")) for month in months]
        wide.append([str(number), *cells, area, str(sum(int(cell) for cell in cells if cell))])
    sums = [sum(people.get((area, month), 0) for area in areas) for month in months]
    wide.append(["", *map(str, sums), "Jumlah", str(sum(sums))])
    if kind == "xlsx":
        sheet = Worksheet(name="Data", rows=wide)
        found = office(workbook_bytes([sheet]), "office_monthly.xlsx")
    else:
        found = office(as_csv(wide, kind), "office_monthly.csv")
    pd.testing.assert_frame_equal(found.office_monthly, expected)
    assert found.ledger.reconciled["agrees"].all()
    lists = found.ledger.by_file[found.ledger.by_file["file"].str.startswith("office_monthly")].iloc[0]
    assert lists["read"] == len(areas) + 1
    assert lists["rejected"] == 0


def test_months_without_a_year_take_the_only_year_that_is_named():
    wide = [["Rekap pemohon tahun 2026"], ["Kecamatan", "Januari", "Maret"], ["Samarinda Ulu", "7", "9"]]
    months = office(as_csv(wide, ";"), "office_monthly.csv").office_monthly
    assert months["month"].dt.strftime("%Y-%m").tolist() == ["2026-01", "2026-03"]
    assert months["applicants"].tolist() == [7, 9]


def test_a_faulty_cell_is_told_and_the_others_count():
    wide = [["Kecamatan", "Jan 2026", "Feb 2026"], ["Samarinda Ulu", "tujuh", "9"], ["Zzyx", "1", "2"]]
    data = office(as_csv(wide, ","), "office_monthly.csv")
    assert data.office_monthly["applicants"].tolist() == [9]
    assert data.ledger.rows.set_index("row")["reason"].to_dict() == {2: "bad_number", 3: "unresolved_origin"}
    parts = data.ledger.by_file.set_index("file").loc["office_monthly.csv", ["read", "review", "rejected"]]
    assert parts.tolist() == [2, 1, 1]


def test_a_wrong_total_is_told():
    wide = [["Kecamatan", "Jan 2026", "Feb 2026"], ["Samarinda Ulu", "7", "9"], ["TOTAL", "7", "10"]]
    published = office(as_csv(wide, ","), "office_monthly.csv").ledger.reconciled
    assert published[["row", "stated", "counted", "agrees"]].to_numpy().tolist() == [[3, 17, 16, False]]
