"""Which split the images of each fold are in, whichever fold is tested on."""

import pandas as pd

from synthmix.prepare.duplicates import HELD_OUT, hold_out_duplicates


def name_folds(fold: pd.Series, folds: int, test_fold: int) -> pd.Series:
    """Return the split of each sample: `test_fold` tests, the next one validates, others train.

    `fold` is that of each sample, 1 to `folds`; the first comes after the last.
    """
    names = {test_fold: "test", test_fold % folds + 1: "validation"}
    return fold.map(lambda number: names.get(number, "train"))


def split_for_fold(samples: pd.DataFrame, fold: int | None) -> pd.DataFrame:
    """Return `samples`, the table of a split, as they are split when `fold` is tested on.

    None leaves them as they are. Samples without a fold are held out.
    """
    if fold is None:
        return samples
    samples = samples.copy()
    dealt = samples["fold"].notna()
    numbers = samples.loc[dealt, "fold"].astype(int)
    samples["split"] = HELD_OUT
    samples.loc[dealt, "split"] = name_folds(numbers, int(numbers.max()), fold)
    hold_out_duplicates(samples)
    return samples
