"""From raw images to a store of equal ones."""

import hashlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from PIL import Image, ImageOps
from tqdm import tqdm

from synthmix.acquire.raw import raw_root
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.prepare.index_dataset import read_index
from synthmix.prepare.passed_over import with_passed_over
from synthmix.prepare.settings import Prepare
from synthmix.prepare.volumes import resample_volume, three_slices
from synthmix.raw_names import printable, raw_file
from synthmix.readers.raw_image import DeepPicture, RawImage, Volume
from synthmix.registry import load_dataset
from synthmix.store import save_array, table_path

Item = TypeVar("Item")
Result = TypeVar("Result")
LOGGER = logging.getLogger(__name__)
HIGH_DEPTH_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
BLOCK = 64
AHEAD = 4  # images a thread that are read before their turn to be written
FACTS = ["width", "height", "depth", "content"]
# A long strip would need far more memory as a square than it has itself.
_MOST_SQUARE_PIXELS = 1 << 26


@dataclass(frozen=True)
class Prepared:
    """What became of one raw image: an array and the values of `FACTS`, or a reason."""

    array: np.ndarray | None = None
    facts: tuple[int | str, ...] = ()
    reason: str = ""


def prepare_images(
    index: str | Path,
    fetched: str | Path,
    source: str,
    images: str | Path,
    rejected: str | Path,
    settings: Prepare,
    threads: int = 1,
    passed_over: str | Path | None = None,
) -> None:
    """Read every image of the table `index` and write it, as `prepare_image` makes it, to `images`.

    Paths in `index` are relative to the folder that `fetched` (from `fetch_dataset`) names; the
    data set `source` reads them, in several threads. The store's table has the columns of `index`
    and those of `FACTS`: the size of the raw image in pixels or voxels, and a digest of the
    prepared one, by which pictures that are the same are known.

    Images that can't be read are listed with the reason in `rejected` instead; raises UserError
    when their share is above `max_rejected_share` or a class is left without images. The files of
    the table `passed_over`, which are no images, are listed after them and count for neither.
    """
    samples = read_index(index)
    root = raw_root(fetched)
    read, reading = load_dataset(source).read, settings.reading()

    def prepare(row: tuple[str, str]) -> Prepared:
        file = raw_file(root, row[0])
        return prepare_file(file, lambda path: read(path, row[1], reading), settings)

    rows = list(zip(samples["path"], samples["frame"], strict=True))
    outcomes: list[Prepared] = []
    done = tqdm(in_order(prepare, rows, threads), "prepare", len(rows), disable=None)
    save_array(images, *store_layout(settings), _blocks(done, outcomes))
    readable = pd.Series([not outcome.reason for outcome in outcomes], index=samples.index)
    bad = samples[~readable].assign(reason=[o.reason for o in outcomes if o.reason])
    _check_rejected(samples, bad, settings.max_rejected_share)
    facts = pd.DataFrame(
        [outcome.facts for outcome in outcomes if not outcome.reason],
        index=samples.index[readable],
        columns=FACTS,
    )
    if len(bad):
        LOGGER.warning(
            "%d of %d images can't be read and are left out; %s says which and why",
            len(bad),
            len(samples),
            rejected,
        )
    write_table(rejected, with_passed_over(bad, passed_over))
    write_table(table_path(images), samples[readable].join(facts))
    LOGGER.info("%d images, %d rejected", readable.sum(), len(bad))


def store_layout(settings: Prepare) -> tuple[tuple[int, ...], str]:
    """Return the shape and the type of a prepared image."""
    if settings.volume_shape is not None:
        return tuple(settings.volume_shape), "float16"
    return (settings.image_size, settings.image_size, settings.channels), "uint8"


def prepare_image(image: RawImage, settings: Prepare) -> np.ndarray:
    """Turn what a data set reads into an array as `store_layout` says.

    A picture: the EXIF rotation is applied, to `image` itself; transparent pixels turn black,
    16-bit and float images are scaled from their own range to 0..255. With `pad_to_square` it is
    centred on a black square first. Resizing is bicubic and antialiased.

    A volume: with `volume_shape` it is resampled and scaled to mean 0 and deviation 1;
    else its three middle slices are the channels of a picture.
    """
    if isinstance(image, Volume):
        if settings.volume_shape is not None:
            return resample_volume(image.values, settings.volume_shape)
        if settings.channels != 3:
            raise ValueError("is a volume; with prepare.channels: 3 its middle slices are taken")
        image = Image.fromarray(three_slices(image))
    elif settings.volume_shape is not None:
        raise ValueError(
            "is a picture, and prepare.volume_shape asks for volumes; series of DICOM slices are "
            "read as volumes by the source dicom_series"
        )
    return _prepare_picture(image, settings.image_size, settings.channels, settings.pad_to_square)


def in_order(
    work: Callable[[Item], Result], items: Iterable[Item], threads: int
) -> Iterator[Result]:
    """Yield `work(item)` for each of `items`, in their order, done in several threads.

    Only a few results are held at a time, however many items there are.
    """
    with ThreadPoolExecutor(threads) as pool:
        pending: deque = deque()
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) >= AHEAD * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def prepare_file(path: Path, read: Callable[[Path], RawImage], settings: Prepare) -> Prepared:
    """Return the image that `read` finds in the file `path`, prepared, or why there is none."""
    try:
        image = read(path)
        array = prepare_image(image, settings)
    except Exception as error:  # damaged files make their readers raise nearly anything
        reason = reason_of(error, path)
        LOGGER.info("rejected %s: %s", printable(str(path)), reason)
        return Prepared(reason=reason)
    content = hashlib.sha256(array.tobytes()).hexdigest()[:16]
    return Prepared(array, (*_size(image), content))


def _size(image: RawImage) -> tuple[int, ...]:
    """Return width, height and depth in pixels or voxels."""
    match image:
        case Volume():
            return image.values.shape
        case DeepPicture():
            return (image.values.shape[1], image.values.shape[0], 1)
        case _:
            return (*image.size, 1)


def reason_of(error: Exception, path: Path) -> str:
    """Return in one line why the file `path` can't be read, which `error` tells."""
    # our own reasons are sentences; others need the name of their kind to be understood
    kind = "" if type(error) is ValueError else f"{type(error).__name__}: "
    text = f"{kind}{error}"
    for written in (str(path), repr(str(path))[1:-1]):
        text = text.replace(written, printable(path.name))
    return printable(" ".join(text.split()))


def upright(image: Image.Image | DeepPicture) -> Image.Image:
    """Return a picture with 8 bits a channel, as `prepare_image` says, turned upright.

    The EXIF rotation is applied to `image` itself. Raises ValueError where pixels are no numbers.
    """
    if isinstance(image, DeepPicture):
        return Image.fromarray(_scaled(image.values))
    # without copies of what is right already: they would take as long as the resizing
    ImageOps.exif_transpose(image, in_place=True)
    return _eight_bit(image)


def _prepare_picture(
    image: Image.Image | DeepPicture, image_size: int, channels: int, pad_to_square: bool
) -> np.ndarray:
    image, mode = upright(image), "L" if channels == 1 else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    if pad_to_square and image.width != image.height:
        image = _centred(image)
    image = image.resize((image_size, image_size), Image.Resampling.BICUBIC)
    return np.asarray(image).reshape(image_size, image_size, channels)


def _centred(image: Image.Image) -> Image.Image:
    """Return `image` in the middle of a black square."""
    if max(image.size) ** 2 > _MOST_SQUARE_PIXELS:
        factor = _MOST_SQUARE_PIXELS**0.5 / max(image.size)
        image = image.resize([max(1, round(length * factor)) for length in image.size])
    side = max(image.size)
    square = Image.new(image.mode, (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode in HIGH_DEPTH_MODES:
        values = np.asarray(image).astype(np.float64)
        if not np.isfinite(values).all():
            raise ValueError("has pixels that are not numbers")
        return Image.fromarray(_scaled(values))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    return image


def _scaled(values: np.ndarray) -> np.ndarray:
    low, high = values.min(), values.max()
    scale = 255 / (high - low) if high > low else 0
    return ((values - low) * scale).round().astype(np.uint8)


def _blocks(prepared: Iterable[Prepared], outcomes: list[Prepared]) -> Iterator[np.ndarray]:
    """Yield the prepared images in blocks; append to `outcomes` what else is known of each."""
    block = []
    for one in prepared:
        outcomes.append(Prepared(facts=one.facts, reason=one.reason))
        if one.array is not None:
            block.append(one.array)
        if len(block) == BLOCK:
            yield np.stack(block)
            block = []
    if block:
        yield np.stack(block)


def _check_rejected(samples: pd.DataFrame, bad: pd.DataFrame, max_rejected_share: float) -> None:
    listed = "\n".join(f"  {path}: {reason}" for path, reason in bad[["path", "reason"]].values[:5])
    if len(bad) > max_rejected_share * len(samples):
        raise UserError(
            f"{len(bad)} of {len(samples)} images can't be read, a larger share than "
            f"prepare.max_rejected_share ({max_rejected_share:g}) allows:\n{listed}\n"
            f"Mend or remove them (the log lists all), or raise prepare.max_rejected_share."
        )
    lost = set(samples["label"]) - set(samples.drop(bad.index)["label"])
    if lost:
        raise UserError(f"no image of class {', '.join(sorted(lost))} can be read:\n{listed}")
