"""From a volume to what a network sees of it: three slices, or a smaller volume.

Volumes are (X, Y, Z); the axes run from left to right, back to front, bottom to top.
"""

from collections.abc import Sequence
from math import ceil
from typing import Literal

import numpy as np

from synthmix.readers.raw_image import Volume
from synthmix.readers.spacing import are_equal, resize_plane

MOST_SIDE = 2048  # pixels of a slice whose voxels are no cubes
PERCENTILES = (0.5, 99.5)
ROUNDING = 0.01  # of a voxel: spacings are stored with few digits

Resample = Literal["smooth", "decimate"]

PLANES = ("axial", "coronal", "sagittal")


def three_slices(volume: Volume, limits: tuple[float, float] | None = None) -> np.ndarray:
    """Return the middle axial, coronal and sagittal slice of `volume`, (S, S, 3) uint8.

    Voxels that are no cubes are resampled to square pixels as small as their shortest side, or so
    that no slice is longer than `MOST_SIDE`. S is the longest side of the three; shorter slices are
    centred on black. Front is up in the axial slice, the top of the head in the others; the
    patient's right is at the left of the axial and coronal one, the front at the left of the
    sagittal one, as radiologists hold them.

    The intensities of the three together are clipped to `limits`, or else to their percentiles 0.5
    and 99.5, which become 0 and 255: one scale for all, so that a z-score over the three is that of
    the clipped intensities.
    """
    values = volume.values
    slices = _middle_slices(values)
    lengths = _lengths(values.shape, volume.spacing)
    if lengths != values.shape:
        across, up = (0, 0, 1), (1, 2, 2)
        slices = [
            resize_plane(plane.T, (lengths[a], lengths[b])).T
            for plane, a, b in zip(slices, across, up, strict=True)
        ]
    low, high = limits or _range(np.concatenate([plane.ravel() for plane in slices]))
    scale = 255 / (high - low) if high > low else 0
    side = max(lengths)
    pictures = np.zeros((side, side, 3), np.uint8)
    for channel, plane in enumerate(slices):
        scaled = (np.clip(plane, low, high) - low) * scale
        picture = np.flip(scaled.round().T)
        top, left = ((side - length) // 2 for length in picture.shape)
        rows, columns = picture.shape
        pictures[top : top + rows, left : left + columns, channel] = picture
    return pictures


def require_slices(volume: np.ndarray) -> None:
    """Raise ValueError where a middle slice of `volume` shows nothing."""
    for name, plane in zip(PLANES, _middle_slices(volume), strict=True):
        if plane.min() == plane.max():
            raise ValueError(
                f"its middle {name} slice shows nothing: all its voxels are {plane.min():g}"
            )


def resample_volume(
    volume: Volume,
    shape: tuple[int, int, int],
    voxel_size: float | None = None,
    how: Resample = "smooth",
) -> np.ndarray:
    """Return `volume` resampled to `shape`, z-scored (mean 0, standard deviation 1), float16.

    With `voxel_size` (mm) voxels become cubes of that side. What is then too long for `shape` is
    cut off, around the middle of the planes that are at least half as bright as the brightest one
    (of a head the neck is less wide), and what is too short is padded at both ends with the lowest
    value. Without it each axis is stretched to its new length, whatever that does to the shape of
    a head.

    `how` is "smooth", linear interpolation between voxels of which an axis that gets shorter has
    been smoothed first, so that nothing folds back; or "decimate": so many voxels as they are, of
    every second one where voxels become twice as large, from the first one on. No z-score is beyond
    the square root of the voxels' number, which float16 holds up to four thousand million of them.

    Raises ValueError when nothing but one value is left.
    """
    sides = (
        [old / new for old, new in zip(volume.values.shape, shape, strict=True)]
        if voxel_size is None
        else [voxel_size / side for side in volume.spacing]
    )
    resampled = _smoothed(volume.values, sides) if how == "smooth" else volume.values
    for axis, length in enumerate(shape):
        if voxel_size is None:
            window, missing = np.arange(length), (0, 0)
        else:
            window, missing = _window(volume.values, axis, sides[axis], length)
        if how == "smooth":
            resampled = _between(resampled, axis, (window + 0.5) * sides[axis] - 0.5)
        else:
            # of cubes the first one stays; what is stretched is taken from the middle of a voxel
            places = window * sides[axis] if voxel_size else (window + 0.5) * sides[axis] - 0.5
            last = volume.values.shape[axis] - 1
            # halves go down, all of them: numpy rounds every other one up
            nearest = np.ceil(places - 0.5).astype(int)
            resampled = resampled.take(np.minimum(nearest, last), axis)
        ends = [missing if number == axis else (0, 0) for number in range(3)]
        resampled = np.pad(resampled, ends, constant_values=volume.values.min())
    spread = resampled.std(dtype=np.float64)
    if spread == 0:
        raise ValueError(f"all voxels are equal once it is resampled to {shape}")
    return ((resampled - resampled.mean(dtype=np.float64)) / spread).astype(np.float16)


def _smoothed(values: np.ndarray, sides: Sequence[float]) -> np.ndarray:
    """Return `values` smoothed along the axes whose voxels become longer, `sides` times."""
    from scipy import ndimage

    widths = [max(0.0, (side - 1) / 2) for side in sides]
    return ndimage.gaussian_filter(values.astype(np.float32), widths, mode="nearest")


def _between(values: np.ndarray, axis: int, places: np.ndarray) -> np.ndarray:
    """Return `values` at `places` of an axis, counted in voxels, by linear interpolation."""
    places = np.clip(places, 0, values.shape[axis] - 1)
    before = np.minimum(places.astype(int), max(0, values.shape[axis] - 2))
    shares = (places - before).reshape([-1 if number == axis else 1 for number in range(3)])
    after = np.minimum(before + 1, values.shape[axis] - 1)
    low, high = values.take(before, axis), values.take(after, axis)
    return (low + shares * (high - low)).astype(np.float32)


def _window(
    values: np.ndarray, axis: int, side: float, length: int
) -> tuple[np.ndarray, tuple[int, int]]:
    """Return which `length` voxels of an axis are kept, and how many are missing at its ends.

    They are counted among new voxels, each as long as `side` old ones.
    """
    there = max(1, ceil(values.shape[axis] / side - ROUNDING))
    if there <= length:
        before = (length - there) // 2
        return np.arange(there), (before, length - there - before)
    across = tuple(number for number in range(3) if number != axis)
    bright = (values - values.min()).sum(axis=across, dtype=np.float64)
    wide = np.flatnonzero(bright >= bright.max() / 2)
    centre = (wide[0] + wide[-1]) / 2 / side
    first = min(max(0, round(centre - (length - 1) / 2)), there - length)
    return np.arange(first, first + length), (0, 0)


def _middle_slices(volume: np.ndarray) -> list[np.ndarray]:
    """Return the middle slices of the `PLANES`."""
    x, y, z = (length // 2 for length in volume.shape)
    return [volume[:, :, z], volume[:, y, :], volume[x, :, :]]


def _lengths(shape: tuple[int, ...], spacing: Sequence[float]) -> tuple[int, ...]:
    """Return how many cubes along each axis a volume of `shape` becomes."""
    if are_equal(spacing):
        return shape
    extents = [length * side for length, side in zip(shape, spacing, strict=True)]
    cube = max(min(spacing), max(extents) / MOST_SIDE)
    return tuple(max(1, round(extent / cube)) for extent in extents)


def _range(values: np.ndarray) -> tuple[float, float]:
    """Return what is to become black and white of `values`."""
    low, high = np.percentile(values, PERCENTILES)
    if low == high:  # nearly all of it background
        low, high = values.min(), values.max()
    return float(low), float(high)
