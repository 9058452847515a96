"""Networks of a library that come with ImageNet weights: their layers in a row, their names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from synthmix.networks.base import Backbone, Weights

MEAN = (0.485, 0.456, 0.406)
STANDARD_DEVIATION = (0.229, 0.224, 0.225)
_COUNTERS = "num_batches_tracked"  # of batch norm; old files of weights lack them


@dataclass(frozen=True)
class OriginalWeights:
    """Weights of a network's authors, with torchvision's names, and what images are normalised by.

    `mean` and `standard_deviation` are of values in 0..1: 1/255 leaves them in 0..255, unscaled.
    """

    url: str
    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]


@dataclass(frozen=True)
class InstalledWeights:
    """Weights in an installed Python package: their file, and what `build` calls each of them."""

    package: str
    file: Callable[[], Path]
    named: Callable[[Weights], Weights]


@dataclass(frozen=True)
class Published:
    """A network of a library: how it is made, what its layers are, where its weights are.

    `weights` are the address that they are downloaded from or those of a package; `mean` and
    `standard_deviation`, of values in 0..1, what pictures are normalised by.
    """

    build: Callable[[], nn.Module]
    weights: str | InstalledWeights
    layers: tuple[tuple[str, ...], ...]  # the library's names of the modules of each layer
    auxiliary: tuple[str, ...] = ()  # and of those of the second head that need not be new
    original: OriginalWeights | None = None
    mean: tuple[float, ...] = MEAN
    standard_deviation: tuple[float, ...] = STANDARD_DEVIATION


def published_backbone(published: Published) -> Backbone:
    """Return the layers of `published`, for pictures normalised as its weights were trained."""
    network = published.build()
    layers = nn.Sequential(
        *(_in_a_row([network.get_submodule(name) for name in names]) for names in published.layers)
    )
    for module in layers.modules():
        if hasattr(module, "inplace"):
            module.inplace = False  # whoever looks at what a module put out must find it as it was
    return Backbone(
        layers,
        channels=3,
        mean=published.mean,
        standard_deviation=published.standard_deviation,
    )


def pick_weights(published: Published, state: Weights) -> Weights:
    """Return the weights of `state`, under the library's names, by the names of a `Network` here.

    They are those of its `layers` and, where `state` has them, of its `auxiliary`; the dense
    layers are left out. Raises ValueError where one is missing, has another shape, or is of a
    layer that the network has not: a deeper one of the same kind has all of its weights too.
    """
    picked = {}
    known = set()
    for own, theirs, expected in names_of_weights(published):
        known.add(theirs)
        if theirs in state:
            picked[own] = _checked(theirs, state[theirs], expected)
        elif own.startswith("auxiliary."):
            continue  # many leave the second head out when training is over
        elif theirs.endswith(_COUNTERS):
            picked[own] = torch.zeros((), dtype=torch.long)
        else:
            raise ValueError(f"{theirs} is missing")
    modules = {name.split(".")[0] for names in published.layers for name in names}
    for name in state:
        if name.split(".")[0] in modules and name not in known:
            raise ValueError(f"{name} is of no layer of it")
    return picked


def names_of_weights(published: Published) -> Iterator[tuple[str, str, torch.Tensor]]:
    """Yield our name of each weight, the library's, and a tensor without memory like it."""
    with torch.device("meta"):
        network = published.build()
    for own, theirs in _prefixes(published):
        for name, tensor in network.get_submodule(theirs).state_dict().items():
            yield f"{own}.{name}", f"{theirs}.{name}", tensor


def _checked(name: str, value: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    if value.shape != expected.shape:
        shape, other = tuple(value.shape), tuple(expected.shape)
        raise ValueError(f"{name} has shape {shape}, not {other}")
    return value.to(expected.dtype)


def _prefixes(published: Published) -> Iterator[tuple[str, str]]:
    for number, names in enumerate(published.layers):
        for place, name in enumerate(names):
            yield (f"layers.{number}" if len(names) == 1 else f"layers.{number}.{place}"), name
    for name in published.auxiliary:
        yield f"auxiliary.{name.rsplit('.', 1)[1]}", name


def _in_a_row(modules: list[nn.Module]) -> nn.Module:
    return modules[0] if len(modules) == 1 else nn.Sequential(*modules)
