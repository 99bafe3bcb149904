"""What was tried as an attacker would: two at once, damaged caches, full disks, numbers in names, secrets."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
import warnings
from datetime import datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from outreach_analysis import files
from outreach_analysis.cli.application import studied, written_day
from outreach_analysis.cli.commands import app
from outreach_analysis.cli.edge import tell_place
from outreach_analysis.contracts import ContractError, RequestError, failure
from outreach_analysis.files import (
    CacheWarning,
    folder_lock,
    folder_within,
    keep,
    kept,
    replace_file,
    staged_beside,
    staging_folder,
)
from outreach_analysis.geography.areas import load_areas
from outreach_analysis.intake.boundary_import import BoundaryLayout, import_boundaries
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.intake.identity import load_person_key
from outreach_analysis.masking import MASK
from outreach_analysis.office_logs import (
    changed_settings,
    last_decision,
    published_origins,
    record_event,
    saved_forecasts,
)
from outreach_analysis.settings import LARGEST_FILE, Settings
from outreach_analysis.study import Study

run = CliRunner().invoke
PHONE, NIK, MAIL = "0812-9988-7766", "6472035507950042", "siti.nur@contoh.co.id"
CANARIES = ("9988", "7766", "5507950042", "siti.nur")
ADD_ONE = """
import sys
from pathlib import Path
from outreach_analysis.files import folder_lock, replace_file
folder = Path(sys.argv[1])
for _ in range(40):
    with folder_lock(folder):
        table = folder / "decisions.csv"
        replace_file(table, table.read_text() + "one\\n")
"""


def test_of_two_that_write_at_once_nothing_is_lost(tmp_path):
    (tmp_path / "decisions.csv").write_text("")
    both = [subprocess.Popen([sys.executable, "-c", ADD_ONE, str(tmp_path)]) for _ in range(2)]
    assert [one.wait(timeout=300) for one in both] == [0, 0]
    assert (tmp_path / "decisions.csv").read_text().count("one\n") == 80
    assert [path.name for path in tmp_path.iterdir()] == ["decisions.csv"]


ROUNDS = {"decide": 40, "review": 40, "record": 12}
"""How often; each list that is added is read with all the others."""
TO_REPEAT = """
import datetime as dt
import sys
from pathlib import Path
import outreach_analysis as oa
from outreach_analysis.files import folder_lock, replace_file
from outreach_analysis.intake.dataset import read_dataset
from outreach_analysis.office_folder import take_over_decisions
from outreach_analysis.office_logs import record_decision, record_event
what, folder, own, rounds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
study = oa.open(folder)
if what == "decide":
    study.ranking
print("ready", flush=True)
sys.stdin.readline()
for n in range(rounds):
    if what == "decide":
        day = dt.date(2026, 1, 1) + dt.timedelta(days=n)
        site = ("MALL", "TGR")[own]
        record_decision(folder, study.ranking, site, reason="x", decided_on=day, rounding_base=5, seed=1)
    elif what == "record":
        given = folder.parent / f"list {own} {n}.csv"
        nik = f"647203{1 + n % 28:02d}0{1 + own}90{1 + n:04d}"
        given.write_text(f"Tanggal;Kecamatan;NIK\\n01/02/2025;Samarinda Ulu;{nik}\\n")
        record_event(folder, f"P{own}-{n}", given, settings=study.settings)
    else:
        with folder_lock(folder):
            text = f"Zzyx {'ab'[own]}{chr(97 + n // 26)}{chr(97 + n % 26)}"
            replace_file(folder / "review.csv", f"text,rows,decision\\n{text},1,64.72.02\\n")
            take_over_decisions(folder, study.dataset, decided_by="A", decided_on=dt.date(2026, 1, 1))
"""


@pytest.mark.slow
@pytest.mark.parametrize("what", ["decide", "review", "record"])
def test_of_two_processes_nothing_that_was_done_is_lost(office, what):
    """What the commands do under their lock, many times in each of two processes that begin together."""
    rounds = ROUNDS[what]
    texts = [f"Zzyx {'ab'[own]}{chr(97 + n // 26)}{chr(97 + n % 26)}" for own in (0, 1) for n in range(rounds)]
    waiting = "service_date,event_id,kecamatan\n" + "".join(f"01/02/2025,E1,{text}\n" for text in texts)
    planned = [f"P{own}-{n}" for own in (0, 1) for n in range(rounds)]
    events = "event_id,site_id,date,status\nE1,MALL,01/02/2025,held\n"
    events += "".join(
        f"{event},TGR,{1 + at % 28:02d}/{3 + at // 28:02d}/2025,planned\n" for at, event in enumerate(planned)
    )
    folder = office(
        {"applicants/E1.csv": waiting, "applicants/maret.csv": None, "events.csv": events, "interest.csv": None}
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", TO_REPEAT, what, str(folder), str(own), str(rounds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for own in (0, 1)
    ]  # fmt: skip
    assert [one.stdout.readline() for one in both] == ["ready\n"] * 2
    for one in both:
        one.stdin.write("go\n")
        one.stdin.flush()
    assert [one.wait(timeout=900) for one in both] == [0, 0]
    for one in both:
        one.stdin.close()
        one.stdout.close()
    if what == "decide":
        assert len((folder / "decisions.csv").read_text(encoding="utf-8-sig").splitlines()) == 1 + 2 * rounds
        assert len(list((folder / "decisions").glob("*.csv"))) == 2 * rounds
    elif what == "review":
        assert {line.split(",")[0] for line in (folder / "aliases.csv").read_text("utf-8-sig").splitlines()} >= set(
            texts
        )
    else:
        assert (folder / "events.csv").read_text(encoding="utf-8-sig").count(",held") == 1 + 2 * rounds
        assert {path.stem for path in (folder / "applicants").iterdir()} == {"E1", *planned}
    assert not (folder / ".outreach.lock").exists()


def test_a_lock_may_be_taken_again_by_whoever_holds_it(tmp_path):
    with folder_lock(tmp_path):
        with folder_lock(tmp_path):
            held = {path.name for path in tmp_path.iterdir()}
        assert {path.name for path in tmp_path.iterdir()} == held != set(), "the outer one still holds it"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_somebody_else_holds_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "LONGEST_WAIT_S", 0.1)
    hold = "import sys, time\nfrom pathlib import Path\nfrom outreach_analysis.files import folder_lock\n"
    hold += "with folder_lock(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(60)\n"
    with subprocess.Popen([sys.executable, "-c", hold, str(tmp_path)], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(ValueError, match="somebody else is writing"), folder_lock(tmp_path):
            pass
        other.kill()


def test_a_damaged_cache_is_never_believed(tmp_path):
    rng = random.Random(0)
    content = rng.randbytes(300)
    keep(tmp_path / "a.bin", content)
    whole = (tmp_path / "a.bin").read_bytes()
    assert kept(tmp_path / "a.bin") == content
    for _ in range(300):
        broken = bytearray(whole)
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        (tmp_path / "a.bin").write_bytes(broken[: rng.choice([len(broken), rng.randrange(len(broken))])])
        with pytest.warns(CacheWarning):
            assert kept(tmp_path / "a.bin") is None
    assert kept(tmp_path / "none.bin") is None


def test_a_cache_that_is_full_or_no_folder_is_gone_without(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(CacheWarning, match="nothing can be kept there"):
        keep(tmp_path / "file" / "a.bin", b"x")


@pytest.mark.skipif(os.name == "nt", reason="rights of POSIX")
def test_who_may_read_a_file_the_machine_says_or_nobody(tmp_path):
    before = os.umask(0o027)
    try:
        replace_file(tmp_path / "report.html", "a")
        replace_file(tmp_path / "review.csv", "a", private=True)
    finally:
        os.umask(before)
    assert oct((tmp_path / "report.html").stat().st_mode & 0o777) == oct(0o640)
    assert oct((tmp_path / "review.csv").stat().st_mode & 0o777) == oct(0o600)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_write_that_fails_says_where_and_leaves_nothing(tmp_path, monkeypatch, code):
    def refuse(*_: object) -> int:
        raise OSError(code, os.strerror(code), "hidden.part")

    monkeypatch.setattr(files.os, "open", refuse)
    with pytest.raises(OSError, match=os.strerror(code)) as error:
        replace_file(tmp_path / "a.csv", "x")
    said = tell_place(error.value)
    assert said.startswith(f"{tmp_path}/a.csv cannot be written or read: {os.strerror(code)}; ")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_or_device_where_a_file_should_be_is_not_replaced(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(OSError, match="it is a folder or a device"):
        replace_file(tmp_path / "a.csv", "x")


def test_what_killed_runs_staged_is_removed_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(files.tempfile, "tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(timeout=60)
    here, elsewhere = files._MACHINE, "0badcafe"
    dead = [
        tmp_path / f"outreach-count-{here}-{ended.pid}-x",
        tmp_path / f".kantor [1]-{here}-{ended.pid}-x",
        tmp_path / f".a.csv.{here}-{ended.pid}-x.part",
    ]
    alive = [tmp_path / f"outreach-count-{here}-{os.getpid()}-x", tmp_path / f".a.csv.{elsewhere}-{ended.pid}-x.part"]
    for path in (*dead, *alive):
        path.mkdir() if path.suffix != ".part" else path.write_text("")
    with staging_folder("count") as ours, staged_beside(tmp_path / "kantor [1]") as beside:
        assert ours.is_dir()
        assert beside.is_dir()
    replace_file(tmp_path / "a.csv", "x")
    assert [path.name for path in dead if path.exists()] == []
    assert all(path.exists() for path in alive)
    assert not ours.exists()
    assert not beside.exists()


def test_what_is_staged_beside_its_place_fails_by_the_name_of_the_place(tmp_path):
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as error, staged_beside(tmp_path / "kantor") as work:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(work / "new" / "a.csv"))
    assert tell_place(error.value).startswith(f"{tmp_path}/kantor cannot be written or read")
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_written_is_one_sentence(tmp_path):
    done = run(app, ["resolve", "Kutim", "--log", str(tmp_path)])
    assert done.exit_code == 1
    assert done.stderr.startswith(f"{tmp_path} cannot be written or read: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_output_that_goes_to_a_full_disk_is_one_sentence():
    with Path("/dev/full").open("wb") as full:
        words = [sys.executable, "-m", "outreach_analysis", "init", "--kabupaten", "?kutai", "x"]
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert (
        done.stderr == f"<standard output> cannot be written or read: {os.strerror(28)}; free some space on the disk\n"
    )


def test_numbers_of_persons_in_names_stand_nowhere(office):
    sites = f"site_id,name,kind,area\nKANIM,Kantor,office,64.72.02\nMAL,Mal {PHONE},mall,64.72.03\n"
    events = f"event_id,site_id,date,status,series\nE1,MAL,01/02/2025,held,seri {NIK}\n{PHONE},MAL,01/03/2025,held,b\n"
    rows = "service_date,event_id,kecamatan,kabupaten\n01/02/2025,E1,Samarinda Ulu,Samarinda\n"
    folder = office(
        {
            "outreach.toml": f'[office]\nname = "Kantor {MAIL}"\n[files.events]\n"daftar {PHONE}.csv" = "E1"\n',
            "sites.csv": sites,
            "events.csv": events,
            "interest.csv": None,
            "applicants/maret.csv": None,
            f"applicants/daftar {PHONE}.csv": rows.replace(",E1", "").replace(",event_id", ""),
            f"applicants/E1 {NIK}.csv": rows,
        }
    )
    data = read_dataset(folder)
    frames = [data.sites, data.events, data.applicants, data.counts, data.ledger.rows, data.ledger.by_file]
    said = "".join(frame.to_csv() for frame in frames) + data.settings.office_name
    assert [mark for mark in CANARIES if mark in said] == []
    assert (data.applicants["event_id"] == "E1").all()
    assert "personal_id" in set(data.ledger.rows["reason"])
    done = run(app, ["check", str(folder), "--all"])
    assert [mark for mark in CANARIES if mark in done.output] == []


def test_faults_mask_whatever_they_name():
    fault = failure("bad_setting", file=f"{PHONE}.toml", column=NIK, value=MAIL, expected=PHONE)
    assert [mark for mark in CANARIES if mark in str(fault)] == []


def test_no_script_gets_the_sample_by_forgetting_the_folder(monkeypatch, tmp_path):
    for command in ("rank", "check", "audience", "notebooks"):
        done = run(app, [command])
        assert (done.exit_code, done.stdout) == (2, "")
        assert "--sample" in done.stderr
    monkeypatch.setenv("OUTREACH_DATA", str(tmp_path / "none"))
    done = run(app, ["check"])
    assert done.exit_code == 1
    assert "none: is no folder" in done.output
    (tmp_path / "daftar.csv").write_text("tanggal,kecamatan\n", encoding="utf-8")
    assert "daftar.csv: is no folder" in run(app, ["check", str(tmp_path / "daftar.csv")]).output


def test_options_of_every_command_stand_before_or_behind_its_name(tmp_path):
    log = tmp_path / "log"
    done = run(app, ["resolve", "Kutim", "--quiet", "--log", str(log), "--format", "csv"])
    assert done.exit_code == 0
    assert log.read_text().splitlines() == done.stdout.splitlines()
    assert run(app, [f"--log={log}", "resolve", "Kutim"]).exit_code == 0
    assert log.stat().st_mode & 0o077 == 0
    assert run(app, ["--version"]).stdout.startswith("outreach ")


def test_messages_and_tables_speak_indonesian_where_asked(monkeypatch, office):
    assert "usulan" in run(app, ["resolve", "Kutim", "--lang", "id"]).stdout
    assert run(app, ["resolve", "Kutim", "--lang", "id", "--format", "csv"]).stdout.startswith("text,")
    monkeypatch.setenv("OUTREACH_LANG", "id")
    done = run(app, ["check", str(office({"applicants/E1.csv": b"", "sites.csv": None}))])
    assert done.exit_code == 1
    assert "kosong" in done.stdout
    assert "the file is" not in done.stdout
    assert "kesalahan berkas" in done.stderr
    assert run(app, ["rank"]).stderr.startswith("sebutkan folder")


def test_names_of_places_come_from_standard_input_too():
    done = run(app, ["resolve", "-", "--format", "csv"], input="Kutim\n\nKec. Muara Badak, Kukar\n")
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == ["text", "Kutim", '"Kec. Muara Badak']


@pytest.mark.parametrize("text", ["2026-12-06", "6/12/2026", "06.12.2026", "6 Desember 2026", "Minggu, 6 Des 2026"])
def test_days_are_written_as_the_lists_write_them(text):
    assert written_day(text) == datetime(2026, 12, 6)


def test_a_day_that_is_none_is_wrong_use():
    done = run(app, ["plan", "--sample", "--from", "besok"])
    assert done.exit_code == 2
    assert "6 Desember 2026" in done.stderr


def test_a_database_keeps_its_secrets(monkeypatch):
    for address in ("postgresql://u:RAHASIA@h/d", "postgresql://h/d?password=RAHASIA", "postgresql://u:RA@HASIA@h/d"):
        done = run(app, ["count", address])
        assert done.exit_code == 2
        assert "HASIA" not in done.output
    monkeypatch.setenv("OUTREACH_DATABASE_URL", "postgresql://u:RAHASIA@127.0.0.1:9/d?connect_timeout=1")
    done = run(app, ["count", "-"])
    assert done.exit_code == 1
    assert "RAHASIA" not in done.output
    monkeypatch.delenv("OUTREACH_DATABASE_URL")
    assert run(app, ["count", "-"]).exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = " + "[" * 100_000, "too deep"),
        ("#" * (LARGEST_FILE + 1), "larger than"),
        ("[dates]\nas_of = 9999-01-01", "from 2000 to 2100"),
        ('[areas]\nreference = "../../../etc"', "bundled reference"),
        ('[travel]\nserver = "http://u:RAHASIA@127.0.0.1"', "OUTREACH_TRAVEL_LOGIN"),
    ],
)
def test_settings_out_of_bounds_are_refused_in_one_sentence(tmp_path, text, said):
    (tmp_path / "outreach.toml").write_text(text)
    with pytest.raises(ContractError, match=said) as error:
        Settings.from_toml(tmp_path / "outreach.toml")
    assert "RAHASIA" not in str(error.value)


def test_nothing_moves_the_cursor_of_a_terminal():
    done = run(app, ["resolve", "Kutim\x1b[31m\u202e", "--format", "csv"])
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_cells_that_are_printed_are_masked():
    done = run(app, ["resolve", f"Jl. Damai {PHONE}", "Kutim", "--format", "json"])
    assert [mark for mark in CANARIES if mark in done.stdout] == []


def test_a_path_that_the_system_refuses_is_one_sentence(tmp_path: Path):
    (tmp_path / "file").write_text("")
    done = run(app, ["init", str(tmp_path / "file" / "kantor")])
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    assert "File exists; name another place" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
def test_no_pipe_is_waited_for(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.setenv("OUTREACH_KEY_FILE", str(tmp_path / "pipe"))
    with pytest.raises(ContractError, match="cannot be read"):
        load_person_key()
    with pytest.raises(ContractError, match="a pipe"):
        import_boundaries(tmp_path / "pipe", load_areas("all"), layout=BoundaryLayout(code="a"))


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link_out(path: Path) -> None:
    outside = path.parents[2] / "elsewhere.csv"
    outside.write_text(f"{NIK}\n")
    path.symlink_to(outside)


def _link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("gone"))


def _device(path: Path) -> None:
    path.symlink_to("/dev/zero")


READERS = {
    "outreach.toml": lambda folder: Settings.from_toml(folder / "outreach.toml"),
    "areas.csv": lambda folder: load_areas("all", path=folder),
    "boundaries.geojson": lambda folder: load_areas("all", path=folder),
    "aliases.csv": read_dataset,
    "interest.csv": read_dataset,
    "applicants": read_dataset,
    "decisions.csv": lambda folder: last_decision(folder, Settings()),
    "forecasts/2025-01-01-0.csv": lambda folder: saved_forecasts(folder, Settings()),
    "published/origins.json": published_origins,
}
"""What is read of an office's folder, and by what."""


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("odd", [_pipe, _link_out, _link_to_nothing, pytest.param(_device, marks=pytest.mark.slow)])
def test_what_is_no_plain_file_of_the_folder_is_refused_before_it_is_opened(office, name, odd):
    folder = office({"applicants/E1.csv": None, "applicants/maret.csv": None, "interest.csv": None})
    path = folder / name
    if path.is_dir():
        path.rmdir()
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    odd(path)
    with pytest.raises(ContractError, match=f"{name}: is no plain file of this folder") as error:
        READERS[name](folder)
    assert NIK not in str(error.value)


def test_a_file_of_gigabytes_is_refused_before_it_is_opened(tmp_path):
    (tmp_path / "published").mkdir()
    for name, read in (("published/origins.json", published_origins), ("areas.csv", READERS["areas.csv"])):
        with (tmp_path / name).open("wb") as file:
            file.truncate(2**31 + 1)
        with pytest.raises(ContractError, match=f"{name}: holds more than"):
            read(tmp_path)


def test_nothing_is_written_through_a_link_that_leads_out(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "decisions").symlink_to(tmp_path / "elsewhere")
    with (
        pytest.raises(ContractError, match="decisions: is no plain file of this folder: a link out"),
        folder_within(tmp_path / "office", "decisions"),
    ):
        pass
    assert list((tmp_path / "elsewhere").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["decide", "MALL", "--reason", "x"], marks=pytest.mark.slow),
        pytest.param(["record", "E3"], marks=pytest.mark.slow),
        pytest.param(["record", "E3", "LIST"], marks=pytest.mark.slow),
    ],
)
def test_a_full_disk_leaves_the_folder_as_it_was(office, tmp_path, command):
    """Where files of more than a few bytes cannot be written, the command says which, and the folder is as before."""
    events = "event_id,site_id,date,status\nE1,MALL,01/02/2025,held\nE3,MALL,20/11/2025,planned\n"
    folder = office({"events.csv": events, "applicants/maret.csv": None})
    given = tmp_path / "list.csv"
    given.write_text("Tanggal;Kecamatan\n" + "20/11/2025;Samarinda Ulu\n" * 40)
    before = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    folders = {path for path in folder.rglob("*") if path.is_dir()}
    words = [str(given) if word == "LIST" else word for word in command]
    full = "import resource, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))\n"
    full += "from outreach_analysis.cli import main\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", full, *words, "--data", str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert f"cannot be written or read: {os.strerror(errno.EFBIG)}; " in done.stderr
    assert str(folder) in done.stderr
    assert {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()} == before
    assert {path for path in folder.rglob("*") if path.is_dir()} == folders


@pytest.mark.parametrize("event", ["../E9", "a/b", "..\\E9"])
def test_no_list_is_kept_outside_its_folder_whatever_a_pop_up_is_called(office, event):
    folder = office({"events.csv": f"event_id,site_id,date,status\n{event},MALL,01/02/2025,planned\n"})
    given = folder / "applicants" / "E1.csv"
    before = sorted(folder.parent.rglob("*"))
    with pytest.raises(RequestError, match="cannot name a file"):
        record_event(folder, event, given, settings=Settings())
    assert sorted(folder.parent.rglob("*")) == before


@pytest.mark.skipif(os.name == "nt", reason="rights of POSIX")
def test_a_list_that_is_added_stays_readable_by_whoever_could_read_it(office, tmp_path):
    folder = office(
        {"events.csv": "event_id,site_id,date,status\nE1,MALL,01/02/2025,held\nE9,MALL,01/02/2025,planned\n"}
    )
    given = tmp_path / "daftar.csv"
    given.write_text("Tanggal;NIK;Kecamatan\n01/02/2025;6472031201790001;Samarinda Ulu\n")
    given.chmod(0o600)
    record_event(folder, "E9", given, settings=Settings())
    assert (folder / "applicants" / "E9.csv").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("words", [["rank", "--lang", PHONE], [PHONE], ["rank", f"--{PHONE}"], ["impact", MAIL]])
def test_wrong_use_is_told_without_numbers_that_were_typed(words):
    done = run(app, words)
    assert done.exit_code == 2
    assert MASK in done.output
    assert [mark for mark in CANARIES if mark in done.output] == []


@pytest.mark.parametrize(("typed", "code"), [(b"PK\x03\x04\x00\x00", 2), (b"Kutim\nMu\xe9ra\n", 0)])
def test_what_comes_in_is_text_or_refused(typed, code):
    done = run(app, ["resolve", "-", "--format", "csv"], input=typed)
    assert (done.exit_code, "Kutim" in done.stdout) == (code, code == 0)


def test_numbers_in_settings_are_not_written_beside_decisions():
    said = changed_settings(Settings(travel_profile=PHONE, blackout_by_place={f"Mal {NIK}": ("12-25",)}))
    assert [mark for mark in CANARIES if mark in said] == []
    assert "12-25" in said


def test_what_a_library_warns_of_is_not_told(tiny_office, monkeypatch, capsys):
    def warn(study):
        warnings.warn(f"cannot convert '{NIK}'", UserWarning, stacklevel=1)
        warnings.warn(CacheWarning("nothing can be kept"), stacklevel=1)

    monkeypatch.setattr(Study, "ranking", property(warn))
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        studied(tiny_office, "ranking", internal=False, progress=lambda *_: None)
    assert capsys.readouterr().err == "nothing can be kept\n"


@pytest.mark.parametrize("number", ["081299887766", "+6281299887766", NIK, "0541739164"])
def test_no_number_of_a_person_passes_for_an_amount(office, number):
    sites = f"site_id,name,kind,area,capacity,cost\nKANIM,Kantor,office,64.72.02,,\nA,Mal,mall,64.72.03,{number},\n"
    sites += f"B,Mal,mall,64.72.03,,{number}\nC,Mal,mall,64.72.03,150,2.500.000\n"
    events = "event_id,site_id,date,status\nE1,C,01/02/2025,held\nE2,KANIM,15/03/2025,held\n"
    data = read_dataset(office({"sites.csv": sites, "events.csv": events}))
    assert set(data.sites.index) == {"KANIM", "C"}


def test_a_column_of_the_office_is_called_without_the_account_in_its_header(office):
    events = "event_id,site_id,date,status,x_ruang @siti_nur\nE1,MALL,01/02/2025,held,5\nE2,TGR,15/03/2025,held,5\n"
    said = run(app, ["check", str(office({"events.csv": events})), "--all"]).output
    assert "x_ruang_number_removed says 5 everywhere" in said
    assert "siti" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["zzz"], "Tidak ada perintah 'zzz'."),
        (["rank", "--zzz"], "Tidak ada opsi --zzz"),
        (["rank", "--top", "x"], "tulis bilangan bulat"),
        (["plan", "--sample", "--budget", "-1"], "tulis 0 atau lebih"),
        (["decide", "MALL"], "belum ditulis."),
        (["init", "x", "--kabupaten", "zzz,99"], "bernama begitu\n99: tidak ada provinsi"),
        (["--log"], "Opsi '--log' perlu nilai di belakangnya."),
    ],
)
def test_wrong_use_speaks_indonesian_where_asked(words, said):
    done = run(app, [*words, "--lang", "id"] if words[0] not in ("init", "--log") else ["--lang", "id", *words])
    assert done.exit_code in (1, 2)
    assert said in done.output
    assert "Usage" not in done.output
