"""Handwritten digits, filed and drawn the way MNIST has them.

They are real: the 1,797 digits of 8 x 8 pixels that come with scikit-learn, whose writers and
scans are others than MNIST's.
"""

from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from synthmix.phantoms.base import StandIn
from synthmix.phantoms.idx import write_part
from synthmix.seeds import derive_seed

CLASSES = 10
_MOST = 1797


class Embedded(StandIn):
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

    @classmethod
    def few(cls, images: int, patients: int, size: int) -> Self:
        """Return one with at least so many images and patients of each class."""
        each = min(max(images, patients), _MOST // (2 * CLASSES))
        return cls(train_images=CLASSES * each, test_images=CLASSES * each)

    def write(self, root: Path) -> None:
        """Write the digits; which ones the test part has does not depend on the training part."""
        from sklearn.datasets import load_digits

        from synthmix.phantoms.digit_drawing import enlarged_digit

        images, labels = load_digits(return_X_y=True)
        order = _order(labels, self.seed)[: self.test_images + self.train_images]
        for name, chosen in (
            ("t10k", order[: self.test_images]),
            ("train", order[self.test_images :]),
        ):
            pictures = [enlarged_digit(images[index].reshape(8, 8)) for index in chosen]
            write_part(root, name, np.stack(pictures), labels[chosen].astype(np.uint8))


def _order(labels: NDArray[np.integer], seed: int) -> NDArray[np.integer]:
    """Return the places of all digits, a digit of each class in turn while there are any."""
    rank = np.empty(len(labels), int)
    for label in range(CLASSES):
        places = np.flatnonzero(labels == label)
        generator = np.random.default_rng(derive_seed("digits", seed, label))
        rank[generator.permutation(places)] = np.arange(len(places))
    return np.lexsort((labels, rank))
