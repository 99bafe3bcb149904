"""The tables of data-contract.md and glossary.md, written from the code: `python docs/tables.py` renews them in place.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`. A test fails where a table in the page and the
code differ.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from outreach_analysis import contracts
from outreach_analysis.faults import FAULTS
from outreach_analysis.intake import headers as specs
from outreach_analysis.intake import rows as checks
from outreach_analysis.intake import rows as values
from outreach_analysis.intake import rows as vocabulary
from outreach_analysis.intake.headers import TableSpec
from outreach_analysis.report.glossary import meanings
from outreach_analysis.report.words import Words
from outreach_analysis.settings import Settings

PAGES = tuple(Path(__file__).with_name(name) for name in ("data-contract.md", "glossary.md"))
_BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z_]+) -->\n).*?(<!-- end -->)", re.DOTALL)

_KINDS = {"integer": "whole number", "choice": "one of the words below", "yes_no": "yes or no", "month": "month"}
_PERSONAL = ("nik", "name", "phone", "passport_no", "email", "birth")
_SPECS = {
    "sites": specs.SITES,
    "events": specs.EVENTS,
    "applicants": specs.APPLICANTS,
    "interest": specs.INTEREST,
    "office_monthly": specs.OFFICE_MONTHLY,
    "requests": specs.REQUESTS,
    "travel": specs.TRAVEL,
    "access": specs.ACCESS,
    "aliases": specs.ALIASES,
}
_COMMON = {name: specs.APPLICANTS.forms[name] for name in (*specs.ORIGIN, *_PERSONAL)}


def renewed(page: str) -> str:
    """The page with every table as the code has it now."""
    made = tables()
    return _BLOCK.sub(lambda found: f"{found.group(1)}{made[found.group('name')]}\n{found.group(3)}", page)


def tables() -> dict[str, str]:
    """Every table by the name it has in the page."""
    made = {f"columns_{name}": _columns(spec) for name, spec in _SPECS.items()}
    made["columns_areas"] = _areas_columns()
    made["columns_place"] = _forms({name: _COMMON[name] for name in specs.ORIGIN})
    made["columns_person"] = _forms({name: _COMMON[name] for name in _PERSONAL})
    made["words_kind"] = _words(vocabulary.SITE_KINDS)
    made["words_status"] = _words(vocabulary.EVENT_STATUS)
    made["words_programme"] = _words(vocabulary.PROGRAMMES)
    made["words_answer"] = _words(vocabulary.ANSWER_WORDS)
    made["words_access"] = _words(vocabulary.ACCESS_WORDS)
    made["words_channel"] = _words(vocabulary.CHANNELS)
    made["words_desk"] = _words(vocabulary.DESK_ANSWERS)
    made["words_yes_no"] = _words({"yes": values._YES, "no": values._NO})
    made["settings"] = _settings()
    made["reasons"] = _reasons()
    made["terms"] = _terms()
    return made


def _table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(headers)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def _columns(spec: TableSpec) -> str:
    known = {column.name: column for column in spec.table.columns}
    rows = []
    for name in spec.columns:
        forms = spec.forms.get(name, ())
        other = specs.TWO_MEANINGS.get(name, "about a person")
        if name in _COMMON and forms in ((), _COMMON[name]):
            continue
        rows.append([f"`{name}`", _value(known[name]) if name in known else other, _needed(name, spec), _list(forms)])
    return _table(["column", "value", "must be there", "usual headers that are taken for it"], rows)


def _value(column: contracts.Column) -> str:
    kind = "integer" if column.unit in checks._WHOLE_UNITS else column.kind
    parts = [_KINDS.get(kind, kind)]
    parts += [column.unit] if column.unit else []
    parts += [f"{column.minimum:g} or more"] if column.minimum is not None else []
    return ", ".join(parts)


def _needed(name: str, spec: TableSpec) -> str:
    for group in spec.required:
        if name in group:
            return "yes" if len(group) == 1 else "one of " + ", ".join(f"`{other}`" for other in group)
    return ""


def _areas_columns() -> str:
    rows = [
        [f"`{column.name}`", _value(column), "yes" if column.required else ""] for column in contracts.AREAS.columns
    ]
    return _table(["column", "value", "must be there"], rows)


def _forms(forms: Mapping[str, tuple[str, ...]]) -> str:
    return _table(
        ["column", "usual headers that are taken for it"],
        [[f"`{name}`", _list(listed)] for name, listed in forms.items()],
    )


def _words(words: Mapping[str, tuple[str, ...]]) -> str:
    return _table(["our word", "also understood"], [[f"`{word}`", _list(listed)] for word, listed in words.items()])


def _list(forms: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(forms))


def _settings() -> str:
    rows = [
        [
            f"`{row['key']}`",
            f"`{toml_value(row['value'])}`" if row["value"] is not None else "not set",
            row["unit"],
            row["why"],
        ]
        for row in Settings().describe()
    ]
    return _table(["setting", "default", "unit", "why"], rows)


def toml_value(value: object) -> str:
    """A value as it is written in outreach.toml."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {toml_value(item)}" for key, item in value.items()) + "}"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _reasons() -> str:
    blanks = {"column": "…", "value": "…", "expected": "…", "count": "n"}
    order = list(dict.fromkeys(fault.outcome for fault in FAULTS.values()))
    rows = [
        [f"`{code}`", fault.outcome + (f"; {fault.but}" if fault.but else ""),
         *(part.format(**blanks) for part in (fault.problem, fault.remedy))]
        for code, fault in sorted(FAULTS.items(), key=lambda item: order.index(item[1].outcome))
    ]  # fmt: skip
    return _table(["reason", "what happens", "what it says", "what to do"], rows)


def _terms() -> str:
    own, english = (meanings(Words(lang), Settings()) for lang in ("id", "en"))
    pairs = zip(own, english.items(), strict=True)
    rows = [[name.split(" | ")[0], forms.split(" | ")[0], meaning] for name, (forms, meaning) in pairs]
    return _table(["Bahasa Indonesia", "English", "meaning"], sorted(rows, key=lambda row: row[0].casefold()))


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
