"""What trainings find of images, on the true counts: too few of a class, batches that don't part.

Settings are plain values: those that a training may have after a search, too.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from synthmix.classify.batches import batches_of
from synthmix.prepare.parts import LEARNED_FROM
from synthmix.scopes import UNLABELLED

LOGGER = logging.getLogger(__name__)
Settings = Mapping[str, Any]


def troubles_of_generator(samples: pd.DataFrame, name: str, entry: Settings) -> Iterator[str]:
    """Yield what would stop a generator that learns from `samples`, the table of a split.

    `entry` says whether it is `joint`, what it `learns_from`, and which `settings` its trainings
    may have: batch_size (None where it has no batches), devices, neighbours. What they do without
    is logged as a warning.
    """
    counts = _learned(samples, entry["learns_from"])
    for label, count in counts.items():
        if count < 2:
            yield (
                f"generators.{name}: class {label} has {count} training images: two at least; add "
                f"images, or leave the class out"
            )
    whole = {"all classes": counts.sum()} if entry["joint"] else counts.to_dict()
    for settings in entry["settings"]:
        _tell_neighbours(name, counts, settings["neighbours"])
        for label, count in whole.items():
            if count < (settings["batch_size"] or 0):
                LOGGER.warning(
                    "generators.%s.batch_size: %d, but %s has %d images: batches are of as many",
                    *(name, settings["batch_size"], label, count),
                )
            yield from _of_devices(f"generators.{name}", f"of {label}", count, settings)


def troubles_of_classifier(
    mix: str,
    table: pd.DataFrame,
    images: int,
    classes: Sequence[str],
    name: str,
    settings: Settings,
) -> Iterator[str]:
    """Yield what would stop a classifier with these `settings` (batch_size, devices) on a mix.

    `table` are the images of the `mix`, of which or of how many an epoch has `images`.
    """
    for split in ("train", "validation"):
        there = set(table.loc[table["split"] == split, "label"])
        if missing := [label for label in classes if label not in there]:
            yield (
                f"mix {mix} has no {split} image of class {', '.join(missing)}: change its shares "
                f"or those of the split, or leave the class out"
            )
    if not images:
        return
    where, what = f"classifiers.{name}", f"of mix {mix}"
    yield from _of_devices(where, what, images, settings)
    least = min(map(len, batches_of(np.arange(images), settings["batch_size"])))
    if least < 2 <= settings["batch_size"]:
        yield (
            f"{where}.batch_size: {settings['batch_size']} leaves a batch of one of the {images} "
            f"images {what}, of which batch norm can't learn: change it by one"
        )


def _learned(samples: pd.DataFrame, learns_from: str) -> pd.Series:
    """Return how many images of each class a generator learns from."""
    if learns_from == "all":
        return pd.Series({"all": len(samples)})
    learned = samples[samples["split"].isin(LEARNED_FROM[learns_from])]
    counts = learned["label"].value_counts()
    classes = set(samples["label"]) - {UNLABELLED}
    return counts.reindex(sorted(classes), fill_value=0)


def _tell_neighbours(name: str, counts: pd.Series, neighbours: int | None) -> None:
    """Log for which classes a method that steps to `neighbours` takes fewer."""
    for label, count in counts[counts <= (neighbours or 0)].items():
        LOGGER.warning(
            "generators.%s.neighbours: %d, but class %s has %d training images: %d are used",
            *(name, neighbours, label, count, max(0, count - 1)),
        )


def _of_devices(where: str, what: str, images: int, settings: Settings) -> Iterator[str]:
    batch, devices = min(settings["batch_size"] or images, images), settings["devices"]
    if batch < 2 * devices > 2:
        yield (
            f"{where}.devices: {devices}, but a batch of the {images} images {what} has {batch}: "
            f"not two for each; lower it, raise batch_size, or add images"
        )
