"""Another office in a minute: a folder for the five kabupaten of DI Yogyakarta, made from public facts.

    python docs/examples/yogyakarta.py my-office && outreach report --data my-office

Public facts: BPS codes and the residents of the census of 2020 (3,668,719 in all; BPS Provinsi D.I. Yogyakarta, Hasil
Sensus Penduduk 2020, Berita Resmi Statistik No. 08/01/34/Th. XXIII, 21 January 2021); the seats' coordinates are read
off a map, to about a kilometre. Everything else (places, events, applicants) is INVENTED, and the settings say so.

The codes have no dots and say nothing of which area lies in which: the table's `parent_id` does. With two levels the
deeper one is taken for the level of the analysis.
"""

from __future__ import annotations

import csv
import random
import sys
from pathlib import Path

RESIDENTS_2020 = {"3401": 436_395, "3402": 985_770, "3403": 747_161, "3404": 1_125_804, "3471": 373_589}
NAMES = {"3401": "Kulon Progo", "3402": "Bantul", "3403": "Gunungkidul", "3404": "Sleman", "3471": "Yogyakarta"}
SEATS = {
    "3401": (110.158, -7.858),
    "3402": (110.328, -7.888),
    "3403": (110.601, -7.965),
    "3404": (110.355, -7.716),
    "3471": (110.367, -7.797),
}
SETTINGS = """\
[office]
name = "Kantor Imigrasi Contoh (D.I. Yogyakarta)"
synthetic = true

[areas]
code_system = "bps"
jurisdiction = ["3401", "3402", "3403", "3404", "3471"]
"""
SITES = [
    ("KANIM", "Kantor Imigrasi", "office", "3404", 110.427, -7.783, 100),
    ("WATES", "Alun-alun Wates", "other", "3401", 110.158, -7.858, 80),
    ("BANTUL", "Mal Bantul", "mall", "3402", 110.328, -7.888, 80),
    ("WONOSARI", "Taman Kuliner Wonosari", "other", "3403", 110.601, -7.965, 80),
    ("UMBULHARJO", "Kampus Umbulharjo", "campus", "3471", 110.386, -7.811, 80),
]
EVENTS = [("E1", "WATES", "2026-03-07"), ("E2", "WONOSARI", "2026-05-09"), ("E3", "BANTUL", "2026-08-01")]
FROM = {"E1": ("Kulon Progo", "Bantul"), "E2": ("Gunungkidul", "Yogyakarta"), "E3": ("Bantul", "Yogyakarta")}


def write(path: Path, header: list[str], rows: list[tuple[object, ...]]) -> None:
    """Write one table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def main(folder: Path) -> None:
    """Write the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "outreach.toml").write_text(SETTINGS, encoding="utf-8")
    province = ("34", "Daerah Istimewa Yogyakarta", "", sum(RESIDENTS_2020.values()), "BPS, census 2020", "", "", "34")
    areas = [
        (code, NAMES[code], "34", residents, "BPS, census 2020", *SEATS[code], code)
        for code, residents in RESIDENTS_2020.items()
    ]
    header = ["area_id", "name", "parent_id", "population", "population_source", "lon", "lat", "bps_code"]
    write(folder / "areas.csv", header, [province, *areas])
    write(folder / "sites.csv", ["site_id", "name", "kind", "area", "lon", "lat", "capacity"], list(SITES))
    write(folder / "events.csv", ["event_id", "site_id", "date", "status"], [(*event, "held") for event in EVENTS])
    invented = random.Random(1)
    for event_id, _, date in EVENTS:
        near, far = FROM[event_id]
        rows = [(date, event_id, near if invented.random() < 0.8 else far, "Paspor Elektronik") for _ in range(60)]
        write(folder / "applicants" / f"{event_id}.csv", ["service_date", "event_id", "address", "Jenis Paspor"], rows)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "yogyakarta"))
