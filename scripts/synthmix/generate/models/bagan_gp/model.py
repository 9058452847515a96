"""BAGAN-GP (Huang and Jafari 2021, https://doi.org/10.1007/s00521-021-06163-8).

Where the authors' program differs from this one, the Wasserstein loss asks for it. The gradient
penalty holds a score in bounds only along the lines it looks at, and says nothing of what the
critic makes of a label alone. So the critic sees each label equally often, with a real image of
it, a fake of it and a real image of another class; and the penalty looks between the first and
either of the others. With the setting `critic: as_published` it is as in the program, which cross
entropy bears: real images in the proportions of the data, the same ones for all steps of the critic
before one of the generator; fakes of labels drawn apart from theirs; the same real images under
labels at random, the right one included; the penalty between real and fake only, at points drawn
from a normal distribution, which may lie beyond either. Unlike there, a last batch that is not full
is left out, and losses are means over an epoch, not those of its last step.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import interpolate, l1_loss, softplus

from synthmix.generate.models.bagan_gp.networks import Critic, GeneratorNetwork, encoder_head
from synthmix.generate.models.bagan_gp.settings import Settings
from synthmix.generate.models.base import Generator
from synthmix.generate.models.class_counts import require_two_of_each
from synthmix.generate.models.sampling import make_images, noise_of
from synthmix.generate.models.steps import Part, StepLosses, full_batches, parts_of, take_step
from synthmix.runtime import pace


class BAGANGP(Generator):
    """A labelled autoencoder whose halves then play against each other.

    The autoencoder is the critic's trunk, `encoder_head` and the generator, so that critic and
    generator go on from the weights it leaves; the critic not where it starts afresh. Latent
    vectors of new images come from the standard normal distribution, as in the paper (BAGAN took a
    normal distribution for each class).
    """

    Settings = Settings

    def build(self) -> None:
        """Build the networks and their optimizers; see `Generator`."""
        settings, channels = self.settings, self.image_shape[2]
        self.generator = GeneratorNetwork(settings, channels, self.classes).to(self.device)
        self.critic = Critic(settings, channels, self.classes).to(self.device)
        self.encoder_head = encoder_head(settings).to(self.device)
        self.autoencoder_optimizer = self._adam(
            self.critic.trunk, self.encoder_head, self.generator
        )
        self.generator_optimizer = self._adam(self.generator)
        self.critic_optimizer = self._adam(self.critic)
        self.epochs_done = 0

    def _adam(self, *networks: nn.Module) -> torch.optim.Optimizer:
        betas = (self.settings.beta1, self.settings.beta2)
        parameters = nn.ModuleList(networks).parameters()
        return torch.optim.Adam(parameters, self.settings.learning_rate, betas, fused=True)

    def train_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        """Train the autoencoder or, after its epochs, critic and generator; see `Generator`.

        The losses returned are those of what was trained: `autoencoder_loss`, the mean absolute
        error of pixels in -1..1, or `critic_loss` (gradient penalty included) and `generator_loss`.
        Raises UserError when a class has fewer than two images.
        """
        require_two_of_each(labels, self.classes, "BAGAN-GP needs at least two of each class")
        self.generator.train()
        losses = self._epoch()(images, labels)
        self.epochs_done += 1
        return losses

    def _epoch(self) -> Callable[[torch.Tensor, torch.Tensor], dict[str, float]]:
        """Return what the next epoch is; make the critic another one where it starts afresh."""
        settings = self.settings
        if self.epochs_done < settings.autoencoder_epochs:
            return self._autoencoder_epoch
        if self.epochs_done == settings.autoencoder_epochs and settings.critic_starts == "afresh":
            self.critic.trunk.start_afresh()
        balanced = settings.critic == "balanced"
        return self._adversarial_epoch if balanced else self._published_epoch

    def _autoencoder_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        losses = StepLosses()
        size = self.settings.autoencoder_batch_size or self.settings.batch_size
        for rows in pace.each(full_batches(len(images), size), pace.AUTOENCODING):
            parts = self._parts(self._real(images[rows]), labels[rows].to(self.device))
            losses.add(
                autoencoder_loss=take_step(
                    self.autoencoder_optimizer,
                    parts,
                    len(rows),
                    lambda real, labels: l1_loss(self.reconstruct(real, labels), real),
                )
            )
            self.images_seen += len(rows)
        return losses.means()

    def reconstruct(self, real: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Return what the autoencoder makes of images (N, C, size, size) in -1..1."""
        return self.generator(self.encoder_head(self.critic.trunk(real)), labels)

    def _adversarial_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        batch_size, critic_steps = self.settings.batch_size, self.settings.critic_steps
        pick = row_picker(labels, self.classes)
        steps = max(1, len(images) // batch_size)
        losses = StepLosses()
        for _ in pace.each(range(steps), images=batch_size * critic_steps):
            for _ in range(critic_steps):
                losses.add(critic_loss=self._critic_step(*self._critic_batch(images, pick)))
                self.images_seen += batch_size
            losses.add(generator_loss=self._generator_step(batch_size))
        return losses.means()

    def _critic_batch(
        self, images: torch.Tensor, pick: Callable[[torch.Tensor], torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor]:
        """Draw labels, real images of them and, if there are any, real ones of other classes."""
        labels = torch.randint(self.classes, (self.settings.batch_size,))
        real, others = self._real(images[pick(labels)]), None
        if self.classes > 1:
            shift = torch.randint(1, self.classes, labels.shape)
            others = self._real(images[pick((labels + shift) % self.classes)])
        return real, others, labels.to(self.device)

    def _critic_step(
        self, real: torch.Tensor, others: torch.Tensor | None, labels: torch.Tensor
    ) -> torch.Tensor:
        """Tell `real` images of the `labels` from fakes of them and from real ones of `others`."""
        latents = torch.randn(len(real), self.settings.latent_dim).to(self.device)
        given = (real, labels, latents) if others is None else (real, labels, latents, others)
        parts = self._parts(*given)
        return take_step(self.critic_optimizer, parts, len(real), self._critic_loss)

    def _critic_loss(
        self,
        real: torch.Tensor,
        labels: torch.Tensor,
        latents: torch.Tensor,
        others: torch.Tensor | None = None,
    ) -> torch.Tensor:
        with torch.no_grad():
            false = [self.generator(latents, labels)]
        if others is not None:
            false.append(others)
        scores = self.critic(torch.cat([real, *false]), labels.repeat(1 + len(false)))
        accepted, *rejected = scores.split(len(real))
        loss = critic_loss(self.settings.adversarial_loss, accepted, rejected)
        partner = torch.randint(len(false), (len(real),))
        opposite = torch.stack(false)[partner, torch.arange(len(real))]
        penalty = gradient_penalty(self.critic, real, opposite, labels)
        return loss + self.settings.gradient_penalty * penalty

    def _published_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        losses = StepLosses()
        for rows in pace.each(full_batches(len(images), self.settings.batch_size)):
            real, own = self._real(images[rows]), labels[rows].to(self.device)
            for _ in range(self.settings.critic_steps):
                losses.add(critic_loss=self._published_critic_step(real, own))
                self.images_seen += len(rows)
            losses.add(generator_loss=self._generator_step(len(rows)))
        return losses.means()

    def _published_critic_step(self, real: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Tell `real` images with their `labels` from fakes, and from the same with others."""
        latents = torch.randn(len(real), self.settings.latent_dim).to(self.device)
        made, said = torch.randint(self.classes, (2, len(real))).to(self.device)
        parts = self._parts(real, labels, latents, made, said)
        return take_step(self.critic_optimizer, parts, len(real), self._published_critic_loss)

    def _published_critic_loss(
        self,
        real: torch.Tensor,
        labels: torch.Tensor,
        latents: torch.Tensor,
        made: torch.Tensor,
        said: torch.Tensor,
    ) -> torch.Tensor:
        """Return the loss for `real` images of `labels`, fakes `made`, and real ones `said` to be.

        Latents, `made` and `said` are of the fakes, their labels and those that real images get.
        """
        with torch.no_grad():
            fakes = self.generator(latents, made)
        scores = self.critic(torch.cat([real, fakes, real]), torch.cat([labels, made, said]))
        accepted, *rejected = scores.split(len(real))
        loss = critic_loss(self.settings.adversarial_loss, accepted, rejected)
        penalty = gradient_penalty(self.critic, real, fakes, labels, torch.randn)
        return loss + self.settings.gradient_penalty * penalty

    def _generator_step(self, batch_size: int) -> torch.Tensor:
        latents = torch.randn(batch_size, self.settings.latent_dim).to(self.device)
        labels = torch.randint(self.classes, (batch_size,)).to(self.device)

        def loss_of(latents: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
            scores = self.critic(self.generator(latents, labels), labels)
            return generator_loss(self.settings.adversarial_loss, scores)

        # the critic's own gradients are not needed here
        own = list(self.generator.parameters())
        parts = self._parts(latents, labels)
        return take_step(self.generator_optimizer, parts, batch_size, loss_of, own)

    def _parts(self, *tensors: torch.Tensor) -> list[Part]:
        return parts_of(self.settings.accumulation_steps, *tensors)

    def _real(self, images: torch.Tensor) -> torch.Tensor:
        """Return uint8 images as the networks see them: in -1..1, at the working size."""
        size = self.settings.working_size
        return _resized(images.to(self.device).float() / 127.5 - 1, (size, size))

    def training_state(self) -> dict[str, Any]:
        """Return the parts and the epochs done, which tell the phase."""
        return super().training_state() | {"epochs_done": self.epochs_done}

    def load_training_state(self, state: dict[str, Any]) -> None:
        """Take up what `training_state` returned, in either phase."""
        super().load_training_state(state)
        self.epochs_done = state["epochs_done"]

    def training_parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        """Return the networks and their optimizers."""
        return {
            "generator": self.generator,
            "critic": self.critic,
            "encoder_head": self.encoder_head,
            "autoencoder_optimizer": self.autoencoder_optimizer,
            "generator_optimizer": self.generator_optimizer,
            "critic_optimizer": self.critic_optimizer,
        }

    def sampling_network(self) -> nn.Module:
        """Return the generator network, label embedding included."""
        return self.generator

    @torch.no_grad()
    def sample(self, seeds: Sequence[int], label: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Return an image of the class `label` for each seed; see `Generator`.

        Truncation scales the latent vector. At 0 even the class is lost, all images of all classes
        are one: the label acts by being multiplied with the latent vector.
        """
        self.generator.eval()
        latents = noise_of(seeds, [self.settings.latent_dim]) * truncation

        def make(batch: torch.Tensor) -> torch.Tensor:
            labels = torch.full((len(batch),), label, device=self.device)
            return _resized(self.generator(batch, labels), self.image_shape[:2])

        return make_images(latents, make, self.device)


def critic_loss(
    kind: str, accepted: torch.Tensor, rejected: Sequence[torch.Tensor]
) -> torch.Tensor:
    """Return the critic's loss without the gradient penalty.

    `accepted` are the scores (N,) of what it should rate high, `rejected` those of one or more
    groups (N,) it should rate low. `kind` is "wasserstein" (mean of the rejected less mean of the
    accepted) or "cross_entropy" (summed over the groups, as the authors do).
    """
    if kind == "wasserstein":
        return torch.stack(list(rejected)).mean() - accepted.mean()
    return softplus(-accepted).mean() + sum(softplus(scores).mean() for scores in rejected)


def generator_loss(kind: str, scores: torch.Tensor) -> torch.Tensor:
    """Return the generator's loss for the critic's scores (N,) of its images."""
    return -scores.mean() if kind == "wasserstein" else softplus(-scores).mean()


def gradient_penalty(
    critic: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    real: torch.Tensor,
    false: torch.Tensor,
    labels: torch.Tensor,
    draw: Callable[..., torch.Tensor] = torch.rand,
) -> torch.Tensor:
    """Return the mean of (norm of the critic's gradient - 1) squared, between real and false.

    `real` and `false` (N, C, H, W) are images said to have the `labels` (N,); a random point on
    the line between each pair is looked at (Gulrajani et al. 2017,
    https://arxiv.org/abs/1704.00028). `draw` says where: 0 is the real image, 1 the false one.
    """
    position = draw(len(real), 1, 1, 1).to(real.device)
    between = torch.lerp(real, false, position).requires_grad_()
    scores = critic(between, labels)
    (gradients,) = torch.autograd.grad(scores.sum(), between, create_graph=True)
    return (gradients.flatten(1).norm(dim=1) - 1).square().mean()


def row_picker(labels: torch.Tensor, classes: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return a function from labels asked for (M,) to random rows of `labels` (N,) with them."""
    order = labels.argsort(stable=True)
    counts = labels.bincount(minlength=classes)
    starts = counts.cumsum(0) - counts

    def pick(asked: torch.Tensor) -> torch.Tensor:
        # in double precision: a share of a large class must not round up to the whole of it
        within = (torch.rand(len(asked), dtype=torch.float64) * counts[asked]).long()
        return order[starts[asked] + within]

    return pick


def _resized(images: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    if images.shape[2:] == size:
        return images
    return interpolate(images, size, mode="bilinear", antialias=True)
