"""The invented office, one seed in and tables of invented people and their truth out, and the folder it is written as,
with planted defects and a page that tells them."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.event_kinds import is_popup
from outreach_analysis.files import staged_beside
from outreach_analysis.geography.areas import load_areas
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.geography.travel import travel_costs
from outreach_analysis.settings import Settings
from outreach_analysis.simulation import draws
from outreach_analysis.simulation.draws import (
    ASKED_AT,
    OFFICE,
    OWN_NUMBERS,
    SAMPLE_TRUTH,
    Truth,
    TurnoutDraw,
    draw_desk_answers,
    draw_interest,
    draw_office_monthly,
    draw_people,
    draw_turnout,
)
from outreach_analysis.simulation.lists import (
    LIST_HEADER,
    ListFile,
    ListRow,
    ListSheet,
    PlaceNames,
    event_files,
    letter_lists,
    make_lists,
)
from outreach_analysis.workbook import Cell, Worksheet, column_letter, workbook_bytes

OFFICE_NAME = "Kantor Imigrasi Kelas I TPI Samarinda"
_OFFICE_SITE = "P01"
_DECIMALS = 6
_EFFECTS = ("left", "site_effect", "event_effect", "own_effect")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedOffice:
    """Everything an invented office knows, without any clerk's hand in between."""

    areas: gpd.GeoDataFrame
    sites: pd.DataFrame
    events: pd.DataFrame
    applicants: pd.DataFrame
    counts: pd.DataFrame
    outside: pd.DataFrame
    interest: pd.DataFrame
    office_monthly: pd.DataFrame
    costs: pd.DataFrame
    settings: Settings
    truth: dict[str, Any]


def simulate_office(*, seed: int, truth: Truth | None = None) -> SimulatedOffice:
    """Simulate the sample's office: its places and calendar are fixed, its people are drawn."""
    truth = truth or SAMPLE_TRUTH
    settings = Settings(office_name=OFFICE_NAME, synthetic=True, as_of=draws.AS_OF)
    areas = load_areas(level="kecamatan", settings=settings)
    gazetteer = load_areas(level="all", settings=settings)
    sites = draws.sample_sites(gazetteer)
    sites = sites.join(draws.draw_own_numbers(sites, stream(seed, 8)))
    days = service_days(draws.FIRST_MONTH, draws.LAST_EVENT, settings=settings)
    events = draws.sample_events(days)
    costs = travel_costs(areas=areas, sites=sites, settings=settings)

    popups, openings = events[is_popup(events)], events[~is_popup(events)]

    def drawn(events: pd.DataFrame, truth: Truth, part: int) -> TurnoutDraw:
        most = settings.popup_capacity
        return draw_turnout(areas, sites, events, costs, truth=truth, rng=stream(seed, part), default_capacity=most)

    turnout = drawn(popups, truth, 1)
    at_office = drawn(openings, truth.replace(intercept=turnout.intercept), 9)
    displacement = truth.displacement_by_area(_km_to_office(costs, sites, truth), stream(seed, 6)).reindex(areas.index)
    events["sold_out"] = turnout.totals["sold_out"].reindex(events.index, fill_value=False)
    office_monthly = draw_office_monthly(
        areas,
        sites,
        costs,
        turnout.counts.assign(month=_months(turnout.counts["event_id"], events)),
        months=pd.date_range(draws.FIRST_MONTH, draws.LAST_FULL_MONTH, freq="MS"),
        truth=truth,
        rng=stream(seed, 2),
        displacement=displacement,
    )
    office_monthly = _with_openings(office_monthly, at_office.counts, events)
    km = costs.set_index(["site_id", "area_id"])["km"]
    applicants = draw_people(
        pd.concat([turnout.counts, at_office.counts], ignore_index=True),
        pd.concat([turnout.outside, at_office.outside], ignore_index=True),
        events.assign(place_kind=events["site_id"].map(sites["kind"])),
        gazetteer,
        event_km=pd.concat({event_id: km[site_id] for event_id, site_id in events["site_id"].items()}),
        office_km=km[_OFFICE_SITE],
        truth=truth,
        rng=stream(seed, 3),
    )
    applicants["would_have_come"] = draw_desk_answers(
        applicants, draws.ASKED_AT, displacement, truth=truth, rng=stream(seed, 7)
    )
    interest = draw_interest(
        turnout.counts, events, sites, as_of=pd.Timestamp(draws.AS_OF), truth=truth, rng=stream(seed, 4)
    )
    return SimulatedOffice(
        areas=areas,
        sites=sites,
        events=events,
        applicants=applicants,
        counts=turnout.counts,
        outside=turnout.outside,
        interest=interest,
        office_monthly=office_monthly,
        costs=costs,
        settings=settings,
        truth=_truth_record(seed, truth, turnout, office_monthly, displacement)
        | {"events": _events_record(turnout, popups), "openings": _events_record(at_office, openings)},
    )


def stream(seed: int, part: int) -> np.random.Generator:
    """A source of randomness of its own for each part of a simulation, by a named algorithm."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, part])))


def _months(event_ids: pd.Series, events: pd.DataFrame) -> pd.Series:
    """First day of each event's month, by row."""
    month = events["date"].dt.to_period("M").dt.to_timestamp()
    return pd.Series(month.reindex(event_ids).to_numpy(), index=event_ids.index)


def _km_to_office(costs: pd.DataFrame, sites: pd.DataFrame, truth: Truth) -> pd.Series:
    """Travel km from each area to the nearest of the office's own fixed service points."""
    own = sites.index[sites["kind"].map(lambda kind: truth.point_weight.get(kind, 0.0)) > 0]
    return costs[costs["site_id"].isin(own)].groupby("area_id")["km"].min()


def _with_openings(office: pd.DataFrame, counts: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The office's months with the people of openings at the office, who are the office's."""
    came = counts.assign(month=_months(counts["event_id"], events)).groupby(["month", "area_id"])["applicants"].sum()
    at = pd.MultiIndex.from_frame(office[["month", "area_id"]])
    return office.assign(applicants=office["applicants"] + came.reindex(at, fill_value=0).to_numpy())


def _truth_record(
    seed: int, truth: Truth, turnout: TurnoutDraw, office: pd.DataFrame, displacement: pd.Series
) -> dict[str, Any]:
    """What the counts were drawn from, as plain values with a fixed number of digits."""
    parameters = truth.as_dict() | {"intercept": round(turnout.intercept, _DECIMALS)}
    per_year = office["applicants"].sum() / office["month"].nunique() * 12
    return {
        "synthetic": True,
        "seed": seed,
        "parameters": parameters,
        "popup_applicants": int(turnout.totals["came"].sum()),
        "office_applicants_per_year": round(float(per_year), 1),
        "displaced_applicants": round(float(office["displaced"].sum()), 3),
        "displacement_by_area": {str(area): round(float(share), _DECIMALS) for area, share in displacement.items()},
        "desk_question_at": list(draws.ASKED_AT),
    }


def _events_record(turnout: TurnoutDraw, events: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """What came of each event that took place, and why."""
    placed = turnout.counts.groupby("event_id")["applicants"].sum()
    outside = turnout.outside.set_index("event_id")["applicants"]
    by_area = turnout.counts[turnout.counts["applicants"] > 0].groupby("event_id")
    people = {
        str(event_id): dict(zip(group["area_id"], group["applicants"].astype(int).tolist(), strict=True))
        for event_id, group in by_area
    }
    return {
        str(event_id): {
            "programme": str(events["programme"].loc[str(event_id)]),
            "days": int(events["days"].loc[str(event_id)]),
            "status": str(events["status"].loc[str(event_id)]),
            "expected": round(float(row["expected"]), 3),
            **{name: round(float(row[name]), _DECIMALS) for name in _EFFECTS},
            **{name: int(row[name]) for name in ("capacity", "wanted", "came")},
            "from_areas": int(placed[str(event_id)]),
            "from_outside": int(outside[str(event_id)]),
            "sold_out": bool(row["sold_out"]),
            "by_area": people.get(str(event_id), {}),
        }
        for event_id, row in turnout.totals.to_dict("index").items()
    }


# --- Faults planted in the sample, each as a real office makes them, each listed in truth.json.


class _Edit(NamedTuple):
    """Change of the n-th applicant (from 0) of one event; `level` is what can still be known of the origin."""

    event_id: str
    nth: int
    cells: Mapping[str, Cell | Callable[[Cell], Cell]]
    reason: str = ""
    column: str = ""
    level: str | None = None

    def of(self, row: ListRow) -> ListRow:
        """The row as it reads then."""
        cells = {name: cell(row.cells[name]) if callable(cell) else cell for name, cell in self.cells.items()}
        level = row.level if self.level is None else self.level
        return dataclasses.replace(row, cells=row.cells | cells, reason=self.reason, column=self.column, level=level)


def _no_place(event_id: str, nth: int, text: str) -> _Edit:
    cells = {"address": text, "desa": "", "kecamatan": "", "kabupaten": ""}
    return _Edit(event_id, nth, cells, "unresolved_origin" if text else "blank_origin", "address", "none")


def _numeric(nik: Cell) -> int:
    """As a spreadsheet keeps it: fifteen digits."""
    return int(f"{str(nik)[:15]}0")


def _two_lines(address: Cell) -> str:
    return str(address).replace(", ", ",\n", 1)


_EDITS = (
    _Edit("JB-2026-04", 9, {"service_date": "31/02/2026"}, "bad_date", "service_date"),
    _Edit("JB-2025-05", 14, {"service_date": "2025-19-04"}, "bad_date", "service_date"),
    _Edit("JB-2026-01", 6, {"event_id": "JB-2025-99"}, "unknown_event", "event_id"),
    _Edit("JB-2026-07", 3, {"event_id": "JB-2026-11"}, "event_not_held", "event_id"),
    _no_place("JB-2024-03", 4, ""),
    _no_place("JB-2024-03", 17, ""),
    _no_place("JB-2025-08", 8, ""),
    _no_place("JB-2024-03", 9, "Sumber Sari"),
    _no_place("JB-2024-03", 21, "Karangan"),
    _no_place("JB-2025-12", 2, "Perum Griya Asri Blok C-12"),
    _no_place("JB-2025-12", 15, "Bukit Raya"),
    _no_place("JB-2025-03", 5, "Gang Rukun RT 14"),
    _no_place("JB-2025-03", 11, "dekat masjid besar"),
    *(
        _Edit(*at, {"nik": _numeric}, "nik_numeric", "nik")
        for at in (("JB-2025-10", 3), ("JB-2025-10", 10), ("JB-2025-11", 6))
    ),
    _Edit("JB-2024-01", 3, {"address": _two_lines}),
    _Edit("JB-2025-01", 7, {"address": _two_lines}),
    _Edit("JB-2026-01", 2, {"name": "André Wijaya"}),
    _Edit("JB-2026-02", 4, {"name": "Renée Setiawan"}),
)
_DUPLICATES = (("JB-2024-01", 12), ("JB-2025-01", 20), ("JB-2026-03", 5))
_BLANK_ROWS = (("JB-2024-02", 10), ("JB-2025-06", 15), ("JB-2025-09", 5))
_REPEATED_HEADERS = (("JB-2025-08", 25),)
_TOTALS = ("JB-2024-01", "JB-2025-09", "JB-2025-10", "JB-2025-11")
_WRONG_TOTALS = ("JB-2024-05",)
_GROWN = 2


SITE_FAULTS = (
    (("S19", "Balai Desa Muara Siran", "desa", "64.02.11", "-0.2264", "116.7401"), "coordinates_swapped", "lon"),
    (("S20", "Gedung Serbaguna Loa Tebu", "other", "64.02.06", "1169.412", "-0.4701"), "coordinates_outside", "lon"),
    (("S21", "Pasar Pagi Melak", "other", "64.07.06", "115.8291", ""), "half_coordinates", "lon"),
)
"""Cells: site_id, name, kind, area, lon, lat."""

INTEREST_FAULTS = (
    (("05/10/2026", "Kec. Sebulu, Kutai Kartanegara", "dua puluh"), "bad_number", "people"),
    (("31/09/2026", "Kec. Muara Kaman, Kutai Kartanegara", "1"), "bad_date", "date"),
    (("12/10/2026", "Kampung Antah Berantah", "1"), "unresolved_origin", "area"),
    (("12/10/2026", "Sumber Sari", "1"), "unresolved_origin", "area"),
    (("13/10/2026", "Kec. Muara Kaman, Kutai Kartanegara", "0"), "out_of_range", "people"),
    (("14/10/2026", "", "1"), "missing_value", "area"),
)
"""Cells: date, area, people."""

OFFICE_FAULT = (("2025-03", "tidak diketahui", "14"), "unresolved_origin", "area")
"""Cells of office_monthly.csv: month, area, applicants."""


def plant_defects(files: Sequence[ListFile]) -> list[ListFile]:
    """The lists with faults in fixed places. A fault for an event with too few applicants is left out:
    `planted_defects` lists what is there."""
    return [
        dataclasses.replace(
            file, sheets=tuple(dataclasses.replace(sheet, rows=tuple(_planted(sheet))) for sheet in file.sheets)
        )
        for file in files
    ]


def _planted(sheet: ListSheet) -> list[ListRow]:
    rows = list(sheet.rows)
    at = {}
    for position, row in enumerate(rows):
        nth = sum(1 for other in rows[:position] if other.event_id == row.event_id)
        at[row.event_id, nth] = position
    for edit in _EDITS:
        if (edit.event_id, edit.nth) in at:
            position = at[edit.event_id, edit.nth]
            rows[position] = edit.of(rows[position])
    inserted = _insertions(rows, at, sheet)
    for position in sorted(inserted, reverse=True):
        rows[position:position] = inserted[position]
    return rows + _total_rows(sheet)


def _insertions(rows: list[ListRow], at: dict[tuple[str, int], int], sheet: ListSheet) -> dict[int, list[ListRow]]:
    """Rows that are no new person, by the position they go before."""
    inserted: dict[int, list[ListRow]] = {}
    for event_id, nth in _DUPLICATES:
        if (position := at.get((event_id, nth))) is not None:
            again = dataclasses.replace(rows[position], level="", reason="duplicate_applicant", column="nik")
            inserted.setdefault(min(position + 6, len(rows)), []).append(again)
    for event_id, nth in _BLANK_ROWS:
        if (position := at.get((event_id, nth))) is not None:
            inserted.setdefault(position, []).append(ListRow(cells={}, reason="blank_row"))
    for event_id, nth in _REPEATED_HEADERS:
        if (position := at.get((event_id, nth))) is not None:
            header: dict[str, Cell] = dict(zip(sheet.layout.fields, sheet.header, strict=True))
            inserted.setdefault(position, []).append(ListRow(cells=header, reason="repeated_header"))
    return inserted


def _total_rows(sheet: ListSheet) -> list[ListRow]:
    """The row at the end that states how many people the list holds; in one list it is wrong."""
    event_id = sheet.rows[0].event_id if sheet.rows else ""
    if event_id not in (*_TOTALS, *_WRONG_TOTALS):
        return []
    duplicates = sum(1 for event, nth in _DUPLICATES if event == event_id and nth < len(sheet.rows))
    people = len(sheet.rows) + duplicates
    if event_id in _WRONG_TOTALS:
        total: dict[str, Cell] = {"name": "TOTAL", sheet.layout.fields[2]: str(people + _GROWN)}
        return [ListRow(cells=total, reason="total_row")]
    return [ListRow(cells={"name": f"Jumlah: {people} orang"}, reason="total_row")]


def planted_defects(files: Sequence[ListFile]) -> list[dict[str, Any]]:
    """Where each planted fault of the lists stands."""
    found: list[dict[str, Any]] = []
    for file in files:
        for sheet in file.sheets:
            event_id = sheet.rows[0].event_id if sheet.rows else ""
            for number, row in enumerate(sheet.rows, start=sheet.first_row):
                if not row.reason:
                    continue
                found.append(defect(f"applicants/{file.name}", sheet.name, number, row.column, row.reason))
                if row.reason == "total_row" and event_id in _WRONG_TOTALS:
                    found.append(defect(f"applicants/{file.name}", sheet.name, number, "", "total_mismatch"))
    return found


def defect(file: str, sheet: str, row: int, column: str, reason: str) -> dict[str, Any]:
    """One line of the list of planted faults."""
    return {"file": file, "sheet": sheet, "row": row, "column": column, "reason": reason}


# --- The sample as a folder: what a real office would hand in, and beside it the truth.


_SET_ASIDE = ("bad_date", "unknown_event", "event_not_held")
_PLACED = {"kecamatan": "placed", "kabupaten": "kabupaten_only", "outside": "outside", "none": "unplaced"}
_MARKS = ("outreach.toml", "truth.json", "applicants")


def write_sample(directory: Path | str, *, seed: int) -> Path:
    """Write the synthetic dataset folder: lists of invented people, tables, outreach.toml, README and truth. The folder
    is made beside its place and moved there when it is whole, so an interrupted run leaves what was there before. The
    same seed writes the same bytes, on any machine with the same version of numpy."""
    target = Path(directory)
    _refuse_foreign(target)
    with staged_beside(target) as work:
        fresh = work / "new"
        fresh.mkdir()
        _write_folder(fresh, simulate_office(seed=seed), seed)
        if target.exists():
            target.rename(work / "old")
        fresh.rename(target)
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
    _write_letters(folder, letter_lists(clean, gazetteer, stream(seed, 10)))
    defects += _write_office_monthly(folder / "office_monthly.csv", office)
    _write_about(folder, office, seed)
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


def _write_about(folder: Path, office: SimulatedOffice, seed: int) -> None:
    """What the sample says about itself: outreach.toml and README.md."""
    settings, files = office.settings, event_files(office.events, office.sites)
    said = {
        "office_name": settings.office_name,
        "as_of": settings.as_of,
        "jurisdiction": ", ".join(f'"{area_id}"' for area_id in settings.jurisdiction),
        "events": "\n".join(f'"{file_name}" = "{event_id}"' for event_id, file_name in files.items()),
        "seed": seed,
    }
    for name in ("outreach.toml", "README.md"):
        _write_text(folder / name, (OFFICE / name).read_text(encoding="utf-8").format(**said))


def _write_list(path: Path, file: ListFile) -> None:
    if file.is_workbook:
        path.write_bytes(workbook_bytes([_worksheet(sheet) for sheet in file.sheets]))
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
    defects = _with_faults(rows, SITE_FAULTS, ["", "", "", "", *("" for _ in own)], path.name)
    _write_text(path, _table_text(rows))
    return defects


def _with_faults(
    rows: list[list[str]], faults: Iterable[tuple[Sequence[str], str, str]], rest: Sequence[str], file: str
) -> list[dict[str, Any]]:
    """Add rows with faults at the end of a table, and say where they stand."""
    found = []
    for cells, reason, column in faults:
        rows.append([*cells, *rest])
        found.append(defect(file, "", len(rows), column, reason))
    return found


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
    defects = _with_faults(rows, INTEREST_FAULTS, ["WhatsApp", "tidak", "", ""], path.name)
    _write_text(path, _table_text(rows))
    return defects


def _write_letters(folder: Path, lists: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """Letters, and the lists of names that came with them."""
    (folder / "requests.csv").write_bytes((OFFICE / "requests.csv").read_bytes())
    (folder / "requests").mkdir()
    for name, rows in lists.items():
        _write_text(folder / "requests" / name, _table_text([LIST_HEADER, *rows]))


def _write_office_monthly(path: Path, office: SimulatedOffice) -> list[dict[str, Any]]:
    rows = [["month", "area", "applicants"]]
    counted = office.office_monthly[["month", "area_id", "applicants"]].to_dict("records")
    rows += [[f"{row['month']:%Y-%m}", row["area_id"], str(row["applicants"])] for row in counted]
    defects = _with_faults(rows, [OFFICE_FAULT], [], path.name)
    _write_text(path, _table_text(rows))
    return defects


def area_text(area_id: str, names: PlaceNames) -> str:
    """An area in words that name one place only: 'Desa X, Kec. Y, Z' or 'Kec. Y, Z'."""
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
        (row.event_id, "set_aside" if row.reason in _SET_ASIDE else _PLACED[row.level], row.area_id, row.answer)
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
