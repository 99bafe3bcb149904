"""Fuzzers with a fixed budget and seed: spellings of numbers, damaged files of an office, damaged caches."""

from __future__ import annotations

import random
import shutil
import string
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from outreach_analysis.cli.commands import app
from outreach_analysis.contracts import ContractError
from outreach_analysis.files import CacheWarning, bundled_data, keep
from outreach_analysis.geography.travel_server import Moved, Table, _store, _stored
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.masking import MASK, mask_identifiers
from outreach_analysis.models.backtest import load_tables, store_tables
from outreach_analysis.office_logs import PUBLISHED_FILE, published_origins

pytestmark = pytest.mark.slow
BETWEEN = [" ", "-", ".", "/", "_", "*", "\u200b", "\u2013", "\u00a0", "x", ")", "(", ":", "~", "\u2060", "\ufe0f"]
SCRIPTS = [0x30, 0xFF10, 0x0660, 0x06F0, 0x0966]
DATASETS, SPELLINGS, FLIPS, FIRST = 150, 20_000, 3_000, 80


def spelled(number: str, rng: random.Random) -> str:
    between = rng.choices(BETWEEN, k=rng.randrange(1, 3))
    often, script = rng.choice([0.0, 0.3, 1.0]), rng.choice(SCRIPTS)
    letters = []
    for digit in number:
        letters.append(chr(script + int(digit)))
        if rng.random() < often:
            letters += between
    return "".join(letters).rstrip("".join(BETWEEN))


def test_no_spelling_of_a_number_gets_through():
    rng = random.Random(1)
    for _ in range(SPELLINGS):
        number = rng.choice(["08", "628"]) + "".join(rng.choices(string.digits, k=rng.randrange(9, 11)))
        if rng.random() < 0.5:
            number = f"6472{rng.randrange(1, 29):02d}{rng.randrange(41, 71):02d}0190{rng.randrange(1, 9999):04d}"
        text = f"Kantor {spelled(number, rng)}, Tenggarong"
        masked = mask_identifiers(text)
        assert masked == f"Kantor {MASK}, Tenggarong", ascii(text)


@pytest.fixture
def small_office(tmp_path: Path) -> Path:
    """The sample with two of its lists, a workbook among them, and the first rows of its tables: what is damaged is
    near a header more often, and read in a third of the time."""
    folder = tmp_path / "office"
    shutil.copytree(bundled_data("sample"), folder)
    lists = sorted((folder / "applicants").iterdir())
    for path in [path for path in lists if path.suffix == ".csv"][1:]:
        path.unlink()
    for path in folder.glob("*.csv"):
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:FIRST]))
    return folder


def test_damaged_files_are_faults_and_nothing_else(small_office):
    """Bytes changed, doubled, cut and moved in every file of a folder: a dataset or a fault by name, and no canary."""
    rng = random.Random(2)
    files = sorted(
        path for path in small_office.rglob("*") if path.is_file() and path.suffix in (".csv", ".toml", ".xlsx")
    )
    for _ in range(DATASETS):
        path = rng.choice(files)
        whole = path.read_bytes()
        broken = bytearray(whole)
        for _ in range(rng.randrange(1, 8)):
            at = rng.randrange(len(broken))
            change = rng.randrange(4)
            if change == 0:
                broken[at] = rng.randrange(256)
            elif change == 1:
                broken[at:at] = rng.choice(
                    [b"\x00", b'"', b";" * 50, b"\r", b"\xff\xfe", b"=1+1", broken[at : at + 200]]
                )
            elif change == 2:
                del broken[at : at + rng.randrange(1, 60)]
            else:
                broken = broken[: max(at, 1)]
        path.write_bytes(broken)
        try:
            read = read_dataset(small_office)
            counted = read.ledger.by_file
            parts = counted[["matched", "review", "rejected", "duplicate", "skipped"]].sum(axis=1)
            assert (counted["read"] == parts).all()
        except ContractError:
            pass
        finally:
            path.write_bytes(whole)


def test_no_flip_of_a_kept_answer_is_believed(tmp_path):
    rng = random.Random(3)
    numbers = np.random.default_rng(3)
    table = Table(numbers.uniform(0, 90, (4, 3)), numbers.uniform(0, 90, (4, 3)))
    path = tmp_path / "a.bin"
    _store(path, table, Moved(np.zeros(4), np.zeros(3)))
    whole = path.read_bytes()
    assert np.array_equal(_stored(path, (4, 3))[0].km, table.km)
    assert _stored(path, (2, 2)) is None
    for _ in range(FLIPS):
        broken = bytearray(whole)
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        with pytest.warns(CacheWarning):
            assert _stored(path, (4, 3)) is None
    # a whole file of something else is no answer either
    keep(path, np.array([-1.0] * 31).tobytes())
    assert _stored(path, (4, 3)) is None


def damaged(whole: bytes, rng: random.Random) -> bytes:
    """A file with a bit turned, its end cut off, bytes put in or a stretch of it blank."""
    broken, at = bytearray(whole), rng.randrange(len(whole))
    change = rng.randrange(6)
    if change == 0:
        del broken[at:]
    elif change == 1:
        broken[at:at] = rng.randbytes(rng.randrange(1, 9))
    elif change == 2:
        broken[at : at + 512] = bytes(min(512, len(whole) - at))
    else:
        broken[at] ^= 1 << rng.randrange(8)
    return bytes(broken)


def test_no_damage_of_a_kept_back_test_is_believed(tmp_path):
    rng = random.Random(4)
    events = pd.Index([f"E{n:02d}" for n in range(30)], name="event_id")
    days = pd.date_range("2025-01-01", periods=len(events), unit="s")
    numbers = np.random.default_rng(4).uniform(0, 90, len(events))
    tables = {
        name: pd.DataFrame({"date": days, "median": numbers * n}, index=events) for n, name in ((1, "a"), (3, "b"))
    }
    store_tables(tmp_path, "key", tables)
    whole = {path: path.read_bytes() for path in sorted(tmp_path.iterdir())}
    before = load_tables(tmp_path, "key", tables)
    for _ in range(FLIPS):
        path = rng.choice(list(whole))
        broken = damaged(whole[path], rng)
        path.write_bytes(broken)
        if broken == whole[path]:
            continue
        with pytest.warns(CacheWarning, match="it is computed again"):
            assert load_tables(tmp_path, "key", tables) is None
        path.write_bytes(whole[path])
    after = load_tables(tmp_path, "key", tables)
    assert all(after[name].equals(table) for name, table in before.items())


def test_no_damage_of_what_was_published_is_believed(office):
    """Without it the next table could give away what this one left out."""
    folder, rng = office(), random.Random(5)
    assert CliRunner().invoke(app, ["origins", "--data", str(folder)]).exit_code == 0
    path = folder / PUBLISHED_FILE
    whole, before = path.read_bytes(), published_origins(folder)
    for _ in range(FLIPS):
        broken = damaged(whole, rng)
        path.write_bytes(broken)
        if broken != whole:
            with pytest.raises(ContractError, match=r"published/origins\.json: cannot be read"):
                published_origins(folder)
    path.write_bytes(whole)
    after = published_origins(folder)
    assert [one.people.equals(two.people) for one, two in zip(before, after, strict=True)] == [True]


@pytest.mark.filterwarnings("always::outreach_analysis.files.CacheWarning")
@pytest.mark.parametrize("damage", range(4))
def test_a_command_computes_again_what_was_damaged(office, tmp_path, monkeypatch, damage):
    monkeypatch.setenv("OUTREACH_CACHE", str(tmp_path / "cache"))
    folder, rng = office(), random.Random(damage)
    words = ["backtest", "--data", str(folder), "--format", "csv"]
    first = CliRunner().invoke(app, words)
    assert first.exit_code == 0, first.output
    kept = {path: path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()}
    handed_in = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert kept
    for path, whole in kept.items():
        path.write_bytes(damaged(whole, rng))
    again = CliRunner().invoke(app, words)
    assert again.stderr.count("what was kept there is damaged; it is computed again") == 1
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    assert {path: path.read_bytes() for path in kept} == kept
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == handed_in
