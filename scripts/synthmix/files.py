"""Writing files so that a killed job never leaves half a file under its final name."""

import errno
import fcntl
import os
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd

from synthmix.errors import UserError


@contextmanager
def write_beside(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, renamed to `path` when the block succeeds.

    The temporary file keeps the suffix of `path` (writers choose the format by it) and is
    removed when the block fails. Those that killed processes left of `path` are removed too.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(path)
    handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
    temporary = Path(name)
    try:
        lock(handle)  # as long as this process lives: it is no leftover
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
        os.close(handle)


def remove_leftovers(path: str | Path) -> None:
    """Remove what processes that were killed while they wrote `path` have left beside it."""
    path = Path(path)
    name = re.compile(rf"\.{re.escape(path.stem)}-[a-z0-9_]{{8}}{re.escape(path.suffix)}")
    for found in path.parent.glob(".*"):
        if name.fullmatch(found.name):
            with suppress(OSError), found.open("r+b") as file:
                if lock(file.fileno()):
                    found.unlink()


def copy_file(source: str | Path, path: str | Path) -> None:
    """Write a copy of the file `source` to `path`, whole or not at all."""
    with write_beside(path) as temporary:
        shutil.copyfile(source, temporary)


def write_text(path: str | Path, text: str) -> None:
    """Write `text` to `path` in UTF-8, whole or not at all."""
    with write_beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write `table` to `path` as CSV without its index, whole or not at all."""
    with write_beside(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def fingerprint(path: str | Path) -> tuple[int, int]:
    """Size in bytes and modification time in ns: what tells a file from a rewritten one."""
    state = Path(path).stat()
    return state.st_size, state.st_mtime_ns


def expanded(path: str) -> Path:
    """Return `path` with ~ as the home folder; as it is where that user is unknown.

    A file or folder on the way that is not there, while one is whose name differs by nothing that
    can be seen (umlauts of one character or of two), is taken for that one.
    """
    try:
        found = Path(path).expanduser()
    except RuntimeError:
        found = Path(path)
    if str(found).isascii() or exists(found):
        return found
    there = Path(found.anchor)
    for part in found.parts[found.is_absolute() :]:
        there /= part if exists(there / part) else _alike(there, part)
    return there


def exists(path: Path) -> bool:
    """Return whether something is at `path`; not where nothing can be called that."""
    try:
        return path.exists()
    except OSError:  # a name that is too long
        return False


def _alike(folder: Path, name: str) -> str:
    """Return the entry of `folder` that is `name` in Unicode's composed form; else `name`."""
    with suppress(OSError):
        entries = sorted(entry.name for entry in folder.iterdir())
        return next((entry for entry in entries if _composed(entry) == _composed(name)), name)
    return name


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def is_file(path: str | Path) -> bool:
    """Return whether there is a file `path`; not where no file can be called that."""
    found = expanded(str(path))
    return exists(found) and found.is_file()


def lock(handle: int) -> bool | None:
    """Lock a file open for writing, which NFS asks for.

    Returns False where another process has, None where there are no locks.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
            raise
        return None
    return True


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other processes that do the same out of `folder`, made when needed, for the block.

    Raises `UserError` when one is in there. A file system that knows no locks keeps nobody out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        if lock(file.fileno()) is False:
            raise UserError(
                f"{folder}: another run is at work there; wait for it to end, or stop it"
            )
        yield


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
