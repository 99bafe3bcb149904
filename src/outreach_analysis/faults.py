"""Every fault that reading data can find: what it says, what to do, its short name, and what becomes of the row."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault, as `faults.toml` explains it."""

    problem: str
    remedy: str
    label: str
    outcome: str
    but: str = ""
    general: str = ""

    def filled(self, *, column: str = "", value: str = "", expected: str = "", count: int = 0) -> tuple[str, str]:
        """Problem and remedy of one case."""
        words = {"column": column, "value": value, "expected": expected, "count": count}
        return self.problem.format(**words), self.remedy.format(**words)

    @property
    def texts(self) -> tuple[str, ...]:
        """All that is said of this fault, to be translated."""
        return tuple(filter(None, astuple(self)))


with Path(__file__).with_suffix(".toml").open("rb") as _file:
    FAULTS: Mapping[str, Fault] = MappingProxyType({code: Fault(**said) for code, said in tomllib.load(_file).items()})
"""The kinds of fault by their codes: whatever is raised or stands in a ledger is one of these."""
