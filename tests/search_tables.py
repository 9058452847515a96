"""Tables of predictions of candidates, made by hand."""

import numpy as np
import pandas as pd

from synthmix.files import write_table
from synthmix.sweep.scorer import Scorer

CLASSES = ("cancer", "normal")
ACTUAL = np.array(["cancer", "normal"] * 6)


def scorer(classes=CLASSES, positive_class="cancer"):
    return Scorer(classes, positive_class, bootstrap_samples=100, confidence=0.9, seed=1)


def write_predictions(path, right, confidence=0.9, actual=ACTUAL):
    """Write predictions of which the first `right` are right, all as sure as `confidence`."""
    other = np.where(actual == CLASSES[0], CLASSES[1], CLASSES[0])
    predicted = np.where(np.arange(len(actual)) < right, actual, other)
    first = np.where(predicted == CLASSES[0], confidence, 1 - confidence)
    table = pd.DataFrame({"sample_id": [f"s{i}" for i in range(len(actual))]})
    table["group"] = [f"p{i // 2}" for i in range(len(actual))]
    table = table.assign(label=actual, predicted=predicted)
    table = table.assign(probability_cancer=first, probability_normal=1 - first)
    write_table(path, table)
    return path
