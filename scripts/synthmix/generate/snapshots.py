"""Scoring a generator while it learns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import nn

from synthmix.generate.models import checked
from synthmix.generate.models.base import Generator
from synthmix.runtime import pace
from synthmix.score.extract_score_features import feature_blocks
from synthmix.score.features import load_network
from synthmix.score.fit_real import load_gaussians
from synthmix.score.names import frechet_name
from synthmix.score.statistics import Gaussian, fit_gaussian, frechet_distance
from synthmix.shares import apportion

# Apart from those of pools: the best of many scores must not be taken on the images of the table.
FIRST_SEED = 1_000_000_000
# Images at a time: those of large pictures fill the memory otherwise.
BLOCK = 128


@dataclass(frozen=True)
class FrechetScorer:
    """The Frechet distance of what a generator makes from the training images it learns from."""

    name: str  # as in the tables of scores: fid, or another name for features of our own
    network: nn.Module
    real: Gaussian
    counts: Mapping[int, int]  # images to make of each class, by its number
    device: torch.device

    @classmethod
    def of_files(
        cls,
        weights: str | Path,
        scoring_network: str,
        input_size: int | None,
        reference: str | Path,
        scope: str,
        labels: Sequence[int],
        images: int,
        device: torch.device,
    ) -> Self:
        """Return the scorer of a generator that learns `scope`, a class or all of them.

        `labels` (N,) are the class numbers of its training images, `weights` the network of the
        scores, `reference` what `fit_real` wrote. About as many `images` are made for a score, of
        each class the share that it has of the training images.
        """
        numbers = np.bincount(labels)
        shares = {str(label): count / len(labels) for label, count in enumerate(numbers)}
        # rare classes count for little, but not for nothing
        counts = {int(n): max(1, count) for n, count in apportion(images, shares).items()}
        real = load_gaussians(reference)[scope]
        return cls(
            frechet_name(scoring_network),
            load_network(weights, scoring_network, device, input_size),
            real,
            counts,
            device,
        )

    def score(self, generator: Generator) -> float:
        """Return the distance, the lower the better, of images that no pool has."""
        features = [
            block
            for label, count in self.counts.items()
            for block in self._features(generator, label, count)
        ]
        with pace.alone(pace.DISTANCE):
            return frechet_distance(self.real, fit_gaussian(np.concatenate(features)))

    def _features(self, generator: Generator, label: int, count: int) -> Iterator[np.ndarray]:
        for start in range(0, count, BLOCK):
            seeds = range(FIRST_SEED + start, FIRST_SEED + min(start + BLOCK, count))
            made, rows = checked.sample(generator, seeds, label), np.arange(len(seeds))
            yield from feature_blocks(self.network, made, rows, self.device, progress=False)
