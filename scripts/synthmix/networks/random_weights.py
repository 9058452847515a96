"""Random weights that a frozen part can be used with: its features tell images apart."""

import torch
from torch import nn
from torch.nn.functional import interpolate
from torchvision.transforms.v2.functional import normalize

from synthmix.networks.base import Weights
from synthmix.networks.build import draw_weights
from synthmix.networks.published import Published, published_backbone

NOISE_IMAGES = 16
NOISE_SIZE = 96  # pixels; more than the minimum of any network
FAINTEST = 0.1  # deviation of the features behind a layer


def random_weights(published: Published) -> Weights:
    """Return random weights of the layers, by the names of a `Network`.

    They are drawn from torch's global random numbers as `draw_weights` does. The filters behind
    the first layer are then centred (Huang et al. 2017, "Centered Weight Normalization"): inputs
    behind a ReLU are positive, so that filters with a mean of their own give every image nearly
    the same features. Batch norm gets its running statistics from images of noise: those it
    starts with, 0 and 1, are far from those of the layers, and features would grow or vanish.
    Where there is none, layers whose features come out too faint are made stronger.
    """
    with torch.device("meta"):
        backbone = published_backbone(published)
    layers = draw_weights(backbone.layers)
    with torch.no_grad():
        _centre(layers)
        noise = normalize(noise_images(), backbone.mean, backbone.standard_deviation)
        if any(isinstance(layer, nn.BatchNorm2d) for layer in layers.modules()):
            _calibrate(layers, noise)
        else:
            _strengthen(layers, noise[:4])
    return {f"layers.{name}": value for name, value in layers.state_dict().items()}


def noise_images() -> torch.Tensor:
    """Return images (n, 3, H, W) in 0..1 of noise, some coarse and some fine, as pictures are."""
    images = torch.zeros(NOISE_IMAGES, 3, NOISE_SIZE, NOISE_SIZE)
    for size in (1, 3, 6, 12, 24, 48, 96):
        noise = torch.randn(NOISE_IMAGES, 3, size, size)
        strength = torch.rand(NOISE_IMAGES, 1, 1, 1)
        images += strength * interpolate(noise, NOISE_SIZE, mode="bilinear")
    return (0.5 + images / 5).clamp(0, 1)


def _centre(layers: nn.Module) -> None:
    _, *rest = (layer for layer in layers.modules() if isinstance(layer, nn.Conv2d))
    for layer in rest:
        # one of a depthwise convolution would lose all but edges
        if layer.groups == 1:
            layer.weight -= layer.weight.mean((1, 2, 3), keepdim=True)


def _calibrate(layers: nn.Module, images: torch.Tensor) -> None:
    """Set the running statistics of batch norm to those of `images`."""
    layers.eval()  # stochastic depth would leave blocks out
    norms = [layer for layer in layers.modules() if isinstance(layer, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.train()
        norm.momentum = 1.0  # these images alone
    layers(images)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.num_batches_tracked.zero_()


def _strengthen(layers: nn.Sequential, images: torch.Tensor) -> None:
    """Scale each layer of which the features of `images` are faint to a deviation of 1.

    Scaling one convolution of a layer is enough: there are only ReLUs behind, and no biases.
    """
    features = images
    for layer in layers.eval():
        behind = layer(features)
        deviation = behind.std()
        if deviation < FAINTEST:
            first = next(part for part in layer.modules() if isinstance(part, nn.Conv2d))
            first.weight /= deviation
            behind = behind / deviation
        features = behind
