"""Real and synthetic images in the plane of their first two principal components."""

import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.files import write_table
from synthmix.prepare.parts import as_learned
from synthmix.resizing import resized
from synthmix.score.reference import SEEN, spaced
from synthmix.store import load_array, load_class, read_table

LOGGER = logging.getLogger(__name__)
COLUMNS_AT_ONCE = 1 << 14


def project_images(
    real_images: str | Path,
    split: str | Path,
    pools: Mapping[str, str | Path],
    most: int,
    output: str | Path,
    image_size: int | None = None,
) -> None:
    """Write where at most `most` real training images and as many synthetic ones lie in a plane.

    The real images are evenly spaced over those of the split; of each class there are as many
    synthetic ones, the first of its pool. All pixels of both are analysed together, as the skin
    study does. Columns of `output`: origin, label, x, y, and the share of the variance that either
    component explains, x_explained and y_explained, alike in every row. Where the generator makes
    images of an `image_size` of its own, both kinds are compared at that.
    """
    real, samples = load_array(real_images), as_learned(read_table(split), pools)
    chosen = spaced(
        np.flatnonzero(samples["split"].isin(SEEN) & samples["label"].isin(pools)), most
    )
    counts = samples["label"].iloc[chosen].value_counts()
    made = {label: load_class(path, label)[: counts.get(label, 0)] for label, path in pools.items()}
    images = resized(np.concatenate([real[chosen], *made.values()]), image_size)
    coordinates, explained = principal_plane(images.reshape(len(images), -1))
    table = pd.DataFrame(
        {
            "origin": np.repeat(["real", "synthetic"], [len(chosen), len(images) - len(chosen)]),
            "label": [
                *samples["label"].iloc[chosen],
                *(label for label, pool in made.items() for _ in pool),
            ],
            "x": coordinates[:, 0],
            "y": coordinates[:, 1],
            "x_explained": explained[0],
            "y_explained": explained[1],
        }
    )
    write_table(output, table)
    LOGGER.info("the plane has %.1f%% of the variance", 100 * explained.sum())


def principal_plane(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first two principal components of `rows` (N, D), (N, 2), and their shares (2,).

    The shares are of the variance, 0..1. A component points to where its largest value is.
    """
    # N is small and D is not: from the products of the rows, a block of columns at a time
    products = np.zeros((len(rows), len(rows)))
    for start in range(0, rows.shape[1], COLUMNS_AT_ONCE):
        block = rows[:, start : start + COLUMNS_AT_ONCE].astype(np.float64)
        block -= block.mean(0)
        products += block @ block.T
    values, vectors = np.linalg.eigh(products)
    values, vectors = np.maximum(values[:-3:-1], 0), vectors[:, :-3:-1]
    vectors = vectors * np.sign(vectors[np.abs(vectors).argmax(0), [0, 1]])
    total = np.trace(products)
    return vectors * np.sqrt(values), values / total if total > 0 else np.zeros(2)
