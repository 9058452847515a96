"""Pairs of images that are nearly the same: one is the other, compressed, resized, mirrored."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
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
# Two of one outline and different insides have a local correlation of 0.93 at most where insides
# vary by 3% or more, copies hardly one below 0.95. Where all else agrees so well it is not asked.
_LEAST_LOCAL, _NO_DOUBT = 0.94, 0.999


def find_duplicates(images: str | Path, output: str | Path, threads: int = 1) -> None:
    """Write the pairs of images in the store `images` that are the same or nearly so to `output`.

    The columns are `PAIR_COLUMNS`: two images by sample, path, class and patient; what one is of
    the other (equal, pixel by pixel; near; mirrored; turned); the correlation of their details, as
    `likeness.correlations` has it; and the distance, 1 less that. The likest stand first. Of
    several images that are equal the first one stands for all in other pairs.
    """
    array, table = load_store(images)
    contents = pd.factorize(table["content"].to_numpy())[0]
    first_of = np.unique(contents, return_index=True)[1][contents]
    originals = first_of == np.arange(len(table))
    copies = np.flatnonzero(~originals)
    equal = Pairs(first_of[copies], copies, np.full(len(copies), EQUAL), np.ones(len(copies)))
    # a plain view of the mapped file: its rows are handed out much faster
    pictures = _Pictures(np.asarray(array), table, threads)
    near = near_pairs(pictures, np.flatnonzero(originals))
    pairs = Pairs.joined([equal, near])
    write_table(output, _described(pairs, table))
    LOGGER.info("%d images, pairs: %s", len(table), Counter(pairs.kind.tolist()))


@dataclass(frozen=True)
class Pairs:
    """Pairs of images: rows of a store, what one is of the other, and their correlation.

    Each an array with a value for each pair: a table would take longer than all else.
    """

    first: np.ndarray
    second: np.ndarray
    kind: np.ndarray
    correlation: np.ndarray

    @classmethod
    def joined(cls, parts: Sequence["Pairs"]) -> "Pairs":
        """Return the pairs of all `parts`, of which there is one at least."""
        return cls(*map(np.concatenate, zip(*map(astuple, parts), strict=True)))

    def __getitem__(self, chosen: np.ndarray) -> "Pairs":
        """Return those that `chosen`, an index or a mask, says."""
        return Pairs(*(values[chosen] for values in astuple(self)))


@dataclass(frozen=True)
class _Pictures:
    """The images of a store as planes of grey: what they show, whatever their colours."""

    images: np.ndarray
    table: pd.DataFrame
    threads: int

    @cached_property
    def sides(self) -> np.ndarray:
        """The longer side of each raw image in pixels or voxels."""
        return np.maximum(*(self.table[side].to_numpy(float) for side in ("width", "height")))

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
        planes = 3 if self.of_volumes else 1
        copies = np.empty((len(rows), planes, side, side), np.uint8)
        batches = list(_batches(len(rows)))
        with ThreadPoolExecutor(max(1, min(self.threads, len(batches)))) as pool:
            list(pool.map(lambda batch: self._copy(rows[batch], copies[batch]), batches))
        return copies

    def _copy(self, rows: np.ndarray, copies: np.ndarray) -> None:
        import cv2

        side = copies.shape[-1]
        for row, copy in zip(rows, copies, strict=True):
            for plane, shown in enumerate(self._planes(row)):
                way = cv2.INTER_AREA if shown.shape[0] > side else cv2.INTER_LINEAR
                copy[plane] = cv2.resize(shown, (side, side), interpolation=way)

    def _planes(self, row: int) -> Sequence[np.ndarray]:
        import cv2

        image = self.images[row]
        if image.dtype != np.uint8:
            image = three_slices(Volume(image.astype(np.float32)))
        if self.of_volumes:
            channels = np.broadcast_to(image, (*image.shape[:2], 3))
            return list(np.ascontiguousarray(np.moveaxis(channels, -1, 0)))
        return [image[..., 0] if image.shape[-1] == 1 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)]


def near_pairs(pictures: _Pictures, rows: np.ndarray) -> Pairs:
    """Return the pairs among these `rows` of a store that are nearly the same, the likest first.

    Images that are nearly flat are in no pair. No number of threads changes what is found.
    """
    thumbnails = pictures.copies(rows, _THUMBNAIL)
    contrast = thumbnails.std((-2, -1), dtype=np.float32).max(-1)
    if (flat := contrast < _LEAST_CONTRAST).any():
        LOGGER.info("%d images are nearly flat: not compared", flat.sum())
    rows, thumbnails = rows[~flat], thumbnails[~flat]
    waves = int(np.clip(pictures.detail // 6, 5, 12))
    embeddings = likeness.embed(thumbnails, waves)
    found = []
    for turn in likeness.turns(pictures.of_volumes):
        # one pixel of a tiny image moves much; who mirrors a copy seldom moves it too
        least = 0.8 if pictures.are_tiny and turn.kind == NEAR else 0.9
        turned = turn.of_embeddings(embeddings)
        i, j = likeness.candidates(embeddings, turned, least, _MOST_CANDIDATES)
        # what is below that is not looked at in detail
        likely = _rough(thumbnails, i, j, turn) >= (0.9 if pictures.are_tiny else 0.97)
        found.append(_confirmed(pictures, rows[i[likely]], rows[j[likely]], turn))
    pairs = Pairs.joined(found)
    pairs = pairs[np.lexsort((pairs.second, pairs.first, -pairs.correlation))]
    # of two that are alike however they are turned, the best way counts
    both = pairs.first * len(pictures.images) + pairs.second
    _, best = np.unique(both, return_index=True)
    return pairs[np.sort(best)]


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


def _confirmed(
    pictures: _Pictures, first: np.ndarray, second: np.ndarray, turn: likeness.Turn
) -> Pairs:
    """Return the pairs of these rows that are alike, with their correlation to four decimals."""
    pairs = Pairs(first, second, np.full(len(first), turn.kind), np.zeros(len(first)))
    correlation = _measured(likeness.correlations, pictures, pairs, turn).round(4)
    pairs = replace(pairs, correlation=correlation)[correlation >= 1 - _tolerance(pictures)]
    if pictures.are_tiny:  # too few pixels to tell the inside from the outline
        return pairs
    doubtful = np.flatnonzero(pairs.correlation < _NO_DOUBT)
    local = _measured(likeness.local_correlations, pictures, pairs[doubtful], turn)
    return pairs[np.setdiff1d(np.arange(len(pairs.first)), doubtful[local < _LEAST_LOCAL])]


def _measured(
    measure: Callable[..., np.ndarray], pictures: _Pictures, pairs: Pairs, turn: likeness.Turn
) -> np.ndarray:
    """Return what `measure` says of each of the `pairs`, on copies of 128 pixels.

    Of fewer where images have fewer. What only the finer one of two has is not looked at.
    """
    side = int(np.clip(pictures.detail, _THUMBNAIL, SIDE))
    coarser = np.minimum(pictures.sides[pairs.first], pictures.sides[pairs.second])
    blur = side / np.minimum(side, coarser)
    parts = [
        measure(
            pictures.copies(pairs.first[batch], side),
            turn(pictures.copies(pairs.second[batch], side)),
            blur[batch],
        )
        for batch in _batches(len(pairs.first))
    ]
    return np.concatenate([np.zeros(0), *parts])


def _batches(count: int) -> Iterator[slice]:
    return (slice(begin, begin + _BATCH) for begin in range(0, count, _BATCH))


def _described(pairs: Pairs, table: pd.DataFrame) -> pd.DataFrame:
    """Return `pairs` of rows of `table` with the columns `PAIR_COLUMNS`."""
    known = {name: table[name].to_numpy() for name in ("sample_id", "path", "label", "group")}
    columns = {"kind": pairs.kind, "correlation": pairs.correlation}
    for side in ("first", "second"):
        rows = getattr(pairs, side)
        columns[side] = known["sample_id"][rows]
        columns |= {f"{side}_{name}": known[name][rows] for name in ("path", "label", "group")}
    columns["distance"] = (1 - pairs.correlation).round(4)
    return pd.DataFrame(columns, columns=PAIR_COLUMNS)
