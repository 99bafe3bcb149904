"""What to do about each fault of a row, in a table for people."""

from __future__ import annotations

from outreach_analysis.presentation.wording.words import Words


def remedy_text(reason: str, words: Words) -> str:
    """What to do about a fault of a row, by its reason code.

    Raises
    ------
    KeyError
        Where the code is not a row fault of `contracts.REASONS`.
    """
    say = words.say
    nothing = say("nothing to do")
    remedies = {
        "bad_date": say("write the date as the list does elsewhere, or set [dates] format in outreach.toml"),
        "bad_number": say("write digits only"),
        "ambiguous_number": say("write the number without a mark of thousands"),
        "out_of_range": say("correct the number"),
        "bad_choice": say("write one of the known values; the data contract lists them"),
        "exchanged_days": say("format the column as text and paste the dates again"),
        "missing_value": say("fill it in"),
        "unknown_event": say("add the event to events.csv, or map the file in [files.events] of outreach.toml"),
        "event_not_held": say("set the status of the event to held, or move the row"),
        "unknown_site": say("add the place to sites.csv, or correct its id"),
        "unknown_area": say("write a code or a name of the areas table"),
        "ambiguous_area": say("add the kabupaten or the kecamatan"),
        "blank_origin": say("ask at the counter; the person counts all the same"),
        "unresolved_origin": say("decide it once, with outreach review"),
        "coordinates_outside": say("write longitude and latitude in degrees"),
        "coordinates_swapped": say("exchange longitude and latitude"),
        "half_coordinates": say("give both coordinates, or neither"),
        "future_event": say("set its status to planned"),
        "event_without_applicants": say("add its list, or cancel the event"),
        "duplicate_applicant": nothing,
        "rejected_site": say("correct that row of sites.csv first"),
        "nik_numeric": say("format the NIK column as text and type it again"),
        "rejected_event": say("correct that row of events.csv first"),
        "future_date": say("correct the date, or set [dates] as_of later"),
        "repeated_row": say("keep one of the rows; the first one counts"),
        "nik_invalid": say("check the number; the row counts all the same"),
        "several_areas": say("write the area's code if another is meant"),
        "areas_sum": say("compare both numbers with the official ones"),
        "nik_region": say("check the number; the row counts all the same"),
        "unknown_file_kind": say("save it as a workbook or as CSV"),
        "blank_row": nothing,
        "total_row": nothing,
        "total_mismatch": say("check the list for missing rows"),
        "outside_area": nothing,
        "sheet_without_list": nothing,
        "chat_line": nothing,
        "repeated_header": nothing,
    }
    return remedies[reason]
