"""Heads that are fitted at once to features, by scikit-learn: their weights for torch."""

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from torch import nn

from synthmix.errors import UserError
from synthmix.networks.plan import LOGISTIC_REGRESSION, SVM

MOST_STEPS = 2000
PARTS = 5  # of the training images, in turn left out to find probabilities


def fit_head(
    head: nn.Sequential,
    settings: Mapping[str, Any],
    features: np.ndarray,
    labels: np.ndarray,
    class_weights: np.ndarray | None,
    seed: int,
) -> None:
    """Fit `head`, as `synthmix.networks.heads.build_head` makes it, to training images.

    `features` are (N, width), `labels` (N,) the numbers of their classes; `class_weights`, one for
    each, weigh errors, None for all alike. Features are put into deviations from their mean first,
    which the weights of the head then have in them. Of an SVM (linear, one class against the
    others) the probabilities are Platt's (1999): sigmoids of its distances, fitted to images that
    it was not.
    Raises UserError where a class has too few images for that.
    """
    scaler = StandardScaler().fit(features)
    deviations = scaler.transform(features)
    if settings["head"] == LOGISTIC_REGRESSION:
        _put(head[0], scaler, *_logistic_regression(settings, deviations, labels, class_weights))
    elif settings["head"] == SVM:
        _put(head[0], scaler, *_svm(settings, deviations, labels, class_weights, seed))
    else:
        classes = head[0].labels.shape[1]
        head[0].make_room(len(labels))
        _set(head[0].mean, scaler.mean_)
        _set(head[0].deviation, scaler.scale_)
        _set(head[0].features, deviations)
        _set(head[0].labels, np.eye(classes)[labels])


def _logistic_regression(
    settings: Mapping[str, Any],
    features: np.ndarray,
    labels: np.ndarray,
    class_weights: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    model = LogisticRegression(
        C=1 / settings["l2_penalty"], max_iter=MOST_STEPS, class_weight=_weights(class_weights)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, labels)
    return _two_sided(model.coef_), _two_sided(model.intercept_)


def _svm(
    settings: Mapping[str, Any],
    features: np.ndarray,
    labels: np.ndarray,
    class_weights: np.ndarray | None,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    rarest = np.bincount(labels).min()
    if rarest < 2:
        raise UserError(
            "head: svm needs two training images of each class, since its probabilities are found "
            "on images that it was not fitted to: take logistic_regression"
        )
    model = LinearSVC(
        C=1 / settings["l2_penalty"],
        max_iter=MOST_STEPS,
        class_weight=_weights(class_weights),
        random_state=seed,
    )
    parts = StratifiedKFold(min(PARTS, int(rarest)), shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        calibrated = CalibratedClassifierCV(model, cv=parts, ensemble=False).fit(features, labels)
    (fitted,) = calibrated.calibrated_classifiers_
    # a sigmoid's 1 / (1 + exp(a f + b)) of the distance f
    slopes = -np.array([[sigmoid.a_] for sigmoid in fitted.calibrators])
    offsets = -np.array([sigmoid.b_ for sigmoid in fitted.calibrators])
    weights = slopes * fitted.estimator.coef_
    return _two_sided(weights), _two_sided(slopes[:, 0] * fitted.estimator.intercept_ + offsets)


def _two_sided(values: np.ndarray) -> np.ndarray:
    """Return the logits' parts of two classes where there is one value for both."""
    return np.concatenate([np.zeros_like(values), values]) if len(values) == 1 else values


def _put(
    layer: nn.Linear, scaler: StandardScaler, weights: np.ndarray, offsets: np.ndarray
) -> None:
    """Let `layer` do on features what `weights` and `offsets` do on their deviations."""
    scaled = weights / scaler.scale_
    _set(layer.weight, scaled)
    _set(layer.bias, offsets - scaled @ scaler.mean_)


def _set(tensor: torch.Tensor, values: np.ndarray) -> None:
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(np.asarray(values)))


def _weights(class_weights: np.ndarray | None) -> dict[int, float] | None:
    return None if class_weights is None else dict(enumerate(class_weights.tolist()))
