"""Which files a training reads, from its settings alone: features, images, starting weights.

Imports no torch: the workflow plans its jobs with it, and trainings find their files by it.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import Any

from synthmix.networks.facts import NetworkFacts
from synthmix.registry import is_network, load_classifier_facts

Settings = Mapping[str, Any]

# weights that are downloaded: torchvision's, or those of a network's authors
IMAGENET, ORIGINAL = "imagenet", "imagenet_original"
# those that a network of timm comes with
PRETRAINED = "pretrained"
DOWNLOADED = (IMAGENET, ORIGINAL, PRETRAINED)
# heads that are trained along with the layers, by gradients
DENSE, LINEAR = "dense", "linear"
# and those that are fitted at once to the features of layers that stay as they are
LOGISTIC_REGRESSION, SVM = "logistic_regression", "svm"
NEAREST_NEIGHBOURS = "nearest_neighbours"
FITTED = (LOGISTIC_REGRESSION, SVM, NEAREST_NEIGHBOURS)
# of VGG16, with gradients, for each value of an image
_HELD_OF_A_VALUE = 175


def facts_of(settings: Settings) -> NetworkFacts:
    """Return what there is to know of a classifier's network."""
    return load_classifier_facts(settings["network"])


def title_of(network: str) -> str:
    """Return what people call a network."""
    known = load_classifier_facts(network) if is_network(network) else None
    return (known and known.title) or network


def is_downloaded(settings: Settings) -> bool:
    """Return whether the weights that a classifier starts from are downloaded."""
    return settings["weights"] in DOWNLOADED and facts_of(settings).weights_package is None


def layers_of(settings: Settings) -> int:
    """Return how many layers a classifier has that can be frozen."""
    layers = facts_of(settings).layers
    return layers(settings) if callable(layers) else layers


def unfrozen_of(settings: Settings) -> int:
    """Return how many layers a classifier trains: all of them where nothing is said of it.

    Raises ValueError where that is more than there are.
    """
    layers, count = layers_of(settings), settings["unfrozen_layers"]
    if settings["unfrozen_share"] is not None:
        return round(settings["unfrozen_share"] * layers)
    if count is None or count == "all":
        return layers
    if count > layers:
        raise ValueError(f"{count} is more than the {layers} layers of {settings['network']}")
    return count


def input_size_of(settings: Settings) -> int | None:
    """Return the pixels that images are resized to; None: they stay as they were prepared."""
    return settings["input_size"] or facts_of(settings).input_size


def pooling_of(settings: Settings) -> str:
    """Return how the dense layers see the last layer: "average" or "flatten"."""
    return settings["pooling"] or facts_of(settings).pooling


def minimum_size_of(settings: Settings) -> int:
    """Return the pixels of the shortest side below which a network can't be built."""
    size = facts_of(settings).minimum_size
    return size(settings) if callable(size) else size


def weights_name(settings: Settings, seed: int) -> str | None:
    """Return the name of the weights a classifier starts from.

    `seed` draws random ones. None where all of it starts from random ones, which are then those of
    the training's own seed.
    """
    weights = settings["weights"]
    if weights == "none" and unfrozen_of(settings) == layers_of(settings):
        return None
    known = {"none": f"random{seed}"} | {name: name for name in DOWNLOADED}
    origin = known.get(weights) or f"file_{_digest(weights)}"
    # of a family, as timm/vit_small_patch14_dinov2.lvd142m
    network = re.sub(r"[^A-Za-z0-9_]", "-", settings["network"])
    return f"{network}-{origin}"


def backbone_name(settings: Settings, seed: int) -> str | None:
    """Return a name for the frozen part; classifiers that agree in it share its features.

    None where features are of no use: nothing is frozen, or no two epochs see the same images.
    """
    unfrozen = unfrozen_of(settings)
    changing = ("augmentation", "volume_augmentation", "mixup")
    if unfrozen == layers_of(settings) or any(settings[name] for name in changing):
        return None
    size = input_size_of(settings)
    shown = "" if size is None else f"-size{size}"
    shown += "-scaled" if settings["input_scaling"] == "image" else ""
    own = facts_of(settings).pooling
    pooled = f"-{pooling_of(settings)}" if unfrozen == 0 and pooling_of(settings) != own else ""
    return f"{weights_name(settings, seed)}{shown}-unfrozen{unfrozen}{pooled}"


def frozen_settings(settings: Settings) -> dict[str, Any]:
    """Return the settings that the frozen part depends on, and of the others the same for all."""
    # others prepare images in the same way
    weights = {"weights": ORIGINAL} if settings.get("weights") == ORIGINAL else {}
    return weights | {
        "network": settings["network"],
        "cnn": {},  # that is never frozen
        "input_size": input_size_of(settings),
        "input_scaling": settings["input_scaling"],
        "unfrozen_layers": unfrozen_of(settings),
        "unfrozen_share": None,
        "pooling": pooling_of(settings) if unfrozen_of(settings) == 0 else None,
        "dense_layers": [],
        "dropout": 0.0,
        "head": LINEAR,
    }


def training_mb(settings: Settings, image_shape: Sequence[int], seed: int) -> int:
    """Return about how much memory a training takes, in megabytes, besides libraries and arrays.

    `image_shape` is that of an image as it was prepared, channels first. On a CPU measured peaks
    lie below: 100 MB an image of 224 x 224 for VGG16, 0.4 GB a volume of 91 x 109 x 91 for cnn_3d
    with a convolution a level, of 32 filters at first, half of that without gradients. The dense
    layers are there six times, with gradients, Adam's two moments, the best weights and a copy for
    the checkpoint; the other layers are counted as those of the largest network, ResNet-50.
    """
    batch = min(64, settings["batch_size"])
    learning = max(1, settings["batch_size"] // settings["accumulation_steps"])
    if backbone_name(settings, seed) is not None:
        activations = learning * 1.0
    else:
        held = 4 * _held_values(settings, tuple(image_shape)) / 2**20
        activations = held * max(0.5 * batch, learning)
    widths = [_features_width(settings), *settings["dense_layers"], 2]
    dense = sum(before * after for before, after in pairwise(widths))
    return int(activations + 6 * 4 * (dense + 25_000_000) / 2**20)


def _held_values(settings: Settings, image_shape: tuple[int, ...]) -> float:
    """Return how many values of an image are in memory while a network learns from it."""
    facts, size = facts_of(settings), input_size_of(settings)
    shape = image_shape if size is None else (3, size, size)
    if facts.held_values is not None:
        return facts.held_values(settings, shape)
    return _HELD_OF_A_VALUE * prod(shape)


def _features_width(settings: Settings) -> int:
    """Return about how many values the dense layers see of an image."""
    facts = facts_of(settings)
    side = 1 if pooling_of(settings) == "average" else (input_size_of(settings) or 64) // 32
    return facts.channels * max(1, min(side, 8)) ** 2


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
