"""Nearest neighbours in blocks, and the scores that come of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

# distances of so many points to so many others are in memory at once
BLOCK = 256
OTHERS = 4096
# squared distances are differences of larger numbers: what is this much smaller is nothing
ROUNDING = 1e-12
# a point at a radius is within it, whichever way the two were computed
REACH = 1 + 1e-9


@dataclass(frozen=True)
class Overlap:
    """How M synthetic images and N real ones lie among each other, image by image."""

    precision: np.ndarray  # (M,) bool: lies in the ball of a real image
    density: np.ndarray  # (M,) float: the balls of real images that it lies in, over k
    recall: np.ndarray  # (N,) bool: lies in the ball of a synthetic image
    coverage: np.ndarray  # (N,) bool: has a synthetic image in its ball


def radii(points: np.ndarray, neighbours: int) -> np.ndarray:
    """Return the distance of each of `points` (N, D) to its k-th nearest other one, (N,).

    k is `neighbours`, or N - 1 where there are no more. Raises ValueError for fewer than two.
    """
    if len(points) < 2:
        raise ValueError("a neighbour takes two points or more")
    k = min(neighbours, len(points) - 1)
    found = []
    for start, squared in _squared_distances(points, points):
        rows = np.arange(len(squared))
        squared[rows, start + rows] = np.inf
        # a copy: a view would keep the whole block in memory
        found.append(np.partition(squared, k - 1, axis=1)[:, k - 1].copy())
    return np.sqrt(np.concatenate(found))


def overlap(
    real: np.ndarray, real_radii: np.ndarray, synthetic: np.ndarray, neighbours: int
) -> Overlap:
    """Return how `synthetic` (M, D) and `real` (N, D), with its `radii`, lie among each other.

    Precision and recall are those of Kynkaanniemi et al. (2019, https://arxiv.org/abs/1904.06991),
    density and coverage those of Naeem et al. (2020, https://arxiv.org/abs/2002.09797): each the
    mean of what is returned. A ball reaches from an image to its k-th nearest of the same set.
    """
    k = min(neighbours, len(real) - 1)
    synthetic_radii = radii(synthetic, neighbours)
    density = np.empty(len(synthetic))
    recall, coverage = np.zeros((2, len(real)), bool)
    for start, squared in _squared_distances(synthetic, real):
        stop = start + len(squared)
        in_real = squared <= real_radii**2 * REACH
        density[start:stop] = in_real.sum(1) / k
        coverage |= in_real.any(0)
        own = synthetic_radii[start:stop, None] ** 2
        recall |= (squared <= own * REACH).any(0)
    return Overlap(density > 0, density, recall, coverage)


def nearest(
    points: np.ndarray, others: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of each of `points` (N, D) to the nearest of `others`, and its row.

    Only the `rows` of `others` (M, D), which may be memory-mapped, are looked at.
    """
    best = np.full(len(points), np.inf)
    found = np.zeros(len(points), np.int64)
    for first in range(0, len(rows), OTHERS):
        part = rows[first : first + OTHERS]
        for start, squared in _squared_distances(points, others[part]):
            stop = start + len(squared)
            column = squared.argmin(1)
            least = squared[np.arange(len(squared)), column]
            closer = least < best[start:stop]
            best[start:stop][closer] = least[closer]
            found[start:stop][closer] = part[column[closer]]
    return np.sqrt(best), found


def _squared_distances(points: np.ndarray, others: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the squared distances of a block of `points` to all `others`, and where it starts."""
    # around zero the numbers whose differences they are stay small
    centre = others.mean(0, dtype=np.float64)
    others = others - centre
    lengths = np.square(others).sum(1)
    for start in range(0, len(points), BLOCK):
        block = points[start : start + BLOCK] - centre
        own = np.square(block).sum(1)[:, None]
        squared = own + lengths - 2 * block @ others.T
        squared[squared < ROUNDING * (own + lengths)] = 0
        yield start, squared
