"""Where the data that comes with the package lies, in the wheel or in the repository's `data/`, and the cache."""

import os
from pathlib import Path

import platformdirs

CACHE_VARIABLE = "OUTREACH_CACHE"
_PACKAGE = Path(__file__).parent


def bundled_data(name: str) -> Path:
    """Path of a folder of data that comes with the package.

    A wheel carries `data/` inside the package; an editable install reads the repository's own.

    Parameters
    ----------
    name
        Folder below `data/`, such as ``"reference/kaltim"`` or ``"sample"``.

    Raises
    ------
    FileNotFoundError
        Where neither place holds that folder.

    Examples
    --------
    >>> bundled_data("reference/kaltim").is_dir()
    True
    """
    places = (_PACKAGE / "_data" / name, _PACKAGE.parents[1] / "data" / name)
    for place in places:
        if place.is_dir():
            return place
    raise FileNotFoundError(f"no bundled data '{name}' in {places[0]} or {places[1]}; reinstall outreach-analysis")


def cache_folder(part: str) -> Path:
    """Where results are kept from one run to the next: $OUTREACH_CACHE, else the user's own folder for caches.

    Travel times between points, and back-tests by event: nothing about a person stands there.

    Parameters
    ----------
    part
        What is kept: a folder of its own.

    Examples
    --------
    >>> cache_folder("travel").name
    'travel'
    """
    named = os.environ.get(CACHE_VARIABLE)
    return (Path(named) if named else platformdirs.user_cache_path("outreach-analysis", appauthor=False)) / part
