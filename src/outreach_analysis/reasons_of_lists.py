"""What is wrong with whole lists and their cells, and what to do about it; part of `contracts.REASONS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LIST_REASONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "two_date_orders": (
            "and other dates can be read with the day first or the month first",
            "say in [dates.formats] of outreach.toml which it is: {expected}",
        ),
        "same_list": (
            "lists the people of {expected} once more",
            "say in [files.copies] of outreach.toml: '{value}' = 'skip', or 'keep' where they are other people",
        ),
        "hidden_list": ("the only list stands on a hidden sheet", "show the sheet in Excel, or hand in another file"),
        "bad_date": ("is not a date", "write {expected}, or set [dates] format in outreach.toml"),
        "exchanged_days": (
            "looks as if Excel had exchanged day and month",
            "format the column as text and paste the dates again",
        ),
        "cell_error": (
            "holds no value",
            "correct the formula or type the value, and save it in Excel",
        ),
        "days_put_back": (
            "had day and month exchanged by a spreadsheet; they were put back",
            "compare a few dates with the paper; else declare the file in [dates.formats]",
        ),
        "far_from_event": ("lies more than two weeks from its event ({expected})", "check the day and the event"),
        "hidden_row": ("is hidden or filtered out, and counts", "delete the row where it should not count"),
        "hidden_sheet": ("stands on a hidden sheet", "nothing to do; show the sheet where it should count"),
        "footer_row": ("belongs to the signature below the list", "nothing to do"),
        "copied_list": ("stands in a list that [files.copies] says is a copy", "nothing to do"),
    }
)
"""(problem, remedy) by reason; the first three stop the reading, the last three are no data."""
