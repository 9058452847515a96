"""A trained network, ready to be looked into."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from synthmix.classify.network import load_network
from synthmix.networks.inputs import to_inputs, to_tensor
from synthmix.networks.plan import input_size_of
from synthmix.runtime.devices import set_up_torch


class Inspected:
    """The network of a trained classifier, in evaluation mode, and what it takes."""

    def __init__(
        self,
        model: str | Path,
        weights: Mapping[str, str | Path],
        device: torch.device | None = None,
    ) -> None:
        """Load the file `model`; `weights` holds the starting weights by their name.

        Without a `device` a thread of the CPU does the work: a few images are not worth a GPU, and
        come out alike on all machines.
        """
        device = device or set_up_torch({"device": "cpu", "training_threads": 1})
        self.network, header = load_network(model, weights)
        self.network.to(device)
        self.classes = list(header.classes)
        self.input_size = input_size_of(header.settings)
        self.device = device

    def inputs(self, images: np.ndarray) -> torch.Tensor:
        """Return what the network takes of stored images (N, H, W, C) or (N, X, Y, Z)."""
        return to_inputs(to_tensor(images), self.network, self.input_size, self.device)
