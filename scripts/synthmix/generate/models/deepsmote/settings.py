"""Settings of the DeepSMOTE generator."""

from typing import Literal

from pydantic import Field

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.settings import PositiveFloat, PositiveInt

SMALLEST = 8


class Settings(GeneratorSettings):
    """DeepSMOTE of Dablain, Krawczyk and Chawla (2022), https://arxiv.org/abs/2105.02340."""

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
