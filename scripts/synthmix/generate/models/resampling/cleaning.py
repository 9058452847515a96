"""What SMOTE + Tomek links and SMOTE + edited nearest neighbours remove, one image at a time.

Batista, Prati and Monard 2004, https://doi.org/10.1145/1007730.1007735. They resample a data set
and clean all of it, so that each image's fate depends on all others. Here an image is judged
against a fixed resampled set instead, as if it were added to that alone: its fate then depends on
its seed alone. Of imbalanced-learn's two outcomes this is the one for new images; training images
that it would remove as well stay.
"""

import numpy as np

# imbalanced-learn's edited nearest neighbours look at as many, and all must agree.
ENN_NEIGHBOURS = 3
# Rows of the reference set that are turned into numbers at a time.
BLOCK = 2048


def kept_by_enn(
    images: np.ndarray, label: int, reference: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Return whether all three nearest of each image have its `label`, (n,) bool.

    `images` (n, D) and `reference` (N, D) are uint8, `labels` (N,) those of the reference. Where
    one of another class is as near as the third, the image goes.
    """
    distances = squared_distances(images, reference)
    own = distances[:, labels == label]
    if own.shape[1] < ENN_NEIGHBOURS:
        return np.zeros(len(images), bool)
    third = np.partition(own, ENN_NEIGHBOURS - 1, axis=1)[:, ENN_NEIGHBOURS - 1]
    return third < distances[:, labels != label].min(axis=1, initial=np.inf)


def kept_by_tomek(
    images: np.ndarray, label: int, reference: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Return whether no image of another class and each image are nearest to each other, (n,) bool.

    Arguments as of `kept_by_enn`.
    """
    distances = squared_distances(images, reference)
    others = np.flatnonzero(labels != label)
    if not len(others):
        return np.ones(len(images), bool)
    own = distances[:, labels == label].min(axis=1, initial=np.inf)
    nearest = others[distances[:, others].argmin(axis=1)]
    apart = distances[np.arange(len(images)), nearest]
    kept = own <= apart
    doubtful = np.flatnonzero(~kept)
    between = squared_distances(reference[nearest[doubtful]], reference)
    between[np.arange(len(doubtful)), nearest[doubtful]] = np.inf
    kept[doubtful] = between.min(axis=1, initial=np.inf) <= apart[doubtful]
    return kept


def squared_distances(images: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return the squared distances (n, N), float64, of rows of uint8.

    They are whole numbers, which float64 keeps exactly: no verdict depends on the size of a batch.
    """
    rows = images.astype(np.float64)
    distances = np.empty((len(images), len(reference)))
    for start in range(0, len(reference), BLOCK):
        block = reference[start : start + BLOCK].astype(np.float64)
        within = distances[:, start : start + BLOCK]
        np.matmul(rows, block.T, out=within)
        within *= -2
        within += (block**2).sum(axis=1)
    distances += (rows**2).sum(axis=1, keepdims=True)
    return distances
