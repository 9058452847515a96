"""Demonstration data made here: drawn mammograms, filed the way Mini-DDSM files real ones.

The tree is `{Benign,Cancer,Normal}/<case>/<letter>_<case>_1.<SIDE>_<VIEW>.jpg`. A patient with a
lesion has it in one breast, and only the two views of that breast are written: every image in
`Benign` and `Cancer` shows what its folder says. Normal patients have both views of both breasts.
"""

import shutil
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from PIL import Image
from pydantic import Field
from tqdm import tqdm

from synthmix.datasets import image_folder
from synthmix.datasets.phantoms import SIDES, VIEWS, Finding, draw, random_anatomy, random_lesion
from synthmix.errors import UserError
from synthmix.seeds import derive_seed
from synthmix.settings import SettingsModel

CLASSES = {"cancer": ["Benign", "Cancer"], "normal": ["Normal"]}
_FINDINGS: dict[str, Finding | None] = {"Benign": "benign", "Cancer": "malignant", "Normal": None}
_LETTERS = {"Benign": "C", "Cancer": "B", "Normal": "A"}
_MOST_PATIENTS = 9999 // len(_FINDINGS)  # of a folder: case numbers have four digits
_JPEG_QUALITY = 92


class Settings(SettingsModel):
    """How many patients are drawn, and how large their films are."""

    source: Literal["phantom_mammograms"]
    normal_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients without a lesion, four images each."
    )
    benign_patients: Annotated[int, Field(ge=0, le=_MOST_PATIENTS)] = Field(
        description="Patients with a benign lesion, two images each; like every patient with a"
        " finding they are of the class cancer."
    )
    cancer_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients with a malignant lesion, two images each."
    )
    height: Annotated[int, Field(ge=64, le=4096)] = Field(
        320, description="Height of an image in pixels; its width is 0.54 to 0.66 of that."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other patients.")

    def class_names(self) -> tuple[str, ...]:
        """Return the classes: cancer, which has the benign lesions as well, and normal."""
        return tuple(CLASSES)


def raw_settings(settings: Settings) -> dict[str, Any]:
    """Return all settings: every one changes the images."""
    return settings.model_dump(mode="json")


def raw_state(raw: dict[str, Any]) -> str:
    """Return nothing: there is no source that could change."""
    return ""


def extra_state(settings: Settings) -> str:
    """Return nothing: `index` reads no other file."""
    return ""


def fetch(raw: dict[str, Any], target: Path) -> Path:
    """Draw every patient into `target`/files, whole or not at all, and return that folder.

    Equal settings give equal files, and a patient's films do not depend on how many others
    there are. Raises `UserError` when the files cannot be written.
    """
    settings = Settings(**raw)
    files, partial = target / "files", target / "files.partial"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        for folder, number in tqdm(_patients(settings), "draw patients", disable=None):
            _write_patient(settings, folder, number, partial)
        if files.exists():
            shutil.rmtree(files)
        partial.rename(files)
    except OSError as error:
        raise UserError(
            f"{target}: the phantoms cannot be written there ({error}); make room or mend the "
            "permissions, or set data_dir to another folder"
        ) from error
    return files


def index(settings: Settings, root: Path) -> pd.DataFrame:
    """List the images below `root` as the contract of `synthmix.datasets` says."""
    return image_folder.index(_as_image_folder(settings, root), root)


def _patients(settings: Settings) -> list[tuple[str, int]]:
    """Return the folder of each patient and the patient's number there, from 0."""
    counts = {
        "Benign": settings.benign_patients,
        "Cancer": settings.cancer_patients,
        "Normal": settings.normal_patients,
    }
    return [(folder, number) for folder, count in counts.items() for number in range(count)]


def _write_patient(settings: Settings, folder: str, number: int, root: Path) -> None:
    # Interleaved, so that a case number is unique and depends on no count.
    case = f"{len(_FINDINGS) * number + list(_FINDINGS).index(folder) + 1:04d}"
    generator = np.random.default_rng(derive_seed("phantom", settings.seed, folder, number))
    finding = _FINDINGS[folder]
    anatomy = random_anatomy(generator, has_lesion=finding is not None)
    lesion = None if finding is None else random_lesion(generator, finding)
    sides = SIDES if lesion is None else (SIDES[generator.integers(len(SIDES))],)
    (root / folder / case).mkdir(parents=True)
    for side in sides:
        for view in VIEWS:
            film = draw(generator, anatomy, side, view, lesion, settings.height)
            name = f"{_LETTERS[folder]}_{case}_1.{side}_{view}.jpg"
            Image.fromarray(film).save(root / folder / case / name, quality=_JPEG_QUALITY)


def _as_image_folder(settings: Settings, root: Path) -> image_folder.Settings:
    present = {"Cancer", "Normal"} | ({"Benign"} if settings.benign_patients else set())
    return image_folder.Settings(
        source="image_folder",
        path=str(root),
        classes={
            label: [folder for folder in folders if folder in present]
            for label, folders in CLASSES.items()
        },
        patients="folder",
    )
