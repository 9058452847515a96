"""Images as a notebook shows them."""

import numpy as np
from PIL import Image

from synthmix.prepare.prepare_images import upright


def shown(image: Image.Image | np.ndarray, height: int) -> Image.Image:
    """Return a picture `height` pixels high, its aspect kept, for a cell to end with.

    `image` is a picture as a data set reads it, of any depth, or a stored one (H, W, C), uint8.
    """
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    picture = upright(image)
    width = max(1, round(picture.width * height / picture.height))
    return picture.resize((width, height), Image.Resampling.BICUBIC)
