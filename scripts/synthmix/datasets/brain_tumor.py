"""The brain tumor dataset of figshare: MRI slices with a tumour, as MATLAB 7.3 files.

Four ZIP files hold `1.mat` to `3064.mat`; `cjdata` in each has the `image`, the `label` (1 to 3)
and the patient, `PID`. `cvind.mat` beside them, which says how others split the images, and the
outlines of the tumours are not used.
"""

import logging
import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field
from tqdm import tqdm

from synthmix.acquire.archives import archive_stem, extract_archive, is_archive
from synthmix.acquire.download import Offer, RemoteFile, get_json
from synthmix.datasets.base import About, sample_identifiers, visible_files
from synthmix.datasets.patients import known_patient
from synthmix.datasets.public import FILES, PublicDataset, write_whole
from synthmix.errors import UserError
from synthmix.phantoms import brain_slices
from synthmix.readers.deep import deep_picture
from synthmix.readers.raw_image import AS_USUAL, DeepPicture, Reading

if TYPE_CHECKING:
    import h5py

LOGGER = logging.getLogger(__name__)
API = "https://api.figshare.com/v2"
ARTICLE = 1512427
LABELS = ("meningioma", "glioma", "pituitary")  # in the files: 1, 2, 3
MOST_LETTERS = 1000
MOST_UNREADABLE = 0.05  # of the files
_SLICE = re.compile(r"\d+\.mat")


class BrainTumor(PublicDataset):
    """The brain tumor dataset, MRI slices by kind of tumour."""

    about = About(
        title="brain tumor dataset (Jun Cheng, figshare)",
        licence="CC BY 4.0",
        citation="J. Cheng et al. Enhanced Performance of Brain Tumor Classification via Tumor "
        "Region Augmentation and Partition. PLOS ONE 10(10), 2015. "
        "https://doi.org/10.1371/journal.pone.0140381",
        homepage=f"https://doi.org/10.6084/m9.figshare.{ARTICLE}",
    )
    markers = ("[0-9]*.mat",)  # in folders of the root, mostly: see `find`

    source: Literal["brain_tumor"]
    embedded: brain_slices.Embedded | None = Field(
        None, description="In place of the download: brains drawn in its layout."
    )

    def class_names(self) -> tuple[str, ...]:
        """Return the kinds of tumour in the order of their numbers in the files."""
        return LABELS

    @classmethod
    def remote_files(cls) -> Offer:
        """Return what the article on figshare has: four archives and two small files."""
        url = f"{API}/articles/{ARTICLE}"
        answer = get_json(url)
        try:
            files = [_remote_file(entry) for entry in answer["files"]]
            if not any(file.name.endswith(".zip") for file in files):
                raise ValueError("no archive among them")
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"{url}: figshare's answer does not list files the way it used to ({error!r}). "
                f"Download them by hand from {cls.about.homepage} and put them into the folder "
                "brain_tumor of data_dir"
            ) from error
        return Offer(files, size=sum(file.size for file in files))

    @classmethod
    def fetch(cls, raw: dict[str, Any], target: Path) -> Path:
        """Return the folder of the raw tree; see `PublicDataset`.

        The archives may also lie in a folder, or in the one archive that figshare makes of them.
        """
        if not raw and cls.find(target) is None and (archives := _archives(target)):
            write_whole(target / FILES, lambda folder: _extract(archives, folder))
        return super().fetch(raw, target)

    @classmethod
    def is_there(cls, target: Path) -> bool:
        """Return whether nothing has to be downloaded: slices or archives are there, anywhere."""
        return cls.find(target) is not None or bool(_archives(target))

    @classmethod
    def find(cls, target: Path) -> Path | None:
        """Return the innermost folder that has all of the slices, or None without any."""
        folders = {path.parent for path in _whole(target, "*.mat") if _SLICE.fullmatch(path.name)}
        return Path(os.path.commonpath(folders)) if folders else None

    def index(self, root: Path) -> pd.DataFrame:
        """List the slices; those whose label and patient can't be read are logged and left out.

        Raises `UserError` when they are more than a few, when a class has none, or when a slice
        is there twice.
        """
        paths = [path for path in visible_files(root) if _is_slice(path)]
        _require_once(root, paths)
        rows, reasons = [], {}
        for path in tqdm(paths, "index", disable=None):
            try:
                rows.append((path, *_label_and_patient(root / path)))
            except Exception as error:  # damaged files make h5py raise nearly anything
                reasons[path] = f"{type(error).__name__}: {error}"
                LOGGER.warning("left out %s: %s", root / path, reasons[path])
        _require_enough(root, paths, reasons, {label for _, label, _ in rows})
        return pd.DataFrame(
            {
                "sample_id": sample_identifiers([path for path, _, _ in rows]),
                "path": [path for path, _, _ in rows],
                "label": [label for _, label, _ in rows],
                "group": [patient for _, _, patient in rows],
            }
        )

    @classmethod
    def read(cls, path: Path, frame: str, reading: Reading = AS_USUAL) -> DeepPicture:
        """Return the slice in the units of the scanner.

        Raises any exception when the file holds no such picture.
        """
        import h5py

        with h5py.File(path) as file:
            stored = _dataset(file, "image")
            if stored.ndim != 2:
                raise ValueError(f"cjdata/image has the shape {stored.shape}: no picture")
            reading.require_size(*stored.shape)
            values = stored[()]
        # MATLAB stores columns one after the other, which HDF5 takes for rows
        return deep_picture(np.ascontiguousarray(values.T), reading)


def _remote_file(entry: dict[str, Any]) -> RemoteFile:
    md5 = entry.get("computed_md5") or entry.get("supplied_md5")
    return RemoteFile(
        url=entry["download_url"],
        name=entry["name"],
        checksum=f"md5:{md5}" if md5 else None,
        size=int(entry["size"]),
    )


def _whole(target: Path, pattern: str) -> list[Path]:
    """Return the files below `target` of that name, but for those in a folder not yet whole."""
    return [
        path
        for path in sorted(target.rglob(pattern))
        if path.is_file()
        and not any(
            part.startswith(".") or part.endswith(".partial")
            for part in path.relative_to(target).parts
        )
    ]


def _archives(target: Path) -> list[Path]:
    return [path for path in _whole(target, "*") if is_archive(path)]


def _extract(archives: list[Path], folder: Path) -> None:
    """Extract `archives`, and those in them, each into a folder of its own."""
    for archive in archives:
        place = folder / archive_stem(archive)
        extract_archive(archive, place)
        for inner in _whole(place, "*"):
            if is_archive(inner):
                extract_archive(inner, inner.with_name(archive_stem(inner)))
                inner.unlink()


def _is_slice(path: str) -> bool:
    return _SLICE.fullmatch(PurePosixPath(path).name) is not None


def _require_once(root: Path, paths: list[str]) -> None:
    first: dict[str, str] = {}
    for path in paths:
        name = PurePosixPath(path).name
        if name in first:
            raise UserError(
                f"{root}: {name} is there more than once, as {first[name]} and as {path}; keep "
                "one copy of the data set"
            )
        first[name] = path


def _require_enough(
    root: Path, paths: list[str], reasons: dict[str, str], labels: set[str]
) -> None:
    if len(reasons) > MOST_UNREADABLE * len(paths):
        path, reason = next(iter(reasons.items()))
        raise UserError(
            f"{root}: {len(reasons)} of {len(paths)} files can't be read as slices, such as "
            f"{path} ({reason}); the data set is damaged: get it again"
        )
    for label in LABELS:
        if label not in labels:
            raise UserError(
                f"{root}: no slice has a {label} tumour; the data set is not whole: get it again"
            )


def _label_and_patient(path: Path) -> tuple[str, str]:
    """Return the class and the patient of a slice; raises any exception when it can't."""
    import h5py

    with h5py.File(path) as file:
        stored = {name: _dataset(file, name) for name in ("label", "PID")}
        for name, values in stored.items():
            if values.size > MOST_LETTERS:  # little data may stand for a lot
                raise ValueError(f"cjdata/{name} has {values.size} values")
        number = float(np.asarray(stored["label"][()]).item())
        letters = np.asarray(stored["PID"][()]).ravel()
    if number not in (1, 2, 3):
        raise ValueError(f"cjdata/label is {number:g}, not 1, 2 or 3")
    written = "".join(chr(int(letter)) for letter in letters)
    patient = known_patient(written)
    if not patient or not written.strip().isprintable():
        raise ValueError(f"cjdata/PID is {written!r}, which names no patient")
    return LABELS[int(number) - 1], patient


def _dataset(file: "h5py.File", name: str) -> "h5py.Dataset":
    try:
        return file["cjdata"][name]
    except KeyError:
        raise KeyError(f"no cjdata/{name} in it") from None
