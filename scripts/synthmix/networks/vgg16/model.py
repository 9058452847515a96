"""VGG16 (Simonyan and Zisserman 2014, https://arxiv.org/abs/1409.1556).

A layer is a convolution with the ReLU and, where there is one, the max-pooling behind it.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

from torchvision.models import VGG16_Weights, vgg16

from synthmix.networks.base import Backbone
from synthmix.networks.plan import ORIGINAL
from synthmix.networks.published import OriginalWeights, Published, published_backbone

# where the convolutions are in torchvision's list, and where that ends
_STARTS = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28, 31)

PUBLISHED = {
    "vgg16": Published(
        build=partial(vgg16, weights=None, init_weights=False),
        weights=VGG16_Weights.IMAGENET1K_V1.url,
        layers=tuple(
            tuple(f"features.{place}" for place in range(start, end))
            for start, end in pairwise(_STARTS)
        ),
        # of the paper's own training: red, green and blue of 0 to 255 less their means
        original=OriginalWeights(
            VGG16_Weights.IMAGENET1K_FEATURES.url,
            mean=(0.48235, 0.45882, 0.40784),
            standard_deviation=(1 / 255, 1 / 255, 1 / 255),
        ),
    )
}


def backbone(settings: Mapping[str, Any], image_shape: tuple[int, ...]) -> Backbone:
    """Return the 13 convolutional layers.

    The dense layers see 7 x 7 places of an image of 224 x 224 pixels, as in the paper, and fewer
    of a smaller one.
    """
    published = PUBLISHED["vgg16"]
    layers = replace(published_backbone(published), flattened_size=7)
    if settings.get("weights") != ORIGINAL:
        return layers
    original = published.original
    return replace(layers, mean=original.mean, standard_deviation=original.standard_deviation)
