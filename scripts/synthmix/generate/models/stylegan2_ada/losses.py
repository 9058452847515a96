"""The losses of StyleGAN2: logistic, R1 and path length (https://arxiv.org/abs/1912.04958)."""

import math
from collections.abc import Callable

import torch
from torch.nn.functional import softplus


def generator_loss(fake_logits: torch.Tensor) -> torch.Tensor:
    """Return the mean non-saturating logistic loss -log sigmoid(D(fake)) of logits (N, 1)."""
    return softplus(-fake_logits).mean()


def discriminator_loss(real_logits: torch.Tensor, fake_logits: torch.Tensor) -> torch.Tensor:
    """Return the mean logistic loss -log sigmoid(D(real)) - log(1 - sigmoid(D(fake)))."""
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def r1_norms(
    discriminator: Callable[[torch.Tensor], torch.Tensor], real: torch.Tensor
) -> torch.Tensor:
    """Return the squared gradient norms (N,) of the logits with respect to `real` (N, C, H, W).

    Mescheder et al. 2018, https://arxiv.org/abs/1801.04406; can be differentiated.
    """
    real = real.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return gradient.square().sum((1, 2, 3))


def path_lengths(images: torch.Tensor, ws: torch.Tensor) -> torch.Tensor:
    """Return how far `images` (N, C, H, W) move in a random direction with `ws`, (N,).

    `ws` (N, vectors, style_dim) is what the images were made from; the length is the root of
    the mean over the vectors of the squared gradient. Can be differentiated.
    """
    direction = torch.randn_like(images) / math.sqrt(images.shape[2] * images.shape[3])
    (gradient,) = torch.autograd.grad((images * direction).sum(), ws, create_graph=True)
    return gradient.square().sum(2).mean(1).sqrt()
