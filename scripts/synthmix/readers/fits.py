"""FITS files: their values have a sign, a scale and an offset, which Pillow leaves aside."""

from pathlib import Path

import numpy as np
from PIL import Image

from synthmix.readers import deep
from synthmix.readers.raw_image import DeepPicture, Reading

_BLOCK, _CARD = 2880, 80  # bytes
_TYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_CONVERT = "convert it first, to plain FITS, PNG or TIFF"


def decode(path: Path, image: Image.Image, reading: Reading) -> Image.Image | DeepPicture:
    """Return the picture in the FITS file `path`, which Pillow has opened as `image`.

    The first line of the file is the lowest of the picture, and what is BLANK is background.
    Raises ValueError for several planes in one file, and where a value can't be told.
    """
    codec, _, start, _ = image.tile[0]
    with path.open("rb") as file:
        cards = _cards(file.read(start))
        planes = [_whole(cards, f"NAXIS{axis}", 1) for axis in range(3, _whole(cards, "NAXIS") + 1)]
        if any(count != 1 for count in planes):
            raise ValueError(f"holds {np.prod(planes)} planes; only files of one are read")
        if codec != "raw":
            raise ValueError(f"is compressed FITS, which is not read; {_CONVERT}")
        bits, scale, zero = (_number(cards, *of) for of in (("BITPIX",), ("BSCALE", 1), ("BZERO",)))
        if bits == 8 and (scale, zero) == (1, 0) and "BLANK" not in cards:
            image.load()
            return image
        kind = np.dtype(_TYPES[int(bits)])
        content = file.read(image.width * image.height * kind.itemsize)
    if len(content) < image.width * image.height * kind.itemsize:
        raise ValueError("is FITS that is cut off: get it again")
    stored = np.frombuffer(content, kind).reshape(image.height, image.width)[::-1]
    background = None
    if "BLANK" in cards and kind.kind != "f":
        background = stored == _whole(cards, "BLANK")
    values = stored.astype(np.float64) * scale + zero
    return deep.deep_picture(values, reading, background=background)


def _cards(header: bytes) -> dict[str, str]:
    """Return what the last header in `header` says, by its words."""
    cards: dict[str, str] = {}
    for place in range(0, len(header), _CARD):
        card = header[place : place + _CARD].decode("ascii", "replace")
        if place % _BLOCK == 0 and card.startswith(("SIMPLE", "XTENSION")):
            cards = {}
        if card[8:10] == "= ":
            cards.setdefault(card[:8].strip(), card[10:].split("/")[0].strip())
    return cards


def _number(cards: dict[str, str], name: str, default: float = 0) -> float:
    text = cards.get(name, str(default)).upper().replace("D", "E")
    try:
        number = float(text)
    except ValueError:
        number = np.nan
    if not np.isfinite(number):
        raise ValueError(f"is FITS whose {name} is no number: mend it")
    return number


def _whole(cards: dict[str, str], name: str, default: int = 0) -> int:
    return int(_number(cards, name, default))
