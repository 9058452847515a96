"""Resampling by removal: which training images stay.

Random under-sampling; condensed nearest neighbours (Hart 1968,
https://doi.org/10.1109/TIT.1968.1054155); edited nearest neighbours (Wilson 1972,
https://doi.org/10.1109/TSMC.1972.4309137); Tomek links (Tomek 1976,
https://doi.org/10.1109/TSMC.1976.4309452).
"""

import numpy as np
from imblearn import under_sampling
from imblearn.base import SamplerMixin

from synthmix.errors import UserError
from synthmix.mix.removal import (
    CondensedNearestNeighbours,
    EditedNearestNeighbours,
    RandomUnderSampling,
    Removal,
    TomekLinks,
)


def select(images: np.ndarray, labels: np.ndarray, settings: Removal, seed: int) -> np.ndarray:
    """Return the rows of `images` that the method of `settings` keeps, ascending, int64.

    `images` (N, ...) are compared by their pixels, as float32; random under-sampling looks at
    none, so that there (N, 0) will do. `labels` (N,) are numbers or names. As in imbalanced-learn
    the smallest class is kept whole. Only random under-sampling and condensed nearest neighbours
    use the `seed`.

    Raises UserError for fewer than two classes, for fewer images than neighbours are asked for,
    or when a class would be left empty.
    """
    method = settings.method
    classes = np.unique(labels)
    if len(classes) < 2:
        raise UserError(f"{method} weighs classes against each other: there is only one")
    _require_neighbours(labels, settings)
    if isinstance(settings, RandomUnderSampling):
        compared = np.arange(len(labels), dtype=np.float32)[:, None]
    else:
        compared = np.asarray(images).reshape(len(images), -1).astype(np.float32, copy=False)
    sampler = _sampler(settings, seed)
    sampler.fit_resample(compared, labels)
    # condensed nearest neighbours may name a row twice
    rows = np.unique(sampler.sample_indices_)
    for label in np.setdiff1d(classes, labels[rows]):
        raise UserError(
            f"{method} would remove every image of class {label}: choose another method "
            f"(tomek_links removes the least) or leave the class out"
        )
    return rows


def _require_neighbours(labels: np.ndarray, settings: Removal) -> None:
    """Raise UserError where an image has not as many neighbours as are asked for."""
    match settings:
        case EditedNearestNeighbours():
            there, among = len(labels) - 1, "other images"
        case CondensedNearestNeighbours():
            # the search begins with the smallest class and one image of another
            smallest = np.unique(labels, return_counts=True)[1].min()
            there, among = smallest + 1, "images to begin with"
        case _:
            return
    if settings.neighbours > there:
        raise UserError(
            f"{settings.method} asks for {settings.neighbours} neighbours and there are {there} "
            f"{among}: lower neighbours, or add images"
        )


def _sampler(settings: Removal, seed: int) -> SamplerMixin:
    random = np.random.RandomState(seed % 2**32)
    match settings:
        case RandomUnderSampling():
            return under_sampling.RandomUnderSampler(random_state=random)
        case CondensedNearestNeighbours():
            return under_sampling.CondensedNearestNeighbour(
                n_neighbors=settings.neighbours, random_state=random
            )
        case EditedNearestNeighbours():
            return under_sampling.EditedNearestNeighbours(n_neighbors=settings.neighbours)
        case TomekLinks():
            return under_sampling.TomekLinks()
