"""Making images one for each seed, whatever else is made along with them."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch.nn.functional import pad

from synthmix.runtime import pace
from synthmix.runtime.memory_bound import part_of

# Images are always made in batches of this size, the last one filled up: on a CPU the last bits
# of a convolution depend on the size of its batch, and an image must depend on its seed alone.
SAMPLE_BATCH = 16


def noise_of(seeds: Sequence[int], shape: Sequence[int]) -> torch.Tensor:
    """Return standard normal numbers (len(seeds), *shape) on the CPU: row i of seed i alone."""
    rows = [
        torch.randn(tuple(shape), generator=torch.Generator().manual_seed(seed)) for seed in seeds
    ]
    return torch.stack(rows)


def make_images(
    inputs: torch.Tensor,
    make: Callable[[torch.Tensor], torch.Tensor],
    device: torch.device,
    batch_size: int = SAMPLE_BATCH,
) -> np.ndarray:
    """Return the images (N, H, W, C), uint8, that `make` makes of `inputs` (N, ...).

    `make` is given `batch_size` inputs on `device` and returns images (batch_size, C, H, W), of
    which -1 is black and 1 white; what lies beyond is cut. A rehearsal whose memory is short gives
    it fewer at a time.
    """
    images = []
    batch_size = part_of(batch_size)
    for batch in pace.each(inputs.split(batch_size), pace.DRAWING, batch_size):
        unused = [0, 0] * (batch.dim() - 1) + [0, batch_size - len(batch)]
        made = make(pad(batch, unused).to(device))[: len(batch)]
        images.append(((made.clamp(-1, 1) + 1) * 127.5).round().to("cpu", torch.uint8))
    return torch.cat(images).permute(0, 2, 3, 1).numpy()
