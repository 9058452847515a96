"""Inception-V3 (Szegedy et al. 2016, https://arxiv.org/abs/1512.00567).

A layer is one of the five first convolutions, with the max-pooling where one follows, or one of
the eleven blocks whose outputs are put together.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from torch import nn
from torchvision.models import Inception_V3_Weights, inception_v3

from synthmix.networks.base import Backbone
from synthmix.networks.published import Published, published_backbone

_BUILD = partial(inception_v3, weights=None, init_weights=False)
_BLOCKS = ("5b", "5c", "5d", "6a", "6b", "6c", "6d", "6e", "7a", "7b", "7c")
_LAYERS = (
    ("Conv2d_1a_3x3",),
    ("Conv2d_2a_3x3",),
    ("Conv2d_2b_3x3", "maxpool1"),
    ("Conv2d_3b_1x1",),
    ("Conv2d_4a_3x3", "maxpool2"),
    *((f"Mixed_{block}",) for block in _BLOCKS),
)
_AUXILIARY_AFTER = _LAYERS.index(("Mixed_6e",))
# pixels below which nothing is left for the auxiliary head's convolution of 5 x 5
_AUXILIARY_SIZE = 299
# The weights are a port of TensorFlow's, which take values in -1..1; torchvision turns images
# normalised with ImageNet's mean into these (`transform_input`).
_HALF = (0.5, 0.5, 0.5)

PUBLISHED = {
    "inception_v3": Published(
        build=_BUILD,
        weights=Inception_V3_Weights.IMAGENET1K_V1.url,
        layers=_LAYERS,
        auxiliary=("AuxLogits.conv0", "AuxLogits.conv1"),
    )
}


def backbone(settings: Mapping[str, Any], image_shape: tuple[int, ...]) -> Backbone:
    """Return the 16 layers, and the auxiliary head where images are of 299 pixels or more."""
    layers = published_backbone(PUBLISHED["inception_v3"])
    layers = replace(layers, mean=_HALF, standard_deviation=_HALF)
    if min(image_shape[1:]) < _AUXILIARY_SIZE:
        return layers
    return replace(layers, auxiliary=_auxiliary, auxiliary_after=_AUXILIARY_AFTER)


def _auxiliary(classes: int) -> nn.Module:
    return _BUILD(num_classes=classes).AuxLogits
