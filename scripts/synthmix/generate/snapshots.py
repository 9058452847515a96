"""Scoring a generator while it learns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import nn

from synthmix.generators.base import Generator
from synthmix.score.extract_score_features import feature_blocks
from synthmix.score.features import load_network
from synthmix.score.reference import load_reference
from synthmix.score.score_generator import cap
from synthmix.score.settings import FRECHET, FeatureKind
from synthmix.score.statistics import Gaussian, fit_gaussian, frechet_distance

# Apart from those of pools: the best of many scores must not be taken on the images of the table.
FIRST_SEED = 1_000_000_000


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
        kind: FeatureKind,
        reference: str | Path,
        scope: str,
        labels: Sequence[int],
        images: int,
        device: torch.device,
    ) -> Self:
        """Return the scorer of a generator that learns `scope`, a class or all of them.

        `labels` (N,) are the class numbers of its training images, `weights` the network of the
        scores, `reference` what `score_real` wrote. As many `images` are made for a score, of
        each class the share that it has of the training images.
        """
        found = {label: int(count) for label, count in enumerate(np.bincount(labels))}
        few = images / sum(found.values())
        counts = cap({label: max(1, round(count * few)) for label, count in found.items()}, images)
        real = load_reference(reference)[scope].gaussian
        return cls(FRECHET[kind], load_network(weights, kind, device), real, counts, device)

    def score(self, generator: Generator) -> float:
        """Return the distance, the lower the better, of images that no pool has."""
        features = [
            block
            for label, count in self.counts.items()
            if count
            for block in self._features(generator, label, count)
        ]
        return frechet_distance(self.real, fit_gaussian(np.concatenate(features)))

    def _features(self, generator: Generator, label: int, count: int) -> Sequence[np.ndarray]:
        made = generator.sample(range(FIRST_SEED, FIRST_SEED + count), label)
        rows = np.arange(count)
        return list(feature_blocks(self.network, made, rows, self.device, progress=False))
