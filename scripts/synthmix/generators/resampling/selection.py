"""Resampling by removal: which training images stay.

Random under-sampling; condensed nearest neighbours (Hart 1968,
https://doi.org/10.1109/TIT.1968.1054155); edited nearest neighbours (Wilson 1972,
https://doi.org/10.1109/TSMC.1972.4309137); Tomek links (Tomek 1976,
https://doi.org/10.1109/TSMC.1976.4309452).
"""

from typing import Literal, get_args

import numpy as np
from imblearn.base import SamplerMixin
from imblearn.under_sampling import (
    CondensedNearestNeighbour,
    EditedNearestNeighbours,
    RandomUnderSampler,
    TomekLinks,
)

from synthmix.errors import UserError

RemovalMethod = Literal[
    "random_under_sampling",
    "condensed_nearest_neighbours",
    "edited_nearest_neighbours",
    "tomek_links",
]
# Edited nearest neighbours look at three images beside the one in question.
LEAST_IMAGES = 4


def select(
    images: np.ndarray, labels: np.ndarray, method: RemovalMethod | str, seed: int
) -> np.ndarray:
    """Return the rows of `images` that `method` keeps, ascending, int64.

    `images` (N, ...) are compared by their pixels; `labels` (N,) are numbers or names. As in
    imbalanced-learn the smallest class is kept whole; random under-sampling cuts all others to its
    size. Only random under-sampling and condensed nearest neighbours use the `seed`.

    Raises UserError for an unknown method, fewer than two classes or four images, or when a class
    would be left empty.
    """
    classes = np.unique(labels)
    if len(classes) < 2:
        raise UserError(f"{method} weighs classes against each other: there is only one")
    if len(images) < LEAST_IMAGES:
        raise UserError(f"{method} needs {LEAST_IMAGES} images or more, not {len(images)}")
    sampler = _sampler(method, seed)
    sampler.fit_resample(np.asarray(images).reshape(len(images), -1).astype(np.float32), labels)
    # condensed nearest neighbours may name a row twice
    rows = np.unique(sampler.sample_indices_)
    for label in np.setdiff1d(classes, labels[rows]):
        raise UserError(
            f"{method} would remove every image of class {label}: choose another method "
            f"(tomek_links removes the least) or leave the class out"
        )
    return rows


def _sampler(method: str, seed: int) -> SamplerMixin:
    random = np.random.RandomState(seed % 2**32)
    match method:
        case "random_under_sampling":
            return RandomUnderSampler(random_state=random)
        case "condensed_nearest_neighbours":
            return CondensedNearestNeighbour(random_state=random)
        case "edited_nearest_neighbours":
            return EditedNearestNeighbours()
        case "tomek_links":
            return TomekLinks()
    known = ", ".join(get_args(RemovalMethod))
    raise UserError(f"no method of removal is called {method}: it is one of {known}")
