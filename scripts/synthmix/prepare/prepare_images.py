"""From raw images to a store of equal ones."""

import hashlib
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
from PIL import Image, ImageOps
from tqdm import tqdm

from synthmix.acquire.raw import raw_root
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.prepare import intensity
from synthmix.prepare.index_dataset import read_index
from synthmix.prepare.intensity import Limits, Sample
from synthmix.prepare.passed_over import with_passed_over
from synthmix.prepare.settings import Prepare
from synthmix.prepare.subsample import thinned
from synthmix.prepare.volumes import require_slices, resample_volume, three_slices
from synthmix.raw_names import printable, raw_file
from synthmix.readers import deep
from synthmix.readers.raw_image import AS_USUAL, DeepPicture, RawImage, Volume, notes_of
from synthmix.readers.transparency import require_visible
from synthmix.registry import load_dataset
from synthmix.store import save_array, table_path

Item = TypeVar("Item")
Result = TypeVar("Result")
LOGGER = logging.getLogger(__name__)
BLOCK = 64
AHEAD = 4  # images a thread that are read while others, as many, wait to be written
FACTS = ["width", "height", "depth", "content"]
# A long strip would need far more memory as a square than it has itself.
_MOST_SQUARE_PIXELS = 1 << 26
_MOST_REASONS = 3


Read = Callable[[Path], RawImage]
Row = tuple[str, str]
"""Path and frame of an image."""


class RangeNeededError(Exception):
    """An image can't be prepared before the range of its data set is known."""


@dataclass(frozen=True)
class Prepared:
    """What became of one raw image: an array and the values of `FACTS`, or a reason.

    `notes` are what the user is to be told of it; `deep` says that it had more than 8 bits.
    """

    array: np.ndarray | None = None
    facts: tuple[int | str, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    deep: bool = False


def prepare_images(
    index: str | Path,
    fetched: str | Path,
    source: str,
    images: str | Path,
    rejected: str | Path,
    settings: Prepare,
    threads: int = 1,
    passed_over: str | Path | None = None,
    few: Mapping[str, int] | None = None,
) -> None:
    """Read every image of the table `index` and write it, as `prepare_image` makes it, to `images`.

    Paths in `index` are relative to the folder that `fetched` (from `fetch_dataset`) names; the
    data set `source` reads them, in several threads. The store's table has the columns of `index`
    and those of `FACTS`: the size of the raw image in pixels or voxels, and a digest of the
    prepared one, by which pictures that are the same are known. The file `limits_path` beside it
    has the range of values that deep images have in common, by which to map later ones.

    Images that can't be read are listed with the reason in `rejected` instead; raises UserError
    when their share is above `max_rejected_share` or a class is left without images. The files of
    the table `passed_over`, which are no images, are listed after them and count for neither. With
    `few`, for a rehearsal, only so many images are read as `thinned` keeps for that.
    """
    samples = read_index(index)
    if few is not None:
        samples = samples[thinned(samples, **few)].reset_index(drop=True)
    root = raw_root(fetched)
    paths = samples["path"].tolist()
    rows = list(zip(paths, samples["frame"].tolist(), strict=True))
    work = _Work(load_dataset(source).read, root, settings, threads)
    outcomes: list[Prepared] = []
    done = tqdm(work.prepared(rows), "prepare", len(rows), disable=None)
    save_array(images, *store_layout(settings), blocks_of(done, outcomes))
    readable = pd.Series([not outcome.reason for outcome in outcomes], index=samples.index)
    bad = samples[~readable].assign(reason=[o.reason for o in outcomes if o.reason])
    check_rejected(samples, bad, settings.max_rejected_share)
    facts = pd.DataFrame(
        [outcome.facts for outcome in outcomes if not outcome.reason],
        index=samples.index[readable],
        columns=FACTS,
    )
    if len(bad):
        LOGGER.warning(
            "%d of %d images can't be read and are left out: %s; %s lists them all",
            *(len(bad), len(samples), commonest(bad), rejected),
        )
    noted = zip(paths, (outcome.notes for outcome in outcomes), strict=True)
    for line in (*counted_notes(list(noted)), *_mixed_depths(outcomes)):
        LOGGER.warning("%s", line)
    write_table(rejected, with_passed_over(bad, passed_over))
    write_table(table_path(images), samples[readable].join(facts))
    intensity.write_limits(intensity.limits_path(images), settings.intensity, work.common)
    LOGGER.info("%d images, %d rejected", readable.sum(), len(bad))


class _Work:
    """Preparing the images of a data set, in one pass or, from the first deep one on, in two."""

    def __init__(
        self,
        read: Callable[..., RawImage],
        root: Path,
        settings: Prepare,
        threads: int,
    ) -> None:
        self.read_raw, self.root, self.settings, self.threads = read, root, settings, threads
        self.common: Limits | None = None
        """The range of the data set, once it is known and if there is one."""

    def prepared(self, rows: Sequence[Row]) -> Iterator[Prepared]:
        """Yield what becomes of each of `rows`, in their order; see `common` when it is done."""
        count = 0
        try:
            for one in in_order(self._first_look, rows, self.threads):
                yield one
                count += 1
        except RangeNeededError:
            rest = rows[count:]
            self._find_range(rest)
            yield from in_order(self._prepare, rest, self.threads)

    def _read(self, row: Row) -> RawImage:
        path, frame = row
        reading = self.settings.reading()
        return deep.deepened(self.read_raw(raw_file(self.root, path), frame, reading), reading)

    def _first_look(self, row: Row) -> Prepared:
        def read(_: Path) -> RawImage:
            image = self._read(row)
            if intensity.takes_common(image, self.settings.intensity):
                raise RangeNeededError
            return image

        return prepare_file(raw_file(self.root, row[0]), read, self.settings)

    def _prepare(self, row: Row) -> Prepared:
        path = raw_file(self.root, row[0])
        return prepare_file(path, lambda _: self._read(row), self.settings, self.common)

    def _sample(self, row: Row) -> Sample | None:
        try:
            image = self._read(row)
        except Exception:  # it is told in the second pass
            return None
        if intensity.takes_common(image, self.settings.intensity):
            return intensity.sample_of(image)
        return None

    def _find_range(self, rows: Sequence[Row]) -> None:
        found = in_order(self._sample, rows, self.threads)
        found = tqdm(found, "find the range of values", len(rows), disable=None)
        samples = [sample for sample in found if sample is not None]
        self.common = intensity.common_limits(samples)
        if self.common is None:
            return
        LOGGER.warning(
            "images deeper than 8 bits: one range of values for all %d, %g to %g "
            "(prepare.intensity: %s)%s",
            len(samples),
            *self.common,
            self.settings.intensity,
            _misfits(samples, self.common),
        )


def _misfits(samples: Sequence[Sample], limits: Limits) -> str:
    """Return what is to be told of images that a common range does not suit."""
    text = ""
    if number := intensity.beyond(samples, limits):
        text += f"; of {number} of them more than a hundredth of the pixels lie beyond it"
    if number := intensity.showing_little(samples, limits):
        text += (
            f"; {number} of them have less than a twentieth of it, and will show little: with "
            f"prepare.intensity: image each has its own range"
        )
    return text


def counted_notes(noted: Sequence[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Return a line for each thing to be told of images: of how many, and such as which.

    `noted` has the name and the notes of each image.
    """
    names: dict[str, list[str]] = {}
    for name, notes in noted:
        for note in dict.fromkeys(notes):
            names.setdefault(note, []).append(name)
    return [
        f"{len(having)} of {len(noted)} images: {note} (such as {having[0]!r})"
        for note, having in names.items()
    ]


def _mixed_depths(outcomes: Iterable[Prepared]) -> list[str]:
    """Return a line to tell where only some of the images that are read are deep."""
    depths = [outcome.deep for outcome in outcomes if not outcome.reason]
    if len(set(depths)) < 2:
        return []
    return [
        f"{sum(depths)} of {len(depths)} images are deeper than 8 bits and mapped by "
        f"prepare.intensity; the others have 8 bits, which are taken as they are: see that the two "
        f"kinds compare"
    ]


def store_layout(settings: Prepare) -> tuple[tuple[int, ...], str]:
    """Return the shape and the type of a prepared image."""
    if settings.volume_shape is not None:
        return tuple(settings.volume_shape), "float16"
    return (settings.image_size, settings.image_size, settings.channels), "uint8"


def prepare_image(image: RawImage, settings: Prepare, common: Limits | None = None) -> np.ndarray:
    """Turn what a data set reads into an array as `store_layout` says.

    A picture: the EXIF rotation is applied, to `image` itself; transparent pixels turn black,
    deep ones are mapped to 0..255 as `prepare.intensity` says. With `pad_to_square` it is
    centred on a black square first. Resizing is bicubic and antialiased.

    A volume: with `volume_shape` it is resampled and scaled to mean 0 and deviation 1;
    else its three middle slices are the channels of a picture.

    `common` is the range of values of the data set. Where none is known, images have their own.
    Raises ValueError for what shows nothing.
    """
    limits = intensity.limits_for(image, settings.intensity, common)
    if isinstance(image, Volume):
        if settings.volume_shape is not None:
            if limits is not None:
                image = replace(image, values=np.clip(image.values, *limits))
            shape, how = settings.volume_shape, settings.resample
            return resample_volume(image, shape, settings.voxel_size, how)
        if settings.channels != 3:
            raise ValueError("is a volume; with prepare.channels: 3 its middle slices are taken")
        require_slices(image.values)
        image = Image.fromarray(three_slices(image, limits))
    elif settings.volume_shape is not None:
        raise ValueError(
            "is a picture, and prepare.volume_shape asks for volumes; series of DICOM slices are "
            "read as volumes by the source dicom_series"
        )
    return _prepare_picture(image, settings, limits)


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
            if len(pending) == 2 * AHEAD * threads:
                # to be woken for each would cost the others time
                wait([pending[AHEAD * threads - 1]])
                for _ in range(AHEAD * threads):
                    yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def prepare_file(
    path: Path, read: Read, settings: Prepare, common: Limits | None = None
) -> Prepared:
    """Return the image that `read` finds in the file `path`, prepared, or why there is none.

    `common` as `prepare_image` takes it. A `RangeNeededError` goes through.
    """
    try:
        image = read(path)
        array = prepare_image(image, settings, common)
    except RangeNeededError:
        raise
    except Exception as error:  # damaged files make their readers raise nearly anything
        reason = reason_of(error, path)
        LOGGER.info("rejected %s: %s", printable(str(path)), reason)
        return Prepared(reason=reason)
    content = hashlib.sha256(array.tobytes()).hexdigest()[:16]
    deeper = isinstance(image, DeepPicture | Volume)
    return Prepared(array, (*_size(image), content), notes=notes_of(image), deep=deeper)


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


def upright(image: Image.Image | DeepPicture, limits: Limits | None = None) -> Image.Image:
    """Return a picture with 8 bits a channel, as `prepare_image` says, turned upright.

    `limits` are the range of a deep one, its own if None. The EXIF rotation is applied to `image`
    itself. Raises ValueError for one that is transparent throughout.
    """
    image = deep.deepened(image, AS_USUAL)
    if isinstance(image, DeepPicture):
        return Image.fromarray(intensity.as_grey_levels(image, limits))
    # without copies of what is right already: they would take as long as the resizing
    ImageOps.exif_transpose(image, in_place=True)
    if image.has_transparency_data:
        return _on_black(image.convert("RGBA"))
    return _from_lab(image) if image.mode == "LAB" else image


def _prepare_picture(
    image: Image.Image | DeepPicture, settings: Prepare, limits: Limits | None
) -> np.ndarray:
    raw, size, channels = image, settings.image_size, settings.channels
    image, mode = upright(image, limits), "L" if channels == 1 else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    _require_content(image, raw, limits)
    if settings.pad_to_square and image.width != image.height:
        image = _centred(image)
    image = image.resize((size, size), Image.Resampling.BICUBIC)
    return np.asarray(image).reshape(size, size, channels)


def _require_content(
    image: Image.Image, raw: Image.Image | DeepPicture, limits: Limits | None
) -> None:
    """Raise ValueError where all pixels of `image`, which `raw` has become, are equal."""
    # a few tell nearly always, and cost nothing
    few = image.resize((8, 8), Image.Resampling.NEAREST)
    if _is_plain(few) and _is_plain(image):
        if limits and isinstance(raw, DeepPicture) and np.ptp(raw.values, axis=(0, 1)).any():
            raise ValueError(
                f"shows nothing in the range of values from {limits[0]:g} to {limits[1]:g} "
                f"(prepare.intensity): its own are from {raw.values.min():g} to "
                f"{raw.values.max():g}"
            )
        raise ValueError("shows nothing: all its pixels are equal")


def _is_plain(image: Image.Image) -> bool:
    extremes = image.getextrema()
    if isinstance(extremes[0], tuple):
        return all(low == high for low, high in extremes)
    return extremes[0] == extremes[1]


def _on_black(image: Image.Image) -> Image.Image:
    """Return an RGBA picture laid on black."""
    alpha = image.getchannel("A")
    if alpha.getextrema()[0] < 255:
        require_visible(np.asarray(image)[..., :3], np.asarray(alpha) / np.float32(255))
    return Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    return ImageCms.applyTransform(image, ImageCms.buildTransform(*profiles, "LAB", "RGB"))


def _centred(image: Image.Image) -> Image.Image:
    """Return `image` in the middle of a black square."""
    if max(image.size) ** 2 > _MOST_SQUARE_PIXELS:
        factor = _MOST_SQUARE_PIXELS**0.5 / max(image.size)
        image = image.resize([max(1, round(length * factor)) for length in image.size])
    side = max(image.size)
    square = Image.new(image.mode, (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


def blocks_of(prepared: Iterable[Prepared], outcomes: list[Prepared]) -> Iterator[np.ndarray]:
    """Yield the prepared images in blocks; append to `outcomes` what else is known of each."""
    block = []
    for one in prepared:
        outcomes.append(replace(one, array=None))
        if one.array is not None:
            block.append(one.array)
        if len(block) == BLOCK:
            yield np.stack(block)
            block = []
    if block:
        yield np.stack(block)


def commonest(bad: pd.DataFrame) -> str:
    """Return the reasons why most can't be read, with how many there are and an example of each."""
    shown = []
    for reason, count in bad["reason"].value_counts(sort=True).head(_MOST_REASONS).items():
        example = bad.loc[bad["reason"] == reason, "path"].iloc[0]
        shown.append(f"{count} {reason} (such as {example})")
    more = bad["reason"].nunique() - len(shown)
    return "; ".join(shown) + (f"; {more} other reasons" if more > 0 else "")


def check_rejected(samples: pd.DataFrame, bad: pd.DataFrame, max_rejected_share: float) -> None:
    if bad.empty:
        return
    listed = "\n".join(f"  {path}: {reason}" for path, reason in bad[["path", "reason"]].values[:5])
    if len(bad) > max_rejected_share * len(samples):
        raise UserError(
            f"{len(bad)} of {len(samples)} images can't be read, a larger share than "
            f"prepare.max_rejected_share ({max_rejected_share:g}) allows:\n{listed}\n"
            f"Mend or remove them (the log lists all), or raise prepare.max_rejected_share."
        )
    lost = set(samples["label"].unique()) - set(samples["label"].drop(bad.index).unique())
    if lost:
        raise UserError(f"no image of class {', '.join(sorted(lost))} can be read:\n{listed}")
