"""What the office reads is said as an official says it: no phrase that was corrected comes back, in any text."""

from __future__ import annotations

import html
import io
import json
import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import outreach_analysis

PACKAGE = Path(outreach_analysis.__file__).parent
CATALOGUE = PACKAGE / "report" / "id" / "LC_MESSAGES" / "outreach.po"
PROJECT = Path(__file__).parents[2]

READ_WRONGLY = {
    "a good number of people": r"jumlah orang baik|perkiraan baik",
    "most others": r"sebagian besar lainnya",
    "an exemption as a need": r"tidak memerlukan syarat",
    "within, but not within": r"tinggal dalam jarak [^.;]*tetapi lebih dari",
    "uncertain choice": r"kurang pasti|hampir sama baik",
    "percent of draws": r"hitungan ulang|\d\s?%\s+simulasi|\{\w+\} simulasi dengan",
    "chosen because the need is largest": r"dipilih karena jumlah kebutuhan",
    "reached there": r"lebih banyak orang dapat dijangkau di sana|menjadi lebih dari \d+, lebih banyak",
    "decimal hours": r"\d,\d jam\b|sekali jalan \(jam\)",
    "cost known for some": r"baru diketahui untuk",
    "of among": r"\bdari \S+ di antara (?:\d|\{)",
    "visits as service": r"tanpa jemput bola[^.;]*hanya \S+%",
    "people in need": r"membutuhkan paspor",
    "rows that wait": r"baris menunggu kepastian",
    "kecamatan without": r"kecamatan belum punya pemohon",
    "proof": r"terbukti dengan perhitungan",
    "joint result": r"hasil bersamanya",
    "places as far": r"[Dd]i antara lokasi sejauh itu",
    "lightest step": r"[Ll]angkah paling ringan",
    "a person counts": r"[Ss]atu orang di seperlima",
    "'tinggal' as 'left'": r"tinggal separuhnya",
    "a score and guessing": r"selisih \(CRPS\)|sekadar menebak|\(CRPS\)",
    "if the range is right": r"[Bb]ila rentangnya tepat|seharusnya sekitar",
    "a third of the areas": r"[Dd]i sepertiga daerah",
    "a share that changed": r"saat semua paspor menjadi elektronik, (?:bagian|porsi)",
    "come to the office": r"Dari 100 pemohon",
    "fewer residents who come": r"[Bb]erkurangnya warga",
    "beyond chance": r"melebihi kebetulan",
    "that it is an assumption": r"\bBahwa \w+nya sama",
    "cannot be said": r"(?:belum|tidak) dapat dikatakan",
    "the name of a file for a gap": r"office_monthly\.csv dengan",
    "room for none": r"hanya cukup untuk 0\b",
    "facts": r"\bfakta, dikutip|[Aa]ngka dan kode pemerintah",
    "a status of the program": r'"held"|“held”, lalu',
    "small children": r"anak kecil|lanjut usia",
    "old headings": r"Coba sendiri|Apakah berhasil|[Ss]eberapa yakin|Mutu data|^Istilah$",
    # one term a thing
    "to arrange a passport": r"mengurus paspor",
    "first passport": r"paspor pertama",
    "office figures": r"\bangka kantor\b",
    "UKK": r"unit kerjanya|cabangnya",
    "MPP": r"gerainya|mal pelayanan publik",
    "places of the past": r"lokasi yang lalu|(?:layanan|kegiatan|jemput bola|prakiraan|keputusan) (?:yang )?lalu\b",
    "forecast": r"[Pp]rakiraan",
    "share": r"^Bagian\b|\b[Bb]agian dari semua\b",
}
PLAIN_ENGLISH = {
    "a way that takes": r"team's way|way of the team",
    "to reckon": r"reckon",
    "legal borders": r"legal boundar",
    "to hang on": r"\bhangs? (?:little )?on\b",
    "guessing": r"guessing|'as at the other",
    "percent of draws": r"\d\s?% of the draws",
    "one of many": r"(?<![\d.,–/-])1 (?:pop-ups|people|places|days|kinds|plans|answers|months|visits|events|letters)\b",
}
HYPHEN_MINUS = re.compile(r"(?<![\w.,/:–-])-\d(?![\d-]*-\d{2})")
"""A hyphen before a number; a day such as 2026-11-24 has its hyphens inside."""
CODE = re.compile(r"<(script|style|code|pre)\b.*?</\1>|<[^>]*>", re.S)


def found(patterns: dict[str, str], texts: list[str]) -> list[tuple[str, str]]:
    return [(name, text) for name, pattern in patterns.items() for text in texts if re.search(pattern, text, re.M)]


def shown(page: str) -> list[str]:
    """What is read or heard on a page, tag by tag."""
    heard = re.findall(r'\b(?:aria-label|title|alt|data-label)="([^"]*)"', page)
    seen = CODE.sub("\n", page).splitlines()
    return [html.unescape(" ".join(text.split())) for text in (*heard, *seen) if text.strip()]


def catalogue() -> list[tuple[str, str]]:
    return [(str(m.id), str(m.string)) for m in read_po(io.BytesIO(CATALOGUE.read_bytes()), locale="id") if m.id]


def templates() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((PACKAGE / "report" / "templates").glob("*.j2"))]


def test_no_translation_or_letter_says_it_as_before() -> None:
    sources = [tomllib.loads(path.read_text("utf-8")) for path in (PROJECT / "data" / "reference").rglob("*.toml")]
    told = [text for source in sources for name, text in source.items() if name.endswith("_id")]
    assert len(told) > 5
    assert found(READ_WRONGLY, [*(text for _, text in catalogue()), *templates(), *told]) == []


def test_no_english_source_text_or_notebook_is_crooked() -> None:
    cells = [
        "".join(cell["source"])
        for path in sorted((PROJECT / "notebooks").glob("*.ipynb"))
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "markdown"
    ]
    assert len(cells) > 30
    assert found(PLAIN_ENGLISH, [*(source for source, _ in catalogue()), *cells]) == []


@pytest.mark.parametrize(("lang", "patterns"), [("id", READ_WRONGLY), ("en", PLAIN_ENGLISH)])
def test_no_page_says_it_as_before(reports: dict[str, Path], lang: str, patterns: dict[str, str]) -> None:
    texts = shown(reports[lang].read_text(encoding="utf-8"))
    assert len(texts) > 1000
    assert found(patterns, texts) == []
    assert [text for text in texts if HYPHEN_MINUS.search(text)] == []


def test_what_stands_on_the_page_is_the_better_form(reports: dict[str, Path]) -> None:
    """Each a part of a corrected sentence whose section is on the page of the sample."""
    page = " ".join(shown(reports["id"].read_text(encoding="utf-8")))
    better = (
        r"Perkiraan jumlah pemohon (?:cukup |kurang )?dapat diandalkan: \d+ dari \d+ kegiatan sebelumnya sesuai",
        r"tetap mengajukan permohonan di kantor",
        r"syarat lebih dari 20 .{0,200}peminat .{0,20}hanya berlaku untuk kantor kecamatan dan balai desa",
        r"penduduk dalam radius 30 km dari lokasi ini belum memiliki Kanim, UKK, atau gerai MPP dalam radius 30 km",
        r"waktu tempuh tim: sekitar \d+ jam",
        r"kecamatan \(dari \d+ kecamatan di .{0,90}wilayah kerja",
        r"\d+% penduduk tinggal dalam radius 30 km dari layanan tetap; \d+% lainnya hanya pernah dikunjungi",
        r"Apabila semua kecamatan terlayani sebaik kecamatan yang terlayani baik, permohonan bertambah sekitar",
        r"daerah asal pada \d+ baris masih perlu dipastikan",
        r"Belum ada pemohon jemput bola dari \d+ dari \d+ kecamatan",
        r"Perkiraan rata-rata meleset sekitar \d+ orang; tanpa model, sekitar \d+ orang\.",
        r"kegiatan sebelumnya diperkirakan hanya dari kegiatan lainnya: \d+ sesuai .{0,120}\(harapan: sekitar \d+\)",
        r"Porsi paspor elektronik (?:naik|turun) dari \d+% \(\w+ \d{4}\) menjadi \d+% \(\w+ \d{4}\)",
        r"tingkat kedatangan turun menjadi separuhnya",
        r"tidak berbeda secara berarti dari kecamatan lain",
        r"Data dan kode resmi pemerintah, dikutip dengan menyebutkan sumber",
        r"Simulasi rencana .*Tingkat keyakinan .*Kualitas data .*Daftar istilah",
    )
    assert [pattern for pattern in better if not re.search(pattern, page)] == []


def test_the_patterns_find_what_they_are_for() -> None:
    """The tests above could pass by finding nothing: here is what they must find."""
    wrong = "Perjalanan tim sekitar 2,7 jam sekali jalan, peringkat pertama dalam 25% simulasi, paspor pertama"
    assert {name for name, _ in found(READ_WRONGLY, [wrong])} == {"decimal hours", "percent of draws", "first passport"}
    assert found(READ_WRONGLY, ["lalu dipakai", "Waktu tempuh tim: sekitar 2 jam 45 menit sekali jalan"]) == []
    assert found(PLAIN_ENGLISH, ["1 pop-ups, last on 17 October"])
    assert not found(PLAIN_ENGLISH, ["21 pop-ups"])
    assert HYPHEN_MINUS.search("from -12 to 9")
    assert not HYPHEN_MINUS.search("2026-11-24, B-114/PPBH, 17-24, JB-2026-01")


def test_no_column_of_a_table_is_lost_to_a_word_that_two_share(reports: dict[str, Path]) -> None:
    """Columns stand under their headings: two headings of one translation would make one column of two."""
    heads = {
        lang: [table.count('<th scope="col"') for table in path.read_text("utf-8").split("<thead>")[1:]]
        for lang, path in reports.items()
    }
    assert len(heads["id"]) > 20
    assert heads["id"] == heads["en"]


def test_the_proposal_has_its_star_in_every_table(reports: dict[str, Path]) -> None:
    page = reports["id"].read_text(encoding="utf-8")
    place = re.search(r'<h1 id="answer">.*?</span> (.+?) <span', page)
    assert place is not None
    cells = [
        html.unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", page, re.S)
    ]
    named = [cell for cell in cells if html.unescape(place[1]) in cell]
    assert len(named) > 20
    assert [cell for cell in named if "★" not in cell] == []
