"""Counts of applicants in lists of any size, by frames of any engine."""

from __future__ import annotations

import dataclasses
import datetime as dt
import glob
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from outreach_analysis.contracts import ContractError, Failure, RequestError, failure
from outreach_analysis.disclosure import without_person
from outreach_analysis.geocoding.resolver import OriginResolver, origin_text
from outreach_analysis.geography.areas import enclosing_area
from outreach_analysis.intake.dates import parse_dates
from outreach_analysis.intake.headers import APPLICANTS, map_headers
from outreach_analysis.intake.rows import applications, channels, passport_types
from outreach_analysis.settings import Settings

if TYPE_CHECKING:
    import duckdb
    import narwhals as nw


# --- Lists of applicants as they are opened for counting: the rows for an engine, and what is known of them beside it.


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OpenedApplicants:
    """Lists of applicants, opened for `count_applicants`."""

    relation: duckdb.DuckDBPyRelation
    files: tuple[str, ...]
    rows: int
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    faults: tuple[Failure, ...] = ()
    rejected: int = 0

    def check(self, counted: int) -> None:
        """Refuse a count that is not that of the files."""
        if counted != self.rows:
            name = self.files[0] if len(self.files) == 1 else f"{len(self.files)} files, {self.files[0]} the first"
            raise ContractError([failure("count_mismatch", file=name, count=counted, expected=f"{self.rows}")])


def unreadable(files: Sequence[str], columns: Mapping[str, tuple[str, ...]]) -> ContractError:
    """The error for Parquet files that the engine cannot read to their end: which, and nothing that they hold."""
    import duckdb
    import pyarrow.parquet as pq

    guilty, wanted = [], {header for some in columns.values() for header in some}
    for file in files if len(files) > 1 else ():
        headers = [header for header in pq.read_schema(file).names if header in wanted]
        texts = ", ".join('MAX("' + header.replace('"', '""') + '")' for header in headers)
        with duckdb.connect() as alone:
            try:
                query = f"SELECT {texts} FROM read_parquet($file, hive_partitioning = false)"
                alone.execute(query, {"file": glob.escape(file)}).fetchall()
            except duckdb.Error:
                guilty.append(file)
    what = "it is damaged, or holds text that is not UTF-8"
    return ContractError([failure("unreadable_file", file=file, value=what) for file in guilty or files])


# --- Applicants counted where they are: in a data frame, a folder of Parquet files or a cluster, larger than memory.


STEPS = ("columns", "places", "words", "counts")
"""The steps of `count_applicants`, as told to its `progress`."""

Progress = Callable[[int, int, str], None]
ORIGIN = {"area_code": "code", **{name: name for name in ("desa", "kecamatan", "kabupaten", "address")}}
_WORDS = ("passport_type", "application", "channel")
DATE = "service_date"
COUNTED_COLUMNS = ("event_id", DATE, *ORIGIN, *_WORDS)
"""Our columns that are read; no other is."""

_PLACE_CODE, _WORD_CODE, _ROWS = "place_code", "word_code", "rows"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountedApplicants:
    """Applicants by event, area, month, passport type, kind of application and channel: every row is in one count.

    Attributes
    ----------
    counts
        `event_id` ('' where the rows name none), `month` (first day; NaT where the date cannot be read), `area_id`
        (kecamatan, or kabupaten where no more is known; '' else), `level` (kecamatan, kabupaten, outside_province,
        outside_country, unknown), `place` (usual name of a place outside, else ''), `passport_type`, `application`,
        `channel`, `applicants` (rows, > 0). Sorted by all of these.
    unresolved
        `text`, `applicants`: origins that nobody knows for sure, the most frequent first; long numbers taken out.
    rows, rejected, faults
        Rows read, counted or rejected; those of more or fewer cells than their header, and the first of each file.
    columns, settings
        Headers that each of our columns was read from, joined by ' / '; the settings used.
    """

    counts: pd.DataFrame
    unresolved: pd.DataFrame
    rows: int
    columns: Mapping[str, str]
    settings: Settings
    rejected: int = 0
    faults: tuple[Failure, ...] = ()

    @property
    def undated(self) -> int:
        """Applicants whose day could not be read."""
        return int(self.counts.loc[self.counts["month"].isna(), "applicants"].sum())

    def by_area(self) -> pd.Series:
        """Applicants by area_id: kecamatan, and kabupaten of those known no closer."""
        known = self.counts[self.counts["area_id"] != ""]
        return known.groupby("area_id")["applicants"].sum()

    def summary(self) -> pd.DataFrame:
        """Rows by what is known of their origin: `estimate, ci_low, ci_high, unit`; counts, so without interval."""
        people = self.counts.groupby("level")["applicants"].sum()
        return pd.DataFrame({"estimate": people, "ci_low": np.nan, "ci_high": np.nan, "unit": "applicants"})

    def _repr_html_(self) -> str:
        return self.counts.to_html(max_rows=12, index=False)


def count_applicants(
    frame: Any,
    areas: pd.DataFrame,
    *,
    aliases: pd.DataFrame | None = None,
    columns: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> CountedApplicants:
    """Count applicants by event, area, month, passport type, application and channel, wherever the rows are.

    The same call takes a pandas or polars frame, a pyarrow Table, a DuckDB relation (see `open_applicants`), a PySpark
    DataFrame or an ibis table. Distinct origins and words are resolved here, as by `resolve_origins`, joined back
    and counted there: memory grows with the distinct texts only. Names, NIK and phone numbers are never read. EVERY row
    counts: repeats of a person must have been taken out before. `Study.from_counts` goes on from here.

    Parameters
    ----------
    frame
        One row an applicant, headers ours or the office's: `service_date`, any of `area_code`, `desa`, `kecamatan`,
        `kabupaten`, `address`, and if known `event_id`, `passport_type`, `application`, `channel`.
    areas
        All levels: index area_id; `name`, `level`, `parent_id` (as `load_areas("all")`).
    aliases, columns
        Other names of places, as in `resolve_origins`; our column by header, beside those of `settings.columns`.
    settings
        For code system, date format, headers, and the day since which all passports are electronic.
    progress
        Called as progress(done, total, step) before each of `STEPS` and once at the end.

    Raises
    ------
    RequestError
        Where no column stands for date or origin, or two for one, or the engine refuses to read or to make a table.

    Examples
    --------
    >>> areas = pd.DataFrame({"name": ["Kota Solok", "Lubuk Sikarah"], "level": ["kabupaten", "kecamatan"],
    ...                       "parent_id": ["", "13.72"]}, index=["13.72", "13.72.01"])
    >>> rows = pd.DataFrame({"Tgl Permohonan": ["01/07/2025"] * 3, "Kecamatan": ["Lubuk Sikarah", "Lubuk Sikarah", "?"],
    ...                      "Jenis Paspor": "Paspor Biasa", "Tahu dari": "IG"})
    >>> counted = count_applicants(rows, areas)
    >>> counted.counts[["area_id", "passport_type", "channel", "applicants"]].values.tolist()
    [['', 'electronic', 'instagram', 1], ['13.72.01', 'electronic', 'instagram', 2]]
    """
    import narwhals as nw

    settings = settings or Settings()

    def begin(step: str) -> None:
        if progress is not None:
            progress(STEPS.index(step), len(STEPS), step)

    begin("columns")
    lists = frame if isinstance(frame, OpenedApplicants) else None
    data = nw.from_native(frame if lists is None else lists.relation).lazy()
    taken = _taken(data.collect_schema().names(), {**settings.columns, **(columns or {})})
    rows, origin, words = _as_text(data, taken, settings)
    with _named(lists) if lists is not None else _refused():
        begin("places")
        places, place_code = _resolved(_distinct(rows, origin), areas, aliases, settings)
        begin("words")
        spoken, word_code = _understood(_distinct(rows, words), settings)
        begin("counts")
        joined = rows.join(_beside(rows, place_code), on=origin, how="left")
        joined = joined.join(_beside(rows, word_code), on=words, how="left")
        grouped = joined.group_by("event_id", _PLACE_CODE, _WORD_CODE).agg(nw.len().alias("applicants"))
        counted = grouped.collect().to_pandas()
    if progress is not None:
        progress(len(STEPS), len(STEPS), "")
    found = _published(counted, places, spoken, taken, settings)
    if lists is None:
        return found
    lists.check(found.rows)
    columns = {ours: " / ".join(headers) for ours, headers in lists.columns.items()}
    read = found.rows + lists.rejected
    return dataclasses.replace(found, rows=read, rejected=lists.rejected, faults=lists.faults, columns=columns)


_ENGINE_ERRORS = {
    "duckdb": "Error", "ibis.common.exceptions": "IbisError", "psycopg": "Error", "pyspark.errors": "PySparkException",
}  # fmt: skip
"""Errors of engines that hold rows, by the module that is loaded where one is used."""


@contextmanager
def _refused() -> Iterator[None]:
    """What an engine says of rows may quote them, or how it was reached: its kind of error is said instead."""
    loaded = ((sys.modules.get(module), name) for module, name in _ENGINE_ERRORS.items())
    errors: tuple[type[Exception], ...] = tuple(getattr(module, name) for module, name in loaded if module is not None)
    try:
        yield
    except errors as error:
        raise RequestError.in_words(
            "the engine that holds the rows refused ({error}); nothing was counted. It must let its user read the "
            "table and make a temporary one",
            error=type(error).__name__,
        ) from None


@contextmanager
def _named(lists: OpenedApplicants) -> Iterator[None]:
    """What the engine says of a file quotes its rows: which file it is, is said instead."""
    import duckdb

    try:
        yield
    except duckdb.OutOfMemoryException:
        raise RequestError.in_words("counting needs more memory than it may use; give it more with --memory") from None
    except duckdb.Error:
        raise unreadable(lists.files, lists.columns) from None


def _without_column(names: str) -> RequestError:
    return RequestError.in_words(
        "no column stands for any of: {columns}; map one with columns= or in [columns] of outreach.toml", columns=names
    )


def _taken(headers: list[str], extra: Mapping[str, str]) -> dict[str, str]:
    """The header of each of our columns."""
    found = map_headers(headers, APPLICANTS, extra=extra)
    if found.duplicates:
        raise RequestError.in_words(
            "two columns are both taken for: {columns}; map them with columns= or in [columns] of outreach.toml",
            columns=", ".join(found.duplicates),
        )
    taken = {name: headers[at] for name, at in found.positions.items() if name in COUNTED_COLUMNS}
    if DATE not in taken:
        raise _without_column(DATE)
    if not any(name in taken for name in ORIGIN):
        raise _without_column(", ".join(ORIGIN))
    return taken


def _as_text(
    data: nw.LazyFrame[Any], taken: Mapping[str, str], settings: Settings
) -> tuple[nw.LazyFrame[Any], list[str], list[str]]:
    """The columns that count, as text without nulls; and the names of those of the origin and of the words."""
    import narwhals as nw

    kind = data.collect_schema()[taken[DATE]]
    texts = {ours: nw.col(theirs).cast(nw.String).fill_null("") for ours, theirs in taken.items() if ours != DATE}
    if "event_id" not in texts:
        texts["event_id"] = nw.lit("")
    day = nw.col(taken[DATE])
    if getattr(kind, "time_zone", None) is not None:
        # an instant belongs to the day that the office's clock showed
        data, day, kind = _days_of_office(data, taken[DATE], settings.office_timezone)
    if kind.is_temporal():
        # a month and on which side of one day: few distinct values, so few groups
        first = settings.all_electronic_from
        since = day >= nw.lit(first if kind == nw.Date else dt.datetime.combine(first, dt.time()))
        late = nw.when(since).then(nw.lit(1)).otherwise(nw.lit(0))
        year, month = (part.fill_null(0).cast(nw.Int64) for part in (day.dt.year(), day.dt.month()))
        texts[DATE] = (year * 100 + month) * 10 + late
    else:
        texts[DATE] = day.cast(nw.String).fill_null("")
    rows = data.select(**texts)
    return rows, [name for name in ORIGIN if name in taken], [DATE, *(name for name in _WORDS if name in taken)]


def _days_of_office(data: nw.LazyFrame[Any], header: str, zone: str) -> tuple[nw.LazyFrame[Any], nw.Expr, Any]:
    """Instants as the days that the office's clock showed, whatever the zone of the rows or of the machine."""
    import narwhals as nw

    native: Any = data.to_native()
    if data.implementation.is_duckdb():
        import duckdb

        theirs = '"' + header.replace('"', '""') + '"'
        day = duckdb.SQLExpression(f"CAST(timezone('{zone}', {theirs}) AS DATE)")
        others = [duckdb.ColumnExpression(name) for name in native.columns if name != header]
        native = native.select(*others, day.alias(header))
    elif data.implementation.is_pyspark():
        from pyspark.sql import functions

        local = f"convert_timezone(current_timezone(), '{zone}', CAST(`{header}` AS TIMESTAMP_NTZ))"
        native = native.withColumn(header, functions.expr(f"CAST({local} AS DATE)"))
    elif data.implementation.is_ibis():
        native = _ibis_days(native, header, zone)
    else:
        return data, nw.col(header).dt.convert_time_zone(zone).dt.replace_time_zone(None), nw.Datetime()
    return nw.from_native(native).lazy(), nw.col(header), nw.Date()


def _ibis_days(table: Any, header: str, zone: str) -> Any:
    """An ibis table whose instants are the office's days."""
    import ibis

    if (engine := table.get_backend().name) not in _ENGINES_WITH_TIMEZONE:
        raise RequestError(
            f"{header} holds instants, and how {engine} turns them into days of {zone} is not known here; make it a "
            "date there first"
        )

    def timezone(zone: str, instant: Any) -> Any:
        """What a clock of the zone shows: a function of the engine."""

    signature = ((str, "timestamp('UTC')"), "timestamp")
    there: Any = ibis.udf.scalar.builtin(name="timezone", signature=signature)(timezone)
    return table.mutate(**{header: there(zone, table[header]).cast("date")})


_ENGINES_WITH_TIMEZONE = ("duckdb", "postgres")


def _distinct(rows: nw.LazyFrame[Any], names: list[str]) -> pd.DataFrame:
    import narwhals as nw

    # grouping is one hash table in every engine; `unique` numbers all rows in some
    found = rows.group_by(names).agg(nw.len().alias(_ROWS)).collect().to_pandas()
    return found[names].sort_values(names, ignore_index=True)


def _resolved(
    said: pd.DataFrame, areas: pd.DataFrame, aliases: pd.DataFrame | None, settings: Settings
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Places with a number each, and the number of each distinct origin. desa stand at their kecamatan."""
    stated = said.rename(columns=ORIGIN)
    found = OriginResolver(areas, aliases=aliases, code_system=settings.code_system).origins(stated)
    kecamatan = areas[areas["level"] == "kecamatan"]
    above = enclosing_area(found["area_id"], kecamatan)
    coarse = found["level"] == "kabupaten"
    place = pd.DataFrame(
        {
            "area_id": above.where(above.notna(), found["area_id"].where(coarse)).fillna(""),
            "level": found["level"].replace("desa", "kecamatan"),
            "place": found["place"].fillna(""),
            "text": "",
        }
    )
    lost = place["level"] == "unknown"
    if lost.any():
        nobody = pd.Series("", index=said.index[lost])
        place.loc[lost, "text"] = without_person(origin_text(stated[lost]), nobody)
    return _numbered(place, said, _PLACE_CODE)


def _understood(said: pd.DataFrame, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Months and words with a number each, and the number of each distinct combination of texts."""
    days = said[DATE]
    if days.dtype.kind in "iu":
        late = (days % 10).astype(bool)
        month = pd.to_datetime((days // 10).astype(str), format="%Y%m", errors="coerce")
        since = pd.Timestamp(settings.all_electronic_from)
        dates = pd.Series(since, index=said.index) - pd.to_timedelta((~late).astype(int), unit="D")
    else:
        dates = parse_dates(days.astype(object), date_format=settings.date_format, timezone=settings.office_timezone)
        month = dates - pd.to_timedelta(dates.dt.day - 1, unit="D")
    blank = pd.Series("", index=said.index, dtype="str")
    types = passport_types(said.get("passport_type", blank), dates, all_electronic_from=settings.all_electronic_from)
    word = pd.DataFrame(
        {
            "month": month.astype("datetime64[s]"),
            "passport_type": types,
            "application": applications(said.get("application", blank)),
            "channel": channels(said.get("channel", blank)),
        }
    )
    return _numbered(word, said, _WORD_CODE)


def _numbered(meant: pd.DataFrame, said: pd.DataFrame, code: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The distinct meanings, in their order, and what was said with the number of its meaning."""
    number = meant.groupby(list(meant.columns), dropna=False, sort=False).ngroup()
    return meant.drop_duplicates(ignore_index=True), said.assign(**{code: number.to_numpy()})


def _beside(rows: nw.LazyFrame[Any], table: pd.DataFrame) -> nw.LazyFrame[Any]:
    """A small table in the engine of the rows, so that the two can be joined there."""
    import narwhals as nw

    native: Any = rows.to_native()
    small: Any = table
    if rows.implementation.is_duckdb():
        import pyarrow as pa

        # DuckDB finds it by the name of the variable, in the connection of the rows, whichever that is
        small_table = pa.Table.from_pandas(table, preserve_index=False)  # noqa: F841
        small = native.query("the_rows", "SELECT * FROM small_table")
    elif rows.implementation.is_pyspark():
        small = native.sparkSession.createDataFrame(table)
    elif rows.implementation.is_ibis():
        import ibis

        small = ibis.memtable(table)
    elif not rows.implementation.is_pandas():
        columns = {str(name): column.tolist() for name, column in table.items()}
        small = nw.from_dict(columns, backend=rows.implementation).to_native()
    beside: nw.LazyFrame[Any] = nw.from_native(small).lazy()
    return beside


def _published(
    counted: pd.DataFrame, places: pd.DataFrame, spoken: pd.DataFrame, taken: Mapping[str, str], settings: Settings
) -> CountedApplicants:
    """Numbers turned back into places and words, rows of one meaning added up; by whole numbers, which sort fast."""
    people = counted["applicants"].to_numpy(dtype=np.int64)
    event, events = pd.factorize(counted["event_id"].astype(object), sort=True)
    place, known = _ranked(places, ["area_id", "level", "place"])
    month, months = _ranked(spoken, ["month"])
    word, words = _ranked(spoken, list(_WORDS))
    of_place, of_word = counted[_PLACE_CODE].to_numpy(), counted[_WORD_CODE].to_numpy()
    keys = pd.DataFrame({"event": event, "month": month[of_word], "place": place[of_place], "word": word[of_word]})
    summed = keys.assign(applicants=people).groupby(list(keys.columns), sort=True)["applicants"].sum().reset_index()
    columns = {
        "event_id": pd.Index(events).astype("str").take(summed["event"]),
        "month": months["month"].array.take(summed["month"]),
        **{name: known[name].array.take(summed["place"]) for name in known},
        **{name: words[name].array.take(summed["word"]) for name in words},
    }
    text = places["text"].array.take(of_place)
    lost = pd.DataFrame({"text": text, "applicants": people})
    lost = lost[lost["text"] != ""].groupby("text")["applicants"].sum().reset_index()
    return CountedApplicants(
        counts=pd.DataFrame({**columns, "applicants": summed["applicants"].astype("int64")}),
        unresolved=lost.sort_values(["applicants", "text"], ascending=[False, True], ignore_index=True),
        rows=int(people.sum()),
        columns=dict(taken),
        settings=settings,
    )


def _ranked(table: pd.DataFrame, names: list[str]) -> tuple[np.ndarray, pd.DataFrame]:
    """The rank of each row by these columns, and the distinct rows in that order; missing ones last."""
    rank = table.groupby(names, dropna=False, sort=True).ngroup().to_numpy()
    distinct = table[names].assign(rank=rank).drop_duplicates("rank").sort_values("rank", ignore_index=True)
    text = {name: "str" for name in names if name != "month"}
    return rank, distinct[names].astype(text)
