"""Drawn mammograms, filed the way Mini-DDSM files real ones.

A patient with a lesion has it in one breast, and only the two views of that breast are written:
every image in `Benign` and `Cancer` shows what its folder says. Normal patients have both views
of both breasts.
"""

from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field
from tqdm import tqdm

from synthmix.phantoms.base import StandIn
from synthmix.phantoms.filing import interleaved, numbered, save_picture
from synthmix.seeds import derive_seed

TOP = "MINI-DDSM-Complete-JPEG-8"
_FINDINGS = {"Benign": "benign", "Cancer": "malignant", "Normal": None}
_LETTERS = {"Benign": "C", "Cancer": "B", "Normal": "A"}
_MOST_PATIENTS = 9999 // len(_FINDINGS)  # of a folder: case numbers have four digits


class Embedded(StandIn):
    """How many patients are drawn, and how large their films are."""

    normal_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients without a lesion, four images each."
    )
    benign_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients with a benign lesion, two images each."
    )
    cancer_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients with a malignant lesion, two images each."
    )
    height: Annotated[int, Field(ge=64, le=4096)] = Field(
        320, description="Height of an image in pixels; its width is 0.54 to 0.66 of that."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other patients.")

    @classmethod
    def few(cls, images: int, patients: int, size: int) -> Self:
        """Return one with at least so many images and patients of each class."""
        of_two = max(patients, -(-images // 2))
        return cls(
            normal_patients=max(patients, -(-images // 4)),
            benign_patients=of_two,
            cancer_patients=of_two,
            height=min(max(size, 64), 4096),
        )

    def write(self, root: Path) -> None:
        """Draw every patient; a patient's films do not depend on how many others are drawn."""
        counts = {
            "Benign": self.benign_patients,
            "Cancer": self.cancer_patients,
            "Normal": self.normal_patients,
        }
        for folder, number in tqdm(numbered(counts), "draw patients", disable=None):
            _write_patient(self, folder, number, root / TOP)


def _write_patient(embedded: Embedded, folder: str, number: int, root: Path) -> None:
    from synthmix.phantoms import mammogram_drawing as drawing

    case = f"{interleaved(list(_FINDINGS), folder, number) + 1:04d}"
    generator = np.random.default_rng(derive_seed("phantom", embedded.seed, folder, number))
    finding = _FINDINGS[folder]
    anatomy = drawing.random_anatomy(generator, has_lesion=finding is not None)
    lesion = None if finding is None else drawing.random_lesion(generator, finding)
    sides = (
        drawing.SIDES
        if lesion is None
        else (drawing.SIDES[generator.integers(len(drawing.SIDES))],)
    )
    for side in sides:
        for view in drawing.VIEWS:
            film = drawing.draw(generator, anatomy, side, view, lesion, embedded.height)
            name = f"{_LETTERS[folder]}_{case}_1.{side}_{view}.jpg"
            save_picture(film, root / folder / case / name)
