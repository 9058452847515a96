"""The sample sheet: how images of the same latent vectors change as a generator learns."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from synthmix.files import write_beside
from synthmix.generate.models import checked
from synthmix.generate.models.base import Generator

SHEET_IMAGES = 8
MARGIN = 2
CAPTION_WIDTH = 72
MIN_TILE = 64


def sheet_images(generator: Generator) -> np.ndarray:
    """Return the images of a row, (n, H, W, C) uint8: of each class as many, from equal seeds."""
    each = max(1, SHEET_IMAGES // generator.classes)
    rows = []
    for label in range(generator.classes):
        there = generator.images_there(label)
        count = each if there is None else min(each, there)
        rows.append(checked.sample(generator, range(count), label))
    return np.concatenate(rows)


def save_sheet(path: str | Path, sheets: dict[int, torch.Tensor], used: int) -> None:
    """Draw a row of images (n, H, W, C), uint8, for each epoch into one PNG.

    The row of the epoch whose weights are `used` says so.
    """
    rows = [
        _row(f"epoch {epoch}" + "\nused" * (epoch == used), images.numpy())
        for epoch, images in sorted(sheets.items())
    ]
    sheet = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)), "white")
    top = 0
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height
    with write_beside(path) as temporary:
        sheet.save(temporary, optimize=True)


def _row(caption: str, images: np.ndarray) -> Image.Image:
    count, height, width, _ = images.shape
    zoom = max(1, MIN_TILE // width)
    tile = (width * zoom, height * zoom)
    row = Image.new("RGB", (CAPTION_WIDTH + count * (tile[0] + MARGIN), tile[1] + MARGIN), "white")
    ImageDraw.Draw(row).text((4, tile[1] // 2 - 6), caption, fill="black")
    for position, image in enumerate(images):
        picture = Image.fromarray(image.squeeze()).resize(tile, Image.Resampling.NEAREST)
        row.paste(picture.convert("RGB"), (CAPTION_WIDTH + position * (tile[0] + MARGIN), 0))
    return row
