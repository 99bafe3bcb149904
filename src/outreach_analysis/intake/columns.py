"""Which of an office's headers stands for which of our columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rapidfuzz import fuzz, process

from outreach_analysis.geocoding.headers import plain_header
from outreach_analysis.intake.specs import COUNT_FORMS, PERSONAL, TableSpec

_DROPPED = PERSONAL

_DID_YOU_MEAN = 80
_OPENING = re.compile(r"[(\[]")
_STAMPED = ("timestamp", "stempel waktu", "cap waktu")
_AS_ON_THE_CARD = re.compile(r"\b(?:sesuai|menurut|di|pada|berdasarkan|seperti)(?: (?:di|pada|dengan))? (?:e )?ktp\b")
_ASKED_IN_A_WORD = ("desa", "kecamatan", "kabupaten", "address", "nik", *_DROPPED)
_SURVEYED = frozenset(
    ("_id", "_uuid", "_submission_time", "formhub/uuid", "meta/instanceid", "instanceid", "submissiondate")
)
_SURVEY_DAYS = ("today", "submission time", "submissiondate", "start")
_IN_GROUP = re.compile(r"[/.:-]")
_ASKED = (*_ASKED_IN_A_WORD, "area", "area_code", "people", "person", "passport_type", "application", "channel")

IGNORE = ("", "-", "ignore", "abaikan")
"""Values of `[columns]` in outreach.toml that say: this header stands for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderMap:
    """What the cells of one header row were taken for.

    Attributes
    ----------
    positions
        Position in the row by our column.
    taken
        (header, our column or '', how) for each header that is not blank; how is one of `ours`, `usual`
        (a usual Indonesian header), `question` (of a form, by the usual header in it), `settings` ([columns] of
        outreach.toml), `ignored`.
    names
        Positions of all columns of people's names.
    duplicates
        Our columns that two headers stand for; two of a kind that is dropped anyway (two phones) are none.
    missing
        Groups of required columns of which none is there.
    is_dated
        Whether a column of dates is there, where the table has one.
    """

    positions: Mapping[str, int]
    taken: tuple[tuple[str, str, str], ...]
    names: tuple[int, ...]
    duplicates: tuple[str, ...]
    missing: tuple[tuple[str, ...], ...]
    is_dated: bool = True

    @property
    def is_complete(self) -> bool:
        """Whether every required column is there."""
        return not self.missing


def map_headers(headers: Sequence[str], spec: TableSpec, *, extra: Mapping[str, str] | None = None) -> HeaderMap:
    """Take each header for one of our columns.

    A header counts as known when it equals, but for case, punctuation and spaces, our own name or a usual
    form; a remark in brackets is tried without. `extra` wins over both.

    A form's export, known by its column Timestamp or Stempel waktu, has whole questions for headers. There a
    question that is not known counts as the one column whose usual header stands in it, unless that column is
    there already or two questions could be it. Survey tools that follow XLSForm (KoboToolbox, ODK) put the group
    before a question (pemohon/nik) and keep the day in `today`, else in the moment of sending or of the start; they
    are known by columns of their own, such as `_uuid`.

    Parameters
    ----------
    headers
        Cells of the header row, in order.
    spec
        The kind of table.
    extra
        Our column by the office's header, from `[columns]` of outreach.toml; a value of `IGNORE` switches a
        header off.

    Returns
    -------
    HeaderMap

    Examples
    --------
    >>> from outreach_analysis.intake.specs import APPLICANTS
    >>> found = map_headers(["No", "Tgl Permohonan", "Kec.", "Asal Surat"], APPLICANTS)
    >>> dict(found.positions), found.is_complete
    ({'service_date': 1, 'kecamatan': 2}, True)
    >>> dict(map_headers(["Hari-H", "Kec"], APPLICANTS, extra={"hari-h": "service_date"}).positions)
    {'service_date': 0, 'kecamatan': 1}
    """
    known, own = spec.known, spec.own
    surveyed = any(header.strip().casefold() in _SURVEYED for header in headers)
    declared = {plain_header(header): column for header, column in (extra or {}).items()}
    settled = set(declared)
    chosen: list[tuple[int, str, str, str]] = []
    for position, header in enumerate(headers):
        plain = plain_header(header)
        if not plain:
            continue
        if plain in declared:
            column = declared[plain]
            usable = spec.takes(column)
            chosen.append((position, header, column if usable else "", "settings" if usable else "ignored"))
            continue
        bare = plain if plain in known or not _OPENING.search(header) else _plain_without_brackets(header)
        column = spec.column_of(bare)
        if surveyed and not column and _IN_GROUP.search(header):
            group, question = _group_and_question(header)
            if group in headers:  # the choices of a question stand beside it
                settled.add(plain)
            else:
                column = spec.column_of(plain_header(question))
        how = "ignored" if not column else "ours" if bare in own else "usual"
        chosen.append((position, header, column, how))
    if surveyed:
        chosen = _with_survey_day(chosen, spec)
    if surveyed or any(plain_header(header) in _STAMPED for _, header, _, _ in chosen):
        chosen = _with_questions(chosen, spec, settled=settled)
    return _header_map(chosen, spec)


def _group_and_question(header: str) -> tuple[str, str]:
    group, _, question = header.rpartition(max(_IN_GROUP.findall(header), key=header.rfind))
    return group, question


def _with_survey_day(chosen: list[tuple[int, str, str, str]], spec: TableSpec) -> list[tuple[int, str, str, str]]:
    """The survey tool's own day for a list that has none."""
    if not spec.anchor_is_date or any(column == spec.anchor for _, _, column, _ in chosen):
        return chosen
    days = {plain: at for at, header, column, _ in chosen if not column and (plain := plain_header(header))}
    day = next((days[name] for name in _SURVEY_DAYS if name in days), None)
    return [(one[0], one[1], spec.anchor, "usual") if one[0] == day else one for one in chosen]


def _with_questions(
    chosen: list[tuple[int, str, str, str]], spec: TableSpec, *, settled: Collection[str]
) -> list[tuple[int, str, str, str]]:
    """Questions of a form taken for the columns they ask for, where that is unambiguous."""
    there = {column for _, _, column, _ in chosen}
    asked = {
        position: _asked_for(plain, spec)
        for position, header, said, _ in chosen
        if not said and (plain := plain_header(header)) not in settled
    }
    once = Counter(asked.values())
    taken = {
        position: column
        for position, column in asked.items()
        if column in _DROPPED or (column and column not in there and once[column] == 1)
    }
    return [
        (position, header, taken.get(position, column), "question" if position in taken else how)
        for position, header, column, how in chosen
    ]


def _asked_for(question: str, spec: TableSpec) -> str:
    """The one column whose usual header stands in a question; '' where there is none or more than one."""
    question = _AS_ON_THE_CARD.sub(" ", question)
    found: list[tuple[int, int, str]] = []
    for form, column in spec.known.items():
        if column in _ASKED and (len(form.split()) > 1 or column in _ASKED_IN_A_WORD):
            found += [(at.start(), at.end(), column) for at in re.finditer(rf"\b{re.escape(form)}\b", question)]
    whole = [
        (start, end, column)
        for start, end, column in found
        if not any(left <= start and end <= right and right - left > end - start for left, right, _ in found)
    ]
    if whole and min(whole)[2] == "address":
        return "address"
    columns = {column for _, _, column in whole}
    narrower = columns - {"address"}
    # 'in which kecamatan do you live' asks for the kecamatan
    chosen = narrower if len(narrower) == 1 and narrower <= {"desa", "kecamatan", "kabupaten"} else columns
    return next(iter(chosen)) if len(chosen) == 1 else ""


def _header_map(chosen: list[tuple[int, str, str, str]], spec: TableSpec) -> HeaderMap:
    declared = {column for _, _, column, how in chosen if how == "settings"}
    positions: dict[str, list[int]] = {}
    taken: list[tuple[str, str, str]] = []
    for position, header, column, how in chosen:
        if not column or (column in declared and how != "settings"):
            taken.append((header, "", "ignored"))
            continue
        positions.setdefault(column, []).append(position)
        taken.append((header, column, how))
    missing = tuple(group for group in spec.required if not any(column in positions for column in group))
    # a table with a number of people in each row is no list of them
    counts = any(plain_header(header) in COUNT_FORMS for header, _, _ in taken)
    if missing == ((spec.anchor,),) and not counts and any(column in positions for column in spec.undated_with):
        missing = ()
    return HeaderMap(
        positions=MappingProxyType(
            {name: positions[name][0] for name in dict.fromkeys((*spec.columns, *positions)) if name in positions}
        ),
        taken=tuple(taken),
        names=tuple(positions.get("name", ())),
        duplicates=tuple(name for name, at in positions.items() if len(at) > 1 and name not in _DROPPED),
        missing=missing,
        is_dated=not spec.anchor_is_date or spec.anchor in positions,
    )


def is_stamp(header: str) -> bool:
    """Whether a header is that of the column in which a form keeps the moment of each answer.

    Examples
    --------
    >>> is_stamp("Timestamp"), is_stamp("Tanggal")
    (True, False)
    """
    return plain_header(header) in _STAMPED


def did_you_mean(group: Sequence[str], headers: Sequence[str], spec: TableSpec) -> str:
    """The header that most looks like one of the missing columns; '' where none comes near.

    Examples
    --------
    >>> from outreach_analysis.intake.specs import APPLICANTS
    >>> did_you_mean(["service_date"], ["No", "Tgl Permohonann"], APPLICANTS)
    'Tgl Permohonann'
    """
    forms = [form for column in group for form in (plain_header(column), *spec.forms.get(column, ()))]
    best, best_score = "", float(_DID_YOU_MEAN)
    for header in headers:
        found = process.extractOne(plain_header(header), forms, scorer=fuzz.ratio, score_cutoff=best_score)
        if found and len(plain_header(header)) > 2:
            best, best_score = header, found[1]
    return best


def _plain_without_brackets(text: str) -> str:
    return plain_header(re.sub(r"[(\[].*?[)\]]", " ", text))
