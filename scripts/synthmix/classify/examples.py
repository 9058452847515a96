"""What a classifier is trained and judged on: cached features, or images as they lie in a store."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch

from synthmix.networks.base import FrozenPart, Network
from synthmix.networks.inputs import to_inputs, to_tensor

Change = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Source:
    """Where the inputs of the trained part of a network come from.

    `arrays` are memory-mapped, by store: features of the frozen part, float32, or where
    `through` is given stored images, which that turns into features.
    """

    arrays: Mapping[str, np.ndarray]
    through: "FromImages | None" = None


@dataclass(frozen=True)
class FromImages:
    """From stored images to the features of the frozen part.

    `network` says how images are normalised.
    """

    network: Network
    frozen: FrozenPart
    input_size: int | None
    device: torch.device

    def __call__(self, images: torch.Tensor, blend: Change | None = None) -> torch.Tensor:
        """Return the features of images as `to_tensor` gives them; inputs if nothing is frozen.

        `blend` changes what goes into the network.
        """
        inputs = to_inputs(images, self.network, self.input_size, self.device)
        return self.frozen(blend(inputs) if blend else inputs)


class Examples:
    """One part of a mix; its images or features stay on disk until they are read."""

    def __init__(self, rows: pd.DataFrame, source: Source, classes: Sequence[str]) -> None:
        """Refer to the `rows` of a mix: its store, row in it and label."""
        self.source = source
        self.classes = len(classes)
        self.stores = rows["store"].to_numpy()
        self.rows = rows["row"].to_numpy()
        self.labels = torch.tensor([classes.index(label) for label in rows["label"]])

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.labels)

    def inputs(
        self,
        positions: np.ndarray,
        device: torch.device,
        change: Change | None = None,
        blend: Change | None = None,
    ) -> torch.Tensor:
        """Return what the trained part takes at `positions`.

        `change` changes the images, `blend` what goes into the network; both only where images
        are read, not features.
        """
        values = self._read(positions)
        if self.source.through is None:
            return torch.from_numpy(values).to(device)
        images = to_tensor(values)
        return self.source.through(change(images) if change else images, blend)

    def _read(self, positions: np.ndarray) -> np.ndarray:
        stores = self.stores[positions]
        first = next(iter(self.source.arrays.values()))
        values = np.empty((len(positions), *first.shape[1:]), first.dtype)
        for store in np.unique(stores):
            here = stores == store
            values[here] = self.source.arrays[store][self.rows[positions[here]]]
        return values
