"""Files written whole or not at all, one writer a folder at a time, and results that are kept from run to run."""

from __future__ import annotations

import hashlib
import os
import platform
import secrets
import shutil
import stat
import tempfile
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path

import platformdirs

from outreach_analysis.contracts import ContractError, Failure, RequestError, failure

# --- Files that may be opened: plain ones that lie where they stand; pipes, devices and links out are refused.


_KINDS = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}


def odd_file(path: Path, *, name: str, folder: Path | None = None) -> Failure | None:
    """Why a file may not be opened; None where it may, or does not exist."""
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


def refuse_odd(path: Path, *, folder: Path, largest: int = 2**30) -> None:
    """Refuse by its name, before it is opened, what is no plain file or folder within a folder of the office, or holds
    more bytes than such a file may."""
    name = path.relative_to(folder).as_posix()
    if odd := odd_file(path, name=name, folder=folder):
        raise ContractError([odd])
    if path.is_file() and path.stat().st_size > largest:
        raise ContractError([failure("too_large", file=name, expected=f"more than {largest // 2**20:,} MB")])


@contextmanager
def folder_within(folder: Path, name: str) -> Iterator[Path]:
    """A folder of that name inside one of the office, to write into: no link that leads out of it. Made where there is
    none, and taken away again where nothing came of it."""
    place = folder / name
    refuse_odd(place, folder=folder)
    is_new = not place.exists()
    place.mkdir(exist_ok=True)
    try:
        yield place
    except BaseException:
        if is_new:
            with suppress(OSError):
                place.rmdir()
        raise


# --- Files that are whole or not there: a run that is cut short, or another beside it, leaves no half one behind.


@contextmanager
def errors_name(path: Path) -> Iterator[None]:
    """Errors of the system name this path, whatever it was that they stopped at."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise type(error)(error.errno, error.strerror, str(path)) from None


def replace_file(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Write a file, text as UTF-8, beside its place and move it there in one step. Of several programs that write the
    same file at once the last one to end prevails, with a whole file. Who may read it the machine's own rule says
    (umask), or with `private` nobody but the user. An error of the system names the file itself."""
    prefix = f".{path.name[:100]}."
    temporary = path.with_name(f"{prefix}{_MACHINE}-{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with errors_name(path):
            _remove_stale(path.parent, prefix)
            if path.exists() and not path.is_file():
                raise FileExistsError(17, "it is a folder or a device, not a file")
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o666)
            with os.fdopen(handle, "wb") as file:
                file.write(content.encode("utf-8") if isinstance(content, str) else content)
            Path(temporary).replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


_MACHINE = f"{zlib.crc32(platform.node().encode()):08x}"
"""Stands in the names of what is staged, since the numbers of processes are those of one machine."""


def _remove_stale(folder: Path, prefix: str) -> None:
    """Remove what runs on this machine staged under such a name and left because they were killed."""
    staged = f"{prefix}{_MACHINE}-"
    for left in folder.glob(f"{escape(staged)}*"):
        import psutil

        owner = left.name.removeprefix(staged).partition("-")[0]
        if not owner.isdigit() or psutil.pid_exists(int(owner)) or left.is_symlink():
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


@contextmanager
def staged_beside(target: Path) -> Iterator[Path]:
    """A folder of this run alone beside the place of a new one, to be moved there when it is whole; what killed runs
    left there is removed first. An error of the system names the place itself."""
    prefix = f".{target.name}-"
    target.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(target.parent, prefix)
    with errors_name(target):
        work = Path(tempfile.mkdtemp(prefix=f"{prefix}{_MACHINE}-{os.getpid()}-", dir=target.parent))
    try:
        with errors_name(target):
            yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def add_line(path: Path, text: str) -> None:
    """Add a line to a file that only the user may read."""
    with (
        errors_name(path),
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file,
    ):
        file.write(text.rstrip("\n") + "\n")


LOCK_FILE = ".outreach.lock"
LONGEST_WAIT_S = 120.0


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Keep others from writing into a folder of the office while its tables are read, changed and written back. On a
    network drive that knows no locks, a file with the number of the process stands for one."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / LOCK_FILE, timeout=LONGEST_WAIT_S, is_singleton=True) as lock:
            try:
                yield
            finally:
                if lock.lock_counter == 1:
                    # whoever waits for it sees that its file is gone and makes another
                    with suppress(OSError):
                        (folder / LOCK_FILE).unlink()
    except Timeout:
        raise RequestError.in_words(
            "somebody else is writing into {folder}; nothing was written. Try again, and where nobody is, take away "
            "{lock}",
            folder=folder,
            lock=folder / LOCK_FILE,
        ) from None


@contextmanager
def staging_folder(purpose: str) -> Iterator[Path]:
    """A folder of this run alone for what must not stay; those of runs that were killed are removed first."""
    prefix = f"outreach-{purpose}-"
    _remove_stale(Path(tempfile.gettempdir()), prefix)
    with tempfile.TemporaryDirectory(prefix=f"{prefix}{_MACHINE}-{os.getpid()}-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


# --- Results kept from one run to the next, which may be damaged, full or gone: then they are computed again.


class CacheWarning(UserWarning):
    """What is kept from run to run could not be written or read: it is computed again, and nothing else changes."""


_SEAL = hashlib.sha256().digest_size


def keep(path: Path, content: bytes) -> None:
    """Write a result with a seal by which damage is seen; where that cannot be done, warn and go on without."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, hashlib.sha256(content).digest() + content, private=True)
    except OSError as error:
        warnings.warn(CacheWarning(f"{path.parent}: nothing can be kept there ({error.strerror}); next time it is "
                                   "computed again"), stacklevel=2)  # fmt: skip


@contextmanager
def computed_once(path: Path) -> Iterator[None]:
    """Of several programs that are about to compute the same result the first does, and the others wait until it is
    kept; where no lock can be had, or after `LONGEST_WAIT_S`, each computes it for itself."""
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=LONGEST_WAIT_S)
    with suppress(OSError, Timeout, NotImplementedError):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        if lock.is_locked:
            lock.release()
            with suppress(OSError):
                path.unlink()


def kept(path: Path) -> bytes | None:
    """What was kept at a path; None where nothing was, or not what stands there now, with a warning."""
    try:
        if not path.is_file():
            return None
        stored = path.read_bytes()
    except OSError:
        stored = b""
    content = stored[_SEAL:]
    if hashlib.sha256(content).digest() == stored[:_SEAL]:
        return content
    warnings.warn(CacheWarning(f"{path.parent}: what was kept there is damaged; it is computed again"), stacklevel=2)
    return None


# --- Where the data that comes with the package lies, in the wheel or in the repository's `data/`, and the cache.


CACHE_VARIABLE = "OUTREACH_CACHE"
_PACKAGE = Path(__file__).parent
_REPOSITORY = _PACKAGE.parents[1]


def bundled_data(name: str) -> Path:
    """Path of a folder of data that comes with the package: below `data/`, such as ``"reference/kaltim"``.

    A wheel carries `data/` inside the package; an editable install reads the repository's own.

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
    """Where results of one kind are kept from run to run: $OUTREACH_CACHE, else the user's own folder for caches.

    Travel times between points, and back-tests by event: nothing about a person stands there.

    Examples
    --------
    >>> cache_folder("travel").name
    'travel'
    """
    named = os.environ.get(CACHE_VARIABLE)
    return (Path(named) if named else platformdirs.user_cache_path("outreach-analysis", appauthor=False)) / part
