"""What every classifier is: layers in a row that can be cut anywhere, pooling, dense layers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import torch
from torch import nn

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Backbone:
    """What a module of a network gives: all but the dense layers.

    Its function `backbone(settings, image_shape)`, given the settings of a classifier and the
    shape (C, H, W) or (1, X, Y, Z) of an image, is called with torch's meta device as the default:
    what it makes has shapes and no memory. Weights are put in later, by
    `synthmix.networks.build`, so that its layers must be such as have `reset_parameters`.

    `layers` are the places to cut the network at. No layer changes its input in place, for that
    may be features that are used again. `channels` are those of the images it takes, which
    `mean` and `standard_deviation` are of. Where the last layer is flattened for the dense ones,
    and larger than twice `flattened_size` in height and width, windows of it are averaged first.
    `auxiliary(classes)` makes a second head. `draw()` makes the layers with random weights, on
    torch's default device, where that is not left to `synthmix.networks.build.draw_weights`.
    """

    layers: nn.Sequential
    channels: int
    mean: tuple[float, ...] | None = None
    standard_deviation: tuple[float, ...] | None = None
    flattened_size: int | None = None
    auxiliary: Callable[[int], nn.Module] | None = None
    auxiliary_after: int | None = None
    draw: Callable[[], nn.Sequential] | None = None


class Network(nn.Module):
    """A classifier: `layers`, each a place to cut it before, then `pooling`, then `head`.

    Images go in as `synthmix.networks.inputs.to_inputs` makes them. `auxiliary` is a second head,
    on what the layer `auxiliary_after` (counted from 0) puts out, that helps training alone; None
    where the network has none.
    """

    def __init__(
        self,
        layers: nn.Sequential,
        pooling: nn.Module,
        head: nn.Sequential,
        channels: int,
        mean: tuple[float, ...] | None = None,
        standard_deviation: tuple[float, ...] | None = None,
        auxiliary: nn.Module | None = None,
        auxiliary_after: int | None = None,
        scales_each: bool = False,
    ) -> None:
        """Put the parts together.

        `channels` is that of the images it takes; pictures in 0..1 are normalised by `mean` and
        `standard_deviation`, where these are given, or with `scales_each` by those of each.
        `pooling` has no parameters and makes vectors (N, width) of what the last layer puts out.
        """
        super().__init__()
        self.layers = layers
        self.pooling = pooling
        self.head = head
        self.channels = channels
        self.mean = mean
        self.standard_deviation = standard_deviation
        self.auxiliary = auxiliary
        self.auxiliary_after = auxiliary_after
        self.scales_each = scales_each
        self._frozen_layers = 0

    def train(self, mode: bool = True) -> Self:
        """Set the mode of all but the layers that were frozen by `cut`."""
        super().train(mode)
        self.layers[: self._frozen_layers].eval()
        return self

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, classes) of normalised images (N, C, H, W) or (N, 1, X, Y, Z)."""
        return self.head(self.pooling(self.layers(images)))

    def cut(self, unfrozen_layers: int) -> tuple["FrozenPart", "TrainedPart"]:
        """Return the two parts of the network, which share its parameters.

        The last `unfrozen_layers` and the dense layers are trained, what is before is frozen;
        the last cut counts. Raises ValueError where there are not so many layers.
        """
        if not 0 <= unfrozen_layers <= len(self.layers):
            raise ValueError(
                f"{unfrozen_layers} layers can't be unfrozen: there are {len(self.layers)}"
            )
        self._frozen_layers = len(self.layers) - unfrozen_layers
        return FrozenPart(self, unfrozen_layers), TrainedPart(self, unfrozen_layers)


class FrozenPart(nn.Module):
    """The layers that are not trained: they stay in evaluation mode, batch norm with them.

    With no layer to train behind them they pool too, so that their features are vectors.
    """

    def __init__(self, network: Network, unfrozen_layers: int) -> None:
        """Take the layers before the last `unfrozen_layers` of `network`, and freeze them."""
        super().__init__()
        self.layers = network.layers[: len(network.layers) - unfrozen_layers]
        self.pooling = nn.Identity() if unfrozen_layers else network.pooling
        self.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        """Stay in evaluation mode, whatever is asked for."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the features of normalised images."""
        return self.pooling(self.layers(images))


class TrainedPart(nn.Module):
    """The layers that are trained: from the features of the frozen part to logits."""

    def __init__(self, network: Network, unfrozen_layers: int) -> None:
        """Take the last `unfrozen_layers` of `network` and what is behind them."""
        super().__init__()
        start = len(network.layers) - unfrozen_layers
        # numbered as in the whole network, so that its names are the names of weights here
        self.layers = nn.ModuleDict(
            {str(i): network.layers[i] for i in range(start, len(network.layers))}
        )
        self.pooling = network.pooling if unfrozen_layers else nn.Identity()
        self.head = network.head
        reached = network.auxiliary is not None and network.auxiliary_after >= start
        self.auxiliary = network.auxiliary if reached else None
        self.auxiliary_after = str(network.auxiliary_after)
        self.requires_grad_(True).train()

    def forward(self, features: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, torch.Tensor]:
        """Return logits (N, classes); while training, with the auxiliary ones if there are any."""
        auxiliary = None
        for name, layer in self.layers.items():
            features = layer(features)
            if self.training and self.auxiliary is not None and name == self.auxiliary_after:
                auxiliary = self.auxiliary(features)
        logits = self.head(self.pooling(features))
        return logits if auxiliary is None else (logits, auxiliary)
