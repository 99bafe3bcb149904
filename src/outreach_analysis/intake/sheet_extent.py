"""How far the cells of a workbook's sheets reach, by an XML reader: written out they would fill that rectangle."""

from __future__ import annotations

import re
from xml.parsers import expat

_REFERENCE = re.compile(r"([A-Za-z]{1,3})(\d{1,7})")


class SheetExtent:
    """Fed the XML of one part, it knows the farthest row and column that a cell stands in.

    Examples
    --------
    >>> extent = SheetExtent()
    >>> extent.feed(b"<worksheet><sheetData><row><c r = 'C&#52;'/></row></sheetData></worksheet>")
    >>> extent.cells
    12
    """

    def __init__(self) -> None:
        self._rows = self._columns = 0
        self._is_xml = True
        self._names: dict[str, str] = {}
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._element

    @property
    def cells(self) -> int:
        """Cells of the rectangle from A1."""
        return self._rows * self._columns

    def feed(self, block: bytes) -> None:
        """The next bytes; what is no XML is left to the reader of workbooks, which refuses it."""
        if not self._is_xml:
            return
        try:
            self._parser.Parse(block, False)
        except expat.ExpatError:
            self._is_xml = False

    def _element(self, name: str, attributes: dict[str, str]) -> None:
        local = self._names.get(name)
        if local is None:
            local = self._names[name] = name.rpartition(":")[2]
        if local != "c":
            return
        found = _REFERENCE.fullmatch(attributes.get("r", ""))
        if found:
            column = 0
            for letter in found[1].upper():
                column = column * 26 + ord(letter) - 64
            self._rows = max(self._rows, int(found[2]))
            self._columns = max(self._columns, column)
