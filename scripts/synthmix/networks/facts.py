"""What a network says of itself before it is built; no torch here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from synthmix.network_costs import Cost, LayerCost

Settings = Mapping[str, Any]
Shape = tuple[int, ...]
Costs = Callable[[Settings, Shape], Sequence[LayerCost]]

POOLINGS = ("average", "flatten")


@dataclass(frozen=True, kw_only=True)
class NetworkFacts:
    """What there is to know of a network before it is built.

    What its settings decide is a function of them: all settings of a classifier, as plain values.
    """

    title: str | None = None
    """What people call it; None: as study files do."""
    layers: int | Callable[[Settings], int]
    """Places to cut it at."""
    minimum_size: int | Callable[[Settings], int] = 1
    """Pixels, or voxels, of the shortest side below which it can't be built."""
    input_size: int | None = None
    """Pixels that it was made for; None: those of the prepared images."""
    pretrained: bool = False
    """Whether there are ImageNet weights. All of another network is trained."""
    weights_package: str | None = None
    """The Python package that brings its ImageNet weights; None: they are downloaded."""
    hub_weights: bool = False
    """Whether they are those of timm, of the Hugging Face hub, and not of ImageNet alone."""
    original_weights: bool = False
    """Whether the weights of the network's authors can be had too."""
    volumes: bool = False
    """Whether it takes volumes, not pictures."""
    pooling: str = "average"
    """How the dense layers see the last layer where a study says nothing of it, or "flatten"."""
    channels: int = 512
    """Of the last layer, about: memory is asked for by it."""
    has_dropout: Callable[[Settings], bool] = field(default=lambda settings: False)
    """Whether there is dropout in it; that between the dense layers is not meant."""
    least_tensors: Callable[[Settings], int] = field(default=lambda settings: 0)
    """How many tensors its weights are at the least: a file with fewer describes another one."""
    costs: Costs | None = None
    """What each layer costs for an image (C, H, W) or (1, X, Y, Z); None: estimates say that it
    is not known. Of pretrained networks settings are not looked at."""
    held_values: Callable[[Settings, Shape], float] | None = None
    """Values in memory of an image (C, H, W) or (1, X, Y, Z) while the network learns from it;
    None: about as many as of VGG16."""
    section: str | None = None
    """The section of settings that it is made by, if there is one."""
    tiny: Mapping[str, Any] = field(default_factory=dict)
    """Settings of a small one, by which the tests try every network."""

    def __post_init__(self) -> None:
        """Raise ValueError or TypeError where it can't be so."""
        if self.pooling not in POOLINGS:
            raise ValueError(f"pooling must be one of {POOLINGS}, not {self.pooling!r}")
        for name in ("layers", "minimum_size"):
            value = getattr(self, name)
            if not callable(value) and not (isinstance(value, int) and value >= 1):
                raise TypeError(f"{name} must be 1 or more, or a function, not {value!r}")
        if not isinstance(self.tiny, Mapping):
            raise TypeError(f"tiny must be a dict of settings, not {self.tiny!r}")
        if self.pretrained and self.input_size is None:
            raise ValueError("input_size is missing: that of the pretrained weights")


def pretrained_network(
    layers: Sequence[tuple[int, int, int]],
    *,
    input_size: int = 224,
    channels: int = 512,
    **others: Any,
) -> NetworkFacts:
    """Return the facts of a network that comes with ImageNet weights.

    `layers` are multiply-adds an image, parameters, and values that a layer puts out of an image of
    `input_size`, of each; `others` are further facts.
    """
    return NetworkFacts(
        layers=len(layers),
        input_size=input_size,
        pretrained=True,
        channels=channels,
        costs=partial(_scaled, layers, input_size, channels),
        **others,
    )


def _scaled(
    layers: Sequence[tuple[int, int, int]],
    input_size: int,
    channels: int,
    settings: Settings,
    shape: Shape,
) -> list[LayerCost]:
    """Return what layers cost whose work and values grow with the pixels of an image."""
    scale = (shape[1] / input_size) ** 2
    *rest, last = (
        LayerCost(Cost(macs * scale, parameters), values * scale)
        for macs, parameters, values in layers
    )
    # windows of a larger last layer are averaged down to the size that the network knows
    values = max(min(last.values, layers[-1][2]), channels)
    return [*rest, LayerCost(last.cost, values)]
