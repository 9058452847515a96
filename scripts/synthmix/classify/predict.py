"""What a trained classifier says of the real test images, and of its validation images."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from synthmix.classify.examples import Examples, FromImages, Source
from synthmix.classify.files import TrainingFiles
from synthmix.classify.network import load_network
from synthmix.evaluate.predictions import PROBABILITY
from synthmix.evaluate.threshold import choose_threshold, decide
from synthmix.files import write_table
from synthmix.mix.plan import REAL_STORE
from synthmix.networks.plan import input_size_of, unfrozen_of
from synthmix.prepare.parts import rows_of
from synthmix.runtime import pace
from synthmix.runtime.memory_bound import part_of
from synthmix.seeds import derive_seed
from synthmix.store import load_array, read_table

BATCH = 64
BATCH_OF_IMAGES = 8  # all layers are gone through: memory, on a CPU at no loss of time
DROPOUTS = (nn.Dropout, nn.Dropout2d, nn.Dropout3d)


def predict(
    model: str | Path,
    files: TrainingFiles,
    split: str | Path,
    outputs: Mapping[str, str | Path],
    positive_class: str | None,
    threshold: Any,
    predicting: Mapping[str, Any],
    fold: int | None,
    seed: int,
    master_seed: int,
    device: torch.device,
) -> None:
    """Write the tables `test` and `validation` of `outputs`: what `model` says of its images.

    Its settings are those of its training, over them those in `predicting`.

    A row an image: sample_id, group, label, fold where there is one, predicted, threshold where
    `threshold`, as `choose_threshold` takes it, is no default, and the columns
    `probability_<class>`, which sum to 1. Test images are those of the `split`, where folds are
    tested on in turn that of the `fold`; validation images those of the mix, synthetic ones among
    them.
    """
    network, header = load_network(model, files.weights)
    network.to(device)
    settings, classes = {**header.settings, **predicting}, list(header.classes)
    frozen, trained = network.cut(unfrozen_of(settings))
    arrays = {
        store: load_array(path) for store, path in files.sources(settings, master_seed).items()
    }
    cached = files.has_features(settings, master_seed)
    through = FromImages(network, frozen, input_size_of(settings), device)
    source = Source(arrays, None if cached else through)

    mix = read_table(files.mix)
    real = read_table(split)
    real = real.assign(store=REAL_STORE, row=real.index)
    parts = {"validation": mix[mix["split"] == "validation"], "test": rows_of(real, "test")}
    tables = {}
    for part, rows in parts.items():
        torch.manual_seed(derive_seed("predict", part, seed))
        examples = Examples(rows, source, classes)
        probabilities = predict_proba(trained, examples, settings["monte_carlo_passes"], device)
        tables[part] = _table(rows, probabilities, classes, fold)
    chosen = choose_threshold(tables["validation"], positive_class, threshold)
    for part, table in tables.items():
        write_table(outputs[part], decide(table, classes, positive_class, chosen))


def predict_proba(
    trained: nn.Module, examples: Examples, passes: int | None, device: torch.device
) -> np.ndarray:
    """Return the probabilities (N, classes), float32, of `examples`.

    With `passes` they are means over so many passes with dropout on: Monte Carlo dropout, Gal and
    Ghahramani 2016, "Dropout as a Bayesian Approximation".
    """
    with dropout(trained, on=passes is not None):
        return np.mean([_pass(trained, examples, device) for _ in range(passes or 1)], axis=0)


@torch.no_grad()
def _pass(trained: nn.Module, examples: Examples, device: torch.device) -> np.ndarray:
    parts = [np.empty((0, examples.classes), np.float32)]
    batch = part_of(BATCH if examples.source.through is None else BATCH_OF_IMAGES)
    rows = np.arange(len(examples))
    batches = [rows[start : start + batch] for start in range(0, len(rows), batch)]
    for positions in pace.each(batches, pace.PREDICTING):
        logits = trained(examples.inputs(positions, device))
        parts.append(logits.softmax(1).cpu().numpy())
    return np.concatenate(parts)


@contextmanager
def dropout(network: nn.Module, on: bool) -> Iterator[None]:
    """Put `network` in evaluation mode, with its dropout `on` or not."""
    network.eval()
    for layer in network.modules():
        if on and isinstance(layer, DROPOUTS):
            layer.train()
    try:
        yield
    finally:
        network.eval()


def _table(
    rows: pd.DataFrame, probabilities: np.ndarray, classes: Sequence[str], fold: int | None
) -> pd.DataFrame:
    table = rows[["sample_id", "group", "label"]].reset_index(drop=True)
    if fold is not None:
        table["fold"] = fold
    for column, label in enumerate(classes):
        table[f"{PROBABILITY}{label}"] = probabilities[:, column]
    return table
