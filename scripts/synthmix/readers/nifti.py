"""Volumes in NIfTI files, and in the older pairs of files called Analyze."""

import logging
import math
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from synthmix.readers.marks import is_gzip
from synthmix.readers.raw_image import AS_USUAL, DeepPicture, Reading, Volume, numbers_only
from synthmix.readers.spacing import volume_spacing, with_square_pixels

if TYPE_CHECKING:
    import nibabel

SUFFIXES = (".nii", ".nii.gz", ".img", ".img.gz")
HEADER_SUFFIXES = (".hdr", ".hdr.gz")  # of pairs: what is listed is the other file
NO_AXES = (
    "which way the axes run is not coded (no form code): they are taken as stored, for left to "
    "right, back to front, bottom to top"
)
TWO_SPACINGS = "the header has two spacings (pixdim and sform): that of the sform is taken"
BELOW_ZERO = "a side of a voxel that is below 0 counts without its sign"
NO_DIRECTION = "does not say which way its axes run: its affine can't be inverted"
_PAIR = re.compile(r"\.(img|hdr)(\.gz)?$", re.IGNORECASE)
_GZIP_RATIO = 1032  # deflate can't make anything smaller than that
_MM = {1: 1000.0, 3: 0.001}  # metres and micrometres, as NIfTI codes them; others are taken for mm


def read_volume(path: Path, reading: Reading = AS_USUAL) -> Volume | DeepPicture:
    """Return the volume, or the single slice, that the file `path` holds.

    `path` is a .nii, a .nii.gz or either file of a pair (.hdr and .img); whether it is compressed
    is told by its content. The axes run from left to right, back to front, bottom to top; an
    oblique volume keeps its own axes, each turned to the nearest of these, and one that doesn't
    say which way they run stays as stored, with a note. Values are in the unit of the file: its
    slope and intercept are applied. Voxels need not be cubes.

    A file of one slice becomes a picture, turned as `three_slices` turns that slice.

    Raises OSError or ValueError, with a reason for a person, when it isn't one volume, not too
    large, all of them numbers (or `reading` takes others for background) and not all equal.
    """
    import nibabel

    # what it finds odd in thousands of headers; what matters is raised, too
    nibabel.imageglobals.logger.setLevel(logging.CRITICAL + 1)
    try:
        with _named_by_content(path) as named:
            image = nibabel.load(named)
            shape = _require_volume(image, reading)
            affine, sides, geometry_notes = _geometry(image)
            with np.errstate(over="ignore"):  # what is too large becomes infinite: no number
                values = image.get_fdata(dtype=np.float32, caching="unchanged")
    except (nibabel.filebasedimages.ImageFileError, nibabel.wrapstruct.WrapStructError) as error:
        raise ValueError(f"is no NIfTI file, or a damaged one ({error})") from error
    except nibabel.spatialimages.HeaderDataError as error:
        raise ValueError(f"has a header that makes no sense ({error})") from error
    except (EOFError, zlib.error) as error:
        raise ValueError(f"is cut off or damaged ({error}); get it again") from error
    values = values.reshape(shape)
    wrong, notes = numbers_only(values, reading, "voxels")
    if wrong is not None:
        values[wrong] = values[~wrong].min()
    if values.min() == values.max():
        raise ValueError("all voxels are equal")
    orientation = nibabel.io_orientation(affine)
    if np.isnan(orientation).any():
        raise ValueError(NO_DIRECTION)
    values = np.ascontiguousarray(nibabel.apply_orientation(values, orientation))
    sides = tuple(sides[axis] for axis in np.argsort(orientation[:, 0]))
    notes = (*notes, *geometry_notes)
    if 1 in shape:
        return _picture(values, wrong, orientation, sides, notes, reading)
    spacing, more = volume_spacing(sides)
    return Volume(values, spacing, (*notes, *more))


def _picture(
    values: np.ndarray,
    wrong: np.ndarray | None,
    orientation: np.ndarray,
    sides: tuple[float, ...],
    notes: tuple[str, ...],
    reading: Reading,
) -> DeepPicture:
    """Return the only slice of `values` as a picture, with square pixels."""
    import nibabel

    axis = values.shape.index(1)
    across, up = (side for other, side in enumerate(sides) if other != axis)
    background = None
    if wrong is not None:
        background = np.flip(nibabel.apply_orientation(wrong, orientation).squeeze(axis).T)
    picture = DeepPicture(np.flip(values.squeeze(axis).T).copy(), background, notes)
    return with_square_pixels(picture, (up, across), reading)


def _geometry(
    image: "nibabel.AnalyzeImage",
) -> tuple[np.ndarray, tuple[float, ...], tuple[str, ...]]:
    """Return which way the axes of `image` run, the sides of a voxel in mm along each, and notes.

    Raises ValueError where that is coded, but can't be.
    """
    import nibabel

    header = image.header
    zooms, notes = _zooms(image)
    if not isinstance(image, nibabel.Nifti1Pair):
        return np.eye(4), zooms, (*notes, NO_AXES)
    unit = _MM.get(int(header["xyzt_units"]) & 7, 1.0)
    zooms = tuple(zoom * unit for zoom in zooms)
    if not header["sform_code"] and not header["qform_code"]:
        return np.eye(4), zooms, (*notes, NO_AXES)
    affine = image.affine
    if header["sform_code"] and _is_sound(affine):
        sides = tuple(float(side) for side in nibabel.affines.voxel_sizes(affine) * unit)
        agree = np.allclose(sides, zooms, rtol=0.05, atol=0)
        return affine, sides, () if agree else (TWO_SPACINGS,)
    if header["qform_code"]:
        affine = header.get_qform()
    if not _is_sound(affine):
        raise ValueError(NO_DIRECTION)
    return affine, zooms, notes


def _zooms(image: "nibabel.AnalyzeImage") -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Return the sides of a voxel as the file has them, and notes.

    Of one below 0 that is without its sign. nibabel makes 1 of 0, so the header is read again.
    """
    with image.file_map.get("header", image.file_map["image"]).get_prepare_fileobj("rb") as file:
        header = image.header_class.from_fileobj(file, check=False)
    axes = min(3, len(image.shape))
    zooms = [float(zoom) for zoom in header["pixdim"][1 : 1 + axes]] + [1.0] * (3 - axes)
    notes = (BELOW_ZERO,) if min(zooms) < 0 else ()
    return tuple(abs(zoom) for zoom in zooms), notes


def _is_sound(affine: np.ndarray) -> bool:
    return bool(np.isfinite(affine).all() and np.linalg.det(affine[:3, :3]))


def _require_volume(
    image: "nibabel.filebasedimages.FileBasedImage", reading: Reading
) -> tuple[int, int, int]:
    """Return the voxels of `image` along each axis.

    Raises ValueError when its header alone says that it can't be read.
    """
    import nibabel

    if not isinstance(image, nibabel.AnalyzeImage):  # all kinds of NIfTI are one, too
        raise ValueError(f"holds no volume but {type(image).__name__}")
    shape = (*image.shape, 1, 1)[: max(3, len(image.shape))]
    if len(image.shape) < 2 or sum(length > 1 for length in shape[:3]) < 2:
        raise ValueError(
            f"has the shape {image.shape}; a volume has 3 axes of at least 2 voxels, a slice 2"
        )
    if min(shape[:3]) < 1:
        raise ValueError(f"has the shape {image.shape}, so no voxels")
    reading.require_size(*shape[:3])
    voxels = math.prod(shape)
    if voxels != math.prod(shape[:3]):
        raise ValueError(
            f"holds {math.prod(shape[3:])} volumes; only files of one are read: split it first, "
            f"such as with `fslsplit` (FSL) or nibabel.four_to_three"
        )
    stored = image.get_data_dtype()
    if stored.kind not in "iuf":
        raise ValueError(f"has voxels of the type {stored}; only plain numbers are read")
    needed = voxels * stored.itemsize
    file = Path(image.file_map["image"].filename)
    if not file.exists():
        raise ValueError(f"lacks {file.name}, which has its voxels: put it beside")
    ratio = _GZIP_RATIO if is_gzip(file) else 1
    size = file.stat().st_size
    if size * ratio < needed:
        raise ValueError(f"has {size} bytes where {voxels} voxels need {needed}: it is cut off")
    return shape[:3]


@contextmanager
def _named_by_content(path: Path) -> Iterator[Path]:
    """Yield a path to the file `path`, for the block, whose name says truly if it is compressed.

    nibabel goes by the name, and people unpack and rename.
    """
    packed = path.name.lower().endswith(".gz")
    pair = _PAIR.search(path.name) is not None
    if not pair and path.exists() and path.stat().st_size and is_gzip(path) != packed:
        with tempfile.TemporaryDirectory(prefix="synthmix-") as folder:
            link = Path(folder) / ("volume.nii" if packed else "volume.nii.gz")
            link.symlink_to(path.resolve())
            yield link
    else:
        if pair:
            _require_header(path)
        yield path


def _require_header(path: Path) -> None:
    """Raise ValueError where a file of a pair lacks the one that says what it holds."""
    stem = _PAIR.sub("", path.name)
    beside = {entry.name.lower() for entry in path.parent.iterdir()}
    if not any(f"{stem}{suffix}".lower() in beside for suffix in HEADER_SUFFIXES):
        raise ValueError(f"lacks {stem}.hdr, which says what it holds: put it beside")
