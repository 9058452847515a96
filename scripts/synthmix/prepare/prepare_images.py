"""From raw image files to a store of equal images."""

import logging
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageOps
from tqdm import tqdm

from synthmix.acquire.raw import raw_root
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.prepare.index_dataset import read_index
from synthmix.store import save_array, table_path

LOGGER = logging.getLogger(__name__)
HIGH_DEPTH_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
BLOCK = 64


def prepare_images(
    index: str | Path,
    fetched: str | Path,
    images: str | Path,
    rejected: str | Path,
    image_size: int,
    channels: int,
    pad_to_square: bool,
    max_rejected_share: float,
) -> None:
    """Read, pad and resize every image of the table `index` into the store `images`.

    Images are (image_size, image_size, channels) uint8. Paths in `index` are relative to the
    folder that `fetched` (from `fetch_dataset`) names.
    Those that can't be read are listed with the reason in `rejected` instead; raises UserError
    when their share is above `max_rejected_share` or a class is left without images.
    """
    samples = read_index(index)
    reasons: list[str] = []
    root = raw_root(fetched)
    blocks = _blocks(
        [root / path for path in samples["path"]],
        lambda image: prepare_image(image, image_size, channels, pad_to_square),
        reasons,
    )
    save_array(images, (image_size, image_size, channels), "uint8", blocks)
    readable = pd.Series(reasons, index=samples.index, dtype=str) == ""
    bad = samples[~readable].assign(reason=[reason for reason in reasons if reason])
    _check_rejected(samples, bad, max_rejected_share)
    write_table(rejected, bad)
    write_table(table_path(images), samples[readable])
    LOGGER.info("%d images of %d x %d pixels", readable.sum(), image_size, image_size)


def prepare_image(
    image: Image.Image, image_size: int, channels: int, pad_to_square: bool
) -> np.ndarray:
    """Turn any Pillow image into an array (image_size, image_size, channels), uint8.

    The EXIF rotation is applied, transparent pixels turn black, 16-bit and float images are
    scaled from their own range to 0..255. With `pad_to_square` the image is centred on a black
    square first. Resizing is bicubic and antialiased.
    """
    image = ImageOps.exif_transpose(image)
    image = _eight_bit(image).convert("L" if channels == 1 else "RGB")
    if pad_to_square:
        side = max(image.size)
        square = Image.new(image.mode, (side, side))
        square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
        image = square
    image = image.resize((image_size, image_size), Image.Resampling.BICUBIC)
    return np.asarray(image).reshape(image_size, image_size, channels)


def read_image(path: Path) -> Image.Image:
    """Open and decode the image file `path`; a decompression bomb is an error.

    Raises OSError, ValueError, SyntaxError or Image.DecompressionBombError as Pillow does.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path) as image:
            image.load()
            return image


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode in HIGH_DEPTH_MODES:
        values = np.asarray(image).astype(np.float64)
        if not np.isfinite(values).all():
            raise ValueError("has pixels that are not numbers")
        low, high = values.min(), values.max()
        scale = 255 / (high - low) if high > low else 0
        return Image.fromarray(((values - low) * scale).round().astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    return image


def _blocks(
    paths: list[Path], prepare: Callable[[Image.Image], np.ndarray], reasons: list[str]
) -> Iterator[np.ndarray]:
    """Yield the prepared images in blocks; append to `reasons` why one can't be read, or ""."""
    block = []
    for path in tqdm(paths, "prepare", disable=None):
        try:
            block.append(prepare(read_image(path)))
            reasons.append("")
        except Exception as error:  # damaged files make Pillow raise nearly anything
            reason = f"{type(error).__name__}: {error}".replace(str(path), path.name)
            LOGGER.warning("rejected %s: %s", path, reason)
            reasons.append(reason)
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
