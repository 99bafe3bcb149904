"""Files that are whole or not there: a run that is cut short, or another beside it, leaves no half one behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, beside its place and move it there in one step.

    Of several programs that write the same file at once the last one to end prevails, with a whole file.

    Parameters
    ----------
    path
        In a folder that is there.
    content
        All that the file will hold.

    Raises
    ------
    OSError
        Where the folder cannot be written to; what stood at the path stays.

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> replace_file(folder / "a.txt", "Muara Badak")
    >>> [path.name for path in folder.iterdir()]
    ['a.txt']
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
