"""Pairs of images that are nearly the same: one is the other, compressed, resized, mirrored."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.files import write_table
from synthmix.prepare import likeness
from synthmix.prepare.duplicates import EQUAL, NEAR, PAIR_COLUMNS
from synthmix.prepare.volumes import three_slices
from synthmix.readers.raw_image import Volume
from synthmix.store import load_store

LOGGER = logging.getLogger(__name__)
SIDE = 128  # of the copies that are compared, where images are no smaller
_THUMBNAIL = 32
_LEAST_CONTRAST = 2.0  # grey levels: what is nearly flat is like all that is
_MOST_CANDIDATES = 8  # of an image, for each way to turn the other
_BATCH = 128


def find_duplicates(images: str | Path, output: str | Path) -> None:
    """Write the pairs of images in the store `images` that are the same or nearly so to `output`.

    The columns are `PAIR_COLUMNS`: two images by sample, path, class and patient; what one is of
    the other (equal, pixel by pixel; near; mirrored; turned); the correlation of their details, as
    `likeness.correlations` has it; and the distance, 1 less that. The likest stand first. Of
    several images that are equal the first one stands for all in other pairs.
    """
    array, table = load_store(images)
    rows = pd.Series(range(len(table)))
    first_of = rows.groupby(table["content"].to_numpy()).transform("min").to_numpy()
    copies = np.flatnonzero(first_of != rows)
    equal = pd.DataFrame({"first": first_of[copies], "second": copies})
    pairs = pd.concat(
        [
            equal.assign(kind=EQUAL, correlation=1.0),
            # a plain view of the mapped file: its rows are handed out much faster
            near_pairs(_Pictures(np.asarray(array), table), np.flatnonzero(first_of == rows)),
        ]
    )
    write_table(output, _described(pairs, table))
    LOGGER.info("%d images, pairs: %s", len(table), pairs["kind"].value_counts().to_dict())


@dataclass(frozen=True)
class _Pictures:
    """The images of a store as planes of grey: what they show, whatever their colours."""

    images: np.ndarray
    table: pd.DataFrame

    @cached_property
    def sides(self) -> np.ndarray:
        """The longer side of each raw image in pixels or voxels."""
        return self.table[["width", "height"]].max(axis=1).to_numpy(float)

    @cached_property
    def of_volumes(self) -> bool:
        """Whether they are volumes, or channels are slices of one."""
        return self.images.dtype != np.uint8 or bool((self.table["depth"] > 1).any())

    @cached_property
    def detail(self) -> int:
        """How many pixels a side can be told apart in most of the images."""
        return int(min(*self.images.shape[1:3], np.median(self.sides)))

    @cached_property
    def are_tiny(self) -> bool:
        """Whether a raw pixel is a large part of most of the images."""
        return self.detail < 40 and np.median(self.sides) < 2 * self.detail

    def copies(self, rows: np.ndarray, side: int) -> np.ndarray:
        """Return the images of these rows of the store, (n, planes, side, side) uint8."""
        import cv2

        planes = 3 if self.of_volumes else 1
        copies = np.empty((len(rows), planes, side, side), np.uint8)
        for place, row in enumerate(rows):
            for plane, shown in enumerate(self._planes(row)):
                way = cv2.INTER_AREA if shown.shape[0] > side else cv2.INTER_LINEAR
                copies[place, plane] = cv2.resize(shown, (side, side), interpolation=way)
        return copies

    def _planes(self, row: int) -> Sequence[np.ndarray]:
        import cv2

        image = self.images[row]
        if image.dtype != np.uint8:
            image = three_slices(Volume(image.astype(np.float32)))
        if self.of_volumes:
            channels = np.broadcast_to(image, (*image.shape[:2], 3))
            return list(np.ascontiguousarray(np.moveaxis(channels, -1, 0)))
        return [image[..., 0] if image.shape[-1] == 1 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)]


def near_pairs(pictures: _Pictures, rows: np.ndarray) -> pd.DataFrame:
    """Return the pairs among these `rows` of a store that are nearly the same, the likest first.

    The columns are first and second (rows of the store), kind and correlation. Images that are
    nearly flat are in no pair. No number of threads changes what is found.
    """
    thumbnails = pictures.copies(rows, _THUMBNAIL)
    contrast = thumbnails.std((-2, -1), dtype=np.float32).max(-1)
    if (flat := contrast < _LEAST_CONTRAST).any():
        LOGGER.info("%d images are nearly flat: not compared", flat.sum())
    rows, thumbnails = rows[~flat], thumbnails[~flat]
    waves = int(np.clip(pictures.detail // 6, 5, 12))
    embeddings = likeness.embed(thumbnails, waves)
    found = []
    for kind, turn in likeness.turns(pictures.of_volumes):
        turned = likeness.embed(turn(thumbnails), waves)
        # one pixel of a tiny image moves much; who mirrors a copy seldom moves it too
        least = 0.8 if pictures.are_tiny and kind == NEAR else 0.9
        i, j = likeness.candidates(embeddings, turned, least, _MOST_CANDIDATES)
        # what is below that is not looked at in detail
        likely = _rough(thumbnails, i, j, turn) >= (0.9 if pictures.are_tiny else 0.97)
        pairs = pd.DataFrame({"first": rows[i[likely]], "second": rows[j[likely]], "kind": kind})
        found.append(pairs.assign(correlation=_exact(pictures, pairs, turn)))
    pairs = pd.concat(found)
    pairs = pairs[pairs["correlation"] >= 1 - _tolerance(pictures)]
    order = {"correlation": False, "first": True, "second": True}
    pairs = pairs.sort_values(list(order), ascending=list(order.values()), kind="stable")
    return pairs.drop_duplicates(["first", "second"])


def _tolerance(pictures: _Pictures) -> float:
    """Return the largest distance of two copies of one picture.

    Different slices of one brain are 0.06 apart with 128 pixels a side, 0.04 with 64 and 0.013 with
    32, copies less than 0.01. Only where a raw image is as small as this, one pixel that a copy is
    moved by is up to 0.03.
    """
    tolerance = min(0.035, max(0.002, 0.01 + 0.0005 * (pictures.detail - 32)))
    return max(tolerance, 0.02 * (pictures.detail / 32) ** 2) if pictures.are_tiny else tolerance


def _rough(thumbnails: np.ndarray, i: np.ndarray, j: np.ndarray, turn: likeness.Turn) -> np.ndarray:
    parts = [
        likeness.correlations(thumbnails[i[batch]], turn(thumbnails[j[batch]]), step=0.5)
        for batch in _batches(len(i))
    ]
    return np.concatenate([np.zeros(0), *parts])


def _exact(pictures: _Pictures, pairs: pd.DataFrame, turn: likeness.Turn) -> np.ndarray:
    """Return the correlation of each of the `pairs`, to four decimals, on copies of 128 pixels.

    Of fewer where images have fewer. What only the finer one of two has is not looked at.
    """
    side = int(np.clip(pictures.detail, _THUMBNAIL, SIDE))
    first, second = pairs["first"].to_numpy(), pairs["second"].to_numpy()
    coarser = np.minimum(pictures.sides[first], pictures.sides[second])
    blur = side / np.minimum(side, coarser)
    parts = [
        likeness.correlations(
            pictures.copies(first[batch], side),
            turn(pictures.copies(second[batch], side)),
            blur[batch],
        )
        for batch in _batches(len(pairs))
    ]
    return np.concatenate([np.zeros(0), *parts]).round(4)


def _batches(count: int) -> Iterator[slice]:
    return (slice(begin, begin + _BATCH) for begin in range(0, count, _BATCH))


def _described(pairs: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Return `pairs` of rows of `table` with the columns `PAIR_COLUMNS`."""
    sides = {}
    for name in ("first", "second"):
        samples = table.iloc[pairs[name].to_numpy(int)].reset_index(drop=True)
        sides[name] = samples["sample_id"]
        sides |= {f"{name}_{column}": samples[column] for column in ("path", "label", "group")}
    described = pd.DataFrame(sides).assign(
        kind=pairs["kind"].to_numpy(), correlation=pairs["correlation"].to_numpy(float)
    )
    return described.assign(distance=(1 - described["correlation"]).round(4))[PAIR_COLUMNS]
