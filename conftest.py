"""What tests and the examples of docstrings share: the bundled areas and the sample, read once a process.

Reading the areas takes 0.3 s and the sample 4 s; without this hundreds of tests would do it anew, and inputs are never
altered.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outreach_analysis import office_folder, study
from outreach_analysis.files import bundled_data
from outreach_analysis.geography.areas import load_areas
from outreach_analysis.intake import dataset
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.study import Study

_AREAS: dict[tuple[str, ...], Any] = {}
_READ: dict[tuple[str, ...], Dataset] = {}
_STUDIED: dict[tuple[object, ...], Study] = {}


def areas_once(level: str, *, settings: Any, path: Path | None = None, table: Any = None) -> Any:
    """`load_areas`; the bundled areas once."""
    key = (level, settings.reference, *settings.jurisdiction)
    if path is not None or settings.reference != "kaltim":
        return load_areas(level, settings=settings, path=path, table=table)
    if key not in _AREAS:
        _AREAS[key] = load_areas(level, settings=settings)
    return _AREAS[key]


def content_of(folder: Path) -> tuple[str, ...]:
    """Names and fingerprints of the files of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple(f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files)


def sample_once(path: Path | str, *, as_of: Any = None, progress: Any = None) -> Dataset:
    """`read_dataset`; the sample as it stands once, whoever waits for it."""
    if as_of is not None or Path(path) != bundled_data("sample"):
        return read_dataset(path, as_of=as_of, progress=progress)
    return _read_once(("sample",), Path(path))


def folder_once(path: Path | str, *, as_of: Any = None, progress: Any = None) -> Dataset:
    """`read_dataset`; folders of one content once."""
    return read_dataset(path, as_of=as_of) if as_of is not None else _read_once(content_of(Path(path)), Path(path))


def _read_once(key: tuple[str, ...], path: Path) -> Dataset:
    if key not in _READ:
        _READ[key] = read_dataset(path)
    return _READ[key]


def study_of_sample_once(read: Dataset, **asked: Any) -> Study:
    """`Study` as `office_folder` makes it; of the sample once, with whatever was made for it before."""
    if read is not _READ.get(("sample",)):
        return Study(read, **asked)
    return study_once(read, **asked)


def study_once(read: Dataset, *, rng: Any = 1, progress: Any = None, **asked: Any) -> Study:
    """`Study`; one question of one dataset once, with whatever was made for it before."""
    if not isinstance(rng, int) or any(asked.get(name) is not None for name in ("decision", "forecasts")):
        return Study(read, rng=rng, progress=progress, **asked)
    key = (id(read), rng, *(f"{name}={value!r}" for name, value in sorted(asked.items())))
    if key not in _STUDIED:
        _STUDIED[key] = Study(read, rng=rng, progress=progress, **asked)
    return _STUDIED[key]


@pytest.fixture(autouse=True)
def _shared_data_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "load_areas", areas_once)
    for module in (dataset, office_folder):
        monkeypatch.setattr(module, "read_dataset", sample_once)
    monkeypatch.setattr(office_folder, "Study", study_of_sample_once)


@pytest.fixture
def folders_once(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Dataset]:
    """For tests of commands: folders of one content are read once, and what is made for one question is kept."""
    # it knows results by their class, and is loaded before that of a study is replaced
    importlib.import_module("outreach_analysis.report.views")
    monkeypatch.setattr(dataset, "read_dataset", folder_once)
    monkeypatch.setattr(study, "Study", study_once)
    return folder_once
