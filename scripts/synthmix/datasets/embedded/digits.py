"""Handwritten digits, filed and drawn the way MNIST has them.

They are real: the 1,797 digits of 8 x 8 pixels that come with scikit-learn, whose writers and
scans are others than MNIST's. Each is enlarged to fit a box of 20 x 20 pixels and put into
28 x 28 so that its centre of mass lies in the middle.
"""

import gzip
import struct
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field, model_validator

from synthmix.seeds import derive_seed
from synthmix.settings import SettingsModel

SIZE = 28  # of a picture, in pixels, here and in Fashion-MNIST
CLASSES = 10
_BOX = 20
_MOST = 1797
_INK = 1.5  # of 16: less is taken for paper where a digit begins and ends
_THRESHOLD = 0.55  # of the darkest ink: where an enlarged stroke has its edge
_SOFTNESS = 0.07  # width of that edge, in the same unit

Bytes = NDArray[np.uint8]


class Embedded(SettingsModel):
    """How many digits are taken, the same number of each as far as there are as many."""

    train_images: Annotated[int, Field(ge=CLASSES)] = Field(
        1497, description=f"Images of the training part; with test_images at most {_MOST}."
    )
    test_images: Annotated[int, Field(ge=CLASSES)] = Field(
        300, description="Images of the test part."
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        1, description="Another seed, others are taken for the test."
    )

    @model_validator(mode="after")
    def _enough(self) -> Self:
        wanted = self.train_images + self.test_images
        if wanted > _MOST:
            raise ValueError(
                f"train_images and test_images: {wanted} in all, but there are only {_MOST} digits"
            )
        return self


def write(embedded: Embedded, root: Path) -> None:
    """Write the digits into `root`; which ones the test part has does not depend on the other."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    order = _order(labels, embedded.seed)[: embedded.test_images + embedded.train_images]
    for name, chosen in (
        ("t10k", order[: embedded.test_images]),
        ("train", order[embedded.test_images :]),
    ):
        pictures = [_enlarged(images[index].reshape(8, 8)) for index in chosen]
        write_part(root, name, np.stack(pictures), labels[chosen].astype(np.uint8))


def write_part(root: Path, name: str, images: Bytes, labels: Bytes) -> None:
    """Write `images` (N, rows, columns) and `labels` (N) as the part `name` of MNIST's files."""
    for kind, values in (("images", images), ("labels", labels)):
        header = struct.pack(f">{1 + values.ndim}I", 0x0800 + values.ndim, *values.shape)
        packed = gzip.compress(header + values.tobytes(), mtime=0)
        (root / f"{name}-{kind}-idx{values.ndim}-ubyte.gz").write_bytes(packed)


def _order(labels: NDArray[np.integer], seed: int) -> NDArray[np.integer]:
    """Return the places of all digits, a digit of each class in turn while there are any."""
    rank = np.empty(len(labels), int)
    for label in range(CLASSES):
        places = np.flatnonzero(labels == label)
        generator = np.random.default_rng(derive_seed("digits", seed, label))
        rank[generator.permutation(places)] = np.arange(len(places))
    return np.lexsort((labels, rank))


def _enlarged(digit: NDArray[np.floating]) -> Bytes:
    """Return a digit of 8 x 8 values in 0..16 as MNIST would have it, 28 x 28, white on black."""
    from scipy import ndimage

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
