"""Which measure a verdict should be about, by how many images there are of each class.

Decided once, from the images themselves: never by what any classifier makes of them.
"""

from collections.abc import Mapping
from pathlib import Path

from synthmix.evaluate.influence import AUC, BALANCED_ACCURACY, MACRO_F1
from synthmix.evaluate.settings import AUTO
from synthmix.evaluate.verdict import ACCURACY
from synthmix.prepare.duplicates import HELD_OUT
from synthmix.scopes import UNLABELLED
from synthmix.store import read_table

LARGEST_SHARE_OF_TWO = 0.6  # above, accuracy is mostly about the larger of two classes
CONSTANT = "constant_"  # how the columns of `constant_answer` begin
LARGEST_RATIO = 1.5  # of the largest of more classes to the smallest


def measure_for(verdict: str, split: str | Path) -> str:
    """Return the measure for the setting `verdict` of a data set with this table of its split.

    Images without a label don't count, nor those that are held out: a subsample may be balanced, or
    long-tailed, where the images that it is drawn from are not.
    """
    if verdict != AUTO:
        return verdict
    samples = read_table(split)
    labels = samples.loc[samples["split"] != HELD_OUT, "label"]
    return choose_measure(labels[labels != UNLABELLED].value_counts().to_dict())


def choose_measure(images: Mapping[str, int]) -> str:
    """Return the measure for classes with so many `images` each.

    Of two classes, the larger with more than 60% of the images: balanced accuracy. Of more, the
    largest with more than 1.5 times the images of the smallest: macro F1. Else accuracy. Classes
    without an image don't count.
    """
    counts = sorted(count for count in images.values() if count > 0)
    if len(counts) == 2 and counts[-1] > LARGEST_SHARE_OF_TWO * sum(counts):
        return BALANCED_ACCURACY
    if len(counts) > 2 and counts[-1] > LARGEST_RATIO * counts[0]:
        return MACRO_F1
    return ACCURACY


def constant_answer(images: Mapping[str, int]) -> dict[str, float]:
    """Return what a classifier reaches in each measure that always says the most frequent class.

    Any real one should be judged by how far it is above that. Raises ValueError without an image.
    """
    counts = [count for count in images.values() if count > 0]
    if not counts:
        raise ValueError("there are no images of any class")
    share = max(counts) / sum(counts)
    return {
        ACCURACY: share,
        BALANCED_ACCURACY: 1 / len(counts),
        MACRO_F1: 2 * share / (1 + share) / len(counts),
        AUC: 0.5,
    }
