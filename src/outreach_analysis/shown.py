"""What every result answers: its table, figure and sentences in a language, its frame, its file."""

from __future__ import annotations

import dataclasses
import importlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from outreach_analysis.contracts import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from outreach_analysis.report.table import Table
    from outreach_analysis.report.words import Language, Sentences


class Shown(ABC):
    """A result that shows itself. It knows nothing of drawing: `report.views` says how, and is loaded when asked."""

    __slots__ = ("_study",)

    main: ClassVar[str] = ""
    """The attribute that holds its frame; blank: its summary."""

    @abstractmethod
    def summary(self) -> pd.DataFrame:
        """The result in a few numbers with their unit."""

    def shown_in(self, study: Any) -> Self:
        """This result as one of a study, whose areas and places it is shown with; a copy where it is of another."""
        result = self
        if getattr(self, "_study", study) is not study:
            result = dataclasses.replace(self)  # type: ignore[type-var]  # every result is a dataclass
        object.__setattr__(result, "_study", study)
        return result

    def table(self, of: str = "", *, lang: Language = "id") -> Table:
        """Its table for people; `of` names another one than the first."""
        table: Table = self._shown("tables", of, lang)
        return table

    def plot(self, of: str = "", *, lang: Language = "id") -> Any:
        """Its figure, of plotly; `of` names another one than the first."""
        return self._shown("plots", of, lang)

    def text(self, of: str = "", *, lang: Language = "id") -> Sentences:
        """What it says in sentences; `of` names others than the first."""
        text: Sentences = self._shown("texts", of, lang)
        return text

    def to_frame(self) -> pd.DataFrame:
        """Its numbers as a frame that may be changed."""
        frame: pd.DataFrame = getattr(self, self.main) if self.main else self.summary()
        return frame.copy()

    def to_excel(self, path: Path | str) -> None:
        """Write the frame as a workbook, or as CSV, by the name of the file."""
        frame = self.to_frame()
        rows = frame.reset_index() if frame.index.name else frame
        importlib.import_module("outreach_analysis.exports").write_table(Path(path), rows)

    def _shown(self, kind: str, of: str, lang: str) -> Any:
        study = getattr(self, "_study", None)
        if study is None:
            raise RequestError(f"this {type(self).__name__} is not of a study; ask study.table and its like")
        return importlib.import_module("outreach_analysis.report.views").shown(self, study, kind, of, lang)

    def _at_a_glance(self) -> pd.DataFrame:
        """The rows that a notebook shows."""
        return self.to_frame()

    def _repr_html_(self) -> str:
        return str(self._at_a_glance().to_html(max_rows=12, float_format="{:.2f}".format))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: .summary(), .table(), .plot(), .text(), .to_frame(), .to_excel(path)>"
