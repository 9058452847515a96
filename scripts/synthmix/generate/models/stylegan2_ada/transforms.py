"""The transforms that augmentation is made of; each image of a batch has its own.

Plain indexing and matrix products: both are linear in the image, so R1 can be differentiated
through them (torch has no second derivative of grid_sample), and on a GPU both repeat
themselves under torch.use_deterministic_algorithms, which the gradient of grid_sample does not.
"""

import math
from functools import lru_cache

import torch

# Low-pass filter of the least asymmetric Daubechies wavelet with six vanishing moments ("sym6").
SYM6 = (
    0.015404109327027373,
    0.0034907120842174702,
    -0.11799011114819057,
    -0.048311742585633,
    0.4910559419267466,
    0.787641141030194,
    0.3379294217276218,
    -0.07263752278646252,
    -0.021060292512300564,
    0.04472490177066578,
    0.0017677118642428036,
    -0.007800708325034148,
)
# Where the filter's weight lies, in steps of the doubled grid.
CENTRE = sum(place * tap for place, tap in enumerate(SYM6)) / sum(SYM6)
# Pixels by which an image is mirrored before it is doubled, and those of them that are whole.
PADDING, MARGIN = 6, 3


def blit(
    images: torch.Tensor, flips: torch.Tensor, turns: torch.Tensor, shifts: torch.Tensor
) -> torch.Tensor:
    """Flip (N, C, W, W) left to right, then turn by quarters, then shift, all without blending.

    `flips` (N,) bool, `turns` (N,) int64 in 0..3, counter-clockwise, `shifts` (N, 2) int64 in
    pixels, right and down. What comes in from outside is the mirror image.
    """
    size = images.shape[-1]
    place = torch.arange(size, device=images.device)
    x, y = (_mirror(place - shift[:, None], size) for shift in (shifts[:, 0], shifts[:, 1]))
    x, y = torch.broadcast_tensors(x[:, None, :], y[:, :, None])
    x, y = _turn_back(x, y, turns[:, None, None], size)
    x = torch.where(flips[:, None, None], size - 1 - x, x)
    return _pick(images, x, y)


def warp(images: torch.Tensor, matrices: torch.Tensor) -> torch.Tensor:
    """Transform (N, C, W, W) by affine maps, interpolated at twice the resolution.

    `matrices` (N, 2, 3) take a place (x, y, 1) in the result, in pixels from its centre, to one
    in the image. As in the paper the image is doubled with a wavelet filter, interpolated
    linearly, and halved with the same filter: the identity changes nothing.
    """
    size = images.shape[-1]
    up, down = _resampling(size, images.device)
    centre = (size - 1) / 2
    place = (torch.arange(down.shape[1], device=images.device) - CENTRE) / 2 - centre
    y, x = torch.meshgrid(place, place, indexing="ij")
    places = torch.stack([x, y, torch.ones_like(x)]).flatten(1)
    source = (matrices @ places).unflatten(2, x.shape) + centre
    source = 2 * (_mirror_beyond(source, size) + PADDING) + CENTRE
    return down @ _interpolate(up @ images @ up.T, source[:, 0], source[:, 1]) @ down.T


def recolour(images: torch.Tensor, matrices: torch.Tensor) -> torch.Tensor:
    """Apply `matrices` (N, C, C + 1) to the colours (c_1, .., c_C, 1) of images (N, C, H, W)."""
    linear, offset = matrices[:, :, :-1], matrices[:, :, -1:]
    return (linear @ images.flatten(2) + offset).view_as(images)


@lru_cache(maxsize=4)
def _resampling(size: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the matrices that double `size` pixels, mirrored at both ends, and that halve them.

    The first is (2 * size + 34, size), the second, its inverse from row 12 on,
    (size, 2 * size + 10).
    """
    padded = torch.arange(size + 2 * PADDING)
    pixel = _mirror(padded - PADDING, size)
    up = torch.zeros(2 * len(padded) + len(SYM6) - 2, size, dtype=torch.float64)
    down = torch.zeros(size, 2 * size + len(SYM6) - 2, dtype=torch.float64)
    kept = torch.arange(size)
    for step, tap in enumerate(SYM6):
        up[2 * padded + step, pixel] += tap * math.sqrt(2)
        down[kept, 2 * kept + step] += tap / math.sqrt(2)
    return up.float().to(device), down.float().to(device)


def _interpolate(images: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the values of (N, C, H, W) at `x`, `y` (N, h, w), inside the images, linearly."""
    left, top = x.floor(), y.floor()
    right_share, low_share = (x - left)[:, None], (y - top)[:, None]
    left, top = left.long(), top.long()
    upper = torch.lerp(_pick(images, left, top), _pick(images, left + 1, top), right_share)
    lower = torch.lerp(_pick(images, left, top + 1), _pick(images, left + 1, top + 1), right_share)
    return torch.lerp(upper, lower, low_share)


def _pick(images: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return the pixels of (N, C, H, W) at the columns `x` and rows `y` (N, h, w)."""
    count, channels, height, width = images.shape
    plane = torch.arange(count * channels, device=images.device).view(count, channels, 1, 1)
    index = plane * (height * width) + (y * width + x)[:, None]
    return images.reshape(-1).index_select(0, index.flatten()).view(index.shape)


def _turn_back(
    x: torch.Tensor, y: torch.Tensor, turns: torch.Tensor, size: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return where pixels of images that were turned counter-clockwise came from."""
    last = size - 1
    before_x, before_y = [x, last - y, last - x, y], [y, x, last - y, last - x]
    return _choose(turns, before_x), _choose(turns, before_y)


def _choose(which: torch.Tensor, options: list[torch.Tensor]) -> torch.Tensor:
    result = options[0]
    for number, option in enumerate(options[1:], start=1):
        result = torch.where(which == number, option, result)
    return result


def _mirror(x: torch.Tensor, size: int) -> torch.Tensor:
    """Fold places outside 0 .. `size` - 1 back in, at the middle of the outermost pixels."""
    last = size - 1
    return last - (x.remainder(2 * last) - last).abs()


def _mirror_beyond(x: torch.Tensor, size: int) -> torch.Tensor:
    """Fold places back that lie outside by more than the padding is good for."""
    outside = (x < -MARGIN) | (x > size - 1 + MARGIN)
    return torch.where(outside, _mirror(x, size), x)
