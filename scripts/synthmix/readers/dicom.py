"""Pictures in DICOM files, as a viewer shows them, and whose they are."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from synthmix.errors import UserError
from synthmix.readers.dicom_header import parsed, pixel_sides
from synthmix.readers.dicom_tables import Table, Window, first_window, read_table
from synthmix.readers.dicom_values import (
    CONVERT,
    GREY,
    PIXELS,
    Grey,
    decode,
    grey_values,
    is_little_endian,
)
from synthmix.readers.raw_image import AS_USUAL, DeepPicture, Reading, with_notes
from synthmix.readers.spacing import with_square_pixels

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_SHOWN = 10
_COLOURS = ("Red", "Green", "Blue")


def read_dicom(path: Path, reading: Reading = AS_USUAL) -> Image.Image | DeepPicture:
    """Return the one image of the DICOM file `path`.

    Grey values go through the modality transform (rescale slope and intercept, or a table), then
    through the first VOI window, which is mapped to 0..255 whatever the picture holds: slices
    with one window stay comparable. Without a window the VOI table takes its place. Such pictures
    are of 8 bits ("L"), and so are those that are stored with 8 bits and mean nothing else.
    Without window and table, or when `reading` does not use them, other values stay as they are.
    MONOCHROME1, where low values are bright, is turned round, and padding is black. Palettes and
    YBR become RGB. Pixels that are no squares become squares.

    Raises ValueError with the reason when the file holds several frames or no image, is
    compressed in a way that cannot be read here, or is damaged.
    """
    dataset = open_dicom(path)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames > 1:
        raise ValueError(
            f"holds {frames} frames; only files of one are read: split it first, or, where the "
            f"frames are slices of a volume, use the source dicom_series"
        )
    reading.require_size(dataset.Rows, dataset.Columns)
    values, colours = decode(dataset)
    try:
        picture = _picture(dataset, values, colours, reading)
    except ValueError:
        raise
    except Exception as error:  # tables and windows are as wild as those who write them
        raise ValueError(f"cannot be turned into a picture ({error})") from error
    return with_square_pixels(picture, pixel_sides(dataset), reading)


def patients_of(root: Path, paths: Sequence[str]) -> list[str]:
    """Return the PatientID of each DICOM file of `paths`, relative to `root`; reads no pixels.

    Raises `UserError`, about all of them, when some have none or are no DICOM files.
    """
    patients, problems = [], []
    for path in paths:
        try:
            patients.append(_patient_of(root / path))
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


def open_dicom(path: Path) -> "Dataset":
    """Return the data set of the file once its header promises an image."""
    dataset = parsed(path)
    try:
        pixels = int(dataset.get("Rows") or 0) * int(dataset.get("Columns") or 0)
        int(dataset.get("NumberOfFrames") or 1)
    except Exception as error:  # damaged files make pydicom raise nearly anything
        raise ValueError(f"cannot be read as DICOM ({error})") from error
    if not any(name in dataset for name in PIXELS):
        raise ValueError("is DICOM without pixel data: cut short, or no image")
    if pixels == 0:
        raise ValueError("is DICOM without a size: Rows or Columns is missing or 0")
    return dataset


def _picture(
    dataset: "Dataset", values: np.ndarray, colours: str, reading: Reading
) -> Image.Image | DeepPicture:
    if colours == "PALETTE COLOR":
        return Image.fromarray(_from_palette(values, dataset))
    if colours in GREY:
        return _grey_picture(dataset, grey_values(dataset, values, colours, reading), reading)
    if colours == "RGB":
        if int(dataset.BitsStored) > 8:
            return DeepPicture(values.astype(np.float32))
        return Image.fromarray(_eight_bit(values, int(dataset.BitsStored)))
    raise ValueError(f"is DICOM with {colours} colours, which are not read; {CONVERT}")


def _grey_picture(dataset: "Dataset", grey: Grey, reading: Reading) -> Image.Image | DeepPicture:
    if grey.background is not None and grey.background.all():
        raise ValueError("all its pixels are padding or background")
    shares, notes = _shown_shares(dataset, grey, reading)
    notes = (*grey.notes, *notes)
    if shares is None:
        values = grey.rising().astype(np.float32)
        if grey.background is not None:
            values[grey.background] = values[~grey.background].min()
        return DeepPicture(values, grey.background, notes)
    shown = np.rint(shares * 255).astype(np.uint8)
    if grey.bright_is_low:
        shown = 255 - shown
    if grey.background is not None:
        shown[grey.background] = 0
    return with_notes(Image.fromarray(shown), notes)


def _shown_shares(
    dataset: "Dataset", grey: Grey, reading: Reading
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """Return from 0 to 1 how the file wants its values to be shown, None where it doesn't say."""
    notes: tuple[str, ...] = ()
    if reading.use_windows:
        window, notes = first_window(dataset)
        table = window or _voi_table(dataset, grey)
        if isinstance(table, Window):
            return table.shares(grey.values), notes
        if isinstance(table, Table):
            return table.of(grey.values) / table.largest, notes
    if 0 < grey.bits <= 8:
        return grey.values / (2**grey.bits - 1), notes
    return None, notes


def _voi_table(dataset: "Dataset", grey: Grey) -> Table | None:
    if not dataset.get("VOILUTSequence"):
        return None
    return read_table(dataset.VOILUTSequence[0], grey.high, is_little_endian(dataset))


def _from_palette(values: np.ndarray, dataset: "Dataset") -> np.ndarray:
    """Return the colours (H, W, 3) that `values` stand for, uint8."""
    from pydicom.pixels import apply_color_lut

    colours = apply_color_lut(values, dataset)[..., :3]
    bits = colours.dtype.itemsize * 8
    # many devices say 16 bits of entries that have 8
    return _eight_bit(colours, 8 if bits == 16 and _is_dark(dataset) else bits)


def _is_dark(dataset: "Dataset") -> bool:
    """Return whether no entry of the palette is above 255."""
    tables = (dataset.get(f"{name}PaletteColorLookupTableData") for name in _COLOURS)
    return all(table and max(np.frombuffer(table, np.uint16)) < 256 for table in tables)


def _eight_bit(colours: np.ndarray, bits: int) -> np.ndarray:
    if bits == 8:
        return colours.astype(np.uint8)
    return np.rint(colours * (255 / (2**bits - 1))).clip(0, 255).astype(np.uint8)
