"""Plain convolutional networks, made by their settings: `cnn` for pictures, `cnn_3d` for volumes.

A layer is a level: convolutions with a ReLU behind each, then a max-pooling of 2. There are no
weights for them but random ones.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from synthmix.networks.base import Backbone
from synthmix.networks.cnn.settings import filters_of, has_pooling


class MaxPooling3d(nn.Module):
    """Max-pooling of 2 x 2 x 2 voxels, with a gradient that is the same each time."""

    def forward(self, volumes: torch.Tensor) -> torch.Tensor:
        """Return (N, C, X // 2, Y // 2, Z // 2) of volumes (N, C, X, Y, Z)."""
        if volumes.is_cuda:
            return largest_of_windows(volumes)
        return nn.functional.max_pool3d(volumes, 2)


def largest_of_windows(volumes: torch.Tensor) -> torch.Tensor:
    """Return what max-pooling of 2 x 2 x 2 voxels does; an odd last plane is left out.

    The gradient of torch's own is on a GPU a sum in an order that not every version fixes.
    Here no sum is needed. It is several times slower on a CPU, where torch's own always repeats.
    """
    x, y, z = (size // 2 for size in volumes.shape[2:])
    whole = volumes[:, :, : 2 * x, : 2 * y, : 2 * z]
    return whole.reshape(*volumes.shape[:2], x, 2, y, 2, z, 2).amax((3, 5, 7))


# by the dimensions of an image
_BATCH_NORM = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
_CONVOLUTION = {2: nn.Conv2d, 3: nn.Conv3d}
_POOLING = {2: lambda: nn.MaxPool2d(2), 3: MaxPooling3d}


def backbone(settings: Mapping[str, Any], image_shape: tuple[int, ...]) -> Backbone:
    """Return the levels that the section `cnn` of `settings` describes.

    They take pictures (C, H, W) or volumes (1, X, Y, Z) as they are.
    """
    cnn, channels = settings["cnn"], image_shape[0]
    levels = nn.Sequential()
    before = channels
    for number in range(cnn["levels"]):
        filters = filters_of(cnn, number)
        levels.append(_level(cnn, number, before, filters, len(image_shape) - 1))
        before = filters
    return Backbone(levels, channels)


def _level(
    cnn: Mapping[str, Any], number: int, before: int, filters: int, dimensions: int
) -> nn.Sequential:
    """Return level `number`, which turns `before` channels into `filters`."""
    level = nn.Sequential()
    if number and cnn["dropout"]:
        level.append(nn.Dropout(cnn["dropout"]))
    for channels in (before, *[filters] * (cnn["convolutions"] - 1)):
        if cnn["batch_norm"]:
            level.append(_BATCH_NORM[dimensions](channels))
        convolution = _CONVOLUTION[dimensions]
        level.append(convolution(channels, filters, cnn["kernel_size"], padding=cnn["padding"]))
        level.append(nn.ReLU())
    if has_pooling(cnn, number):
        level.append(_POOLING[dimensions]())
    is_last = number == cnn["levels"] - 1
    if is_last and (dropout := cnn["final_dropout"]):
        level.append(nn.Dropout(dropout))
    if is_last and cnn["batch_norm"]:
        level.append(_BATCH_NORM[dimensions](filters))
    return level
