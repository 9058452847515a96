"""The IDX files of MNIST and Fashion-MNIST, packed with gzip."""

import gzip
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE = 28  # of a picture in pixels

Bytes = NDArray[np.uint8]


def write_part(root: Path, name: str, images: Bytes, labels: Bytes) -> None:
    """Write `images` (N, rows, columns) and `labels` (N) as the part `name` of MNIST's files."""
    for kind, values in (("images", images), ("labels", labels)):
        header = struct.pack(f">{1 + values.ndim}I", 0x0800 + values.ndim, *values.shape)
        packed = gzip.compress(header + values.tobytes(), mtime=0)
        (root / f"{name}-{kind}-idx{values.ndim}-ubyte.gz").write_bytes(packed)
