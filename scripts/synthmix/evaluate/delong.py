"""The variance of AUCs, and a test of two of the same images.

DeLong, DeLong and Clarke-Pearson 1988, Comparing the areas under two or more correlated receiver
operating characteristic curves: a nonparametric approach; by the fast algorithm of Sun and Xu 2014.
It takes images for independent: where patients have several, trust the bootstrap over patients.
"""

import numpy as np
from scipy.stats import norm, rankdata


def delong_covariance(actual: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the AUCs (R,) of `scores` (R, N), and their covariance (R, R).

    `actual` (N,) bool says which images are positive; the covariance takes two of each kind. What
    can't be computed is nan.
    """
    positive, negative = scores[:, actual], scores[:, ~actual]
    positives, negatives = positive.shape[1], negative.shape[1]
    if not positives or not negatives:
        return np.full(len(scores), np.nan), np.full((len(scores),) * 2, np.nan)
    ranks = rankdata(np.concatenate([positive, negative], axis=1), axis=1)
    # for each image the share of those of the other kind that it is rightly ordered with
    of_positives = (ranks[:, :positives] - rankdata(positive, axis=1)) / negatives
    of_negatives = 1 - (ranks[:, positives:] - rankdata(negative, axis=1)) / positives
    covariance = _covariance(of_positives) / positives + _covariance(of_negatives) / negatives
    return of_positives.mean(1), covariance


def delong_test(actual: np.ndarray, first: np.ndarray, second: np.ndarray) -> float:
    """Return the two-sided p-value for two classifiers having the same AUC on the same images.

    `first` and `second` (N,) are their scores. It is 1 where the scores order the images alike,
    nan where AUC or its variance is undefined.
    """
    aucs, covariance = delong_covariance(actual, np.stack([first, second]))
    difference = aucs[0] - aucs[1]
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    if np.isnan(variance):
        return np.nan
    # what is left of equal numbers after rounding is no variance
    if variance <= 1e-12 * (covariance[0, 0] + covariance[1, 1]) or variance <= 0:
        return 1.0 if np.isclose(difference, 0, atol=1e-12) else np.nan
    return float(2 * norm.sf(abs(difference) / np.sqrt(variance)))


def _covariance(values: np.ndarray) -> np.ndarray:
    """Return the covariance (R, R) of the rows of `values` (R, n); nan with one column."""
    if values.shape[1] < 2:
        return np.full((len(values),) * 2, np.nan)
    return np.atleast_2d(np.cov(values))
