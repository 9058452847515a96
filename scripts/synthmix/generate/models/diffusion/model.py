"""Class-conditional denoising diffusion.

Ho, Jain and Abbeel 2020 (https://arxiv.org/abs/2006.11239), sampled by DDIM (Song, Meng and Ermon
2020, https://arxiv.org/abs/2010.02502) with classifier-free guidance (Ho and Salimans 2022,
https://arxiv.org/abs/2207.12598). Network and schedules are MONAI's, imported where they are
built: that takes seconds. The functions work in two and three dimensions; the class `Diffusion`
serves images, since stores of volumes are no uint8 images.
"""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import mse_loss, pad

from synthmix.generate.models.base import Generator
from synthmix.generate.models.class_counts import require_two_of_each
from synthmix.generate.models.diffusion.settings import Settings
from synthmix.generate.models.sampling import make_images, noise_of
from synthmix.generate.models.steps import StepLosses, parts_of, take_step
from synthmix.runtime import pace

if TYPE_CHECKING:
    from monai.networks.schedulers import DDIMScheduler


class Diffusion(Generator):
    """A network that takes noise out of images, and an average of its weights to sample with."""

    Settings = Settings

    def build(self) -> None:
        """Build the network, its average, its optimizer and the schedule; see `Generator`."""
        settings = self.settings
        network = build_network(settings, 2, self.image_shape[2], self.classes)
        self.network = network.to(self.device)
        self.average = copy.deepcopy(self.network).requires_grad_(False)
        self.schedule = build_schedule(settings)
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(),
            settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )
        self.steps_done = 0

    def train_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        """Take a step for each batch; return `denoising_loss`; see `Generator`.

        Raises UserError when a class has fewer than two images.
        """
        require_two_of_each(labels, self.classes, "diffusion needs at least two of each class")
        losses = StepLosses()
        order = balanced_rows(labels) if self.settings.balanced else torch.randperm(len(images))
        for rows in pace.each(order.split(self.settings.batch_size)):
            clean = padded_to(images[rows].to(self.device), self.settings.size_multiple)
            losses.add(denoising_loss=self._step(clean.float() / 127.5 - 1, labels[rows]))
            self.images_seen += len(rows)
        return losses.means()

    def _step(self, clean: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        seen = hidden(labels, self.classes, self.settings.label_dropout).to(self.device)

        def loss_of(clean: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
            told = seen if self.settings.conditional else None
            return denoising_loss(self.network, self.schedule, clean, told)

        loss = take_step(
            self.optimizer,
            parts_of(self.settings.accumulation_steps, clean, seen),
            len(clean),
            loss_of,
            before_step=lambda: nn.utils.clip_grad_norm_(
                self.network.parameters(), self.settings.max_gradient_norm
            ),
        )
        self.steps_done += 1
        decay = ema_decay(self.settings.ema_decay, self.steps_done)
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
            for average, current in pairs:
                average.lerp_(current, 1 - decay)
        return loss

    def training_state(self) -> dict[str, Any]:
        """Return the network, its average, the optimizer and the steps done."""
        return super().training_state() | {"steps_done": self.steps_done}

    def load_training_state(self, state: dict[str, Any]) -> None:
        """Take up what `training_state` returned."""
        super().load_training_state(state)
        self.steps_done = state["steps_done"]

    def training_parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        """Return the networks and their optimizers."""
        return {"network": self.network, "average": self.average, "optimizer": self.optimizer}

    def sampling_network(self) -> nn.Module:
        """Return the network with the average of the weights."""
        return self.average

    def sample(self, seeds: Sequence[int], label: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Return an image of the class `label` for each seed; see `Generator`.

        The seed gives the noise that an image starts from, the rest follows from that. Truncation
        scales this noise. At 0 all images of a class are the one that grows from an even grey;
        below 1 images get smoother and fainter than any that was learned, not only more usual:
        the network has never seen starting noise that is weaker.
        """
        height, width, channels = self.image_shape
        multiple = self.settings.size_multiple
        shape = [channels, _round_up(height, multiple), _round_up(width, multiple)]
        noise = noise_of(seeds, shape) * truncation

        def make(batch: torch.Tensor) -> torch.Tensor:
            return self._denoised(batch, label)[..., :height, :width]

        return make_images(noise, make, self.device, sample_batch(self.device))

    def _denoised(self, noise: torch.Tensor, label: int) -> torch.Tensor:
        if not self.settings.conditional:
            return denoise(self.average, self.schedule, noise)
        labels = torch.full((len(noise),), label, device=self.device)
        scale = self.settings.guidance_scale
        return denoise(self.average, self.schedule, noise, labels, self.classes, scale)


def build_network(settings: Settings, spatial_dims: int, channels: int, classes: int) -> nn.Module:
    """Return a network for images (N, `channels`, ...) of `spatial_dims` dimensions, 2 or 3.

    A conditional one knows the labels 0 .. `classes` - 1 and `classes`, which stands for no label.
    """
    from monai.networks.nets import DiffusionModelUNet

    return DiffusionModelUNet(
        spatial_dims=spatial_dims,
        in_channels=channels,
        out_channels=channels,
        channels=settings.num_channels,
        attention_levels=settings.attention_levels,
        num_res_blocks=settings.num_res_blocks,
        norm_num_groups=settings.norm_num_groups,
        num_head_channels=settings.num_head_channels,
        num_class_embeds=classes + 1 if settings.conditional else None,
    )


def build_schedule(settings: Settings) -> "DDIMScheduler":
    """Return the noise of each training step, and the steps that sampling takes."""
    from monai.networks.schedulers import DDIMScheduler

    schedule = DDIMScheduler(
        num_train_timesteps=settings.diffusion_steps,
        schedule={"cosine": "cosine", "linear": "linear_beta"}[settings.noise_schedule],
        prediction_type={"v": "v_prediction", "epsilon": "epsilon"}[settings.prediction],
    )
    schedule.set_timesteps(settings.sampling_steps)
    # MONAI spreads the steps over 0 .. last, but each takes away the noise of a fixed number of
    # training steps: they must be that far apart, or images keep noise. Count down from the last.
    stride = settings.diffusion_steps // settings.sampling_steps
    schedule.timesteps = torch.arange(settings.diffusion_steps - 1, -1, -stride)
    return schedule


def denoising_loss(
    network: nn.Module,
    schedule: "DDIMScheduler",
    clean: torch.Tensor,
    labels: torch.Tensor | None,
) -> torch.Tensor:
    """Return the mean squared error of what the network says of noisy images.

    `clean` (N, C, H, W) or (N, C, X, Y, Z), in -1..1, is mixed with noise of a random step each;
    `labels` (N,) are given to a conditional network.
    """
    noise = torch.randn(clean.shape).to(clean.device)
    steps = torch.randint(schedule.num_train_timesteps, (len(clean),)).to(clean.device)
    noisy = schedule.add_noise(clean, noise, steps)
    epsilon = schedule.prediction_type == "epsilon"
    target = noise if epsilon else schedule.get_velocity(clean, noise, steps)
    return mse_loss(network(noisy, steps, class_labels=labels), target)


@torch.no_grad()
def denoise(
    network: nn.Module,
    schedule: "DDIMScheduler",
    noise: torch.Tensor,
    labels: torch.Tensor | None = None,
    no_label: int = 0,
    guidance_scale: float = 1.0,
) -> torch.Tensor:
    """Return the images, about in -1..1, that grow from `noise` (N, C, ...) without any chance.

    `labels` (N,) are for a conditional network, to which `no_label` says that there is none. The
    prediction is the one without label plus `guidance_scale` times what the label adds.
    """
    images = noise
    guided = labels is not None and guidance_scale != 1
    both = torch.cat([labels, torch.full_like(labels, no_label)]) if guided else labels
    for step in schedule.timesteps.tolist():
        inputs = torch.cat([images, images]) if guided else images
        steps = torch.full((len(inputs),), step, device=noise.device)
        predicted = network(inputs, steps, class_labels=both)
        if guided:
            with_label, without = predicted.chunk(2)
            predicted = without + guidance_scale * (with_label - without)
        images, _ = schedule.step(predicted, step, images)
    return images


def balanced_rows(labels: torch.Tensor) -> torch.Tensor:
    """Return as many random rows of `labels` (N,) as there are, each class equally likely."""
    return torch.multinomial(1 / labels.bincount()[labels], len(labels), replacement=True)


def hidden(labels: torch.Tensor, no_label: int, share: float) -> torch.Tensor:
    """Return the labels (N,) with a random `share` of them replaced by `no_label`."""
    return torch.where(torch.rand(labels.shape) < share, no_label, labels)


def ema_decay(decay: float, step: int) -> float:
    """Return the decay of the average at a step, counted from 1: small at first, then `decay`.

    The average would else remember the random weights of the start for long.
    """
    return min(decay, step / (step + 9))


def padded_to(images: torch.Tensor, multiple: int) -> torch.Tensor:
    """Repeat the last pixels of (N, C, ...) until each size is a multiple of `multiple`."""
    missing = [_round_up(size, multiple) - size for size in images.shape[2:]]
    # torch counts dimensions from the last and takes two numbers for each, before and after
    amounts = [amount for size in reversed(missing) for amount in (0, size)]
    return pad(images.float(), amounts, mode="replicate") if any(missing) else images


def sample_batch(device: torch.device) -> int:
    """Return how many images are made at a time, the last batch filled up.

    Always as many on a device: the last bits of a convolution depend on the size of its batch, and
    an image must depend on its seed alone. Few on a CPU, where filling up costs the most.
    """
    return 4 if device.type == "cpu" else 128


def _round_up(size: int, multiple: int) -> int:
    return -(-size // multiple) * multiple
