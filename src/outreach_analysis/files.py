"""Files written whole or not at all, the data that comes with the package, and where results may be kept."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

# --- Files that are whole or not there: a run that is cut short, or another beside it, leaves no half one behind.


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, beside its place and move it there in one step. Of several programs that write the
    same file at once the last one to end prevails, with a whole file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


# --- Where the data that comes with the package lies, in the wheel or in the repository's `data/`, and the cache.


CACHE_VARIABLE = "OUTREACH_CACHE"
_PACKAGE = Path(__file__).parent
_REPOSITORY = _PACKAGE.parents[1]


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
    return _first_folder(name, _PACKAGE / "_data" / name, _REPOSITORY / "data" / name)


def bundled_notebooks() -> Path:
    """Path of the folder of notebooks: in the wheel, or the repository's `notebooks/`."""
    return _first_folder("notebooks", _PACKAGE / "_data" / "notebooks", _REPOSITORY / "notebooks")


def _first_folder(name: str, *places: Path) -> Path:
    for place in places:
        if place.is_dir():
            return place
    listed = " or ".join(str(place) for place in places)
    raise FileNotFoundError(f"no bundled data '{name}' in {listed}; reinstall outreach-analysis")


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
