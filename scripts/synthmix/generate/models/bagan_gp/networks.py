"""Networks of BAGAN-GP; the widths at 64 x 64 are those of Huang and Jafari (2021)."""

from itertools import pairwise

import torch
from torch import nn

from synthmix.generate.models.bagan_gp.settings import Settings

SLOPE = 0.2


class Trunk(nn.Sequential):
    """Images (N, C, size, size) in -1..1 to features (N, F): first part of encoder and critic."""

    def __init__(self, settings: Settings, channels: int) -> None:
        """Build the layers: each halves the size, down to 4 x 4.

        No batch norm: the gradient penalty is about the critic's gradient at each single image.
        """
        widths = trunk_widths(settings)
        layers: list[nn.Module] = []
        for before, after in pairwise([channels, *widths]):
            layers += [nn.Conv2d(before, after, 4, 2, 1), nn.LeakyReLU(SLOPE)]
        super().__init__(*layers, nn.Flatten())
        self.start_afresh()

    def start_afresh(self) -> None:
        """Give all layers random weights, as at first."""
        self.apply(_initialise)


class Decoder(nn.Sequential):
    """Labelled latent vectors (N, latent_dim) to images (N, C, size, size) in -1..1."""

    def __init__(self, settings: Settings, channels: int) -> None:
        """Build the layers: a projection to 4 x 4, then a doubling of the size a layer."""
        widths = trunk_widths(settings)[::-1]
        layers: list[nn.Module] = [
            nn.Linear(settings.latent_dim, widths[0] * 16),
            nn.LeakyReLU(SLOPE),
            nn.Unflatten(1, (widths[0], 4, 4)),
        ]
        for before, after in pairwise(widths):
            layers += [
                nn.ConvTranspose2d(before, after, 4, 2, 1),
                nn.BatchNorm2d(after),
                nn.LeakyReLU(SLOPE),
            ]
        layers += [nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1), nn.Tanh()]
        super().__init__(*layers)
        self.apply(_initialise)


class GeneratorNetwork(nn.Module):
    """Latent vectors (N, latent_dim) and labels (N,) to images (N, C, size, size) in -1..1."""

    def __init__(self, settings: Settings, channels: int, classes: int) -> None:
        """Build the label embedding and the decoder, which the autoencoder ends with too."""
        super().__init__()
        self.embedding = nn.Embedding(classes, settings.latent_dim)
        self.decoder = Decoder(settings, channels)

    def forward(self, latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Decode the latent vectors, each multiplied by the embedding of its label."""
        return self.decoder(latents * self.embedding(labels))


class Critic(nn.Module):
    """Images and the labels they are said to have, to scores (N,): high is real and right."""

    def __init__(self, settings: Settings, channels: int, classes: int) -> None:
        """Build the trunk, which the autoencoder's encoder begins with too, and the judgement."""
        super().__init__()
        self.trunk = Trunk(settings, channels)
        features = trunk_widths(settings)[-1] * 16
        embedded = 8 * settings.base_channels
        self.label = nn.Sequential(
            nn.Embedding(classes, embedded), nn.Linear(embedded, features), nn.LeakyReLU(SLOPE)
        )
        # the authors' program has two linear layers with nothing between them: one can say as much
        self.judge = nn.Linear(features, 1)

    def forward(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return the scores (N,) of images (N, C, size, size) with labels (N,)."""
        return self.judge(self.trunk(images) * self.label(labels)).squeeze(1)


def encoder_head(settings: Settings) -> nn.Module:
    """Return the layers that lead from the trunk's features to latent vectors (N, latent_dim)."""
    features = trunk_widths(settings)[-1] * 16
    return nn.Sequential(nn.Linear(features, settings.latent_dim), nn.LeakyReLU(SLOPE))


def trunk_widths(settings: Settings) -> list[int]:
    """Return the channels at size / 2, size / 4, ..., 4: at 64 pixels 64, 128, 128, 256."""
    base, halvings = settings.base_channels, settings.working_size.bit_length() - 3
    return [base, *[2 * base] * (halvings - 2), 4 * base]


def _initialise(layer: nn.Module) -> None:
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        nn.init.zeros_(layer.bias)
