"""Settings of the DeepSMOTE generator."""

from typing import ClassVar, Literal

from pydantic import Field

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.network_costs import BOTH, FORWARD, GeneratorCost, dense, pyramid
from synthmix.settings import PositiveFloat, PositiveInt

SMALLEST = 8


class Settings(GeneratorSettings):
    """DeepSMOTE of Dablain, Krawczyk and Chawla (2022), https://arxiv.org/abs/2105.02340."""

    works_in_parts = True
    tiny: ClassVar = {
        "latent_dim": 32,
        "hidden_width": 8,
        "batch_size": 32,
        "learning_rate": 0.002,
        "epochs": 30,
    }

    model: Literal["deepsmote"]
    latent_dim: PositiveInt = Field(600, description="Length of an image's code.")
    hidden_width: PositiveInt = Field(
        128,
        description="Channels of the layer next to the image; each of the three deeper layers "
        "has twice as many as the one before.",
    )
    neighbours: PositiveInt = Field(
        5, description="Nearest codes of its class that SMOTE may step to from a code."
    )
    learning_rate: PositiveFloat = Field(2e-4, description="Adam's step size, both networks.")

    @property
    def joint(self) -> bool:
        """One pair of networks learns all classes; SMOTE steps within one."""
        return True

    def check_image(self, image_size: int, channels: int) -> str | None:
        """Return why the networks can't make such images, or None where they can."""
        if image_size >= SMALLEST:
            return None
        return f"DeepSMOTE needs an image_size of {SMALLEST} or more, not {image_size}"

    def cost(self, image_shape: tuple[int, int, int]) -> GeneratorCost:
        """Return what the networks cost; see `GeneratorSettings`."""
        deepest = -(-image_shape[0] // 16)
        widths = [self.hidden_width * 2**n for n in range(4)]
        half = pyramid(image_shape[2], widths, 4, 16 * deepest)
        half += dense(widths[-1] * deepest**2, self.latent_dim)
        # a batch of all classes and one of a class: the encoder learns from the first alone
        learning = (BOTH + FORWARD) * half.macs + 2 * BOTH * half.macs
        return GeneratorCost(learning, half.macs, 2 * half.parameters, half.parameters)
