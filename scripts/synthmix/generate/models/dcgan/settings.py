"""Settings of the DCGAN generator."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.network_costs import BOTH, Cost, GeneratorCost, dense, pyramid
from synthmix.settings import PositiveFloat, PositiveInt

Augmentation = Literal["color", "translation", "cutout"]


def _without_repeats(entries: list[str]) -> list[str]:
    if len(set(entries)) < len(entries):
        raise ValueError("lists an augmentation twice")
    return entries


class Settings(GeneratorSettings):
    """DCGAN of Radford, Metz and Chintala (2015), https://arxiv.org/abs/1511.06434."""

    works_in_parts = True
    tiny: ClassVar = {
        "latent_dim": 16,
        "base_channels": 16,
        "batch_size": 16,
        "learning_rate": 0.002,
        "epochs": 40,
    }

    model: Literal["dcgan"]
    latent_dim: PositiveInt = Field(100, description="Length of the latent vector.")
    base_channels: PositiveInt = Field(
        64, description="Channels of the layer next to the image; each halving of size doubles it."
    )
    discriminator_channels: PositiveInt | None = Field(
        None,
        description="Channels of the discriminator's layer next to the image; base_channels where"
        " absent.",
    )
    start_size: Literal[4, 8, 16, 32] = Field(
        4,
        description="Height and width that the generator begins with and the discriminator ends at:"
        " the larger, the fewer layers.",
    )
    kernel_size: Literal[4, 5] = Field(
        4, description="Height and width of the kernels that halve or double the size."
    )
    generator_activation: Literal["relu", "leaky_relu"] = Field(
        "relu", description="Activation of the generator's layers; the discriminator's is leaky."
    )
    leak: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.2, description="Slope of leaky activations below zero."
    )
    max_channels: PositiveInt = Field(512, description="No layer has more channels than this.")
    learning_rate: PositiveFloat = Field(2e-4, description="Adam's step size, both networks.")
    beta1: Annotated[float, Field(ge=0, lt=1)] = Field(0.5, description="Adam's first momentum.")
    discriminator_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Dropout after each discriminator layer."
    )
    discriminator_batch_norm: bool = Field(
        True, description="Batch norm in the discriminator, but for its layer next to the image."
    )
    real_label: Annotated[float, Field(gt=0.5, le=1)] = Field(
        0.9, description="Target of the discriminator for real images (one-sided smoothing)."
    )
    label_noise: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        0.0,
        description="Share of the discriminator's images, drawn at each step, whose labels are"
        " swapped: real for synthetic and synthetic for real.",
    )
    augment: Annotated[list[Augmentation], AfterValidator(_without_repeats)] = Field(
        [],
        description="How images are transformed at random, real and synthetic ones alike, before"
        " the discriminator sees them, in this order; for few training images.",
    )

    def check_image(self, image_size: int, channels: int) -> str | None:
        """Return why the networks can't make such images, or None where they can."""
        least = max(16, 2 * self.start_size)
        if least <= image_size <= 1024 and image_size.bit_count() == 1:
            return None
        why = " (twice its start_size at the least)" if least > 16 else ""
        return (
            f"DCGAN needs an image_size that is a power of two from {least} to 1024{why}, not "
            f"{image_size}"
        )

    def widths(self, image_size: int, base: int | None = None) -> list[int]:
        """Return the channels at half of `image_size`, a quarter, ..., down to `start_size`.

        `base` are those next to the image, the generator's where absent.
        """
        halvings = (image_size // self.start_size).bit_length() - 1
        return [
            min((base or self.base_channels) * 2**n, self.max_channels) for n in range(halvings)
        ]

    def discriminator_widths(self, image_size: int) -> list[int]:
        """Return the same of the discriminator."""
        return self.widths(image_size, self.discriminator_channels)

    def cost(self, image_shape: tuple[int, int, int]) -> GeneratorCost:
        """Return what the networks cost; see `GeneratorSettings`."""
        size, _, channels = image_shape
        start = self.start_size
        made, judged = self.widths(size), self.discriminator_widths(size)
        first = self.latent_dim * made[-1] * start**2  # weights without biases, each used once
        generator = pyramid(channels, made, self.kernel_size, size) + Cost(first, first)
        judge = pyramid(channels, judged, self.kernel_size, size) + dense(judged[-1] * start**2, 1)
        # the discriminator sees both kinds and learns; once more for the generator, which learns
        # alone
        learning = BOTH * generator.macs + (2 * BOTH + 2) * judge.macs
        both = (generator + judge).parameters
        return GeneratorCost(learning, generator.macs, both, generator.parameters)
