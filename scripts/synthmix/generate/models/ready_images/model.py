"""Ready images behind the contract of a generator: image i of a class is that of the seed i."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from synthmix.errors import UserError
from synthmix.generate.models.base import Generator
from synthmix.generate.models.ready_images.settings import Settings


class Kept(nn.Module):
    """Images (N, C, H, W), uint8, and their labels (N,), int64, on the CPU."""

    images: torch.Tensor
    labels: torch.Tensor

    def __init__(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        """Keep both as they are."""
        super().__init__()
        self.register_buffer("images", images)
        self.register_buffer("labels", labels)


class ReadyImages(Generator):
    """A pool of images that is there already."""

    Settings = Settings

    def build(self) -> None:
        """Know no images yet; see `Generator`."""
        self._kept: Kept | None = None

    def train_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        """Keep the images; there is nothing to train and no loss. See `Generator`."""
        self._kept = Kept(images, labels)
        self.images_seen += len(images)
        return {}

    def finish(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        """Keep the images, be it after a training that was broken off."""
        self._kept = Kept(images, labels)

    def sampling_network(self) -> Kept:
        """Return the images."""
        if self._kept is None:
            raise RuntimeError("no images are known: call train_epoch or finish first")
        return self._kept

    def load_sampling_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take up the images, however many."""
        if set(tensors) != {"images", "labels"}:
            raise ValueError(f"it has {sorted(tensors)}, not images and labels")
        images, labels = tensors["images"], tensors["labels"]
        height, width, channels = self.image_shape
        shape = (len(labels), channels, height, width)
        if images.shape != shape or images.dtype != torch.uint8 or labels.ndim != 1:
            raise ValueError(f"images are {images.dtype} of {tuple(images.shape)}, not of {shape}")
        if sorted(labels.unique().tolist()) != list(range(self.classes)):
            raise ValueError(f"its labels are not 0 to {self.classes - 1}")
        self._kept = Kept(images, labels)

    def images_there(self, label: int = 0) -> int:
        """Return how many images of the class `label` there are."""
        return len(self._rows(label))

    def sample(self, seeds: Sequence[int], label: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Return image i of the class `label` for the seed i, (len(seeds), H, W, C) uint8.

        `truncation` changes none. Raises UserError for a seed beyond the last image: none is given
        twice unasked.
        """
        rows = self._rows(label)
        if len(seeds) and max(seeds) >= len(rows):
            raise UserError(
                f"there are {len(rows):,} ready images of class number {label} (the first is 0), "
                f"seeds 0 to {len(rows) - 1}, and seed {max(seeds)} is asked for: ask for fewer"
            )
        images = self.sampling_network().images.numpy()
        chosen = images[rows[np.asarray(seeds, dtype=np.int64)]]
        return np.ascontiguousarray(chosen.transpose(0, 2, 3, 1))

    def _rows(self, label: int) -> np.ndarray:
        return np.flatnonzero(self.sampling_network().labels.numpy() == label)
