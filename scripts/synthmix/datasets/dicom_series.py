"""Volumes that are already on disk as DICOM series: class folders, or an archive of them."""

import itertools
import logging
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import ClassVar, Literal

import pandas as pd
from pydantic import Field

from synthmix.datasets.base import sample_identifiers
from synthmix.datasets.image_folder import ImageFolder, names_a_table, read_patients
from synthmix.errors import UserError
from synthmix.readers import DICOM_SUFFIXES
from synthmix.readers.raw_image import AS_USUAL, RawImage, Reading

LOGGER = logging.getLogger(__name__)
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
        no volume, such as scouts, is told. Raises `UserError` as `ImageFolder.index` does, and for
        a series that lies in several folders, has several patients, or is excluded in part.
        """
        listed = self._listed(root)
        series = [each for each in listed if each.uid]
        _tell_others([each for each in listed if not each.uid])
        _require_classes(self.class_names(), series)
        _require_whole(series)
        table = pd.DataFrame([each.row for each in series])
        table = table.sort_values(["path", "frame"], ignore_index=True)
        return table.assign(sample_id=sample_identifiers(list(table["path"])))

    def _listed(self, root: Path) -> list["_Listed"]:
        images = super().index(root)
        return [
            each
            for folder, files in images.groupby(images["path"].map(_folder), sort=True)
            for each in _in_folder(root, str(folder), files)
        ]

    def groups(self, top: Path, paths: Sequence[str]) -> list[str]:
        """Return the patient of each image; those that are of no series have none.

        One image of a series is asked for its patient. A table names folders of series, or these
        images. Raises `UserError` as `ImageFolder.index` does.
        """
        first = _first_of_series(top, paths)
        asked = sorted(set(first.values()))
        if names_a_table(self.patients):
            patients = _from_table(self.patients, asked)
        else:
            patients = dict(zip(asked, super().groups(top, asked), strict=True))
        return [patients[first[path]] if path in first else "" for path in paths]

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


def _in_folder(root: Path, folder: str, files: pd.DataFrame) -> Iterator[_Listed]:
    """Yield the series in `folder`, below `root`, and the other ones of the listed `files`."""
    from synthmix.readers.dicom_series import series_in

    found = series_in(root / folder)
    rows = {PurePosixPath(row["path"]).name: row for row in files.to_dict("records")}
    for uid, series in found.series.items():
        mine = [rows.pop(name) for name in series.files if name in rows]
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
    for name, row in rows.items():
        yield _Listed(row, reason=found.others.get(name, "not there"))


def _first_of_series(top: Path, paths: Sequence[str]) -> dict[str, str]:
    """Return for each image of a series the first one of it."""
    from synthmix.readers.dicom_series import series_in

    listed, first = set(paths), {}
    for folder in sorted({PurePosixPath(path).parent for path in paths}):
        for series in series_in(top / folder).series.values():
            mine = [path for path in map(str, map(folder.joinpath, series.files)) if path in listed]
            first |= dict.fromkeys(mine, mine[0] if mine else "")
    return first


def _from_table(name: str, paths: Sequence[str]) -> dict[str, str]:
    """Return the patient of each of `paths` that the table `name` gives it or its folder."""
    table = read_patients(name)
    keys = {path: next((k for k in (path, _folder(path)) if k in table), None) for path in paths}
    unnamed = [_folder(path) for path, key in keys.items() if key is None]
    if unnamed:
        raise UserError(
            f"patients: {name} has no patient for {len(unnamed)} of {len(paths)} series, such as "
            f"{', '.join(unnamed[:_MOST_SHOWN])}; add a row for each, with the column file the "
            f"series' folder relative to path"
        )
    return {path: table[key] for path, key in keys.items() if key is not None}


def _folder(path: str) -> str:
    return PurePosixPath(path).parent.as_posix()


def _tell_others(others: Sequence[_Listed]) -> None:
    if not others:
        return
    counts = Counter(each.reason for each in others).most_common(_MOST_SHOWN)
    listed = "; ".join(f"{reason} ({count})" for reason, count in counts)
    LOGGER.warning(
        "%d files are slices of no volume and are passed over, such as %s: %s",
        len(others),
        others[0].row["path"],
        listed,
    )


def _require_classes(classes: Sequence[str], series: Sequence[_Listed]) -> None:
    filled = {each.row["label"] for each in series}
    for label in classes:
        if label not in filled:
            raise UserError(
                f"classes: {label} has no DICOM series of more than a few images; look at what is "
                f"passed over, or read single files by the source image_folder"
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
