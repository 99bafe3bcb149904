"""Places that nobody knows for sure: a sheet to decide them on, and the decisions read back."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from outreach_analysis.contracts import ContractError, Failure, RequestError, failure
from outreach_analysis.geocoding.country import ABROAD, ELSEWHERE
from outreach_analysis.geocoding.gazetteer import OFFICE_KIND, OUTSIDE_PREFIX, UNKNOWN_PLACE
from outreach_analysis.geocoding.names import name_words, words_of
from outreach_analysis.geocoding.parsing import plain_header
from outreach_analysis.geocoding.resolver import resolve_origins
from outreach_analysis.intake.cells import SUFFIXES, RawSheet
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.intake.headers import ALIASES, REVIEW, map_headers
from outreach_analysis.intake.ledger import LedgerBuilder
from outreach_analysis.intake.sheets import read_tables, sheets_of
from outreach_analysis.intake.tables import BETWEEN_SUGGESTIONS, suggestion_text
from outreach_analysis.intake.text_files import join_tables, tidy
from outreach_analysis.masking import mask_identifiers

REVIEW_FILE, ALIASES_FILE = "review.csv", "aliases.csv"
SUGGESTIONS = ("suggestion_1", "suggestion_2", "suggestion_3")
REVIEW_COLUMNS = ("text", "rows", *SUGGESTIONS, "decision")
DECISION_COLUMNS = ("alias", "area_id", "kind", "decided_by", "decided_on")

_SUGGESTED = re.compile(r".*\((?P<place>\d[\d.]*|OUTSIDE:[^()]+)\)(?:: .*)?")
_OUTSIDE = re.compile(r"outside\s*:(?P<place>.*)", re.IGNORECASE)
_IN_WORDS = {
    word: place
    for kind, place in (("unknown", UNKNOWN_PLACE), ("elsewhere", ELSEWHERE), ("abroad", ABROAD))
    for word in words_of("intake")["said"][kind]
}
"""What people write for a place that has no name."""
_EXPECTED = "an area code, a name with its kabupaten, OUTSIDE:<place>, 'luar provinsi', 'luar negeri' or 'tidak tahu'"
_TOO_WIDE = "province"


def review_sheet(dataset: Dataset) -> pd.DataFrame:
    """The texts that somebody must decide, most frequent first.

    Texts that say the same but for case and punctuation are one; those without any word or number, such as '-',
    cannot be decided and are left out.

    Returns
    -------
    DataFrame
        text (nothing about the person in it), rows (>= 1), suggestion_1 to suggestion_3 (name, area_id and reason; ''
        where there are fewer), decision ('', to be filled in).

    Examples
    --------
    >>> from outreach_analysis.intake.dataset import load_sample
    >>> sheet = review_sheet(load_sample())
    >>> sheet["text"].iloc[0], int(sheet["rows"].iloc[0])
    ('Sumber Sari', 2)
    """
    waiting = dataset.ledger.review
    keys = waiting["text"].map(_key).astype("str").rename("key")
    grouped = waiting[keys != ""].groupby(keys[keys != ""], sort=False)
    together = grouped.agg(text=("text", "first"), rows=("rows", "sum"), suggestions=("suggestions", "first"))
    together = together.sort_values(["rows", "text"], ascending=[False, True], ignore_index=True)
    offered = [text.split(BETWEEN_SUGGESTIONS) for text in together["suggestions"]]
    return pd.DataFrame(
        {
            "text": together["text"].map(mask_identifiers).astype("str"),
            "rows": together["rows"].astype("int64"),
            **{
                name: pd.Series([texts[place] if place < len(texts) else "" for texts in offered], dtype="str")
                for place, name in enumerate(SUGGESTIONS)
            },
            "decision": pd.Series("", index=together.index, dtype="str"),
        }
    )


def read_decisions(
    path: Path | str, dataset: Dataset, *, decided_by: str, decided_on: dt.date | None = None
) -> pd.DataFrame:
    """Read a review sheet that was filled in; blank decisions still wait, texts decided before are passed over."""
    who = " ".join(mask_identifiers(decided_by).split())
    if not who:
        raise RequestError.in_words("say who decided")
    encoding = dataset.settings.fallback_encoding
    sheets = sheets_of(Path(path), REVIEW, name=Path(path).name, fallback_encoding=encoding)
    tables, wrong = read_tables(sheets, REVIEW, extra={}, book=LedgerBuilder())
    if wrong:
        raise ContractError(wrong)
    table = join_tables(tables)
    rows = table.rows.assign(row=table.row_numbers, key=table.rows["text"].map(_key).astype("str"))
    rows = rows[rows["decision"] != ""]
    waiting = {_key(text): text for text in review_sheet(dataset)["text"]}
    office = dataset.aliases[dataset.aliases["kind"] == OFFICE_KIND]
    before = {_key(alias) for alias in office["alias"]}
    chosen = _chosen(rows["decision"], dataset)
    said = partial(failure, file=Path(path).name)
    faults: list[Failure] = []
    taken: dict[str, tuple[str, int]] = {}
    for at, row, key, decision in rows[["row", "key", "decision"]].itertuples():
        place, expected = chosen[at]
        shown = mask_identifiers(decision)
        if key not in waiting:
            if key not in before:
                faults.append(said("unknown_text", row=row, column="text"))
        elif not place:
            faults.append(said("unknown_decision", row=row, column="decision", value=shown, expected=expected))
        elif key in taken and taken[key][0] != place:
            faults.append(said("two_decisions", row=row, column="decision", value=shown, count=taken[key][1]))
        else:
            taken.setdefault(key, (place, row))
    if faults:
        raise ContractError(faults)
    return pd.DataFrame(
        {
            "alias": [waiting[key] for key in taken],
            "area_id": [place for place, _ in taken.values()],
            "kind": OFFICE_KIND,
            "decided_by": who,
            "decided_on": (decided_on or dataset.as_of).isoformat(),
        },
        columns=list(DECISION_COLUMNS),
    ).astype("str")


def with_decisions(folder: Path | str, decisions: pd.DataFrame, *, fallback_encoding: str = "cp1252") -> pd.DataFrame:
    """The cells of `aliases.csv` with decisions added below; everything that stands in it stays."""
    folder = Path(folder)
    others = [folder / f"aliases{suffix}" for suffix in SUFFIXES if suffix != ".csv"]
    faults = [failure("decisions_elsewhere", file=path.name) for path in others if path.exists()]
    if faults:
        raise ContractError(faults)
    if not (folder / ALIASES_FILE).exists():
        return pd.DataFrame([list(DECISION_COLUMNS), *decisions[list(DECISION_COLUMNS)].to_numpy().tolist()])
    sheets = sheets_of(folder / ALIASES_FILE, ALIASES, name=ALIASES_FILE, fallback_encoding=fallback_encoding)
    if len(sheets) > 1:
        raise ContractError([failure("decisions_elsewhere", file=ALIASES_FILE)])
    return _added(sheets[0], decisions)


def _added(sheet: RawSheet, decisions: pd.DataFrame) -> pd.DataFrame:
    cells = sheet.cells.reset_index(drop=True)
    headers = [map_headers(list(map(str, row)), ALIASES) for row in cells.itertuples(index=False)]
    at = next((number for number, found in enumerate(headers) if found.is_complete), None)
    if at is None:
        raise ContractError([failure("missing_column", file=sheet.file, column="alias / area_id")])
    positions = dict(headers[at].positions)
    for column in DECISION_COLUMNS:
        if column not in positions:
            positions[column] = cells.shape[1]
            cells[positions[column]] = [column if row == at else "" for row in range(len(cells))]
    below = decisions.rename(columns=positions)[list(positions.values())].astype("str")
    return pd.concat([cells, below], ignore_index=True).fillna("")


def _key(text: str) -> str:
    """What two texts have in common that one decision answers: as `resolve_origins` compares them."""
    return "".join(name_words(text))


def _chosen(decisions: pd.Series, dataset: Dataset) -> Mapping[int, tuple[str, str]]:
    """The place of each decision, '' where it names none for sure; and what should have been written."""
    written = tidy(decisions).map(_without_label).astype("str")
    level = dataset.gazetteer["level"]
    found = resolve_origins(
        written, dataset.gazetteer, aliases=dataset.aliases, code_system=dataset.settings.code_system
    )
    named = found["area_id"].where(found["area_id"].notna(), OUTSIDE_PREFIX + found["place"].fillna(""))
    named = named.where((found["status"] != "review") & (found["level"] != "unknown"), "")
    answers = [
        _decided(text, name) if text not in level.index else text for text, name in zip(written, named, strict=True)
    ]
    answers = ["" if level.get(answer) == _TOO_WIDE else answer for answer in answers]
    offered = found["suggestions"].map(suggestion_text)
    expected = [f"one of: {offer}" if offer else _EXPECTED for offer in offered]
    return dict(zip(written.index.to_list(), zip(answers, expected, strict=True), strict=True))


def _decided(text: str, named: str) -> str:
    """What a decision that is no id stands for: a place outside, nobody can tell, or the place it names."""
    if place := _IN_WORDS.get(plain_header(text)):
        return place
    if outside := _OUTSIDE.fullmatch(text):
        place = outside["place"].strip()
        return OUTSIDE_PREFIX + place if _key(place) else ""
    return named


def _without_label(decision: str) -> str:
    """The code of a suggestion that was copied whole into the column; other decisions as they are."""
    copied = _SUGGESTED.fullmatch(decision)
    return copied["place"] if copied else decision
