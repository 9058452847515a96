"""What generators give back, held to what `base.Generator` says of it.

A pool whose rows are not the images of their seeds looks like any other, and all that follows from
it is wrong: so what a model makes is looked at before it is kept.
"""

import math
from collections.abc import Mapping, Sequence
from numbers import Real

import numpy as np
import torch

from synthmix.errors import UserError
from synthmix.extensions import fault, file_of
from synthmix.generate.models.base import Generator


def sample(
    generator: Generator, seeds: Sequence[int], label: int = 0, truncation: float = 1.0
) -> np.ndarray:
    """Return what `generator.sample` makes: an image for each seed, (n, H, W, C) uint8.

    Raises UserError where it is something else.
    """
    images = generator.sample(seeds, label, truncation)
    wanted = (len(seeds), *generator.image_shape)
    if not isinstance(images, np.ndarray):
        raise _wrong(generator, f"sample must return a numpy array, not {type(images).__name__}")
    if images.shape != wanted or images.dtype != np.uint8:
        raise _wrong(
            generator,
            f"sample must return uint8 values of the shape {wanted}, an image for each seed, not "
            f"{images.dtype} of {images.shape}",
        )
    return images


def train_epoch(
    generator: Generator, images: torch.Tensor, labels: torch.Tensor
) -> dict[str, float]:
    """Return the mean losses of one epoch of `generator.train_epoch`, all of them finite.

    Raises UserError where it returns something else, or has not counted its images.
    """
    seen = generator.images_seen
    losses = generator.train_epoch(images, labels)
    numbers = isinstance(losses, Mapping) and all(
        isinstance(value, Real) for value in losses.values()
    )
    if not numbers:
        raise _wrong(
            generator, f"train_epoch must return a float for each name of a loss, not {losses!r}"
        )
    if not all(map(math.isfinite, losses.values())):
        raise UserError(
            f"a loss is not finite ({dict(losses)}): the training has gone astray; lower the "
            f"generator's learning_rate"
        )
    if generator.images_seen <= seen:
        raise _wrong(generator, "train_epoch must add the images of its steps to images_seen")
    return dict(losses)


def _wrong(generator: Generator, problem: str) -> UserError:
    return fault(file_of(type(generator).__module__), problem)
