"""Training the small network whose features are compared where Inception can't be had."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from synthmix.errors import UserError
from synthmix.score.extract_score_features import feature_blocks, to_tensor
from synthmix.score.own_network import OwnFeatures
from synthmix.seeds import derive_seed
from synthmix.store import load_array, read_table

LOGGER = logging.getLogger(__name__)
STEPS = 300
BATCH = 64
LEARNING_RATE = 3e-3
DECAY = 0.01
LEAST_DEVIATION = 1e-3  # a channel that is silent on the real images must not drown all others


def train_score_network(
    images: str | Path,
    split: str | Path,
    classes: Sequence[str],
    output: str | Path,
    seed: int,
    device: torch.device,
) -> None:
    """Train an `OwnFeatures` to tell `classes` apart on the training images; write it as `output`.

    `images` is the real store, row i of the table `split` its image i. Every class is drawn as
    often as any other, however few images it has. Raises UserError where there is no training
    image.
    """
    store, samples = load_array(images), read_table(split)
    rows = np.flatnonzero((samples["split"] == "train") & samples["label"].isin(classes))
    if not len(rows):
        raise UserError("there is no real training image, so no features to score generators by")
    labels = torch.tensor([classes.index(label) for label in samples["label"].iloc[rows]])
    torch.manual_seed(derive_seed("score network", seed))
    network = OwnFeatures(store.shape[3], len(classes)).to(device)
    accuracy = _fit(network, store, rows, labels, device)
    LOGGER.info("right on %.0f%% of the last training images, on %s", 100 * accuracy, device)
    _standardise(network, store, rows, device)
    network.save(output)


def _fit(
    network: OwnFeatures,
    store: np.ndarray,
    rows: np.ndarray,
    labels: torch.Tensor,
    device: torch.device,
) -> float:
    """Train `network`; return the share of images of the last steps that it tells rightly."""
    optimizer = torch.optim.AdamW(network.parameters(), LEARNING_RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, STEPS)
    weights = 1 / labels.bincount().float()[labels]
    batches = torch.multinomial(weights, STEPS * BATCH, replacement=True).view(STEPS, BATCH)
    right = []
    for batch in batches:
        logits = network.logits(to_tensor(store[rows[batch.numpy()]], device))
        targets = labels[batch].to(device)
        optimizer.zero_grad()
        cross_entropy(logits, targets).backward()
        optimizer.step()
        schedule.step()
        right.append((logits.argmax(1) == targets).float().mean().item())
    return float(np.mean(right[-10:]))


def _standardise(
    network: OwnFeatures, store: np.ndarray, rows: np.ndarray, device: torch.device
) -> None:
    """Let `network` give its features in standard deviations over the images `rows`."""
    network.eval()
    total = np.zeros((2, network.dims))
    for block in feature_blocks(network, store, rows, device):
        values = block.astype(np.float64)
        total += [values.sum(0), (values**2).sum(0)]
    mean, square = total / len(rows)
    deviation = np.sqrt(np.maximum(square - mean**2, LEAST_DEVIATION**2))
    network.mean.copy_(torch.from_numpy(mean))
    network.deviation.copy_(torch.from_numpy(deviation))
