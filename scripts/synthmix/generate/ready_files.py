"""Ready images on disk: where they lie, and which of the study's classes each shows.

Folders, archives and tables are read by what reads a user's real images.
"""

import logging
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from synthmix.acquire.archives import is_archive_name
from synthmix.datasets.folder_names import relative, same_form, tops, visible_entries
from synthmix.datasets.image_folder import ImageFolder
from synthmix.datasets.manifest import Manifest
from synthmix.datasets.tables import SUFFIXES, read_table
from synthmix.datasets.texts import some, tidied
from synthmix.errors import UserError, did_you_mean
from synthmix.files import exists

LOGGER = logging.getLogger(__name__)
_MOST_SHOWN = 20
_COLUMNS = ("path", "label")


@dataclass(frozen=True)
class ReadyFiles:
    """The files of ready images below the folder `root`.

    `listed` has a row for each with `path` and `label`, a class of the study, in the order of the
    classes and paths; `passed_over` has those that are no images, as `Dataset.passed_over`.
    """

    root: Path
    listed: pd.DataFrame
    passed_over: pd.DataFrame


@dataclass(frozen=True)
class Naming:
    """What classes are called: in the study, and which of them those of the images stand for."""

    classes: Sequence[str]
    given: Mapping[str, str]
    """The class of the study by the name that it has elsewhere, as the setting `classes` has it."""

    def by_class(self, names: Sequence[str]) -> dict[str, list[str]]:
        """Return which of `names`, those of the classes elsewhere, stand for each class.

        What the setting says goes first; then names that are the same but for letter case.
        """
        said = {_alike(theirs): ours for theirs, ours in self.given.items()}
        same = {_alike(label): label for label in reversed(self.classes)}
        found: dict[str, list[str]] = {label: [] for label in self.classes}
        for name in names:
            label = name if name in self.classes else same.get(_alike(name))
            label = said.get(_alike(name), label)
            if label is not None:
                found[label].append(name)
        return found

    def missing(self, found: Mapping[str, Sequence[str]]) -> list[str]:
        """Return the classes that nothing in `found` stands for."""
        return [label for label in self.classes if not found[label]]

    def require_all(self, names: Sequence[str], where: str) -> None:
        """Raise UserError where a class has no images, or the setting names what is not there.

        It lists the classes of both sides, and the lines that say which is which.
        """
        theirs = some(names, _MOST_SHOWN) or "none"
        there = {_alike(name) for name in names}
        for name in self.given:
            if _alike(name) not in there:
                raise UserError(
                    f"classes: {where} has no class {name!r}; its classes are {theirs}"
                    f"{did_you_mean(name, names)}"
                )
        found = self.by_class(names)
        if missing := self.missing(found):
            used = {name for named in found.values() for name in named}
            free = [name for name in names if name not in used]
            lines = [f"{free[0] if len(free) == 1 else '<their name>'}: {each}" for each in missing]
            raise UserError(
                f"{where} has no images of {' and '.join(missing)}: its classes are {theirs}, those"
                f" of the study {', '.join(self.classes)}. If they are called otherwise there, say"
                f" which is which: classes: {{ {', '.join(lines)} }}"
            )


def state_of(place: Path, max_bytes: float) -> str:
    """Return what tells the images at `place`, and a table of them, from changed ones."""
    if _is_table(place):
        return f"{Manifest.raw_state(_manifest(place, {}).raw_settings())} {place.name}"
    return ImageFolder.raw_state({"path": str(place), "max_unpacked_gb": max_bytes / 1e9})


@contextmanager
def open_ready(
    place: Path, naming: Naming, max_bytes: int, workspace: Path
) -> Iterator[ReadyFiles]:
    """Find the ready images at `place`, a folder, an archive or a table, for the block.

    An archive is unpacked below `workspace` for the time of the block. Raises UserError where there
    is nothing of that kind, a class has no images, or an archive is damaged or would write
    elsewhere.
    """
    workspace.mkdir(parents=True, exist_ok=True)
    if _is_table(place):
        yield _listed_by_table(place, naming)
        return
    if not exists(place):
        raise UserError(f"{place} does not exist: name a folder, an archive or a table of images")
    if not place.is_dir() and not is_archive_name(place.name):
        raise UserError(
            f"{place} is neither a folder, an archive (.zip, .tar.gz) nor a table "
            f"({', '.join(SUFFIXES)})"
        )
    with tempfile.TemporaryDirectory(prefix=".ready-", dir=workspace) as folder:
        raw = {"path": str(place), "max_unpacked_gb": max_bytes / 1e9}
        yield _below(ImageFolder.fetch(raw, Path(folder)), place, naming)


def _below(root: Path, place: Path, naming: Naming) -> ReadyFiles:
    """Return the images in class folders at or below `root`, which `place` was unpacked to."""
    levels = [
        [relative(entry, top) for entry in visible_entries(top) if entry.is_dir()]
        for top in tops(root)
    ]
    # where most classes are found, and folders beside each other rather than one around them
    names = min(
        levels, key=lambda level: (len(naming.missing(naming.by_class(level))), len(level) < 2)
    )
    naming.require_all(names, str(place))
    found = naming.by_class(names)
    _tell_others(place, names, found, "folders")
    source = ImageFolder(source="image_folder", path=str(place), classes=found)
    return ReadyFiles(root, _in_order(source.images(root), naming), source.passed_over(root))


def _listed_by_table(place: Path, naming: Naming) -> ReadyFiles:
    try:
        table = read_table(place)
    except FileNotFoundError:
        raise UserError(f"{place} does not exist: name a folder, an archive or a table") from None
    for column in _COLUMNS:
        if table.position(column) is None:
            there = some([name for name in table.columns if name], _MOST_SHOWN)
            raise UserError(
                f"{place}: has no column {column}, but {there}: call the columns {_COLUMNS[0]}, the"
                f" file relative to the table's folder, and {_COLUMNS[1]}, the class"
            )
    names = sorted({tidied(text) for text in table.texts("label", "classes")} - {""})
    naming.require_all(names, str(place))
    found = naming.by_class(names)
    _tell_others(place, names, found, "labels")
    manifest = _manifest(place, found)
    root = manifest.fetch(manifest.raw_settings(), place.parent)
    listed = manifest.index(root)[["path", "label"]]
    return ReadyFiles(root, _in_order(listed, naming), manifest.passed_over(root))


def _manifest(place: Path, classes: Mapping[str, Sequence[str]]) -> Manifest:
    return Manifest.model_construct(
        source="manifest",
        path=str(place),
        classes=dict(classes),
        patients="image",
    )


def _in_order(listed: pd.DataFrame, naming: Naming) -> pd.DataFrame:
    """Return the rows by class, and by path within one: which image is the first is fixed."""
    place = listed["label"].map(list(naming.classes).index)
    in_order = listed.assign(place=place).sort_values(["place", "path"], kind="stable")
    return in_order[["path", "label"]].reset_index(drop=True)


def _tell_others(
    place: Path, names: Sequence[str], found: Mapping[str, Sequence[str]], what: str
) -> None:
    used = {name for named in found.values() for name in named}
    if others := [name for name in names if name not in used]:
        LOGGER.warning(
            "%s: %s of no class of the study are left out: %s", place, what, some(others)
        )


def _is_table(place: Path) -> bool:
    return place.name.lower().endswith(SUFFIXES) and not place.is_dir()


def _alike(name: str) -> str:
    return tidied(same_form(name)).casefold()
