"""Reading one image file, whatever its format."""

from pathlib import Path

from PIL import UnidentifiedImageError

from synthmix.readers import nifti, pictures
from synthmix.readers.content import require_content, require_no_web_page
from synthmix.readers.marks import is_dicom
from synthmix.readers.raw_image import AS_USUAL, RawImage, Reading

PICTURE_SUFFIXES = pictures.SUFFIXES
DICOM_SUFFIXES = frozenset({".dcm", ".dicom", ".ima"})
VOLUME_SUFFIXES = nifti.SUFFIXES
HEADER_SUFFIXES = nifti.HEADER_SUFFIXES


def read_image(path: Path, reading: Reading = AS_USUAL) -> RawImage:
    """Return the picture or the volume that the file `path` holds.

    Formats: what Pillow reads, DICOM and NIfTI. A file that is called DICOM or NIfTI is read as
    that, and one that is no picture as DICOM where it has DICOM's mark. Raises an exception with
    the reason when it can't be read.
    """
    require_content(path)
    name = path.name.lower()
    # old DICOM files are called .img, too
    if name.endswith((*VOLUME_SUFFIXES, *HEADER_SUFFIXES)) and not is_dicom(path):
        return nifti.read_volume(path, reading)
    suffix = path.suffix.lower()
    # many are named by an identifier full of dots
    if suffix in DICOM_SUFFIXES or (suffix not in PICTURE_SUFFIXES and is_dicom(path)):
        return _read_dicom(path, reading)
    try:
        return pictures.read_picture(path, reading)
    except UnidentifiedImageError:
        if is_dicom(path):
            return _read_dicom(path, reading)
        require_no_web_page(path)
        raise


def _read_dicom(path: Path, reading: Reading) -> RawImage:
    from synthmix.readers.dicom import read_dicom

    return read_dicom(path, reading)
