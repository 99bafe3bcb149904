"""The container of Excel 97 workbooks: whether all of it is there, and the streams in it."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

SIGNATURE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HEADER = 512
_SIZES = {9: 512, 12: 4096}
_NO_SECTOR = 0xFFFFFFFA
_FREE = 0xFFFFFFFF
_LISTED_IN_HEADER = 109
_ENTRY, _STREAM, _SMALLEST = 128, 2, 4096


def is_whole(content: bytes) -> bool:
    """Whether every sector that a compound file says it uses is in it.

    A workbook that was cut short would otherwise lose its last rows without a word.

    Parameters
    ----------
    content
        Bytes of the file.

    Returns
    -------
    bool
        False also where the header is damaged.

    References
    ----------
    Layout of header, sectors and allocation table: Microsoft, [MS-CFB] Compound File Binary File Format, 2.1-2.5.

    Examples
    --------
    >>> is_whole(SIGNATURE), is_whole(b"no workbook")
    (False, False)
    """
    if len(content) < _HEADER or not content.startswith(SIGNATURE):
        return False
    size = _SIZES.get(struct.unpack_from("<H", content, 30)[0], 0)
    if not size:
        return False
    tables = _tables(content, size)
    # the last sector may be cut to what is used of it, which for a table or a directory is all
    there = -(-len(content) // size) - 1
    if tables is None or any((sector + 2) * size > len(content) for sector in tables):
        return False
    used = [np.frombuffer(content, dtype="<u4", count=size // 4, offset=(sector + 1) * size) for sector in tables]
    marks = np.concatenate(used) if used else np.array([], dtype="<u4")
    last = np.flatnonzero(marks != _FREE)
    return bool(len(last)) and int(last[-1]) < there


def _tables(content: bytes, size: int) -> list[int] | None:
    """Sectors of the allocation table; None where their list leaves the file or runs in a circle."""
    listed = list(struct.unpack_from(f"<{_LISTED_IN_HEADER}I", content, 76))
    following, seen = struct.unpack_from("<I", content, 68)[0], set[int]()
    while following < _NO_SECTOR:
        if following in seen or (following + 2) * size > len(content):
            return None
        seen.add(following)
        *sectors, after = struct.unpack_from(f"<{size // 4}I", content, (following + 1) * size)
        listed += sectors
        following = after
    return [sector for sector in listed if sector < _NO_SECTOR]


def stream(content: bytes, names: Sequence[str]) -> bytes:
    """The first stream of one of these names; b'' where there is none of the size of a workbook.

    Parameters
    ----------
    content
        Bytes of the file.
    names
        Names in the order of preference.

    References
    ----------
    As `is_whole`, 2.6: directory entries.

    Examples
    --------
    >>> stream(b"no workbook", ["Workbook"])
    b''
    """
    size = _SIZES.get(struct.unpack_from("<H", content, 30)[0], 0) if len(content) >= _HEADER else 0
    tables = _tables(content, size) if size else None
    if not tables or any((sector + 2) * size > len(content) for sector in tables):
        return b""
    following = np.concatenate(
        [np.frombuffer(content, dtype="<u4", count=size // 4, offset=(sector + 1) * size) for sector in tables]
    )
    directory = _chain(content, size, following, struct.unpack_from("<I", content, 48)[0])
    found: dict[str, tuple[int, int]] = {}
    for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        length, kind = struct.unpack_from("<HB", directory, at + 64)
        if kind == _STREAM and 2 <= length <= 64:
            name = directory[at : at + length - 2].decode("utf-16-le", errors="replace")
            found[name] = struct.unpack_from("<II", directory, at + 116)
    for name in names:
        first, length = found.get(name, (0, 0))
        if length >= _SMALLEST:
            return _chain(content, size, following, first)[:length]
    return b""


def _chain(content: bytes, size: int, following: np.ndarray, first: int) -> bytes:
    """The sectors of a chain, one behind the other; what leaves the file or runs in a circle ends it."""
    parts, seen = [], set[int]()
    while first < min(_NO_SECTOR, len(following)) and first not in seen:
        seen.add(first)
        parts.append(content[(first + 1) * size : (first + 2) * size])
        first = int(following[first])
    return b"".join(parts)
