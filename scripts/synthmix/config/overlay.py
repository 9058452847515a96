"""Laying the `demo` section of a study over the study."""

from collections.abc import Mapping
from typing import Any

from synthmix.config.parse import KeyPath

# Two data sets have little in common even when they come from one kind of source.
REPLACED_ENTRIES = "datasets"
DISCRIMINATORS = ("source", "model", "method")


def lay_over(
    base: Mapping[str, Any], overlay: Mapping[str, Any], path: KeyPath = ()
) -> tuple[dict[str, Any], list[KeyPath]]:
    """Return `base` with `overlay` laid over it, and the paths of the values it put there.

    Mappings merge and other values replace. Replaced whole are also the entries of `datasets`
    and mappings that choose another source, model or method. `path` is where both mappings lie.
    """
    merged = dict(base)
    placed = []
    for key, value in overlay.items():
        here = (*path, key)
        if _merge(here, base.get(key), value):
            merged[key], below = lay_over(base[key], value, here)
            placed += below
        else:
            merged[key] = value
            placed.append(here)
    return merged, placed


def _merge(path: KeyPath, below: Any, above: Any) -> bool:
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return False
    if path[0] == REPLACED_ENTRIES and len(path) == 2:
        return False
    if path[-1] == "split":  # without a method it is one by shares
        return below.get("method", "shares") == above.get("method", "shares")
    return all(below.get(key) == above[key] for key in DISCRIMINATORS if key in above)
