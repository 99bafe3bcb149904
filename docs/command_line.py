"""The page command-line.md, written from the commands: `python docs/command_line.py` renews it.

Options come from the commands themselves. What the columns of csv and json mean stands here; a test runs the commands
on the sample and fails where a column is not told, or told and not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import typer

from outreach_analysis.cli.commands import app
from outreach_analysis.exports import ACCOUNT_COLUMNS, RANKING_COLUMNS
from outreach_analysis.geography.boundaries import FAULT_COLUMNS
from outreach_analysis.plan_exports import (
    FACTS_COLUMNS,
    HYPOTHESES_COLUMNS,
    PLAN_COLUMNS,
    REQUESTS_COLUMNS,
    SCHEDULE_COLUMNS,
)

PAGE = Path(__file__).with_name("command-line.md")

OPENING = """\
# Command line

Written from the commands by `python docs/command_line.py`; a test compares it with what they say and print.

## The same everywhere

| option | meaning |
|---|---|
| `--data FOLDER` | the office's folder; else `OUTREACH_DATA`; else on a terminal the sample, in a script exit code 2 |
| `--sample` | the bundled sample, whose people are invented, in place of any folder |
| `--quiet` | no notes and no progress bar; faults are still told |
| `--log FILE` | what is said is added to that file, readable by you alone, too |
| `--version` | which version this is |
| `--out` | where to write: a folder for pages (made if absent), a file for one table or calendar, by its ending |
| `--lang` | Bahasa Indonesia or English; `both` writes a file each. Else that of messages and tables |
| `--format` | a table to read; csv or json with all columns for a program |
| `--seed NUMBER` | same seed and same data: same numbers, byte for byte |
| `--internal` | exact numbers of people in place of rounded ones, and a mark that says so |

Commands that write into the office's folder, or look at its areas, demand `--data`; `resolve` and `count` take only
areas, names of places and settings from it. CSV is UTF-8 with one header line, and cells that a spreadsheet would run
as a formula begin with an apostrophe; JSON is an array of objects. What is not known is empty in CSV and null in JSON;
days are `yyyy-mm-dd`.

Rows on an office end with `synthetic`: true where its people are invented. `--sample`, `--quiet`, `--log`, `--version`
and `--lang` (or `OUTREACH_LANG`) may stand before or behind the name of a command. Days on the command line are written
as the lists write them (2026-12-06, 6/12/2026, 6 Desember 2026); paths are told from the root. A flag is off unless it
is given.

Rows and names of files go to standard output; notes, faults and the progress bar (only where somebody watches a
terminal) to standard error, so `outreach rank --format csv > ranking.csv` is a clean file. Columns keep their names and
order; new ones are added at the end.

Exit codes: 0 fine; 1 the data break the contract, or what was asked cannot be done with them; 2 wrong use; 70 a fault
of the program itself; 130 stopped by Ctrl-C. Files are written whole or not at all.

Of a fault of the program itself you see where it stopped, a reference and what to do, and nothing that was being read.
With `OUTREACH_DEBUG=1` in the environment the whole error follows: it may hold personal data.

## Completion

`outreach --install-completion` sets up the Tab key in bash, zsh, fish or PowerShell, whichever you are in, for commands
and options; `outreach --show-completion` prints the script instead.
"""

RANGE = "90 % range of it"
COMMON: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "site_id": ("", "id of the place"),
        "event_id": ("", "id of the pop-up"),
        "area_id": ("", "code of the area; empty where it is not known for sure"),
        "name": ("", "its name"),
        "kind": ("", "kind of place"),
        "kabupaten": ("", "kabupaten or kota of the place"),
        "people": ("people", "all who come on the day, expected"),
        "people_low": ("people", RANGE),
        "people_high": ("people", RANGE),
        "additional": ("people", "those of them who would not have come to the office, expected"),
        "additional_low": ("people", RANGE),
        "additional_high": ("people", RANGE),
        "team_minutes": ("minutes", "way of the team, one way"),
        "cost_rupiah": ("rupiah", "cost of a visit, as sites.csv says"),
        "estimate": ("as `unit` says", "the number"),
        "ci_low": ("as the estimate", RANGE),
        "ci_high": ("as the estimate", RANGE),
        "share": ("0 to 1", "share of those of whom it is known"),
        "median": ("people", "middle of the forecast"),
        "came": ("people", "people who came"),
        "days": ("number", "days of service that the people came on"),
        "inside": ("true, false", "whether they fell inside the range"),
        "file": ("", "name of the file, in the folder"),
        "sheet": ("", "its sheet; empty for CSV"),
        "unit": ("", "unit of the row"),
    }
)
FORECAST_STATUS = "what the forecast rests on: fitted, provisional or prior_only"
_CATEGORIES = ("group", "category", "people", "of", "share", "ci_low", "ci_high")
_OF_CATEGORIES = {
    "group": ("", "all, or a band of distance from home to the nearest fixed service point"),
    "category": ("", "channel, kind of application or age; unknown among them"),
    "people": ("people", "people of the category"),
    "of": ("people", "people of the group"),
    "share": ("0 to 1", "people / of"),
}
TABLES: Mapping[str, Mapping[str, tuple[tuple[str, ...], Mapping[str, tuple[str, str]]]]] = MappingProxyType(
    {
        "check": {
            "--table faults": (
                ACCOUNT_COLUMNS["faults"],
                {
                    "status": (
                        "",
                        "rejected, review, duplicate, warning, skipped: what became of the row; stops: of a file",
                    ),
                    "row": ("line", "line in the file, the header is 1; empty for a whole file"),
                    "column": ("", "column of the fault"),
                    "value": ("", "what stands there, numbers of persons masked"),
                    "reason": (
                        "",
                        "code of the fault; [data-contract.md](data-contract.md) lists them",
                    ),
                    "problem": ("", "what is wrong"),
                    "remedy": ("", "what to do"),
                },
            ),
            "--table files": (
                ACCOUNT_COLUMNS["files"],
                {
                    "read": ("rows", "all that were read: the sum of those beside it"),
                    "matched": ("rows", "used, their place known"),
                    "review": ("rows", "a person must decide their place"),
                    "rejected": ("rows", "set aside for a fault"),
                    "duplicate": ("rows", "the same person or row again"),
                    "skipped": ("rows", "no people: blank rows, totals, repeated headers"),
                },
            ),
            "--table headers": (
                ACCOUNT_COLUMNS["headers"],
                {
                    "header": ("", "header as it stands in a list"),
                    "column": ("", "column it was taken for; empty where ignored"),
                    "how": ("", "usual, settings, question (the header of a form), ignored"),
                    "files": ("files", "in how many files"),
                },
            ),
            "--table events": (
                ACCOUNT_COLUMNS["events"],
                {
                    "date": ("day", "first day"),
                    "applicants": ("people, exact", "everybody who came"),
                    "placed_share": ("0 to 1", "share of applicants whose kecamatan is known"),
                    "unplaced": ("people", "of whom it is not known where they live"),
                    "status": ("", "held; failed: broken off by a technical fault"),
                    "programme": ("", "visit; invited; office: an opening at the office, which is no pop-up"),
                    "days": ("days", "days with service"),
                },
            ),
        },
        "rank": {
            "": (
                RANKING_COLUMNS,
                {
                    "rank": ("", "1 is the place that adds most people"),
                    "area_id": ("", "code of the area of the place"),
                    "increment": ("people", "additional people: neither office nor announced pop-up would serve them"),
                    "ci_low": ("people", RANGE),
                    "ci_high": ("people", RANGE),
                    "p_best": ("0 to 1", "share of draws in which it adds most"),
                    "tied": ("true, false", "whether it cannot be told apart from the first"),
                    "recommended": ("true, false", "whether it is the proposal"),
                    "rank_low": ("rank", "90 % range of its rank"),
                    "rank_high": ("rank", "90 % range of its rank"),
                    "next_day": ("day", "first free day"),
                    "day_kind": ("", "weekend, holiday or workday"),
                    "status": ("", FORECAST_STATUS),
                    "costs_on_average": ("people", "additional people given up on average against the first"),
                    "office_anyway": ("people", "of all who come, those whom the office would have served"),
                    "gone_earlier": ("people", "served before by an announced pop-up, not among those who come"),
                    "gone_later": ("people", "of all who come, those who would go to a later announced pop-up"),
                    "outside": ("people", "of all who come, those from outside the working area"),
                },
            )
        },
        "plan": {
            "--table places": (
                PLAN_COLUMNS,
                {
                    "order": ("", "1 is the place that adds most to the plan"),
                    "visits": ("pop-ups", "pop-ups there"),
                    "additional": ("people", "people whom the plan would lose without the place"),
                    "alone": ("people", "people whom it would add as the only new place"),
                    "days": ("days", "its days, joined by '; '"),
                    "required": ("true, false", "whether --require asked for it"),
                    "status": ("", "optimal, or how far the search went"),
                },
            ),
            "--table hypotheses": (
                HYPOTHESES_COLUMNS,
                {
                    "hypothesis": (
                        "",
                        "who would have come to the office anyway: learned (as the plan takes it), one_share (the same "
                        "everywhere), falling (with distance), office_share (as the office's share of applications)",
                    ),
                    "probability": ("0 to 1", "of the three, by answers and impact estimate; equal without any"),
                    "sites": ("", "best places if it is true, joined by '; '"),
                    "additional": ("people", "additional people of that plan if it is true"),
                    "lost_if_learned": ("people", "lost on average by that plan if it is as learned"),
                    "lost_if_one_share": ("people", "if one_share is true"),
                    "lost_if_falling": ("people", "if falling is true"),
                    "lost_if_office_share": ("people", "if office_share is true; empty without office figures"),
                },
            ),
            "--table facts": (
                FACTS_COLUMNS,
                {
                    "fact": (
                        "",
                        "answers_from_area, answers_at_popup (30 to the desk question), impact (an estimate of it)",
                    ),
                    "id": ("", "area or place; empty for impact"),
                    "gained": ("people", "additional people that the plan gains on average from knowing it"),
                    "p_change": ("0 to 1", "how often the plan would be another one"),
                },
            ),
        },
        "schedule": {
            "": (
                SCHEDULE_COLUMNS,
                {
                    "day": ("day", "day of the pop-up"),
                    "team": ("", "number of the team"),
                    "day_kind": ("", "weekend, holiday or workday"),
                    "day_reason": ("", "name of the day or holiday"),
                    "estimated": ("true, false", "whether the date of the holiday is not yet declared"),
                    "rest_until": ("day", "last day on which the team rests; empty where none"),
                    "status": ("", FORECAST_STATUS),
                },
            )
        },
        "requests": {
            "": (
                REQUESTS_COLUMNS,
                {
                    "number": ("", "number of the letter"),
                    "name": ("", "its place, with the number of the letter that leads there"),
                    "asker": ("", "kind of group: pesantren, employer, ministry, travel_agency, neighbourhood, ..."),
                    "programme": ("", "programme, whose minimum the settings say"),
                    "wished": ("day", "day wished; empty: any"),
                    "asked": ("people", "on its list, else the number it states; rounded unless --internal"),
                    "basis": ("", "what people are expected by: list (a roll call), number, forecast"),
                    "additional": ("people", "those of them who would not have come to the office, alone on its day"),
                    "minimum": ("people", "the programme asks for MORE than so many"),
                    "meets": ("true, false", "whether it is for more, or for a number that it does not say"),
                    "answer": ("", "accepted, merged, postponed, refused"),
                    "reason": (
                        "",
                        "as_wished, within_window; with_letter, with_visit, with_announced; others_add_more, "
                        "over_budget, no_team, no_day, window_passed, later_period; below_minimum, "
                        "outside_jurisdiction, closed",
                    ),
                    "answer_day": ("day", "day of the pop-up, or the first one that is free; empty where refused"),
                    "partner": ("", "letter, or place of the visit, that it is merged with"),
                    "text": ("", "the answer as it may stand in the reply, in the language of --lang"),
                },
            )
        },
        "backtest": {
            "": (
                ("event_id", "date", "place", "came", "median", "ci_low", "ci_high", "inside"),
                {
                    "date": ("day", "day of the pop-up"),
                    "place": ("", "its place"),
                    "ci_low": ("people", "90 % range of the forecast"),
                    "ci_high": ("people", "90 % range of the forecast"),
                },
            )
        },
        "impact": {
            "": (
                ("what", "estimate", "ci_low", "ci_high", "unit", "status"),
                {
                    "what": ("", "displacement, or the log ratio it is made of"),
                    "status": ("", "estimated, or why it cannot be told: then no numbers"),
                },
            )
        },
        "audience": {
            "--table channels, applications, ages": (_CATEGORIES, _OF_CATEGORIES),
            "--table uptake": (
                (
                    *("area_id", "name", "people", "unknown", "electronic", "known", "share", "ci_low", "ci_high"),
                    *("smoothed", "expected", "lag", "lag_low", "lag_high", "lags"),
                ),
                {
                    "people": ("people", "applicants at pop-ups before all passports became electronic"),
                    "unknown": ("people", "kind of passport not known"),
                    "electronic": ("people", "electronic passports"),
                    "known": ("people", "kind of passport known"),
                    "share": ("0 to 1", "electronic among known"),
                    "smoothed": ("0 to 1", "the same, drawn towards what month and distance lead one to expect"),
                    "expected": ("0 to 1", "what month and distance lead one to expect"),
                    "lag": ("-1 to 1", "smoothed less expected"),
                    "lag_low": ("-1 to 1", RANGE),
                    "lag_high": ("-1 to 1", RANGE),
                    "lags": ("true, false", "whether all of that range is below 0"),
                },
            ),
            "--table days": (
                (
                    *("area_id", "name", "way", "day_off", "workday", "office", "of", "share", "ci_low", "ci_high"),
                    "mainly_day_off",
                ),
                {
                    "way": ("km or minutes", "way to the nearest fixed service point"),
                    "day_off": ("people", "served at pop-ups on weekends and holidays"),
                    "workday": ("people", "served at pop-ups on workdays"),
                    "office": ("people", "served at the office"),
                    "of": ("people", "all served"),
                    "share": ("0 to 1", "day_off / of"),
                    "mainly_day_off": ("true, false", "whether clearly more than elsewhere came on a day off"),
                },
            ),
            "--table series": (
                (
                    *("series", "events", "people", "per_event", "per_event_low", "per_event_high"),
                    *("per_capacity", "per_capacity_low", "per_capacity_high", "areas", "areas_low", "areas_high"),
                    *("km_50", "km_50_low", "km_50_high", "new", "new_low", "new_high"),
                ),
                {
                    "series": ("", "series; empty: pop-ups of none"),
                    "events": ("pop-ups", "pop-ups held"),
                    "people": ("people", "people who came"),
                    "per_event": ("people", "mean a pop-up"),
                    "per_capacity": ("ratio", "people per person of capacity"),
                    "areas": ("areas", "areas people came from, a pop-up"),
                    "km_50": ("km", "distance within which half live"),
                    "new": ("0 to 1", "share who apply for their first passport"),
                }
                | {
                    f"{name}_{end}": (unit, RANGE)
                    for name, unit in (
                        *(("per_event", "people"), ("per_capacity", "ratio"), ("areas", "areas")),
                        *(("km_50", "km"), ("new", "0 to 1")),
                    )
                    for end in ("low", "high")
                },
            ),
        },
        "record": {
            "with a list, where a forecast was saved before": (
                ("event_id", "forecast_on", "median", "ci_low", "ci_high", "came", "days", "inside"),
                {
                    "forecast_on": ("day", "day of the forecast"),
                    "ci_low": ("people", "90 % range of the forecast"),
                    "ci_high": ("people", "90 % range of the forecast"),
                },
            )
        },
        "origins": {
            "": (
                ("area", "(id of each pop-up held)", "total"),
                {
                    "area": ("", "kabupaten or kota; outside the province; total"),
                    "(id of each pop-up held)": ("people, exact", "people from there; empty: left out"),
                    "total": ("people, exact", "people of all pop-ups"),
                },
            )
        },
        "resolve": {
            "": (
                ("text", "area_id", "name", "level", "status", "score", "suggestions"),
                {
                    "text": ("", "what was typed, numbers of persons masked"),
                    "name": ("", "area with the one above it, or the place outside"),
                    "level": ("", "desa, kecamatan, kabupaten, outside_province, outside_country or unknown"),
                    "status": ("", "how it was found; review: a person must decide"),
                    "score": ("0 to 100", "likeness of a misspelt name"),
                    "suggestions": ("", "areas that may be meant, joined by '; '"),
                },
            )
        },
        "count": {
            "--by area_id": (
                ("area_id", "area", "applicants"),
                {"area": ("", "its name"), "applicants": ("people", "applicants, rounded unless --internal")},
            ),
            "--by anything else": (
                ("(each of --by)", "applicants"),
                {
                    "(each of --by)": ("", "as --by names them"),
                    "applicants": ("people", "applicants, rounded unless --internal"),
                },
            ),
        },
        "areas import": {
            "": (
                ("row", "said", "status", "area_id", "how", "suggestions"),
                {
                    "row": ("feature", "number of the feature in the file"),
                    "said": ("", "its code or name"),
                    "status": ("", "joined, outside, ambiguous, unknown, wrong_level or misplaced"),
                    "area_id": ("", "area it was joined to"),
                    "how": ("", "code, exact, alias, fuzzy or partial"),
                    "suggestions": ("", "areas that may be meant"),
                },
            )
        },
        "areas check": {
            "--table areas": (
                ("level", "areas", "residents", "without_point", "official", "indicative"),
                {
                    "level": ("", "province, kabupaten, kecamatan, desa"),
                    "areas": ("areas", "areas of the level"),
                    "residents": ("people", "their residents"),
                    "without_point": ("areas", "without coordinates"),
                    "official": ("areas", "with an official boundary"),
                    "indicative": ("areas", "with an indicative boundary"),
                },
            ),
            "--table faults": (
                FAULT_COLUMNS,
                {
                    "area_id": ("", "code of the area"),
                    "fault": (
                        "",
                        "no_polygon, invalid_rings, overlap, gap, point_outside, no_crs, coordinates_swapped, ...",
                    ),
                    "other": ("", "the other areas concerned"),
                    "km2": ("km2", "size of the overlap or gap"),
                    "detail": ("", "where, or how far"),
                },
            ),
        },
    }
)
EXITS: Mapping[str, Mapping[int, str]] = MappingProxyType(
    {
        "check": {1: "a fault of a file stops the reading; with `--strict` also where rows were rejected"},
        "review": {
            1: "a decision of the sheet cannot be taken over; none is then",
            2: "nobody is logged in by name, and `--by` is missing",
        },
        "report": {1: "no browser made what `--card` or `--pdf` asks for; the report itself is written"},
        "brief": {2: "no such place"},
        "letter": {2: "no such place"},
        "announce": {2: "no such place"},
        "plan": {2: "no plan meets the request; every constraint in the way is named"},
        "schedule": {
            1: "the file cannot be written",
            2: "no plan or no days meet the request, or `--out` ends otherwise; what is in the way is named",
        },
        "requests": {1: "a budget is set and no cost of a visit is known"},
        "decide": {1: "the folder cannot be written", 2: "no such place, or no reason"},
        "record": {
            1: "its list breaks the contract, or the folder cannot be written",
            2: "no such event, or it cannot be recorded",
        },
        "origins": {
            1: "no table protects all small numbers, or the file cannot be written",
            2: "`--out` ends otherwise",
        },
        "count": {
            1: "a list cannot be read, or the file cannot be written",
            2: "counts by more than one thing, or `--out`, without `--internal`",
        },
        "areas import": {
            1: "no feature was joined, or the polygons lie elsewhere; nothing is written then",
            2: "both `--code` and `--name`",
        },
        "init": {
            2: "a kabupaten is not clear, a file of the same name stands there, or the folder cannot be written; "
            "nothing is written then"
        },
        "sample": {2: "the folder is not empty"},
        "keygen": {2: "the file exists, or cannot be written"},
        "notebooks": {
            1: "a notebook failed",
            2: "no such notebook or folder, or the extra `lab` is not installed",
        },
    }
)
"""What exit codes mean where a command has reasons of its own."""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its words, those of `areas` one by one."""
    listed = typer.main.get_command(app)
    for name in listed.list_commands(None):
        command = listed.commands[name]
        below = getattr(command, "commands", None)
        if below is None:
            yield name, command
        else:
            yield from ((f"{name} {inner}", part) for inner, part in below.items())


def page() -> str:
    """The whole page."""
    parts = [OPENING]
    for name, command in commands():
        parts += [f"## outreach {name}\n", f"{_sentence(command.help)}\n", f"```sh\n{_example(command)}\n```\n"]
        parts.append(
            _table(
                ["option", "default", "meaning"],
                [_option(param) for param in command.params if not getattr(param, "hidden", False)],
            )
        )
        if name in EXITS:
            own_codes = "; ".join(f"{code}: {why}" for code, why in EXITS[name].items())
            parts.append(f"Exit codes: {own_codes}.\n")
        for which, (columns, own) in TABLES.get(name, {}).items():
            parts.append(f"Columns of `--format csv` and `json`{_when(which)}:\n")
            rows = [[f"`{column}`", *(own.get(column) or COMMON[column])] for column in columns]
            parts.append(_table(["column", "unit", "meaning"], rows))
    return "\n".join(parts)


def _when(which: str) -> str:
    return f" ({which})" if which and not which.startswith("--") else f", `{which}`" if which else ""


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _example(command: Any) -> str:
    return command.epilog.removeprefix("Example: ")


def _option(param: Any) -> list[str]:
    said = _sentence(param.help or "")
    meaning, _, default = said.partition(" Default: ")
    if param.param_type_name == "argument":
        name = param.name.upper()
    else:
        name = f"`{param.opts[0]}{f' {param.metavar}' if param.metavar else ''}`"
    if param.required:
        default = "must be given"
    elif default:
        default = default.removesuffix(".")
    elif param.default is not None and not getattr(param, "is_flag", False):
        default = f"`{getattr(param.default, 'value', param.default)}`"
    else:
        default = "none"
    return [name, default, meaning]


def _table(headers: list[str], rows: list[list[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
