"""Images as the page shows them: small pictures, written out in the page itself."""

import base64
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from synthmix.prepare.prepare_images import reason_of, upright
from synthmix.prepare.volumes import three_slices
from synthmix.readers import read_image
from synthmix.readers.raw_image import Volume

JPEG_QUALITY = 90


@dataclass(frozen=True)
class Shown:
    """What is shown of the file `name`: pictures as data URIs, or a reason why there are none.

    `digest` tells the file from others by its content.
    """

    name: str
    pictures: tuple[str, ...] = ()
    digest: str = ""
    reason: str = ""


def show_file(root: Path, name: str, pixels: int) -> Shown:
    """Read the image `name` below `root` and shrink it to at most `pixels` a side.

    Of a volume the three `PLANES` are shown, as `three_slices` cuts them. What can't be read, or
    can't be named in a table of images, has a reason; nothing is raised.
    """
    path = root / name
    try:
        _require_name(name)
        image = read_image(path)
        if isinstance(image, Volume):
            shown = [Image.fromarray(plane) for plane in np.moveaxis(three_slices(image), -1, 0)]
        else:
            shown = [upright(image)]
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Shown(name, tuple(_data_uri(picture, pixels) for picture in shown), digest)
    except Exception as error:  # damaged files make their readers raise nearly anything
        return Shown(name.encode("utf-8", "replace").decode(), reason=reason_of(error, path))


def _require_name(name: str) -> None:
    """Raise ValueError for what a data set of the source `manifest` would read as another name."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("has a name that is not text in UTF-8: rename it") from None
    if "\\" in name or name != name.strip():
        raise ValueError(
            "has a name that a table of images can't hold, for a backslash in it or a space at "
            "its begin or end: rename it"
        )


def _data_uri(picture: Image.Image, pixels: int) -> str:
    """Return `picture` as PNG or JPEG, whichever is smaller."""
    picture = picture.convert("L" if picture.mode in ("1", "L") else "RGB")
    picture.thumbnail((pixels, pixels))
    written = {}
    for kind, options in (("png", {}), ("jpeg", {"quality": JPEG_QUALITY})):
        content = io.BytesIO()
        picture.save(content, kind, **options)
        written[kind] = content.getvalue()
    kind = min(written, key=lambda name: len(written[name]))
    return f"data:image/{kind};base64,{base64.b64encode(written[kind]).decode('ascii')}"
