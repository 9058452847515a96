"""Pictures in any format that Pillow reads."""

from pathlib import Path

from PIL import Image

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
    | {".pgm", ".ppm", ".pnm", ".jp2"}
)


def read_picture(path: Path) -> Image.Image:
    """Open and decode the picture in the file `path`.

    Raises ValueError for several pictures in one file (an animation, a stack of pages) and for
    one so large that it may be a decompression bomb, OSError or SyntaxError as Pillow does.
    """
    with Image.open(path) as image:
        # beyond this Pillow only warns; making that an error is not safe in several threads
        if image.width * image.height > Image.MAX_IMAGE_PIXELS:
            raise ValueError(
                f"claims to hold {image.width} x {image.height} pixels, more than the "
                f"{Image.MAX_IMAGE_PIXELS:,} that are read"
            )
        # in an MPO file, as cameras write it, the others are previews of the first
        frames = getattr(image, "n_frames", 1)
        if frames > 1 and image.format != "MPO":
            raise ValueError(f"holds {frames} pictures; only files of one are read")
        image.load()
        return image
