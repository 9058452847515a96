"""EfficientNet-B0 (Tan and Le 2019, https://arxiv.org/abs/1905.11946).

A layer is the first convolution, one of the 16 inverted residual blocks (MBConv) or the last
convolution. In training, blocks are left out at random (stochastic depth), as torchvision does.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from torchvision.models import EfficientNet_B0_Weights, efficientnet_b0

from synthmix.networks.base import Backbone
from synthmix.networks.published import Published, published_backbone

_BLOCKS = (1, 2, 2, 3, 3, 4, 1)  # of each stage

PUBLISHED = {
    "efficientnet_b0": Published(
        build=partial(efficientnet_b0, weights=None),
        weights=EfficientNet_B0_Weights.IMAGENET1K_V1.url,
        layers=(
            ("features.0",),
            *(
                (f"features.{stage}.{block}",)
                for stage, count in enumerate(_BLOCKS, start=1)
                for block in range(count)
            ),
            ("features.8",),
        ),
    )
}


def backbone(settings: Mapping[str, Any], image_shape: tuple[int, ...]) -> Backbone:
    """Return the 18 layers."""
    return published_backbone(PUBLISHED["efficientnet_b0"])
