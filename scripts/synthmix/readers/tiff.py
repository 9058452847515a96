"""TIFF files: those of 8 bits through Pillow, deeper ones with all their bits."""

import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from synthmix.readers import deep
from synthmix.readers.raw_image import DeepPicture, Reading

TIFF_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BIG = 43
_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _SAMPLES = 256, 257, 258, 262, 277
_PLANES, _EXTRA, _FORMAT, _GDAL_NO_DATA = 284, 338, 339, 42113
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_SIGNED, _FLOAT = 2, 3
_TRANSPARENT, _PREMULTIPLIED = 2, 1  # what an extra sample may be; 0 is anything


def read_tiff(path: Path, reading: Reading) -> Image.Image | DeepPicture:
    """Return the picture in the TIFF file `path`, upright.

    Raises ValueError for a stack of pages, for one too large, and for deep ones that can't be
    read with all their bits.
    """
    with path.open("rb") as file:
        tags = _tags(file)
        reading.require_size(_one(tags, _WIDTH), _one(tags, _HEIGHT))
        if not _is_deep(tags):
            return _shallow(path, file)
        if tags.next:
            raise ValueError("holds several pictures; only files of one are read")
    return _deep(path, tags, reading)


def _shallow(path: Path, file: BinaryIO) -> Image.Image:
    file.seek(0)
    try:
        # of a path Pillow maps what is not compressed, and turns that wrong by its orientation
        with Image.open(file) as image:
            frames = getattr(image, "n_frames", 1)
            if frames > 1:
                raise ValueError(f"holds {frames} pictures; only files of one are read")
            image.load()
            return image
    except UnidentifiedImageError:
        raise ValueError(f"cannot identify image file {path.name}: a rare kind of TIFF") from None


def _tags(file: BinaryIO) -> ImageFileDirectory_v2:
    """Return the tags of the first page; those that are damaged are missing."""
    head = file.read(8)
    if _BIG in head[2:4]:
        head += file.read(8)
    try:
        tags = ImageFileDirectory_v2(head)
        if tags.next + 2 > os.fstat(file.fileno()).st_size:
            raise ValueError("its list of tags is not there")
        file.seek(tags.next)
        tags.load(file)
        if not (_one(tags, _WIDTH) and _one(tags, _HEIGHT)):
            raise ValueError("it has no size")
    except Exception as error:  # damaged files make it raise nearly anything
        raise ValueError(f"is TIFF that is cut off or damaged: {error}") from error
    return tags


def _one(tags: ImageFileDirectory_v2, tag: int, default: int = 0) -> int:
    """Return the number that a tag has, or has for the first channel."""
    value = tags.get(tag, default)
    return int(value[0] if isinstance(value, tuple) else value)


def _bits(tags: ImageFileDirectory_v2) -> set[int]:
    value = tags.get(_BITS, 1)
    return {int(bits) for bits in (value if isinstance(value, tuple) else (value,))}


def _is_deep(tags: ImageFileDirectory_v2) -> bool:
    """Return whether it has more than 8 bits a channel, or values below 0."""
    return max(_bits(tags)) > 8 or _one(tags, _FORMAT, 1) in (_SIGNED, _FLOAT)


def _deep(path: Path, tags: ImageFileDirectory_v2, reading: Reading) -> DeepPicture:
    """Return the picture, which OpenCV turns upright itself."""
    bits, samples = max(_bits(tags)), _one(tags, _SAMPLES, 1)
    photometric = _one(tags, _PHOTOMETRIC, _BLACK_IS_ZERO)
    grey = photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
    readable = (grey and samples == 1) or (photometric == _RGB and samples in (3, 4))
    in_planes = samples > 1 and _one(tags, _PLANES, 1) != 1
    if not readable or in_planes or len(_bits(tags)) > 1:
        raise ValueError(
            f"is TIFF of {samples} channels of {bits} bits"
            f"{', each in a plane of its own' if in_planes else ''} (photometric interpretation "
            f"{photometric}), which is not read with all its bits: convert it to grey or RGB first"
        )
    values = deep.decoded(path.read_bytes())
    if values.dtype.itemsize * 8 < bits:
        raise ValueError(f"has {bits} bits a channel, which are not read: convert it first")
    values, alpha = deep.split_alpha(values)
    meaning = _one(tags, _EXTRA, _TRANSPARENT)
    background = None
    if alpha is not None and meaning == _PREMULTIPLIED:
        background, alpha = alpha == 0, None
    elif meaning != _TRANSPARENT:
        alpha = None
    unset = _unset(tags, values)
    if unset is not None:
        background = unset if background is None else background | unset
    return deep.deep_picture(
        values,
        reading,
        alpha=alpha,
        background=background,
        inverted=photometric == _WHITE_IS_ZERO,
    )


def _unset(tags: ImageFileDirectory_v2, values: np.ndarray) -> np.ndarray | None:
    """Return which pixels have the value that GDAL has noted to stand for no data."""
    try:
        number = float(str(tags.get(_GDAL_NO_DATA, "")).strip("\0 "))
    except ValueError:
        return None
    if np.isnan(number):
        return None  # as other pixels that are no numbers
    same = values.astype(np.float32) == np.float32(number)
    return same if same.ndim == 2 else same.all(axis=-1)
