"""What the reference data was made from, as its own records say."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

from outreach_analysis.bundled import bundled_data
from outreach_analysis.presentation.wording.words import Language, Words

AREAS_FILE, OTHER_NAMES, OUTLINE = "areas.csv", "name_changes", "outline"
SOURCE_FIELDS = ("title", "source", "year", "licence")


def reference_sources(
    reference: str, *, own_files: Sequence[str] = (), other_names_used: bool = True, lang: Language = "en"
) -> list[dict[str, str]]:
    """Title, source, year and licence of each table that the areas were built from, by file name.

    Parameters
    ----------
    reference
        Name of the reference data, as in `settings.reference`.
    own_files
        Files of areas or boundaries that the office brought (`Dataset.own_area_files`). Its own areas take the place of
        all tables that came with the package but the other names, its own boundaries that of the outline.
    other_names_used
        Whether the other names still stand for any area (`Dataset.other_names_used`).
    lang
        `id` or `en`; a record without words in that language speaks English.

    Returns
    -------
    list of dict
        Keys of `SOURCE_FIELDS`.

    Raises
    ------
    FileNotFoundError
        Where the package holds no such reference data.

    Examples
    --------
    >>> sorted(reference_sources("kaltim")[0])
    ['licence', 'source', 'title', 'year']
    """
    folder = bundled_data(f"reference/{reference}") / "sources"
    described = {
        path.name.split(".")[0]: tomllib.loads(path.read_text(encoding="utf-8"))
        for path in sorted(folder.glob("*.toml"))
    }
    if AREAS_FILE in own_files:
        described = {name: entry for name, entry in described.items() if name == OTHER_NAMES and other_names_used}
    elif own_files:
        described.pop(OUTLINE, None)
    say = Words(lang).say
    own = [
        {"title": say("Areas or boundaries of the office"), "source": say("{file}, handed in", file=name)}
        for name in own_files
    ]
    return [
        *({"year": "", "licence": "", **entry} for entry in own),
        *({key: str(entry.get(f"{key}_{lang}", entry[key])) for key in SOURCE_FIELDS} for entry in described.values()),
    ]
