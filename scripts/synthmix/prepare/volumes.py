"""From a volume to what a network sees of it: three slices, or a smaller volume.

Volumes are (X, Y, Z); the axes run from left to right, back to front, bottom to top.
"""

from collections.abc import Sequence

import numpy as np

from synthmix.readers.raw_image import Volume
from synthmix.readers.spacing import are_equal, resize_plane

MOST_SIDE = 2048  # pixels of a slice whose voxels are no cubes
PERCENTILES = (0.5, 99.5)


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


def resample_volume(volume: np.ndarray, shape: tuple[int, int, int]) -> np.ndarray:
    """Return `volume` resampled to `shape`, z-scored (mean 0, standard deviation 1), float16.

    Linear interpolation between voxels that fill their cell; an axis that gets shorter is smoothed
    first, so that nothing folds back. No z-score is beyond the square root of the voxels' number,
    which float16 holds up to four thousand million of them.

    Raises ValueError when nothing but one value is left.
    """
    from scipy import ndimage

    ratios = [old / new for old, new in zip(volume.shape, shape, strict=True)]
    smoothed = ndimage.gaussian_filter(
        volume.astype(np.float32),
        [max(0.0, (ratio - 1) / 2) for ratio in ratios],
        mode="nearest",
    )
    resampled = ndimage.zoom(
        smoothed, [1 / ratio for ratio in ratios], order=1, mode="nearest", grid_mode=True
    )
    spread = resampled.std(dtype=np.float64)
    if spread == 0:
        raise ValueError(f"all voxels are equal once it is resampled to {shape}")
    return ((resampled - resampled.mean(dtype=np.float64)) / spread).astype(np.float16)


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
