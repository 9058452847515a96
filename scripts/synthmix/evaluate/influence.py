"""How much each test image moves a measure: its influence, the first term of the jackknife.

The variance of a measure over test patients is the sum of the squares of what each patient's images
add (Hampel 1974, The influence curve and its role in robust estimation), and the covariance of two
runs the sum of the products: so runs that were tested on the same patients, on some or on none of
them are treated alike. Of AUC these are the components of DeLong, DeLong and Clarke-Pearson 1988.

Arrays (..., N) hold any number of runs that were tested on the same N images.
"""

from collections.abc import Callable

import numpy as np
from scipy.stats import rankdata

from synthmix.evaluate.verdict import ACCURACY

BALANCED_ACCURACY, MACRO_F1, AUC = "balanced_accuracy", "macro_f1", "auc"
MISPLACED = 0.25
Measured = tuple[np.ndarray, np.ndarray]  # values (...) and influences (..., N)


def accuracy(actual: np.ndarray, predicted: np.ndarray) -> Measured:
    """Return the share of images that are right, and their influences."""
    right = (predicted == actual).astype(float)
    value = right.mean(-1)
    return value, (right - value[..., None]) / len(actual)


def balanced_accuracy(actual: np.ndarray, predicted: np.ndarray) -> Measured:
    """Return the mean over the classes there are of the share that is right, and influences."""
    right = (predicted == actual).astype(float)
    present = np.unique(actual)
    value = np.zeros(right.shape[:-1])
    influence = np.zeros(right.shape)
    for label in present:
        of_class = actual == label
        recall = right[..., of_class].mean(-1)
        value += recall / len(present)
        moved = right[..., of_class] - recall[..., None]
        influence[..., of_class] = moved / (len(present) * of_class.sum())
    return value, influence


def macro_f1(actual: np.ndarray, predicted: np.ndarray) -> Measured:
    """Return the mean F1 over the classes that are true or said to be, and influences."""
    value = np.zeros(predicted.shape[:-1])
    influence = np.zeros(predicted.shape)
    classes = np.zeros(predicted.shape[:-1])
    for label in np.union1d(actual, predicted):
        true, said = actual == label, predicted == label
        count = (true.sum() + said.sum(-1)).astype(float)
        there = count > 0
        count = np.where(there, count, 1)
        f1 = 2 * (true & said).sum(-1) / count
        value += f1
        classes += there
        moved = 2.0 * (true & said) - f1[..., None] * (1.0 * true + said)
        influence += moved / count[..., None]
    return value / classes, influence / classes[..., None]


def auc(positive: np.ndarray, scores: np.ndarray) -> Measured:
    """Return the area under the curve of `scores` (..., N) for the `positive` (N,), of bool.

    Both are nan where all images are of one kind.
    """
    positives, negatives = positive.sum(), (~positive).sum()
    influence = np.full(scores.shape, np.nan)
    if not positives or not negatives:
        return np.full(scores.shape[:-1], np.nan), influence
    ranks = rankdata(scores, axis=-1)
    # for each image the share of those of the other kind that it is rightly ordered with
    of_positives = ranks[..., positive] - rankdata(scores[..., positive], axis=-1)
    of_negatives = ranks[..., ~positive] - rankdata(scores[..., ~positive], axis=-1)
    of_positives, of_negatives = of_positives / negatives, 1 - of_negatives / positives
    value = of_positives.mean(-1)
    influence[..., positive] = (of_positives - value[..., None]) / positives
    influence[..., ~positive] = (of_negatives - value[..., None]) / negatives
    return value, influence


def measured(
    measure: str,
    actual: np.ndarray,
    predicted: np.ndarray,
    scores: np.ndarray,
    positive: int | None,
) -> Measured:
    """Return the values (...) of `measure` and the influences (..., N) of the images on it.

    `actual` (N,) and `predicted` (..., N) are classes as numbers, `scores` (..., N, classes) their
    probabilities. AUC is of the class `positive`, without one the mean over the classes.
    """
    if measure != AUC:
        return _OF_ANSWERS[measure](actual, predicted)
    classes = range(scores.shape[-1]) if positive is None else (positive,)
    found = [auc(actual == label, scores[..., label]) for label in classes]
    values, influences = zip(*found, strict=True)
    return np.mean(values, 0), np.mean(influences, 0)


def least_patients(measure: str, patients: np.ndarray) -> int:
    """Return how many patients the measure rests on, of the `patients` (classes,) with each class.

    Where all classes weigh the same, the variance is known as well as that of the rarest one.
    """
    return int(patients.sum() if measure == ACCURACY else patients[patients > 0].min())


def least_variance(measure: str, patients: np.ndarray) -> float:
    """Return a variance over patients that no difference is taken to be known better than.

    It is that of two patients, one that the first alone gets right and one that the second does, as
    in the interval of Bonett and Price 2012 (Adjusted Wald confidence interval for a difference of
    binomial proportions based on paired data): that no patient, or one, told two classifiers apart
    does not show that none will. `patients` (classes,) have an image of each class. Of AUC, where a
    patient is hardly ever wrong against all others, they are so against `MISPLACED` of them.
    """
    patients = patients[patients > 0]
    if measure == ACCURACY:
        return 2 / (patients.sum() + 2) ** 2
    moved = MISPLACED if measure == AUC else 1 / len(patients)
    return float((2 * (moved / (patients + 2)) ** 2).sum())


_OF_ANSWERS: dict[str, Callable[[np.ndarray, np.ndarray], Measured]] = {
    ACCURACY: accuracy,
    BALANCED_ACCURACY: balanced_accuracy,
    MACRO_F1: macro_f1,
}
