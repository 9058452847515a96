"""The image store: pixels in one memory-mapped `.npy`, what they are in the `.csv` beside it.

Row i of the table describes image i. A prepared data set and a pool of synthetic images are the
same thing, so whatever reads one reads the other, and no image is decoded twice.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.files import write_beside

# A class may be called 1, a patient 007: pandas must not make numbers of them.
IDENTIFIERS = (
    *("sample_id", "group", "path", "frame", "part", "content", "split", "store"),
    *("picture", "nearest"),
    *("label", "predicted", "true", "class", "first", "second"),
    *("study", "dataset", "generator", "selection", "classifier", "mix", "baseline"),
)


def save_array(
    path: str | Path, row_shape: tuple[int, ...], dtype: str, blocks: Iterable[np.ndarray]
) -> int:
    """Write an array to the `.npy` file `path`, grown block by block; return its length N.

    `blocks` yields arrays (n, *row_shape), of which only one is in memory at a time; N need not
    be known beforehand.
    """
    length = 0
    with write_beside(path) as temporary, temporary.open("w+b") as file:
        header_size = _write_header(file, (0, *row_shape), dtype)
        for block in blocks:
            file.write(np.ascontiguousarray(block, dtype=dtype).tobytes())
            length += len(block)
        file.seek(0)
        # numpy leaves room in the header for the first axis to grow
        if _write_header(file, (length, *row_shape), dtype) != header_size:
            raise RuntimeError("the .npy header has grown over the data")
    return length


def load_array(path: str | Path) -> np.ndarray:
    """Memory-map the `.npy` file `path` for reading; pickled arrays are refused."""
    return np.load(path, mmap_mode="r", allow_pickle=False)


def load_store(images_path: str | Path) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the images (N, H, W, C), uint8, memory-mapped, and their table of N rows."""
    images = load_array(images_path)
    table = read_table(table_path(images_path))
    if len(images) != len(table):
        raise UserError(
            f"{images_path} has {len(images)} images but the table beside it {len(table)} rows: "
            f"remove both and run again"
        )
    return images, table


def load_class(path: str | Path, label: str) -> np.ndarray:
    """Memory-map the rows of the class `label` of the `.npy` file `path`, in their order.

    The table beside it says which they are (column label).
    """
    rows = np.flatnonzero(read_table(table_path(path))["label"] == label)
    array = load_array(path)
    if len(rows) and rows[-1] - rows[0] + 1 == len(rows):
        return array[rows[0] : rows[-1] + 1]  # nothing is read yet
    return array[rows]


def by_class(classes: Sequence[str], stores: Sequence[str]) -> dict[str, str]:
    """Return the store with the images of each class: one a class, one for all, or none."""
    if len(stores) == 1:
        return dict.fromkeys(classes, stores[0])
    return dict(zip(classes, stores, strict=True)) if stores else {}


def table_path(images_path: str | Path) -> Path:
    """Return where the table of the store `images_path` lies."""
    return Path(images_path).with_suffix(".csv")


def _write_header(file: BinaryIO, shape: tuple[int, ...], dtype: str) -> int:
    description = np.lib.format.dtype_to_descr(np.dtype(dtype))
    header = {"descr": description, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.tell()


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV of ours: identifiers stay text, whatever they look like."""
    text = dict.fromkeys(IDENTIFIERS, str)
    return pd.read_csv(path, dtype=text, keep_default_na=False, na_values=[""])
