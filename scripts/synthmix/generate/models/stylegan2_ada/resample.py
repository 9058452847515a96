"""Filtered up- and downsampling with the binomial filter [1, 3, 3, 1].

StyleGAN2 (Karras et al. 2020, https://arxiv.org/abs/1912.04958, appendix B) low-pass filters
wherever the resolution changes. Only convolutions are used, so that all of it can be
differentiated twice and repeats itself on a GPU.
"""

import torch
from torch.nn.functional import conv2d, conv_transpose2d

# Normalised to a sum of one.
TAPS = (1 / 8, 3 / 8, 3 / 8, 1 / 8)


def blur(x: torch.Tensor, padding: int, gain: float = 1.0, stride: int = 1) -> torch.Tensor:
    """Filter images (N, C, H, W) after adding `padding` zeros on each side; 3 rows are lost.

    `stride` 2 keeps every second row and column of the result.
    """
    return conv2d(x, _filter(x, gain), stride=stride, padding=padding, groups=x.shape[1])


def upsample(x: torch.Tensor) -> torch.Tensor:
    """Double the size of images (N, C, H, W); a constant image stays so, but for its rim."""
    return conv_transpose2d(x, _filter(x, 4.0), stride=2, padding=1, groups=x.shape[1])


def upsampling_convolution(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Double the size of (N, I, H, W) with the kernels (O, I, 3, 3), then low-pass filter."""
    return blur(conv_transpose2d(x, weight.transpose(0, 1), stride=2), padding=1, gain=4.0)


def downsampling_convolution(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Low-pass filter (N, I, H, W), then halve its size with kernels (O, I, k, k), k 1 or 3."""
    if weight.shape[-1] == 1:
        return conv2d(blur(x, padding=1, stride=2), weight)
    return conv2d(blur(x, padding=2), weight, stride=2)


def _filter(x: torch.Tensor, gain: float) -> torch.Tensor:
    taps = torch.tensor(TAPS, dtype=x.dtype, device=x.device)
    return (torch.outer(taps, taps) * gain).expand(x.shape[1], 1, 4, 4)
