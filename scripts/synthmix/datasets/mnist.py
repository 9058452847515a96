"""MNIST and Fashion-MNIST: small grey pictures of ten classes, in the IDX format.

`{train,t10k}-images-idx3-ubyte` and `{train,t10k}-labels-idx1-ubyte`, packed with gzip (`.gz`)
or not. Both files of a part are in the same order; no picture has a name, so that it is known by
its place. Nothing says who wrote a digit: every picture is a group of its own.
"""

import gzip
import logging
import math
import struct
import threading
import zlib
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image
from pydantic import Field

from synthmix.acquire.download import Offer, RemoteFile, download_files, size_at
from synthmix.datasets.base import About
from synthmix.datasets.public import PublicDataset
from synthmix.errors import UserError
from synthmix.phantoms import digits, garments
from synthmix.readers.raw_image import AS_USUAL, Reading

LOGGER = logging.getLogger(__name__)
_PARTS = {"t10k": "test", "train": "train"}  # by file name: in the order of the index
_IMAGES = "images-idx3-ubyte"
_LABELS = "labels-idx1-ubyte"
_BYTES_OF_AXES = 0x0800  # the magic number, less the number of axes, of unsigned bytes
_GZIP = b"\x1f\x8b"
_LOCK = threading.Lock()  # lru_cache alone would unpack a file once in each thread


class _IdxPictures(PublicDataset):
    """Pictures in the four files of MNIST. Abstract."""

    has_parts = True
    markers = tuple(f"{part}-{kind}*" for part in _PARTS for kind in (_IMAGES, _LABELS))

    names: ClassVar[tuple[str, ...]]
    """The class of each label, from 0."""
    torchvision: ClassVar[str]
    """The class of `torchvision.datasets` that knows the addresses and checksums."""

    def class_names(self) -> tuple[str, ...]:
        """Return the classes in the order of their labels."""
        return self.names

    @classmethod
    def remote_files(cls) -> Offer:
        """Return the four files on the first mirror that has all of them."""
        mirrors = cls._mirrors()
        for files in mirrors:
            with suppress(UserError):
                sizes = [size_at(file) for file in files]
                return Offer(files, size=None if None in sizes else sum(sizes))
        return Offer(mirrors[0])

    @classmethod
    def download(cls, folder: Path) -> None:
        """Download the four files from the first mirror that has them."""
        failures = []
        for files in cls._mirrors():
            try:
                return download_files(files, folder)
            except UserError as error:
                LOGGER.warning("%s", error)
                failures.append(f"{error}.")
        raise UserError(
            f"{cls.about.title}: no mirror has it, whole. Run the same command again later, or put "
            f"its four files into the folder of the data set by hand. What went wrong:\n"
            + "\n".join(failures)
        )

    @classmethod
    def _mirrors(cls) -> list[list[RemoteFile]]:
        """Return the four files on each of the mirrors."""
        # only its addresses: its own loader wants another folder, and files that are unpacked
        from torchvision import datasets

        published = getattr(datasets, cls.torchvision)
        return [
            [
                RemoteFile(f"{mirror}{name}", name, checksum=f"md5:{md5}")
                for name, md5 in published.resources
            ]
            for mirror in published.mirrors
        ]

    def index(self, root: Path) -> pd.DataFrame:
        """List the pictures by file and then by place, as numbers: frame 10 comes after 9.

        Raises `UserError` when one of the four files is missing, damaged or belongs to others.
        """
        folder = self.find(root) or root
        parts = [self._index_part(root, folder, prefix) for prefix in _PARTS]
        return pd.concat(parts, ignore_index=True)

    def _index_part(self, root: Path, folder: Path, prefix: str) -> pd.DataFrame:
        images, labels = _file(folder, f"{prefix}-{_IMAGES}"), _file(folder, f"{prefix}-{_LABELS}")
        # the images too: a damaged file is to be noticed once, here, and not at each of its images
        count, values = len(read_idx(images, axes=3)), read_idx(labels, axes=1)
        if count != len(values):
            raise UserError(
                f"{images} has {count} images but {labels} has {len(values)} labels; get both again"
            )
        if values.max(initial=0) >= len(self.names):
            raise UserError(
                f"{labels}: has the label {values.max()}, but those of {self.about.title} are 0 to "
                f"{len(self.names) - 1}; put the file of this data set there"
            )
        part = _PARTS[prefix]
        identifiers = [f"{part}-{number:05d}" for number in range(count)]
        return pd.DataFrame(
            {
                "sample_id": identifiers,
                "path": images.relative_to(root).as_posix(),
                "frame": [str(number) for number in range(count)],
                "label": [self.names[value] for value in values],
                "group": identifiers,
                "part": part,
            }
        )

    @classmethod
    def read(cls, path: Path, frame: str, reading: Reading = AS_USUAL) -> Image.Image:
        """Return the image at the place `frame`, from 0, of the images file `path`: mode L.

        The file's images stay in memory, so that they are unpacked once. Raises `UserError` when
        the file is damaged or has no such image.
        """
        with _LOCK:
            images = _images(str(path))
        if not frame.isdecimal() or int(frame) >= len(images):
            raise UserError(f"{path}: has no image {frame!r}, only 0 to {len(images) - 1}")
        return Image.fromarray(images[int(frame)])


class MNIST(_IdxPictures):
    """MNIST, handwritten digits."""

    about = About(
        title="MNIST",
        licence="CC BY-SA 3.0",
        citation="Y. LeCun, L. Bottou, Y. Bengio, P. Haffner. Gradient-based learning applied to "
        "document recognition. Proceedings of the IEEE 86(11), 1998. "
        "https://doi.org/10.1109/5.726791",
        homepage="http://yann.lecun.com/exdb/mnist/",
    )
    names = tuple("0123456789")
    torchvision = "MNIST"

    source: Literal["mnist"]
    embedded: digits.Embedded | None = Field(
        None, description="In place of the download: digits of another collection, in its files."
    )


class FashionMNIST(_IdxPictures):
    """Fashion-MNIST, garments."""

    about = About(
        title="Fashion-MNIST",
        licence="MIT",
        citation="H. Xiao, K. Rasul, R. Vollgraf. Fashion-MNIST: a Novel Image Dataset for "
        "Benchmarking Machine Learning Algorithms. 2017. https://arxiv.org/abs/1708.07747",
        homepage="https://github.com/zalandoresearch/fashion-mnist",
    )
    names = (
        *("t_shirt", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle_boot"),
    )
    torchvision = "FashionMNIST"

    source: Literal["fashion_mnist"]
    embedded: garments.Embedded | None = Field(
        None, description="In place of the download: garments drawn in its layout."
    )


def read_idx(path: Path, axes: int) -> NDArray[np.uint8]:
    """Return the unsigned bytes of the IDX file `path`, packed with gzip or not.

    Raises `UserError` when it has not `axes` axes, is damaged or of another kind.
    """
    content = _unpacked(path)
    begin = 4 * (1 + axes)  # the magic number and the sizes, four bytes each
    if len(content) < begin:
        raise UserError(f"{path}: ends within its header; get the file again, whole")
    magic, *shape = struct.unpack(f">{1 + axes}I", content[:begin])
    if magic != _BYTES_OF_AXES + axes:
        raise UserError(
            f"{path}: begins with the number {magic}, not {_BYTES_OF_AXES + axes} as an IDX file "
            f"of bytes with {axes} axes does; get the file again"
        )
    if len(content) - begin != math.prod(shape):
        raise UserError(
            f"{path}: has {len(content) - begin} bytes after its header, which announces "
            f"{' x '.join(map(str, shape))}; get the file again, whole"
        )
    return np.frombuffer(content, np.uint8, offset=begin).reshape(shape)


@lru_cache(maxsize=4)
def _images(path: str) -> NDArray[np.uint8]:
    return read_idx(Path(path), axes=3)


def _unpacked(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        # not by its name: browsers unpack such files at times and keep the name
        return gzip.decompress(content) if content.startswith(_GZIP) else content
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: can't be read ({error}); get the file again, whole") from error


def _file(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    raise UserError(f"{folder}: lacks {name}.gz; get the data set again, whole")
