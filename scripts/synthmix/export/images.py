"""Images of a trained generator as PNG files, one a seed and class, and the list of them."""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from synthmix.errors import UserError
from synthmix.generate.models import checked
from synthmix.generate.models.loading import load_any
from synthmix.generate.models.weights_file import read_header

MANIFEST, CARD = "manifest.csv", "README.md"
COLUMNS = ("path", "label", "seed", "truncation", "generator", "checkpoint_sha256")
LAST_SEED = 2**31 - 1
AT_ONCE = 128

# Writes a file of the given name, handed over in parts.
Add = Callable[[str, Iterable[bytes]], None]


@dataclass(frozen=True)
class Request:
    """Which images to make: those of `seeds` for each class in `weights`.

    `weights` has for each class the file of the generator that has learned it; `generator` is
    what the list calls it. Raises UserError for seeds and truncations that there can't be.
    """

    generator: str
    weights: Mapping[str, Path]
    seeds: range
    truncation: float

    def __post_init__(self) -> None:
        """Check what was asked for."""
        if not self.seeds:
            raise UserError("no images are asked for: ask for one at least")
        if self.seeds[0] < 0 or self.seeds[-1] > LAST_SEED:
            raise UserError(
                f"seeds {self.seeds[0]} to {self.seeds[-1]}: a seed is a whole number from 0 to "
                f"{LAST_SEED}"
            )
        if not 0 <= self.truncation <= 1:
            raise UserError(f"truncation {self.truncation:g} is not between 0 and 1")

    def files(self) -> dict[Path, list[str]]:
        """Return the classes to be made from each file."""
        return {
            path: [label for label, other in self.weights.items() if other == path]
            for path in dict.fromkeys(self.weights.values())
        }


def weights_by_class(files: Iterable[str | Path]) -> dict[str, Path]:
    """Return for each class the one of the `files` of generators that has learned it.

    Raises UserError when one is no such file, or two have learned the same class.
    """
    found: dict[str, Path] = {}
    for file in map(Path, files):
        for label in read_header(file).class_names:
            if label in found:
                raise UserError(f"{found[label]} and {file} both make images of class {label}")
            found[label] = file
    return found


def write_images(request: Request, card: str, add: Add, device: torch.device) -> None:
    """Make the images of `request` and hand them to `add`, with their list and the `card`.

    The list has the columns `path` and `label` that data sets of the source `manifest` are read
    by. Few images are in memory at a time, however many there are. Raises UserError when a file
    of weights can't be used.
    """
    total = len(request.seeds) * len(request.weights)
    for name, image in tqdm(_images(request, device), "sample", total, disable=None):
        add(name, [png(image)])
    add(MANIFEST, _manifest(request))
    add(CARD, [card.encode()])


def file_sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _images(request: Request, device: torch.device) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name and the pixels (H, W, C), uint8, of each image."""
    for path, classes in request.files().items():
        header, generator = read_header(path), load_any(path, device)
        if header.image_shape[2] not in (1, 3):
            raise UserError(f"{path} makes images of {header.image_shape[2]} channels: no pictures")
        for label in classes:
            number = header.class_names.index(label)
            for start in range(0, len(request.seeds), AT_ONCE):
                seeds = request.seeds[start : start + AT_ONCE]
                images = checked.sample(generator, seeds, number, request.truncation)
                yield from zip((_name(label, seed) for seed in seeds), images, strict=True)


def _name(label: str, seed: int) -> str:
    return f"{label}/seed{seed:06d}.png"


def png(image: np.ndarray) -> bytes:
    """Return an image (H, W, 1 or 3), uint8, as a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image).save(buffer, "PNG")
    return buffer.getvalue()


def _manifest(request: Request) -> Iterator[bytes]:
    """Yield the lines of the list of images."""
    yield _line(COLUMNS)
    for path, classes in request.files().items():
        digest = file_sha256(path)
        made = (request.truncation, request.generator, digest)
        for label in classes:
            for seed in request.seeds:
                yield _line((_name(label, seed), label, seed, *made))


def _line(values: Iterable[object]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(values)
    return buffer.getvalue().encode()
