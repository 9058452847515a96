"""How often each training image is the base of a new one."""

import logging
import warnings

import numpy as np
from imblearn.over_sampling import BorderlineSMOTE
from sklearn.neighbors import NearestNeighbors

LOGGER = logging.getLogger(__name__)


def borderline_weights(pixels: np.ndarray, labels: np.ndarray, neighbours: int) -> np.ndarray:
    """Return 1 for images near other classes, else 0, (N,): Borderline-SMOTE 1 steps from those.

    An image of the rows `pixels` (N, D) is one when half or more of its nearest `neighbours`, but
    not all, have other `labels` (N,). Han, Wang and Mao 2005, https://doi.org/10.1007/11538059_91.
    A class without any has 1 throughout, where imbalanced-learn would make nothing of it.
    """
    classes, counts = np.unique(labels, return_counts=True)
    # One new sample of each class is asked for, and one neighbour to make it: only which images
    # are found in danger is of use.
    sampler = BorderlineSMOTE(
        sampling_strategy=dict(zip(classes.tolist(), (counts + 1).tolist(), strict=True)),
        k_neighbors=1,
        m_neighbors=min(neighbours, len(labels) - 1),
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "After over-sampling")  # of the largest class
        sampler.fit_resample(pixels, labels)
    weights = np.zeros(len(labels))
    for label in classes:
        weights[sampler.in_danger_indices.get(label, [])] = 1
    return _or_all(weights, labels, "borderline_smote")


def adasyn_weights(pixels: np.ndarray, labels: np.ndarray, neighbours: int) -> np.ndarray:
    """Return the share of other classes among each image's nearest `neighbours`, (N,).

    ADASYN, He, Bai, Garcia and Li 2008, https://doi.org/10.1109/IJCNN.2008.4633969: the share,
    divided by its sum over the class, is the part of the class's new samples made from an image.
    A class without any neighbour of another has 1 throughout; imbalanced-learn refuses it.
    """
    search = NearestNeighbors(n_neighbors=min(neighbours, len(labels) - 1) + 1).fit(pixels)
    nearest = search.kneighbors(pixels, return_distance=False)[:, 1:]
    weights = (labels[nearest] != labels[:, None]).mean(axis=1)
    return _or_all(weights, labels, "adasyn")


def _or_all(weights: np.ndarray, labels: np.ndarray, method: str) -> np.ndarray:
    for label in np.unique(labels):
        own = labels == label
        if not weights[own].any():
            LOGGER.warning(
                "no image of class number %d is near another class: %s steps from all of them",
                label,
                method,
            )
            weights[own] = 1
    return weights
