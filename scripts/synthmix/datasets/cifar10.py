"""CIFAR-10: small colour pictures of ten kinds of things, in pickles that Python 2 wrote.

`cifar-10-batches-py/{data_batch_1,...,data_batch_5,test_batch,batches.meta}`. A batch is a map
with `data` (N x 3072 bytes: the red, green and blue plane of 32 x 32 each), `labels` (N numbers)
and `batch_label` ("training batch 1 of 5"). Nothing says which pictures show the same thing:
every picture is a group of its own.
"""

import pickle
import re
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from synthmix.acquire.download import Offer, RemoteFile
from synthmix.datasets.base import About
from synthmix.datasets.public import PublicDataset
from synthmix.errors import UserError
from synthmix.phantoms import colour_pictures
from synthmix.readers.raw_image import AS_USUAL, Reading

CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
_SIZE = 32
_META = "batches.meta"
_TEST = "test_batch"
_HARMLESS = {  # what arrays are made of in a pickle, by the numpy that wrote it
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
}
_LOCK = threading.Lock()  # lru_cache alone would load a batch once in each thread


class CIFAR10(PublicDataset):
    """CIFAR-10, photographs of animals and vehicles."""

    about = About(
        title="CIFAR-10",
        licence="none stated; its authors ask for the citation",
        citation="A. Krizhevsky. Learning Multiple Layers of Features from Tiny Images. Technical "
        "report, University of Toronto, 2009",
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
    )
    has_parts = True
    markers = ("data_batch_*", _TEST, _META)

    source: Literal["cifar10"]
    embedded: colour_pictures.Embedded | None = Field(
        None, description="In place of the download: pictures drawn in its layout."
    )

    def class_names(self) -> tuple[str, ...]:
        """Return the classes in the order of their labels."""
        return CLASSES

    @classmethod
    def remote_files(cls) -> Offer:
        """Return the archive on the authors' site."""
        # only its address: its own loader runs whatever a pickle tells it to
        from torchvision import datasets

        published = datasets.CIFAR10
        checksum = f"md5:{published.tgz_md5}"
        return Offer([RemoteFile(published.url, published.filename, checksum)])

    def index(self, root: Path) -> pd.DataFrame:
        """List the pictures by batch and then by place, as numbers: frame 10 comes after 9.

        Raises `UserError` when a batch is missing, damaged or not of this data set.
        """
        folder = self.find(root)
        if folder is None:
            raise UserError(f"{root}: lacks {_META} or the batches; get the data set again, whole")
        _check_classes(folder / _META)
        parts = [
            _listed(root, path, "test" if path.name == _TEST else "train")
            for path in _batches(folder)
        ]
        return pd.concat(parts, ignore_index=True)

    @classmethod
    def read(cls, path: Path, frame: str, reading: Reading = AS_USUAL) -> Image.Image:
        """Return the picture at the place `frame`, from 0, of the batch `path`: mode RGB.

        The batch's pictures stay in memory, so that it is loaded once. Raises `UserError` when the
        batch is damaged or has no such picture.
        """
        with _LOCK:
            pictures = _pictures(str(path))
        if not frame.isdecimal() or int(frame) >= len(pictures):
            raise UserError(f"{path}: has no picture {frame!r}, only 0 to {len(pictures) - 1}")
        return Image.fromarray(pictures[int(frame)])


class _ArraysOnly(pickle.Unpickler):
    """Loads numbers, texts, lists, maps and arrays; a pickle that asks for more is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _HARMLESS:
            raise _RefusedError(f"{module}.{name}")
        return super().find_class(module, name)


class _RefusedError(Exception):
    """A pickle asked for something that it may not have."""


def load_pickle(path: Path) -> dict[bytes, Any]:
    """Return the map that Python 2 wrote to `path`; its texts, the keys too, are bytes.

    Nothing that the file names is run. Raises `UserError` when it is damaged, or holds anything
    but numbers, texts, lists, maps and arrays.
    """
    try:
        with path.open("rb") as file:
            content = _ArraysOnly(file, encoding="bytes").load()
    except _RefusedError as error:
        raise UserError(
            f"{path}: asks for {error}, which this data set has no use for and which may be "
            f"malicious; it was not run. Delete the file and get the data set from its authors"
        ) from error
    except Exception as error:  # a damaged pickle may raise nearly anything
        raise UserError(f"{path}: can't be read ({error!r}); get it again, whole") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: holds a {type(content).__name__}, not a map; get it again")
    return content


def load_batch(path: Path) -> tuple[NDArray[np.uint8], list[int]]:
    """Return the pictures (N, 32, 32, 3) and the labels, 0 to 9, of the batch `path`.

    Raises `UserError` when it has others.
    """
    content = load_pickle(path)
    data, labels = content.get(b"data"), content.get(b"labels")
    if not (
        isinstance(data, np.ndarray)
        and data.dtype == np.uint8
        and data.ndim == 2
        and data.shape[1] == 3 * _SIZE**2
    ):
        raise UserError(f"{path}: its data are no N x {3 * _SIZE**2} bytes; get the file again")
    if not (
        isinstance(labels, list)
        and len(labels) == len(data)
        and all(isinstance(label, int) and 0 <= label < len(CLASSES) for label in labels)
    ):
        raise UserError(
            f"{path}: its labels are not {len(data)} numbers from 0 to {len(CLASSES) - 1}; get the "
            f"file again"
        )
    planes = data.reshape(-1, 3, _SIZE, _SIZE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels


@lru_cache(maxsize=6)  # all batches: 184 MB
def _pictures(path: str) -> NDArray[np.uint8]:
    return load_batch(Path(path))[0]


def _check_classes(path: Path) -> None:
    names = load_pickle(path).get(b"label_names")
    if names != [name.encode() for name in CLASSES]:
        raise UserError(
            f"{path}: its label_names are not {', '.join(CLASSES)}: this is not CIFAR-10; put the "
            f"files of CIFAR-10 there"
        )


def _batches(folder: Path) -> list[Path]:
    """Return the batches in the order of their names; raises `UserError` when one is missing."""
    first = folder / "data_batch_1"
    label = load_pickle(first).get(b"batch_label")
    match = re.fullmatch(rb"training batch 1 of (\d)", label if isinstance(label, bytes) else b"")
    if match is None:
        raise UserError(f"{first}: calls itself {label!r}, not training batch 1; get it again")
    names = [f"data_batch_{number}" for number in range(1, int(match[1]) + 1)]
    for name in names:
        if not (folder / name).is_file():
            raise UserError(f"{folder}: lacks {name}; get the data set again, whole")
    return [folder / name for name in (*names, _TEST)]


def _listed(root: Path, path: Path, part: str) -> pd.DataFrame:
    _, labels = load_batch(path)
    identifiers = [f"{path.name}-{number:05d}" for number in range(len(labels))]
    return pd.DataFrame(
        {
            "sample_id": identifiers,
            "path": path.relative_to(root).as_posix(),
            "frame": [str(number) for number in range(len(labels))],
            "label": [CLASSES[label] for label in labels],
            "group": identifiers,
            "part": part,
        }
    )
