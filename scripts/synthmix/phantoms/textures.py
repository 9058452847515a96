"""What several drawings are made with: clouds, soft edges, reduced drawings, levels."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

FloatImage = NDArray[np.floating]


def enlarged(coarse: FloatImage, shape: tuple[int, int]) -> FloatImage:
    """Return `coarse`, two-dimensional, smoothly enlarged to `shape`, (height, width), float32.

    White noise of mean 0 and deviation 1 becomes clouds of about the same mean and deviation.
    """
    image = Image.fromarray(coarse.astype(np.float32))
    return np.asarray(image.resize(shape[::-1], Image.Resampling.BICUBIC))


def soft_step(distance: FloatImage, blur: float) -> FloatImage:
    """Return a soft step: 1 where `distance` is far below 0, 0 far above, 0.5 at it."""
    return 1 / (1 + np.exp(np.clip(distance / blur, -30, 30)))


def reduced(drawing: Image.Image, shape: tuple[int, int], blur: float) -> FloatImage:
    """Return a larger drawing in grey levels at `shape`, (height, width), blurred by `blur` pixels.

    Values are 0 to 1.
    """
    small = drawing.resize(shape[::-1], Image.Resampling.BOX)
    return np.asarray(small.filter(ImageFilter.GaussianBlur(blur)), np.float32) / 255


def eight_bit(picture: FloatImage) -> NDArray[np.uint8]:
    """Return a picture of values 0 to 1 in levels 0 to 255; values beyond are cut off."""
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)
