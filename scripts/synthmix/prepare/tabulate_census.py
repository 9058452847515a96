"""What the metadata of a data set says of all its images, those that are left out too."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from synthmix.acquire.raw import raw_root
from synthmix.files import write_table
from synthmix.raw_names import raw_file
from synthmix.registry import load_dataset

LOGGER = logging.getLogger(__name__)
SIZE, LEFT_OUT = "size", "left_out"
USED = "used"  # in place of a reason why an image is left out
_UNKNOWN = "unknown"


def tabulate_census(
    settings: dict[str, Any], fetched: str | Path, images: str | Path, table: str | Path
) -> None:
    """Write a row an image to `images`, and how many of them have each value of a fact to `table`.

    `settings` are the data set's; `fetched` is what `fetch_dataset` wrote. `images` has what the
    data set's `census` returns, with the sizes of the files themselves where they are there, and
    `size`, both sides as text. The columns of `table` are those that `count_values` returns.
    """
    dataset = load_dataset(settings["source"])(**settings)
    root = raw_root(fetched)
    census = with_sizes(dataset.census(root), root)
    counts = count_values(census, dataset.facts)
    used = int((census[LEFT_OUT] == "").sum())
    LOGGER.info("%d images in the metadata, %d of them used", len(census), used)
    write_table(images, census)
    write_table(table, counts)


def with_sizes(census: pd.DataFrame, root: Path) -> pd.DataFrame:
    """Return `census` with `width` and `height` as the files below `root` have them, and `size`.

    Where a file can't be read, or is no picture, they are as the metadata has them. `size` is
    such as 600 x 450, or unknown.
    """
    given = zip(census["path"], census["width"], census["height"], strict=True)
    sides = [(path and _sides(raw_file(root, path))) or others for path, *others in given]
    columns = {
        "width": [width for width, _ in sides],
        "height": [height for _, height in sides],
        SIZE: [f"{width} x {height}" if width and height else _UNKNOWN for width, height in sides],
    }
    return census.assign(**columns)


def count_values(census: pd.DataFrame, facts: Sequence[str]) -> pd.DataFrame:
    """Return how many images have each value of `facts`, of size and of left_out.

    Columns: fact, value, images, percent of all images, and how many of them are used. Values
    are in the order of their numbers, the largest first.
    """
    used = census[LEFT_OUT] == ""
    census = census.assign(**{LEFT_OUT: census[LEFT_OUT].replace("", USED)})
    parts = []
    for fact in (*facts, SIZE, LEFT_OUT):
        counts = used.groupby(census[fact].rename("value")).agg(images="size", used="sum")
        counts = counts.reset_index().sort_values(["images", "value"], ascending=[False, True])
        percent = (100 * counts["images"] / max(1, len(census))).round(2)
        parts.append(counts.assign(fact=fact, percent=percent))
    columns = ["fact", "value", "images", "percent", "used"]
    return pd.concat(parts, ignore_index=True)[columns]


def _sides(path: Path) -> tuple[str, str] | None:
    """Return width and height of a picture, of which just the header is read."""
    try:
        with Image.open(path) as image:
            return str(image.width), str(image.height)
    except Exception:  # damaged files make their readers raise nearly anything
        return None
