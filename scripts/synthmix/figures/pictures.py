"""Stored images as they are shown: pictures as they are, volumes as their three middle slices."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synthmix.store import load_array, read_table

GAP = 24  # parts of its width that lie between a slice and the next


class StoredPictures:
    """The images of the real store by the names of their samples."""

    def __init__(self, images: str | Path, split: str | Path) -> None:
        """Open the store's array `images`; `split` is the table of its samples."""
        samples = read_table(split)
        self.images = load_array(images)
        self.rows = {sample: row for row, sample in enumerate(samples["sample_id"])}
        flat = self.images.dtype == np.uint8
        from_volumes = "depth" in samples and (samples["depth"] > 1).any()
        # where the channels of pictures are slices of a volume, not colours: their number
        self.slices = self.images.shape[-1] if flat and from_volumes else 0

    def image(self, sample: str) -> np.ndarray:
        """Return an image as it is stored."""
        return self.images[self.rows[sample]]

    def picture(self, sample: str) -> np.ndarray:
        """Return an image as it is shown."""
        return picture(self.image(sample), self.slices > 0)


def picture(image: np.ndarray, slices: bool = False) -> np.ndarray:
    """Return a stored image as a picture (h, w, 3), uint8.

    `image` is (H, W, C), uint8, whose channels are laid beside one another where they are
    `slices`, or a volume (X, Y, Z) of floats.
    """
    if image.dtype != np.uint8:
        image = beside(middle_slices(_as_grey(image)), fill=255)[..., None]
    elif slices:
        image = beside(np.moveaxis(image, -1, 0), fill=255)[..., None]
    return np.broadcast_to(image, (*image.shape[:2], 3))


def heat_picture(heat: np.ndarray, slices: int = 0) -> np.ndarray:
    """Return a heat map (H, W) or (X, Y, Z) as it lies over `picture`, nan between slices.

    `slices` is how many slices of a volume lie in the channels of the picture, which share the map.
    """
    if heat.ndim == 3:
        return beside(middle_slices(heat), fill=np.nan)
    return beside([heat] * slices, fill=np.nan) if slices else heat


def middle_slices(volume: np.ndarray) -> list[np.ndarray]:
    """Return the middle axial, coronal and sagittal slice of (X, Y, Z), nose or head upwards."""
    x, y, z = (side // 2 for side in volume.shape)
    return [np.flipud(cut.T) for cut in (volume[:, :, z], volume[:, y], volume[x])]


def beside(slices: Sequence[np.ndarray], fill: float) -> np.ndarray:
    """Return `slices` (h, w) in a row, each in the middle of its height, with gaps of `fill`."""
    height = max(len(cut) for cut in slices)
    gap = max(1, slices[0].shape[1] // GAP)
    parts: list[np.ndarray] = []
    for cut in slices:
        above = (height - len(cut)) // 2
        rows = (above, height - len(cut) - above)
        parts.append(np.pad(cut, (rows, (0, 0)), constant_values=0))
        parts.append(np.full((height, gap), fill, cut.dtype))
    return np.concatenate(parts[:-1], axis=1)


def grey_range(values: np.ndarray) -> tuple[float, float]:
    """Return what is black and what is white: all but the darkest and brightest hundredth."""
    low, high = np.percentile(values.astype(np.float32), [1, 99])
    return float(low), max(float(high), float(low) + 1e-6)


def _as_grey(volume: np.ndarray) -> np.ndarray:
    low, high = grey_range(volume)
    return (255 * np.clip((volume.astype(np.float32) - low) / (high - low), 0, 1)).astype(np.uint8)
