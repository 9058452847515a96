"""A small network that tells the classes of a study apart, for where Inception can't be had.

Its distances hold within a study only: they compare generators of the same data set, and are
not FID.
"""

import json
from pathlib import Path
from typing import Self

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn
from torch.nn.functional import interpolate

from synthmix.files import write_beside

WIDTHS = (16, 16, 32)
LARGEST = 64  # pixels; larger images are made smaller first


class OwnFeatures(nn.Module):
    """Three convolutions; the features are the mean of each channel of every one of them.

    Early layers see noise and texture, the last one what tells the classes apart. Each feature
    is given in standard deviations over the images that the network was trained on.
    """

    dims = sum(WIDTHS)

    def __init__(self, channels: int, classes: int) -> None:
        """Build the network for images of so many channels; its weights are random."""
        super().__init__()
        self.shape = {"channels": channels, "classes": classes}
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(before, after, 3, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()
            )
            for before, after in zip((channels, *WIDTHS), WIDTHS, strict=False)
        )
        self.head = nn.Linear(self.dims, classes)
        self.register_buffer("mean", torch.zeros(self.dims))
        self.register_buffer("deviation", torch.ones(self.dims))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return the features of images (N, C, H, W), uint8."""
        return (self.pooled(images) - self.mean) / self.deviation

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return what the network says of the classes of images (N, C, H, W), uint8."""
        return self.head(self.pooled(images))

    def pooled(self, images: torch.Tensor) -> torch.Tensor:
        """Return the mean of each channel of every layer, (N, dims)."""
        values = images.float() / 127.5 - 1
        if max(values.shape[2:]) > LARGEST:
            values = interpolate(values, LARGEST, mode="bilinear", antialias=True)
        means = []
        for layer in self.layers:
            values = layer(values)
            means.append(values.mean((2, 3)))
        return torch.cat(means, dim=1)

    def save(self, path: str | Path) -> None:
        """Write the network as safetensors."""
        with write_beside(path) as temporary:
            tensors = {name: tensor.cpu() for name, tensor in self.state_dict().items()}
            save_file(tensors, temporary, {"shape": json.dumps(self.shape)})

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote."""
        with safe_open(path, framework="pt") as file:
            network = cls(**json.loads(file.metadata()["shape"]))
            network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
        return network
