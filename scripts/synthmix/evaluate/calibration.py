"""How far probabilities can be believed."""

import numpy as np

BINS = 15
_SMALLEST = np.finfo(np.float64).eps  # as in scikit-learn: a probability of 0 is not infinitely bad


def calibration_metrics(
    actual: np.ndarray, probabilities: np.ndarray, weights: np.ndarray
) -> dict[str, np.ndarray]:
    """Return the metrics of probabilities (N, classes) for each row of `weights` (B, N).

    `actual` (N,) holds positions of true classes. `brier_score` (Brier 1950) is the squared
    difference from the truth: with two classes that of one of them, 0..1; with more the sum over
    all, 0..2. `negative_log_likelihood` is the mean of -log of the true class's probability.
    `expected_calibration_error` (Guo et al. 2017, On calibration of modern neural networks) puts
    images into `BINS` equally wide bins by their largest probability; it is the distance of its
    mean there from the share of images whose most probable class is the true one, averaged over
    bins by their images. No threshold changes it.
    """
    total = weights.sum(1)
    truth = np.eye(probabilities.shape[1])[actual]
    squares = ((probabilities - truth) ** 2).sum(1)
    if probabilities.shape[1] == 2:
        squares = squares / 2
    likelihood = np.clip(probabilities[np.arange(len(actual)), actual], _SMALLEST, 1 - _SMALLEST)
    return {
        "brier_score": weights @ squares / total,
        "negative_log_likelihood": weights @ -np.log(likelihood) / total,
        "expected_calibration_error": np.abs(weights @ _gaps(actual, probabilities)).sum(1) / total,
    }


def _gaps(actual: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return (N, BINS): in its bin, whether the image is right, less how sure that was."""
    confidence = probabilities.max(1)
    right = probabilities.argmax(1) == actual
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    return (right - confidence)[:, None] * np.eye(BINS)[bins]
