"""What a file holds once it is read, before it is made equal to others."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

MOST_PIXELS = 250_000_000


@dataclass(frozen=True)
class Reading:
    """How files are read.

    One with more than `max_pixels` pixels, or voxels, is refused. With `nan_is_background` what is
    no number becomes background; without it such a file is refused. With `use_windows` DICOM is
    shown through the window or VOI table that it has, with 8 bits; without it its values are kept.
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
