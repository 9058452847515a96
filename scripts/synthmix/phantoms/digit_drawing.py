"""Digits of few pixels, as MNIST would have them.

Each is enlarged to fit a box of 20 x 20 pixels and put into 28 x 28 so that its centre of mass
lies in the middle.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from synthmix.phantoms.idx import SIZE, Bytes

_BOX = 20
_INK = 1.5  # of 16: less is taken for paper where a digit begins and ends
_THRESHOLD = 0.55  # of the darkest ink: where an enlarged stroke has its edge
_SOFTNESS = 0.07  # width of that edge, in the same unit


def enlarged_digit(digit: NDArray[np.floating]) -> Bytes:
    """Return a digit of 8 x 8 values in 0..16 as MNIST would have it, 28 x 28, white on black."""
    rows, columns = (np.flatnonzero(digit.max(axis) > _INK) for axis in (1, 0))
    digit = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = (round(_BOX * side / max(digit.shape)) for side in digit.shape)
    ink = Image.fromarray(np.pad(digit, 1).astype(np.float32))
    box = (1, 1, 1 + digit.shape[1], 1 + digit.shape[0])
    smooth = np.asarray(ink.resize((width, height), Image.Resampling.BICUBIC, box)) / digit.max()
    # a scan in two tones that was then shrunk has sharp strokes; bilinear ones would be mist
    stroke = 1 / (1 + np.exp((_THRESHOLD - smooth) / _SOFTNESS))
    page = np.zeros((SIZE, SIZE))
    top, left = (SIZE - height) // 2, (SIZE - width) // 2
    page[top : top + height, left : left + width] = stroke
    middle = (SIZE - 1) / 2
    row, column = ndimage.center_of_mass(page)
    shift = (round(middle - row), round(middle - column))
    return np.rint(255 * ndimage.shift(page, shift, order=0)).astype(np.uint8)
