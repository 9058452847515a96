"""The split of a data set when one of its folds is tested on."""

import logging
from pathlib import Path

import pandas as pd

from synthmix.files import write_table
from synthmix.prepare.folds import split_for_fold
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)


def take_fold(split: str | Path, fold: int, output: str | Path) -> None:
    """Write the table `split`, in which each sample has a fold, as it is when `fold` is tested on.

    The next fold validates, the others train.
    """
    samples = split_for_fold(read_table(split), fold)
    LOGGER.info("images:\n%s", pd.crosstab(samples["label"], samples["split"]))
    write_table(output, samples)
