"""Splitting by patient, before anything else sees the images."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.seeds import derive_seed
from synthmix.shares import largest_sample
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)
SPLITS = ("train", "validation", "test")

# Images of test patients that the fixed test sample has no place for: used by nothing.
HELD_OUT = "held_out"


def split_samples(
    table: str | Path,
    output: str | Path,
    shares: dict[str, float],
    test_sample: dict[str, Any] | None,
    seed: int,
) -> None:
    """Deal the samples of a store out to train, validation and test.

    `table` is the store's; `output` repeats its rows with a column `split`. A
    `test_sample` of so many `images` with these `class_shares`, or as many as there are, is drawn
    from the test split; the rest of it is `held_out`. Without one, all of it is tested on.
    """
    samples = read_table(table)
    samples["split"] = assign_splits(samples, shares, derive_seed("split", seed))
    if test_sample is not None:
        _draw_test_sample(samples, **test_sample, seed=derive_seed("test", seed))
    counts = pd.crosstab(samples["label"], samples["split"])
    LOGGER.info("images:\n%s", counts)
    write_table(output, samples)


def assign_splits(samples: pd.DataFrame, shares: dict[str, float], seed: int) -> pd.Series:
    """Return the split of each sample; all samples of one group are in the same split.

    Groups are dealt out in random order within their class, each to the split that is furthest
    below its share of the images. A group with several classes counts for the rarest of them.
    Raises UserError when a class has fewer groups than there are splits.
    """
    rarity = samples["label"].value_counts()
    samples = samples.assign(rarity=samples["label"].map(rarity))
    groups = samples.sort_values(["rarity", "label"]).groupby("group", sort=True)
    strata = pd.DataFrame({"label": groups["label"].first(), "images": groups.size()})
    random = np.random.default_rng(seed)
    split_of: dict[str, str] = {}
    for label, stratum in strata.groupby("label"):
        if len(stratum) < len(SPLITS):
            raise UserError(
                f"class {label} has images of {len(stratum)} patient(s), but train, validation "
                f"and test need at least one each: add images of other patients"
            )
        split_of |= _deal(stratum["images"], shares, random)
    return samples["group"].map(split_of)


def _deal(
    images: pd.Series, shares: dict[str, float], random: np.random.Generator
) -> dict[str, str]:
    """Deal the groups of one class, of so many images each, out to the splits."""
    order = [images.index[i] for i in random.permutation(len(images))]
    dealt = dict.fromkeys(SPLITS, 0)
    result = {}
    for position, group in enumerate(order):
        empty = [split for split in SPLITS if not dealt[split]]
        # the last groups go to splits that have none yet, so that none stays empty
        candidates = empty if len(order) - position <= len(empty) else SPLITS
        target = min(candidates, key=lambda split: dealt[split] / shares[split])
        dealt[target] += images[group]
        result[group] = target
    return result


def _draw_test_sample(
    samples: pd.DataFrame, images: int, class_shares: dict[str, float], seed: int
) -> None:
    test = samples[samples["split"] == "test"]
    available = test["label"].value_counts().to_dict()
    counts = largest_sample(available, class_shares, images)
    total = sum(counts.values())
    if total == 0:
        raise UserError(
            f"test_sample.class_shares asks for {class_shares}, but the test patients' images "
            f"are {available}: no sample has these shares; raise split.test"
        )
    if total < images:
        LOGGER.warning(
            "the test sample has %d images, not the %d asked for: no more test images have the "
            "class shares %s",
            total,
            images,
            class_shares,
        )
    random = np.random.default_rng(seed)
    for label, rows in test.groupby("label").groups.items():
        samples.loc[random.permutation(rows)[counts.get(label, 0) :], "split"] = HELD_OUT
