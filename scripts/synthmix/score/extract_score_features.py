"""The features of a store by which generators are scored, computed once a store."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn
from tqdm import tqdm

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.runtime import pace
from synthmix.runtime.memory_bound import part_of
from synthmix.score.features import load_network
from synthmix.store import load_store, save_array, table_path

LOGGER = logging.getLogger(__name__)
BATCH = 32


def extract_score_features(
    images: str | Path,
    weights: str | Path,
    network: str,
    input_size: int | None,
    output: str | Path,
    most: int | None,
    device: torch.device,
) -> None:
    """Write the features of the first `most` images of each class of a store, or of all images.

    They are those of `network`, which sees images at `input_size` pixels if that is given.
    `output` is an array (N, dims), float32, in the order of the store `images`; the table beside it
    has the row in the store and the label of each. One batch at a time is in memory. Raises
    UserError where a feature is not a finite number.
    """
    features = load_network(weights, network, device, input_size)
    store, table = load_store(images)
    rows = np.arange(len(store))
    if most is not None:
        rows = rows[table.groupby("label").cumcount() < most]
    save_array(output, (features.dims,), "float32", feature_blocks(features, store, rows, device))
    write_table(table_path(output), pd.DataFrame({"row": rows, "label": table["label"].iloc[rows]}))
    LOGGER.info("%d %s features of %d images, on %s", features.dims, network, len(rows), device)


def feature_blocks(
    network: nn.Module,
    store: np.ndarray,
    rows: np.ndarray,
    device: torch.device,
    *,
    progress: bool = True,
) -> Iterator[np.ndarray]:
    """Yield the features (n, dims), float32, of the images `rows` of `store`, batch by batch."""
    size = part_of(BATCH)
    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    shown = tqdm(batches, "features", disable=None if progress else True)
    for batch in pace.each(shown, pace.FEATURES):
        with torch.no_grad():
            block = network(to_tensor(store[batch], device)).cpu().numpy()
        if not np.isfinite(block).all():
            raise UserError("scores: a feature is not a finite number: are its weights trained?")
        yield block


def to_tensor(images: np.ndarray, device: torch.device) -> torch.Tensor:
    """Turn images (N, H, W, C) of a store into a tensor (N, C, H, W), both uint8."""
    return torch.from_numpy(images).to(device).permute(0, 3, 1, 2)
