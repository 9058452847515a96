"""Laying a section of a study, such as `demo`, over the study."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synthmix.config.parse import KeyPath

# Two data sets have little in common even when they come from one kind of source.
REPLACED_ENTRIES = "datasets"
DISCRIMINATORS = ("source", "model", "method")
# a loss is known by its name, as nothing else is
LOSS, LOSS_NAME = "loss", "name"
# Sections of things by name, of which an overlay may leave one out: its name with no value.
NAMED_ENTRIES = (REPLACED_ENTRIES, "generators", "selections", "baselines", "classifiers")
# The same within such sections: what they say of things by name.
NAMED_WITHIN = (
    ("additions", "trained_as"),
    ("additions", "after_removal"),
    ("evaluation", "families"),
)


@dataclass(frozen=True)
class Undone:
    """A place where an overlay has put an end to what stood there.

    With `is_gone` a named entry or a whole section is left out; else something else stands there,
    or nothing, and what was meant for the former sections does not fit.
    """

    path: KeyPath
    is_gone: bool


def lay_over(
    base: Mapping[str, Any], overlay: Mapping[str, Any], path: KeyPath = ()
) -> tuple[dict[str, Any], list[KeyPath]]:
    """Return `base` with `overlay` laid over it, and the paths of the values it put there.

    Mappings merge and other values replace; a named data set, generator, selection, baseline or
    classifier without a value is left out, and so is what NAMED_WITHIN has. Replaced whole are also
    the entries of `datasets` and mappings that choose another source, model, method or loss.
    `path` is where both mappings lie.
    """
    merged = dict(base)
    placed = []
    for key, value in overlay.items():
        here = (*path, key)
        if value is None and is_named(here) and key in base:
            del merged[key]
        elif _merge(here, base.get(key), value):
            merged[key], below = lay_over(base[key], value, here)
            placed += below
        else:
            merged[key] = value
            placed.append(here)
    return merged, placed


def undone_by(
    overlay: Mapping[str, Any], base: Mapping[str, Any], path: KeyPath = ()
) -> Iterator[Undone]:
    """Yield where `overlay`, laid over `base`, leaves something out or changes its kind."""
    for key, value in overlay.items():
        here, below = (*path, key), base.get(key)
        if value is None:
            yield Undone(here, is_gone=len(here) == 1 or is_named(here))
        elif isinstance(value, Mapping) and isinstance(below, Mapping):
            if _merge(here, below, value):
                yield from undone_by(value, below, here)
            elif _kind_of(here, value) != _kind_of(here, below):
                yield Undone(here, is_gone=False)


def without(overlay: Mapping[str, Any], undone: Iterable[Undone]) -> dict[str, Any]:
    """Return `overlay` without what it says of things that are `undone`.

    What has come to be of another kind, or is nothing, loses what merges with it; an overlay that
    says itself what kind of thing it means is kept.
    """
    kept = dict(overlay)
    for each in undone:
        kept = _without(kept, each.path, each.is_gone)
    return kept


def _without(
    overlay: dict[str, Any], path: KeyPath, is_gone: bool, above: KeyPath = ()
) -> dict[str, Any]:
    key, rest = path[0], path[1:]
    if key not in overlay:
        return overlay
    value = overlay[key]
    if not rest:
        merges = isinstance(value, Mapping) and not _kind_of((*above, key), value)
        return {k: v for k, v in overlay.items() if k != key} if is_gone or merges else overlay
    if not isinstance(value, Mapping):
        return overlay
    return overlay | {key: _without(dict(value), rest, is_gone, (*above, key))}


def is_named(path: KeyPath) -> bool:
    """Return whether what stands at `path` of a study has a name and can be left out by it."""
    return (len(path) == 2 and path[0] in NAMED_ENTRIES) or path[:-1] in NAMED_WITHIN


def _kind_of(path: KeyPath, entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the source, model, method or loss that an entry chooses, {} where it chooses none."""
    keys = (*DISCRIMINATORS, LOSS_NAME) if path[-1] == LOSS else DISCRIMINATORS
    return {key: entry[key] for key in keys if key in entry}


def _merge(path: KeyPath, below: Any, above: Any) -> bool:
    if not (isinstance(below, Mapping) and isinstance(above, Mapping)):
        return False
    if path[0] == REPLACED_ENTRIES and len(path) == 2:
        return False
    if path[-1] == "split":  # without a method it is one by shares
        return below.get("method", "shares") == above.get("method", "shares")
    return all(below.get(key) == kind for key, kind in _kind_of(path, above).items())
