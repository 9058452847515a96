"""Sums of independent errors whose variances are estimates, each from few or many values.

Such an error is Student's t times its standard deviation; that of a difference of two means with
unequal variances is a sum of two of them (Behrens and Fisher; Fisher 1935, The fiducial argument in
statistical inference). Intervals by it are wider than Welch's where an estimate is from two or
three values, and it is there that Welch's cover too little.

Arrays of variances are (terms, ...): all that follows the first axis is computed at once.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from scipy.special import chdtri, ndtr

_NODES = {1: (96,), 2: (48, 8), 3: (24, 24, 8)}  # of each term, by how many terms there are
_HALVINGS = 40


def tail(distance: np.ndarray, variances: np.ndarray, degrees: Sequence[float]) -> np.ndarray:
    """Return how probable errors of at least `distance` (...) are, to both sides together.

    `variances` (terms, ...) are estimates, each with its degrees of freedom; at most three. The
    last term should be the one with the most degrees. Where all variances are 0, an error of 0 has
    the probability 1, any other 0.
    """
    deviation, weights = _mixture(variances, degrees)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.abs(distance)[..., None] / deviation
    ratio = np.where(np.isnan(ratio) & (deviation == 0), 0, ratio)  # 0 / 0
    return 2 * ndtr(-ratio) @ weights


def half_width(variances: np.ndarray, degrees: Sequence[float], confidence: float) -> np.ndarray:
    """Return the distance (...) that errors exceed with the probability 1 - `confidence`."""
    deviation, weights = _mixture(variances, degrees)
    low, high = np.zeros(deviation.shape[:-1]), 8 * deviation.max(-1)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.nan_to_num(middle[..., None] / deviation, nan=0.0)
        beyond = 2 * ndtr(-ratio) @ weights > 1 - confidence
        low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
    return high


def effective_degrees(variances: np.ndarray, degrees: Sequence[float]) -> np.ndarray:
    """Return the degrees of freedom (...) of the sum of `variances` (Satterthwaite 1946).

    They say how well the sum is known, infinite where it is 0; intervals don't use them.
    """
    squares = sum(one**2 / degree for one, degree in zip(variances, degrees, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(squares > 0, variances.sum(0) ** 2 / squares, np.inf)


@lru_cache
def inverse_chi_squared(degrees: float, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return values (nodes,) that `degrees` / chi squared takes, and how probable each is.

    They are places of Gauss's quadrature over the quantiles.
    """
    places, shares = np.polynomial.legendre.leggauss(nodes)
    return degrees / chdtri(degrees, (places + 1) / 2), shares / 2


def _mixture(variances: np.ndarray, degrees: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """Return standard deviations (..., nodes) of normal errors, and the weight of each (nodes,).

    Given what the variances may be, their sum is the variance of a normal error; each may be its
    estimate times `degrees` / chi squared.
    """
    totals = np.zeros((*variances.shape[1:], 1))
    weights = np.ones(1)
    for one, degree, nodes in zip(variances, degrees, _NODES[len(degrees)], strict=True):
        factors, shares = inverse_chi_squared(degree, nodes)
        totals = (totals[..., :, None] + one[..., None, None] * factors).reshape(
            *variances.shape[1:], -1
        )
        weights = (weights[:, None] * shares).ravel()
    return np.sqrt(totals), weights
