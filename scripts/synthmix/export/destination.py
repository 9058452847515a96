"""A folder or a zip that is there whole or not at all."""

import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from synthmix.errors import UserError
from synthmix.export.images import Add
from synthmix.files import write_beside


def require_free(path: Path) -> None:
    """Raise UserError where something is at `path` that must not be lost."""
    if is_zip(path) and path.exists():
        raise UserError(f"{path} is there already: remove it, or name another file")
    if path.exists() and not path.is_dir():
        raise UserError(f"{path} is a file: name a folder, or a file that ends in .zip")
    if path.is_dir() and any(path.iterdir()):
        raise UserError(f"{path} is not empty: empty it, or name another folder")


def is_zip(path: Path) -> bool:
    """Return whether `path` is named as a zip."""
    return path.suffix.lower() == ".zip"


def destination(path: Path) -> AbstractContextManager[Add]:
    """Return a context that adds files to the folder or zip `path`, there once it ends well.

    A folder may be there if it is empty; a zip that is there is replaced.
    """
    return _zip(path) if is_zip(path) else _folder(path.resolve())


@contextmanager
def _folder(path: Path) -> Iterator[Add]:
    partial = path.with_name(f".{path.name}-{os.getpid()}")
    partial.mkdir(parents=True)

    def add(name: str, parts: Iterable[bytes]) -> None:
        file = partial / name
        file.parent.mkdir(exist_ok=True)
        with file.open("wb") as opened:
            opened.writelines(parts)

    try:
        yield add
        partial.replace(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _zip(path: Path) -> Iterator[Add]:
    with write_beside(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:

        def add(name: str, parts: Iterable[bytes]) -> None:
            # its date stays that of 1980, so that equal images make equal bytes
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            # pictures are compressed already
            entry.compress_type = (
                zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
            )
            with archive.open(entry, "w") as opened:
                for part in parts:
                    opened.write(part)

        yield add
