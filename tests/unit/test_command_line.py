"""The command line as a product: help, its page, completion, progress, and a way out."""

from __future__ import annotations

import ast
import csv
import importlib.util
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

import pandas as pd
import pytest
import typer
from babel.messages.pofile import read_po
from typer.testing import CliRunner

import outreach_analysis.cli
from outreach_analysis import plan_exports
from outreach_analysis.cli import application
from outreach_analysis.cli.application import ORDER
from outreach_analysis.cli.commands import app
from outreach_analysis.exports import ACCOUNT_COLUMNS, RANKING_COLUMNS
from outreach_analysis.files import bundled_data
from outreach_analysis.geography.boundaries import FAULT_COLUMNS
from outreach_analysis.report.topics.turnout import BACKTEST_COLUMNS

DOCS = Path(__file__).parents[2] / "docs"
SAMPLE_LIST = "KEC_TENGGARONG_SEBERANG_06112024.csv"
SHAPES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"kode": "64.02.06"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[116.9, -0.5], [117.1, -0.5], [117.1, -0.3], [116.9, -0.3], [116.9, -0.5]]],
            },
        }
    ],
}
NEXT = "event_id,site_id,date,status\nE1,MALL,01/02/2025,held\nE2,MALL,08/02/2025,held\nNEXT,MALL,22/03/2025,planned\n"
CAME = "service_date,kecamatan,channel\n" + "22/03/2025,Loa Kulu,IG\n" * 12
SETTINGS = '[office]\nname = "Kantor Contoh"\nsynthetic = true\n[dates]\nas_of = {}\n'
run = CliRunner().invoke


def load_page():
    spec = importlib.util.spec_from_file_location("docs_command_line", DOCS / "command_line.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PAGE = load_page()
COMMANDS = dict(PAGE.commands())
COLUMNS = PAGE.columns()
LISTED = typer.main.get_command(app)


def test_the_page_is_that_of_the_commands():
    assert PAGE.PAGE.read_text(encoding="utf-8") == PAGE.page(), "python docs/command_line.py renews it"


def test_every_command_has_its_place_in_the_list():
    shown = re.findall(r"^  (\w+) {2,}\S", run(app, ["--help"]).output.split("Commands:")[1], re.MULTILINE)
    assert set(shown) == set(LISTED.commands)
    assert [name for name in shown if name in ORDER] == list(ORDER)
    # one that is not named follows the one that it is defined behind
    assert shown[shown.index("plan") :][:3] == ["plan", "schedule", "requests"]
    assert "..." not in run(app, ["--help"]).output.split("Commands:")[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_help_is_one_that_runs(name):
    """Its options and the number of its arguments are taken; nothing is run."""
    words = shlex.split(COMMANDS[name].epilog.removeprefix("Example: outreach "))[len(name.split()) :]
    with COMMANDS[name].make_context(name, words) as context:
        assert context.params


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_and_what_happens_without_it(name):
    shown = " ".join(run(app, [*name.split(), "--help"]).output.split())
    assert f"Example: outreach {name}" in shown
    for param in COMMANDS[name].params:
        assert param.help, param.name
        if param.param_type_name == "option" and param.name != "help":
            published = param.required or param.default not in (None, False, "", []) or "Default: " in param.help
            assert published, param.opts


def test_the_page_tells_the_columns_of_every_command_that_prints_rows():
    with_rows = {name for name, command in COMMANDS.items() if any(p.name == "format" for p in command.params)}
    assert set(COLUMNS) == with_rows
    assert all(len(set(columns)) == len(columns) > 1 for tables in COLUMNS.values() for columns in tables.values())


@pytest.mark.parametrize(
    ("name", "which", "columns"),
    [
        *(("check", f"--table {table}", columns) for table, columns in ACCOUNT_COLUMNS.items()),
        ("rank", "", RANKING_COLUMNS),
        ("plan", "--table places", plan_exports.PLAN_COLUMNS),
        ("plan", "--table hypotheses", plan_exports.HYPOTHESES_COLUMNS),
        ("plan", "--table facts", plan_exports.FACTS_COLUMNS),
        ("schedule", "", plan_exports.SCHEDULE_COLUMNS),
        ("requests", "", plan_exports.REQUESTS_COLUMNS),
        ("backtest", "", BACKTEST_COLUMNS),
        ("areas check", "--table faults", FAULT_COLUMNS),
    ],
)
def test_columns_that_are_promised_are_told(name, which, columns):
    assert COLUMNS[name][which] == tuple(columns)


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> dict[tuple[str, str], list[str]]:
    """Command lines by command and table, as a script would run them on the sample."""
    home = tmp_path_factory.mktemp("commands")
    office = shutil.copytree(bundled_data("sample"), home / "office")
    (home / "batas.geojson").write_text(json.dumps(SHAPES), encoding="utf-8")
    listed = str(office / "applicants" / SAMPLE_LIST)
    lines = {(name, which): [*name.split()] for name, tables in COLUMNS.items() for which in tables}
    for (_name, which), words in lines.items():
        if which.startswith("--table"):
            words += ["--table", which.split()[1].rstrip(",")]
    lines["resolve", ""] += ["Kutim", "Sumber Sari"]
    lines["count", "--by area_id"] += [listed]
    lines["count", "--by anything else"] += [listed, "--by", "month"]
    lines["areas import", ""] += [str(home / "batas.geojson"), "--code", "kode", "--data", str(office)]
    for table in ("areas", "faults"):
        lines["areas check", f"--table {table}"] += ["--data", str(office)]
    return lines


STANDS_FOR = {"(each of --by)": ["month"]}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in COLUMNS if name != "record"])
def test_columns_are_those_that_the_page_tells(name, printed):
    for which, columns in COLUMNS[name].items():
        done = run(app, [*printed[name, which], "--sample", "--format", "csv"])
        assert done.exit_code == 0, done.output
        header, *rows = csv.reader(io.StringIO(done.stdout))
        published = [part for column in columns for part in STANDS_FOR.get(column, [column])]
        if name == "origins":
            published = [published[0], *header[1:-2], published[-1]]
            assert len(header) > 20
        assert [column for column in header if column != "synthetic"] == published, which
        assert ("synthetic" in header) == (name.split()[0] not in ("resolve", "count", "areas")), which
        assert rows or which == "--table faults"


def test_json_holds_the_columns_of_csv(printed):
    rows = json.loads(run(app, [*printed["resolve", ""], "--format", "json"]).stdout)
    (columns,) = COLUMNS["resolve"].values()
    assert [tuple(row) for row in rows] == [columns] * 2


def test_columns_of_a_comparison_are_those_that_the_page_tells(office, tmp_path):
    folder = office({"events.csv": NEXT, "outreach.toml": SETTINGS.format("2025-03-10")})
    assert run(app, ["record", "NEXT", "--data", str(folder)]).exit_code == 0
    (folder / "outreach.toml").write_text(SETTINGS.format("2025-03-31"), encoding="utf-8")
    (tmp_path / "daftar.csv").write_text(CAME, encoding="utf-8")
    done = run(app, ["record", "NEXT", str(tmp_path / "daftar.csv"), "--data", str(folder), "--format", "csv"])
    assert done.exit_code == 0, done.output
    (columns,) = COLUMNS["record"].values()
    assert done.stdout.splitlines()[0].split(",") == [*columns, "synthetic"]


def completed(shell: str, variables: dict[str, str]) -> str:
    command = [sys.executable, "-m", "outreach_analysis"]
    asked = {**os.environ, "_OUTREACH_COMPLETE": f"complete_{shell}", **variables}
    return subprocess.run(command, env=asked, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_tab_offers_the_commands_that_begin_so(shell):
    variables = {"_TYPER_COMPLETE_ARGS": "outreach r", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    if shell == "bash":
        variables = {"COMP_WORDS": "outreach r", "COMP_CWORD": "1"}
    offered = set(re.findall(r"\b(?:r[a-z]+)(?=[\"\n\t])", completed(shell, variables)))
    assert {"report", "rank", "record", "resolve", "review"} <= offered
    assert not offered & {"audience", "plan"}


def test_tab_offers_options_and_their_values():
    published = completed("bash", {"COMP_WORDS": "outreach rank --f", "COMP_CWORD": "2"})
    assert published.split() == ["--format"]
    published = completed("bash", {"COMP_WORDS": "outreach rank --format ", "COMP_CWORD": "3"})
    assert published.split() == ["table", "csv", "json"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_shown_and_installed(shell, tmp_path, monkeypatch):
    home = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    for name, value in home.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", "outreach_analysis"]
    shown = subprocess.run([*command, "--show-completion", shell], capture_output=True, text=True, check=True).stdout
    assert f"_OUTREACH_COMPLETE=complete_{shell}" in shown
    done = subprocess.run([*command, "--install-completion", shell], capture_output=True, text=True, check=True)
    assert shell in done.stdout
    assert any("complete_" in path.read_text() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_bash_itself_completes(tmp_path):
    outreach = tmp_path / "outreach"
    outreach.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m outreach_analysis "$@"\n')
    outreach.chmod(0o755)
    script = (
        "source <(_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION=1 outreach --show-completion bash)\n"
        'COMP_WORDS=(outreach sch) COMP_CWORD=1\n_outreach_completion outreach\necho "${COMPREPLY[@]}"\n'
    )
    path = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], env=path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "schedule"


def test_a_folder_is_named_once(tiny_office):
    done = run(app, ["check", str(tiny_office), "--data", str(tiny_office)])
    assert done.exit_code == 2
    assert "name the folder once" in done.stderr


@pytest.mark.parametrize(
    "words",
    [["origins", "--out", "a.pdf"], ["count", "x.csv", "--internal", "--out", "a.pdf"], ["schedule", "--out", "a"]],
)
def test_a_kind_of_file_that_is_not_written_is_refused_before_anything_is_read(words):
    done = run(app, words)
    assert done.exit_code == 2
    assert "written as" in done.stderr


@pytest.mark.usefixtures("folders_once")
def test_exact_numbers_say_so(tiny_office):
    for command in (["rank"], ["audience"], ["impact"]):
        assert "INTERNAL" in run(app, [*command, "--data", str(tiny_office), "--internal"]).stderr
        assert "INTERNAL" not in run(app, [*command, "--data", str(tiny_office)]).stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("seconds", [0.05, 0.15, 0.4, 1.2])
def test_ctrl_c_ends_with_one_line_and_130(seconds, tiny_office, tmp_path):
    command = [
        sys.executable,
        "-c",
        "import sys; print('go', flush=True); from outreach_analysis.cli import main; main()",
    ]
    words = ["report", "--data", str(tiny_office), "--out", str(tmp_path / "out")]
    running = subprocess.Popen(
        [*command, *words], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert running.stdout.readline() == "go\n"
    time.sleep(seconds)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    if seconds >= 0.15:
        assert (running.returncode, said.splitlines()) == (130, ["interrupted; no file was left half-written"])
    assert not (tmp_path / "out").exists()


def test_an_interrupt_while_commands_load_is_met_too(monkeypatch, capsys):
    def stopped(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "outreach_analysis.cli.commands", raising=False)
    monkeypatch.setattr(
        "builtins.__import__",
        lambda name, *rest, real=__import__: (
            stopped(name) if name == "outreach_analysis.cli.commands" else real(name, *rest)
        ),
    )
    with pytest.raises(SystemExit) as ended:
        outreach_analysis.cli.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "interrupted; no file was left half-written\n"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")
@pytest.mark.parametrize(
    "command", [["check"], ["resolve", "Kutim"], ["rank", "--top", "1"]], ids=lambda words: words[0]
)
def test_whoever_watches_a_terminal_sees_progress_and_a_pipe_does_not(command, tiny_office):
    import pty

    words = [sys.executable, "-m", "outreach_analysis", *command, "--data", str(tiny_office), "--format", "csv"]
    piped = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "starting" not in piped.stderr
    ours, theirs = pty.openpty()
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=theirs, text=True) as running:
        os.close(theirs)
        seen = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            seen += part
        out = running.stdout.read()
    os.close(ours)
    assert out == piped.stdout
    assert b"starting" in seen


PRINTERS = ("echo", "stop", "print_note", "print_rows")
PROSE = re.compile(r"[A-Za-z]{3,}[ ,;:]+[A-Za-z]{2,}")
NOT_PROSE = ("outreach report --data", "export ", "setx ", "status: ")


def spoken_outside(call: ast.Call) -> list[str]:
    """Literal prose among what a call prints that is not handed to `say` or another function."""
    asked = [call.args[0]] if call.args else []
    asked += [keyword.value for keyword in call.keywords if keyword.arg == "title"]
    found, left = [], list(asked)
    while left:
        node = left.pop()
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") not in ("str", ""):
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and PROSE.search(node.value):
            found.append(node.value)
        left += ast.iter_child_nodes(node)
    return [text for text in found if not any(mark in text for mark in NOT_PROSE)]


def test_nothing_is_printed_but_in_the_language_of_the_run():
    """Every sentence that the command prints is handed to `say`."""
    found = {}
    for path in sorted(Path(outreach_analysis.cli.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") in PRINTERS
                and (texts := spoken_outside(node))
            ):
                found[f"{path.name}:{node.lineno}"] = texts
    assert found == {}


@pytest.mark.parametrize(("lang", "head"), [("id", "jarak"), ("en", "distance")])
def test_a_column_that_the_report_heads_by_its_name_has_that_word(lang, head, monkeypatch, capsys):
    monkeypatch.setattr(application.run, "lang", lang)
    application.print_rows(pd.DataFrame({"distance": [1.5], "site_id": ["M"]}), application.Format.TABLE, title="x")
    assert re.findall(r"[a-z_]+", capsys.readouterr().out)[:3] == ["x", head, "site_id"]


IN_INDONESIAN = {
    "check": ["check", "DATA", "--all"],
    "check a folder that is none": ["check", "DATA/none"],
    "check what has only begun": ["check", "NEW"],
    "review": ["review", "--data", "DATA", "--by", "A"],
    "resolve": ["resolve", "Kutim", "Zzyx"],
    "areas check": ["areas", "check", "--data", "DATA"],
    "count": ["count", "DATA/applicants/maret.csv"],
    "count exactly": ["count", "DATA/applicants/maret.csv", "--by", "event_id,month"],
    "count nothing": ["count", "DATA/none.csv", "--by", "x"],
    "import nothing": ["areas", "import", "DATA/none.geojson", "--data", "DATA"],
    "origins": ["origins", "--data", "DATA"],
    "init": ["init", "DATA/new"],
    "init twice": ["init", "DATA"],
    "keygen": ["keygen", "DATA/key"],
    "notebooks": ["notebooks", "--only", "x", "--data", "DATA"],
    "record": ["record", "E9", "--data", "DATA"],
    "record a list": ["record", "E9", "DATA/applicants/maret.csv", "--data", "DATA"],
    **{
        " ".join(words): [*words, "--data", "DATA"]
        for words in (
            ["rank"], ["plan", "--events", "1"], ["schedule", "--events", "1"], ["impact"], ["audience"], ["backtest"],
            ["decide", "TGR", "--reason", "aula siap"], ["decide", "X", "--reason", "x"], ["letter", "MALL"],
            ["plan", "--require", "X"], ["brief", "X"], ["plan", "--table", "facts"], ["plan", "--events", "99"],
            ["audience", "--table", "series"], ["audience", "--table", "days"], ["plan", "--table", "hypotheses"],
        )
    },
}  # fmt: skip
QUICK_IN_INDONESIAN = tuple(IN_INDONESIAN)[:9]


def english_sentences() -> list[re.Pattern[str]]:
    """What the catalogue translates, as it would be found in a text: of three words or more, whatever is filled in."""
    file = files("outreach_analysis.report") / "id" / "LC_MESSAGES" / "outreach.po"
    patterns = []
    for message in read_po(io.BytesIO(file.read_bytes()), locale="id"):
        fixed = [" ".join(part.split()) for part in re.split(r"\{\w*\}", str(message.id))]
        longest = max(fixed, key=len, default="")
        if message.id != message.string and len(longest.split()) >= 3 and longest not in str(message.string):
            patterns.append(re.compile(".{0,80}?".join(re.escape(part) for part in fixed)))
    return patterns


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n in QUICK_IN_INDONESIAN else pytest.mark.slow) for n in IN_INDONESIAN]
)
def test_no_english_sentence_is_told_to_who_asks_for_indonesian(name, office, tmp_path, monkeypatch):
    folder = office({"applicants/odd.docx": b"x"})
    new = tmp_path / "begun"
    assert run(app, ["init", str(new)]).exit_code == 0
    monkeypatch.chdir(tmp_path)
    words = [word.replace("DATA", str(folder)).replace("NEW", str(new)) for word in IN_INDONESIAN[name]]
    done = run(app, ["--lang", "id", *words])
    assert done.exit_code in (0, 1, 2)
    told = " ".join(done.output.split())
    assert told
    assert [pattern.pattern for pattern in english_sentences() if pattern.search(told)] == []
