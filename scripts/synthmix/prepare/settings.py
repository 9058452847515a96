"""What a study may say of how images are made equal, thinned out and split."""

from math import isfinite
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from synthmix.prepare.volumes import Resample
from synthmix.readers.raw_image import MOST_PIXELS, Reading
from synthmix.settings import Name, PositiveFloat, PositiveInt, SettingsModel, Share

ClassCounts = Annotated[dict[Name, PositiveInt], Field(min_length=1)]


def _ascending(limits: tuple[float, ...]) -> tuple[float, ...]:
    low, high = limits
    if not (isfinite(low) and isfinite(high) and low < high):
        raise ValueError("give two numbers, the lower one first")
    return limits


_Limits = Annotated[
    tuple[float, ...], Field(min_length=2, max_length=2), AfterValidator(_ascending)
]
Intensity = Literal["auto", "image", "dataset"] | _Limits


class Prepare(SettingsModel):
    """From raw images to a store of equal ones."""

    image_size: Annotated[int, Field(ge=8, le=4096)] | None = Field(
        None, description="Height and width of a prepared image in pixels."
    )
    volume_shape: tuple[PositiveInt, PositiveInt, PositiveInt] | None = Field(
        None,
        description="For volumes in place of image_size: voxels from left to right, from back to"
        " front and from bottom to top of a prepared volume.",
    )
    voxel_size: PositiveFloat | None = Field(
        None,
        description="For volumes: millimetres of a side of a prepared voxel, a cube. What is too"
        " long for volume_shape is cut off around the bright part, what is too short is padded."
        " Where absent, a volume is stretched or squashed to volume_shape.",
    )
    resample: Resample = Field(
        "smooth",
        description="For volumes. smooth: smoothed, then interpolated; decimate: voxels left out,"
        " such as every second one, and the noise of the others kept as it is.",
    )
    channels: Literal[1, 3] = Field(
        1,
        description="1: grey, 3: RGB; of a volume the middle axial, coronal and sagittal slice.",
    )
    pad_to_square: bool = Field(
        True, description="Centre the image on a black square first, so that its aspect is kept."
    )
    max_rejected_share: Share = Field(
        0.05, description="The run stops when a larger share of the images cannot be read."
    )
    max_pixels: PositiveInt = Field(
        MOST_PIXELS, description="A file with more pixels, or voxels, is not read."
    )
    nan_is_background: bool = Field(
        False,
        description="Pixels and voxels that are no numbers (NaN) are background; otherwise an image"
        " with such is not read.",
    )
    intensity: Intensity = Field(
        "auto",
        description="Which values become black and white, of images deeper than 8 bits. auto: one"
        " range for all pictures of the data set, each volume its own, DICOM through its window;"
        " dataset: one range for all; image: each its own; [low, high]: these, in the unit of the"
        " files.",
    )

    @model_validator(mode="after")
    def _pictures_or_volumes(self) -> Self:
        if (self.image_size is None) == (self.volume_shape is None):
            raise ValueError("give either image_size, for pictures, or volume_shape, for volumes")
        return self

    def reading(self) -> Reading:
        """Return what readers of files need to know of it."""
        return Reading(
            max_pixels=self.max_pixels,
            nan_is_background=self.nan_is_background,
            use_windows=self.intensity == "auto",
        )


class InputPipeline(SettingsModel):
    """The measurement of how fast images reach a training."""

    images: Annotated[int, Field(ge=2, le=500)] = Field(
        500, description="Images that are read, evenly spaced over all there are."
    )
    batch_size: PositiveInt = Field(32, description="Images of a batch.")
    turns: PositiveInt = Field(3, description="How often each loader reads them; the best counts.")


class ShareSplit(SettingsModel):
    """Shares of the images of each class, dealt out by patient."""

    method: Literal["shares"] = "shares"
    train: Share = Field(0.6, description="Share that trains generators and classifiers.")
    validation: Share = Field(0.2, description="Share that stops the training of classifiers.")
    test: Share = Field(0.2, description="Share that judges them and is seen by nothing before.")

    @model_validator(mode="after")
    def _sum_to_one(self) -> Self:
        total = self.train + self.validation + self.test
        if abs(total - 1) > 1e-6:
            raise ValueError(f"train + validation + test is {total:g}, not 1")
        if min(self.train, self.validation, self.test) == 0:
            raise ValueError("train, validation and test must each be above 0")
        return self


class CountSplit(SettingsModel):
    """Numbers of images of each class, as published; patients stay whole, so about as many."""

    method: Literal["counts"]
    train: ClassCounts = Field(description="Training images of each class.")
    validation: ClassCounts = Field(description="Validation images of each class.")
    test: ClassCounts = Field(description="Test images of each class.")


class FoldSplit(SettingsModel):
    """Folds of about equal size and class shares, dealt out by patient (StratifiedGroupKFold)."""

    method: Literal["folds"]
    folds: Annotated[int, Field(ge=3, le=100)] = Field(10, description="How many folds.")
    test_fold: PositiveInt = Field(
        1, description="The fold that is tested on; the next one validates, the others train."
    )
    cross_validate: bool = Field(
        False,
        description="Test on every fold in turn, with generators and classifiers of its own each,"
        " searches among them.",
    )

    @model_validator(mode="after")
    def _test_fold_exists(self) -> Self:
        if self.test_fold > self.folds:
            raise ValueError(f"test_fold: {self.test_fold} is more than the {self.folds} folds")
        if self.cross_validate and self.test_fold != 1:
            raise ValueError("test_fold: means nothing with cross_validate: remove one of them")
        return self


class OfficialSplit(SettingsModel):
    """The parts that the data set itself comes in."""

    method: Literal["official"]
    validation: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.2,
        description="Share of the official training images that validates, where the data set has"
        " no validation part of its own.",
    )


def _shares_by_default(value: Any) -> Any:
    return {"method": "shares"} | value if isinstance(value, dict) else value


Split = Annotated[
    Annotated[ShareSplit | CountSplit | FoldSplit | OfficialSplit, Field(discriminator="method")],
    BeforeValidator(_shares_by_default),
]


class BalancedSubsample(SettingsModel):
    """As many images of every class as the rarest has, drawn at random before the split."""

    method: Literal["balanced"]


class LongTailSubsample(SettingsModel):
    """So many training images of each class, and test images at the same rates."""

    method: Literal["long_tail"]
    train: ClassCounts = Field(
        description="Images of each class to train and validate on, before validation is split off."
    )
    test_images: PositiveInt | None = Field(
        None,
        description="Test images in all, in the same shares; as many as there are where absent.",
    )


Subsample = Annotated[BalancedSubsample | LongTailSubsample, Field(discriminator="method")]
