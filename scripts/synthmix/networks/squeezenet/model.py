"""SqueezeNet 1.1 (Iandola et al. 2016, https://arxiv.org/abs/1602.07360).

A layer is the first convolution or one of the eight fire modules, with the max-pooling where one
follows. The paper's last convolution, one filter a class, and the average behind it are the
linear layer behind the average here, which is the same but for the ReLU between them.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from torchvision.models import SqueezeNet1_1_Weights, squeezenet1_1

from synthmix.networks.base import Backbone
from synthmix.networks.published import Published, published_backbone

# the modules of each layer in torchvision's list
_LAYERS = ((0, 1, 2), (3,), (4, 5), (6,), (7, 8), (9,), (10,), (11,), (12,))

PUBLISHED = {
    "squeezenet1_1": Published(
        build=partial(squeezenet1_1, weights=None),
        weights=SqueezeNet1_1_Weights.IMAGENET1K_V1.url,
        layers=tuple(tuple(f"features.{place}" for place in layer) for layer in _LAYERS),
    )
}


def backbone(settings: Mapping[str, Any], image_shape: tuple[int, ...]) -> Backbone:
    """Return the nine layers."""
    return published_backbone(PUBLISHED["squeezenet1_1"])
