"""Settings of the networks cnn and cnn_3d, and what follows from them; no torch here."""

from collections.abc import Mapping
from functools import partial
from math import prod
from typing import Annotated, Any, Literal

from pydantic import Field

from synthmix.network_costs import Cost, LayerCost, convolution
from synthmix.networks.facts import NetworkFacts, Settings, Shape
from synthmix.settings import PositiveInt, SettingsModel

# on a CPU, for each value of a convolution, with batch norm, ReLU and gradients: measured are up to
# 7 of pictures and 3 of volumes
_HELD_OF_A_CONVOLUTION = {2: 8, 3: 3}


class Cnn(SettingsModel):
    """The layers of the networks cnn and cnn_3d, which have no ImageNet weights."""

    levels: PositiveInt = Field(4, description="Each ends in a max-pooling that halves the image.")
    last_pooling: bool = Field(True, description="Whether the last level ends in a pooling too.")
    convolutions: PositiveInt = Field(1, description="Convolutions a level.")
    kernel_size: Literal[3, 5, 7] = Field(3, description="Pixels or voxels a filter is wide.")
    padding: Literal["same", "valid"] = Field(
        "same", description="same: zeros keep the image's size; valid: each convolution trims it."
    )
    filters: PositiveInt = Field(32, description="Filters of the first level; each doubles them.")
    max_filters: PositiveInt | None = Field(None, description="Filters of a level, at the most.")
    dropout: Annotated[float, Field(ge=0, lt=1)] = Field(0.0, description="Dropout between levels.")
    final_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Dropout after the last level, before its batch norm."
    )
    batch_norm: bool = Field(
        True, description="Batch norm before each convolution and after the last level."
    )


def filters_of(cnn: Mapping[str, Any], level: int) -> int:
    """Return the filters of a level, the first of which is 0."""
    return min(cnn["filters"] * 2**level, cnn["max_filters"] or float("inf"))


def has_pooling(cnn: Mapping[str, Any], level: int) -> bool:
    """Return whether a level ends in a max-pooling."""
    return cnn["last_pooling"] or level < cnn["levels"] - 1


def _levels(settings: Settings) -> int:
    return settings["cnn"]["levels"]


def _minimum_size(settings: Settings) -> int:
    cnn = settings["cnn"]
    trimmed = cnn["convolutions"] * (cnn["kernel_size"] - 1) if cnn["padding"] == "valid" else 0
    size = 1  # what is left behind the last level; now backwards
    for level in reversed(range(cnn["levels"])):
        size = size * (2 if has_pooling(cnn, level) else 1) + trimmed
    return size


def _has_dropout(settings: Settings) -> bool:
    cnn = settings["cnn"]
    return (cnn["levels"] > 1 and cnn["dropout"] > 0) or cnn["final_dropout"] > 0


def _convolutions(settings: Settings) -> int:
    return settings["cnn"]["levels"] * settings["cnn"]["convolutions"]


def _costs(settings: Settings, shape: Shape) -> list[LayerCost]:
    cnn, (before, *sides) = settings["cnn"], shape
    levels = []
    for level in range(cnn["levels"]):
        filters, cost = filters_of(cnn, level), Cost()
        for _ in range(cnn["convolutions"]):
            if cnn["padding"] == "valid":
                sides = [side - cnn["kernel_size"] + 1 for side in sides]
            cost += convolution(before, filters, cnn["kernel_size"], *sides)
            before = filters
        if has_pooling(cnn, level):
            sides = [max(1, side // 2) for side in sides]
        levels.append(LayerCost(cost, filters * prod(sides), filters))
    return levels


def _held_values(settings: Settings, shape: Shape) -> float:
    cnn, sides, found = settings["cnn"], list(shape[1:]), 0
    for level in range(cnn["levels"]):
        found += cnn["convolutions"] * filters_of(cnn, level) * prod(sides)
        if has_pooling(cnn, level):
            sides = [max(1, side // 2) for side in sides]
    return _HELD_OF_A_CONVOLUTION[len(shape) - 1] * found


_cnn = partial(
    NetworkFacts,
    layers=_levels,
    minimum_size=_minimum_size,
    pooling="flatten",
    has_dropout=_has_dropout,
    least_tensors=_convolutions,
    costs=_costs,
    held_values=_held_values,
    section="cnn",
    tiny={"cnn": {"levels": 2, "filters": 3}},
)

NETWORKS = {"cnn": _cnn(), "cnn_3d": _cnn(volumes=True)}
