"""Pictures with more than 8 bits a channel: OpenCV keeps the bits that Pillow drops unsaid."""

import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import ExifTags, Image

from synthmix.readers.raw_image import DeepPicture, RawImage, Reading, numbers_only
from synthmix.readers.transparency import require_visible

MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
_CONVERT = "convert it first, to grey or RGB in PNG or plain TIFF"
_EXIF_OF_PNG = (b"eXIf", b"Raw profile type exif", b"XML:com.adobe.xmp")
# the marker of a JPEG 2000 codestream and of its size, which begins it
_SIZE_MARKER = b"\xff\x4f\xff\x51"


def has_deep_channels(image: Image.Image) -> bool:
    """Return whether the file that Pillow has opened as `image` holds more bits than it keeps.

    Or keeps in another unit than the file's. Raises ValueError where nothing here keeps them.
    """
    if image.format == "JPEG2000":
        return max(_jpeg2000_bits(image)) > 8
    for codec, _, _, arguments in image.tile:
        if codec == "SGI16":
            raise ValueError(f"has 16 bits a channel, which are not read of SGI; {_CONVERT}")
        match image.format, arguments:
            case "PPM", (str(), int(largest)):  # and its kin
                return largest > 255
            case "PPM", _:
                return image.mode == "I"
            case "PNG", str(mode) if "16" in mode:
                return True
    return False


def decode(path: Path, image: Image.Image, reading: Reading) -> DeepPicture:
    """Return the picture in the file `path`, which Pillow has opened as `image`, with all bits."""
    content = path.read_bytes()
    values, alpha = split_alpha(decoded(content))
    background = None
    given = image.info.get("transparency")
    if isinstance(given, int) and values.ndim == 2:  # one grey value of a PNG is transparent
        background = values == given
    picture = deep_picture(values, reading, alpha=alpha, background=background)
    # of a PNG Pillow decodes all to find them
    if image.format == "PNG" and not any(mark in content for mark in _EXIF_OF_PNG):
        return picture
    return turned(picture, image.getexif().get(ExifTags.Base.Orientation, 1))


def deepened(image: RawImage, reading: Reading) -> RawImage:
    """Return `image`, as a `DeepPicture` where it is a loaded one of Pillow's `MODES`."""
    if not isinstance(image, Image.Image) or image.mode not in MODES:
        return image
    picture = deep_picture(np.asarray(image), reading)
    return turned(picture, image.getexif().get(ExifTags.Base.Orientation, 1))


def decoded(content: bytes) -> np.ndarray:
    """Return what OpenCV finds in a file's `content`, (H, W) or (H, W, C), as BGR or BGRA.

    Raises ValueError when it can't decode the file, or not with more than 8 bits.
    """
    opencv = _opencv()
    try:
        values = opencv.imdecode(np.frombuffer(content, np.uint8), opencv.IMREAD_UNCHANGED)
    except opencv.error as error:
        raise ValueError(f"has over 8 bits a channel and can't be decoded ({error.err})") from None
    if values is None or values.dtype == np.uint8:
        raise ValueError(
            f"has over 8 bits a channel, up to 16 bits or more, and can't be decoded with them: it "
            f"is damaged, or of a rare kind; {_CONVERT}"
        )
    return values


def split_alpha(values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Return grey values or RGB, and alpha from 0 to 1, (H, W), if there is any.

    `values` are as `decoded` returns them.
    """
    if values.ndim == 2:
        return values, None
    if values.shape[2] not in (3, 4):
        raise ValueError(f"has {values.shape[2]} channels of over 8 bits; {_CONVERT}")
    colours = values[..., 2::-1]
    if values.shape[2] == 3:
        return colours, None
    most = np.iinfo(values.dtype).max if values.dtype.kind in "iu" else 1
    return colours, values[..., 3].astype(np.float32) / most


def deep_picture(
    values: np.ndarray,
    reading: Reading,
    *,
    alpha: np.ndarray | None = None,
    background: np.ndarray | None = None,
    inverted: bool = False,
) -> DeepPicture:
    """Return the picture of `values`, (H, W) or (H, W, 3) of any type.

    What `alpha`, (H, W) from 0 to 1, lets through is laid on black. Raises ValueError where pixels
    are no numbers, unless `reading` takes them for background, and where alpha hides the picture.
    """
    notes = ()
    with np.errstate(over="ignore"):  # what is too large becomes infinite
        numbers = values.astype(np.float32)
    missing = None
    if values.dtype.kind == "f":
        missing, notes = numbers_only(numbers, reading)
    if missing is not None:
        numbers[missing] = 0
        missing = missing if missing.ndim == 2 else missing.any(axis=-1)
        background = missing if background is None else background | missing
    if alpha is not None and alpha.min() < 1:
        require_visible(numbers, alpha)
        numbers *= alpha if numbers.ndim == 2 else alpha[..., None]
        background = alpha == 0 if background is None else background | (alpha == 0)
    if background is not None and background.all():
        raise ValueError("holds nothing but background")
    return DeepPicture(numbers, background, notes, inverted)


def turned(picture: DeepPicture, orientation: int) -> DeepPicture:
    """Return `picture` upright, which EXIF's `orientation` (1 to 8) says how to turn."""
    if orientation not in range(2, 9):
        return picture
    background = picture.background
    return replace(
        picture,
        values=_turned(picture.values, orientation),
        background=None if background is None else _turned(background, orientation),
    )


def _turned(array: np.ndarray, orientation: int) -> np.ndarray:
    match orientation:
        case 2:
            array = array[:, ::-1]
        case 3:
            array = array[::-1, ::-1]
        case 4:
            array = array[::-1]
        case 5:
            array = array.swapaxes(0, 1)
        case 6:
            array = np.rot90(array, -1)
        case 7:
            array = array[::-1, ::-1].swapaxes(0, 1)
        case 8:
            array = np.rot90(array)
    return np.ascontiguousarray(array)


def _jpeg2000_bits(image: Image.Image) -> list[int]:
    """Return the bits of each channel of a JPEG 2000 file."""
    place = image.fp.tell()
    image.fp.seek(0)
    content = image.fp.read()
    image.fp.seek(place)
    start = content.find(_SIZE_MARKER) + len(_SIZE_MARKER)
    if start < len(_SIZE_MARKER):
        raise ValueError("is JPEG 2000 that does not say how large it is: damaged")
    # the marker segment: length, capability, eight lengths of 4 bytes, channels; then 3 bytes each
    channels = int.from_bytes(content[start + 36 : start + 38])
    depths = content[start + 38 : start + 38 + 3 * channels : 3]
    return [(depth & 0x7F) + 1 for depth in depths] or [8]


@cache
def _opencv() -> ModuleType:
    """Return OpenCV, made to use one thread, to say nothing, and to leave limits to `Reading`."""
    for name in ("PIXELS", "WIDTH", "HEIGHT"):
        os.environ.setdefault(f"OPENCV_IO_MAX_IMAGE_{name}", str(1 << 40))
    import cv2

    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    return cv2
