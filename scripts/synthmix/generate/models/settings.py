"""What the settings of all generators have in common; no torch here."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from synthmix.network_costs import GeneratorCost
from synthmix.runtime.pace import STEP
from synthmix.settings import PositiveInt, SettingsModel

_LEAST = 16  # images of a class that a rehearsal learns from


def batches_in_epoch(images: int, batch_size: int) -> int:
    """Return how many batches an epoch has: a last one that is not full is left out."""
    return max(1, images // max(1, min(batch_size, images)))


class Snapshots(SettingsModel):
    """When a generator is scored while it learns, and what follows from it.

    The score is the Frechet distance of the table of scores: FID, or on features of a network of
    our own.
    """

    every: PositiveInt = Field(description="Epochs from one snapshot to the next.")
    images: Annotated[int, Field(ge=2)] = Field(
        2000, description="Synthetic images that a snapshot is scored on, in the class shares."
    )
    patience: PositiveInt | None = Field(
        None, description="Stop after this many snapshots without a better score; absent: never."
    )
    keep: Literal["best", "last"] = Field(
        "best", description="Which snapshot makes the images; both are kept."
    )


# the keys of `synthmix.prepare.parts.LEARNED_FROM`
LearnsFrom = Literal["training", "training_and_validation", "all"]


class GeneratorSettings(SettingsModel):
    """Settings of a generator. A subclass narrows `model` to its own name and adds others."""

    keeps_training_images: ClassVar[bool] = False
    """Whether its images are training images, or blends of them pixel by pixel."""
    is_ready: ClassVar[bool] = False
    """Whether its images were made elsewhere: they are read, and nothing is learned."""
    on_cpu: ClassVar[bool] = False
    """Whether its training takes no GPU, be there one."""
    works_in_parts: ClassVar[bool] = False
    """Whether it goes through a batch in parts, as `accumulation_steps` and `devices` ask for."""
    tiny: ClassVar[dict[str, Any]] = {}
    """Settings of a small one that learns to draw digits in seconds: tests train it."""

    model: str = Field(description="The kind of generator.")
    epochs: PositiveInt = Field(description="Passes over the training images, at the most.")
    image_size: Annotated[int, Field(ge=8, le=4096)] | None = Field(
        None,
        description="Height and width in pixels of the images that it learns and makes; that of"
        " prepare where absent. They are resized to that for mixes and scores.",
    )
    batch_size: PositiveInt = Field(64, description="Images a training step.")
    learns_from: LearnsFrom = Field(
        "training",
        description="Which real images it learns from. With training_and_validation those that"
        " classifiers are validated on are not held out of it: validation, and what is chosen by"
        " it, is then too good; test images are held out. all: from all there are, those of the"
        " test and of no class too, without their labels: one model, whose images have no class."
        " They are scored and shown, and no classifier is trained on them.",
    )
    accumulation_steps: PositiveInt = Field(
        1,
        description="Parts that a batch is worked through in, one in memory at a time; their "
        "gradients add up. For a small card; batch norm sees the parts.",
    )
    devices: PositiveInt = Field(
        1, description="GPUs that share each batch; with device: cpu, processes."
    )
    snapshots: Snapshots | None = Field(
        None, description="Scoring while it learns. Absent: the last epoch's weights are kept."
    )
    sheet_epochs: list[PositiveInt] = Field(
        [1, 5, 10, 20, 50, 100, 250, 500, 750, 1000],
        description="Epochs at which the sample sheet shows images of the same latent vectors.",
    )

    @model_validator(mode="after")
    def _parts_are_batches(self) -> Self:
        parts = self.accumulation_steps * self.devices
        if parts > 1 and not self.works_in_parts:
            raise ValueError(
                f"{self.model} does not go through a batch in parts: leave out "
                f"{'devices' if self.devices > 1 else 'accumulation_steps'}"
            )
        if parts > 1 and self.batch_size < 2 * parts:
            raise ValueError(
                f"batch_size {self.batch_size} leaves fewer than two images for each of "
                f"{parts} parts (accumulation_steps times devices): raise it, or lower those"
            )
        return self

    @model_validator(mode="after")
    def _learns_labels_where_there_are(self) -> Self:
        if self.learns_from == "all" and self.joint:
            raise ValueError(
                "learns_from: all leaves out the labels, and this model is told them: choose one "
                "that learns without"
            )
        return self

    @property
    def first_scored_epoch(self) -> int:
        """The first epoch after which images can be judged: earlier ones have no snapshots."""
        return 1

    @property
    def origin_is_known(self) -> bool:
        """Whether it is known which real images its images come from."""
        return True

    @property
    def makes_copies(self) -> bool:
        """Whether its images are training images as they are."""
        return False

    @property
    def joint(self) -> bool:
        """Whether one model learns all classes, told their labels; else there is one a class."""
        return False

    def in_short(self, steps: int) -> dict[str, Any]:
        """Return what a rehearsal changes: settings under which each kind of step occurs soon.

        An epoch is a step at the least. What decides shapes and memory stays as it is.
        """
        short: dict[str, Any] = {"epochs": steps, "sheet_epochs": [1]}
        if self.snapshots is not None:
            few = {"every": 1, "images": min(self.snapshots.images, 16), "patience": None}
            short["snapshots"] = self.snapshots.model_copy(update=few)
        return short

    def most_images(self, steps: int, classes: int) -> int | None:
        """Return from how many images a rehearsal learns where steps are long; None: from all.

        They are of so many `classes`, and give an epoch of so many `steps`, or some more.
        """
        # it has no steps, and its neighbours are to be there
        if self.keeps_training_images or self.is_ready:
            return None
        return max(steps * self.batch_size, _LEAST * classes)

    def steps(self, images: int) -> dict[str, int]:
        """Return how many steps of each kind all epochs take on so many images.

        The kinds are those that the training is measured by (`synthmix.runtime.pace`).
        """
        return {STEP: self.epochs * batches_in_epoch(images, self.batch_size)}

    def check_image(self, image_size: int, channels: int) -> str | None:
        """Return why the model can't make such images, or None where it can."""
        return None

    def cost(self, image_shape: tuple[int, int, int]) -> GeneratorCost | None:
        """Return what the model costs for images (H, W, C); None where that is not known.

        Estimates then go by the images that it sees.
        """
        return None
