"""Volumes that are already on disk as DICOM series: class folders, or an archive of them."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar, Literal

import pandas as pd
from pydantic import Field

from synthmix.datasets.base import PASSED_OVER, sample_identifiers
from synthmix.datasets.found_files import suffix_of
from synthmix.datasets.image_folder import ClassImage, ImageFolder
from synthmix.datasets.patient_tables import patients_by_file
from synthmix.errors import UserError
from synthmix.raw_names import printable, raw_file
from synthmix.readers import DICOM_SUFFIXES
from synthmix.readers.raw_image import AS_USUAL, RawImage, Reading

_MOST_SHOWN = 3


class DicomSeries(ImageFolder):
    """Volumes in one folder a class, or in several: folders of DICOM files, one a slice."""

    volumes: ClassVar[bool | None] = True
    suffixes: ClassVar[Collection[str]] = DICOM_SUFFIXES

    source: Literal["dicom_series"]
    patients: str = Field(
        "dicom",
        min_length=1,
        description="Which volumes belong together: dicom: those with one PatientID; folder: those"
        " of one folder; image: each is a patient of its own; or the path of a CSV with columns"
        " file (a series' folder, relative to path) and patient.",
    )

    def index(self, root: Path) -> pd.DataFrame:
        """List the series below `root`: the DICOM files of one SeriesInstanceUID in one folder.

        `path` is that of the first of its files by name, `frame` the SeriesInstanceUID. What makes
        no volume, such as scouts, is passed over. Raises `UserError` as `ImageFolder.index` does,
        and for a series that lies in several folders, has several patients, or is excluded in part.
        """
        listed = _listed(root, super().index(root))
        series = [each for each in listed if each.uid]
        _require_classes(self.class_names(), series, [each for each in listed if not each.uid])
        _require_whole(series)
        table = pd.DataFrame([each.row for each in series])
        table = table.sort_values(["path", "frame"], ignore_index=True)
        return table.assign(sample_id=sample_identifiers(list(table["path"])))

    def passed_over(self, root: Path) -> pd.DataFrame:
        """List the files that are no images, and the images that are slices of no volume."""
        rows = [
            (each.row["path"], each.row["label"], suffix_of(each.row["path"]), each.reason)
            for each in _listed(root, self.images(root))
            if not each.uid
        ]
        others = pd.DataFrame(rows, columns=PASSED_OVER, dtype=str)
        return pd.concat([super().passed_over(root), others], ignore_index=True)

    def groups(self, top: Path, images: Sequence[ClassImage]) -> list[str]:
        """Return the patient of each of `images`; those that are of no series have none.

        One image of a series is asked for its patient. Raises `UserError` as
        `ImageFolder.index` does.
        """
        by_path = {image.path: image for image in images}
        first = _first_of_series(top, list(by_path))
        asked = sorted(set(first.values()))
        found = super().groups(top, [by_path[path] for path in asked])
        patients = dict(zip(asked, found, strict=True))
        return [patients[first[path]] if path in first else "" for path in by_path]

    def said_by_table(self, top: Path, paths: Sequence[str]) -> dict[str, str]:
        """Return what the table says of each of `paths`, or of the folder that it is in."""
        folders = {path: _folder(path) for path in paths}
        rows = patients_by_file(self.patients, [*folders, *set(folders.values())], top, self.path)
        keys = {path: path if path in rows else folder for path, folder in folders.items()}
        return {path: rows[key] for path, key in keys.items() if key in rows}

    @classmethod
    def read(cls, path: Path, frame: str, reading: Reading = AS_USUAL) -> RawImage:
        """Return the volume of the series `frame` in the folder of the file `path`."""
        from synthmix.readers.dicom_series import read_series

        return read_series(path.parent, frame, reading)


@dataclass(frozen=True)
class _Listed:
    """A series, or, without `uid`, a file that is of none, and why."""

    row: dict[str, str]
    uid: str = ""
    instances: frozenset[str] = frozenset()
    reason: str = ""


def _listed(root: Path, images: pd.DataFrame) -> list[_Listed]:
    """Return the series that `images`, rows with path and label, are of, and the other images."""
    return [
        each
        for folder, files in images.groupby(images["path"].map(_folder), sort=True)
        for each in _in_folder(root, str(folder), files)
    ]


def _in_folder(root: Path, folder: str, files: pd.DataFrame) -> Iterator[_Listed]:
    """Yield the series in `folder`, below `root`, and the other ones of the listed `files`."""
    from synthmix.readers.dicom_series import series_in

    found = series_in(raw_file(root, folder))
    rows = {PurePosixPath(row["path"]).name: row for row in files.to_dict("records")}
    for uid, series in found.series.items():
        mine = [rows.pop(name) for name in map(printable, series.files) if name in rows]
        if not mine:
            continue
        if len(mine) < len(series.files):
            raise UserError(
                f"{folder}: {len(series.files) - len(mine)} of {len(series.files)} files of the "
                f"series {uid} are left out by exclude or by their names: leave out all or none"
            )
        if len(series.patients) > 1:
            raise UserError(
                f"{folder}: the series {uid} has several patients: "
                f"{', '.join(map(repr, series.patients[:5]))}; mend it, or take it away"
            )
        yield _Listed(mine[0] | {"frame": uid}, uid, series.instances)
    others = {printable(name): reason for name, reason in found.others.items()}
    for name, row in rows.items():
        yield _Listed(row, reason=others.get(name, "not there"))


def _first_of_series(top: Path, paths: Sequence[str]) -> dict[str, str]:
    """Return for each image of a series the first one of it."""
    from synthmix.readers.dicom_series import series_in

    listed, first = set(paths), {}
    for folder in sorted({PurePosixPath(path).parent for path in paths}):
        for series in series_in(raw_file(top, str(folder))).series.values():
            named = [str(folder / printable(name)) for name in series.files]
            mine = [path for path in named if path in listed]
            first |= dict.fromkeys(mine, mine[0] if mine else "")
    return first


def _folder(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()


def _require_classes(
    classes: Sequence[str], series: Sequence[_Listed], others: Sequence[_Listed]
) -> None:
    filled = {each.row["label"] for each in series}
    for label in classes:
        if label not in filled:
            counts = Counter(each.reason for each in others if each.row["label"] == label)
            listed = "; ".join(f"{count} {why}" for why, count in counts.most_common(_MOST_SHOWN))
            raise UserError(
                f"classes: {label} has no DICOM series of more than a few images, but files that "
                f"are slices of no volume: {listed}; to read single files, use source: image_folder"
            )


def _require_whole(series: Sequence[_Listed]) -> None:
    """Raise `UserError` for a series whose images lie in several folders; copies of it may."""
    by_uid: dict[str, list[_Listed]] = defaultdict(list)
    for each in series:
        by_uid[each.uid].append(each)
    for uid, parts in by_uid.items():
        for one, other in itertools.combinations(parts, 2):
            if not one.instances & other.instances:
                folders = (str(PurePosixPath(each.row["path"]).parent) for each in (one, other))
                raise UserError(
                    f"the series {uid} lies in several folders, {' and '.join(folders)}: put all "
                    f"its files into one"
                )
