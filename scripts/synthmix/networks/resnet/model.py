"""ResNet-18, -34 and -50 (He et al. 2016, https://arxiv.org/abs/1512.03385).

The first layer is the first convolution with the max-pooling behind it, each other one a
residual block.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from torchvision import models

from synthmix.networks.base import Backbone
from synthmix.networks.published import Published, published_backbone


def _published(name: str, weights: Any, blocks: tuple[int, ...]) -> Published:
    return Published(
        build=partial(getattr(models, name), weights=None),
        # those of the paper's own training, not of later recipes
        weights=weights.IMAGENET1K_V1.url,
        layers=(
            ("conv1", "bn1", "relu", "maxpool"),
            *(
                (f"layer{stage}.{block}",)
                for stage, count in enumerate(blocks, start=1)
                for block in range(count)
            ),
        ),
    )


PUBLISHED = {
    "resnet18": _published("resnet18", models.ResNet18_Weights, (2, 2, 2, 2)),
    "resnet34": _published("resnet34", models.ResNet34_Weights, (3, 4, 6, 3)),
    "resnet50": _published("resnet50", models.ResNet50_Weights, (3, 4, 6, 3)),
}


def backbone(settings: Mapping[str, Any], image_shape: tuple[int, ...]) -> Backbone:
    """Return the layers of the ResNet that `settings` name."""
    return published_backbone(PUBLISHED[settings["network"]])
