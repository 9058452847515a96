"""Blending training images and their labels."""

import torch


def mix_up(
    inputs: torch.Tensor, targets: torch.Tensor, alpha: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return `inputs` (N, ...), floats, and `targets` (N, K) blended in pairs (Zhang et al., 2018).

    Each image is blended with its neighbour in the batch, which has to be shuffled, by one share
    a batch, drawn from Beta(`alpha`, `alpha`). An image alone is returned as it is.
    """
    if len(inputs) < 2:
        return inputs, targets
    from torchvision.transforms import v2  # long to import, and few trainings blend

    # any shape may be blended, but torchvision takes that of pictures only
    pictures = inputs.flatten(1)[:, None, None]
    blended, shares = v2.MixUp(alpha=alpha)(pictures, targets)
    return blended.reshape(inputs.shape), shares
