"""DCGAN (Radford, Metz and Chintala 2015, https://arxiv.org/abs/1511.06434)."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from synthmix.generate.models.base import Generator
from synthmix.generate.models.dcgan.augment import augment
from synthmix.generate.models.dcgan.settings import Settings
from synthmix.generate.models.sampling import make_images, noise_of
from synthmix.generate.models.steps import StepLosses, full_batches, parts_of, take_step
from synthmix.runtime import pace


class GeneratorNetwork(nn.Sequential):
    """Latent vectors (N, latent_dim) to images (N, C, size, size) in -1..1."""

    def __init__(self, settings: Settings, size: int, channels: int) -> None:
        """Build the network: a projection to `start_size`, then a doubling of the size a layer."""
        widths = settings.widths(size)[::-1]
        kernel = settings.kernel_size
        # an odd kernel leaves a row and a column to add
        doubling = {"stride": 2, "padding": (kernel - 1) // 2, "output_padding": kernel % 2}
        layers: list[nn.Module] = [
            nn.Unflatten(1, (settings.latent_dim, 1, 1)),
            nn.ConvTranspose2d(settings.latent_dim, widths[0], settings.start_size, bias=False),
            *_normalised(widths[0], settings),
        ]
        for before, after in pairwise(widths):
            layers += [
                nn.ConvTranspose2d(before, after, kernel, **doubling, bias=False),
                *_normalised(after, settings),
            ]
        layers += [nn.ConvTranspose2d(widths[-1], channels, kernel, **doubling), nn.Tanh()]
        super().__init__(*layers)
        self.apply(_initialise)


class DiscriminatorNetwork(nn.Sequential):
    """Images (N, C, size, size) in -1..1 to logits (N, 1) of being real."""

    def __init__(self, settings: Settings, size: int, channels: int) -> None:
        """Build the network: a halving of the size a layer down to `start_size`, then the logit."""
        widths = settings.discriminator_widths(size)
        kernel = settings.kernel_size
        halving = {"stride": 2, "padding": (kernel - 1) // 2}
        # no batch norm next to the image, as in the paper
        layers: list[nn.Module] = [
            nn.Conv2d(channels, widths[0], kernel, **halving),
            nn.LeakyReLU(settings.leak),
            nn.Dropout(settings.discriminator_dropout),
        ]
        normed = settings.discriminator_batch_norm
        for before, after in pairwise(widths):
            layers += [
                nn.Conv2d(before, after, kernel, **halving, bias=not normed),
                *([nn.BatchNorm2d(after)] if normed else []),
                nn.LeakyReLU(settings.leak),
                nn.Dropout(settings.discriminator_dropout),
            ]
        layers += [nn.Conv2d(widths[-1], 1, settings.start_size), nn.Flatten()]
        super().__init__(*layers)
        self.apply(_initialise)


class DCGAN(Generator):
    """Two convolutional networks trained against each other."""

    Settings = Settings

    def build(self) -> None:
        """Build both networks and their optimizers; see `Generator`."""
        settings, (size, _, channels) = self.settings, self.image_shape
        self.generator = GeneratorNetwork(settings, size, channels).to(self.device)
        self.discriminator = DiscriminatorNetwork(settings, size, channels).to(self.device)
        betas = (settings.beta1, 0.999)
        self.generator_optimizer, self.discriminator_optimizer = (
            torch.optim.Adam(network.parameters(), settings.learning_rate, betas, fused=True)
            for network in (self.generator, self.discriminator)
        )

    def train_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        """Take a step of both networks for each full batch; see `Generator`."""
        self.generator.train()
        self.discriminator.train()
        losses = StepLosses()
        for rows in pace.each(full_batches(len(images), self.settings.batch_size)):
            real = images[rows].to(self.device).float() / 127.5 - 1
            losses.add(**self._step(real))
            self.images_seen += len(rows)
        return losses.means()

    def _step(self, real: torch.Tensor) -> dict[str, torch.Tensor]:
        latents = torch.randn(len(real), self.settings.latent_dim).to(self.device)
        parts = parts_of(self.settings.accumulation_steps, real, latents)
        # made once where the batch is one part; of several, only one's gradients fit into memory
        made = self.generator(parts[0][1]) if len(parts) == 1 else None
        right, noise = self.settings.real_label, self.settings.label_noise

        def discriminator_loss(real: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
            fake = (self.generator(latents) if made is None else made).detach()
            accepted = _loss(self._judge(real), right, 0.0, noise)
            return accepted + _loss(self._judge(fake), 0.0, right, noise)

        def generator_loss(real: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
            fake = self.generator(latents) if made is None else made
            return _loss(self._judge(fake), 1.0)

        own = list(self.generator.parameters())  # the discriminator's are not needed with these
        return {
            "discriminator_loss": take_step(
                self.discriminator_optimizer, parts, len(real), discriminator_loss
            ),
            "generator_loss": take_step(
                self.generator_optimizer, parts, len(real), generator_loss, own
            ),
        }

    def _judge(self, images: torch.Tensor) -> torch.Tensor:
        return self.discriminator(augment(images, self.settings.augment))

    def training_parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        """Return the networks and their optimizers."""
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }

    def sampling_network(self) -> nn.Module:
        """Return the generator network."""
        return self.generator

    @torch.no_grad()
    def sample(self, seeds: Sequence[int], label: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Return an image for each seed; truncation scales the latent vector; see `Generator`."""
        self.generator.eval()
        latents = noise_of(seeds, [self.settings.latent_dim]) * truncation
        return make_images(latents, self.generator, self.device)


def _normalised(channels: int, settings: Settings) -> list[nn.Module]:
    relu = settings.generator_activation == "relu"
    return [nn.BatchNorm2d(channels), nn.ReLU() if relu else nn.LeakyReLU(settings.leak)]


def _initialise(layer: nn.Module) -> None:
    """Draw the initial weights as the paper does."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(layer.weight, 0.0, 0.02)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)


def _loss(
    logits: torch.Tensor, target: float, swapped: float = 0.0, noise: float = 0.0
) -> torch.Tensor:
    """Return the cross entropy of logits (N, 1) with `target`, or `swapped` for a share `noise`."""
    targets = torch.full_like(logits, target)
    if noise:
        targets[(torch.rand(len(logits)) < noise).to(logits.device)] = swapped
    return binary_cross_entropy_with_logits(logits, targets)
