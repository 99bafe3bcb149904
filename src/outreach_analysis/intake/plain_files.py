"""Files that may be opened: plain ones that lie where they stand. Pipes, devices, links elsewhere are refused by name.

Opening a pipe waits for ever, opening a device may do anything, and a link takes in what nobody put into the folder.
"""

from __future__ import annotations

import stat
from pathlib import Path

from outreach_analysis.contracts import Failure, failure

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def odd_file(path: Path, *, name: str, folder: Path | None = None) -> Failure | None:
    """Why a file may not be opened; None where it may, or does not exist.

    Parameters
    ----------
    path, name
        The file, and its name as messages show it.
    folder
        The folder that it must lie in once links are followed; None where a person named the file itself.

    Examples
    --------
    >>> odd_file(Path("/dev/null"), name="null").reason
    'not_a_file'
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        broken = path.is_symlink()
        return failure("not_a_file", file=name, expected="a link to nothing") if broken else None
    except (OSError, ValueError):
        return failure("not_a_file", file=name, expected="a link in a circle, or locked")
    if kind in _KINDS:
        return failure("not_a_file", file=name, expected=_KINDS[kind])
    if folder is not None and not path.resolve().is_relative_to(folder.resolve()):
        return failure("not_a_file", file=name, expected="a link out of the folder")
    return None
