"""Adaptive discriminator augmentation: what the discriminator sees is transformed at random.

Karras et al., "Training Generative Adversarial Networks with Limited Data" (2020,
https://arxiv.org/abs/2006.06676), section 3 and appendix B. Each transform is applied with a
probability that rises while the discriminator overfits.
"""

import math
from typing import Any

import torch

from synthmix.generate.models.stylegan2_ada.settings import Settings
from synthmix.generate.models.stylegan2_ada.transforms import blit, recolour, warp

# Strengths as in the paper: shares of the width, or standard deviations of log2 or of brightness.
MAX_SHIFT = 0.125
SHIFT_DEVIATION = 0.125
SCALE_DEVIATION = 0.2
BRIGHTNESS_DEVIATION = 0.2
CONTRAST_DEVIATION = 0.5
SATURATION_DEVIATION = 1.0


class AdaptiveAugmentation:
    """Random transforms, each applied with the probability `p`, which follows overfitting."""

    def __init__(self, settings: Settings) -> None:
        """Start at a probability of 0: images are left as they are."""
        self.settings = settings
        self.p = 0.0
        self.signs, self.seen = 0.0, 0

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Transform images (N, C, W, W), float32, each by draws of its own."""
        if self.p == 0:
            return images
        if self.settings.augment_blit:
            images = blit(images, *draw_blits(images, self.p))
        if self.settings.augment_geometric:
            images = warp(images, draw_warps(images, self.p))
        if self.settings.augment_colour:
            images = recolour(images, draw_colours(images, self.p))
        return images

    def observe(self, sign: torch.Tensor, images: int) -> None:
        """Count the mean `sign` of the discriminator's outputs for as many real `images`."""
        self.signs += sign * images
        self.seen += images

    def adapt(self) -> float:
        """Move `p` by what was observed since the last call; return the mean sign of that.

        A mean sign above `ada_target` shows that the discriminator overfits. `p` stays within
        0..1: the paper has no upper bound, but above 1 nothing more would change.
        """
        settings = self.settings
        sign = float(self.signs) / self.seen
        if settings.augment_blit or settings.augment_geometric or settings.augment_colour:
            step = self.seen / settings.ada_images
            self.p += math.copysign(step, sign - settings.ada_target)
            self.p = min(max(self.p, 0.0), 1.0)
        self.signs, self.seen = 0.0, 0
        return sign

    def state(self) -> dict[str, Any]:
        """Return all that the next transforms depend on, as numbers."""
        return {"p": self.p, "signs": float(self.signs), "seen": self.seen}

    def load_state(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned."""
        self.p, self.signs, self.seen = state["p"], state["signs"], state["seen"]


def draw_blits(images: torch.Tensor, p: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Draw flips (N,), quarter turns (N,) and shifts (N, 2) for `blit`."""
    count, size = len(images), images.shape[-1]
    flips = _happens(images, p) & _happens(images, 0.5)
    turns = torch.randint(4, (count,), device=images.device) * _happens(images, p)
    shares = (torch.rand(count, 2, device=images.device) * 2 - 1) * MAX_SHIFT
    shifts = (shares * size).round().long() * _happens(images, p)[:, None]
    return flips, turns, shifts


def draw_warps(images: torch.Tensor, p: float) -> torch.Tensor:
    """Draw the maps (N, 2, 3) for `warp`: scale, rotation, stretch, rotation and shift.

    They are drawn from the result back to the image; that is the same distribution as forth,
    because each part is as likely as its inverse. Rotations before and after the stretch are
    each so likely that together they happen with probability `p`.
    """
    rotation_p = 1 - math.sqrt(1 - p)
    log_scale = _normal(images, SCALE_DEVIATION, p)
    log_stretch = _normal(images, SCALE_DEVIATION, p)
    factors = torch.stack([log_scale + log_stretch, log_scale - log_stretch], dim=1).exp2()
    linear = _rotation(images, rotation_p) @ factors.diag_embed() @ _rotation(images, rotation_p)
    shift = torch.randn(len(images), 2, 1, device=images.device) * SHIFT_DEVIATION
    shift = shift * images.shape[-1] * _happens(images, p)[:, None, None]
    return torch.cat([linear, linear @ shift], dim=2)


def draw_colours(images: torch.Tensor, p: float) -> torch.Tensor:
    """Draw the maps (N, C, C + 1) for `recolour`: brightness, contrast, flip, hue, saturation.

    The last three need three channels; grey images get the first two.
    """
    count, channels = images.shape[:2]
    brightness = _normal(images, BRIGHTNESS_DEVIATION, p)[:, None, None].expand(-1, channels, 1)
    contrast = _normal(images, CONTRAST_DEVIATION, p).exp2()[:, None, None]
    linear = contrast * torch.eye(channels, device=images.device)
    if channels == 3:
        grey = torch.full((3, 3), 1 / 3, device=images.device)
        colour = torch.eye(3, device=images.device) - grey
        flip = _happens(images, p) & _happens(images, 0.5)
        angle = (torch.rand(count, device=images.device) * 2 - 1) * math.pi * _happens(images, p)
        saturation = _normal(images, SATURATION_DEVIATION, p).exp2()
        luma = torch.where(flip, -1.0, 1.0)[:, None, None] * grey
        linear = contrast * (luma + saturation[:, None, None] * _hue(angle, colour))
    return torch.cat([linear, linear @ brightness], dim=2)


def _hue(angle: torch.Tensor, colour: torch.Tensor) -> torch.Tensor:
    """Return rotations (N, 3, 3) by `angle` about the grey axis, of the part that is `colour`."""
    third = 1 / math.sqrt(3)
    turned = [[0, -third, third], [third, 0, -third], [-third, third, 0]]
    quarter = torch.tensor(turned, device=colour.device)
    return angle.cos()[:, None, None] * colour + angle.sin()[:, None, None] * quarter


def _rotation(images: torch.Tensor, p: float) -> torch.Tensor:
    """Draw rotations (N, 2, 2) by any angle."""
    angle = (torch.rand(len(images), device=images.device) * 2 - 1) * math.pi
    angle = angle * _happens(images, p)
    sine, cosine = angle.sin(), angle.cos()
    return torch.stack([cosine, -sine, sine, cosine], dim=1).view(-1, 2, 2)


def _normal(images: torch.Tensor, deviation: float, p: float) -> torch.Tensor:
    """Draw a normal number for each image, (N,), with probability `p`, else 0."""
    return torch.randn(len(images), device=images.device) * deviation * _happens(images, p)


def _happens(images: torch.Tensor, p: float) -> torch.Tensor:
    return torch.rand(len(images), device=images.device) < p
