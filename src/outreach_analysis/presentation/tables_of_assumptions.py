"""Tables of what the figures rest on: the sources of the reference data, and the settings."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from outreach_analysis.presentation.references import SOURCE_FIELDS, reference_sources
from outreach_analysis.presentation.table import Table
from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.settings import Settings


def tabulate_sources(
    reference: str, *, own_files: Sequence[str] = (), other_names_used: bool = True, lang: Language = "id"
) -> Table:
    """What the areas were made from; parameters as for `references.reference_sources`."""
    say = Words(lang).say
    sources = reference_sources(reference, own_files=own_files, other_names_used=other_names_used, lang=lang)
    return Table(
        caption=say("Sources of the reference data"),
        headers=(say("Title"), say("Source"), say("Year"), say("Licence")),
        rows=tuple(tuple(entry[field] for field in SOURCE_FIELDS) for entry in sources),
        numeric=(False, False, False, False),
    )


def tabulate_main_settings(settings: Settings, areas: pd.DataFrame, *, lang: Language = "id") -> Table:
    """The settings that a manager should confirm, in words; all of them stand in `tabulate_settings`."""
    words = Words(lang)
    say, number = words.say, words.number
    names = areas["parent_name"] if "parent_name" in areas else areas["parent_id"]
    working_area = names[areas["in_jurisdiction"].astype(bool)].drop_duplicates().tolist()
    rows = (
        (say("Working area"), words.listing(working_area)),
        (say("Visit where more people than this are interested"), number(settings.interest_threshold_people)),
        (say("Interest counts for"), say("{n} days", n=number(settings.interest_expires_days))),
        (
            say("Near a service point"),
            say("within {threshold}", threshold=words.measure(settings.service_threshold, settings.travel_measure)),
        ),
        (say("Time over which need is counted"), say("{n} months", n=number(settings.window_months))),
        (say("Not again at the same place for"), say("{n} months", n=number(settings.revisit_months))),
        (say("Time to prepare a pop-up"), say("at least {n} days", n=number(settings.lead_days))),
        (
            say("People expected on an event-day, where nothing is known"),
            say(
                "half of all below {median}, 90% between {low} and {high}",
                median=number(settings.prior_total_median),
                low=number(settings.prior_total_low),
                high=number(settings.prior_total_high),
            ),
        ),
        (say("Capacity where a place names none"), say("{n} people a day", n=number(settings.popup_capacity))),
    )
    return Table(
        caption=say("Settings to confirm; outreach.toml holds all of them"),
        headers=(say("Setting"), say("Value")),
        rows=rows,
        numeric=(False, False),
    )


def tabulate_settings(settings: Settings, *, lang: Language = "id") -> Table:
    """Every setting: its key in outreach.toml, value, unit and the reason for its default."""
    say = Words(lang).say
    described = pd.DataFrame(settings.describe())[["key", "value", "unit", "why"]]
    rows = tuple(
        (str(key), _setting_text(value), say(unit), say(why))
        for key, value, unit, why in described.itertuples(index=False)
        if not key.startswith(("columns", "files."))
    )
    return Table(
        caption=say("Settings used"),
        headers=(say("Setting"), say("Value"), say("Unit"), say("Why")),
        rows=rows,
        numeric=(False, False, False, False),
    )


def _setting_text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "–"
    if hasattr(value, "items"):
        return "; ".join(f"{key}: {_setting_text(item)}" for key, item in value.items()) or "–"
    return "–" if value is None else str(value) or "–"
