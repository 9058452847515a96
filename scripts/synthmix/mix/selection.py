"""Resampling by removal: which training images stay.

Random under-sampling; condensed nearest neighbours (Hart 1968,
https://doi.org/10.1109/TIT.1968.1054155); Tomek links (Tomek 1976,
https://doi.org/10.1109/TSMC.1976.4309452); by the votes of neighbours in `edited`.
"""

from typing import NamedTuple

import numpy as np
from imblearn import under_sampling
from imblearn.base import SamplerMixin

from synthmix.errors import UserError
from synthmix.mix.edited import Edited, kept_by_votes
from synthmix.mix.removal import (
    CondensedNearestNeighbours,
    RandomUnderSampling,
    Removal,
    TomekLinks,
)

# as imbalanced-learn calls `removes_from`
_STRATEGIES = {"all_but_smallest": "not minority", "largest": "majority"}


class Selection(NamedTuple):
    """What a method of removal leaves."""

    rows: np.ndarray  # (n,) int64, ascending: the images that stay
    spared: np.ndarray  # those of them that it would remove, the last ones of their classes


def select(images: np.ndarray, labels: np.ndarray, settings: Removal, seed: int) -> Selection:
    """Return the rows of `images` that the method of `settings` keeps.

    `images` (N, ...) are compared by their pixels, as float32; random under-sampling looks at
    none, so that there (N, 0) will do. `labels` (N,) are numbers or names. The smallest class is
    kept whole, and of each class an image stays, the nearest to its mean. Only random
    under-sampling and condensed nearest neighbours use the `seed`.

    Raises UserError for fewer than two classes, and for fewer images than neighbours are asked for.
    """
    require_usable(labels, settings)
    numbers = np.unique(labels, return_inverse=True)[1]
    if isinstance(settings, RandomUnderSampling):
        compared = np.arange(len(labels), dtype=np.float32)[:, None]
    else:
        compared = np.asarray(images).reshape(len(images), -1).astype(np.float32, copy=False)
    if isinstance(settings, Edited):
        mortal = np.isin(numbers, mortal_classes(numbers, settings.removes_from))
        rows = np.flatnonzero(kept_by_votes(compared, numbers, mortal, settings))
    else:
        sampler = _sampler(settings, seed)
        sampler.fit_resample(compared, labels)
        # condensed nearest neighbours may name a row twice
        rows = np.unique(sampler.sample_indices_)
    emptied = np.setdiff1d(numbers, numbers[rows])
    spared = [_typical(compared, np.flatnonzero(numbers == label)) for label in emptied]
    spared = np.array(sorted(spared), np.int64)
    return Selection(np.union1d(rows, spared).astype(np.int64), spared)


def mortal_classes(labels: np.ndarray, removes_from: str) -> np.ndarray:
    """Return which classes of `labels` (N,) may lose images; of equally large ones the first."""
    classes, counts = np.unique(labels, return_counts=True)
    if removes_from == "largest":
        return classes[[counts.argmax()]]
    return np.delete(classes, counts.argmin())


def require_usable(labels: np.ndarray, settings: Removal) -> None:
    """Raise UserError where the method can't be used on images of these `labels` (N,).

    For want of a second class, or of as many neighbours as are asked for.
    """
    if len(np.unique(labels)) < 2:
        raise UserError(f"{settings.method} weighs classes against each other: there is only one")
    _require_neighbours(labels, settings)


def _typical(images: np.ndarray, rows: np.ndarray) -> int:
    """Return that of the `rows` of `images` which is nearest to their mean."""
    own = images[rows].astype(np.float64)
    return int(rows[np.square(own - own.mean(0)).sum(1).argmin()])


def _require_neighbours(labels: np.ndarray, settings: Removal) -> None:
    """Raise UserError where an image has not as many neighbours as are asked for."""
    if isinstance(settings, Edited):
        there, among = len(labels) - 1, "other images"
    elif isinstance(settings, CondensedNearestNeighbours):
        # the search begins with the smallest class and one image of another
        smallest = np.unique(labels, return_counts=True)[1].min()
        there, among = smallest + 1, "images to begin with"
    else:
        return
    if settings.neighbours > there:
        raise UserError(
            f"{settings.method} asks for {settings.neighbours} neighbours and there are {there} "
            f"{among}: lower neighbours, or add images"
        )


def _sampler(settings: Removal, seed: int) -> SamplerMixin:
    random = np.random.RandomState(seed % 2**32)
    strategy = _STRATEGIES[settings.removes_from]
    match settings:
        case RandomUnderSampling():
            return under_sampling.RandomUnderSampler(
                sampling_strategy=strategy, random_state=random
            )
        case CondensedNearestNeighbours():
            return under_sampling.CondensedNearestNeighbour(
                sampling_strategy=strategy, n_neighbors=settings.neighbours, random_state=random
            )
        case TomekLinks():
            return under_sampling.TomekLinks(sampling_strategy=strategy)
    raise ValueError(f"{settings.method} goes by votes")
