"""Heads made from a template, scanned well and badly, filed the way MR-ART files real ones.

The anatomy is real: the MNI152 template of brains, which nilearn ships. Skull, scalp and neck
are added around it, each subject's head is another deformation of it, and TorchIO spoils the
scans as subjects do who move.
"""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from tqdm import tqdm

from synthmix.seeds import derive_seed
from synthmix.settings import SettingsModel

SCORES = "derivatives/scores.tsv"
FIELD_OF_VIEW_MM = (192, 256, 256)

_MOST_SUBJECTS = 9000
_TEMPLATE_MM = 2  # of the voxels that heads are built from
_WHITE_MATTER = 1000  # in the unit of the files, about as in MR-ART
_AIR = 1e-3  # darker voxels of the template are not brain


@dataclass(frozen=True)
class _Acquisition:
    """How a subject is scanned, and how well the subject keeps still."""

    name: str
    severity: tuple[float, float]
    """Range of how bad the scan is: 0 is without any artefact, 1 of no use at all."""


_ACQUISITIONS = (
    _Acquisition("standard", (0.0, 0.3)),
    _Acquisition("headmotion1", (0.2, 0.75)),
    _Acquisition("headmotion2", (0.5, 1.0)),
)
# Where a rater, who is not always of one mind, goes from good to medium and from there to bad.
_THRESHOLDS = (0.35, 0.62)
_RATER_NOISE = 0.05


class Embedded(SettingsModel):
    """How many subjects are made, and how finely they are scanned."""

    subjects: Annotated[int, Field(ge=1, le=_MOST_SUBJECTS)] = Field(
        description="Subjects, three scans each: one still, two with head motion."
    )
    resolution_mm: Annotated[float, Field(ge=2, le=8)] = Field(
        4.0, description="Side of a voxel; the field of view is 192 x 256 x 256 mm."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other subjects.")


def write(embedded: Embedded, root: Path) -> None:
    """Make every subject's scans in `root`; they do not depend on how many subjects there are."""
    head = _template_head(embedded.resolution_mm)
    scores, participants = [], []
    for number in tqdm(range(embedded.subjects), "draw subjects", disable=None):
        generator = np.random.default_rng(derive_seed("brain", embedded.seed, number))
        # Scattered numbers, as in MR-ART; no two subjects have the same.
        subject = f"sub-{number * 6131 % 900_000 + 100_000}"
        sex, age = generator.choice(["F", "M"]), generator.uniform(18, 75)
        participants.append(f"{subject}\t{sex}\t{age:.2f}")
        for name, score in _write_subject(embedded, head, subject, root, generator):
            scores.append(f"{name}\t{score}")
    (root / SCORES).parent.mkdir()
    _write_rows(root / SCORES, "bids_name\tscore", scores)
    _write_rows(root / "participants.tsv", "participant_id\tsex\tage", participants)
    description = {
        "Name": "Drawn stand-in for Movement-related artefacts (MR-ART)",
        "BIDSVersion": "1.2.1",
        "License": "CC0",
    }
    (root / "dataset_description.json").write_text(json.dumps(description, indent=4) + "\n")


def _write_subject(
    embedded: Embedded,
    head: np.ndarray,
    subject: str,
    root: Path,
    generator: np.random.Generator,
) -> Iterator[tuple[str, int]]:
    """Make the scans of one subject; yield the name and the score (1..3) of each."""
    resolution = embedded.resolution_mm
    anatomy = _random_anatomy(head, resolution, generator)
    for acquisition in _ACQUISITIONS:
        severity = generator.uniform(*acquisition.severity)
        rated = severity + generator.normal(0, _RATER_NOISE)
        name = f"{subject}_acq-{acquisition.name}_T1w"
        scan = _scan(anatomy, resolution, severity, generator)
        _write_volume(root / subject / "anat" / f"{name}.nii.gz", scan, resolution)
        yield name, 1 + int(np.searchsorted(_THRESHOLDS, rated))


def _template_head(resolution_mm: float) -> np.ndarray:
    """Return a head around the template brain, white matter about 1, (X, Y, Z) float32."""
    from scipy import ndimage

    brain = _template_brain()
    inside = brain > _AIR
    skull = _closed(inside, 12 / _TEMPLATE_MM)
    beyond = ndimage.distance_transform_edt(~skull) * _TEMPLATE_MM  # mm
    head = _with_neck(beyond < 16)
    depth = ndimage.distance_transform_edt(head) * _TEMPLATE_MM  # mm below the skin
    # On T1: fat bright, muscle grey, fluid dark, bone darker still but for its marrow.
    values = np.where(head, 0.38, 0.0)
    values[head & (depth < 6)] = 0.85
    values[beyond < 9] = 0.06
    values[(beyond > 5) & (beyond < 7)] = 0.3
    values[beyond < 3] = 0.18
    values[inside] = brain[inside]
    ratio = resolution_mm / _TEMPLATE_MM
    smooth = ndimage.gaussian_filter(values.astype(np.float32), 0.3 * (ratio - 1))
    return ndimage.zoom(smooth, 1 / ratio, order=1, mode="nearest", grid_mode=True)


def _template_brain() -> np.ndarray:
    """Return the brain of the template in the middle of the field of view, top at its top."""
    from nilearn.datasets import load_mni152_template

    image = load_mni152_template(resolution=1)
    brain = image.get_fdata(dtype=np.float32)[2:-3]  # 192 mm wide, as the field of view is
    _, deep, tall = brain.shape
    back = (FIELD_OF_VIEW_MM[1] - deep) // 2
    below = FIELD_OF_VIEW_MM[2] - tall - 4
    placed = np.pad(
        brain,
        ((0, 0), (back, FIELD_OF_VIEW_MM[1] - deep - back), (below, 4)),
    )
    blocks = [part for side in FIELD_OF_VIEW_MM for part in (side // _TEMPLATE_MM, _TEMPLATE_MM)]
    return placed.reshape(blocks).mean(axis=(1, 3, 5))


def _closed(inside: np.ndarray, radius: float) -> np.ndarray:
    """Return `inside` with every gap filled that a ball of `radius` voxels can't get into."""
    from scipy import ndimage

    grown = ndimage.distance_transform_edt(~inside) < radius
    return ndimage.distance_transform_edt(grown) > radius


def _with_neck(head: np.ndarray) -> np.ndarray:
    """Return the mask `head` with a neck below it, and the jaw that goes with it."""
    x, y, z = np.ogrid[tuple(slice(length) for length in head.shape)]
    lowest = np.argmax(head.any(axis=(0, 1)))
    middle_x, middle_y = head.shape[0] / 2, head.shape[1] * 0.45
    height = np.clip((z - lowest) * _TEMPLATE_MM / 60, 0, 1)  # the neck widens into the head
    wide = (56 + 12 * height) / _TEMPLATE_MM
    deep = (62 + 20 * height) / _TEMPLATE_MM
    neck = ((x - middle_x) / wide) ** 2 + ((y - middle_y) / deep) ** 2 < 1
    return head | (neck & (z < lowest + 70 / _TEMPLATE_MM))


def _random_anatomy(
    head: np.ndarray, resolution_mm: float, generator: np.random.Generator
) -> np.ndarray:
    """Return another subject's head of the same shape as `head`."""
    import torchio

    with _seeded_torch(generator):
        deform = torchio.RandomAffineElasticDeformation(
            affine_kwargs={
                "scales": (0.9, 1.08),
                "degrees": 6,
                "translation": 6,
                "default_pad_value": 0,
                "image_interpolation": "linear",
            },
            elastic_kwargs={
                "num_control_points": 7,
                "max_displacement": 9,
                "image_interpolation": "linear",
            },
        )
        uneven = torchio.RandomBiasField(0.3, order=2)
        deformed = _transformed(uneven, _transformed(deform, head, resolution_mm), resolution_mm)
    return deformed.clip(0) ** generator.uniform(0.8, 1.25)  # contrast between tissues


def _scan(
    anatomy: np.ndarray, resolution_mm: float, severity: float, generator: np.random.Generator
) -> np.ndarray:
    """Return a scan of `anatomy`, int16, with artefacts as strong as `severity` (0..1) says."""
    # Rows of k-space are taken one after another; TorchIO takes them along the last axis.
    order = (0, 1, 2) if generator.random() < 0.5 else (0, 2, 1)
    scan = anatomy.transpose(order)
    with _seeded_torch(generator):
        for step in _artefacts(severity, generator):
            scan = _transformed(step, scan, resolution_mm)
    scan = scan.transpose(order) * _sensitivity(scan.shape[2])
    if severity > 0.5 and generator.random() < 0.25:
        scan = _misplaced(scan, generator)
    noise = (0.012 + 0.05 * severity**2) * generator.uniform(0.5, 1.5)
    real, imaginary = generator.normal(0, noise, (2, *scan.shape)).astype(np.float32)
    magnitude = np.hypot(scan + real, imaginary)  # Rician noise, as scanners have it
    gain = _WHITE_MATTER * generator.uniform(0.5, 1.5)
    return (magnitude * gain).round().clip(0, 32767).astype(np.int16)


def _sensitivity(height: int) -> np.ndarray:
    """Return how well the coil hears each of `height` slices: less (0..1) the lowest 70 mm."""
    above = np.linspace(0, FIELD_OF_VIEW_MM[2], height)  # mm
    return np.clip(above / 70, 0, 1).astype(np.float32) ** 1.5


def _artefacts(severity: float, generator: np.random.Generator) -> list[Any]:
    """Return transforms of TorchIO that spoil a scan as much as `severity` (0..1) says."""
    import torchio

    steps: list[Any] = []
    motion = severity * generator.uniform(0.7, 1.3)
    if motion > 0.05:
        steps.append(
            torchio.RandomMotion(
                degrees=9 * motion, translation=9 * motion, num_transforms=2 + int(5 * motion)
            )
        )
    if generator.random() < severity * 0.6:
        steps.append(
            torchio.RandomGhosting(
                num_ghosts=(3, 8), axes=(2,), intensity=(0.4 * severity, 0.9 * severity)
            )
        )
    if generator.random() < severity**2 * 0.2:
        steps.append(torchio.RandomSpike(num_spikes=1, intensity=(0.1, 0.3)))
    return steps


def _misplaced(scan: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return `scan` with part of the head outside the field of view: cut off, or wrapped round."""
    axis = int(generator.integers(1, 3))
    length = scan.shape[axis]
    shift = int(length * generator.uniform(0.15, 0.35)) * int(generator.choice([-1, 1]))
    moved = np.roll(scan, shift, axis)
    if generator.random() < 0.5:
        outside = slice(0, shift) if shift > 0 else slice(length + shift, length)
        np.moveaxis(moved, axis, 0)[outside] = 0
    return moved


def _transformed(transform: Any, volume: np.ndarray, resolution_mm: float) -> np.ndarray:
    """Return `volume` after a transform of TorchIO, which thinks in mm."""
    import torch
    import torchio

    affine = np.diag([resolution_mm] * 3 + [1])
    tensor = torch.from_numpy(np.ascontiguousarray(volume, np.float32))[None]
    return transform(torchio.ScalarImage(tensor=tensor, affine=affine)).numpy()[0]


@contextmanager
def _seeded_torch(generator: np.random.Generator) -> Iterator[None]:
    """Have TorchIO draw from `generator`'s seed, and leave torch as it was afterwards.

    On one thread, so that sums are not of another order on another machine.
    """
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(int(generator.integers(2**63)))
            yield
    finally:
        torch.set_num_threads(threads)


def _write_volume(path: Path, scan: np.ndarray, resolution_mm: float) -> None:
    """Write the scan as scanners do: its first axis runs from right to left."""
    import nibabel

    affine = np.diag([-resolution_mm, resolution_mm, resolution_mm, 1])
    affine[:3, 3] = np.multiply((0.5, -0.5, -0.5), FIELD_OF_VIEW_MM)
    image = nibabel.Nifti1Image(np.flip(scan, axis=0), affine)
    image.header.set_xyzt_units("mm")
    path.parent.mkdir(parents=True, exist_ok=True)
    # without the time, so that equal scans are equal files
    path.write_bytes(gzip.compress(image.to_bytes(), compresslevel=1, mtime=0))


def _write_rows(path: Path, header: str, rows: list[str]) -> None:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
