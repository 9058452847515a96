"""The split of a data set with a share of its training patients: a point of a learning curve."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.prepare.duplicates import HELD_OUT
from synthmix.seeds import derive_seed
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)


def take_share(split: str | Path, share: float, output: str | Path, seed: int) -> None:
    """Write the table `split` with a `share`, above 0 and below 1, of its training patients.

    The others are held out; validation and test stay as they are. Raises UserError where no
    training image of a class is left.
    """
    samples = read_table(split)
    taken = split_for_share(samples, share, seed)
    train = samples[samples["split"] == "train"]
    kept = train[taken.loc[train.index, "split"] == "train"]
    counts = kept.groupby("label").agg(images=("group", "size"), patients=("group", "nunique"))
    LOGGER.info(
        "%d of %d training patients:\n%s",
        *(kept["group"].nunique(), train["group"].nunique(), counts.to_string()),
    )
    write_table(output, taken)


def split_for_share(samples: pd.DataFrame, share: float, seed: int) -> pd.DataFrame:
    """Return `samples`, the table of a split, with a share of the training patients.

    Patients are drawn within their class, at least one of each; one with images of several classes
    counts for the rarest. A larger share has all patients of a smaller one. Raises UserError where
    a class is left without any.
    """
    train = samples[samples["split"] == "train"]
    drawn = _drawn(train, share, seed)
    kept = train["group"].isin(drawn)
    lacking = sorted(set(train["label"]) - set(train.loc[kept, "label"]))
    if lacking:
        raise UserError(
            f"learning_curve.real_patients: a share of {share:g} of the "
            f"{train['group'].nunique()} training patients leaves none with images of class "
            f"{', '.join(lacking)}: raise it, or leave it out"
        )
    samples = samples.copy()
    samples.loc[train.index[~kept], "split"] = HELD_OUT
    return samples


def _drawn(train: pd.DataFrame, share: float, seed: int) -> set[str]:
    """Return the patients that a share of the training samples has."""
    images = train["label"].value_counts()
    ordered = train.assign(images=train["label"].map(images)).sort_values(["images", "label"])
    class_of = ordered.groupby("group")["label"].first()
    drawn: set[str] = set()
    for label, patients in class_of.groupby(class_of):
        names = np.array(sorted(patients.index))
        random = np.random.default_rng(derive_seed("share of patients", label, seed))
        # the first of one order, whatever the share: so the shares are nested
        drawn.update(random.permutation(names)[: max(1, round(share * len(names)))])
    return drawn
