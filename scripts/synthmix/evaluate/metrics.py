"""The metrics of predictions, for many weightings of the same images at once.

All are those of scikit-learn, with one difference: what has no denominator is nan, not 0. Macro
averages are over the classes that are true or predicted somewhere, and there, as in scikit-learn,
the precision of a class that is never predicted and the recall of one that is never true are 0.
"""

from collections.abc import Mapping

import numpy as np

from synthmix.evaluate.calibration import calibration_metrics
from synthmix.evaluate.predictions import Predictions
from synthmix.evaluate.ranking import ranking_metrics

Name = tuple[str, str]  # the metric, and the class that it is of, "" if of all

# means over the classes
MACRO = ("macro_precision", "macro_recall", "macro_f1", "macro_auc")
# of all classes together
OVERALL = (
    "accuracy",
    "balanced_accuracy",
    *MACRO,
    "macro_average_precision",
    "cohen_kappa",
    "mcc",
    "brier_score",
    "expected_calibration_error",
    "negative_log_likelihood",
    "correct",
    "incorrect",
    "total",
)
UNBOUNDED = ("correct", "incorrect", "total", "missed_positives", "negative_log_likelihood")
# of each class against the rest
OF_CLASS = ("precision", "recall", "f1", "auc", "average_precision")
# of the positive class against the rest; without one, auc and average_precision are the macro ones
OF_POSITIVE = (
    "precision",
    "sensitivity",
    "specificity",
    "f1",
    "auc",
    "average_precision",
    "missed_positives",
    "missed_positive_share",
)
# of the other one of two classes, for sources that count so
PUBLISHED_WAY = {f"published_way_{metric}": metric for metric in ("precision", "recall", "f1")}

_ONE_CLASS = "the images are of one class only"
_NO_IMAGE = "no image is of the class"
_NOT_CLAIMED = "no image was said to be of the class"
_MISSING = "no image is of one of the classes"
_UNDEFINED = {
    "precision": _NOT_CLAIMED,
    "published_way_precision": _NOT_CLAIMED,
    "recall": _NO_IMAGE,
    "sensitivity": _NO_IMAGE,
    "published_way_recall": _NO_IMAGE,
    "specificity": "all images are of the positive class",
    "f1": "no image is of the class or was said to be",
    "published_way_f1": "no image is of the class or was said to be",
    "auc": _ONE_CLASS,
    "average_precision": _NO_IMAGE,
    "macro_auc": _MISSING,
    "macro_average_precision": _MISSING,
    "cohen_kappa": "all images are of one class and were said to be",
    "mcc": "all images are of one class or were said to be",
}


def weighted_metrics(
    predictions: Predictions, weights: np.ndarray, positive_class: str | None = None
) -> dict[Name, np.ndarray]:
    """Return all metrics for each row of `weights` (B, N), arrays (B,) by metric and class.

    A weight is how often an image counts. The metrics are `OVERALL`, of each class `OF_CLASS`, of
    `positive_class`, where there is one, `OF_POSITIVE`, and with two classes `PUBLISHED_WAY`.
    """
    overall, of_class = _confusion_metrics(predictions, weights)
    of_class |= _rankings(predictions, weights)
    overall |= {
        "macro_auc": of_class["auc"].mean(1),
        "macro_average_precision": of_class["average_precision"].mean(1),
        **calibration_metrics(predictions.actual, predictions.probabilities, weights),
    }
    if positive_class is None:
        overall |= {name: overall[f"macro_{name}"] for name in ("auc", "average_precision")}
    else:
        positive = predictions.classes.index(positive_class)
        overall |= _positive_metrics(predictions, weights, of_class, positive)
    named = {(metric, ""): values for metric, values in overall.items()}
    return named | {
        (metric, label): of_class[metric][:, place]
        for place, label in enumerate(predictions.classes)
        for metric in OF_CLASS
    }


def bounds_of(metric: str) -> tuple[float, float] | None:
    """Return the least and the largest value of `metric`, None where it has no largest one."""
    if metric in UNBOUNDED:
        return None
    return {"cohen_kappa": (-1, 1), "mcc": (-1, 1), "brier_score": (0, 2)}.get(metric, (0, 1))


def why_undefined(metric: str, positive_class: str | None) -> str:
    """Return in words why there is no value of `metric`."""
    if positive_class is None and f"macro_{metric}" in OVERALL:
        metric = f"macro_{metric}"
    return _UNDEFINED.get(metric, "it can't be computed")


def _confusion_metrics(
    predictions: Predictions, weights: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the metrics of counts: of all classes (B,) and of each (B, classes)."""
    is_class, says_class = _one_hot(predictions)
    total = weights.sum(1)
    true, claimed = weights @ is_class, weights @ says_class
    right = weights @ (is_class * says_class)
    correct = right.sum(1)
    of_class = _class_metrics(true, claimed, right)
    averages = class_averages(true, claimed, right)
    with np.errstate(divide="ignore", invalid="ignore"):
        overall = {
            "accuracy": correct / total,
            "balanced_accuracy": averages["balanced_accuracy"],
            "cohen_kappa": _kappa(correct, true, claimed, total),
            "mcc": _mcc(correct, true, claimed, total),
            "correct": correct,
            "incorrect": total - correct,
            "total": total,
        }
    return overall | averages, of_class


def class_averages(
    true: np.ndarray, claimed: np.ndarray, right: np.ndarray
) -> dict[str, np.ndarray]:
    """Return balanced_accuracy and the macro averages of `OVERALL` that are of counts, (B,) each.

    The arguments (B, classes) count the images that are of each class, those that are said to be,
    and those that are both.
    """
    of_class = _class_metrics(true, claimed, right)
    present = (true > 0) | (claimed > 0)
    return {"balanced_accuracy": _mean_where(of_class["recall"], true > 0)} | {
        f"macro_{metric}": _mean_where(np.nan_to_num(values), present)
        for metric, values in of_class.items()
    }


def _class_metrics(
    true: np.ndarray, claimed: np.ndarray, right: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the metrics of counts of each class (B, classes): see `class_averages`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "precision": right / claimed,
            "recall": right / true,
            "f1": 2 * right / (true + claimed),
        }


def _one_hot(predictions: Predictions) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, classes) twice, 1 where the image is of the class, and where that was said."""
    identity = np.eye(len(predictions.classes))
    return identity[predictions.actual], identity[predictions.predicted]


def _mean_where(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.where(where, values, 0).sum(1) / where.sum(1)


def _kappa(
    correct: np.ndarray, true: np.ndarray, claimed: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """Return the agreement beyond chance (Cohen 1960)."""
    by_chance = (true * claimed).sum(1) / total
    return (correct - by_chance) / (total - by_chance)


def _mcc(
    correct: np.ndarray, true: np.ndarray, claimed: np.ndarray, total: np.ndarray
) -> np.ndarray:
    """Return Matthews' correlation of truth and prediction, of any number of classes.

    Gorodkin 2004, Comparing two K-category assignments by a K-category correlation coefficient.
    """
    covariance = correct * total - (true * claimed).sum(1)
    return covariance / np.sqrt((total**2 - (true**2).sum(1)) * (total**2 - (claimed**2).sum(1)))


def _rankings(predictions: Predictions, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return AUC and average precision of each class against the rest, (B, classes) each."""
    pairs = [
        ranking_metrics(predictions.actual == place, predictions.probabilities[:, place], weights)
        for place in range(len(predictions.classes))
    ]
    auc, average_precision = (np.stack(values, axis=1) for values in zip(*pairs, strict=True))
    return {"auc": auc, "average_precision": average_precision}


def _positive_metrics(
    predictions: Predictions,
    weights: np.ndarray,
    of_class: Mapping[str, np.ndarray],
    positive: int,
) -> dict[str, np.ndarray]:
    """Return the metrics of the positive class, and of two classes those of the other one."""
    is_positive = predictions.actual == positive
    says_positive = predictions.predicted == positive
    missed = weights @ (is_positive & ~says_positive)
    with np.errstate(divide="ignore", invalid="ignore"):
        specificity = weights @ (~is_positive & ~says_positive) / (weights @ ~is_positive)
    found = {name: of_class[name][:, positive] for name in OF_CLASS if name != "recall"}
    found |= {
        "sensitivity": of_class["recall"][:, positive],
        "specificity": specificity,
        "missed_positives": missed,
        "missed_positive_share": missed / weights.sum(1),
    }
    if len(predictions.classes) == 2:
        found |= {name: of_class[metric][:, 1 - positive] for name, metric in PUBLISHED_WAY.items()}
    return found
