"""In which order an epoch goes through the training images."""

import math

import torch


def epoch_order(labels: torch.Tensor, sampler: str, images: int) -> torch.Tensor:
    """Return positions (`images`,): the images of an epoch, drawn from torch's random numbers.

    `labels` (N,) are the classes' numbers of the training images. "shuffled": each image once
    where `images` is N; of more, a random part of them; fewer are gone round, each time in another
    order. "balanced": draws with replacement, each of a random class out of those that have images.
    """
    if sampler == "shuffled":
        rounds = math.ceil(images / len(labels))
        return torch.cat([torch.randperm(len(labels)) for _ in range(rounds)])[:images]
    if sampler == "balanced":
        labels = labels.cpu()
        chances = 1 / torch.bincount(labels).double()
        return torch.multinomial(chances[labels], images, replacement=True)
    raise ValueError(f"no sampler is called {sampler}")
