"""Settings of classical resampling."""

from typing import Any, Literal

from pydantic import Field

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.network_costs import GeneratorCost
from synthmix.settings import PositiveInt

RANDOM_OVER_SAMPLING = "random_over_sampling"


class Settings(GeneratorSettings):
    """Over-sampling methods on pixels, by imbalanced-learn, https://imbalanced-learn.org."""

    keeps_training_images = True
    on_cpu = True

    model: Literal["resampling"]
    method: Literal[
        "random_over_sampling",
        "smote",
        "borderline_smote",
        "adasyn",
        "smote_tomek",
        "smote_enn",
    ] = Field(
        "smote",
        description="How images are made: copies, SMOTE from any image, from those near other "
        "classes, the more the more of them are near (ADASYN), or SMOTE without what Tomek links "
        "or edited nearest neighbours would remove again.",
    )
    epochs: PositiveInt = Field(1, description="Has no effect: nothing is trained. Leave it at 1.")
    neighbours: PositiveInt = Field(
        5,
        description="Nearest images of its class that SMOTE may step to from an image; ADASYN "
        "counts those of other classes among as many.",
    )
    danger_neighbours: PositiveInt = Field(
        10,
        description="Nearest images among which Borderline-SMOTE counts those of other classes.",
    )

    @property
    def makes_copies(self) -> bool:
        """Whether its images are training images as they are; other methods blend them."""
        return self.method == RANDOM_OVER_SAMPLING

    @property
    def joint(self) -> bool:
        """One model keeps the images of all classes; each is resampled among its own."""
        return True

    def in_short(self, steps: int) -> dict[str, Any]:
        """Return that there is nothing to change: nothing is trained."""
        return {}

    def cost(self, image_shape: tuple[int, int, int]) -> GeneratorCost:
        """Return that there are no networks."""
        return GeneratorCost(0, 0, 0, 0)
