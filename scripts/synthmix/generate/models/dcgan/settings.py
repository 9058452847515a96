"""Settings of the DCGAN generator."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.network_costs import BOTH, GeneratorCost, convolution, pyramid
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
    kernel_size: Literal[4, 5] = Field(
        4, description="Height and width of the kernels that halve or double the size."
    )
    generator_activation: Literal["relu", "leaky_relu"] = Field(
        "relu", description="Activation of the generator's layers; the discriminator's is leaky."
    )
    max_channels: PositiveInt = Field(512, description="No layer has more channels than this.")
    learning_rate: PositiveFloat = Field(2e-4, description="Adam's step size, both networks.")
    beta1: Annotated[float, Field(ge=0, lt=1)] = Field(0.5, description="Adam's first momentum.")
    discriminator_dropout: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="Dropout after each discriminator layer."
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
        if 16 <= image_size <= 1024 and image_size.bit_count() == 1:
            return None
        return f"DCGAN needs an image_size that is a power of two from 16 to 1024, not {image_size}"

    def cost(self, image_shape: tuple[int, int, int]) -> GeneratorCost:
        """Return what the networks cost; see `GeneratorSettings`."""
        size, _, channels = image_shape
        halvings = (size // 4).bit_length() - 1
        widths = [min(self.base_channels * 2**n, self.max_channels) for n in range(halvings)]
        trunk = pyramid(channels, widths, self.kernel_size, size)
        generator = trunk + convolution(self.latent_dim, widths[-1], 4, 1, 1)
        judge = trunk + convolution(widths[-1], 1, 4, 1, 1)
        # the discriminator sees both kinds and learns; once more for the generator, which learns
        # alone
        learning = BOTH * generator.macs + (2 * BOTH + 2) * judge.macs
        both = (generator + judge).parameters
        return GeneratorCost(learning, generator.macs, both, generator.parameters)
