"""Making stored pictures larger or smaller, as they were when they were prepared."""

import numpy as np
from PIL import Image


def resized(images: np.ndarray, size: int | None) -> np.ndarray:
    """Return square pictures (N, H, W, C), uint8, with `size` pixels a side.

    Bicubic and antialiased; they are returned as they are where they have that size, or `size` is
    None.
    """
    if size is None or images.shape[1:3] == (size, size):
        return images
    made = np.empty((len(images), size, size, images.shape[3]), np.uint8)
    for place, image in enumerate(images):
        # a picture of one channel has no third axis for Pillow
        picture = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
        picture = picture.resize((size, size), Image.Resampling.BICUBIC)
        made[place] = np.asarray(picture).reshape(size, size, -1)
    return made
