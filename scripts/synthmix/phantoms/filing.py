"""How drawn pictures are counted, numbered and saved."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_JPEG_QUALITY = 92

Kind = TypeVar("Kind", str, int)


def numbered(counts: Mapping[Kind, int]) -> list[tuple[Kind, int]]:
    """Return each kind in `counts` with the numbers of what is drawn of it, from 0."""
    return [(kind, number) for kind, count in counts.items() for number in range(count)]


def interleaved(kinds: Sequence[Kind], kind: Kind, number: int) -> int:
    """Return a number, from 0, for what has `number` among its kind.

    No other thing of any of the `kinds` has it, and it depends on no count.
    """
    return len(kinds) * number + kinds.index(kind)


def save_picture(picture: NDArray[np.uint8], path: Path) -> None:
    """Write a picture, (H, W) or (H, W, 3), as JPEG or PNG, by the suffix; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path, quality=_JPEG_QUALITY)  # of no effect on PNG
