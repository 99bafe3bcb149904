"""A million applicants from one CSV: read, checked, placed; with and without keys; and a plain reader beside it.

The peer is what an analyst would write by hand: `pandas.read_csv` as text, `to_datetime`, a check of each column
with masks, and `rapidfuzz.process.extractOne` against the names of areas row by row. It finds no places in
addresses and keeps no account of rows. Its look-ups are timed on a share of the rows and scaled.
"""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

SIZES = (100_000, 1_000_000)
PEER_ROWS = 20_000
TARGET_SECONDS, TARGET_KEYS, TARGET_GB, TARGET_SAMPLE = 4.0, 3.0, 0.6, 2.0
_HEADER = ("No", "Tgl Permohonan", "Kode Kegiatan", "Nama Pemohon", "Alamat", "Jenis Paspor", "Jenis Permohonan",
           "Tahu dari")  # fmt: skip
_FIRST = ("Siti", "Budi", "Rina", "Dewi", "Eko", "Joko", "Nur", "Wahyu", "Yuli", "Hasan", "Farida", "Lukman")
_LAST = ("Hidayat", "Utami", "Wibowo", "Anwar", "Basri", "Setiawan", "Pratama", "Effendi", "Maulana", "Rahman")


def write_folder(folder: Path, rows: int, *, niks: bool) -> None:
    """A data folder with one list: addresses of 3,000 distinct, one row in 200 with a fault, NIKs all distinct."""
    from origins import typed_origins

    from outreach_analysis.geography.areas import load_areas

    rng = np.random.default_rng(20261124)
    typed = np.array(typed_origins(pd.DataFrame(load_areas("all").drop(columns="geometry")), rng), dtype=object)
    days = pd.date_range("2026-01-01", "2026-06-30").strftime("%d/%m/%Y").to_numpy(dtype=object)
    faults = rng.random(rows) < 0.005
    name = [
        f"{_FIRST[a]} {_LAST[b]}" for a, b in zip(rng.integers(12, size=rows), rng.integers(10, size=rows), strict=True)
    ]
    columns = [
        range(1, rows + 1),
        np.where(faults, "31/02/2026", rng.choice(days, rows)),
        rng.choice(np.array(["JB-1", "JB-2", "OFFICE"], dtype=object), rows),
        name,
        rng.choice(typed, rows),
        rng.choice(np.array(["E-Paspor", "Paspor Biasa", "Paspor Biasa Elektronik"], dtype=object), rows),
        rng.choice(np.array(["Baru", "Penggantian", "Rusak"], dtype=object), rows),
        rng.choice(np.array(["Instagram", "Keluarga", "Spanduk", "Radio", ""], dtype=object), rows),
    ]
    header = list(_HEADER)
    if niks:
        header.append("NIK")
        born = pd.Timestamp("1960-01-01") + pd.to_timedelta(rng.integers(0, 16_000, rows), unit="D")
        serial = np.arange(rows) % 9_999 + 1
        region = 647201 + np.arange(rows) // 9_999 % 10
        birth = pd.DatetimeIndex(born).strftime("%d%m%y")
        columns.append([f"{r}{b}{s:04d}" for r, b, s in zip(region, birth, serial, strict=True)])
    (folder / "applicants").mkdir(parents=True)
    with (folder / "applicants" / "list.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(zip(*columns, strict=True))
    sites = "site_id,name,kind,area,lon,lat\nS1,Mal,mall,64.72.09,117.14,-0.49\n"
    (folder / "sites.csv").write_text(sites, encoding="utf-8")
    events = "event_id,site_id,date,status\nJB-1,S1,01/03/2026,held\nJB-2,S1,01/04/2026,held\n"
    (folder / "events.csv").write_text(events, encoding="utf-8")
    settings = '[office]\nname = "Kantor"\n[dates]\nas_of = 2026-11-22\n[areas]\nreference = "kaltim"\n'
    (folder / "outreach.toml").write_text(settings, encoding="utf-8")


def _read(folder: str) -> dict[str, float]:
    """Read one folder in this process: seconds, CPU seconds, peak memory, rows kept."""
    from outreach_analysis.intake.dataset import read_dataset

    wall, cpu = time.perf_counter(), time.process_time()
    data = read_dataset(folder)
    return {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "rows": len(data.applicants),
        "placed": float(data.applicants["area_id"].notna().mean()),
    }


def _peer(folder: str) -> dict[str, float]:
    """The same list by hand, look-ups of `PEER_ROWS` scaled to all."""
    from rapidfuzz import process

    from outreach_analysis.geography.areas import load_areas

    wall, cpu = time.perf_counter(), time.process_time()
    names = load_areas("all")["name"].tolist()
    rows = pd.read_csv(Path(folder) / "applicants" / "list.csv", dtype="str", keep_default_na=False)
    days = pd.to_datetime(rows["Tgl Permohonan"], format="%d/%m/%Y", errors="coerce")
    good = days.notna() & rows["Kode Kegiatan"].isin(["JB-1", "JB-2", "OFFICE"]) & (rows["Alamat"] != "")
    read_wall, read_cpu = time.perf_counter() - wall, time.process_time() - cpu
    wall, cpu = time.perf_counter(), time.process_time()
    for address in rows["Alamat"].head(PEER_ROWS):
        process.extractOne(address, names)
    scale = len(rows) / min(PEER_ROWS, len(rows))
    return {
        "wall": read_wall + (time.perf_counter() - wall) * scale,
        "cpu": read_cpu + (time.process_time() - cpu) * scale,
        "rows": int(good.sum()),
        "read": read_cpu,
    }


def _in_child(task: str, folder: Path | str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, task, str(folder)], check=True, capture_output=True, text=True, cwd=Path.cwd()
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Print wall and CPU seconds and peak memory of each case beside the targets."""
    from outreach_analysis.files import bundled_data

    sample = _in_child("read", bundled_data("sample"))
    print(f"sample       {sample['rows']:>9,.0f} rows: {sample['wall']:6.2f} s, CPU {sample['cpu']:6.2f} s "
          f"(target < {TARGET_SAMPLE:g})")  # fmt: skip
    cpu: dict[tuple[bool, int], float] = {}
    missed = False
    for niks in (False, True):
        for size in SIZES:
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place) / "data"
                write_folder(folder, size, niks=niks)
                found = _in_child("read", folder)
                cpu[niks, size] = found["cpu"]
                missed |= size == SIZES[-1] and (
                    found["wall"] > TARGET_SECONDS + niks * TARGET_KEYS or found["gb"] > TARGET_GB
                )
                case = "with keys" if niks else "no keys"
                print(f"{case:<12} {size:>9,} rows: {found['wall']:6.2f} s, "
                      f"CPU {found['cpu']:6.2f} s, peak {found['gb']:.2f} GB; {found['rows']:,.0f} count, "
                      f"{found['placed']:.1%} placed")  # fmt: skip
                if size == SIZES[-1] and not niks:
                    peer = _in_child("peer", folder)
                    print(f"peer         {size:>9,} rows: {peer['wall']:6.0f} s, of which reading and masks CPU "
                          f"{peer['read']:.2f} s; look-ups scaled from {PEER_ROWS:,}")  # fmt: skip
    small, large = SIZES
    print(f"targets: {large:,} rows <= {TARGET_SECONDS:g} s, keys <= {TARGET_KEYS:g} s more, <= {TARGET_GB:g} GB"
          f"{': MISSED' if missed else ''}")  # fmt: skip
    print(f"keys add {cpu[True, large] - cpu[False, large]:.2f} s CPU; ten times the rows take "
          f"{cpu[False, large] / cpu[False, small]:.1f} times the CPU")  # fmt: skip


if __name__ == "__main__":
    if len(sys.argv) == 3:
        result = {"read": _read, "peer": _peer}[sys.argv[1]](sys.argv[2])
        result["gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(json.dumps(result))
    else:
        main()
