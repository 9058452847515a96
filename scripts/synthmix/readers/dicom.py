"""Pictures in DICOM files, as a viewer shows them, and whose they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from synthmix.errors import UserError
from synthmix.raw_names import raw_file
from synthmix.readers.raw_image import AS_USUAL, Reading

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_SHOWN = 10
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_CONVERT = "convert it first, such as with `gdcmconv --raw IN OUT` (GDCM)"


def read_dicom(path: Path, reading: Reading = AS_USUAL) -> Image.Image:
    """Return the one image of the DICOM file `path`, 8-bit grey ("L") or RGB.

    Grey values go through the modality transform (rescale slope and intercept, or a table), then
    through the first VOI window, which is mapped to 0..255 whatever the picture holds: slices
    with one window stay comparable. Without a window the VOI table takes its place; without
    either, the picture's own range is mapped. MONOCHROME1, where low values are bright, is
    inverted. Palettes and YBR become RGB.

    Raises ValueError with the reason when the file holds several frames or no image, is
    compressed in a way that cannot be read here, or is damaged.
    """
    dataset = _opened(path)
    reading.require_size(dataset.Rows, dataset.Columns)
    values, colours = _decoded(dataset)
    try:
        if colours == "PALETTE COLOR":
            return Image.fromarray(_from_palette(values, dataset))
        if colours in ("MONOCHROME1", "MONOCHROME2"):
            grey = _windowed(_modality_values(values, dataset), dataset)
            shown = np.rint(grey * 255).astype(np.uint8)
            return Image.fromarray(255 - shown if colours == "MONOCHROME1" else shown)
    except Exception as error:  # tables and windows are as wild as those who write them
        raise ValueError(f"cannot be turned into a picture ({error})") from error
    if colours == "RGB":
        return Image.fromarray(_eight_bit(values, dataset.BitsStored))
    raise ValueError(f"is DICOM with {colours} colours, which are not read; {_CONVERT}")


def patients_of(root: Path, paths: Sequence[str]) -> list[str]:
    """Return the PatientID of each DICOM file of `paths`, relative to `root`; reads no pixels.

    Raises `UserError`, about all of them, when some have none or are no DICOM files.
    """
    patients, problems = [], []
    for path in paths:
        try:
            patients.append(_patient_of(raw_file(root, path)))
        except ValueError as error:
            problems.append(f"  {path}: {error}")
    if problems:
        listed = "\n".join(problems[:MOST_SHOWN])
        raise UserError(
            f"patients: dicom: {len(problems)} of {len(paths)} files name no patient:\n{listed}\n"
            f"Mend or remove them, or set patients to image, to folder or to the path of a CSV"
        )
    return patients


def _patient_of(path: Path) -> str:
    import pydicom

    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=["PatientID"])
        patient = str(dataset.get("PatientID") or "").strip()
    except pydicom.errors.InvalidDicomError:
        raise ValueError("is no DICOM file") from None
    except Exception as error:  # damaged files make pydicom raise nearly anything
        raise ValueError(f"cannot be read as DICOM ({error})") from error
    if not patient:
        raise ValueError("has no PatientID")
    return patient


def _opened(path: Path) -> "Dataset":
    """Return the data set of the file once its header promises one image of a sane size."""
    import pydicom

    try:
        dataset = pydicom.dcmread(path)
        frames = int(dataset.get("NumberOfFrames") or 1)
        pixels = int(dataset.get("Rows") or 0) * int(dataset.get("Columns") or 0)
    except pydicom.errors.InvalidDicomError:
        raise ValueError(
            "is no DICOM file: the mark DICM is missing; if it is one from before there was the "
            "mark, rewrite it with `dcmconv` (DCMTK)"
        ) from None
    except Exception as error:  # damaged files make pydicom raise nearly anything
        raise ValueError(f"cannot be read as DICOM ({error})") from error
    if not any(name in dataset for name in _PIXELS):
        raise ValueError("is DICOM without pixel data: cut short, or no image")
    if frames > 1:
        raise ValueError(f"holds {frames} frames; only files of one are read: split it first")
    if pixels == 0:
        raise ValueError("is DICOM without a size: Rows or Columns is missing or 0")
    return dataset


def _decoded(dataset: "Dataset") -> tuple[np.ndarray, str]:
    """Return the stored values, (H, W) or (H, W, 3), and how they stand for colours."""
    from pydicom.pixels import get_decoder

    syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
    if syntax is None:
        raise ValueError("is DICOM that names no transfer syntax: cut short or damaged")
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        decoder = None
    if decoder is None or not decoder.is_available:
        raise ValueError(f"is compressed as {syntax.name}, which cannot be read here; {_CONVERT}")
    try:
        values, facts = decoder.as_array(dataset, index=0)
    except Exception as error:  # damaged files make pydicom raise nearly anything
        advice = f"; if other software shows it, {_CONVERT}" if syntax.is_compressed else ""
        reason = " ".join(str(error).split())
        raise ValueError(f"its pixels cannot be decoded ({reason}){advice}") from error
    return values, str(facts["photometric_interpretation"])


def _from_palette(values: np.ndarray, dataset: "Dataset") -> np.ndarray:
    """Return the colours (H, W, 3) that `values` stand for, uint8."""
    from pydicom.pixels import apply_color_lut

    colours = apply_color_lut(values, dataset)[..., :3]
    return _eight_bit(colours, colours.dtype.itemsize * 8)


def _eight_bit(colours: np.ndarray, bits: int) -> np.ndarray:
    if bits == 8:
        return colours.astype(np.uint8)
    return np.rint(colours * (255 / (2**bits - 1))).clip(0, 255).astype(np.uint8)


def _modality_values(values: np.ndarray, dataset: "Dataset") -> np.ndarray:
    """Return the values in the unit of the device, such as Hounsfield units."""
    from pydicom.pixels import apply_modality_lut

    values = apply_modality_lut(values, dataset)
    if not np.isfinite(values).all():
        raise ValueError("it has pixels that are not numbers")
    return values


def _windowed(values: np.ndarray, dataset: "Dataset") -> np.ndarray:
    """Return `values` between 0 (black) and 1."""
    from pydicom.pixels import apply_windowing

    window = _first_window(dataset)
    if window is not None:
        return apply_windowing(values, window)
    if dataset.get("VOILUTSequence"):
        return _through_table(values, dataset)
    low, high = float(values.min()), float(values.max())
    return (values - low) / ((high - low) or 1)


def _first_window(dataset: "Dataset") -> "Dataset | None":
    """Return what makes pydicom map the first window of `dataset` to 0..1, if it has one."""
    import pydicom

    centres, widths = (_numbers(dataset.get(name)) for name in ("WindowCenter", "WindowWidth"))
    if not centres or not widths:
        return None
    if not np.isfinite([centres[0], widths[0]]).all():
        raise ValueError("its window is not made of numbers")
    window = pydicom.Dataset()
    window.WindowCenter, window.WindowWidth = centres[0], widths[0]
    window.VOILUTFunction = dataset.get("VOILUTFunction") or "LINEAR"
    # pydicom spreads a window over all the values that so many bits can hold
    window.PhotometricInterpretation = "MONOCHROME2"
    window.PixelRepresentation, window.BitsStored = 0, 1
    return window


def _numbers(value: object) -> list[float]:
    if value is None or isinstance(value, (str, float, int)):
        return [] if value in (None, "") else [float(value)]
    return [float(number) for number in value]


def _through_table(values: np.ndarray, dataset: "Dataset") -> np.ndarray:
    """Return what the first VOI table makes of `values`, as shares of its largest entry."""
    from pydicom.pixels import apply_voi

    table = dataset.VOILUTSequence[0]
    entries, first, bits = table.LUTDescriptor
    # pydicom counts entries in a type as small as the entries themselves, in which both a long
    # table of 8-bit entries and values outside the table would wrap around
    table.LUTDescriptor = [entries, first, 16]
    inside = np.rint(values).clip(first, first + (entries or 2**16) - 1)
    return apply_voi(inside.astype(np.int64), dataset) / (2**bits - 1)
