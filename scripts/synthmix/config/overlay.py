"""Laying a section of a study, such as `demo`, over the study."""

from collections.abc import Collection, Mapping
from typing import Any

from synthmix.config.parse import KeyPath

# Two data sets have little in common even when they come from one kind of source.
REPLACED_ENTRIES = "datasets"
DISCRIMINATORS = ("source", "model", "method")
# Sections of things by name, of which an overlay may leave one out: its name with no value.
NAMED_ENTRIES = ("generators", "selections", "baselines", "classifiers")


def lay_over(
    base: Mapping[str, Any], overlay: Mapping[str, Any], path: KeyPath = ()
) -> tuple[dict[str, Any], list[KeyPath]]:
    """Return `base` with `overlay` laid over it, and the paths of the values it put there.

    Mappings merge and other values replace; a named generator, selection, baseline or classifier
    without a value is left out. Replaced whole are also the entries of `datasets`
    and mappings that choose another source, model or method. `path` is where both mappings lie.
    """
    merged = dict(base)
    placed = []
    for key, value in overlay.items():
        here = (*path, key)
        if value is None and len(here) == 2 and here[0] in NAMED_ENTRIES and key in base:
            del merged[key]
        elif _merge(here, base.get(key), value):
            merged[key], below = lay_over(base[key], value, here)
            placed += below
        else:
            merged[key] = value
            placed.append(here)
    return merged, placed


def entries_left_out(overlay: Mapping[str, Any]) -> set[KeyPath]:
    """Return the paths of the named entries, and of the sections, that `overlay` leaves out."""
    sections = {(key,) for key, value in overlay.items() if value is None}
    return sections | {
        (section, name)
        for section in NAMED_ENTRIES
        if isinstance(overlay.get(section), Mapping)
        for name, value in overlay[section].items()
        if value is None
    }


def without(overlay: Mapping[str, Any], paths: Collection[KeyPath]) -> dict[str, Any]:
    """Return `overlay` without what it says of these `paths`, of at most two keys."""
    kept = {key: value for key, value in overlay.items() if (key,) not in paths}
    for section, name in (path for path in paths if len(path) == 2):
        if isinstance(kept.get(section), Mapping):
            kept[section] = {key: v for key, v in kept[section].items() if key != name}
    return kept


def _merge(path: KeyPath, below: Any, above: Any) -> bool:
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return False
    if path[0] == REPLACED_ENTRIES and len(path) == 2:
        return False
    if path[-1] == "split":  # without a method it is one by shares
        return below.get("method", "shares") == above.get("method", "shares")
    return all(below.get(key) == above[key] for key in DISCRIMINATORS if key in above)
