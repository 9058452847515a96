"""Pictures in any format that Pillow reads, and what it would cut down to 8 bits."""

from pathlib import Path

from PIL import Image

from synthmix.readers import deep, fits
from synthmix.readers.raw_image import AS_USUAL, DeepPicture, Reading
from synthmix.readers.tiff import TIFF_MARKS, read_tiff

# `Reading` has a limit of its own, and tells its name
Image.MAX_IMAGE_PIXELS = None

# all that Pillow decodes by itself and that is a picture: no films, no icons of folders, nothing
# that it hands to another program
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".mpo", ".png", ".apng", ".gif", ".webp"}
    | {".tif", ".tiff", ".bmp", ".dib", ".avif", ".avifs", ".qoi", ".tga", ".psd", ".pcx", ".dcx"}
    | {".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx", ".pbm", ".pgm", ".ppm", ".pnm", ".pfm"}
    | {".sgi", ".rgb", ".rgba", ".bw", ".ras", ".im", ".fits", ".fit", ".dds", ".xbm", ".xpm"}
)


def read_picture(path: Path, reading: Reading = AS_USUAL) -> Image.Image | DeepPicture:
    """Open and decode the picture in the file `path`: a `DeepPicture` where it has over 8 bits.

    One of 8 bits or less is turned by nothing yet, whatever its EXIF data say; a deep one is.

    Raises ValueError for several pictures in one file (an animation, a stack of pages), for one
    with more pixels than `reading` allows and for deep ones that would lose bits, OSError or
    SyntaxError as Pillow does.
    """
    with path.open("rb") as file:
        if file.read(4) in TIFF_MARKS:
            return read_tiff(path, reading)
    with Image.open(path) as image:
        reading.require_size(image.width, image.height)
        # in an MPO file, as cameras write it, the others are previews of the first
        frames = getattr(image, "n_frames", 1)
        if frames > 1 and image.format != "MPO":
            raise ValueError(f"holds {frames} pictures; only files of one are read")
        if image.format == "FITS":
            return fits.decode(path, image, reading)
        if deep.has_deep_channels(image):
            return deep.decode(path, image, reading)
        image.load()
        return deep.deepened(image, reading)
