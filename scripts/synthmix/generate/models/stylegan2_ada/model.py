"""StyleGAN2-ADA (Karras et al. 2020, https://arxiv.org/abs/2006.06676): training and sampling.

The learning rates and regularisation follow that paper's appendix and that of StyleGAN2
(https://arxiv.org/abs/1912.04958). Everything is plain PyTorch.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from synthmix.errors import UserError
from synthmix.generate.models.base import Generator
from synthmix.generate.models.sampling import make_images, noise_of
from synthmix.generate.models.steps import StepLosses, full_batches, parts_of, take_step
from synthmix.generate.models.stylegan2_ada.augment import AdaptiveAugmentation
from synthmix.generate.models.stylegan2_ada.losses import (
    discriminator_loss,
    generator_loss,
    path_lengths,
    r1_norms,
)
from synthmix.generate.models.stylegan2_ada.networks import (
    DiscriminatorNetwork,
    GeneratorNetwork,
    layer_widths,
)
from synthmix.generate.models.stylegan2_ada.settings import Settings
from synthmix.generate.models.stylegan2_ada.weights import start_from
from synthmix.runtime import distributed, pace

LOGGER = logging.getLogger(__name__)

# Steps from one regularisation to the next ("lazy"), and from one move of the augmentation.
PATH_LENGTH_INTERVAL, R1_INTERVAL, AUGMENT_INTERVAL = 4, 16, 4
# Path lengths are measured on this part of a batch, and their mean follows them by this share.
PATH_LENGTH_SHRINK, PATH_LENGTH_DECAY = 2, 0.01
# Highest resolutions that compute in half precision.
HALF_BLOCKS = 4


class StyleGAN2ADA(Generator):
    """A style-based generator, trained against a discriminator that sees augmented images."""

    Settings = Settings

    def build(self) -> None:
        """Build the networks and their optimizers; see `Generator`.

        `init_from` is read when training begins, so that a trained generator needs no such file.
        """
        settings, on_gpu = self.settings, self.device.type == "cuda"
        half_blocks = HALF_BLOCKS if settings.mixed_precision and on_gpu else 0
        self.generator = self._build_generator(half_blocks)
        # the average of the generator's weights, which makes the samples, in full precision
        self.averaged = self._build_generator(0).requires_grad_(False)
        self.averaged.load_state_dict(self.generator.state_dict())
        self.discriminator = self._build_discriminator(half_blocks)
        interval = PATH_LENGTH_INTERVAL if settings.path_length_weight else None
        self.generator_optimizer = _adam(self.generator, settings.learning_rate, interval)
        self.discriminator_optimizer = _adam(
            self.discriminator, settings.learning_rate, R1_INTERVAL
        )
        self.augmentation = AdaptiveAugmentation(settings)
        self.path_length_mean = torch.zeros((), device=self.device)
        self.steps = 0
        self.latest: dict[str, float] = {}

    def train_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        """Take a step of both networks for each full batch; see `Generator`.

        Besides the losses the result has the mean sign of the discriminator's outputs for real
        images and the probability of augmentation. A regularisation without a turn in this
        epoch keeps its value of the one before.
        """
        if len(images) < 2:
            raise UserError(
                "stylegan2_ada can't learn a class of fewer than two training images; leave the "
                "class out or add images"
            )
        if self.steps == 0 and self.settings.init_from is not None:
            start_from(self.settings.init_from, self.generator, self.averaged, self.discriminator)
            LOGGER.info(
                "starting from %s: augmentation can rise to 1 in %.0f images, and the average of "
                "the weights has its whole half-life at once",
                *(self.settings.init_from, self.settings.ada_images),
            )
        losses = StepLosses()
        for rows in pace.each(full_batches(len(images), self.settings.batch_size)):
            real = self._to_device(images[rows])
            losses.add(**self._step(real, labels[rows].to(self.device)))
        self.latest |= losses.means()
        return {**self.latest, "augment_p": self.augmentation.p}

    def _step(self, real: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
        """Train the generator, then the discriminator, on one batch."""
        values = {"generator_loss": self._update_generator(labels)}
        if self.settings.path_length_weight and self.steps % PATH_LENGTH_INTERVAL == 0:
            with pace.sometimes("path length regularisation", PATH_LENGTH_INTERVAL):
                values["path_length_loss"] = self._regularise_path_lengths(labels)
        values["discriminator_loss"], real_sign = self._update_discriminator(real, labels)
        if self.steps % R1_INTERVAL == 0:
            with pace.sometimes("R1 regularisation", R1_INTERVAL):
                values["r1_loss"] = self._regularise_gradient(real, labels)

        self.steps += 1
        self.images_seen += len(real)
        self._average(len(real))
        self.augmentation.observe(real_sign, len(real))
        if self.steps % AUGMENT_INTERVAL == 0:
            self.augmentation.adapt()
        return values | {"real_sign": real_sign}

    def _update_generator(self, labels: torch.Tensor) -> torch.Tensor:
        def loss_of(labels: torch.Tensor) -> torch.Tensor:
            return generator_loss(self._judge(self._make(labels)[0], labels))

        return self._update(self.generator, self.generator_optimizer, loss_of, labels)

    def _update_discriminator(
        self, real: torch.Tensor, labels: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the loss, and the mean sign of the outputs for real images."""
        signs = torch.zeros((), device=self.device)

        def loss_of(real: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                fake, _ = self._make(labels)
            real_logits = self._judge(real, labels)
            signs.add_(real_logits.detach().sign().sum())
            return discriminator_loss(real_logits, self._judge(fake, labels))

        loss = self._update(self.discriminator, self.discriminator_optimizer, loss_of, real, labels)
        return loss, distributed.summed(signs) / len(real)

    def _make(self, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Make an image for each label from latent vectors drawn anew; return the styles too."""
        network = self.generator
        w = network.mapping(self._draw_latents(len(labels)), labels)
        network.follow_average(w)
        ws = network.spread(w)
        if torch.rand(()) < self.settings.style_mixing:
            first = int(torch.randint(1, network.synthesis.vectors, ()))
            other = network.mapping(self._draw_latents(len(labels)), labels)
            ws = torch.cat([ws[:, :first], network.spread(other)[:, first:]], dim=1)
        return network.synthesis(ws, random_noise=True), ws

    def _judge(self, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return self.discriminator(self.augmentation(images), labels)

    def _regularise_path_lengths(self, labels: torch.Tensor) -> torch.Tensor:
        """Pull the path lengths towards their mean; return the penalty."""
        weight = self.settings.path_length_weight * PATH_LENGTH_INTERVAL
        count = max(2 * distributed.world_size(), len(labels) // PATH_LENGTH_SHRINK)
        labels = labels[:count]
        total = torch.zeros((), device=self.device)

        def loss_of(labels: torch.Tensor) -> torch.Tensor:
            lengths = path_lengths(*self._make(labels))
            total.add_(lengths.detach().sum())
            # the mean follows the whole batch; of that a part knows its own
            mean = self.path_length_mean.lerp(lengths.detach().mean(), PATH_LENGTH_DECAY)
            return (lengths - mean).square().mean() * weight

        loss = self._update(self.generator, self.generator_optimizer, loss_of, labels)
        self.path_length_mean.lerp_(distributed.summed(total) / len(labels), PATH_LENGTH_DECAY)
        return loss / weight

    def _regularise_gradient(self, real: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Keep the discriminator flat at the real images; return the penalty."""
        gamma = self.settings.r1_gamma
        if gamma is None:
            gamma = 0.0002 * self.image_shape[0] ** 2 / self.settings.batch_size
        weight = gamma / 2 * R1_INTERVAL

        def loss_of(real: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            return r1_norms(lambda images: self._judge(images, labels), real).mean() * weight

        loss = self._update(self.discriminator, self.discriminator_optimizer, loss_of, real, labels)
        return loss / R1_INTERVAL

    def _update(
        self,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        loss_of: Callable[..., torch.Tensor],
        *batch: torch.Tensor,
    ) -> torch.Tensor:
        """Take a step of one network alone on the `batch`; return the loss."""
        parameters = list(network.parameters())

        def tidy() -> None:
            for parameter in parameters:
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
                # half precision may overflow now and then; a true divergence shows in the loss
                parameter.grad.nan_to_num_(0.0, 1e5, -1e5)

        parts = parts_of(self.settings.accumulation_steps, *batch)
        return take_step(optimizer, parts, len(batch[0]), loss_of, parameters, tidy)

    @torch.no_grad()
    def _average(self, batch_size: int) -> None:
        """Let the averaged generator follow; after the half-life its old values count half."""
        settings = self.settings
        half_life = 1000 * (settings.ema_kimg or settings.batch_size * 10 / 32)
        if settings.init_from is None:
            half_life = min(half_life, settings.ema_rampup * self.images_seen)
        share = 1 - 0.5 ** (batch_size / half_life)
        for mine, new in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
            mine.lerp_(new, share)
        for mine, new in zip(self.averaged.buffers(), self.generator.buffers(), strict=True):
            mine.copy_(new)

    def training_state(self) -> dict[str, Any]:
        """Return the state of the networks, optimizers, regularisations and augmentation."""
        return {
            **super().training_state(),
            "augmentation": self.augmentation.state(),
            "path_length_mean": self.path_length_mean,
            "steps": self.steps,
            "latest": self.latest,
        }

    def load_training_state(self, state: dict[str, Any]) -> None:
        """Take up what `training_state` returned."""
        super().load_training_state(state)
        self.augmentation.load_state(state["augmentation"])
        self.path_length_mean.copy_(state["path_length_mean"])
        self.steps = state["steps"]
        self.latest = dict(state["latest"])

    def training_parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        """Return the networks and their optimizers."""
        return {
            "generator": self.generator,
            "averaged": self.averaged,
            "discriminator": self.discriminator,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }

    def sampling_network(self) -> nn.Module:
        """Return the averaged generator network."""
        return self.averaged

    @torch.no_grad()
    def sample(self, seeds: Sequence[int], label: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Return an image for each seed; truncation pulls w to its average; see `Generator`.

        The noise inputs are the same for all images.
        """
        latents = noise_of(seeds, [self.settings.latent_dim])

        def make(batch: torch.Tensor) -> torch.Tensor:
            labels = torch.full((len(batch),), label, device=self.device)
            return self.averaged(batch, labels, truncation)

        return make_images(latents, make, self.device)

    def _draw_latents(self, count: int) -> torch.Tensor:
        return torch.randn(count, self.settings.latent_dim, device=self.device)

    def _to_device(self, images: torch.Tensor) -> torch.Tensor:
        real = images.to(self.device).float() / 127.5 - 1
        return real.contiguous(memory_format=_memory_format(self.device))

    def _build_generator(self, half_blocks: int) -> GeneratorNetwork:
        settings = self.settings
        network = GeneratorNetwork(
            settings.latent_dim,
            settings.style_dim,
            settings.mapping_layers,
            self.classes if settings.conditional else 0,
            self.image_shape[0],
            self.image_shape[2],
            self._widths(),
            half_blocks,
        )
        return network.to(self.device, memory_format=_memory_format(self.device))

    def _build_discriminator(self, half_blocks: int) -> DiscriminatorNetwork:
        settings = self.settings
        network = DiscriminatorNetwork(
            settings.mapping_layers,
            self.classes if settings.conditional else 0,
            self.image_shape[0],
            self.image_shape[2],
            self._widths(),
            settings.minibatch_std_group,
            half_blocks,
        )
        return network.to(self.device, memory_format=_memory_format(self.device))

    def _widths(self) -> dict[int, int]:
        size = self.image_shape[0]
        base = self.settings.channel_base or (32768 if size >= 512 else 16384)
        return layer_widths(size, base, self.settings.channel_max)


def _adam(network: nn.Module, learning_rate: float, interval: int | None) -> torch.optim.Adam:
    """Return Adam, corrected for the steps that regularisation adds every `interval` steps."""
    ratio = 1.0 if interval is None else interval / (interval + 1)
    betas = (0.0, 0.99**ratio)
    return torch.optim.Adam(network.parameters(), learning_rate * ratio, betas, fused=True)


def _memory_format(device: torch.device) -> torch.memory_format:
    return torch.channels_last if device.type == "cuda" else torch.contiguous_format
