"""Pixels and voxels that are no squares and cubes: what their sides are, and pictures without."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from synthmix.readers.raw_image import DeepPicture, Reading, notes_of, with_notes

TOLERANCE = 0.01  # sides that differ by less are equal
MOST_RATIO = 100  # of the longest to the shortest side; beyond that one of them is wrong
RESAMPLED = "pixels that are no squares (by their spacing) are resampled to squares"
NOT_CUBES = (
    "voxels are no cubes (by their spacing): middle slices are resampled to square pixels, and "
    "with volume_shape the whole volume is, by its spacing where prepare.voxel_size is given"
)
NO_SENSE = (
    "the spacing makes no sense (a side that is 0, negative, no number, or over a hundred times "
    "another): sides are taken for equal"
)


def sensible(sides: Sequence[float]) -> bool:
    """Return whether pixels or voxels may have such `sides`."""
    positive = all(math.isfinite(side) and side > 0 for side in sides)
    return positive and max(sides) <= MOST_RATIO * min(sides)


def are_equal(sides: Sequence[float]) -> bool:
    """Return whether `sides`, all above 0, are equal as far as anyone can see."""
    return max(sides) <= (1 + TOLERANCE) * min(sides)


def volume_spacing(
    sides: Sequence[float],
) -> tuple[tuple[float, float, float], tuple[str, ...]]:
    """Return the `sides` of a voxel, or those of a cube where they make no sense, and notes."""
    if not sensible(sides):
        return (1.0, 1.0, 1.0), (NO_SENSE,)
    x, y, z = sides
    return (x, y, z), () if are_equal(sides) else (NOT_CUBES,)


def with_square_pixels(
    picture: Image.Image | DeepPicture, sides: tuple[float, float] | None, reading: Reading
) -> Image.Image | DeepPicture:
    """Return `picture` with square pixels, and a note where that changes anything.

    `sides` are the height and the width of a pixel, in any unit, None where they are not known.
    The longer one is divided: no detail is lost. Raises ValueError where that takes more pixels
    than `reading` allows.
    """
    if sides is None:
        return picture
    if not sensible(sides):
        return _with_note(picture, NO_SENSE)
    if are_equal(sides):
        return picture
    deep = isinstance(picture, DeepPicture)
    rows, columns = picture.values.shape[:2] if deep else (picture.height, picture.width)
    step = min(sides)
    size = (max(1, round(columns * sides[1] / step)), max(1, round(rows * sides[0] / step)))
    reading.require_size(*size)
    if not deep:
        resized = picture.resize(size, Image.Resampling.BILINEAR)
        return with_notes(resized, (*notes_of(picture), RESAMPLED))
    background = picture.background
    if background is not None:
        background = np.asarray(Image.fromarray(background).resize(size, Image.Resampling.NEAREST))
    values = resize_plane(picture.values, size)
    return _with_note(replace(picture, values=values, background=background), RESAMPLED)


def resize_plane(values: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return `values` (H, W) or (H, W, 3) resized to `size`, columns and rows, float32."""
    if values.ndim == 3:
        return np.dstack([resize_plane(values[..., i], size) for i in range(values.shape[2])])
    plane = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(plane.resize(size, Image.Resampling.BILINEAR))


def _with_note(picture: Image.Image | DeepPicture, note: str) -> Image.Image | DeepPicture:
    notes = (*notes_of(picture), note)
    if isinstance(picture, DeepPicture):
        return replace(picture, notes=notes)
    return with_notes(picture, notes)
