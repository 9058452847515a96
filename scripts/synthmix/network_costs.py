"""What networks cost, counted from their settings: multiply-adds and parameters; no torch here.

Convolutions, dense layers and attention are counted; what is done to each value apart (activations,
norms, resizing) is left out. Each model counts its own beside its settings, for estimates alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

FORWARD, BOTH = 1, 3  # a pass that learns goes back through weights and values: twice the work


@dataclass(frozen=True)
class Cost:
    """Multiply-adds for one image, and parameters."""

    macs: float = 0
    parameters: float = 0

    def __add__(self, other: "Cost") -> "Cost":
        """Return the cost of both."""
        return Cost(self.macs + other.macs, self.parameters + other.parameters)


@dataclass(frozen=True)
class LayerCost:
    """What a layer of a classifier costs, a layer being a place to cut the network at.

    `values` are those that it puts out of an image, in `channels`, where these depend on settings.
    """

    cost: Cost
    values: float
    channels: int | None = None


@dataclass(frozen=True)
class GeneratorCost:
    """What a generator costs."""

    learning: float  # multiply-adds for each training image of an epoch
    image: float  # multiply-adds to make an image
    parameters: float  # of all networks, averages of weights included
    sampling_parameters: float  # of the network that makes images


def convolution(inputs: float, outputs: float, kernel: int, *sides: int) -> Cost:
    """Return the cost of a convolution that puts out maps with these `sides`."""
    weights = inputs * outputs * kernel ** len(sides)
    return Cost(weights * prod(sides), weights + outputs)


def dense(inputs: float, outputs: float) -> Cost:
    """Return the cost of a dense layer."""
    return Cost(inputs * outputs, inputs * outputs + outputs)


def pyramid(channels: int, widths: Sequence[int], kernel: int, size: int) -> Cost:
    """Return the cost of convolutions that halve an image of `size` pixels to `widths` maps."""
    return total(
        convolution(a, b, kernel, size >> level, size >> level)
        for level, (a, b) in enumerate(pairwise([channels, *widths]), start=1)
    )


def total(costs: Iterable[Cost]) -> Cost:
    """Return the cost of all of `costs`."""
    return sum(costs, Cost())
