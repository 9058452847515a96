"""Finding the file that a user's text means, such as a cell of a table that was made elsewhere."""

import os.path
import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

from synthmix.acquire.archives import archive_stem, is_archive_name
from synthmix.datasets.texts import tidied
from synthmix.files import expanded


class FileNames:
    r"""The files below a folder, by all the ways in which users write their paths.

    With `/` or `\`, with or without `./`, absolute, with the name of the folder in front (and of
    those above it), or without the name of the one folder that holds all. Accents may be composed
    or not, and space around a name doesn't count. Letter case does.
    """

    def __init__(self, files: Iterable[str], root: Path, given: str) -> None:
        """Take `files`, relative to the folder `root`, with forward slashes.

        `given` is the path of the folder, or of the archive it is from, as the user knows it.
        """
        self._files = set(files)
        self._by_name = _grouped(self._files, _name)
        self._wrappers = _common_folders(self._files)
        known = expanded(given).absolute()
        if is_archive_name(known.name):
            known = known.with_name(archive_stem(known))
        self._tops = [_parts(str(top)) for top in (root, root.resolve(), known)]

    def find(self, text: str) -> str | None:
        """Return the file that `text` means, or None where it means none, or several."""
        path = self.below(text)
        if path is None or path in self._files:
            return path
        tries = [path, *self._without_top(path)]
        tries += [f"{wrapper}/{path}" for wrapper in self._wrappers for path in tries]
        for path in tries:
            if path in self._files:
                return path
            found = self._by_name.get(_name(path), ())
            if len(found) == 1:
                return found[0]
        return None

    def below(self, text: str) -> str | None:
        """Return `text` as a plain path below the folder, or None where it is none or leads out."""
        written = text.strip()
        if written in self._files:
            return written
        path = posixpath.normpath(written.replace("\\", "/")) if written else "."
        if path.startswith("/"):
            path = self._of_absolute(path)
        leads_out = path.split("/")[0] == ".." or PureWindowsPath(path).drive
        return None if path == "." or leads_out else path

    def hint(self, text: str) -> str:
        """Return, to append to a message, the file that `text` nearly names, or ""."""
        path = self.below(text) or ""
        for alike in (_name_in_lower_case, _without_suffix, _last_name):
            found = [file for file in sorted(self._files) if alike(file) == alike(path)]
            if len(found) == 1:
                return f"; is {text!r} meant to be {found[0]!r}?"
        return ""

    def _of_absolute(self, path: str) -> str:
        parts = _parts(path)
        for top in self._tops:
            if parts[: len(top)] == top:
                return "/".join(path.lstrip("/").split("/")[len(top) :]) or "."
        return ".."

    def _without_top(self, path: str) -> list[str]:
        """Return `path` without what names the folder that all lie in, in each way that fits."""
        names, written = _parts(path), path.split("/")
        return [
            "/".join(written[length:])
            for length in range(1, len(names))
            if any(names[:length] == top[-length:] for top in self._tops)
        ]


def existing(path: Path) -> Path:
    """Return `path`, or where there is none the only one whose names differ in form alone.

    Such as composed letters where it has decomposed ones, or a space at the end.
    """
    found = Path(path.anchor or ".")
    for part in path.parts[bool(path.anchor) :]:
        child = found / part
        if not child.exists():
            same = [each for each in _entries(found) if tidied(each.name) == tidied(part)]
            if len(same) != 1:
                return path
            child = same[0]
        found = child
    return found


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _parts(path: str) -> list[str]:
    return [tidied(part) for part in path.strip("/").split("/")]


def _name(path: str) -> str:
    return "/".join(_parts(path))


def _name_in_lower_case(path: str) -> str:
    return _name(path).casefold()


def _without_suffix(path: str) -> str:
    return str(PurePosixPath(_name_in_lower_case(path)).with_suffix("")) if path else ""


def _last_name(path: str) -> str:
    return posixpath.basename(_without_suffix(path))


def _grouped(files: Iterable[str], key: Callable[[str], str]) -> dict[str, list[str]]:
    groups = defaultdict(list)
    for file in files:
        groups[key(file)].append(file)
    return groups


def _common_folders(files: Iterable[str]) -> list[str]:
    """Return the folders that all of `files` lie in, the innermost first."""
    folders = {posixpath.dirname(file) for file in files}
    if not folders or "" in folders:
        return []
    innermost = PurePosixPath(os.path.commonpath(folders))
    return [str(folder) for folder in (innermost, *innermost.parents) if folder.name]
