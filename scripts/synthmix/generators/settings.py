"""What the settings of all generators have in common; no torch here."""

from typing import ClassVar

from pydantic import Field

from synthmix.settings import PositiveInt, SettingsModel

# The name of what a joint generator learns, where others have the name of their class.
ALL_CLASSES = "all_classes"


class GeneratorSettings(SettingsModel):
    """Settings of a generator. A subclass narrows `model` to its own name and adds others."""

    keeps_training_images: ClassVar[bool] = False
    """Whether its images are training images, or blends of them pixel by pixel."""

    model: str = Field(description="The kind of generator.")
    epochs: PositiveInt = Field(description="Passes over the training images.")
    batch_size: PositiveInt = Field(64, description="Images a training step.")
    sheet_epochs: list[PositiveInt] = Field(
        [1, 5, 10, 20, 50, 100, 250, 500, 750, 1000],
        description="Epochs at which the sample sheet shows images of the same latent vectors.",
    )

    @property
    def joint(self) -> bool:
        """Whether one model learns all classes, told their labels; else there is one a class."""
        return False

    def check_image(self, image_size: int, channels: int) -> str | None:
        """Return why the model can't make such images, or None where it can."""
        return None
