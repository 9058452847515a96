"""What the networks of a job cost, as their models count it beside their settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

from synthmix.network_costs import Cost, GeneratorCost, LayerCost, convolution, dense, total
from synthmix.networks.plan import input_size_of, pooling_of, unfrozen_of
from synthmix.registry import load_classifier_facts, load_generator_settings

Settings = Mapping[str, Any]
Shape = Sequence[int]


@dataclass(frozen=True)
class ClassifierCost:
    """What a classifier costs, in its two parts."""

    frozen: Cost
    trained: Cost
    features: int  # values that the frozen part makes of an image


def classifier_cost(settings: Settings, image_shape: Shape) -> ClassifierCost | None:
    """Return what a classifier costs for images (H, W, C) or volumes (X, Y, Z).

    None where its network does not say.
    """
    facts = load_classifier_facts(settings["network"])
    if facts.costs is None:
        return None
    if facts.volumes:
        shape = (1, *image_shape)
    else:
        size = input_size_of(settings)
        height, width, channels = image_shape
        shape = (channels, size or height, size or width)
    layers = facts.costs(settings, shape)
    cut = len(layers) - unfrozen_of(settings)
    width = _pooled(settings, layers[-1])
    head = total(dense(a, b) for a, b in pairwise([width, *settings["dense_layers"], 2]))
    before, after = layers[:cut], layers[cut:]
    features = prod(image_shape) if not before else before[-1].values if after else width
    return ClassifierCost(
        total(layer.cost for layer in before),
        total(layer.cost for layer in after) + head,
        round(features),
    )


def _pooled(settings: Settings, last: LayerCost) -> int:
    """Return how many values the dense layers see of the last layer."""
    if pooling_of(settings) == "average":
        return last.channels or load_classifier_facts(settings["network"]).channels
    return round(last.values)


def pretrained_parameters(network: str) -> float | None:
    """Return how many parameters are downloaded for a network; None where it does not say."""
    layers = _layers(network)
    return layers and sum(layer.cost.parameters for layer in layers)


def inception_cost() -> Cost:
    """Return what FID's Inception network costs: an image is resized to what it was made for."""
    return frozen_cost("inception_v3")


def frozen_cost(network: str, size: int | None = None) -> Cost:
    """Return what the layers of a pretrained network cost for an image of `size` pixels a side.

    Where that is None, of the size that it was made for.
    """
    return total(layer.cost for layer in _layers(network, size) or ())


def _layers(network: str, size: int | None = None) -> Sequence[LayerCost] | None:
    """Return what each layer of a pretrained network costs; None where it does not say."""
    facts = load_classifier_facts(network)
    size = size or facts.input_size
    return facts.costs and facts.costs({}, (3, size, size))


def own_features_cost(image_shape: Shape) -> Cost:
    """Return what the small network of the scores costs, for images (H, W, C)."""
    size, widths = min(64, image_shape[0]), (image_shape[2], 16, 16, 32)
    return total(
        convolution(a, b, 3, size >> level, size >> level)
        for level, (a, b) in enumerate(pairwise(widths), start=1)
    )


def generator_cost(settings: Settings, image_shape: Shape) -> GeneratorCost | None:
    """Return what a generator costs for images (H, W, C); None where its model does not say."""
    kind = load_generator_settings(settings["model"])
    return kind.model_validate(settings).cost(tuple(image_shape))
