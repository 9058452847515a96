"""How many images a second reach a training: from the store, and from a folder of pictures."""

import logging
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from synthmix.acquire.raw import raw_root
from synthmix.classify.batches import batches_of
from synthmix.files import write_table, write_text
from synthmix.networks.inputs import to_tensor
from synthmix.prepare.prepare_images import upright
from synthmix.prepare.settings import InputPipeline
from synthmix.prepare.volumes import three_slices
from synthmix.raw_names import raw_file
from synthmix.readers.raw_image import AS_USUAL, RawImage, Reading, Volume
from synthmix.registry import load_dataset
from synthmix.seeds import derive_seed
from synthmix.store import load_array, read_table

LOGGER = logging.getLogger(__name__)
STORE, FOLDER = "store", "image_folder"
COLUMNS = ["loader", "images", "seconds", "images_per_second", "ratio"]
LARGEST_SIDE = 1024

Batches = Iterable[torch.Tensor]


class StoredBatches:
    """Batches (N, C, H, W) of rows of a store, in another random order each time."""

    def __init__(self, store: np.ndarray, rows: np.ndarray, batch_size: int, seed: int) -> None:
        """Refer to the `rows` of the memory-mapped array `store`."""
        self.store, self.rows, self.batch_size = store, rows, batch_size
        self.random = np.random.default_rng(seed)

    def __iter__(self) -> Iterator[torch.Tensor]:
        """Yield the batches as a training reads them."""
        for rows in batches_of(self.random.permutation(self.rows), self.batch_size):
            yield to_tensor(self.store[rows])


def measure_pipeline(
    images: str | Path,
    split: str | Path,
    fetched: str | Path,
    source: str,
    table: str | Path,
    markdown: str | Path,
    settings: InputPipeline,
    seed: int,
    reading: Reading = AS_USUAL,
) -> None:
    """Read the same images both ways; write how fast that was to `table`, and in Markdown.

    The store is the array `images`, described by `split`. The raw images, which the data set
    `source` reads as `reading` says, are written as PNG files to a temporary folder beside `table`,
    at most `LARGEST_SIDE` pixels a side. Both loaders take turns in one process, and the best turn
    of each counts. The table has `COLUMNS`; `ratio` is to the images a second of the folder.
    """
    store, samples = load_array(images), read_table(split)
    rows = np.linspace(0, len(samples) - 1, min(settings.images, len(samples))).round().astype(int)
    side, channels = store.shape[1], store.shape[3]
    with tempfile.TemporaryDirectory(prefix=".pipeline-", dir=Path(table).parent) as name:
        _write_pictures(
            samples.iloc[rows], raw_root(fetched), source, Path(name), channels, reading
        )
        loaders = {
            STORE: StoredBatches(store, rows, settings.batch_size, derive_seed("pipeline", seed)),
            FOLDER: folder_batches(Path(name), side, channels, settings.batch_size),
        }
        best = best_seconds(loaders, len(rows), settings.turns)
    measured = tabulate(best, len(rows))
    write_table(table, measured)
    write_text(markdown, _markdown(measured, settings, side, channels))


def folder_batches(folder: Path, side: int, channels: int, batch_size: int) -> DataLoader:
    """Return torchvision's loader of a folder of pictures, which decodes and resizes each."""
    steps = [v2.Grayscale()] if channels == 1 else []
    resize = v2.Resize((side, side), v2.InterpolationMode.BICUBIC, antialias=True)
    pictures = ImageFolder(folder, v2.Compose([*steps, resize, v2.PILToTensor()]))
    return DataLoader(pictures, batch_size, shuffle=True, collate_fn=_stacked)


def best_seconds(loaders: dict[str, Batches], images: int, turns: int) -> dict[str, float]:
    """Return the seconds that each of `loaders` takes for all its `images` in the best of `turns`.

    Raises RuntimeError where one yields another number of them.
    """
    seconds: dict[str, list[float]] = {name: [] for name in loaders}
    for turn in range(turns):
        for name, batches in loaders.items():
            start = time.perf_counter()
            count = sum(len(batch) for batch in batches)
            seconds[name].append(time.perf_counter() - start)
            if count != images:
                raise RuntimeError(f"{name} has read {count} of {images} images")
            LOGGER.info("turn %d, %s: %.4f s", turn + 1, name, seconds[name][-1])
    return {name: min(found) for name, found in seconds.items()}


def tabulate(seconds: dict[str, float], images: int) -> pd.DataFrame:
    """Return a row for each loader with `COLUMNS`; `ratio` is to the folder of pictures."""
    rows = [
        (name, images, taken, images / taken, seconds[FOLDER] / taken)
        for name, taken in seconds.items()
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _write_pictures(
    samples: pd.DataFrame, root: Path, source: str, folder: Path, channels: int, reading: Reading
) -> None:
    """Write the raw images of `samples`, which lie below `root`, to a folder for each class."""
    read = load_dataset(source).read
    frames = samples["frame"].fillna("")
    for row, path, frame, label in zip(
        samples.index, samples["path"], frames, samples["label"], strict=True
    ):
        image = read(raw_file(root, path), frame, reading)
        _write_picture(image, folder / label / f"{row}.png", channels)


def _write_picture(image: RawImage, path: Path, channels: int) -> None:
    """Write a raw image as PNG, shrunk where it is very large: disks are finite."""
    picture = Image.fromarray(three_slices(image)) if isinstance(image, Volume) else image
    picture = upright(picture).convert("L" if channels == 1 else "RGB")
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    path.parent.mkdir(exist_ok=True)
    picture.save(path)


def _stacked(examples: Sequence[tuple[torch.Tensor, int]]) -> torch.Tensor:
    return torch.stack([image for image, _ in examples])


def _markdown(measured: pd.DataFrame, settings: InputPipeline, side: int, channels: int) -> str:
    head = [*(name.replace("_", " ") for name in COLUMNS)]
    rows = [
        f"| {row.loader} | {row.images} | {row.seconds:.4f} | {row.images_per_second:.2f} "
        f"| {row.ratio:.2f} |\n"
        for row in measured.itertuples()
    ]
    return (
        f"Images of {side} x {side} x {channels} in shuffled batches of {settings.batch_size}, one "
        f"process, the best of {settings.turns} turns in which the loaders alternate. {STORE}: "
        f"prepared once, memory-mapped. {FOLDER}: PNG files of the raw images, at most "
        f"{LARGEST_SIDE} pixels a side, decoded and resized each time.\n\n"
        f"| {' | '.join(head)} |\n| {' | '.join(['---'] * len(head))} |\n{''.join(rows)}"
    )
