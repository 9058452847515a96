"""Building a classifier from its settings: layers, pooling, dense layers, starting weights."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from synthmix.extensions import fault, shown_file
from synthmix.networks.base import Backbone, Network, Weights
from synthmix.networks.heads import build_head
from synthmix.networks.plan import facts_of, layers_of, minimum_size_of, pooling_of
from synthmix.registry import load_classifier

CONVOLUTIONS = (nn.Conv2d, nn.Conv3d)


class GlobalAverage(nn.Module):
    """The mean of each channel.

    Not torch's adaptive pooling, of which not every version has a deterministic gradient on a GPU.
    """

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return (N, C) of features (N, C, ...)."""
        return features.flatten(2).mean(2)


def build_network(
    settings: Mapping[str, Any], image_shape: tuple[int, ...], classes: int
) -> Network:
    """Return the network of a classifier's `settings`, with random weights.

    `image_shape` is that of an image: (C, H, W) with C = 1 or 3, or (1, X, Y, Z). The weights are
    drawn from torch's global random numbers, on torch's default device. Networks with ImageNet
    weights take 3 channels whatever C is. Raises ValueError for images that are too small for the
    network, or volumes where it takes pictures.
    """
    _check_shape(settings, image_shape)
    with torch.device("meta"):
        backbone = _backbone(settings, image_shape)
        auxiliary = backbone.auxiliary(classes) if backbone.auxiliary else None
        shape = _features_shape(backbone, image_shape)
    layers = backbone.draw() if backbone.draw else draw_weights(backbone.layers)
    pooling = _pooling(pooling_of(settings), backbone.flattened_size, shape)
    width = pooling(torch.empty(1, *shape)).shape[1]
    return Network(
        layers,
        pooling,
        build_head(settings, width, classes),
        channels=backbone.channels,
        mean=backbone.mean,
        standard_deviation=backbone.standard_deviation,
        auxiliary=auxiliary and draw_weights(auxiliary),
        auxiliary_after=backbone.auxiliary_after,
        scales_each=settings["input_scaling"] == "image",
    )


def load_backbone(network: Network, weights: Weights) -> None:
    """Put `weights`, as `fetch_weights` writes them, into the layers of `network`.

    Those of an auxiliary head go into that, if there is one; its last layer and the dense layers
    stay as they are. Raises ValueError where the weights are not those of all the layers.
    """
    parts: dict[str, Weights] = {"layers": {}, "auxiliary": {}}
    for name, value in weights.items():
        part, _, rest = name.partition(".")
        parts.setdefault(part, {})[rest] = value
    require_weights_of(network.layers, parts["layers"])
    try:
        network.layers.load_state_dict(parts["layers"])
        if network.auxiliary is not None:
            network.auxiliary.load_state_dict(parts["auxiliary"], strict=False)
    except RuntimeError as error:
        raise ValueError(f"these weights don't fit the network: {error}") from error


def require_weights_of(layers: nn.Module, weights: Weights) -> None:
    """Raise ValueError, with the first that differs, unless `weights` are those of `layers`."""
    own = layers.state_dict()
    for name, tensor in own.items():
        if name not in weights:
            raise ValueError(f"these weights don't fit the network: {name} is missing")
        if weights[name].shape != tensor.shape:
            shape, other = tuple(weights[name].shape), tuple(tensor.shape)
            raise ValueError(
                f"these weights don't fit the network: {name} has shape {shape}, not {other}"
            )
    if others := sorted(weights.keys() - own.keys()):
        raise ValueError(f"these weights don't fit the network: {others[0]} is of no layer of it")


def draw_weights(module: nn.Module) -> nn.Module:
    """Return `module`, made on the meta device, on the default one, with random weights.

    Those of convolutions are drawn as He et al. (2015) do (https://arxiv.org/abs/1502.01852),
    with no bias; the others as torch does.
    """
    module = module.to_empty(device=torch.get_default_device())
    for layer in module.modules():
        if isinstance(layer, CONVOLUTIONS):
            nn.init.kaiming_normal_(layer.weight, mode="fan_in", nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    return module


def _check_shape(settings: Mapping[str, Any], image_shape: tuple[int, ...]) -> None:
    name, wanted = settings["network"], 3 if facts_of(settings).volumes else 2
    if len(image_shape) - 1 != wanted:
        kinds = {2: "pictures", 3: "volumes"}
        raise ValueError(f"{name} takes {kinds[wanted]}, not images of shape {image_shape}")
    minimum = minimum_size_of(settings)
    if min(image_shape[1:]) < minimum:
        size = " x ".join(map(str, image_shape[1:]))
        raise ValueError(f"{name} needs images of {minimum} pixels a side or more, not {size}")


def _backbone(settings: Mapping[str, Any], image_shape: tuple[int, ...]) -> Backbone:
    """Return what a network's module gives; raises UserError where it can't be used."""
    module, stated = load_classifier(settings["network"]), layers_of(settings)
    backbone, place = module.backbone(settings, image_shape), shown_file(module)
    if not isinstance(backbone, Backbone):
        raise fault(place, f"backbone must return a Backbone, not {type(backbone).__name__}")
    if len(backbone.layers) != stated:
        problem = f"backbone has {len(backbone.layers)} layers, and settings.py beside it says"
        raise fault(place, f"{problem} {stated}")
    for name, layer in backbone.layers.named_modules():
        own = next(layer.parameters(recurse=False), None)
        drawn = backbone.draw is not None or hasattr(layer, "reset_parameters")
        if own is not None and not drawn:
            problem = f"{type(layer).__name__}, in layer {name}, has weights"
            raise fault(place, f"{problem} and no reset_parameters(), which draws them: add that")
    return backbone


def _features_shape(backbone: Backbone, image_shape: tuple[int, ...]) -> torch.Size:
    """Return the shape (channels, ...) of what the last layer makes of an image."""
    image = torch.empty(1, backbone.channels, *image_shape[1:])
    # batch norm refuses a single image while training
    shape = backbone.layers.eval()(image).shape[1:]
    backbone.layers.train()
    return shape


def _pooling(how: str, flattened_size: int | None, shape: Sequence[int]) -> nn.Module:
    """Return what makes vectors of features of `shape`."""
    if how == "average":
        return GlobalAverage()
    window = min(shape[1:]) // flattened_size if flattened_size else 1
    return nn.Sequential(nn.AvgPool2d(window), nn.Flatten()) if window > 1 else nn.Flatten()
