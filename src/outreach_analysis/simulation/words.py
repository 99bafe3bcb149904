"""What the sample says about itself: outreach.toml and README.md."""

from __future__ import annotations

from collections.abc import Mapping

from outreach_analysis.settings import Settings

_SETTINGS_FILE = """\
# DATA CONTOH (SINTETIS): settings of the sample. Every person, number and event in this folder is invented;
# places are real areas of East Kalimantan, sites and their positions are not surveyed.
# Written by `outreach sample`; the data contract in docs/ explains every key.

[office]
name = "{office_name}"
synthetic = true            # stamps every output made from this folder

[dates]
as_of = {as_of}          # the day the question is asked: last day of the data
format = "%d/%m/%Y"         # how the lists write dates

[areas]
reference = "kaltim"        # areas that come with the package
code_system = "kemendagri"  # of the area codes in sites.csv and office_monthly.csv
jurisdiction = [{jurisdiction}]

[files]
fallback_encoding = "cp1252"  # of lists that are not UTF-8

# Lists that do not name their event in a column 'Kode Kegiatan'
[files.events]
{events}
"""

_README = """\
# A synthetic dataset folder

**DATA CONTOH (SINTETIS).** Nobody in these files exists. Names are drawn from lists, identity numbers carry serials
that registration does not reach (9000 and above), phone numbers stand in a block without an operator. Counts come
from a simulation; they say nothing about the real office, its pop-ups or its service.

The folder looks as an office would hand it in: Indonesian headers, origins as free text with nicknames and slips of
the pen, one Excel workbook under merged titles, one list separated by `;` in cp1252, and planted faults. It covers
October 2024 to 22 November 2026: 28 pop-ups held, four of them because a group had asked and one on two days; one that
broke off, 2 planned, an opening at the office; 60 candidate places, 4 fixed service points. Office counts are given for
whole months only, so they end with October 2026. The lists of June to October 2026 hold the answer to the desk
question: would this person have gone to the office within three months?

`truth.json` says what no office knows: people who came to a pop-up are slow to come again (half of the willing at its
door, 120 days); the share who would have come to the office anyway differs by area, falls with the distance by a law
of its own, and drives both the answers, which overstate it, and who is missing at the office. A group that asks brings
about three times as many people as come to a visit; places with more visitors (`x_visitors`) draw more, and their
parking spaces (`x_parking`) say nothing.

| file | what it holds |
|---|---|
| `outreach.toml` | the office's settings, and which list belongs to which event |
| `applicants/` | lists of pop-up applicants |
| `events.csv`, `sites.csv` | pop-ups, candidate places and fixed service points |
| `interest.csv` | who asked for a pop-up, where and when |
| `office_monthly.csv` | applicants at the office and its service points, by month and kecamatan (Kemendagri code) |
| `truth.json` | what everything was drawn from, what came, and every planted fault with file, row and reason |

Made by `outreach sample DIR --seed {seed}`; the same seed writes the same bytes.
"""


def settings_file(settings: Settings, events_by_file: Mapping[str, str]) -> str:
    """Text of the sample's outreach.toml.

    Parameters
    ----------
    settings
        The sample's settings.
    events_by_file
        File name by event_id.
    """
    lines = [f'"{file_name}" = "{event_id}"' for event_id, file_name in events_by_file.items()]
    return _SETTINGS_FILE.format(
        office_name=settings.office_name,
        as_of=settings.as_of,
        jurisdiction=", ".join(f'"{area_id}"' for area_id in settings.jurisdiction),
        events="\n".join(lines),
    )


def readme(seed: int) -> str:
    """Text of the sample's README.md."""
    return _README.format(seed=seed)
