"""Drawn garments, filed the way Fashion-MNIST files photographs of real ones."""

from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field
from tqdm import tqdm

from synthmix.phantoms.base import StandIn
from synthmix.phantoms.idx import write_part
from synthmix.seeds import derive_seed

CLASSES = (
    *("t_shirt", "trouser", "pullover", "dress", "coat"),
    *("sandal", "shirt", "sneaker", "bag", "ankle_boot"),
)


class Embedded(StandIn):
    """How many garments are drawn, the classes in turn."""

    train_images: Annotated[int, Field(ge=len(CLASSES))] = Field(
        1500, description="Images of the training part."
    )
    test_images: Annotated[int, Field(ge=len(CLASSES))] = Field(
        300, description="Images of the test part."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other garments.")

    @classmethod
    def few(cls, images: int, patients: int, size: int) -> Self:
        """Return one with at least so many images and patients of each class."""
        count = len(CLASSES) * max(images, patients)
        return cls(train_images=count, test_images=count)

    def write(self, root: Path) -> None:
        """Draw every garment; a garment does not depend on how many others are drawn."""
        from synthmix.phantoms.garment_drawing import draw

        for name, count in (("t10k", self.test_images), ("train", self.train_images)):
            labels = np.arange(count, dtype=np.int64) % len(CLASSES)
            images = [
                draw(
                    np.random.default_rng(
                        derive_seed("garment", self.seed, name, CLASSES[label], place)
                    ),
                    CLASSES[label],
                )
                for place, label in enumerate(tqdm(labels, f"draw {name}", disable=None))
            ]
            write_part(root, name, np.stack(images), labels.astype(np.uint8))
