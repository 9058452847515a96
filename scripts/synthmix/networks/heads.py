"""What stands on the layers of a network: from their features to logits."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from synthmix.networks.plan import NEAREST_NEIGHBOURS, SVM


class NearestNeighbours(nn.Module):
    """The share of each class among the training images with the nearest features.

    Distances are Euclidean, of features in the deviations that training images have of them (Fix
    and Hodges 1951; Cover and Hart 1967).
    """

    def __init__(self, width: int, classes: int, neighbours: int) -> None:
        """Prepare for features of so many values; there is no training image yet."""
        super().__init__()
        self.neighbours = neighbours
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))
        self.register_buffer("features", torch.zeros(0, width))  # in these deviations
        self.register_buffer("labels", torch.zeros(0, classes))  # one hot

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the logarithm of the shares (N, classes) of features (N, width)."""
        distances = torch.cdist((features - self.mean) / self.deviation, self.features)
        nearest = distances.topk(min(self.neighbours, len(self.features)), largest=False).indices
        shares = self.labels[nearest].mean(1)
        # of a class that is not among them a little is left, so that losses are finite
        return (shares + 1e-4).log()

    def make_room(self, images: int) -> None:
        """Have room for so many training images, whose values are loaded after that."""
        for name in ("features", "labels"):
            own = getattr(self, name)
            setattr(self, name, torch.zeros((images, own.shape[1]), device=own.device))

    def _load_from_state_dict(self, state: dict[str, Any], prefix: str, *others: Any) -> None:
        if f"{prefix}labels" in state:
            self.make_room(len(state[f"{prefix}labels"]))
        super()._load_from_state_dict(state, prefix, *others)


def build_head(settings: Mapping[str, Any], width: int, classes: int) -> nn.Sequential:
    """Return the head of a classifier's `settings`, from vectors (N, width) to (N, classes)."""
    if settings["head"] == NEAREST_NEIGHBOURS:
        return nn.Sequential(NearestNeighbours(width, classes, settings["neighbours"]))
    head = nn.Sequential()
    for dense in settings["dense_layers"]:
        head.extend([nn.Linear(width, dense), nn.ReLU(), nn.Dropout(settings["dropout"])])
        width = dense
    head.append(nn.Linear(width, classes))
    if settings["head"] == SVM and classes > 2:
        # each class has a probability of its own, and the shares of these are those of the classes
        head.append(nn.LogSigmoid())
    return head


def room_of(network: nn.Module, tensors: Mapping[str, torch.Tensor]) -> None:
    """Let the head of `network` have room for what `tensors` have of it."""
    labels = tensors.get("head.0.labels")
    if labels is not None and isinstance(network.head[0], NearestNeighbours):
        network.head[0].make_room(len(labels))
