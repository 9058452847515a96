"""Metrics of one class against the rest, for many weightings of the same predictions at once."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

METRICS = (
    "accuracy",
    "precision",
    "sensitivity",
    "specificity",
    "f1",
    "auc",
    "missed_positives",
    "missed_positive_share",
)


@dataclass(frozen=True)
class Predictions:
    """What a classifier said of N images, reduced to one class against the rest."""

    actual: np.ndarray  # (N,) bool: the image is of the positive class
    predicted: np.ndarray  # (N,) bool: the classifier says so
    correct: np.ndarray  # (N,) bool: the predicted class is the true one
    score: np.ndarray  # (N,) float: probability of the positive class, 0..1


def against_rest(table: pd.DataFrame, positive_class: str) -> Predictions:
    """Reduce a table of predictions to `positive_class` against the rest."""
    return Predictions(
        actual=(table["label"] == positive_class).to_numpy(),
        predicted=(table["predicted"] == positive_class).to_numpy(),
        correct=(table["label"] == table["predicted"]).to_numpy(),
        score=table[f"probability_{positive_class}"].to_numpy(np.float64),
    )


def weighted_metrics(predictions: Predictions, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return every metric of `METRICS` for each row of `weights` (B, N); arrays of length B.

    A weight is how often an image counts. A metric without a denominator is nan.
    """
    actual, predicted = predictions.actual, predictions.predicted
    total = weights.sum(1)
    true_positive = weights @ (actual & predicted)
    positive = weights @ actual
    negative = total - positive
    claimed = weights @ predicted
    missed = positive - true_positive
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "accuracy": weights @ predictions.correct / total,
            "precision": true_positive / claimed,
            "sensitivity": true_positive / positive,
            "specificity": weights @ (~actual & ~predicted) / negative,
            "f1": 2 * true_positive / (positive + claimed),
            "auc": _auc(predictions, weights, positive, negative),
            "missed_positives": missed,
            "missed_positive_share": missed / total,
        }


def _auc(
    predictions: Predictions, weights: np.ndarray, positive: np.ndarray, negative: np.ndarray
) -> np.ndarray:
    """Return the share of (positive, negative) pairs that the score orders, ties counting half."""
    order = np.argsort(predictions.score, kind="stable")
    weights = weights[:, order]
    actual = predictions.actual[order]
    _, starts = np.unique(predictions.score[order], return_index=True)
    positives = np.add.reduceat(weights * actual, starts, axis=1)
    negatives = np.add.reduceat(weights * ~actual, starts, axis=1)
    below = np.cumsum(negatives, axis=1) - negatives
    return (positives * (below + negatives / 2)).sum(1) / (positive * negative)
