"""The sample as a folder: what a real office would hand in, and beside it the truth."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from outreach_analysis.geography.areas import load_areas
from outreach_analysis.simulation.defects import (
    INTEREST_FAULTS,
    OFFICE_FAULT,
    SITE_FAULTS,
    defect,
    plant_defects,
    planted_defects,
)
from outreach_analysis.simulation.design import ASKED_AT, OWN_NUMBERS
from outreach_analysis.simulation.lists import ListFile, ListSheet, event_files, make_lists
from outreach_analysis.simulation.office import SimulatedOffice, simulate_office, stream
from outreach_analysis.simulation.spelling import PlaceNames
from outreach_analysis.simulation.words import readme, settings_file
from outreach_analysis.workbook import Cell, Worksheet, column_letter, write_workbook

_SET_ASIDE = ("bad_date", "unknown_event", "event_not_held")
_PLACED = {"kecamatan": "placed", "kabupaten": "kabupaten_only", "outside": "outside", "none": "unplaced"}
_MARKS = ("outreach.toml", "truth.json", "applicants")


def write_sample(directory: Path | str, *, seed: int) -> Path:
    """Write the synthetic dataset folder: lists of invented people, tables, outreach.toml, README and truth.

    The folder is made beside its place and moved there when it is whole, so an interrupted run leaves what
    was there before. The same seed writes the same bytes, on any machine with the same version of numpy.

    Parameters
    ----------
    directory
        Folder to write. It may be missing, empty, or an earlier sample, which is replaced.
    seed
        Whole number >= 0.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    FileExistsError
        Where the folder holds something that is no sample, or a file has its name.

    Examples
    --------
    >>> import tempfile
    >>> folder = write_sample(Path(tempfile.mkdtemp()) / "contoh", seed=3)
    >>> sorted(path.name for path in folder.iterdir())[:4]
    ['README.md', 'applicants', 'events.csv', 'interest.csv']
    """
    target = Path(directory)
    _refuse_foreign(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        fresh = work / "new"
        fresh.mkdir()
        _write_folder(fresh, simulate_office(seed=seed), seed)
        if target.exists():
            target.rename(work / "old")
        fresh.rename(target)
    finally:
        shutil.rmtree(work)
    return target


def _refuse_foreign(target: Path) -> None:
    if target.is_dir():
        names = {path.name for path in target.iterdir()}
        if not names or names.issuperset(_MARKS):
            return
    elif not target.exists():
        return
    raise FileExistsError(f"'{target}' holds something that is not a sample; name a new or an empty folder")


def _write_folder(folder: Path, office: SimulatedOffice, seed: int) -> None:
    """Every file of the sample."""
    gazetteer = load_areas(level="all", settings=office.settings)
    names = PlaceNames.of(gazetteer)
    clean = make_lists(office.applicants, office.events, office.sites, gazetteer, rng=stream(seed, 5))
    lists = plant_defects(clean)
    (folder / "applicants").mkdir()
    for file in lists:
        _write_list(folder / "applicants" / file.name, file)
    defects = planted_defects(lists)
    defects += _write_sites(folder / "sites.csv", office, names)
    _write_events(folder / "events.csv", office)
    defects += _write_interest(folder / "interest.csv", office, names)
    defects += _write_office_monthly(folder / "office_monthly.csv", office)
    _write_text(folder / "outreach.toml", settings_file(office.settings, event_files(office.events, office.sites)))
    _write_text(folder / "README.md", readme(seed))
    truth = office.truth | {"interest": _interest_truth(office), "defects": defects}
    for event_id, written in _what_lists_say(lists).items():
        truth["events" if event_id in truth["events"] else "openings"][event_id]["in_lists"] = written
    _write_text(folder / "truth.json", json.dumps(truth, indent=1, ensure_ascii=False) + "\n")


def _write_text(path: Path, text: str, *, encoding: str = "utf-8") -> None:
    path.write_bytes(text.encode(encoding))


def _table_text(rows: Iterable[Sequence[Any]], *, delimiter: str = ",") -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def _write_list(path: Path, file: ListFile) -> None:
    if file.is_workbook:
        write_workbook(path, [_worksheet(sheet) for sheet in file.sheets])
        return
    (sheet,) = file.sheets
    rows = [sheet.header, *_cells(sheet)]
    _write_text(path, _table_text(rows, delimiter=file.delimiter), encoding=file.encoding)


def _cells(sheet: ListSheet) -> list[list[Cell]]:
    return [[row.cells.get(field, "") for field in sheet.layout.fields] for row in sheet.rows]


def _worksheet(sheet: ListSheet) -> Worksheet:
    last = column_letter(len(sheet.layout.fields) - 1)
    titles: list[list[Cell]] = [[title] for title in sheet.titles]
    merged = tuple(f"A{number}:{last}{number}" for number in range(1, len(titles) + 1))
    return Worksheet(name=sheet.name, rows=[*titles, sheet.header, *_cells(sheet)], merged=merged)


def _write_sites(path: Path, office: SimulatedOffice, names: PlaceNames) -> list[dict[str, Any]]:
    """Places: coordinates only where they are given, some areas by name, and the rows planted at the end."""
    rows: list[list[str]] = [["site_id", "name", "kind", "area", "lon", "lat", "capacity", "cost", "opened", "closed"]]
    own = [name for name, _, _ in OWN_NUMBERS]
    rows[0] += own
    for site in office.sites.reset_index().to_dict("records"):
        # every third kecamatan office stands under its name, as offices write it
        by_name = site["kind"] == "kecamatan" and int(site["site_id"][1:]) % 3 == 0
        area = area_text(site["area_id"], names) if by_name else site["area_id"]
        given = site["location_source"] == "given"
        point = [f"{site['lon']:.5f}", f"{site['lat']:.5f}"] if given else ["", ""]
        numbers = [_whole(site["capacity"]), _whole(site["cost"])]
        own_numbers = [_whole(site[name]) for name in own]
        named = [site["site_id"], site["name"], site["kind"], area]
        rows.append([*named, *point, *numbers, _date(site["opened"]), "", *own_numbers])
    defects = []
    for fault in SITE_FAULTS:
        rows.append([*fault.cells, "", "", "", "", *("" for _ in own)])
        defects.append(defect("sites.csv", "", len(rows), fault.column, fault.reason))
    _write_text(path, _table_text(rows))
    return defects


def _write_events(path: Path, office: SimulatedOffice) -> None:
    rows: list[list[str]] = [["event_id", "site_id", "date", "status", "series", "capacity", "sold_out"]]
    rows[0] += ["programme", "end_date", "booths"]
    for event in office.events.reset_index().to_dict("records"):
        sold_out = "" if event["status"] != "held" else "ya" if event["sold_out"] else "tidak"
        named = [event["event_id"], event["site_id"], _date(event["date"]), event["status"], event["series"]]
        last = _date(event["end_date"]) if event["days"] > 1 else ""
        rows.append([*named, _whole(event["capacity"]), sold_out, event["programme"], last, _whole(event["booths"])])
    _write_text(path, _table_text(rows))


def _write_interest(path: Path, office: SimulatedOffice, names: PlaceNames) -> list[dict[str, Any]]:
    rows: list[list[str]] = [["date", "area", "people", "source", "group", "person", "event_id"]]
    for item in office.interest.to_dict("records"):
        group = "ya" if item["group"] else "tidak"
        area = area_text(item["area_id"], names)
        published = [item["source"], group, item["person"], item["event_id"]]
        rows.append([_date(item["date"]), area, str(item["people"]), *published])
    defects = []
    for cells, reason, column in INTEREST_FAULTS:
        rows.append([*cells, "WhatsApp", "tidak", "", ""])
        defects.append(defect("interest.csv", "", len(rows), column, reason))
    _write_text(path, _table_text(rows))
    return defects


def _write_office_monthly(path: Path, office: SimulatedOffice) -> list[dict[str, Any]]:
    rows = [["month", "area", "applicants"]]
    counted = office.office_monthly[["month", "area_id", "applicants"]].to_dict("records")
    rows += [[f"{row['month']:%Y-%m}", row["area_id"], str(row["applicants"])] for row in counted]
    cells, reason, column = OFFICE_FAULT
    rows.append(list(cells))
    _write_text(path, _table_text(rows))
    return [defect("office_monthly.csv", "", len(rows), column, reason)]


def area_text(area_id: str, names: PlaceNames) -> str:
    """An area in words that name one place only: 'Desa X, Kec. Y, Z' or 'Kec. Y, Z'.

    Examples
    --------
    >>> names = PlaceNames(name={"64.74": "Bontang", "64.74.03": "Bontang Barat"}, title={}, compact=())
    >>> area_text("64.74.03", names)
    'Kec. Bontang Barat, Bontang'
    """
    parts = area_id.split(".")
    kecamatan = f"Kec. {names.name['.'.join(parts[:3])]}, {names.name['.'.join(parts[:2])]}"
    return f"Desa {names.name[area_id]}, {kecamatan}" if len(parts) > 3 else kecamatan


def _whole(number: float) -> str:
    return "" if pd.isna(number) else str(int(number))


def _date(date: pd.Timestamp) -> str:
    return "" if pd.isna(date) else f"{date:%d/%m/%Y}"


def _what_lists_say(lists: Sequence[ListFile]) -> dict[str, dict[str, Any]]:
    """By event, what a careful reader can count: the truth less what the clerks' hands and the faults took."""
    rows = [
        (
            row.event_id,
            "set_aside" if row.reason in _SET_ASIDE else _PLACED[row.level],
            row.area_id,
            row.answer,
        )
        for file in lists
        for sheet in file.sheets
        for row in sheet.rows
        if row.event_id and row.level
    ]
    frame = pd.DataFrame(rows, columns=["event_id", "what", "area_id", "answer"])
    says: dict[str, dict[str, Any]] = {}
    for event_id, group in frame.groupby("event_id"):
        numbers = group["what"].value_counts()
        says[str(event_id)] = {name: int(numbers.get(name, 0)) for name in (*_PLACED.values(), "set_aside")}
        by_area = group.loc[group["what"] == "placed", "area_id"].value_counts().sort_index()
        published = group.loc[group["what"].isin(["placed", "kabupaten_only"]), "answer"].value_counts()
        if event_id in ASKED_AT:
            says[str(event_id)]["answers"] = {
                answer: int(published.get(answer, 0)) for answer in ("yes", "no", "unsure")
            }
        says[str(event_id)]["placed_by_area"] = {str(area): int(n) for area, n in by_area.items()}
    return says


def _interest_truth(office: SimulatedOffice) -> dict[str, Any]:
    """Distinct people still interested on the day asked, by the area they named and by kecamatan; promises kept."""
    interest, settings = office.interest, office.settings
    oldest = pd.Timestamp(settings.as_of or dt.date.max) - pd.Timedelta(days=settings.interest_expires_days)
    phone = interest["person"].str.replace(r"\D", "", regex=True).str.replace(r"^62", "0", regex=True)
    keyed = interest.assign(phone=phone)
    fresh = keyed[(keyed["date"] >= oldest) & (keyed["event_id"] == "")]
    by_area = _distinct_people(fresh, fresh["area_id"])
    by_kecamatan = _distinct_people(fresh, fresh["area_id"].str.slice(0, 8))
    promised = interest[interest["event_id"] != ""].groupby(["event_id", "area_id"])["people"].sum()
    came = office.counts.set_index(["event_id", "area_id"])["applicants"].reindex(promised.index)
    kept = pd.DataFrame({"promised": promised, "came": came}).reset_index()
    return {
        "open_people_by_area": by_area,
        "open_people_by_kecamatan": by_kecamatan,
        "promises_kept": kept.to_dict("records"),
    }


def _distinct_people(interest: pd.DataFrame, area_ids: pd.Series) -> dict[str, int]:
    """Distinct phones of single persons, and the people of group promises, by area."""
    group = interest["group"]
    singles = interest["phone"][~group].groupby(area_ids[~group]).nunique()
    promised = interest["people"][group].groupby(area_ids[group]).sum()
    people = singles.add(promised, fill_value=0).astype(int).sort_index()
    return {str(area_id): int(number) for area_id, number in people.items()}
