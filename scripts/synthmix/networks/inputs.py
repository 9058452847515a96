"""From stored images to what a network takes."""

import numpy as np
import torch
from torch.nn.functional import interpolate

from synthmix.networks.base import Network


def to_tensor(images: np.ndarray) -> torch.Tensor:
    """Return stored images with their channels first.

    Pictures (N, H, W, C), uint8, become (N, C, H, W), volumes (N, X, Y, Z), float16,
    (N, 1, X, Y, Z), float32.
    """
    batch = torch.from_numpy(np.array(images))
    if batch.dtype == torch.uint8:
        return batch.permute(0, 3, 1, 2).contiguous()
    return batch.unsqueeze(1).float()


def to_inputs(
    images: torch.Tensor, network: Network, input_size: int | None, device: torch.device
) -> torch.Tensor:
    """Return what `network` takes, float32, of images as `to_tensor` gives them.

    Pictures are resized to `input_size`, where that is given; grey ones are repeated for a network
    that takes three channels, and values 0..255 become 0..1, normalised as the network was trained,
    or each picture to mean 0 and deviation 1 over all its pixels and channels, where the network
    scales each. Volumes stay as they are: they have been z-scored when they were prepared.
    """
    batch = images.to(device)
    if batch.dtype != torch.uint8:
        return batch
    batch = batch.float() / 255
    if batch.shape[1] != network.channels:
        batch = batch.expand(-1, network.channels, -1, -1)
    if input_size is not None and batch.shape[-1] != input_size:
        size = (input_size, input_size)
        # what torchvision's resize does; the package itself is long to import
        batch = interpolate(batch, size, mode="bilinear", align_corners=False, antialias=True)
    if network.scales_each:
        spread, mean = torch.std_mean(batch, (1, 2, 3), correction=0, keepdim=True)
        return (batch - mean) / spread.clamp_min(1e-6)  # of what is plain, 0
    if network.mean is None:
        return batch
    mean, deviation = (
        torch.tensor(values, device=device).reshape(-1, 1, 1)
        for values in (network.mean, network.standard_deviation)
    )
    return (batch - mean) / deviation
