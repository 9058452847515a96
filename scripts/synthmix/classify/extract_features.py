"""The features of a frozen backbone, computed once a store and shared by all trainings."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from synthmix.classify.examples import FromImages
from synthmix.classify.network import load_starting_weights, new_network
from synthmix.networks.inputs import to_tensor
from synthmix.networks.plan import input_size_of, unfrozen_of
from synthmix.runtime import pace
from synthmix.runtime.memory_bound import part_of
from synthmix.store import load_array, save_array

LOGGER = logging.getLogger(__name__)
BATCH = 32


def extract_features(
    images: str | Path,
    weights: str | Path,
    output: str | Path,
    settings: Mapping[str, Any],
    device: torch.device,
) -> None:
    """Write what the frozen part of a classifier makes of every image of the store `images`.

    `settings` are those of any classifier with this frozen part. `output` is an array (N, width),
    or (N, channels, height, width) where layers behind it are trained, float32: row i for image i.
    """
    store = load_array(images)
    without_head = {**settings, "dense_layers": []}
    network = new_network(without_head, to_tensor(store[:1]).shape[1:], classes=1)
    load_starting_weights(network, settings["network"], weights)
    frozen, _ = network.to(device).cut(unfrozen_of(settings))
    features = FromImages(network, frozen, input_size_of(settings), device)

    def batches() -> Iterator[np.ndarray]:
        size = part_of(BATCH)
        starts = tqdm(range(0, len(store), size), "features", disable=None)
        for start in pace.each(starts, pace.FEATURES, min(size, len(store))):
            yield features(to_tensor(store[start : start + size])).cpu().numpy()

    row_shape = features(to_tensor(store[:1])).shape[1:]
    save_array(output, row_shape, "float32", batches())
    LOGGER.info("features %s of %d images, on %s", tuple(row_shape), len(store), device)
