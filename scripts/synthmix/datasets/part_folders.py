"""Official parts that come as folders, train/CLASS and test/CLASS, and how to say so in a study."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import yaml

from synthmix.datasets.folder_names import folder_below, relative, same_form, visible_entries

PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing"), "test"),
    "": "",
}
"""The parts, by the words that data sets have for them in lower case."""

EXAMPLE = "parts: {train: train, test: test}"
_ORDER = ("train", "validation", "test")
Classes = Mapping[str, Sequence[str]]


def part_called(name: str) -> str:
    """Return the part that a folder of this name has, "" where it is no part's name."""
    return PARTS.get(same_form(name).strip().lower(), "")


def parts_below(folder: Path) -> dict[str, list[str]]:
    """Return the names of the folders in `folder` that are called as parts are, by their parts.

    Empty unless there are training and test images among them.
    """
    return _in_order(relative(entry, folder) for entry in visible_entries(folder) if entry.is_dir())


def proposal_for_names(classes: Classes) -> str:
    """Return the lines to write where folders of `classes` begin or end with parts, else ""."""
    return _for_names(classes, 0) or _for_names(classes, -1)


def proposal_for_folders(top: Path, classes: Classes) -> str:
    """Return the lines to write where `top` has parts in which there are `classes`, else ""."""
    parts = parts_below(top)
    named = [folder for folders in classes.values() for folder in folders]
    there = [folder for folders in parts.values() for folder in folders]
    if not any(folder_below(top, f"{part}/{folder}") for part in there for folder in named):
        return ""
    return _lines(parts, classes)


def proposal_for_parts_in_classes(top: Path, classes: Classes) -> str:
    """Return the lines to write where class folders have parts in them, sick/train, else ""."""
    parts: dict[str, list[str]] = {}
    for folder in (folder for folders in classes.values() for folder in folders):
        place = folder_below(top, folder)
        for part, names in (parts_below(place) if place else {}).items():
            parts[part] = list(dict.fromkeys([*parts.get(part, []), *names]))
    return _lines(parts, classes) if parts else ""


def _for_names(classes: Classes, which: int) -> str:
    """Return the proposal for classes whose folders have a part's name first (0) or last (-1)."""
    inside: dict[str, list[str]] = {}
    names = []
    for label, folders in classes.items():
        split = [PurePosixPath(folder).parts for folder in folders]
        if not all(len(parts) > 1 and part_called(parts[which]) for parts in split):
            return ""
        names += [parts[which] for parts in split]
        rest = ["/".join(parts[1:] if which == 0 else parts[:-1]) for parts in split]
        inside[label] = list(dict.fromkeys(rest))
    parts = _in_order(dict.fromkeys(names))
    return _lines(parts, inside) if parts else ""


def _in_order(names: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        if part := part_called(name):
            found.setdefault(part, []).append(name)
    return {part: found[part] for part in _ORDER if part in found} if _whole(found) else {}


def _whole(parts: Mapping[str, Sequence[str]]) -> bool:
    return {"train", "test"} <= set(parts)


def _lines(parts: Mapping[str, Sequence[str]], classes: Classes) -> str:
    """Return the settings of the data set as a study has them, a line each."""
    settings = {"parts": parts, "classes": classes}
    lines = [
        yaml.safe_dump(
            {name: {key: _short(value) for key, value in values.items()}},
            default_flow_style=True,
            allow_unicode=True,
            sort_keys=False,
            width=10**6,
        ).strip()[1:-1]
        for name, values in settings.items()
    ]
    return "\n".join(f"    {line}" for line in [*lines, "split: {method: official}"])


def _short(names: Sequence[str]) -> str | list[str]:
    return names[0] if len(names) == 1 else list(names)
