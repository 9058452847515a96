"""Distances between two sets of features: Frechet's and the kernel one, and intervals."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, svdvals

ROWS_AT_ONCE = 1024
Z95 = 1.959963984540054  # the 97.5th percentile of the standard normal distribution


@dataclass(frozen=True)
class Gaussian:
    """Mean and covariance of N features; F'F is the covariance, without its being formed."""

    mean: np.ndarray  # (D,)
    factor: np.ndarray  # F, (min(N, D), D)


@dataclass(frozen=True)
class Estimate:
    """A value with its 95% interval; nan where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan


def fit_gaussian(features: np.ndarray, rows: np.ndarray | None = None) -> Gaussian:
    """Return mean and unbiased covariance of the features (N, D), or of some of their `rows`.

    `features` may be memory-mapped: they are read in blocks. Raises ValueError for fewer than two.
    """
    rows = np.arange(len(features)) if rows is None else rows
    if len(rows) < 2:
        raise ValueError("a covariance takes two rows or more")
    count, dims = len(rows), features.shape[1]
    starts = range(0, count, ROWS_AT_ONCE)
    blocks = [rows[start : start + ROWS_AT_ONCE] for start in starts]
    mean = sum(features[block].sum(0, dtype=np.float64) for block in blocks) / count
    if count <= dims:
        return Gaussian(mean, (features[rows] - mean) / math.sqrt(count - 1))
    covariance = np.zeros((dims, dims))
    for block in blocks:
        centred = features[block] - mean
        covariance += centred.T @ centred
    values, vectors = eigh(covariance / (count - 1), driver="evd")
    return Gaussian(mean, np.sqrt(np.maximum(values, 0))[:, None] * vectors.T)


def frechet_distance(one: Gaussian, other: Gaussian) -> float:
    """Return the Frechet distance of two Gaussians, squared as in FID.

    |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)), Dowson and Landau (1982); on Inception features
    the FID of Heusel et al. (2017), https://arxiv.org/abs/1706.08500. With C = F'F the trace of
    the root is the sum of the singular values of F1 F2': exact where the covariances have not
    full rank, where a root of the matrix itself is not.
    """
    between = np.square(one.mean - other.mean).sum()
    within = np.square(one.factor).sum() + np.square(other.factor).sum()
    distance = between + within - 2 * svdvals(one.factor @ other.factor.T).sum()
    return max(0.0, float(distance))  # rounding may take equal sets below 0


def kernel_distance(
    one: np.ndarray,
    other: np.ndarray,
    subsets: int,
    subset_size: int,
    random: np.random.Generator,
) -> Estimate:
    """Return the unbiased squared maximum mean discrepancy of features (N, D) and (M, D).

    On Inception features this is KID (Binkowski et al. 2018, https://arxiv.org/abs/1801.01401):
    the kernel is (x.y / D + 1)^3, the value a mean over random `subsets`. A subset has the same
    share of both sets: `subset_size` images of the larger one, but at most half. The interval
    is the middle 95% of such subsets, scaled to the sets as they are as in the delete-d jackknife
    (Shao and Wu 1989, doi:10.1214/aos/1176347263): of half the images they spread as much as the
    value itself would from sample to sample. Needs four images in each set.
    """
    part = min(0.5, subset_size / max(len(one), len(other)))
    sizes = [max(2, int(part * len(features))) for features in (one, other)]
    estimates = [
        _discrepancy(
            *(
                features[random.choice(len(features), size, replace=False)].astype(np.float64)
                for features, size in zip((one, other), sizes, strict=True)
            )
        )
        for _ in range(subsets)
    ]
    value = float(np.mean(estimates))
    low, high = np.percentile(estimates, [2.5, 97.5]) - value
    scale = math.sqrt(part / (1 - part))
    return Estimate(value, value + scale * float(low), value + scale * float(high))


def _discrepancy(one: np.ndarray, other: np.ndarray) -> float:
    within = [
        (kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1))
        for kernel in (_kernel(one, one), _kernel(other, other))
    ]
    return sum(within) - 2 * _kernel(one, other).mean()


def _kernel(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one @ other.T / one.shape[1] + 1) ** 3


def share(hits: np.ndarray) -> Estimate:
    """Return the share of true among `hits` (N,) with Wilson's interval (1927)."""
    count = len(hits)
    if not count:
        return Estimate(math.nan)
    value = float(np.mean(hits))
    middle = (value + Z95**2 / (2 * count)) / (1 + Z95**2 / count)
    reach = Z95 / (1 + Z95**2 / count)
    reach *= math.sqrt(value * (1 - value) / count + Z95**2 / (4 * count**2))
    return Estimate(value, round(middle - reach, 12), round(middle + reach, 12))


def mean(values: np.ndarray) -> Estimate:
    """Return the mean of `values` (N,), not below 0, with its normal interval."""
    value = float(np.mean(values))
    reach = Z95 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return Estimate(value, max(0.0, value - reach), value + reach)
