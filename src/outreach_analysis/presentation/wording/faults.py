"""What each fault of a row is called in a table for people."""

from __future__ import annotations

from outreach_analysis.presentation.wording.words import Words


def fault_label(reason: str, words: Words) -> str:
    """A short name of a fault's reason code, for counts of rows.

    Raises
    ------
    KeyError
        Where the code is not a row fault of `contracts.REASONS`.
    """
    say = words.say
    labels = {
        "bad_date": say("date that does not exist or is written otherwise"),
        "bad_number": say("not a number"),
        "out_of_range": say("number out of range"),
        "bad_choice": say("unknown value"),
        "missing_value": say("blank where a value is needed"),
        "unknown_event": say("event not in the list of events"),
        "event_not_held": say("event was not held"),
        "unknown_site": say("place not in the list of places"),
        "unknown_area": say("area not known"),
        "ambiguous_area": say("name fits several areas"),
        "blank_origin": say("origin left blank"),
        "unresolved_origin": say("origin that cannot be placed for sure"),
        "coordinates_outside": say("coordinates outside Indonesia"),
        "coordinates_swapped": say("longitude and latitude swapped"),
        "half_coordinates": say("only one coordinate"),
        "future_event": say("held event in the future"),
        "event_without_applicants": say("held event without applicants"),
        "duplicate_applicant": say("person listed twice"),
        "rejected_site": say("belongs to a place that was set aside"),
        "nik_numeric": say("identity number lost its last digit in Excel"),
        "blank_row": say("blank row"),
        "total_row": say("total row"),
        "total_mismatch": say("total differs from the rows counted"),
        "repeated_header": say("repeated header"),
        "ambiguous_number": say("number that may mean two"),
        "rejected_event": say("belongs to an event that was set aside"),
        "future_date": say("date after the day of the question"),
        "repeated_row": say("row listed twice"),
        "nik_invalid": say("identity number that cannot be one"),
        "several_areas": say("name fits several areas, taken for one of them"),
        "areas_sum": say("residents differ from the sum of the areas inside"),
        "nik_region": say("identity number with an unknown region code"),
        "unknown_file_kind": say("kind of file that is not read"),
        "outside_area": say("area outside the province"),
        "exchanged_days": say("days and months that may be exchanged"),
        "chat_line": say("line of a chat that names nobody"),
        "sheet_without_list": say("sheet that holds no list"),
    }
    return labels[reason]
