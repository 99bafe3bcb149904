"""Rows for programs: CSV, JSON, XLSX, and the few columns that fit a terminal."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pandas as pd

from outreach_analysis.contracts import FAILURE_COLUMNS, Failure, RequestError, failures_frame
from outreach_analysis.decisions.ranking import RankingResult
from outreach_analysis.disclosure import round_people, rounding_interval
from outreach_analysis.event_kinds import took_place
from outreach_analysis.files import replace_file
from outreach_analysis.intake.dataset import Dataset
from outreach_analysis.intake.ledger import COUNTS, IntakeLedger
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.measures.attendance import attendance_by_event, people_by_event
from outreach_analysis.measures.audience import AudienceResult
from outreach_analysis.measures.small_numbers import TOTAL, Limit, SuppressedTable, ToldBefore, suppress_small
from outreach_analysis.study import Study
from outreach_analysis.workbook import EXACT_DIGITS, Cell, Worksheet, sheet_name, workbook_bytes

# --- Rows for other programs: stable columns, and cells that no spreadsheet takes for a formula.


RANKING_COLUMNS = (
    "rank", "site_id", "name", "kind", "area_id", "increment", "ci_low", "ci_high",
    "p_best", "tied", "recommended", "rank_low", "rank_high", "people", "people_low", "people_high",
    "next_day", "day_kind", "status", "costs_on_average", "office_anyway", "gone_earlier", "gone_later", "outside",
)  # fmt: skip
"""Columns of `outreach rank --format csv|json`; new ones are only ever added at the end."""

_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters by name that leave no mark."""
_LINE = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


def ranking_rows(ranking: RankingResult) -> pd.DataFrame:
    """A ranking with the columns of `RANKING_COLUMNS`, people rounded to one decimal."""
    rows = ranking.by_site.rename_axis("site_id").reset_index()
    rows = rows.assign(
        recommended=rows["site_id"] == ranking.recommended,
        next_day=pd.to_datetime(rows["next_day"]).dt.strftime("%Y-%m-%d") if len(rows) else None,
        status=ranking.status,
    )
    published = rows.reindex(columns=list(RANKING_COLUMNS)).round(
        {"increment": 1, "ci_low": 1, "ci_high": 1, "people": 1, "people_low": 0, "people_high": 0, "p_best": 3}
        | dict.fromkeys(("costs_on_average", "office_anyway", "gone_earlier", "gone_later", "outside"), 1)
    )
    rest = published["people"] - published["increment"] - published["gone_later"] - published["outside"]
    return published.assign(office_anyway=rest.astype(float).round(1).clip(lower=0.0))


def resolution_rows(typed: pd.Series, found: pd.DataFrame, gazetteer: pd.DataFrame) -> pd.DataFrame:
    """What each typed place name was taken for: text, area_id, name, level, status, score, suggestions. Numbers of
    persons in what was typed are masked."""
    names = gazetteer["name"].str.cat(gazetteer["parent_name"], sep=", ")
    return pd.DataFrame(
        {
            "text": typed.map(mask_identifiers),
            "area_id": found["area_id"],
            "name": found["area_id"].map(names).fillna(found["place"]),
            "level": found["level"],
            "status": found["status"],
            "score": found["score"].round(0),
            "suggestions": [
                "; ".join(f"{item.label} ({item.area_id})" for item in suggestions)
                for suggestions in found["suggestions"]
            ],
        }
    )


def safe_cells(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows whose texts no spreadsheet runs as a formula; numbers stay numbers. A text of which any line begins with a
    tab or a carriage return, or has = + - @ (full-width forms too) as its first visible character, is quoted with an
    apostrophe. So are the names of the columns."""
    safe = rows.set_axis(range(rows.shape[1]), axis=1)
    for at, column in safe.items():
        if column.dtype.kind not in "biufM":
            safe[at] = column.astype(object).map(_safe, na_action="ignore")
    return safe.set_axis([_safe(name) for name in rows.columns], axis=1)


def write_table(path: Path, rows: pd.DataFrame, *, sheet: str = "") -> None:
    """Write a frame as `.csv` or `.xlsx`, as the name of the file says, whole or not at all."""
    kind = path.suffix.casefold()
    if kind == ".xlsx":
        replace_file(path, workbook_bytes([_worksheet(sheet or path.stem, rows)]))
    elif kind == ".csv":
        write_cells(rows, path)
    else:
        raise RequestError.in_words("{file}: a table is written as .csv or .xlsx", file=path.name)


def write_sheets(
    path: Path, sheets: Mapping[str, pd.DataFrame], *, above: Sequence[str], number_formats: Mapping[str, str]
) -> None:
    """Write frames as the sheets of one XLSX workbook to be read and printed, whole or not at all; cells as in
    `write_table`. Each has its name as title and the lines `above` below that; numbers are shown as their heading's
    format says."""
    made = []
    for name, rows in sheets.items():
        shown = {at: number_formats[head] for at, head in enumerate(rows.columns) if head in number_formats}
        made.append(replace(_worksheet(name, rows), above=(name, *above), number_formats=shown))
    replace_file(path, workbook_bytes(made))


def write_cells(rows: pd.DataFrame, path: Path, *, header: bool = True, private: bool = False) -> None:
    """Write rows as a CSV that a spreadsheet opens as it is: safe cells, UTF-8 with its mark, whole or not at all."""
    replace_file(
        path, "\ufeff" + safe_cells(rows).to_csv(index=False, header=header, lineterminator="\n"), private=private
    )


def _worksheet(name: str, rows: pd.DataFrame) -> Worksheet:
    safe = safe_cells(rows)
    columns = [[_cell(value) for value in safe.iloc[:, at].astype(object)] for at in range(safe.shape[1])]
    header: list[Cell] = [_cell(column) for column in safe.columns]
    return Worksheet(name=sheet_name(name), rows=[header, *map(list, zip(*columns, strict=True))], headed=True)


def _cell(value: object) -> Cell:
    """A value as a cell of a workbook: a number, a day, a logical value or text."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int) and abs(value) >= 10**EXACT_DIGITS:
        return str(value)
    if isinstance(value, str | bool | int | float) or value is None:
        return value
    if isinstance(value, list | tuple | set | dict) or not pd.isna(value):  # type: ignore[call-overload]
        if isinstance(value, dt.datetime):
            at_midnight = value.time() == dt.time() and value.tzinfo is None
            return value.date() if at_midnight else value.isoformat(sep=" ")
        return value if isinstance(value, dt.date) else _safe(str(value))
    return None


def _safe(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    lines = _LINE.split(unicodedata.normalize("NFKC", value.replace("\r\n", "\n")))
    return f"'{value}" if value[:1] == "\r" or any(map(_starts_a_formula, lines)) else value


def _starts_a_formula(line: str) -> bool:
    """Whether the first mark that is seen could start a formula; a tab does wherever it stands before that."""
    for letter in line:
        if letter in "=+-@\t":
            return True
        if letter not in _UNSEEN and unicodedata.category(letter) not in ("Cc", "Cf", "Zs", "Zl", "Zp", "Mn"):
            return False
    return False


# --- Rows that programs read, made into the few columns that fit a terminal.


def with_range(rows: pd.DataFrame, estimate: str, low: str, high: str) -> pd.Series:
    """A number with its range as one text: '34 (7-120)'; '' where there is none."""

    def text(values: pd.Series) -> str:
        return "" if np.isnan(values[estimate]) else f"{values[estimate]:.0f} ({values[low]:.0f}-{values[high]:.0f})"

    published = rows[[estimate, low, high]].astype(float)
    return pd.Series([text(row) for _, row in published.iterrows()], index=rows.index, dtype="str")


def ranking_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of `ranking_rows` that people read: eight of them, ranges beside their numbers. `best (costs)` is how
    often a place is the best, and the people given up on average by choosing it; `note` says 'proposed' of the
    recommended place and 'may be best' of the others that are tied."""
    return pd.DataFrame(
        {
            "rank": rows["rank"],
            "site_id": rows["site_id"],
            "name": rows["name"],
            "additional": with_range(rows, "increment", "ci_low", "ci_high"),
            "all who come": with_range(rows, "people", "people_low", "people_high"),
            "best (costs)": [
                f"{100 * best:.0f}% ({max(costs, 0.0):.1f})"
                for best, costs in zip(rows["p_best"], rows["costs_on_average"], strict=True)
            ],
            "first day": rows["next_day"],
            "note": np.select([rows["recommended"], rows["tied"]], ["proposed", "may be best"], ""),
        }
    )


def series_table(rows: pd.DataFrame) -> pd.DataFrame:
    """The columns of a comparison of series that people read, ranges beside their numbers."""
    percent = rows.assign(**{name: 100 * rows[name] for name in ("new", "new_low", "new_high")})
    return pd.DataFrame(
        {
            "series": rows["series"].replace("", "(none)"),
            "events": rows["events"],
            "people": rows["people"],
            "people an event": with_range(rows, "per_event", "per_event_low", "per_event_high"),
            "km, half within": with_range(rows, "km_50", "km_50_low", "km_50_high"),
            "new passports, %": with_range(percent, "new", "new_low", "new_high"),
        }
    )


# --- What `outreach check` found in a folder, as tables with stable columns.


ACCOUNT_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "faults": ("status", *FAILURE_COLUMNS),
        "files": ("file", "sheet", *COUNTS),
        "headers": ("header", "column", "how", "files"),
        "events": (
            "event_id", "site_id", "date", "applicants", "placed_share", "unplaced", "status", "programme", "days",
        ),
    }
)  # fmt: skip
"""Columns of `outreach check --table NAME --format csv|json`; new ones are only ever added at the end."""


def account_rows(dataset: Dataset, table: str = "faults") -> pd.DataFrame:
    """One table of a folder's account, exact: it stays in the office."""
    if table == "events":
        took = dataset.events[took_place(dataset.events)].rename_axis("event_id")
        came, listed = attendance_by_event(dataset), dataset.applicants["event_id"].value_counts()
        if not dataset.is_counted:
            listed = listed.reindex(took.index, fill_value=0)
        rows = took.assign(
            date=took["date"].dt.strftime("%Y-%m-%d"),
            # an opening at the office is no pop-up; where people came as counts, its own are not known
            applicants=came["people"].reindex(took.index).combine_first(listed.reindex(took.index)).astype("Int64"),
            placed_share=came["placed_share"].round(4),
            unplaced=came["unplaced"].reindex(took.index).astype("Int64"),
        )
        return rows.reset_index()[list(ACCOUNT_COLUMNS[table])]
    return ledger_rows(dataset.ledger, table)


def ledger_rows(ledger: IntakeLedger, table: str = "faults", *, files: Sequence[Failure] = ()) -> pd.DataFrame:
    """One table of a folder's account, also where faults of its files stop the reading before there is a dataset."""
    columns = list(ACCOUNT_COLUMNS[table])
    if table == "faults":
        stops = failures_frame(files).assign(status="stops")
        return pd.concat([stops, ledger.rows], ignore_index=True)[columns] if files else ledger.rows[columns]
    if table == "files":
        return ledger.by_file[columns]
    if table == "headers":
        foreign = ledger.columns_taken[ledger.columns_taken["how"] != "ours"]
        return foreign.groupby(columns[:-1], as_index=False).agg(files=("file", "nunique"))[columns]
    return pd.DataFrame(columns=columns)


# --- Who came from where to which pop-up, in exact numbers that may leave the office: small ones are left out.


OUTSIDE = "outside the province"
"""Row of the people from elsewhere."""
UNPLACED = "place not known"
"""Row of the people of whom it is not known where they live."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PublishedTable:
    """A table that left the office: the people of each row and pop-up, totals among them, and which of them it told."""

    people: pd.DataFrame
    told: pd.DataFrame


def origin_table(dataset: Dataset, earlier: Sequence[PublishedTable] = ()) -> SuppressedTable:
    """People by kabupaten and pop-up, exact, with small numbers and those that would give them away left out. The audit
    reckons with readers of the report, who are told the people of every row and pop-up rounded, and of `earlier`
    tables: a pop-up that stood in one stays as it was told, whatever became of its list. There is no second such table
    by kecamatan: each would give away what the other leaves out."""
    table = people_by_origin(dataset, earlier)
    published = people_by_event(
        counts=dataset.counts,
        areas=dataset.areas,
        outside=dataset.outside,
        unplaced=dataset.unplaced,
        events=dataset.events,
        settings=dataset.settings,
        rounding_base=dataset.settings.rounding_base,
    )
    base = dataset.settings.rounding_base
    limits = _published_elsewhere(table, published, base=base)
    before = _told_before(table, earlier, base=base) if earlier else None
    return suppress_small(table, minimum=base, also_published=limits, before=before)


def people_by_origin(dataset: Dataset, earlier: Sequence[PublishedTable] = ()) -> pd.DataFrame:
    """People by kabupaten and pop-up, exact; pop-ups of earlier tables as these had them."""
    areas, counts = dataset.areas, dataset.counts
    at_kabupaten = counts["area_id"].map(areas["parent_id"]).fillna(counts["area_id"])
    names = at_kabupaten.map(dataset.gazetteer["name"])
    elsewhere = dataset.outside.assign(row=OUTSIDE)[["row", "event_id", "applicants"]]
    unplaced = dataset.unplaced.assign(row=UNPLACED)[["row", "event_id", "applicants"]]
    people = pd.concat(
        [counts.assign(row=names)[["row", "event_id", "applicants"]], elsewhere, unplaced], ignore_index=True
    )
    table: pd.DataFrame = people.pivot_table(
        index="row", columns="event_id", values="applicants", aggfunc="sum", fill_value=0
    )
    for one in earlier:
        before = one.people.drop(index=TOTAL, columns=TOTAL)
        table = table.reindex(index=table.index.union(before.index), fill_value=0)
        table[before.columns] = before.reindex(table.index, fill_value=0)
    table = table[table.sum(axis=1) > 0].astype(int)
    last = [row for row in (OUTSIDE, UNPLACED) if row in table.index]
    rows = [*table.index.difference(last), *last]
    return table.reindex(index=rows, columns=table.columns.sort_values()).rename_axis(index=None, columns=None)


def _told_before(table: pd.DataFrame, earlier: Sequence[PublishedTable], *, base: int) -> ToldBefore:
    """What earlier tables told of the cells of this one, and of sums over them."""
    told, left_out = (np.zeros(table.shape, dtype=bool) for _ in range(2))
    limits, small = list[Limit](), list[npt.NDArray[np.bool_]]()
    for one in earlier:
        # a row that stands in no earlier table had nobody in it, and everybody could see that
        shown = one.told.reindex(index=[*table.index, TOTAL], columns=[*table.columns, TOTAL])
        columns = table.columns.isin(one.people.columns)
        cells = shown.iloc[:-1, :-1].to_numpy(dtype=object)
        absent = ~table.index.isin(one.people.index)[:, None] & columns
        told |= (cells == True) | absent  # noqa: E712 - None is neither
        left_out |= (cells == False) & ~absent  # noqa: E712
        lines = [(name, table.index == name, columns) for name in one.people.index if name != TOTAL]
        every = np.ones(len(table), dtype=bool)
        lines += [(name, every, table.columns == name) for name in one.people.columns if name != TOTAL]
        for name, rows, within in [*lines, (TOTAL, every, columns)]:
            at = (TOTAL, name) if name in one.people.columns and name != TOTAL else (name, TOTAL)
            members, people = rows[:, None] & within, float(one.people[at[1]].loc[at[0]])
            if one.told.loc[at]:
                limits.append((members, people, people))
                continue
            low, high = rounding_interval(np.asarray(round_people(np.array([people]), base=base)), base=base)
            limits.append((members, float(low[0]), float(high[0])))
            if 0 < people < base:
                small.append(members)
    return ToldBefore(told=told, left_out=left_out & ~told, limits=limits, small=small)


def _published_elsewhere(table: pd.DataFrame, published: pd.Series, *, base: int) -> list[Limit]:
    """What a reader of the report knows of rows and columns: that they round to what is told, moved or not."""
    limits: list[Limit] = []
    for axis in (0, 1):
        sums = table.T.sum() if axis == 0 else table.sum()
        rounded = np.asarray(round_people(sums.to_numpy(), base=base))
        low, high = rounding_interval(rounded, base=base)
        if axis:
            published_low, published_high = rounding_interval(
                published.reindex(sums.index, fill_value=0).to_numpy(), base=base
            )
            low, high = np.minimum(low, published_low), np.maximum(high, published_high)
        for at, (least, most) in enumerate(zip(low, high, strict=True)):
            members = np.zeros(table.shape, dtype=bool)
            members[(at, slice(None)) if axis == 0 else (slice(None), at)] = True
            limits.append((members, float(least), float(most)))
    return limits


# --- Rows on people that a script can read: shares with intervals by group.


_DIGITS = 3


def audience_rows(study: Study, table: str) -> pd.DataFrame:
    """One table of the audience as rows."""
    if table == "days":
        if study.working_days is None:
            raise RequestError.in_words("no event was held in the months that are known")
        found = study.working_days.by_area
        return _named(found[found["of"] > 0], study.areas)
    if table == "series":
        return study.series.by_series.round(_DIGITS).reset_index()
    if table == "uptake":
        found = study.uptake.by_area
        return _named(found[found["people"] > 0], study.areas)
    return _overall_and_by_distance(study.audience, table)


def _overall_and_by_distance(result: AudienceResult, table: str) -> pd.DataFrame:
    if table not in ("channels", "applications", "ages"):
        raise RequestError(f"table {table!r} is none of: channels, applications, ages, uptake, days, series")
    overall: pd.DataFrame = getattr(result, table)
    by_distance: pd.DataFrame = getattr(result, f"{table}_by_distance")
    by_distance = by_distance.assign(group=[_distance_band(float(km)) for km in by_distance["group"]])
    return pd.concat([overall, by_distance], ignore_index=True).round(_DIGITS)


def _distance_band(km: float) -> str:
    return "beyond" if np.isinf(km) else f"up to {km:g} km"


def _named(found: pd.DataFrame, areas: pd.DataFrame) -> pd.DataFrame:
    rows = found.round(_DIGITS).rename_axis("area_id").reset_index()
    rows.insert(1, "name", rows["area_id"].map(areas["name"]))
    return rows
