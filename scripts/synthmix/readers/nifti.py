"""Volumes in NIfTI files."""

import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from synthmix.readers.raw_image import AS_USUAL, Reading, Volume

if TYPE_CHECKING:
    import nibabel

_GZIP_RATIO = 1032  # deflate can't make anything smaller than that


def read_volume(path: Path, reading: Reading = AS_USUAL) -> Volume:
    """Return the volume that the file `path` (.nii or .nii.gz) holds.

    The axes run from left to right, back to front, bottom to top; an oblique volume keeps its own
    axes, each turned to the nearest of these. Values are in the unit of the file: its slope and
    intercept are applied. Voxels need not be cubes.

    Raises OSError or ValueError, with a reason for a person, when it isn't one volume of at least
    2 voxels a side, not too large, all of them numbers and not all of them equal.
    """
    import nibabel

    try:
        image = nibabel.load(path)
        _require_volume(image, path, reading)
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
            volume = image.get_fdata(dtype=np.float32, caching="unchanged")
    except (nibabel.filebasedimages.ImageFileError, nibabel.wrapstruct.WrapStructError) as error:
        raise ValueError(f"is no NIfTI file, or a damaged one ({error})") from error
    except nibabel.spatialimages.HeaderDataError as error:
        raise ValueError(f"has a header that makes no sense ({error})") from error
    except (EOFError, zlib.error) as error:
        raise ValueError(f"is cut off or damaged ({error}); get it again") from error
    volume = volume.reshape(image.shape[:3])
    if not np.isfinite(volume).all():
        raise ValueError("has voxels that are not numbers (NaN or infinite)")
    if volume.min() == volume.max():
        raise ValueError("all voxels are equal")
    orientation = nibabel.io_orientation(image.affine)
    return Volume(np.ascontiguousarray(nibabel.apply_orientation(volume, orientation)))


def _require_volume(
    image: "nibabel.filebasedimages.FileBasedImage", path: Path, reading: Reading
) -> None:
    """Raise ValueError when the header of `image` alone says that it can't be read."""
    import nibabel

    if not isinstance(image, nibabel.Nifti1Image):  # Nifti2Image is one, too
        raise ValueError(f"holds no volume but {type(image).__name__}")
    shape = image.shape
    if len(shape) < 3 or min(shape[:3]) < 2:
        raise ValueError(f"has the shape {shape}; a volume has 3 axes of at least 2 voxels")
    reading.require_size(*shape)
    voxels = math.prod(shape)
    if voxels != math.prod(shape[:3]):
        raise ValueError(f"holds {math.prod(shape[3:])} volumes; only files of one are read")
    stored = image.get_data_dtype()
    if stored.kind not in "iuf":
        raise ValueError(f"has voxels of the type {stored}; only plain numbers are read")
    needed = voxels * stored.itemsize
    ratio = _GZIP_RATIO if path.name.lower().endswith(".gz") else 1
    size = path.stat().st_size
    if size * ratio < needed:
        raise ValueError(f"has {size} bytes where {voxels} voxels need {needed}: it is cut off")
    if not np.isfinite(image.affine).all() or not np.linalg.det(image.affine[:3, :3]):
        raise ValueError("does not say which way its axes run: its affine can't be inverted")
