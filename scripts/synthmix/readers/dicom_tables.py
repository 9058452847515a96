"""Windows and tables of DICOM, by the formulas of its standard (PS3.3 C.11.1 and C.11.2)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synthmix.readers.dicom_header import numbers, place_of

if TYPE_CHECKING:
    from pydicom import Dataset

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
NO_WINDOW = "the window of DICOM files (of width 0 or below, or no number) is not applied"
NO_FUNCTION = "the window's function is none that DICOM knows: LINEAR is taken"


@dataclass(frozen=True)
class Window:
    """Which values are shown from black to white."""

    centre: float
    width: float
    function: str = "LINEAR"

    def shares(self, values: np.ndarray) -> np.ndarray:
        """Return `values` from 0 (black) to 1, as PS3.3 C.11.2.1.2 and C.11.2.1.3 say.

        A LINEAR window is at least 1 wide there; a narrower one, which files with fractions in
        their values have, goes from its lower to its upper end as LINEAR_EXACT does.
        """
        if self.function == "SIGMOID":
            power = -4 * (values - self.centre) / self.width
            return 1 / (1 + np.exp(np.clip(power, -700, 700)))
        centre, width = self.centre, self.width
        if self.function == "LINEAR" and width >= 1:
            centre, width = centre - 0.5, width - 1
        if width == 0:
            return (values > centre).astype(np.float64)
        return np.clip((values - centre) / width + 0.5, 0, 1)


def first_window(dataset: "Dataset", frame: int = 0) -> tuple[Window | None, tuple[str, ...]]:
    """Return the first window of a frame, if it has one that can be applied, and notes."""
    place = place_of(dataset, "WindowWidth", frame)
    centres, widths = numbers(place, "WindowCenter"), numbers(place, "WindowWidth")
    if not centres or not widths:
        return None, ()
    if not np.isfinite([centres[0], widths[0]]).all() or widths[0] <= 0:
        return None, (NO_WINDOW,)
    function = str(place.get("VOILUTFunction") or "LINEAR").strip().upper()
    if function not in FUNCTIONS:
        return Window(centres[0], widths[0]), (NO_FUNCTION,)
    return Window(centres[0], widths[0], function), ()


@dataclass(frozen=True)
class Table:
    """What the values from `first` on become; those outside are as the nearest inside."""

    first: int
    entries: np.ndarray
    largest: int
    """The largest entry that its bits can hold."""

    def of(self, values: np.ndarray) -> np.ndarray:
        """Return what the table makes of `values`, rounded to the nearest of its entries."""
        inside = np.rint(values - self.first).clip(0, len(self.entries) - 1)
        return self.entries[inside.astype(np.int64)].astype(np.float64)


def read_table(item: "Dataset", highest: float, little_endian: bool = True) -> Table:
    """Return the table of `item` of a sequence of tables, for values up to `highest`.

    Its entries may be bytes, words, or bytes in words. Raises ValueError where it is cut short.
    """
    count, first, bits = (int(number) for number in item.LUTDescriptor)
    count = count % 2**16 or 2**16  # 0 stands for as many as there can be
    if first > highest:  # a negative number that was written as one without a sign
        first -= 2**16
    data = item["LUTData"].value
    if isinstance(data, int):
        data = [data]
    order = "<" if little_endian or not isinstance(data, bytes) else ">"
    if not isinstance(data, bytes):
        data = (np.array(data, np.int64) & 0xFFFF).astype("<u2").tobytes()
    if len(data) >= 2 * count:
        entries = np.frombuffer(data[: 2 * count], f"{order}u2")
    elif len(data) >= count:
        entries = np.frombuffer(data[:count], np.uint8)
    else:
        raise ValueError(f"its table has fewer than the {count} entries that it says")
    if not 1 <= bits <= 16:
        bits = 16
    most = int(entries.max())
    return Table(first, entries, 2 ** max(bits, most.bit_length()) - 1)
