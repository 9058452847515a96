"""What a file holds once it is read, before it is made equal to others."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from PIL import Image

MOST_PIXELS = 100_000_000


@dataclass(frozen=True)
class Reading:
    """How files are read.

    One with more than `max_pixels` pixels, or voxels, is refused. With `nan_is_background` what is
    no number becomes background; without it such a file is refused. Without `use_windows` the
    windows and VOI tables of DICOM files are not applied.
    """

    max_pixels: int = MOST_PIXELS
    nan_is_background: bool = False
    use_windows: bool = True

    def require_size(self, *lengths: int) -> None:
        """Raise ValueError, naming the setting, for a picture or volume with too long sides."""
        pixels = 1
        for length in lengths:
            pixels *= int(length)
        if pixels > self.max_pixels:
            sides = " x ".join(map(str, lengths))
            unit = "pixels" if len(lengths) == 2 else "voxels"
            raise ValueError(
                f"claims to hold {sides} {unit}, more than the {self.max_pixels:,} of "
                f"prepare.max_pixels: raise that if the file is right"
            )


AS_USUAL = Reading()


@dataclass(frozen=True)
class DeepPicture:
    """A picture with more than 8 bits a channel, in the unit of its file.

    `values` is (H, W) or (H, W, 3), float32, all finite. `background`, (H, W), is true for what
    belongs to no picture, such as padding: it becomes black and counts for no range. `notes` are
    what the user is to be told of it, the same words for the same trouble. With `inverted` low
    values are bright.
    """

    values: np.ndarray
    background: np.ndarray | None = None
    notes: tuple[str, ...] = ()
    inverted: bool = False


@dataclass(frozen=True)
class Volume:
    """A volume, in the unit of its file.

    `values` is (X, Y, Z), float32, all finite; the axes run from left to right, back to front,
    bottom to top. `spacing` is the size of a voxel in mm. `notes` as of a `DeepPicture`.
    """

    values: np.ndarray
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)
    notes: tuple[str, ...] = ()


RawImage = Image.Image | DeepPicture | Volume
_NOTES = "synthmix"  # in what Pillow knows of a picture


def with_notes(picture: Image.Image, notes: Iterable[str]) -> Image.Image:
    """Return `picture`, which keeps the `notes` of it from here on."""
    picture.info[_NOTES] = tuple(notes)
    return picture


def notes_of(image: RawImage) -> tuple[str, ...]:
    """Return what the user is to be told of an image, whatever it is."""
    if isinstance(image, Image.Image):
        return image.info.get(_NOTES, ())
    return image.notes


def numbers_only(
    values: np.ndarray, reading: Reading, unit: str = "pixels"
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return where `values`, of any shape, are no numbers, None where all are, and notes.

    Raises ValueError, naming the setting, where there are some and `reading` does not allow them,
    and where there is nothing else.
    """
    wrong = ~np.isfinite(values)
    if not wrong.any():
        return None, ()
    if not reading.nan_is_background:
        raise ValueError(
            f"has {unit} that are not numbers (NaN or infinite); with prepare.nan_is_background: "
            f"true they are background"
        )
    if wrong.all():
        raise ValueError(f"has no {unit} that are numbers: all are NaN or infinite")
    return wrong, (f"{unit} that are not numbers (NaN or infinite) are background",)
