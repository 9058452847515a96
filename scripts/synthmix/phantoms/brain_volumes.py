"""Heads made from a template, scanned well and badly, filed the way MR-ART files real ones."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field
from tqdm import tqdm

from synthmix.phantoms.base import StandIn
from synthmix.phantoms.sizes import FIELD_OF_VIEW_MM
from synthmix.seeds import derive_seed

SCORES = "derivatives/scores.tsv"

_MOST_SUBJECTS = 9000


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


class Embedded(StandIn):
    """How many subjects are made, and how finely they are scanned."""

    subjects: Annotated[int, Field(ge=1, le=_MOST_SUBJECTS)] = Field(
        description="Subjects, three scans each: one still, two with head motion."
    )
    resolution_mm: Annotated[float, Field(ge=2, le=8)] = Field(
        4.0, description="Side of a voxel; the field of view is 192 x 256 x 256 mm."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other subjects.")

    @classmethod
    def few(cls, images: int, patients: int, size: int) -> Self:
        """Return one with at least so many images and patients of each class."""
        return cls(subjects=max(images, patients), resolution_mm=2.0)

    def write(self, root: Path) -> None:
        """Make every subject's scans; they do not depend on how many subjects there are."""
        from synthmix.phantoms import brain_volume_drawing as drawing

        head = drawing.template_head(self.resolution_mm)
        scores, participants = [], []
        for number in tqdm(range(self.subjects), "draw subjects", disable=None):
            generator = np.random.default_rng(derive_seed("brain", self.seed, number))
            # Scattered numbers, as in MR-ART; no two subjects have the same.
            subject = f"sub-{number * 6131 % 900_000 + 100_000}"
            sex, age = generator.choice(["F", "M"]), generator.uniform(18, 75)
            participants.append(f"{subject}\t{sex}\t{age:.2f}")
            for name, score in _write_subject(self, head, subject, root, generator):
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
    from synthmix.phantoms import brain_volume_drawing as drawing

    resolution = embedded.resolution_mm
    anatomy = drawing.random_anatomy(head, resolution, generator)
    for acquisition in _ACQUISITIONS:
        severity = generator.uniform(*acquisition.severity)
        rated = severity + generator.normal(0, _RATER_NOISE)
        name = f"{subject}_acq-{acquisition.name}_T1w"
        scan = drawing.scan(anatomy, resolution, severity, generator)
        _write_volume(root / subject / "anat" / f"{name}.nii.gz", scan, resolution)
        yield name, 1 + int(np.searchsorted(_THRESHOLDS, rated))


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
