"""What the header of a DICOM file says, however it is written."""

import logging
import math
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthmix.readers.marks import begins_without_mark

if TYPE_CHECKING:
    from pydicom import Dataset

# Where objects that may hold several frames say what others say at the top.
_GROUP_OF = {
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "WindowWidth": "FrameVOILUTSequence",
    "PixelSpacing": "PixelMeasuresSequence",
    "ImagePositionPatient": "PlanePositionSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
}
_TEXT = (None, "DS", "IS", "LO", "SH", "CS", "UN")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,(\d{1,2}|\d{4,})")


def parsed(path: Path, **options: Any) -> "Dataset":
    """Return the data set of the DICOM file `path`, read with the `options` of pydicom.

    A file without preamble or without a transfer syntax is read as what it looks like. Raises
    ValueError, with the reason, when it can't be.
    """
    import pydicom

    _quieten()
    try:
        try:
            dataset = pydicom.dcmread(path, **options)
        except pydicom.errors.InvalidDicomError:
            with path.open("rb") as file:
                if not begins_without_mark(file.read(8)):
                    raise
            dataset = pydicom.dcmread(path, force=True, **options)
        _name_syntax(dataset)
    except pydicom.errors.InvalidDicomError:
        raise ValueError(
            "is no DICOM file: the mark DICM is missing; if it is one from before there was the "
            "mark, rewrite it with `dcmconv` (DCMTK)"
        ) from None
    except Exception as error:  # damaged files make pydicom raise nearly anything
        raise ValueError(f"cannot be read as DICOM ({error})") from error
    return dataset


def place_of(dataset: "Dataset", keyword: str, frame: int = 0) -> "Dataset":
    """Return the part of `dataset` that has the element `keyword` of a frame, or `dataset`.

    That is one of its functional groups, those of the frame before shared ones, or itself.
    """
    for groups in _functional_groups(dataset, frame):
        for place in groups.get(_GROUP_OF[keyword]) or ():
            if numbers(place, keyword):
                return place
    return dataset


def frame_numbers(dataset: "Dataset", keyword: str, frame: int = 0) -> list[float]:
    """Return the numbers of an element of a frame as `numbers` does."""
    return numbers(place_of(dataset, keyword, frame), keyword)


def numbers(dataset: "Dataset", keyword: str) -> list[float]:
    """Return the numbers of an element, NaN for each that is none; nothing where it is empty."""
    from pydicom.datadict import dictionary_VR

    element = dataset.get_item(keyword)
    if element is None:
        return []
    if element.is_raw and element.VR in _TEXT and dictionary_VR(keyword) in ("DS", "IS"):
        # pydicom would refuse all of an element for one number that is wrong
        value: Any = (element.value or b"").decode("ascii", "replace").strip("\0 ")
        value = value.split("\\") if value else []
    else:
        value = dataset[keyword].value
    if value is None or value == "":
        return []
    single = isinstance(value, (str, bytes, int, float)) or not hasattr(value, "__iter__")
    return [_number(item) for item in ([value] if single else value)]


def pixel_sides(dataset: "Dataset", frame: int = 0) -> tuple[float, float] | None:
    """Return the height and width of a pixel, None where the header doesn't say.

    They are in mm, or of no unit where the header has their ratio alone.
    """
    for sides in (
        frame_numbers(dataset, "PixelSpacing", frame),
        numbers(dataset, "ImagerPixelSpacing"),
        numbers(dataset, "NominalScannedPixelSpacing"),
        numbers(dataset, "PixelAspectRatio"),
    ):
        if sides:
            return (sides[0], sides[1]) if len(sides) == 2 else (math.nan, math.nan)
    return None


def _functional_groups(dataset: "Dataset", frame: int) -> Iterator["Dataset"]:
    yield from (dataset.get("PerFrameFunctionalGroupsSequence") or [])[frame : frame + 1]
    yield from (dataset.get("SharedFunctionalGroupsSequence") or [])[:1]


def _number(value: object) -> float:
    text = str(value).strip("\0 ")
    if _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        return float(text)
    except ValueError:
        return math.nan


def _name_syntax(dataset: "Dataset") -> None:
    """Let a data set whose file names no transfer syntax have the one that it was read by."""
    from pydicom import uid

    pixels = dataset.get_item("PixelData")
    packed = pixels is not None and getattr(pixels, "is_undefined_length", False)
    if not hasattr(dataset, "file_meta") or "TransferSyntaxUID" in dataset.file_meta or packed:
        return
    implicit, little = dataset.original_encoding
    explicit = uid.ExplicitVRLittleEndian if little else uid.ExplicitVRBigEndian
    dataset.file_meta.TransferSyntaxUID = uid.ImplicitVRLittleEndian if implicit else explicit


def _quieten() -> None:
    """Keep off the screen what pydicom finds odd in each of thousands of files."""
    warnings.filterwarnings("ignore", module=r"pydicom\b")
    logging.getLogger("pydicom").setLevel(logging.ERROR)
