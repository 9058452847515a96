"""Which real training images a method of removal keeps, for the mixes that draw on them alone."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.mix.removal import RandomUnderSampling, Removal
from synthmix.mix.selection import select
from synthmix.seeds import derive_seed
from synthmix.store import load_array, read_table

LOGGER = logging.getLogger(__name__)
BLOCK = 256


def select_samples(
    name: str,
    settings: Removal,
    images: str | Path,
    split: str | Path,
    output: str | Path,
    seed: int,
) -> None:
    """Write which training images of the store `images` the selection `name` keeps.

    `split` is the store's table with the split of each sample. `output` has a row for each
    training sample, in the order of the store: sample_id, label, kept, and spared, whether it is
    kept against the method, which would have emptied its class. How many go of each class is
    logged, with a warning where a class was spared. Raises UserError when the method cannot be
    used on these images.
    """
    samples = read_table(split)
    train = samples[samples["split"] == "train"]
    pixels = None
    if not isinstance(settings, RandomUnderSampling):
        pixels = _pixels(load_array(images), train.index.to_numpy())
    fate = fate_of(train, name, settings, pixels, seed)
    _tell(name, fate)
    write_table(output, fate)


def fate_of(
    train: pd.DataFrame, name: str, settings: Removal, pixels: np.ndarray | None, seed: int
) -> pd.DataFrame:
    """Return what `select_samples` writes of the training samples `train`.

    `pixels` (N, D) are theirs; random under-sampling needs none.
    """
    labels = train["label"].to_numpy(str)
    pixels = np.empty((len(train), 0), np.float32) if pixels is None else pixels
    try:
        rows, spared = select(pixels, labels, settings, derive_seed("selection", name, seed))
    except UserError as error:
        raise UserError(f"selections.{name}: {error}") from None
    return train[["sample_id", "label"]].assign(
        kept=np.isin(np.arange(len(train)), rows), spared=np.isin(np.arange(len(train)), spared)
    )


def _tell(name: str, fate: pd.DataFrame) -> None:
    """Log how many images of each class the selection removes."""
    for label, rows in fate.groupby("label"):
        removed = (~rows["kept"]).sum()
        LOGGER.info("%s removes %d of %d training images of %s", name, removed, len(rows), label)
        if rows["spared"].any():
            LOGGER.warning(
                "%s would remove all %d training images of %s: one is kept, %s",
                *(name, len(rows), label, rows.loc[rows["spared"], "sample_id"].item()),
            )


def _pixels(store: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the images `rows` of `store`, flattened, (N, D) float32; read block by block."""
    pixels = np.empty((len(rows), int(np.prod(store.shape[1:]))), np.float32)
    for start in range(0, len(rows), BLOCK):
        block = store[rows[start : start + BLOCK]]
        pixels[start : start + BLOCK] = block.reshape(len(block), -1)
    return pixels
