"""From a trained generator to a pool of synthetic images, one a seed."""

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from synthmix.files import write_table
from synthmix.generators.base import Generator
from synthmix.mix.plan import Mix, pool_size
from synthmix.prepare.parts import rows_of
from synthmix.registry import load_generator
from synthmix.store import read_table, save_array, table_path

LOGGER = logging.getLogger(__name__)
BLOCK = 256


def sample_generator(
    model: str,
    generator: str,
    label: str,
    label_number: int,
    weights: str | Path,
    output: str | Path,
    images: int,
    truncation: float,
    device: torch.device,
    fill_to: int | None = None,
    additions: Sequence[Mix] = (),
    split: str | Path = "",
) -> None:
    """Make the images of seeds 0 .. `images` - 1 and write them as the store `output`.

    More of them where the class lacks more to `fill_to` training images in the table `split`, or
    where one of the `additions` to the real images in it takes more. `weights` is what
    `train_generator` wrote for a generator of the kind `model`; the table names the `generator`
    and the class `label`, which is its class `label_number`.
    """
    if fill_to is not None or additions:
        real = _real_images(split)
        added = pool_size(additions, generator, label, real)
        lacking = (fill_to or 0) - real["train"].get(label, 0)
        images = max(images, lacking, added)
    trained = load_generator(model).load(weights, device)
    save_array(
        output, trained.image_shape, "uint8", _blocks(trained, images, label_number, truncation)
    )
    seeds = np.arange(images)
    table = pd.DataFrame(
        {
            "sample_id": [f"{generator}-{label}-{seed:06d}" for seed in seeds],
            "label": label,
            "seed": seeds,
            "generator": generator,
            "truncation": truncation,
        }
    )
    write_table(table_path(output), table)
    LOGGER.info("%d images of class %s", images, label)


def _real_images(split: str | Path) -> dict[str, dict[str, int]]:
    """Return the number of real images to train and to validate on, by class."""
    samples = read_table(split)
    return {
        part: rows_of(samples, part)["label"].value_counts().to_dict()
        for part in ("train", "validation")
    }


def _blocks(
    generator: Generator, images: int, label: int, truncation: float
) -> Iterator[np.ndarray]:
    for start in tqdm(range(0, images, BLOCK), "sample", disable=None):
        yield generator.sample(range(start, min(start + BLOCK, images)), label, truncation)
