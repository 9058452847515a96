"""Volumes whose slices are the DICOM files of one series, or the frames of one file."""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from synthmix.readers.dicom import open_dicom
from synthmix.readers.dicom_header import frame_numbers, parsed
from synthmix.readers.dicom_values import GREY, decode, grey_values
from synthmix.readers.raw_image import AS_USUAL, Reading, Volume
from synthmix.readers.spacing import volume_spacing

if TYPE_CHECKING:
    from pydicom import Dataset

MOST_SCOUTS = 3  # a series of so few images is no volume
TWICE = "slices that are in a series twice count once"
TILTED = (
    "slices of a series are shifted against each other, as of a tilted gantry: they are stacked as "
    "they are"
)
_TAGS = ["SeriesInstanceUID", "SOPInstanceUID", "PatientID", "ImageType", "NumberOfFrames"]
_TAGS += ["Rows", "Columns"]
_SCOUT = f"of a series of 1 to {MOST_SCOUTS} images, as of scouts"
_LOCALIZERS = {"LOCALIZER", "SCOUT"}
_NOT_EVEN = 0.1  # of the distance between slices
_MISSING = 1.8  # times the distance of the others
_TOUCHING = 0.01  # of the distance: closer ones are at one place
_TURNED = 0.01  # of a direction's unit vector


@dataclass(frozen=True)
class Series:
    """The images of one series in one folder."""

    uid: str
    files: tuple[str, ...]
    """Their names, sorted."""
    instances: frozenset[str]
    """What tells each image from all others in the world."""
    images: int
    """Of all files; one file may hold several."""
    patients: tuple[str, ...]
    """The PatientIDs, sorted."""


@dataclass(frozen=True)
class Listing:
    """What is in a folder: series by their identifiers, and why each other file is in none."""

    series: dict[str, Series]
    others: dict[str, str]


def series_in(folder: Path) -> Listing:
    """Return the series whose files are in `folder` itself; reads no pixels.

    Images that are called localizers are left out, and series of at most `MOST_SCOUTS` images.
    """
    return _series_in(folder, folder.stat().st_mtime_ns)


def read_series(folder: Path, uid: str, reading: Reading = AS_USUAL) -> Volume:
    """Return the volume that the images of the series `uid` in `folder` are the slices of.

    Slices are sorted by where they lie, whatever their names and numbers, and the axes run as in
    every `Volume`. Values went through the modality transform (Hounsfield units in CT) and through
    no window; padding has the least value of the others.

    Raises ValueError with the reason when there is no such series, or its slices make no volume:
    of several sizes, directions or distances, with gaps, or several at one place.
    """
    listed = series_in(folder).series.get(uid)
    if listed is None:
        raise ValueError(f"there is no series {uid} in {folder}: list the data set again")
    slices = [
        each for name in listed.files for each in _slices(folder / name, listed.images, reading)
    ]
    slices, notes = _in_order(slices)
    first, last = slices[0], slices[-1]
    step = float((last.place - first.place) @ first.normal) / (len(slices) - 1)
    values = np.stack([each.values for each in slices], axis=-1).transpose(1, 0, 2)
    background = np.stack([each.background for each in slices], axis=-1).transpose(1, 0, 2)
    if background.all():
        raise ValueError("all its pixels are padding or background")
    values = np.where(background, values[~background].min(), values)
    if values.min() == values.max():
        raise ValueError("all voxels are equal")
    return _turned(values, first, step, notes)


@dataclass(frozen=True)
class _Slice:
    """One image; lengths are in mm, directions and places as DICOM has them."""

    values: np.ndarray
    background: np.ndarray
    across: np.ndarray
    down: np.ndarray
    place: np.ndarray
    sides: tuple[float, float]
    notes: tuple[str, ...]

    @property
    def normal(self) -> np.ndarray:
        return np.cross(self.across, self.down)


@lru_cache(maxsize=16)
def _series_in(folder: Path, _changed: int) -> Listing:
    found: dict[str, list[tuple[str, Dataset]]] = defaultdict(list)
    others = {}
    for name in sorted(entry.name for entry in os.scandir(folder) if entry.is_file()):
        if name.startswith("."):
            continue
        try:
            header = parsed(folder / name, stop_before_pixels=True, specific_tags=_TAGS)
            reason = _why_none(header)
        except (ValueError, OSError) as error:
            reason = " ".join(str(error).split())
        if reason:
            others[name] = reason
        else:
            found[str(header.SeriesInstanceUID)].append((name, header))
    series = {}
    for uid, members in found.items():
        images = sum(int(header.get("NumberOfFrames") or 1) for _, header in members)
        names = tuple(name for name, _ in members)
        if images <= MOST_SCOUTS:
            others |= dict.fromkeys(
                names, f"of a series of 1 to {MOST_SCOUTS} images, as of scouts"
            )
            continue
        instances = frozenset(str(header.get("SOPInstanceUID")) for _, header in members)
        patients = {str(header.get("PatientID") or "").strip() for _, header in members}
        series[uid] = Series(uid, names, instances, images, tuple(sorted(patients)))
    return Listing(series, others)


def _why_none(header: "Dataset") -> str:
    """Return why a file is no image of a series, "" where it is one."""
    if not header.get("Rows") or not header.get("Columns"):
        return "DICOM without an image"
    kind = header.get("ImageType") or []
    if _LOCALIZERS & {str(word).upper() for word in ([kind] if isinstance(kind, str) else kind)}:
        return "called a localizer"
    return "" if header.get("SeriesInstanceUID") else "without a SeriesInstanceUID"


def _slices(path: Path, images: int, reading: Reading) -> Iterator[_Slice]:
    """Yield the images of the file `path` of a series of so many `images`."""
    try:
        dataset = open_dicom(path)
        reading.require_size(dataset.Columns, dataset.Rows, images)
        for frame in range(int(dataset.get("NumberOfFrames") or 1)):
            yield _slice(dataset, frame, reading)
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def _slice(dataset: "Dataset", frame: int, reading: Reading) -> _Slice:
    direction = frame_numbers(dataset, "ImageOrientationPatient", frame)
    place = frame_numbers(dataset, "ImagePositionPatient", frame)
    sides = frame_numbers(dataset, "PixelSpacing", frame)
    for values, length, what in (
        (place, 3, "ImagePositionPatient"),
        (direction, 6, "ImageOrientationPatient"),
        (sides, 2, "PixelSpacing"),
    ):
        if len(values) != length or not np.isfinite(values).all():
            raise ValueError(f"does not say where its pixels lie: {what} is missing or no number")
    across, down = np.array(direction[:3]), np.array(direction[3:])
    if abs(np.linalg.norm(np.cross(across, down)) - 1) > 0.01:
        raise ValueError("has an ImageOrientationPatient that is no direction")
    stored, colours = decode(dataset, frame)
    if colours not in GREY:
        raise ValueError(f"has {colours} colours; volumes are of grey slices")
    grey = grey_values(dataset, stored, colours, reading, frame)
    background = grey.background
    if background is None:
        background = np.zeros(grey.values.shape, bool)
    values = grey.rising().astype(np.float32)
    sizes = (sides[0], sides[1])
    return _Slice(values, background, across, down, np.array(place), sizes, grey.notes)


def _in_order(slices: Sequence[_Slice]) -> tuple[list[_Slice], tuple[str, ...]]:
    """Return the slices from the nearest to the furthest along their normal, and notes.

    Raises ValueError where they make no volume.
    """
    first = slices[0]
    for each in slices:
        if each.values.shape != first.values.shape:
            shapes = (" x ".join(map(str, one.values.shape[::-1])) for one in (first, each))
            raise ValueError(f"its slices have several sizes, such as {' and '.join(shapes)}")
        turned = max(abs(each.across - first.across).max(), abs(each.down - first.down).max())
        if turned > _TURNED:
            raise ValueError("its slices lie in several directions: split the series by them")
        if not np.allclose(each.sides, first.sides, rtol=0.01):
            raise ValueError("its slices have several pixel spacings")
    ordered = sorted(slices, key=lambda each: float(each.place @ first.normal))
    distances = np.array([each.place @ first.normal for each in ordered])
    ordered, distances, notes = _without_copies(ordered, distances)
    if len(ordered) <= MOST_SCOUTS:
        raise ValueError(f"it has slices at {len(ordered)} places alone: no volume")
    _require_even(distances)
    drift = np.array([each.place - ordered[0].place for each in ordered])
    drift -= np.outer(distances - distances[0], first.normal)
    if np.linalg.norm(drift, axis=1).max() > min(first.sides):
        notes = (*notes, TILTED)
    more = dict.fromkeys(note for each in ordered for note in each.notes)
    return ordered, (*notes, *more)


def _without_copies(
    ordered: list[_Slice], distances: np.ndarray
) -> tuple[list[_Slice], np.ndarray, tuple[str, ...]]:
    """Return the slices without equal ones at one place; raises ValueError for unequal ones."""
    steps = np.diff(distances)
    apart = steps > _TOUCHING * (np.median(steps[steps > 1e-4]) if (steps > 1e-4).any() else 1)
    kept, copies = [0], 0
    for number in range(1, len(ordered)):
        if apart[number - 1]:
            kept.append(number)
        elif np.array_equal(ordered[number].values, ordered[kept[-1]].values):
            copies += 1
        else:
            places = 1 + int(apart.sum())
            raise ValueError(
                f"it has {len(ordered)} images at {places} places, as of several echoes, times or "
                f"b-values: leave one image of each place in the folder"
            )
    return [ordered[number] for number in kept], distances[kept], (TWICE,) if copies else ()


def _require_even(distances: np.ndarray) -> None:
    steps = np.diff(distances)
    usual = float(np.median(steps))
    widest, narrowest = float(steps.max()), float(steps.min())
    if widest > _MISSING * usual:
        gaps = int((steps > _MISSING * usual).sum())
        raise ValueError(
            f"slices are missing: {gaps} gaps of up to {widest:.4g} mm where others are "
            f"{usual:.4g} mm apart; get the series again"
        )
    if widest > (1 + _NOT_EVEN) * usual or narrowest < (1 - _NOT_EVEN) * usual:
        raise ValueError(
            f"its slices are not evenly spaced: {narrowest:.4g} to {widest:.4g} mm apart"
        )


def _turned(values: np.ndarray, first: _Slice, step: float, notes: tuple[str, ...]) -> Volume:
    """Return the volume with its axes from left to right, back to front, bottom to top."""
    import nibabel

    sides = (first.sides[1], first.sides[0], step)
    axes = np.stack([first.across, first.down, first.normal], axis=1)
    affine = np.eye(4)
    # DICOM's first two axes run to the left and to the back
    affine[:3, :3] = np.array([[-1], [-1], [1]]) * axes * sides
    orientation = nibabel.io_orientation(affine)
    turned = np.ascontiguousarray(nibabel.apply_orientation(values, orientation), np.float32)
    spacing, more = volume_spacing([sides[axis] for axis in np.argsort(orientation[:, 0])])
    return Volume(turned, spacing, (*notes, *more))
