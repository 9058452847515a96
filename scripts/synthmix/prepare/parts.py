"""Which real images train, validate and test classifiers, however they were split.

An image is in one of `train`, `validation` and `test`, and so are all of its patient, but with
`leakage: by_image`. With `leakage: as_published` all images are of the split `train`, so that
generators and selections learn from all of them; two more columns say which of them validate and
which are tested on.
"""

from collections.abc import Container

import numpy as np
import pandas as pd

from synthmix.leakage import AS_PUBLISHED, BY_IMAGE, NONE
from synthmix.prepare.duplicates import HELD_OUT
from synthmix.prepare.subsample import draw
from synthmix.scopes import UNLABELLED
from synthmix.seeds import derive_seed

TESTED, VALIDATES = "tested", "validates"

# the splits whose images a generator learns from, by the value of its setting learns_from
LEARNED_FROM = {
    "training": ("train",),
    "training_and_validation": ("train", "validation"),
    # of a table as `as_learned` returns it
    "all": ("train",),
}


def deal_from_one_pool(
    labels: pd.Series, kept: pd.Series, validation: float, test: float, seed: int
) -> pd.DataFrame:
    """Return the columns split, validates and tested of samples with these `labels`.

    Those that are not `kept` are held out. Of each class the share `validation` validates and,
    drawn apart from that, the share `test` is tested on; patients are not looked at. At least one
    image of each class does either.
    """
    pool = labels[kept]
    marks = {
        column: labels.index.isin(_drawn(pool, share, derive_seed(column, seed)))
        for column, share in ((VALIDATES, validation), (TESTED, test))
    }
    split = kept.map({True: "train", False: HELD_OUT})
    return pd.DataFrame({"split": split} | marks, index=labels.index)


def _drawn(labels: pd.Series, share: float, seed: int) -> np.ndarray:
    counts = {label: max(1, round(share * n)) for label, n in labels.value_counts().items()}
    return draw(labels, counts, seed)


def leakage_in(samples: pd.DataFrame) -> str:
    """Return by which `leakage` the table of a split was dealt out, as far as it shows."""
    if has_leak(samples):
        return AS_PUBLISHED
    in_use = samples[samples["split"] != HELD_OUT]
    torn = in_use.groupby("group")["split"].nunique() > 1
    return BY_IMAGE if torn.any() else NONE


def as_learned(samples: pd.DataFrame, labels: Container[str]) -> pd.DataFrame:
    """Return the table of a split as the generator that makes images of these `labels` sees it.

    One that makes images of no class has learned from all `samples`, whatever they show and
    whatever else they are for.
    """
    if UNLABELLED not in labels:
        return samples
    whole = samples.drop(columns=[VALIDATES, TESTED], errors="ignore")
    return whole.assign(label=UNLABELLED, split="train")


def has_leak(samples: pd.DataFrame) -> bool:
    """Return whether `samples`, the table of a split, were drawn from one pool."""
    return TESTED in samples


def rows_of(samples: pd.DataFrame, part: str) -> pd.DataFrame:
    """Return those of `samples` that train, validate or test classifiers, or are held out.

    `samples` is the table of a split, `part` train, validation, test or held_out. Where there is
    a leak the test images are among the others too; training and validation images never overlap.
    """
    own = samples["split"] == part
    if has_leak(samples):
        marks = {
            "train": (samples["split"] == "train") & ~samples[VALIDATES],
            "validation": samples[VALIDATES],
            "test": samples[TESTED],
        }
        own = marks.get(part, own)
    return samples[own]
