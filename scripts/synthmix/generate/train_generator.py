"""Training one generator, resumable at every epoch."""

import logging
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from tqdm import tqdm

from synthmix.checkpoint import Checkpoint
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.generate.sheet import save_sheet, sheet_images
from synthmix.generators.base import Generator
from synthmix.registry import load_generator
from synthmix.seeds import derive_seed
from synthmix.store import load_array, read_table

LOGGER = logging.getLogger(__name__)


def train_generator(
    settings: dict[str, Any],
    images: str | Path,
    split: str | Path,
    classes: Sequence[str],
    scope: str,
    name: str,
    weights: str | Path,
    history: str | Path,
    sheet: str | Path,
    trained_on: str | Path,
    checkpoint: Checkpoint,
    seed: int,
    device: torch.device,
) -> None:
    """Train the generator `name` on the training images of `classes`.

    `scope` is the class that it learns, or the name of all of them together. Reads the store
    `images` and its `split`; writes the `weights` (safetensors), the losses an epoch (`history`),
    images from the same latent vectors at set epochs (`sheet`, PNG) and the
    samples it has seen (`trained_on`). Raises UserError when a class has fewer than two.
    """
    samples = read_table(split)
    seen = samples[(samples["split"] == "train") & samples["label"].isin(classes)]
    there = seen["label"].value_counts()
    for label in classes:
        if there.get(label, 0) < 2:
            raise UserError(
                f"class {label} has {there.get(label, 0)} training images, too few to train a "
                f"generator on: two at least; add images, or leave the class out"
            )
    store = load_array(images)
    selected = torch.from_numpy(store[seen.index.to_numpy()]).permute(0, 3, 1, 2).contiguous()
    labels = torch.tensor([classes.index(label) for label in seen["label"]])
    LOGGER.info("training on %d images of %s, on %s", len(seen), ", ".join(classes), device)

    torch.manual_seed(derive_seed("generator weights", name, scope, seed))
    model = load_generator(settings["model"])
    generator = model(model.Settings(**settings), store.shape[1:], len(classes), device)
    seed = derive_seed("generator", name, scope, seed)
    losses, sheets = fit(generator, selected, labels, checkpoint, seed)

    generator.save(weights, classes)
    write_table(history, losses)
    save_sheet(sheet, sheets)
    write_table(trained_on, seen[["sample_id", "group"]])
    checkpoint.remove()


def fit(
    generator: Generator,
    images: torch.Tensor,
    labels: torch.Tensor,
    checkpoint: Checkpoint,
    seed: int,
) -> tuple[pd.DataFrame, dict[int, torch.Tensor]]:
    """Train `generator` on `images` (N, C, H, W) uint8 of `labels` (N,), from its checkpoint.

    Returns the losses, a row an epoch, and the images of the sheet, (n, H, W, C) uint8, by epoch.
    """
    state = checkpoint.load() or {"epoch": 0, "losses": [], "sheets": {}}
    if state["epoch"]:
        generator.load_training_state(state["training"])
        LOGGER.info("going on after epoch %d", state["epoch"])
    losses, sheets = state["losses"], state["sheets"]
    epochs = generator.settings.epochs
    for epoch in tqdm(range(state["epoch"] + 1, epochs + 1), "generator", disable=None):
        torch.manual_seed(derive_seed("epoch", seed, epoch))
        row = generator.train_epoch(images, labels)
        if not all(map(math.isfinite, row.values())):
            raise UserError(
                f"a loss is not finite after epoch {epoch} ({row}): the training has gone astray; "
                f"lower the generator's learning_rate"
            )
        losses.append({"epoch": epoch, **row})
        LOGGER.info(
            "epoch %d/%d %s", epoch, epochs, " ".join(f"{k} {v:.4f}" for k, v in row.items())
        )
        if epoch in generator.settings.sheet_epochs or epoch == epochs:
            sheets[epoch] = torch.from_numpy(sheet_images(generator))
        checkpoint.save_if_due(lambda: _state(generator, losses, sheets))
    generator.finish(images, labels)
    return pd.DataFrame(losses), sheets


def _state(
    generator: Generator, losses: list[dict[str, float]], sheets: dict[int, torch.Tensor]
) -> dict[str, Any]:
    return {
        "epoch": losses[-1]["epoch"],
        "losses": losses,
        "sheets": sheets,
        "training": generator.training_state(),
    }
