"""Reading one image file, whatever its format."""

from pathlib import Path

import numpy as np
from PIL import Image

from synthmix.readers import pictures

PICTURE_SUFFIXES = pictures.SUFFIXES
DICOM_SUFFIXES = frozenset({".dcm", ".dicom"})
VOLUME_SUFFIXES = (".nii", ".nii.gz")


def read_image(path: Path) -> Image.Image | np.ndarray:
    """Return the picture, or the volume (X, Y, Z) as float32, that the file `path` holds.

    Formats: what Pillow reads, DICOM and NIfTI. A file that is called DICOM or NIfTI is read as
    that, and one that is not called a picture as DICOM where it has DICOM's mark. Raises
    an exception with the reason when it can't be read.
    """
    name = path.name.lower()
    if name.endswith(VOLUME_SUFFIXES):
        from synthmix.readers.nifti import read_volume

        return read_volume(path)
    suffix = path.suffix.lower()
    # many are named by an identifier full of dots
    if suffix in DICOM_SUFFIXES or (suffix not in PICTURE_SUFFIXES and is_dicom(path)):
        from synthmix.readers.dicom import read_dicom

        return read_dicom(path)
    return pictures.read_picture(path)


def is_dicom(path: Path) -> bool:
    """Return whether the file `path` has the mark of a DICOM file."""
    with path.open("rb") as file:
        file.seek(128)
        return file.read(4) == b"DICM"
