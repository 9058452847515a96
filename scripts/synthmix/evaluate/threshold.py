"""From probabilities to classes: the most probable one, or the positive one from a threshold on."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.evaluate.predictions import PROBABILITY
from synthmix.evaluate.settings import LARGEST_PROBABILITY


def choose_threshold(
    validation: pd.DataFrame, positive_class: str | None, threshold: float | Mapping[str, float]
) -> float:
    """Return the probability from which an image is said to be of `positive_class`.

    `validation` is the table of predictions of a training's validation images, of which label and
    the probability of `positive_class` are read; `threshold` the setting of that name as plain
    values: a number is returned as it is, {"sensitivity": s} gives the highest threshold at which
    the share of positive images that are found is at least s. Raises UserError where there is no
    positive image to choose it by.
    """
    if not isinstance(threshold, Mapping):
        return float(threshold)
    positive = validation["label"] == positive_class
    scores = np.sort(
        validation.loc[positive, f"{PROBABILITY}{positive_class}"].to_numpy(np.float32)
    )
    if not len(scores):
        raise UserError(
            f"evaluation: threshold: none of the {len(validation)} validation images is of "
            f"{positive_class}, so that no threshold can be chosen by sensitivity: give a number, "
            f"or validate on images of both classes"
        )
    # less a little: 0.9 of 10 images are 9, whatever the product is in binary
    found = math.ceil(threshold["sensitivity"] * len(scores) - 1e-9)
    return float(scores[len(scores) - found])


def decide(
    table: pd.DataFrame, classes: Sequence[str], positive_class: str | None, threshold: float
) -> pd.DataFrame:
    """Return the table of predictions with the column predicted before the probabilities.

    After it comes the column threshold, where that is another than of the largest probability.
    """
    names = [f"{PROBABILITY}{label}" for label in classes]
    predicted = predicted_classes(table[names].to_numpy(), classes, positive_class, threshold)
    decided = table.drop(columns=names).assign(predicted=predicted)
    if threshold != LARGEST_PROBABILITY:
        decided["threshold"] = threshold
    return decided.join(table[names])


def predicted_classes(
    probabilities: np.ndarray,
    classes: Sequence[str],
    positive_class: str | None = None,
    threshold: float | np.ndarray = LARGEST_PROBABILITY,
) -> np.ndarray:
    """Return the predicted class names (N,) of `probabilities` (N, classes), each row's sum 1.

    With two classes and a positive one, that is predicted where its probability is at least
    `threshold`, a number or one an image (N,); otherwise the most probable class, the first of
    equals. With 0.5 the two are the same, but that equals are positive.
    """
    names = np.asarray(classes, dtype=object)
    if positive_class is None or len(names) != 2:
        return names[np.argmax(probabilities, axis=1)]
    positive = list(classes).index(positive_class)
    # in single precision, as networks put them out: what went through a file is the same again
    scores = np.asarray(probabilities)[:, positive].astype(np.float32)
    says_positive = scores >= np.asarray(threshold, np.float32)
    return names[np.where(says_positive, positive, 1 - positive)]
