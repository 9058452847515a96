"""From the stored pixels of a DICOM file to values in the unit of its device."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmix.readers.dicom_header import frame_numbers, numbers
from synthmix.readers.dicom_tables import read_table
from synthmix.readers.raw_image import Reading, numbers_only

if TYPE_CHECKING:
    from pydicom import Dataset

CONVERT = "convert it first, such as with `gdcmconv --raw IN OUT` (GDCM)"
GREY = ("MONOCHROME1", "MONOCHROME2")
NO_SLOPE = "a RescaleSlope of 0 is taken for 1"

# For each way to store pixels: what is background, from its value to its limit
_PADDING = {
    "PixelData": ("PixelPaddingValue", "PixelPaddingRangeLimit"),
    "FloatPixelData": ("FloatPixelPaddingValue", "FloatPixelPaddingRangeLimit"),
    "DoubleFloatPixelData": ("DoubleFloatPixelPaddingValue", "DoubleFloatPixelPaddingRangeLimit"),
}
PIXELS = tuple(_PADDING)


@dataclass(frozen=True)
class Grey:
    """Grey values of one frame, in the unit of the device, such as Hounsfield units.

    `values` are (H, W), float64; `background` is true for padding, where there is any. `low` and
    `high` are what the stored bits can mean, infinite where nothing limits them. `bits` are those
    of values that are counts from 0 on, 0 where they mean something else. `bright_is_low` is for
    MONOCHROME1.
    """

    values: np.ndarray
    background: np.ndarray | None
    low: float
    high: float
    bits: int
    bright_is_low: bool
    notes: tuple[str, ...] = ()

    def rising(self) -> np.ndarray:
        """Return the values so that larger ones are brighter.

        They are turned round within what the stored bits can mean, not within what this picture
        holds, so that pictures stay comparable.
        """
        if not self.bright_is_low:
            return self.values
        return -self.values + (self.low + self.high if math.isfinite(self.high) else 0)


def decode(dataset: "Dataset", frame: int = 0) -> tuple[np.ndarray, str]:
    """Return the stored values of a frame, (H, W) or (H, W, 3), and how they stand for colours.

    Raw grey ones are whole words: bits beyond those that count are still in them. Raises
    ValueError, with advice, when they can't be decoded here.
    """
    from pydicom.pixels import get_decoder
    from pydicom.uid import JPEGExtended12Bit

    syntax = getattr(dataset, "file_meta", {}).get("TransferSyntaxUID")
    if syntax is None:
        raise ValueError("is DICOM that names no transfer syntax: cut short or damaged")
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError:
        decoder = None
    if decoder is None or not decoder.is_available:
        raise ValueError(f"is compressed as {syntax.name}, which cannot be read here; {CONVERT}")
    if syntax.is_compressed:
        _quieten_gdcm()
    raw_grey = _is_raw(dataset) and dataset.get("PhotometricInterpretation") in GREY
    options = {"correct_unused_bits": False} if raw_grey else {}
    try:
        if syntax == JPEGExtended12Bit and int(dataset.BitsStored) > 8:
            return _decode_with_gdcm(dataset, frame), str(dataset.PhotometricInterpretation)
        values, facts = decoder.as_array(dataset, index=frame, **options)
    except Exception as error:  # damaged files make pydicom raise nearly anything
        advice = f"; if other software shows it, {CONVERT}" if syntax.is_compressed else ""
        reason = " ".join(str(error).split())
        raise ValueError(f"its pixels cannot be decoded ({reason}){advice}") from error
    return values, str(facts["photometric_interpretation"])


def grey_values(
    dataset: "Dataset", stored: np.ndarray, colours: str, reading: Reading, frame: int = 0
) -> Grey:
    """Return what `stored`, as `decode` returns it with its `colours`, means of a frame.

    Padding is found before the modality transform, by a table or by slope and intercept; of these
    an empty one is 1 and 0. Raises ValueError for a slope or intercept that is no number.
    """
    values, low, high = stored, -math.inf, math.inf
    if stored.dtype.kind in "iu":
        low, high = _limits(dataset)
        values = _counting_bits(stored, dataset) if _is_raw(dataset) else stored
    background = _padding(dataset, values, stored, low, high)
    notes: tuple[str, ...] = ()
    if stored.dtype.kind == "f":
        wrong, notes = numbers_only(values, reading)
        if wrong is not None:
            values = np.where(wrong, values[~wrong].min(), values)
            background = wrong if background is None else background | wrong
    whole = stored.dtype.kind == "u" or low == 0
    bits = int(dataset.BitsStored) if whole else 0
    bright_is_low = colours == "MONOCHROME1"
    if dataset.get("ModalityLUTSequence"):
        table = read_table(dataset.ModalityLUTSequence[0], high, is_little_endian(dataset))
        bits, most = int(table.largest).bit_length(), float(table.largest)
        return Grey(table.of(values), background, 0, most, bits, bright_is_low, notes)
    slope, intercept, more = _rescale(dataset, frame)
    if (slope, intercept) != (1, 0):
        low, high = sorted((low * slope + intercept, high * slope + intercept))
        bits = 0
    meant = values.astype(np.float64) * slope + intercept
    return Grey(meant, background, low, high, bits, bright_is_low, (*notes, *more))


def is_little_endian(dataset: "Dataset") -> bool:
    """Return how words of `dataset` are written."""
    return bool(dataset.file_meta.TransferSyntaxUID.is_little_endian)


def _is_raw(dataset: "Dataset") -> bool:
    return not dataset.file_meta.TransferSyntaxUID.is_compressed or (
        dataset.file_meta.TransferSyntaxUID.is_deflated
    )


def _limits(dataset: "Dataset") -> tuple[float, float]:
    """Return the least and the largest value that the stored bits can hold."""
    bits = int(dataset.BitsStored)
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if _is_signed(dataset) else (0, 2**bits - 1)


def _is_signed(dataset: "Dataset") -> bool:
    return dataset.get("PixelRepresentation") == 1


def _counting_bits(words: np.ndarray, dataset: "Dataset") -> np.ndarray:
    """Return the bits of `words` that count, as numbers: others may hold overlays, or anything."""
    allocated, bits = int(dataset.BitsAllocated), int(dataset.BitsStored)
    highest = int(dataset.get("HighBit") or 0)
    shift = highest + 1 - bits
    if not 0 <= shift <= allocated - bits:
        shift = 0
    low, high = _limits(dataset)
    if not shift and low <= words.min() and words.max() <= high:
        return words
    values = (words.astype(np.int64) >> shift) & (2**bits - 1)
    if _is_signed(dataset):
        values -= (values >> (bits - 1)) << bits
    return values


def _padding(
    dataset: "Dataset", values: np.ndarray, words: np.ndarray, low: float, high: float
) -> np.ndarray | None:
    """Return where padding is, None where there is none.

    `words` are `values` with all their bits: some devices write padding that the bits that count
    can't hold.
    """
    first, last = (_number_of(dataset, name) for name in _PADDING[_keyword(dataset)])
    if first is None:
        return None
    first, last = sorted((first, first if last is None else last))
    if low <= first and last <= high:
        background = (values >= first) & (values <= last)
    else:
        background = (words >= first) & (words <= last)
    return background if background.any() else None


def _number_of(dataset: "Dataset", name: str) -> float | None:
    """Return a value of padding as stored pixels have it, whatever sign it was written with."""
    found = numbers(dataset, name)
    if not found or not math.isfinite(found[0]):
        return None
    if _keyword(dataset) != "PixelData":
        return found[0]
    words = 2 ** int(dataset.BitsAllocated)
    number = int(found[0]) % words
    return number - words if _is_signed(dataset) and number >= words // 2 else number


def _keyword(dataset: "Dataset") -> str:
    return next(name for name in PIXELS if name in dataset)


def _rescale(dataset: "Dataset", frame: int) -> tuple[float, float, tuple[str, ...]]:
    """Return slope and intercept, and notes."""
    slope = (frame_numbers(dataset, "RescaleSlope", frame) or [1.0])[0]
    intercept = (frame_numbers(dataset, "RescaleIntercept", frame) or [0.0])[0]
    if not math.isfinite(slope) or not math.isfinite(intercept):
        raise ValueError("its RescaleSlope or RescaleIntercept is not a number: mend it")
    return (slope, intercept, ()) if slope else (1.0, intercept, (NO_SLOPE,))


def _decode_with_gdcm(dataset: "Dataset", frame: int) -> np.ndarray:
    """Return the stored grey values of a frame in 12-bit JPEG, which pydicom has no decoder for."""
    import gdcm

    reader = gdcm.ImageReader()
    reader.SetFileName(str(dataset.filename))
    if dataset.SamplesPerPixel != 1 or not reader.Read():
        raise ValueError("GDCM can't read it")
    words = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    values = np.frombuffer(words, "<i2" if _is_signed(dataset) else "<u2")
    return values.reshape(-1, dataset.Rows, dataset.Columns)[frame]


def _quieten_gdcm() -> None:
    """Keep what GDCM finds odd off the screen: it is told where decoding fails."""
    try:
        import gdcm
    except ImportError:
        return
    gdcm.Trace.DebugOff()
    gdcm.Trace.WarningOff()
    gdcm.Trace.ErrorOff()
