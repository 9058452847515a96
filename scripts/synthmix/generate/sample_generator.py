"""From a trained generator to a pool of synthetic images, one a seed."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.generate.models import checked
from synthmix.generate.models.base import Generator
from synthmix.mix.plan import Mix, pool_size
from synthmix.prepare.parts import rows_of
from synthmix.registry import load_generator
from synthmix.resizing import resized
from synthmix.store import read_table, save_array, table_path

LOGGER = logging.getLogger(__name__)
BLOCK = 256
SEEDS_OF_A_TRAINING = 10**7  # more than a pool has images


def sample_generator(
    model: str,
    generator: str,
    labels: Mapping[str, int],
    weights: str | Path,
    output: str | Path,
    images: Mapping[str, int],
    truncation: float,
    device: torch.device,
    image_size: int | None = None,
    fill_to: int | None = None,
    additions: Sequence[Mix] = (),
    split: str | Path = "",
    training: int = 1,
    at_least: int = 0,
) -> None:
    """Make images of the classes `labels`, one class after the other, as the store `output`.

    `weights` is what `train_generator` wrote for a generator of the kind `model`; `labels` has the
    number of each class in it, `images` how many are made of each: those of seeds 0 .. n - 1, of a
    second `training` of the generator other seeds, as the first may have equal weights. More where
    the class lacks more to `fill_to` training images in the table `split`, or where one of the
    `additions` to the real images in it takes more. Of a generator that has so many images and no
    others more are taken too, up to `at_least`, as far as there are any. The table names the
    `generator`. Images of another size are resized to `image_size`, that of the real ones, so that
    they can be mixed.
    """
    asked = {label: {"mixes.train_images": images[label]} for label in labels}
    if fill_to is not None or additions:
        real = _real_images(split)
        for label in labels:
            asked[label]["pools.fill_to"] = (fill_to or 0) - real["train"].get(label, 0)
            asked[label]["additions"] = pool_size(additions, generator, label, real)
    trained = load_generator(model).load(weights, device)
    seeds = {
        label: seeds_of(max(asked[label].values()), training)
        if (there := trained.images_there(number)) is None
        else _seeds_among(there, asked[label], at_least, training, f"{generator}, class {label}")
        for label, number in labels.items()
    }
    blocks = (
        resized(block, image_size)
        for label, number in labels.items()
        for block in _blocks(trained, seeds[label], label, number, truncation)
    )
    height, width, channels = trained.image_shape
    shape = (image_size or height, image_size or width, channels)
    save_array(output, shape, "uint8", blocks)
    tables = [_describe(generator, label, seeds[label], truncation) for label in labels]
    write_table(table_path(output), pd.concat(tables, ignore_index=True))
    LOGGER.info("images of each class: %s", {label: len(drawn) for label, drawn in seeds.items()})


def seeds_of(images: int, training: int) -> range:
    """Return the seeds of so many images of one `training` of a generator, from 1.

    Copies and blends of training images differ from one training to the next by these alone.
    """
    first = (training - 1) * SEEDS_OF_A_TRAINING
    return range(first, first + images)


def _seeds_among(
    there: int, asked: Mapping[str, int], at_least: int, training: int, whose: str
) -> range:
    """Return the seeds of one `training` of a generator that has `there` images and no others.

    `asked` are the numbers of images that settings ask for, by the setting; the largest counts, and
    each training has other images. More follow up to `at_least`, where there are any. Raises
    UserError where there are too few: what images can do that are there twice nobody would know.
    """
    setting = max(asked, key=lambda name: asked[name])
    wanted = asked[setting]
    first = (training - 1) * wanted
    if first + wanted > there:
        several = f" by each of {training} trainings" if training > 1 else ""
        advice = f"lower {setting}" + (" or repeats.generators" if training > 1 else "")
        raise UserError(
            f"{whose}: {wanted:,} images are asked for{several}, and there are {there:,}: {advice},"
            f" or bring more images; none is taken twice"
        )
    return range(first, min(there, first + max(wanted, at_least)))


def _describe(generator: str, label: str, seeds: range, truncation: float) -> pd.DataFrame:
    """Return the rows of the table for the images of a class."""
    return pd.DataFrame(
        {
            "sample_id": [f"{generator}-{label}-{seed:06d}" for seed in seeds],
            "label": label,
            "seed": np.array(seeds, dtype=np.int64),
            "generator": generator,
            "truncation": truncation,
        }
    )


def _real_images(split: str | Path) -> dict[str, dict[str, int]]:
    """Return the number of real images to train and to validate on, by class."""
    samples = read_table(split)
    return {
        part: rows_of(samples, part)["label"].value_counts().to_dict()
        for part in ("train", "validation")
    }


def _blocks(
    generator: Generator, seeds: range, label: str, number: int, truncation: float
) -> Iterator[np.ndarray]:
    for start in tqdm(range(0, len(seeds), BLOCK), f"sample {label}", disable=None):
        try:
            yield checked.sample(generator, seeds[start : start + BLOCK], number, truncation)
        except UserError as error:
            raise UserError(f"{generator.settings.model}, class {label}: {error}") from error
