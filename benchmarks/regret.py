"""How much is lost by following the advice? Offices whose truth is known, and plans of three by every policy.

    python benchmarks/regret.py --offices 5                 5 offices a truth
    python benchmarks/regret.py --truths 1,4a --answers 0,200 --offices 2
    python benchmarks/regret.py --offices 40 --processes 2 --write   also writes docs/regret.md

Each truth is a way in which the world may differ from what the product believes (`regret_study.truths`). An office
is drawn from it with 24 past pop-ups, and every policy chooses three more among the same places. What the choices
are worth is computed with the truth. A run that was stopped goes on where it stopped: each office is a line of a
file in `--work`, and one that was made by the same code, draws and seed is not made again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from regret_study.offices import World, make_office
from regret_study.page import page, tables
from regret_study.policies import judge_office
from regret_study.truths import TRUTHS

import outreach_analysis
from outreach_analysis.files import cache_folder

SEED = 20261124
DRAWS = 400
ANSWERS = (0,)
PAGE = Path(__file__).parents[1] / "docs" / "regret.md"


def study(
    truths: Iterable[str] = tuple(TRUTHS),
    *,
    offices: int,
    answers: tuple[int, ...] = ANSWERS,
    draws: int = DRAWS,
    seed: int = SEED,
) -> list[dict[str, Any]]:
    """Rows of all offices, made here and kept nowhere."""
    return [
        row
        for truth in truths
        for number in range(offices)
        for row in one_office((truth, number, answers, draws, seed))
    ]


def one_office(asked: tuple[str, int, tuple[int, ...], int, int]) -> list[dict[str, Any]]:
    """Rows of one office: a truth, its number, numbers of answers, draws of the forecast, seed."""
    truth, number, answers, draws, seed = asked
    office = make_office(_world(), TRUTHS[truth], number, seed=seed)
    own = np.random.default_rng(np.random.SeedSequence([seed, number, draws, *truth.encode()]))
    return judge_office(_world(), office, answers=answers, n_draws=draws, rng=own)


@cache
def _world() -> World:
    return World.load()


def code_version() -> str:
    """What made a row: a digest of the package and of this study, the page apart."""
    digest = hashlib.sha256()
    for folder in (Path(outreach_analysis.__file__).parent, Path(__file__).parent / "regret_study"):
        for path in sorted(folder.rglob("*.py")):
            if path.name != "page.py" or path.parent.name != "regret_study":
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def resumed(
    file: Path, truths: list[str], *, offices: int, answers: tuple[int, ...], draws: int, seed: int, processes: int
) -> list[dict[str, Any]]:
    """Rows of all offices, those already in the file as they are there; each new office is appended at once."""
    stamp = {"code": code_version(), "draws": draws, "seed": seed}
    known = {
        (row["truth"], row["number"], row["answers"]): row
        for row in _lines(file)
        if {name: row.get(name) for name in stamp} == stamp
    }
    wanted = [(truth, number) for number in range(offices) for truth in truths]
    todo = []
    for truth, number in wanted:
        missing = tuple(each for each in answers if (truth, number, each) not in known)
        if missing:
            todo.append((truth, number, missing, draws, seed))
    started = time.perf_counter()
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as out:
        for done, rows in enumerate(_made(todo, processes), start=1):
            for row in rows:
                known[row["truth"], row["number"], row["answers"]] = row | stamp
                out.write(json.dumps(row | stamp) + "\n")
            out.flush()
            said = f"\r{done} of {len(todo)} offices, {time.perf_counter() - started:.0f} s"
            print(said, end="", file=sys.stderr, flush=True)
    if todo:
        print(file=sys.stderr)
    return [known[truth, number, each] for truth, number in wanted for each in answers]


def _made(todo: list[tuple[str, int, tuple[int, ...], int, int]], processes: int) -> Iterator[list[dict[str, Any]]]:
    if processes == 1 or not todo:
        yield from map(one_office, todo)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(one_office, todo)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    """Whole lines of the file: a run that was killed may have left half a one."""
    if not file.is_file():
        return
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


def main() -> None:
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--offices", type=int, default=5, help="offices of each truth")
    parser.add_argument("--truths", default=",".join(TRUTHS), help=f"of {', '.join(TRUTHS)}")
    parser.add_argument("--answers", default=",".join(map(str, ANSWERS)), help="answers to the desk question: 0,200")
    parser.add_argument("--draws", type=int, default=DRAWS, help="draws of the forecast")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--work", type=Path, help="folder of what was computed; default: the user's cache")
    parser.add_argument("--write", action="store_true", help="write docs/regret.md")
    options = parser.parse_args()
    truths = options.truths.split(",")
    unknown = [truth for truth in truths if truth not in TRUTHS]
    if unknown:
        parser.error(f"no truth {', '.join(unknown)}; there are {', '.join(TRUTHS)}")
    work = options.work or cache_folder("regret")
    rows = resumed(
        work / "offices.jsonl",
        truths,
        offices=options.offices,
        answers=tuple(int(each) for each in options.answers.split(",")),
        draws=options.draws,
        seed=options.seed,
        processes=options.processes,
    )
    print(tables(rows))
    if options.write:
        command = f"python benchmarks/regret.py --offices {options.offices} --answers {options.answers}"
        command += f" --draws {options.draws} --seed {options.seed} --write"
        PAGE.write_text(page(rows, command=command, draws=options.draws), encoding="utf-8")


if __name__ == "__main__":
    main()
