"""What the reference data was made from, as its own records say."""

from __future__ import annotations

import tomllib

from outreach_analysis.bundled import bundled_data
from outreach_analysis.presentation.wording.words import Language

SOURCE_FIELDS = ("title", "source", "year", "licence")


def reference_sources(reference: str, *, lang: Language = "en") -> list[dict[str, str]]:
    """Title, source, year and licence of each table that reference data was built from, by file name.

    Parameters
    ----------
    reference
        Name of the reference data, as in `settings.reference`.
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
    described = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.toml"))]
    return [{key: str(entry.get(f"{key}_{lang}", entry[key])) for key in SOURCE_FIELDS} for entry in described]
