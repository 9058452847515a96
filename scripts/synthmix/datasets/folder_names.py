"""Finding the folders that a user names, however file systems and archives write their names."""

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from synthmix.acquire.member_names import LEGACY_ENCODINGS
from synthmix.datasets.found_files import is_clutter
from synthmix.errors import UserError
from synthmix.raw_names import printable

_MOST_WRAPPERS = 5


def same_form(text: str) -> str:
    """Return a name in the form in which names are compared: printable, letters composed (NFC)."""
    return unicodedata.normalize("NFC", printable(text))


def folder_below(root: Path, named: str) -> Path | None:
    """Return the folder below `root` that the user calls `named`, None where there is none.

    Composed and decomposed letters are the same, and a name that is not UTF-8 may be written as
    `printable` shows it, or as an older encoding reads it. Raises UserError where two folders have
    the name.
    """
    folder = root
    for part in PurePosixPath(named).parts:
        if part == "..":
            return None
        found = _children_called(folder, part)
        if len(found) > 1:
            listed = ", ".join(repr(os.fsencode(each.name)) for each in found)
            raise UserError(
                f"classes: {folder} has {len(found)} folders whose names look the same, {part} "
                f"({listed}, in bytes): put their files into one, or rename one"
            )
        if not found:
            return None
        folder = found[0]
    return folder


def tops(root: Path) -> Iterator[Path]:
    """Yield `root` and, as long as that holds one folder alone, that folder: wrappers in wrappers.

    Files beside a wrapper don't matter, nor does what is hidden or made by the system.
    """
    yield root
    for _ in range(_MOST_WRAPPERS):
        folders = [entry for entry in visible_entries(root) if entry.is_dir()]
        if len(folders) != 1:
            return
        (root,) = folders
        yield root


def visible_entries(folder: Path) -> list[Path]:
    """Return what lies in `folder`, sorted, but for what is hidden or made by the system."""
    return sorted(entry for entry in folder.iterdir() if not is_clutter(entry.name))


def relative(path: Path, root: Path) -> str:
    """Return `path` as tables and messages have it, relative to `root`."""
    return printable(path.relative_to(root).as_posix())


def _children_called(folder: Path, name: str) -> list[Path]:
    """Return the folders in `folder` that are called `name`; without one, those whose bytes are."""
    if not folder.is_dir():
        return []
    children = [entry for entry in folder.iterdir() if entry.is_dir()]
    wanted = same_form(name)
    found = [child for child in children if same_form(child.name) == wanted]
    return found or [child for child in children if wanted in _other_readings(child.name)]


def _other_readings(name: str) -> set[str]:
    """Return what a name that is not UTF-8 may say."""
    raw, readings = os.fsencode(name), set()
    if printable(name) == name:
        return readings
    for encoding in LEGACY_ENCODINGS:
        try:
            readings.add(unicodedata.normalize("NFC", raw.decode(encoding)))
        except UnicodeDecodeError:
            continue
    return readings
