"""Numbers of persons, addresses and accounts taken out of any text; days, amounts and codes of areas stay."""

import pytest

from outreach_analysis.masking import MASK, mask_identifiers

SPELLINGS = [
    # identity numbers
    "6472010101900001",
    "6472 0101 0190 0001",
    "64.72.01.010190.0001",
    "647201-010190-0001",
    "6472/0101/0190/0001",
    "6 4 7 2 0 1 0 1 0 1 9 0 0 0 0 1",
    "6472_0101_0190_0001",
    "6472\u200b0101\u200b0190\u200b0001",
    "6472\u200b\u200c\u200d\u2060\ufeff01010190\u00ad0001",
    "\uff16\uff14\uff17\uff12010101900001",
    "\u0666\u0664\u0667\u0662\u0660\u0661\u0660\u0661\u0660\u0661\u0669\u0660\u0660\u0660\u0660\u0661",
    "\u2076\u2074\u2077\u2072010101900001",
    "\u2465\u2463\u2466\u2461\u24ea\u2460\u24ea\u2460",
    "6\ufe0f\u20e34\ufe0f\u20e37\ufe0f\u20e32\ufe0f\u20e301010190",
    "6472O1O1O19OOOO1",
    "6472OlOlOl9OOOOl",
    "6472 O101 O190 OOO1",
    "6472010101900001.0",
    "6,472,010,101,900,001",
    "6.472.010.101.900.001",
    "6472-01-01-0190-0001",
    "1971-01-01-900001",
    # telephone numbers
    "081234567890",
    "0812-3456-7890",
    "0812 - 3456 - 7890",
    "0812\u20133456\u20137890",
    "0812\u00a03456\u00a07890",
    "0812_3456_7890",
    "0812.345.678.90",
    "081.234.567.890",
    "812.345.678.901",
    "628.123.456.789",
    "+6281234567890",
    "+62 (812) 3456.789",
    "(0812) 3456-7890",
    "62-812-3456-7890",
    "0812x3456x7890",
    "0812**3456**7890",
    "0812 / 3456 / 7890",
    "0812\n3456\n7890",
    "0812\u202f3456\u202f7890",
    "O812 3456 789O",
    "08l2-3456-7890",
    "08I2-3456-7890",
    "0541 7322110",
    "O123456",
    "I1234567",
    "0812 2026 1234",
    "0-8-1-2-3-4-5-6-7-8-9-0",
    "0 . 8 . 1 . 2 . 3 . 4 . 5 . 6 . 7",
    # passport numbers
    "C1234567",
    "X 123456",
    "c1234567",
    "C-1234567",
    "C 123 4567",
    "C.1234.567",
    "XE123456",
    "XE 123-456",
    "X\u200b1234567",
    # addresses and accounts
    "siti.nur@contoh.co.id",
    "siti_nur+1@contoh.id",
    "siti @ contoh.id",
    "siti(at)contoh.id",
    "siti [at] contoh [dot] id",
    "siti\uff20contoh.id",
    "@siti_nur",
    "@siti.nur99",
]
KEPT = [
    "2026-01-15",
    "2026/01/15",
    "15/01/2026",
    "15-01-2026",
    "15.01.2026",
    "2026-19-04",
    "04/19/2026",
    "4.19.2026",
    "5/1/26",
    "20260115",
    "15012026",
    "KEC_15012026.csv",
    "2026-01-15 10:30:00",
    "2026-01-15T10:30:00+08:00",
    "15/01/2026 10.30.15",
    "24 Januari 2026",
    "2026-01-15 - 2026-01-20",
    "2026-01-15/2026-01-20",
    "2026-01-15–2026-01-20",
    "15/01/2026-20/01/2026",
    "15-01-2026/20-01-2026",
    "15.01.2026 - 20.01.2026",
    "20260115-20260120",
    "2026-01/2026-03",
    "2026-01-15T08:00:00/2026-01-15T16:00:00",
    "15/01/2026 s.d. 20/01/2026",
    "IMG_20260115_101530",
    "JB-2026-01-15",
    "JB-2026-01-15-001",
    "E1-2026-01-15",
    "E1-15-01-2026",
    "JB-2026-11",
    "JB-2026-001",
    "JB-2026-0001",
    "JB202601",
    "E20260115-02",
    "Rp 1.250.000.000",
    "Rp350.000",
    "Rp 812.345.678.901",
    "Rp 12500000",
    "IDR 1,500,000",
    "1.250.000.000",
    "1,279",
    "12,345,678",
    "1,279, 1,300, 2,041",
    "64.72.03.1001",
    "64.72.03",
    "Jl. Damai RT 12 No. 7",
    "RT 003/004",
    "RT 03 RW 04 No. 12",
    "Kode Pos 75123",
    "Km 12",
    "Blok C12",
    "6 Des 2025",
    "6/12/2026",
    "06.12.2026",
    "2026-12-06T08:00",
    "31/12/2025 23:59:59",
    "1 Januari 2026 s.d. 3 Januari 2026",
    "2025-02-01 s.d. 2025-02-03",
    "17-08-2026",
    "08-17",
    "Sabtu, 20 Desember 2025",
    "Feb 2025",
    "Rp 2.500.000",
    "Rp2.500.000,00",
    "Rp. 75.000.000",
    "IDR 12,500,000",
    "12.000.000",
    "350,000",
    "1.279.000",
    "Rp 0",
    "tahun 2025 dan 2026",
    "",
    "Desa 4 Juli",
    "lolo oloi",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("text", ["{}", "Budi, {}, Tenggarong", "daftar {}.csv", "Lokasi {} (Kukar)"])
def test_numbers_of_persons_are_taken_out(spelling, text):
    masked = mask_identifiers(text.format(spelling))
    assert MASK in masked
    left = masked.replace(MASK, "")
    assert sum(map(str.isdigit, left)) <= 1
    assert "siti" not in left
    assert mask_identifiers(masked) == masked


@pytest.mark.parametrize("text", KEPT)
def test_days_amounts_and_codes_stay(text):
    assert mask_identifiers(text) == text
    assert mask_identifiers(f"Mal ({text}), baru") == f"Mal ({text}), baru"


def test_a_day_beside_a_number_of_a_person_stays():
    assert mask_identifiers("2026-01-15, 0812-3456-7890") == f"2026-01-15, {MASK}"
    assert mask_identifiers("Rp 1.250.000, hp 081234567890") == f"Rp 1.250.000, hp {MASK}"


@pytest.mark.parametrize(
    "text", ["host=x password=rahasia user=y", "https://a:b@host/x", "a b@c.id, 字@xK 0812 3456 7890"]
)
def test_what_was_masked_is_masked_once(text):
    masked = mask_identifiers(text)
    assert masked != text
    assert mask_identifiers(masked) == masked
