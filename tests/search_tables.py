"""Tables of predictions and of scores of candidates, made by hand."""

import numpy as np
import pandas as pd

from synthmix.files import write_table
from synthmix.scopes import ALL_CLASSES
from synthmix.score.compare import COLUMNS
from synthmix.search.scorer import Scorer

CLASSES = ("cancer", "normal")
ACTUAL = np.array(["cancer", "normal"] * 6)


SCORED = {
    **{"classes": CLASSES, "positive_class": "cancer"},
    **{"bootstrap_samples": 100, "confidence": 0.9, "seed": 1},
}
SCORER = Scorer(**SCORED)


def write_scores(path, value, score="fid"):
    """Write the scores of a generator of which that of all classes together is `value`."""
    rows = [
        ("g", "a", "class", score, -99.0),
        ("g", ALL_CLASSES, ALL_CLASSES, score, value),
        ("g", ALL_CLASSES, ALL_CLASSES, "other", -99.0),
    ]
    table = pd.DataFrame(rows, columns=COLUMNS[:5]).assign(low=value - 1, high=value + 2)
    write_table(path, table)
    return path


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
