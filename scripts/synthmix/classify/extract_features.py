"""The features of a frozen backbone, computed once a store and shared by all trainings."""

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torchvision.transforms.v2.functional import normalize, resize
from tqdm import tqdm

from synthmix.registry import load_classifier
from synthmix.store import load_array, save_array

LOGGER = logging.getLogger(__name__)
BATCH = 32


def extract_features(
    images: str | Path,
    weights: str | Path,
    output: str | Path,
    network: str,
    input_size: int,
    unfrozen_layers: int,
    device: torch.device,
) -> None:
    """Write what the frozen part of `network` makes of every image of the store `images`.

    `output` is an array (N, channels, height, width), float16, row i for image i.
    """
    module = load_classifier(network)
    frozen = module.frozen_part(load_file(weights), unfrozen_layers).to(device)
    store = load_array(images)

    def features(batch: np.ndarray) -> np.ndarray:
        inputs = to_inputs(batch, input_size, module.MEAN, module.STANDARD_DEVIATION, device)
        return _to_half(frozen(inputs))

    with torch.no_grad():
        row_shape = features(store[:1]).shape[1:]
        save_array(output, row_shape, "float16", _batches(store, features))
    LOGGER.info("features %s of %d images, on %s", tuple(row_shape), len(store), device)


def to_inputs(
    images: np.ndarray,
    input_size: int,
    mean: tuple[float, ...],
    standard_deviation: tuple[float, ...],
    device: torch.device,
) -> torch.Tensor:
    """Turn images (N, H, W, C) uint8 into network inputs (N, 3, input_size, input_size).

    Grey images are repeated for the three channels; values are normalised for the network.
    """
    batch = torch.from_numpy(np.array(images)).to(device).permute(0, 3, 1, 2)
    batch = batch.expand(-1, 3, -1, -1).float() / 255
    if batch.shape[-1] != input_size:
        batch = resize(batch, [input_size, input_size], antialias=True)
    return normalize(batch, mean, standard_deviation)


def _batches(
    store: np.ndarray, features: Callable[[np.ndarray], np.ndarray]
) -> Iterator[np.ndarray]:
    for start in tqdm(range(0, len(store), BATCH), "features", disable=None):
        yield features(store[start : start + BATCH])


def _to_half(values: torch.Tensor) -> np.ndarray:
    half = values.half()
    if not torch.isfinite(half).all():
        raise ValueError("features beyond the range of float16: are these weights trained?")
    return half.cpu().numpy()
