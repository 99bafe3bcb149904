"""Every fault that reading data can find: what it says, what to do, its short name, and what becomes of the row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

STOPS, REJECTED, REVIEW = "reading stops", "row rejected", "row to review"
NOT_TAKEN = "no decision of the sheet is taken over"
DUPLICATE, SKIPPED, WARNING = "row is a duplicate", "row skipped", "warning"


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault, in English; the catalogue of `presentation.wording` holds the same in Indonesian."""

    problem: str
    remedy: str
    label: str
    outcome: str
    but: str = ""
    general: str = ""

    def filled(self, *, column: str = "", value: str = "", expected: str = "", count: int = 0) -> tuple[str, str]:
        """Problem and remedy of one case."""
        words = {"column": column, "value": value, "expected": expected, "count": count}
        return self.problem.format(**words), self.remedy.format(**words)

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is said of this fault, to be translated."""
        texts = (self.problem, self.remedy, self.label, self.outcome, self.but, self.general)
        return tuple(text for text in texts if text)


FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        # of files: reading stops
        "missing_folder": Fault(
            "the folder does not exist", "give the folder that holds outreach.toml", "folder that does not exist", STOPS
        ),
        "missing_settings_file": Fault(
            "the folder has no outreach.toml",
            "create outreach.toml with at least [office] name = '...', or run `outreach init FOLDER` to have one",
            "folder without outreach.toml",
            STOPS,
        ),
        "no_data": Fault(
            "the folder holds no list and no held event yet",
            "put the office's lists into applicants/, fill in sites.csv and events.csv, or set [dates] as_of",
            "folder without any list or held event",
            STOPS,
        ),
        "no_lists": Fault(
            "an event was held, but there is no list of applicants",
            "put the office's lists, CSV or Excel, in there",
            "held events without any list",
            STOPS,
        ),
        "missing_file": Fault(
            "the file is missing", "add it; the data contract in docs/ lists its columns", "file that is missing", STOPS
        ),
        "empty_file": Fault("the file is empty", "save it with a header row, or remove it", "empty file", STOPS),
        "unreadable_file": Fault(
            "the file cannot be read",
            "open it in Excel and save it again as .xlsx or .csv",
            "file that cannot be read",
            STOPS,
        ),
        "missing_column": Fault(
            "no column stands for '{column}'",
            "add it, or map your header to it in [columns] of outreach.toml",
            "column that is missing",
            STOPS,
        ),
        "incomplete_shapefile": Fault(
            "a shapefile is several files, and beside this one is no {expected}",
            "copy them all from where it comes from, or take the .zip, GeoJSON or GeoPackage of the same publisher",
            "shapefile without its other files",
            STOPS,
        ),
        "unfit_layers": Fault(
            "no single layer fits; the file holds {expected}",
            "say which one: --layer NAME",
            "boundaries of which no single layer fits",
            STOPS,
        ),
        "unknown_layout": Fault(
            "no column is known to hold codes or names of such areas; it has {expected}",
            "say --code COLUMN, or --name COLUMN and --parent COLUMN",
            "boundaries of an unknown layout",
            STOPS,
        ),
        "unclear_code_system": Fault(
            "may be of Kemendagri or of BPS, whose codes differ",
            "say --code-system kemendagri or --code-system bps",
            "codes of an unknown system",
            STOPS,
        ),
        "duplicate_column": Fault(
            "two columns are both taken for '{column}'",
            "keep one, or map them in [columns]",
            "two columns for one thing",
            STOPS,
        ),
        "duplicate_key": Fault(
            "the key '{value}' occurs {count} times", "give every row a key of its own", "key that occurs twice", STOPS
        ),
        "unknown_setting": Fault(
            "there is no such setting", "remove it or correct its spelling", "unknown setting", STOPS
        ),
        "retired_setting": Fault(
            "this setting has no effect any more: {expected}",
            "remove its line",
            "setting that has no effect any more",
            WARNING,
            general="remove its line from outreach.toml; nothing else changes",
        ),
        "bad_settings_file": Fault(
            "the file is not TOML",
            "correct the line named and save it as UTF-8 text",
            "settings file that is not TOML",
            STOPS,
        ),
        "bad_setting": Fault(
            "the value does not fit",
            "write {expected}",
            "value of a setting that does not fit",
            STOPS,
            general="write the value that is expected there",
        ),
        "unsafe_file": Fault(
            "needs {expected}",
            "save the list alone in a new workbook",
            "file that would take too much memory or time",
            STOPS,
        ),
        "too_large": Fault(
            "holds {expected}",
            "save the list alone; lists of millions of rows are counted by `outreach count`",
            "list that is too large",
            STOPS,
        ),
        "not_a_file": Fault(
            "is no plain file of this folder: {expected}",
            "put the file or folder itself there",
            "name that is no plain file",
            STOPS,
        ),
        "count_mismatch": Fault(
            "was counted as {count} rows, but holds {expected}",
            "nothing was counted: see that nobody writes to it, then ask whoever looks after the program",
            "rows that do not add up",
            STOPS,
        ),
        "two_files": Fault(
            "stands beside another file of the same table", "keep one of them", "two files of one table", STOPS
        ),
        "counts_and_lists": Fault(
            "stands beside lists in {expected}, so that everybody would count twice",
            "keep the counts or the lists",
            "counts beside lists",
            STOPS,
        ),
        "bad_key_file": Fault(
            "the key file {expected}",
            "make one of 32 random bytes, readable by you alone",
            "key file that cannot be used",
            STOPS,
        ),
        "damaged_record": Fault(
            "cannot be read, and without it a table could give away what earlier ones left out",
            "put back a copy of it; where there is none, publish no exact table of these pop-ups any more",
            "record of published tables that is damaged",
            STOPS,
        ),
        "bad_areas": Fault(
            "{expected}",
            "correct the areas table; every later number divides by it",
            "areas table that is not sound",
            STOPS,
        ),
        "two_date_orders": Fault(
            "and other dates can be read with the day first or the month first",
            "say in [dates.formats] of outreach.toml which it is: {expected}",
            "dates that can be read in two ways",
            STOPS,
            general="say in [dates.formats] of outreach.toml which it is",
        ),
        "metres_for_km": Fault(
            "is more than any way by road (numbers like it: {count})",
            "write kilometres in the whole column: metres divided by 1,000",
            "metres in place of kilometres",
            STOPS,
        ),
        "same_list": Fault(
            "lists the people of {expected} once more",
            "say in [files.copies] of outreach.toml: '{value}' = 'skip', or 'keep' where they are other people",
            "two lists of the same people",
            STOPS,
            general="say in [files.copies] of outreach.toml which list is a copy",
        ),
        "hidden_list": Fault(
            "the only list stands on a hidden sheet",
            "show the sheet in Excel, or hand in another file",
            "list on a hidden sheet",
            STOPS,
        ),
        # of a sheet of decisions: no decision is taken over
        "unknown_decision": Fault(
            "names no place for sure",
            "write {expected}",
            "decision that names no place for sure",
            NOT_TAKEN,
            general="write the value that is expected there",
        ),
        "unknown_text": Fault(
            "waits for no decision",
            "leave the texts as they were written, or take out the row",
            "text that waits for no decision",
            NOT_TAKEN,
        ),
        "two_decisions": Fault(
            "differs from the decision of row {count} on the same text",
            "keep one of them",
            "two decisions on one text",
            NOT_TAKEN,
        ),
        "decisions_elsewhere": Fault(
            "holds the office's decisions, which are added to a plain aliases.csv only",
            "save it as aliases.csv and keep that file alone",
            "decisions in a workbook",
            NOT_TAKEN,
        ),
        # of rows: the row is set aside and counted, the rest goes on
        "bad_date": Fault(
            "is not a date",
            "write {expected}, or set [dates] format in outreach.toml",
            "date that does not exist or is written otherwise",
            REJECTED,
            general="write the date as the list does elsewhere, or set [dates] format in outreach.toml",
        ),
        "bad_number": Fault("is not a number", "write digits only, such as 25", "not a number", REJECTED),
        "ambiguous_number": Fault(
            "may be a thousand or a decimal number",
            "write {expected}",
            "number that may mean two",
            STOPS,
            but="in the areas table",
            general="write the number without a mark of thousands",
        ),
        "out_of_range": Fault(
            "is out of range", "write {expected}", "number out of range", REJECTED, general="correct the number"
        ),
        "bad_choice": Fault(
            "is not one of the known values",
            "write one of: {expected}",
            "unknown value",
            REJECTED,
            general="write one of the known values; the data contract lists them",
        ),
        "exchanged_days": Fault(
            "looks as if Excel had exchanged day and month",
            "format the column as text and paste the dates again",
            "days and months that may be exchanged",
            WARNING,
        ),
        "cell_error": Fault(
            "holds no value",
            "correct the formula or type the value, and save it in Excel",
            "cell in error, without a value",
            REJECTED,
            but="a warning where neither event, day nor place depends on the cell",
        ),
        "days_put_back": Fault(
            "had day and month exchanged by a spreadsheet; they were put back",
            "compare a few dates with the paper; else declare the file in [dates.formats]",
            "days and months exchanged by a spreadsheet and put back",
            WARNING,
        ),
        "far_from_event": Fault(
            "lies more than two weeks from its event ({expected})",
            "check the day and the event",
            "date far from the day of its event",
            WARNING,
        ),
        "hidden_row": Fault(
            "is hidden or filtered out, and counts",
            "delete the row where it should not count",
            "hidden row, counted",
            WARNING,
        ),
        "end_before_begin": Fault(
            "lies before the first day", "exchange the two dates, or correct one", "last day before the first", REJECTED
        ),
        "days_contradict": Fault(
            "is not the number of days from the first to the last ({expected})",
            "correct the number of days or the last day",
            "number of days that its dates contradict",
            REJECTED,
            but="a warning where there are fewer days than dates, which are then days without service",
            general="correct the number of days or the last day",
        ),
        "not_a_number": Fault(
            "is not a number",
            "write digits only, such as 25; the row counts without it",
            "number of the office's own that is none",
            WARNING,
        ),
        "own_numbers_unused": Fault(
            "{expected}",
            "fill it in, or leave it; nothing is learned from it, and the rest goes on",
            "column of the office's own that nothing can be learned from",
            WARNING,
        ),
        "missing_value": Fault("is blank", "fill it in", "blank where a value is needed", REJECTED),
        "personal_id": Fault(
            "may be the number of a person",
            "give it an id of your own, such as JB-2026-01, here and in the lists",
            "id that may be the number of a person",
            REJECTED,
        ),
        "unknown_event": Fault(
            "names no event of events.csv",
            "add it or correct the id; a list without event_id is named after its event (E1.csv) or in [files.events]",
            "event not in the list of events",
            REJECTED,
            but="in interest.csv a warning, and the row counts",
        ),
        "event_not_held": Fault(
            "names an event that was not held",
            "set its status to held, or move the row",
            "event was not held",
            REJECTED,
        ),
        "unknown_site": Fault(
            "names no site of sites.csv", "add the site or correct the id", "place not in the list of places", REJECTED
        ),
        "unknown_area": Fault(
            "names no known area", "write a code or a name of the areas table", "area not known", REJECTED
        ),
        "ambiguous_area": Fault(
            "fits several areas", "add the kabupaten or the kecamatan", "name fits several areas", REJECTED
        ),
        "blank_origin": Fault(
            "says no origin",
            "ask at the counter; the row counts, placed by its NIK or not at all",
            "origin left blank",
            REVIEW,
            but="a warning where the NIK's kecamatan places the row",
        ),
        "unresolved_origin": Fault(
            "is not a place we know for sure",
            "decide it once, by outreach review",
            "origin that cannot be placed for sure",
            REVIEW,
        ),
        "coordinates_outside": Fault(
            "lies outside Indonesia",
            "write lon 95 to 141 and lat -11 to 6, in degrees",
            "coordinates outside Indonesia",
            REJECTED,
        ),
        "coordinates_swapped": Fault(
            "has longitude and latitude swapped", "exchange lon and lat", "longitude and latitude swapped", REJECTED
        ),
        "half_coordinates": Fault(
            "has one coordinate only", "give both lon and lat, or neither", "only one coordinate", REJECTED
        ),
        "unknown_programme": Fault(
            "is no programme of requests.minimum",
            "write one of: {expected}; or add it to [requests.minimum] of outreach.toml",
            "programme without a minimum",
            REJECTED,
            general="write a programme of [requests.minimum] of outreach.toml, or add it there",
        ),
        "missing_list": Fault(
            "is no list in requests/",
            "put the list there under this name, or leave the cell blank and fill in people",
            "letter whose list is not there",
            REJECTED,
        ),
        "wish_before_letter": Fault(
            "lies before the date of the letter",
            "correct the day that is wished, or the letter's date",
            "day wished before the letter",
            REJECTED,
        ),
        "list_without_letter": Fault(
            "is the list of no letter",
            "write its name into the column list of requests.csv, or take it out",
            "list of names that no letter holds",
            WARNING,
        ),
        "future_event": Fault(
            "is held but lies after the day of the question",
            "set its status to planned",
            "held event in the future",
            REJECTED,
        ),
        "event_without_applicants": Fault(
            "was held but has no applicants",
            "add its list, or cancel the event",
            "held event without applicants",
            REJECTED,
        ),
        "event_rows_rejected": Fault(
            "was held, but no row of its list counts",
            "correct the rows of its list",
            "held event of whose list no row counts",
            REJECTED,
        ),
        "duplicate_applicant": Fault(
            "stands in the lists already", "nothing to do: counted once", "person listed twice", DUPLICATE
        ),
        "rejected_site": Fault(
            "belongs to a site that was set aside",
            "correct that row of sites.csv first",
            "belongs to a place that was set aside",
            REJECTED,
        ),
        "several_areas": Fault(
            "fits several areas and is taken for {expected}",
            "write its code if another is meant",
            "name fits several areas, taken for one of them",
            WARNING,
        ),
        "areas_without_point": Fault(
            "there is no point (lon, lat) of {expected}",
            "fill in lon and lat, or bring boundaries by `outreach areas import`; without them there is no distance, "
            "so that `outreach report` refuses the folder unless travel.csv holds all their ways",
            "kecamatan without a point",
            WARNING,
        ),
        "areas_without_residents": Fault(
            "there are no residents (population) of {expected}",
            "fill in population; every rate, forecast and ranking divides by it, so that `outreach report` refuses the "
            "folder until then",
            "kecamatan without residents",
            WARNING,
        ),
        "residents_estimated": Fault(
            "residents are only estimated of {expected}",
            "write published residents into population and their source into population_source; until then rates of "
            "single kecamatan are as rough as the estimate",
            "residents that are only estimated",
            WARNING,
        ),
        "areas_sum": Fault(
            "{expected}",
            "check both numbers; every later rate divides by those of the kecamatan",
            "residents differ from the sum of the areas inside",
            WARNING,
        ),
        "nik_numeric": Fault(
            "lost its last digit in Excel",
            "format the NIK column as text and type it again",
            "identity number lost its last digit in Excel",
            WARNING,
        ),
        "rejected_event": Fault(
            "belongs to an event that was set aside",
            "correct that row of events.csv first",
            "belongs to an event that was set aside",
            REJECTED,
        ),
        "future_date": Fault(
            "lies after the day of the question",
            "correct the date, or set [dates] as_of later",
            "date after the day of the question",
            REJECTED,
        ),
        "repeated_row": Fault(
            "names {expected} a second time", "keep one row; the first one counts", "row listed twice", DUPLICATE
        ),
        "nik_invalid": Fault(
            "is no NIK",
            "type its 16 digits; the row counts, repeats of it cannot be seen",
            "identity number that cannot be one",
            WARNING,
        ),
        "nik_region": Fault(
            "begins with the code of no province",
            "check its first digits; the row counts",
            "identity number with an unknown region code",
            WARNING,
        ),
        "unknown_answer": Fault(
            "is no answer to the desk question",
            "write {expected}; the row counts without it",
            "answer to the desk question that is not understood",
            WARNING,
            but="the answer is dropped, the row counts",
            general="write yes, no or unsure, or leave it empty; the person counts all the same",
        ),
        "unknown_file_kind": Fault(
            "is a kind of file that is not read",
            "save it as one of: {expected}",
            "kind of file that is not read",
            WARNING,
            general="save it as a workbook or as CSV",
        ),
        "ragged_row": Fault(
            "has {count} cells where the header has {expected}",
            "give it as many cells as the header; a text that holds the delimiter stands in quotation marks",
            "row of too many or too few cells",
            REJECTED,
            "in `outreach count` only",
        ),
        # of rows that are neither people nor faults
        "blank_row": Fault("holds nothing", "nothing to do", "blank row", SKIPPED),
        "total_row": Fault("is a total, not a person", "nothing to do", "total row", SKIPPED),
        "total_mismatch": Fault(
            "differs from the rows counted ({expected})",
            "check the list for missing rows",
            "total differs from the rows counted",
            WARNING,
        ),
        "outside_area": Fault(
            "lies outside the province",
            "nothing to do: this table is about areas of the province",
            "area outside the province",
            SKIPPED,
        ),
        "sheet_without_list": Fault(
            "stands on a sheet that holds no list",
            "nothing to do, unless it is one",
            "sheet that holds no list",
            SKIPPED,
        ),
        "chat_line": Fault(
            "names nobody",
            "nothing to do; an entry is '1. name - phone - place'",
            "line of a chat that names nobody",
            SKIPPED,
        ),
        "hidden_sheet": Fault(
            "stands on a hidden sheet",
            "nothing to do; show the sheet where it should count",
            "row of a hidden sheet",
            SKIPPED,
        ),
        "footer_row": Fault(
            "belongs to the signature below the list", "nothing to do", "signature below a list", SKIPPED
        ),
        "block_heading": Fault(
            "names the place of the rows below it", "nothing to do", "heading of a block of rows", SKIPPED
        ),
        "copied_list": Fault(
            "stands in a list that [files.copies] says is a copy",
            "nothing to do",
            "row of a list that is a copy",
            SKIPPED,
        ),
        "repeated_header": Fault("repeats the header", "nothing to do", "repeated header", SKIPPED),
    }
)
"""The kinds of fault by their codes: whatever is raised or stands in a ledger is one of these."""
