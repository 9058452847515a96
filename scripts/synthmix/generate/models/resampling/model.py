"""Classical resampling behind the contract of a generator: nothing is trained.

What a method has to know of the training images is fitted once, by imbalanced-learn; then base,
neighbour and step of an image come from its seed.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch

from synthmix.errors import UserError
from synthmix.generate.models.base import Generator
from synthmix.generate.models.class_counts import require_two_of_each
from synthmix.generate.models.resampling.bases import adasyn_weights, borderline_weights
from synthmix.generate.models.resampling.cleaning import kept_by_enn, kept_by_tomek
from synthmix.generate.models.resampling.settings import Settings
from synthmix.generate.models.smote import (
    STEPS_BETWEEN,
    SmoteBank,
    class_neighbours,
    log_small_classes,
)

CLEANERS: dict[str, Callable[..., np.ndarray]] = {
    "smote_tomek": kept_by_tomek,
    "smote_enn": kept_by_enn,
}
# Draws of a seed before a class is given up: its cleaner would remove nearly all of it.
ATTEMPTS = 200
# The second number of the draws of the fixed resampled set, so that they are no seed's.
REFERENCE_STREAM = (0, 1)


class Resampling(Generator):
    """The training images, and new ones on the lines between them."""

    Settings = Settings

    def build(self) -> None:
        """Know no images yet; see `Generator`. All work is on the CPU."""
        self._seen: tuple[torch.Tensor, torch.Tensor] | None = None
        self._bank: SmoteBank | None = None
        self._reference: tuple[np.ndarray, np.ndarray] | None = None

    def train_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        """Note the images; there is nothing to train and no loss. See `Generator`."""
        self._remember(images, labels)
        self.images_seen += len(images)
        return {}

    def finish(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        """Fit the method to the training images and keep them."""
        self._remember(images, labels)
        if not self.settings.makes_copies:
            log_small_classes(labels, self.settings.neighbours)
        self.sampling_network()

    def _remember(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        """Note whose images to sample between, in place of older ones."""
        require_two_of_each(labels, self.classes, STEPS_BETWEEN)
        self._seen, self._bank, self._reference = (images, labels), None, None

    def sampling_network(self) -> SmoteBank:
        """Return the training images with their neighbours and weights, fitted when first asked."""
        if self._bank is None:
            if self._seen is None:
                raise RuntimeError("no training images are known: call train_epoch or finish first")
            self._bank = fit_bank(self.settings, *self._seen)
        return self._bank

    def load_sampling_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take up the training images, however many, and what was fitted to them."""
        bank = SmoteBank.from_tensors(tensors, math.prod(self.image_shape), self.classes)
        self._bank, self._reference = bank, None

    def sample(self, seeds: Sequence[int], label: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Return an image of the class `label` for each seed; see `Generator`.

        `truncation` pulls an image towards the mean of its class, after any cleaning; copies stay
        what they are. Raises UserError when the cleaning would remove whatever is made of the
        class.
        """
        height, width, channels = self.image_shape
        bank = self.sampling_network()
        samples = self._draw(bank, seeds, label)
        if not self.settings.makes_copies:
            samples = bank.pull(samples, label, truncation)
        pixels = _rounded(samples)
        return pixels.reshape(len(seeds), channels, height, width).transpose(0, 2, 3, 1)

    def _draw(self, bank: SmoteBank, seeds: Sequence[int], label: int) -> np.ndarray:
        """Return for each seed its first sample that is not removed, (n, D) float32."""
        cleaner = CLEANERS.get(self.settings.method)
        if cleaner is None:
            return bank.sample(seeds, label)
        chosen = np.empty((len(seeds), bank.points.shape[1]), np.float32)
        pending = np.arange(len(seeds))
        for attempt in range(ATTEMPTS):
            samples = bank.sample([seeds[i] for i in pending], label, attempt)
            kept = cleaner(_rounded(samples), label, *self._reference_set(bank))
            chosen[pending[kept]] = samples[kept]
            pending = pending[~kept]
            if not len(pending):
                return chosen
        raise UserError(
            f"{self.settings.method} would remove nearly every image that it makes of class "
            f"number {label} (the first is 0): set method to smote"
        )

    def _reference_set(self, bank: SmoteBank) -> tuple[np.ndarray, np.ndarray]:
        """Return the fixed resampled set and its labels: every class filled to the largest."""
        if self._reference is None:
            labels = bank.labels.numpy()
            images, names = [bank.points.numpy()], [labels]
            counts = np.bincount(labels)
            for label, count in enumerate(counts):
                missing = range(int(counts.max() - count))
                images.append(_rounded(bank.sample(missing, label, *REFERENCE_STREAM)))
                names.append(np.full(len(missing), label))
            self._reference = np.concatenate(images), np.concatenate(names)
        return self._reference


def fit_bank(settings: Settings, images: torch.Tensor, labels: torch.Tensor) -> SmoteBank:
    """Return what the method needs of `images` (N, C, H, W) uint8 of `labels` (N,)."""
    points = images.flatten(1)
    if settings.makes_copies:
        # a step to oneself is a copy
        return SmoteBank(points, labels, torch.arange(len(points))[:, None])
    nearest = class_neighbours(points, labels, settings.neighbours)
    pixels, numbers = points.float().numpy(), labels.numpy()
    weights = None
    if settings.method == "borderline_smote":
        weights = borderline_weights(pixels, numbers, settings.danger_neighbours)
    elif settings.method == "adasyn":
        weights = adasyn_weights(pixels, numbers, settings.neighbours)
    return SmoteBank(points, labels, nearest, None if weights is None else torch.tensor(weights))


def _rounded(pixels: np.ndarray) -> np.ndarray:
    return np.rint(pixels).clip(0, 255).astype(np.uint8)
