"""Differentiable augmentation of what the discriminator sees.

Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training" (2020,
https://arxiv.org/abs/2006.10738). Real and generated images are transformed alike, and the
generator learns through the transforms, so they don't show in what it makes.
"""

from collections.abc import Sequence

import torch

# Strengths as in the paper; images are in -1..1.
BRIGHTNESS = 0.5
SATURATION = 1.0
CONTRAST = 0.5
SHIFT_SHARE = 0.125
CUT_SHARE = 0.5


def augment(images: torch.Tensor, kinds: Sequence[str]) -> torch.Tensor:
    """Return images (N, C, W, W) in -1..1, each changed by draws of its own; `kinds` in order.

    Without `kinds` these are the very images, and no random number is drawn.
    """
    for kind in kinds:
        images = TRANSFORMS[kind](images)
    return images


def jitter_color(images: torch.Tensor) -> torch.Tensor:
    """Add a brightness, then scale the distance from grey and from the image's mean.

    Values may leave -1..1, as in the paper.
    """
    images = images + _uniform(images, -BRIGHTNESS, BRIGHTNESS)
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * _uniform(images, 1 - SATURATION, 1 + SATURATION)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * _uniform(images, 1 - CONTRAST, 1 + CONTRAST)


def translate(images: torch.Tensor) -> torch.Tensor:
    """Shift by whole pixels, at most an eighth of the width; zeros come in at the border."""
    size = images.shape[-1]
    most = round(size * SHIFT_SHARE)
    here = torch.arange(size, device=images.device)
    # shifts as products with matrices of zeros and ones: exact, and repeatable on a GPU
    vertical, horizontal = (
        (here[:, None] - here == _integers(images, -most, most)[:, None, None]).to(images.dtype)
        for _ in range(2)
    )
    return torch.einsum("nyi,ncij,nxj->ncyx", vertical, images, horizontal)


def cut_out(images: torch.Tensor) -> torch.Tensor:
    """Set a square of half the width to zero, its centre anywhere in the image."""
    size = images.shape[-1]
    side = round(size * CUT_SHARE)
    here = torch.arange(size, device=images.device)
    starts = (_integers(images, -(side // 2), size - side // 2)[:, None] for _ in range(2))
    rows, columns = ((here >= start) & (here < start + side) for start in starts)
    return images.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0.0)


TRANSFORMS = {"color": jitter_color, "translation": translate, "cutout": cut_out}


def _uniform(images: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Return a number in low..high for each image, (N, 1, 1, 1)."""
    # drawn on the CPU: the same ones on every device
    shares = torch.rand(len(images), 1, 1, 1).to(images.device)
    return low + (high - low) * shares


def _integers(images: torch.Tensor, low: int, high: int) -> torch.Tensor:
    """Return a whole number from low to high for each image, (N,)."""
    return torch.randint(low, high + 1, (len(images),)).to(images.device)
