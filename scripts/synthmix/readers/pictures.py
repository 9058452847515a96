"""Pictures in any format that Pillow reads."""

import warnings
from pathlib import Path

from PIL import Image

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
    | {".pgm", ".ppm", ".pnm", ".jp2"}
)


def read_picture(path: Path) -> Image.Image:
    """Open and decode the picture in the file `path`.

    Raises ValueError for several pictures in one file (an animation, a stack of pages), OSError,
    SyntaxError or Image.DecompressionBombError as Pillow does; a decompression bomb is an error.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path) as image:
            # in an MPO file, as cameras write it, the others are previews of the first
            frames = getattr(image, "n_frames", 1)
            if frames > 1 and image.format != "MPO":
                raise ValueError(f"holds {frames} pictures; only files of one are read")
            image.load()
            return image
