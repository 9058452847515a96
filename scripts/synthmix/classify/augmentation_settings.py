"""What a study says of the random changes of training images; no torch here."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from synthmix.settings import NonNegativeFloat, SettingsModel

Degrees = Annotated[float, Field(ge=0, le=180)]
ShearDegrees = Annotated[float, Field(ge=0, lt=90)]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Factor = Annotated[float, Field(ge=0, le=1)]


def _ascending(ends: tuple[float, ...]) -> tuple[float, ...]:
    if ends[0] > ends[1]:
        raise ValueError("give the lower end first")
    return ends


_Ends = Annotated[
    tuple[NonNegativeFloat, ...],
    Field(min_length=2, max_length=2),
    AfterValidator(_ascending),
]
Factors = Factor | _Ends


class _Changes(SettingsModel):
    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not any(self.model_dump().values()):
            names = ", ".join(type(self).model_fields)
            raise ValueError(f"changes nothing; set one of {names}, or leave it out")
        return self


class Augmentation(_Changes):
    """Random changes of a picture, each drawn evenly from its range; 0 and false are off.

    Keras' settings of the same meaning have the same numbers here; its shear_range is in degrees,
    so that a value of 0.05 hardly changes anything.
    """

    rotation_degrees: Degrees = Field(0.0, description="Turned by so much at the most, each way.")
    width_shift: Fraction = Field(
        0.0, description="Moved to the left or right by this share of the width at the most."
    )
    height_shift: Fraction = Field(
        0.0, description="Moved up or down by this share of the height at the most."
    )
    shear_degrees: ShearDegrees = Field(
        0.0, description="Upright edges slanted by so much at the most, each way."
    )
    zoom: Fraction = Field(0.0, description="0.1: between 0.9 and 1.1 times the size.")
    horizontal_flip: bool = Field(False, description="Left and right swapped, half of the time.")
    vertical_flip: bool = Field(False, description="Top and bottom swapped, half of the time.")
    quarter_turns: bool = Field(
        False, description="Turned by 0, 90, 180 or 270 degrees, each as often as the others."
    )
    centre_crop: Fraction = Field(
        0.0,
        description="0.2: half of the time the middle of the picture, between 0.8 and 1 times its"
        " height and width, is enlarged to the whole.",
    )
    brightness: Factors = Field(
        0.0, description="0.2, or [0.8, 1.2]: between 0.8 and 1.2 times as bright."
    )
    brightness_shift: Fraction = Field(
        0.0, description="0.05: lighter or darker by 0.05 of the range from black to white at most."
    )
    contrast: Factors = Field(
        0.0, description="0.2, or [0.8, 1.2]: between 0.8 and 1.2 times the contrast."
    )
    saturation: Factors = Field(
        0.0,
        description="0.2, or [0.8, 1.2]: colours between 0.8 and 1.2 times as strong; of RGB only.",
    )
    hue: Annotated[float, Field(ge=0, le=0.5)] = Field(
        0.0,
        description="Colours shifted by this share of the colour circle at the most, each way; of"
        " RGB only.",
    )
    blur: Annotated[float, Field(ge=0, le=20)] = Field(
        0.0, description="Largest standard deviation of a Gaussian blur, in pixels."
    )
    noise: Fraction = Field(
        0.0,
        description="Largest standard deviation of noise, as a share of the range from black to"
        " white; of colours each has its own.",
    )


class VolumeAugmentation(_Changes):
    """Random changes of a z-scored volume, each drawn evenly from its range; 0 and false are off.

    There are no artefacts such as motion: they would make a bad scan of a good one, under the
    label of the good one.
    """

    rotation_degrees: Degrees = Field(
        0.0, description="Turned about each axis by so much at the most, each way."
    )
    shift: Fraction = Field(
        0.0, description="Moved along each axis by this share of the side at the most, each way."
    )
    zoom: Fraction = Field(0.0, description="0.1: between 0.9 and 1.1 times the size.")
    horizontal_flip: bool = Field(False, description="Left and right swapped, half of the time.")
    elastic: Annotated[float, Field(ge=0, lt=0.1)] = Field(
        0.0,
        description="Bent, smoothly, by this share of the side at the most; from 0.1 on, tissue"
        " would be folded over.",
    )
    bias_field: NonNegativeFloat = Field(
        0.0,
        description="Largest coefficient of the polynomial whose exponential makes some parts"
        " brighter than others, as a coil does; 0.5 is strong.",
    )
    noise: NonNegativeFloat = Field(
        0.0, description="Largest standard deviation of noise, in that of the volume."
    )
