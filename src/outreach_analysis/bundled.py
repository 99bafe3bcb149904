"""Where the data that comes with the package lies: in the wheel, or in the repository's `data/`."""

from pathlib import Path

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
    """Path of the folder of notebooks: in the wheel, or the repository's `notebooks/`.

    Raises
    ------
    FileNotFoundError
        Where neither place holds it.

    Examples
    --------
    >>> (bundled_notebooks() / "00_data_quality.ipynb").is_file()
    True
    """
    return _first_folder("notebooks", _PACKAGE / "_data" / "notebooks", _REPOSITORY / "notebooks")


def _first_folder(name: str, *places: Path) -> Path:
    for place in places:
        if place.is_dir():
            return place
    listed = " or ".join(str(place) for place in places)
    raise FileNotFoundError(f"no bundled data '{name}' in {listed}; reinstall outreach-analysis")
