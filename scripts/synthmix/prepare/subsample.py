"""Thinning data sets out: to balanced classes, or to a long tail of rare ones."""

import logging
from collections.abc import Mapping

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.shares import apportion, largest_sample

LOGGER = logging.getLogger(__name__)
_LEARNED_FROM = ("train", "validation")


def balanced(labels: pd.Series, seed: int) -> pd.Series:
    """Return which of the samples to keep: of every class as many as the rarest has."""
    random = np.random.default_rng(seed)
    least = labels.value_counts().min()
    kept = pd.Series(False, index=labels.index)
    for _, rows in sorted(labels.groupby(labels).groups.items()):
        kept[random.permutation(rows)[:least]] = True
    return kept


def thinned(samples: pd.DataFrame, images: int, patients: int, seed: int) -> pd.Series:
    """Return which of the samples a rehearsal keeps: whole patients, few of each class.

    Of each class in each part there are at least so many `images` and `patients`, as far as there
    are as many; of one with more than the rarest up to twice as many. `samples` has the columns
    `label` and `group`, and may have `part`.
    """
    parts = samples["part"] if "part" in samples else pd.Series("", index=samples.index)
    random = np.random.default_rng(seed)
    kept = pd.Series(False, index=samples.index)
    for _, of_part in samples.groupby(parts):
        sizes = of_part["label"].value_counts(ascending=True)
        for label, size in sizes.items():
            wanted = round(images * min(2.0, size / sizes.iloc[0]))
            own = of_part[of_part["label"] == label]
            groups = own.groupby("group").groups
            there = set(own.loc[kept[own.index], "group"])
            count = int(kept[own.index].sum())
            for group in random.permutation(sorted(groups)):
                if count >= wanted and len(there) >= patients:
                    break
                if group not in there:
                    there.add(group)
                    kept |= samples["group"] == group
                    count += len(groups[group])
    return kept


def draw(labels: pd.Series, counts: Mapping[str, int], seed: int) -> np.ndarray:
    """Return the index of so many samples of each class, drawn at random; of others none."""
    random = np.random.default_rng(seed)
    drawn = [
        random.permutation(rows)[: counts.get(label, 0)]
        for label, rows in labels.groupby(labels).groups.items()
    ]
    return np.concatenate(drawn)


def long_tail(
    samples: pd.DataFrame, train: Mapping[str, int], test_images: int | None, seed: int
) -> pd.Series:
    """Return which of the split samples to keep, so that the classes get the counts `train`.

    Training and validation images of a class together are as many as `train` says, in the
    proportion they have. Test images keep the same shares of the classes: `test_images` of them,
    or as many as there are. `train` names every class. `samples` has the columns `label` and
    `split`. Raises UserError when a class has too few images.
    """
    random = np.random.default_rng(seed)
    rows = {key: random.permutation(rows) for key, rows in _rows_by_split(samples).items()}
    kept = pd.Series(False, index=samples.index)
    for label, count in train.items():
        parts = {split: len(rows.get((label, split), ())) for split in _LEARNED_FROM}
        there = sum(parts.values())
        if count > there:
            raise UserError(
                f"subsample.train asks for {count} images of class {label}, and there are {there} "
                f"to train and validate on"
            )
        taken = apportion(count, {split: number / there for split, number in parts.items()})
        for split, number in taken.items():
            kept[rows.get((label, split), [])[:number]] = True
    total = sum(train.values())
    shares = {label: count / total for label, count in train.items()}
    available = {label: len(rows.get((label, "test"), ())) for label in train}
    tested = largest_sample(available, shares, test_images)
    if test_images is not None and sum(tested.values()) < test_images:
        LOGGER.warning(
            "the test part has %d images, not the %d asked for: there are no more at these rates",
            sum(tested.values()),
            test_images,
        )
    for label, number in tested.items():
        kept[rows.get((label, "test"), [])[:number]] = True
    return kept


def _rows_by_split(samples: pd.DataFrame) -> dict[tuple[str, str], np.ndarray]:
    groups = samples.groupby(["label", "split"]).groups
    return {key: np.asarray(groups[key]) for key in sorted(groups)}
