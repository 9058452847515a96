"""In which order an epoch goes through the training images."""

import torch


def epoch_order(labels: torch.Tensor, sampler: str) -> torch.Tensor:
    """Return the positions (N,) of the images of an epoch, drawn from torch's random numbers.

    `labels` (N,) are the classes' numbers of the training images. "shuffled": each image once.
    "balanced": N draws with replacement, each of a random class out of those that have images.
    """
    if sampler == "shuffled":
        return torch.randperm(len(labels))
    if sampler == "balanced":
        labels = labels.cpu()
        chances = 1 / torch.bincount(labels).double()
        return torch.multinomial(chances[labels], len(labels), replacement=True)
    raise ValueError(f"no sampler is called {sampler}")
