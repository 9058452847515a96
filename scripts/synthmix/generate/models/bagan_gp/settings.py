"""Settings of the BAGAN-GP generator."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from synthmix.generate.models.settings import GeneratorSettings, batches_in_epoch
from synthmix.network_costs import BOTH, GeneratorCost, dense, pyramid
from synthmix.runtime.pace import AUTOENCODING, STEP
from synthmix.settings import PositiveFloat, PositiveInt


class Settings(GeneratorSettings):
    """BAGAN-GP of Huang and Jafari (2021), https://doi.org/10.1007/s00521-021-06163-8."""

    works_in_parts = True
    tiny: ClassVar = {
        "latent_dim": 64,
        "base_channels": 16,
        "batch_size": 32,
        "autoencoder_epochs": 8,
        "working_size": 16,
        "learning_rate": 0.001,
        "epochs": 24,
    }

    model: Literal["bagan_gp"]
    autoencoder_epochs: PositiveInt = Field(
        30, description="How many of the first epochs train the autoencoder; the others the GAN."
    )
    batch_size: PositiveInt = Field(32, description="Images a training step.")
    autoencoder_batch_size: PositiveInt | None = Field(
        None,
        description="Images a step of the autoencoder; absent: batch_size. The program's: 128.",
    )
    latent_dim: PositiveInt = Field(128, description="Length of the latent vector.")
    base_channels: PositiveInt = Field(
        64,
        description="Channels next to the image; next to the latents there are four times as many.",
    )
    working_size: PositiveInt = Field(
        64,
        description="Size the networks work at, a power of two from 16 to 256; "
        "images of another size are resized to it and back.",
    )
    learning_rate: PositiveFloat = Field(2e-4, description="Adam's step size, all networks.")
    beta1: Annotated[float, Field(ge=0, lt=1)] = Field(0.5, description="Adam's first momentum.")
    beta2: Annotated[float, Field(ge=0, lt=1)] = Field(0.9, description="Adam's second momentum.")
    critic_steps: PositiveInt = Field(5, description="Steps of the critic a generator step.")
    gradient_penalty: PositiveFloat = Field(10.0, description="Weight of the gradient penalty.")
    adversarial_loss: Literal["wasserstein", "cross_entropy"] = Field(
        "wasserstein",
        description="What critic and generator play for: wasserstein, as the imbalance study tells "
        "it, or cross_entropy, as the authors' own program has it.",
    )

    critic: Literal["balanced", "as_published"] = Field(
        "balanced",
        description="What the critic is shown. balanced: each label equally often, with real images"
        " of it, fakes of it, and real images of other classes; the penalty is between the first"
        " and either of these. as_published, as the authors' program has it: real images in the"
        " proportions of the data, the same ones for all steps of the critic; fakes of random"
        " labels; the same real images with random labels, now and then the right one; and the"
        " penalty between real images and fakes alone.",
    )
    critic_starts: Literal["from_encoder", "afresh"] = Field(
        "from_encoder",
        description="Whether the critic goes on from the encoder's weights, as BAGAN's do, or"
        " starts afresh, as in the authors' program.",
    )

    @model_validator(mode="after")
    def _has_both_phases(self) -> Self:
        if self.autoencoder_epochs >= self.epochs:
            raise ValueError(
                f"epochs ({self.epochs}) counts those of the autoencoder too: it must be larger "
                f"than autoencoder_epochs ({self.autoencoder_epochs})"
            )
        return self

    @model_validator(mode="after")
    def _networks_fit(self) -> Self:
        if not (16 <= self.working_size <= 256 and self.working_size.bit_count() == 1):
            raise ValueError(
                f"working_size must be a power of two from 16 to 256, not {self.working_size}"
            )
        return self

    @property
    def first_scored_epoch(self) -> int:
        """The autoencoder's epochs teach nothing about images of random latent vectors."""
        return self.autoencoder_epochs + 1

    @property
    def joint(self) -> bool:
        """Return True: the classes share one model, small ones learn from large ones."""
        return True

    def in_short(self, steps: int) -> dict[str, Any]:
        """Return what a rehearsal changes: an epoch of the autoencoder comes before the GAN's."""
        return super().in_short(steps) | {"autoencoder_epochs": 1, "epochs": steps + 1}

    def most_images(self, steps: int, classes: int) -> int:
        """Return from how many images a rehearsal learns; the autoencoder's batch is full too."""
        full = self.autoencoder_batch_size or self.batch_size
        return max(super().most_images(steps, classes), full)

    def steps(self, images: int) -> dict[str, int]:
        """Return the steps of the autoencoder, and those of the GAN in the epochs after it."""
        first = min(self.autoencoder_epochs, self.epochs)
        size = self.autoencoder_batch_size or self.batch_size
        # the balanced critic draws its batches, of any number of images
        drawn = max(1, images // self.batch_size)
        later = drawn if self.critic == "balanced" else batches_in_epoch(images, self.batch_size)
        return {
            AUTOENCODING: first * batches_in_epoch(images, size),
            STEP: (self.epochs - first) * later,
        }

    def check_image(self, image_size: int, channels: int) -> str | None:
        """Return why the networks can't make such images, or None where they can."""
        if channels not in (1, 3):
            return f"BAGAN-GP makes grey or RGB images, not images of {channels} channels"
        return None

    def cost(self, image_shape: tuple[int, int, int]) -> GeneratorCost:
        """Return what the networks cost; see `GeneratorSettings`."""
        size, base, steps = self.working_size, self.base_channels, self.critic_steps
        halvings = size.bit_length() - 3
        widths = [base, *[2 * base] * (halvings - 2), 4 * base]
        trunk = pyramid(image_shape[2], widths, 4, size)
        code = dense(self.latent_dim, 16 * widths[-1])
        critic = trunk + dense(8 * base, 16 * widths[-1])
        generator = trunk + code
        autoencoder = BOTH * (trunk + generator + code).macs
        # three kinds of images and a gradient of a gradient for the critic; then the generator
        # learns
        adversarial = steps * ((3 * BOTH + 6) * critic.macs + generator.macs)
        adversarial += BOTH * generator.macs + 2 * critic.macs
        share = self.autoencoder_epochs / self.epochs
        learning = share * autoencoder + (1 - share) * adversarial
        parameters = (critic + generator + code).parameters
        return GeneratorCost(learning, generator.macs, parameters, generator.parameters)
