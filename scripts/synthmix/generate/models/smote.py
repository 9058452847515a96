"""SMOTE one image at a time: base, neighbour and step come from the image's seed alone.

Chawla, Bowyer, Hall and Kegelmeyer 2002, https://arxiv.org/abs/1106.1813. A whole data set is
usually resampled at once; here what has to be known of it is fitted once and kept, so that any
seed's sample can be had later without the others.
"""

import logging
from collections.abc import Sequence

import numpy as np
import torch
from imblearn.over_sampling import SMOTE
from sklearn.neighbors import NearestNeighbors
from torch import nn

LOGGER = logging.getLogger(__name__)
NO_NEIGHBOUR = -1
STEPS_BETWEEN = "resampling steps from one image to another and needs two or more"


class SmoteBank(nn.Module):
    """The points of all classes, and which neighbours SMOTE steps to from each.

    Buffers, always on the CPU: `points` (N, D), numbers of any kind; `labels` (N,) int64;
    `neighbours` (N, k) int64, rows of `points` and after the last one -1; `weights` (N,) float64,
    how often a point is a base, relative to the others of its class.
    """

    points: torch.Tensor
    labels: torch.Tensor
    neighbours: torch.Tensor
    weights: torch.Tensor

    def __init__(
        self,
        points: torch.Tensor,
        labels: torch.Tensor,
        neighbours: torch.Tensor,
        weights: torch.Tensor | None = None,
    ) -> None:
        """Keep copies of all four; without `weights` every point is as often a base."""
        super().__init__()
        if weights is None:
            weights = torch.ones(len(points), dtype=torch.float64)
        kept = {"points": points, "labels": labels, "neighbours": neighbours, "weights": weights}
        for name, tensor in kept.items():
            self.register_buffer(name, tensor.detach().cpu().clone())

    @classmethod
    def from_tensors(
        cls, tensors: dict[str, torch.Tensor], dimensions: int, classes: int
    ) -> "SmoteBank":
        """Return the bank that has these buffers, points of `dimensions` numbers.

        Raises ValueError when they are not those of a bank with every label 0 .. `classes` - 1.
        """
        names = {"points", "labels", "neighbours", "weights"}
        if set(tensors) != names:
            raise ValueError(f"it has {sorted(tensors)}, not {sorted(names)}")
        points, labels, nearest, weights = (
            tensors[name] for name in ("points", "labels", "neighbours", "weights")
        )
        count = len(labels)
        if points.shape != (count, dimensions) or weights.shape != (count,):
            raise ValueError(f"points are {tuple(points.shape)}, not ({count}, {dimensions})")
        if nearest.dim() != 2 or len(nearest) != count or not nearest.shape[1]:
            raise ValueError(f"neighbours are {tuple(nearest.shape)}, not ({count}, 1 or more)")
        if sorted(labels.unique().tolist()) != list(range(classes)):
            raise ValueError(f"its labels are not 0 to {classes - 1}")
        if nearest.min() < NO_NEIGHBOUR or nearest.max() >= count or weights.min() < 0:
            raise ValueError("neighbours or weights are out of range")
        return cls(**tensors)

    def draw(
        self, seeds: Sequence[int], label: int, *stream: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return for each seed a base (row), a neighbour (column) and a step in 0..1, (n,) each.

        Numbers in `stream` give other draws from the same seeds.
        """
        draws = [np.random.default_rng([seed, *stream]).random(3) for seed in seeds]
        base, neighbour, step = np.array(draws).reshape(-1, 3).T
        members = np.flatnonzero(self.labels.numpy() == label)
        shares = np.cumsum(self.weights.numpy()[members])
        rows = members[np.searchsorted(shares / shares[-1], base, side="right")]
        counts = (self.neighbours.numpy()[rows] != NO_NEIGHBOUR).sum(axis=1)
        return rows, (neighbour * counts).astype(np.int64), step

    def step(self, rows: np.ndarray, columns: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """Return the samples (n, D), float32, at `steps` from the bases to their neighbours."""
        bases = self.points[rows].float().numpy()
        others = self.points[self.neighbours[rows, columns]].float().numpy()
        order = np.arange(len(rows))
        # The one place where imbalanced-learn takes bases, neighbours and steps as given; it is
        # not in its public interface, so a test compares it with the public one.
        return SMOTE()._generate_samples(
            bases, others, order[:, None], order, np.zeros_like(order), steps[:, None]
        )

    def sample(self, seeds: Sequence[int], label: int, *stream: int) -> np.ndarray:
        """Return the sample (D,) of each seed, (n, D) float32; `stream` as of `draw`."""
        return self.step(*self.draw(seeds, label, *stream))

    def pull(self, samples: np.ndarray, label: int, truncation: float) -> np.ndarray:
        """Return `samples` (n, D) with their way from the mean of the class `label` scaled."""
        if truncation == 1:
            return samples
        mean = self.points[self.labels == label].float().mean(dim=0).numpy()
        return mean + np.float32(truncation) * (samples - mean)


def class_neighbours(points: torch.Tensor, labels: torch.Tensor, neighbours: int) -> torch.Tensor:
    """Return the nearest `neighbours` of each point (N, D) in its class, for a `SmoteBank`.

    A class with fewer others has as many neighbours as it has others.
    """
    table = torch.full((len(points), neighbours), NO_NEIGHBOUR)
    for label in labels.unique():
        members = torch.nonzero(labels == label).flatten()
        within = min(neighbours, len(members) - 1)
        own = points[members].float().numpy()
        search = NearestNeighbors(n_neighbors=within + 1).fit(own)
        # the first is the point itself
        nearest = search.kneighbors(own, return_distance=False)[:, 1:]
        table[members, :within] = members[torch.from_numpy(nearest)]
    return table


def log_small_classes(labels: torch.Tensor, neighbours: int) -> None:
    """Say in the log which classes have fewer members than the `neighbours` that are set."""
    for label, count in enumerate(labels.bincount().tolist()):
        if count <= neighbours:
            LOGGER.warning(
                "%s has %d images: %d neighbours of each are used, not %d",
                _class(label),
                count,
                count - 1,
                neighbours,
            )


def _class(label: int) -> str:
    return f"class number {label} (the first is 0)"
