"""Drawn colour pictures of animals and vehicles, filed the way CIFAR-10 files photographs."""

from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field
from tqdm import tqdm

from synthmix.phantoms.base import StandIn
from synthmix.phantoms.python2_pickle import pickled
from synthmix.phantoms.sizes import COLOUR_PICTURE
from synthmix.seeds import derive_seed

TOP = "cifar-10-batches-py"
CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
_BATCHES = 5


class Embedded(StandIn):
    """How many pictures are drawn, the classes in turn."""

    train_images: Annotated[int, Field(ge=_BATCHES * len(CLASSES))] = Field(
        1500, description=f"Images of the training part, which comes in {_BATCHES} files."
    )
    test_images: Annotated[int, Field(ge=len(CLASSES))] = Field(
        300, description="Images of the test part."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other pictures.")

    @classmethod
    def few(cls, images: int, patients: int, size: int) -> Self:
        """Return one with at least so many images and patients of each class."""
        count = len(CLASSES) * max(images, patients)
        return cls(train_images=count, test_images=count)

    def write(self, root: Path) -> None:
        """Draw every picture; a picture does not depend on how many others are drawn."""
        folder = root / TOP
        folder.mkdir()
        parts = np.array_split(np.arange(self.train_images), _BATCHES)
        batches = [
            (f"data_batch_{number}", f"training batch {number} of {_BATCHES}", "train", places)
            for number, places in enumerate(parts, start=1)
        ]
        batches.append(("test_batch", "testing batch 1 of 1", "test", np.arange(self.test_images)))
        for file, title, part, places in tqdm(batches, "draw batches", disable=None):
            content = _batch(self.seed, part, [int(place) for place in places])
            (folder / file).write_bytes(pickled({b"batch_label": title.encode(), **content}))
        meta = {
            b"num_cases_per_batch": max(len(part) for part in parts),
            b"label_names": [name.encode() for name in CLASSES],
            b"num_vis": 3 * COLOUR_PICTURE**2,
        }
        (folder / "batches.meta").write_bytes(pickled(meta))


def _batch(seed: int, part: str, places: list[int]) -> dict[bytes, object]:
    """Return the pictures of the part `part` at `places`, as a batch holds them."""
    from synthmix.phantoms.colour_picture_drawing import draw

    labels = [place % len(CLASSES) for place in places]
    pictures = [
        draw(
            np.random.default_rng(derive_seed("colour picture", seed, part, CLASSES[label], place)),
            CLASSES[label],
        )
        for place, label in zip(places, labels, strict=True)
    ]
    names = [
        f"{CLASSES[label]}_{part}_{place:06d}.png".encode()
        for place, label in zip(places, labels, strict=True)
    ]
    planes = np.stack(pictures).transpose(0, 3, 1, 2).reshape(len(pictures), -1)
    return {b"labels": labels, b"data": planes, b"filenames": names}
