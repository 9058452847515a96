"""What a trained classifier says of the real test images."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from safetensors.torch import load_file

from synthmix.classify.network import build_trainable_part
from synthmix.files import write_table
from synthmix.store import load_array, read_table

BATCH = 64


def predict(
    settings: dict[str, Any],
    features: str | Path,
    split: str | Path,
    weights: str | Path,
    model: str | Path,
    classes: list[str],
    output: str | Path,
    device: torch.device,
) -> None:
    """Write a row for each test image: sample_id, group, label, predicted and probabilities.

    `features` are the frozen part's of the real store, `weights` the starting weights, `model`
    the trained ones. The columns `probability_<class>` are softmax outputs that sum to 1.
    """
    samples = read_table(split)
    test = samples[samples["split"] == "test"]
    network = build_trainable_part(settings, load_file(weights), len(classes))
    network.load_state_dict(load_file(model))
    probabilities = predict_proba(network.to(device), load_array(features), test.index, device)
    table = test[["sample_id", "group", "label"]].copy()
    table["predicted"] = [classes[column] for column in probabilities.argmax(1)]
    for column, label in enumerate(classes):
        table[f"probability_{label}"] = probabilities[:, column]
    write_table(output, table)


@torch.no_grad()
def predict_proba(
    network: torch.nn.Module, features: np.ndarray, rows: pd.Index, device: torch.device
) -> np.ndarray:
    """Return the probabilities (len(rows), classes), float32, of `rows` of `features`."""
    network.eval()
    parts = []
    for start in range(0, len(rows), BATCH):
        batch = np.asarray(features[rows[start : start + BATCH]], np.float32)
        logits = network(torch.from_numpy(batch).to(device))
        parts.append(logits.softmax(1).cpu().numpy())
    return np.concatenate(parts)
