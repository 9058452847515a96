"""Which images the classes of their neighbours speak against.

Edited nearest neighbours (Wilson 1972, https://doi.org/10.1109/TSMC.1972.4309137), repeated and
with all numbers of neighbours (Tomek 1976, https://doi.org/10.1109/TSMC.1976.4309523),
neighbourhood cleaning (Laurikkala 2001, https://doi.org/10.1007/3-540-48229-6_9).

imbalanced-learn has all four. Where two classes have as many neighbours it goes by the order of the
classes' names; here neither has a majority then, and the image stays. Its repeated edition stops
sooner, where a class has become smaller than the smallest one, and that of all numbers of
neighbours has each number judge what those before it have left, not all images as Tomek has it.
"""

import math

import numpy as np
from sklearn.neighbors import NearestNeighbors

from synthmix.mix.removal import (
    AllNearestNeighbours,
    EditedNearestNeighbours,
    NeighbourhoodCleaning,
    RepeatedEditedNearestNeighbours,
)

Edited = (
    EditedNearestNeighbours
    | RepeatedEditedNearestNeighbours
    | AllNearestNeighbours
    | NeighbourhoodCleaning
)


def kept_by_votes(
    images: np.ndarray, labels: np.ndarray, mortal: np.ndarray, settings: Edited
) -> np.ndarray:
    """Return which of the rows `images` (N, D) stay, (N,) bool.

    `labels` (N,) are numbers from 0 on, `mortal` (N,) bool says which images may go. With
    `RepeatedEditedNearestNeighbours` it ends with the round that would take the last of a class.
    """
    nearest = _nearest(images, settings.neighbours)
    match settings:
        case RepeatedEditedNearestNeighbours():
            return _repeated(images, labels, mortal, settings)
        case AllNearestNeighbours():
            numbers = range(1, settings.neighbours + 1)
            outvoted = [_outvoted(labels, nearest[:, :n], settings.vote) for n in numbers]
            return ~(mortal & np.any(outvoted, axis=0))
        case NeighbourhoodCleaning():
            outvoted = _outvoted(labels, nearest, settings.vote)
            smallest = labels == np.bincount(labels).argmin()
            accomplices = np.zeros(len(labels), bool)
            # what the smallest class is told from does not hang on how strict the other vote is
            accomplices[nearest[smallest & _outvoted(labels, nearest, "majority")]] = True
            return ~(mortal & (outvoted | (accomplices & ~smallest)))
    return ~(mortal & _outvoted(labels, nearest, settings.vote))


def must_empty(images: int, classes: int, settings: Edited) -> bool:
    """Return whether a class of so many `images` loses them all, wherever they and others lie.

    That is where there are not enough of them to outweigh the other neighbours, which are of the
    other `classes` - 1.
    """
    own = images - 1
    others = settings.neighbours - own
    if others <= 0:
        return False
    # at the best no other class has more of them than it must
    return settings.vote == "all" or math.ceil(others / (classes - 1)) > own


def _repeated(
    images: np.ndarray, labels: np.ndarray, mortal: np.ndarray, settings: Edited
) -> np.ndarray:
    kept = np.ones(len(labels), bool)
    classes = len(np.unique(labels))
    while True:
        rows = np.flatnonzero(kept)
        nearest = _nearest(images[rows], min(settings.neighbours, len(rows) - 1))
        goes = mortal[rows] & _outvoted(labels[rows], nearest, settings.vote)
        kept[rows[goes]] = False
        if not goes.any() or len(np.unique(labels[kept])) < classes:
            return kept


def _nearest(images: np.ndarray, count: int) -> np.ndarray:
    """Return the rows of the nearest others of each image, (N, count), the nearest first."""
    return NearestNeighbors(n_neighbors=count).fit(images).kneighbors(return_distance=False)


def _outvoted(labels: np.ndarray, nearest: np.ndarray, vote: str) -> np.ndarray:
    """Return whether the rows `nearest` (N, k) to each image speak against its class, (N,) bool."""
    votes = np.zeros((len(labels), labels.max() + 1), int)
    images = np.arange(len(labels))
    np.add.at(votes, (images[:, None], labels[nearest]), 1)
    own = votes[images, labels]
    if vote == "all":
        return own < nearest.shape[1]
    votes[images, labels] = 0
    return votes.max(axis=1) > own
