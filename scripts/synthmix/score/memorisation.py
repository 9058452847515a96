"""Whether a generator copies: its images' nearest training images against real held-out ones'.

A real image that no generator has seen is as near to the training images as chance has it. After
Meehan, Chaudhuri and Dasgupta (2020, https://arxiv.org/abs/2004.05675): a generator whose images
are nearer than that has copied.
"""

import numpy as np
from scipy.stats import betabinom, rankdata

from synthmix.score.statistics import Estimate


def near_rank(held_out: int, percentile: float) -> int:
    """Return which of the distances of so many held-out images, from the least, is the limit."""
    return max(1, round(percentile / 100 * (held_out + 1)))


def near_limit(held_out: np.ndarray, percentile: float) -> float:
    """Return the distance up to which an image is suspiciously near a training image.

    `held_out` (N,) are the distances of real images to their nearest training image; of images
    like them the share `percentile` / 100 lies within. nan where there are none.
    """
    if not len(held_out):
        return np.nan
    return float(np.sort(held_out)[near_rank(len(held_out), percentile) - 1])


def memorisation(
    synthetic: np.ndarray, held_out: np.ndarray, percentile: float
) -> dict[str, Estimate]:
    """Return scores of the distances to the nearest training image, (M,) and (N,).

    `suspiciously_near` is the share of synthetic images within `near_limit`, and
    `suspiciously_near_by_chance` what it is for images like the held-out ones: the share expected
    and the range that 95% of such sets lie in. `nearer_than_held_out` is the chance that a
    synthetic image is nearer than a real held-out one, ties counting half: 0.5 for images like
    them, 1 for copies. `nearest_training_distance` is the median of either kind.
    """
    scores = {
        "nearest_training_distance": _median(synthetic),
        "nearest_training_distance_held_out": _median(held_out),
    }
    nothing = Estimate(np.nan)
    if not (len(synthetic) and len(held_out)):
        names = ("suspiciously_near", "suspiciously_near_by_chance", "nearer_than_held_out")
        return scores | dict.fromkeys(names, nothing)
    within = synthetic <= near_limit(held_out, percentile)
    return scores | {
        "suspiciously_near": Estimate(float(within.mean())),
        "suspiciously_near_by_chance": _by_chance(len(synthetic), len(held_out), percentile),
        "nearer_than_held_out": _nearer(synthetic, held_out),
    }


def _by_chance(synthetic: int, held_out: int, percentile: float) -> Estimate:
    """Return the share of images as near as the limit where all are of one kind.

    The limit is itself drawn at random, the more so the fewer images it is from. Of M images, the
    number below the r-th smallest of N others of the same kind is beta-binomial (M, r, N + 1 - r).
    """
    rank = near_rank(held_out, percentile)
    drawn = betabinom(synthetic, rank, held_out + 1 - rank)
    low, high = drawn.ppf([0.025, 0.975]) / synthetic
    return Estimate(rank / (held_out + 1), float(low), float(high))


def _nearer(synthetic: np.ndarray, held_out: np.ndarray) -> Estimate:
    ranks = rankdata(np.concatenate([synthetic, held_out]))[: len(synthetic)]
    beaten = ranks.sum() - len(synthetic) * (len(synthetic) + 1) / 2
    return Estimate(1 - float(beaten) / (len(synthetic) * len(held_out)))


def _median(values: np.ndarray) -> Estimate:
    return Estimate(float(np.median(values)) if len(values) else np.nan)
