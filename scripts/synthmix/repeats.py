"""How paths name the repeats of a study, splits, folds and trainings of generators, and shares.

The first split and the first training have no name: a study that is done once has the paths, the
seeds and the bytes of one that is repeated, and a repeat more leaves what is there as it is. Nor
has all of the training patients a name, where a learning curve trains on a share of them too.
"""

import re
from typing import NamedTuple

from synthmix.seeds import derive_seed

SPLIT, FOLD, SHARE, TRAINING = "/split", "/fold", "/share", ".training"
# what paths may have for each, as wildcards of the rules
ANY_SPLIT, ANY_FOLD = rf"(?:{SPLIT}[0-9]+)?", rf"(?:{FOLD}[0-9]+)?"
ANY_SHARE = rf"(?:{SHARE}[0-9.]+)?"
ANY_TRAINING = rf"(?:{re.escape(TRAINING)}[0-9]+)?"
ANY_DEAL = ANY_SPLIT + ANY_FOLD + ANY_SHARE


class Deal(NamedTuple):
    """One way in which the patients are dealt out, as paths have its parts.

    Of the training patients a `share` is used.
    """

    split: str
    fold: str
    share: str


class Repeat(NamedTuple):
    """One time that a classifier was trained on a mix: by which split, generator and seed.

    `split` and `training` are numbers from 1; `training` is 1 of a mix without a generator.
    """

    split: int
    training: int
    seed: int


def split_folder(number: int) -> str:
    """Return what paths have for a split, from 1: "" for the first, "/split2" for the second."""
    return "" if number == 1 else f"{SPLIT}{number}"


def fold_folder(number: int) -> str:
    """Return what paths have for a fold, from 1: "/fold1"."""
    return f"{FOLD}{number}"


def share_folder(share: float) -> str:
    """Return what paths have for a share of the training patients: "/share25", "" for all."""
    return "" if share == 1 else f"{SHARE}{100 * share:g}"


def training_suffix(number: int) -> str:
    """Return what follows the name of a generator, or of a mix with its images: ".training2"."""
    return "" if number == 1 else f"{TRAINING}{number}"


def split_number(wildcard: str) -> int:
    """Return the number of the split that paths have `wildcard` for."""
    return int(wildcard.removeprefix(SPLIT) or 1)


def fold_number(wildcard: str) -> int | None:
    """Return the number of the fold that paths have `wildcard` for, None where there are none."""
    return int(wildcard.removeprefix(FOLD)) if wildcard else None


def share_of_patients(wildcard: str) -> float:
    """Return the share of the training patients that paths have `wildcard` for."""
    # what division adds in the last digits is no share that anyone wrote
    return round(float(wildcard.removeprefix(SHARE) or 100) / 100, 9)


def training_number(wildcard: str) -> int:
    """Return the number of the training that paths have `wildcard` for."""
    return int(wildcard.removeprefix(TRAINING) or 1)


def repeat_seed(seed: int, what: str, number: int) -> int:
    """Return the seed of the repeat `number`, from 1, of `what`; the first has `seed` itself."""
    return seed if number == 1 else derive_seed("repeat", what, number, seed)


def split_seed(seed: int, split: str) -> int:
    """Return the seed of all that is drawn in a split, as paths name it, by the master `seed`.

    The seeds of its classifiers come from theirs in the same way.
    """
    return repeat_seed(seed, "split", split_number(split))


def training_seed(seed: int, split: str, training: str) -> int:
    """Return the seed of a training of a generator, as paths name both."""
    return repeat_seed(split_seed(seed, split), "generator", training_number(training))
