"""Where the folders of classes and parts are, and what to say where they are not."""

import difflib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from synthmix.acquire.archives import is_archive_name
from synthmix.datasets.folder_names import (
    folder_below,
    relative,
    same_form,
    tops,
    visible_entries,
)
from synthmix.datasets.part_folders import (
    Classes,
    proposal_for_folders,
    proposal_for_names,
    proposal_for_parts_in_classes,
)
from synthmix.errors import UserError
from synthmix.raw_names import printable

LOGGER = logging.getLogger(__name__)
Parts = Mapping[str, Sequence[str]]
_MOST_LISTED = 20


@dataclass(frozen=True)
class ClassFolder:
    """A folder of images of one class, in one part where there are such."""

    path: Path
    named: str
    """As the study names it, with the part's folder where there are parts."""
    label: str
    part: str = ""


def class_folders(root: Path, classes: Classes, parts: Parts) -> tuple[Path, list[ClassFolder]]:
    """Return the folder that the class folders stand in, at or below `root`, and all of them.

    They may all lie in one folder around them, or in several around each other. Raises UserError
    where one is missing, in all of the `parts` where there are such, and where a part is.
    """
    top = next((top for top in tops(root) if _found(top, classes, parts)), root)
    folders = _found(top, classes, parts)
    for label, folder, lacking in _lacking(classes, parts, folders):
        if len(lacking) == len(_places(parts)):
            raise UserError(_missing(top, label, folder, classes, parts))
    _require_parts(top, parts, folders)
    _require_separate(top, folders)
    return top, folders


def tell_of_folders(
    top: Path, classes: Classes, parts: Parts, folders: Sequence[ClassFolder]
) -> None:
    """Tell what may be meant otherwise of what `class_folders` returned."""
    for label, folder, lacking in _lacking(classes, parts, folders):
        for part, place in lacking:
            hint = _nearly_called(folder_below(top, place), folder, folders)
            LOGGER.warning(
                "classes: %s has no folder %s in %s, the folder of the part %s%s",
                *(label, folder, place, part, hint),
            )
    _tell_look_alikes(top, folders)
    if not parts:
        _tell_of_parts(top, classes)


def _found(top: Path, classes: Classes, parts: Parts) -> list[ClassFolder]:
    """Return the class folders that are there; a part's folder may be around them or in them."""
    found = []
    for label, folders in classes.items():
        for folder in folders:
            for part, place in _places(parts):
                ways = (f"{place}/{folder}", f"{folder}/{place}") if place else (folder,)
                paths = ((folder_below(top, way), way) for way in ways)
                path, named = next(((path, way) for path, way in paths if path), (None, ""))
                if path:
                    found.append(ClassFolder(path, named, label, part))
    return found


def _places(parts: Parts) -> list[tuple[str, str]]:
    """Return pairs of a part and one of its folders; nothing of each where there are no parts."""
    return [(part, folder) for part, folders in parts.items() for folder in folders] or [("", "")]


def _lacking(
    classes: Classes, parts: Parts, found: Sequence[ClassFolder]
) -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    """Yield each class folder that is not everywhere, with its class and the parts it lacks in."""
    there = {folder.named for folder in found}
    for label, folders in classes.items():
        for folder in folders:
            lacking = [
                (part, place)
                for part, place in _places(parts)
                if not there & ({f"{place}/{folder}", f"{folder}/{place}"} if place else {folder})
            ]
            if lacking:
                yield label, folder, lacking


def _require_parts(top: Path, parts: Parts, found: Sequence[ClassFolder]) -> None:
    """Raise UserError for a part without any class folder."""
    for part, places in parts.items():
        if not any(folder.part == part for folder in found):
            raise UserError(
                f"parts: {part}: there is no folder {' or '.join(places)} with class folders in it "
                f"below {top}; name the right one or leave {part} out: {_listed(_folders_in(top))}"
            )


def _require_separate(top: Path, folders: Sequence[ClassFolder]) -> None:
    """Raise UserError where images would be listed twice because a class folder is a link."""
    real = [(folder, folder.path.resolve()) for folder in folders]
    identity = {folder: folder.path.stat()[1:3] for folder in folders}  # inode and device
    for number, (folder, path) in enumerate(real):
        for other, others in real[:number]:
            if identity[folder] == identity[other]:
                trouble = "are one and the same folder"
            elif path.is_relative_to(others) or others.is_relative_to(path):
                trouble = "lie in each other"
            else:
                continue
            raise UserError(
                f"classes: {other.named} of {other.label} and {folder.named} of {folder.label} "
                f"{trouble} below {top}, one by a link: their images would be listed twice; name "
                "one of them"
            )


def _tell_look_alikes(top: Path, folders: Sequence[ClassFolder]) -> None:
    """Tell of folders beside class folders that are called nearly the same and not named."""
    named = {folder.path for folder in folders}
    for parent in {path.parent for path in named}:
        for entry in _folders_in(parent):
            like = [path for path in named if path.parent == parent and _alike(path, entry)]
            if like and entry not in named:
                LOGGER.warning(
                    "classes: beside %s there is a folder %r, whose images no class takes",
                    relative(like[0], top),
                    relative(entry, top),
                )


def _nearly_called(place: Path | None, folder: str, folders: Sequence[ClassFolder]) -> str:
    """Return, to append, the folder in `place` that is `folder` but for its letters' case."""
    named = {each.path for each in folders}
    entries = _folders_in(place) if place else []
    near = [each.name for each in entries if _alike(Path(folder), each) and each not in named]
    return f"; {_quoted(printable(near[0]))} is there: name both" if near else ""


def _alike(one: Path, other: Path) -> bool:
    return same_form(one.name).strip().lower() == same_form(other.name).strip().lower()


def _tell_of_parts(top: Path, classes: Classes) -> None:
    """Tell how parts are kept where class folders lie in those of parts, or the other way round."""
    proposal = proposal_for_names(classes) or proposal_for_parts_in_classes(top, classes)
    if proposal:
        LOGGER.warning(
            "classes: the folders are those of parts, train and test, which are dealt out anew by "
            "patient; to keep the parts, write\n%s",
            proposal,
        )


def _missing(top: Path, label: str, folder: str, classes: Classes, parts: Parts) -> str:
    """Return that the class folder `folder` is not there, and what may be meant."""
    message = f"classes: the folder {folder} of {label} does not exist below {top}; "
    if parts:
        places = ", ".join(place for _, place in _places(parts))
        message = f"classes: {label} has no folder {folder} in any of {places} below {top}; "
    elif proposal := next(filter(None, (proposal_for_folders(t, classes) for t in tops(top))), ""):
        return f"{message}the folders train and test, of parts, are there: write\n{proposal}"
    place = top / folder
    if place.is_symlink():
        target = printable(str(place.readlink()))
        return f"{message}it is a link to {target}, which is not there: bring that back"
    if place.is_file():
        return f"{message}that is a file: name a folder"
    deeper = [] if parts else _deeper(top, folder)
    hint = f"; deeper there is {_names(deeper)}" if deeper else ""
    return message + _what_there_is(top, folder) + hint


def _what_there_is(top: Path, folder: str) -> str:
    """Return the folders that could be meant by `folder`, or what else there is."""
    parent = (top / folder).parent
    while not parent.is_dir():
        parent = parent.parent
    present = [relative(entry, top) for entry in _folders_in(parent)]
    archives = [
        relative(entry, top) for entry in visible_entries(parent) if is_archive_name(entry.name)
    ]
    unpack = f"; unpack what is in {_names(archives)}" if archives else ""
    if not present:
        return f"there are no folders at all{unpack or ': check path'}"
    close = {same_form(name).lower(): name for name in present}
    best = difflib.get_close_matches(same_form(folder).lower(), close, n=1)
    hint = f" (did you mean {_quoted(close[best[0]])}?)" if best else ""
    return f"name one of these{hint}: {_names(present)}{unpack}"


def _deeper(top: Path, folder: str) -> list[str]:
    """Return the folders that are called `folder` inside those of `top`, or inside a wrapper's."""
    inside = [entry for place in tops(top) for entry in _folders_in(place)]
    found = (path for entry in inside if (path := folder_below(entry, folder)))
    return [relative(path, top) for path in found]


def _folders_in(folder: Path) -> list[Path]:
    return [entry for entry in visible_entries(folder) if entry.is_dir()]


def _listed(folders: Sequence[Path]) -> str:
    return _names([printable(folder.name) for folder in folders]) or "there is none"


def _names(names: Sequence[str]) -> str:
    more = ", ..." if len(names) > _MOST_LISTED else ""
    return ", ".join(map(_quoted, names[:_MOST_LISTED])) + more


def _quoted(name: str) -> str:
    """Return the name, in quotes where spaces around it would not be seen."""
    return repr(name) if name != name.strip() else name
