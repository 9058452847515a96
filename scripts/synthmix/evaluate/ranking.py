"""How well the probability of a class orders images of it before all others."""

import numpy as np


def ranking_metrics(
    actual: np.ndarray, score: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return AUC and average precision for each row of `weights` (B, N), two arrays (B,).

    `actual` (N,) bool says which images are of the class, `score` (N,) is its probability. AUC is
    the share of (positive, negative) pairs that the score orders, ties counting half; nan where
    one of the two is missing. Average precision is the mean of the precision at each positive
    image, images with one score being taken together; nan without positive images.
    """
    order = np.argsort(-score, kind="stable")
    descending = score[order]
    last_of_ties = np.flatnonzero(np.append(descending[1:] != descending[:-1], True))
    weights, actual = weights[:, order], actual[order]
    positives = _cumulative(weights * actual, last_of_ties)
    negatives = _cumulative(weights * ~actual, last_of_ties)
    found, wrong = np.diff(positives, axis=1), np.diff(negatives, axis=1)
    positive, negative = positives[:, -1], negatives[:, -1]
    claimed = positives[:, 1:] + negatives[:, 1:]
    precision = np.divide(positives[:, 1:], claimed, out=np.zeros_like(claimed), where=claimed > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        above = positives[:, :-1] + found / 2
        auc = np.einsum("bn,bn->b", wrong, above) / (positive * negative)
        average_precision = np.einsum("bn,bn->b", found, precision) / positive
    return auc, average_precision


def _cumulative(weights: np.ndarray, last_of_ties: np.ndarray) -> np.ndarray:
    """Return the sums of `weights` (B, N) so far after each group of ties, from 0 on."""
    sums = np.cumsum(weights, axis=1)
    if len(last_of_ties) < sums.shape[1]:
        sums = sums[:, last_of_ties]
    return np.pad(sums, ((0, 0), (1, 0)))
