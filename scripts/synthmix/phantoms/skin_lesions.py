"""Drawn dermatoscopic images, filed the way the ISIC archive files real ones.

`metadata.csv` in the layout of its API, and `images/<isic_id>.jpg`. Malignant lesions tend to be
less symmetric, to have a less regular border, more colours and a larger diameter than benign ones
(the ABCD rule); the ranges overlap. The images of the collection SONIC, all benign, have coloured
stickers on the skin. A patient has 1 to 3 images; some patients have benign and malignant ones.

Lengths are in image heights and colours are RGB in [0, 1] unless a docstring says otherwise. The
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field
from tqdm import tqdm

from synthmix.phantoms.base import StandIn
from synthmix.phantoms.filing import interleaved, save_picture
from synthmix.phantoms.skin_patients import GROUPS, Patient, random_patient
from synthmix.seeds import derive_seed

METADATA = "metadata.csv"
IMAGES = "images"

_MOST = 999_999  # images of a group: identifiers have seven digits
_SHARED = 5  # of so many patients with benign lesions, one is also among the malignant
_MOST_IMAGES = 3  # of a patient
_MOLES = ("Benign melanocytic proliferations", "Nevus")
_KERATOSES = "Benign epidermal proliferations"
_CARCINOMAS = "Malignant adnexal epithelial proliferations - Follicular"
# In the words of the archive, each as probable as the others of its group. They are written down,
# not drawn: what a lesion looks like depends on its group alone.
_DIAGNOSES = {
    "benign": (
        *(_MOLES, _MOLES, _MOLES),
        *((_KERATOSES, "Pigmented benign keratosis"), (_KERATOSES, "Seborrheic keratosis")),
    ),
    "sonic": (_MOLES,),
    "malignant": (
        ("Malignant melanocytic proliferations (Melanoma)", "Melanoma, NOS"),
        ("Malignant melanocytic proliferations (Melanoma)", "Melanoma in situ"),
        (_CARCINOMAS, "Basal cell carcinoma"),
    ),
    "indeterminate": (("Indeterminate melanocytic proliferations", ""),),
}
_SITES = ("anterior torso", "posterior torso", "lower extremity", "upper extremity", "head/neck")


class Embedded(StandIn):
    """How many images are drawn, and how large."""

    benign: Annotated[int, Field(ge=1, le=_MOST)] = Field(
        description="Images of benign lesions without stickers."
    )
    malignant: Annotated[int, Field(ge=1, le=_MOST)] = Field(
        description="Images of malignant lesions."
    )
    sonic: Annotated[int, Field(ge=0, le=_MOST)] = Field(
        0, description="Images of benign lesions with stickers, of the collection SONIC."
    )
    indeterminate: Annotated[int, Field(ge=0, le=_MOST)] = Field(
        0, description="Images of lesions that are labelled neither benign nor malignant."
    )
    height: Annotated[int, Field(ge=32, le=2048)] = Field(
        128, description="Height of an image in pixels; its width is 1.33 to 1.5 of that."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other patients.")

    @classmethod
    def few(cls, images: int, patients: int, size: int) -> Self:
        """Return one with at least so many images and patients of each class."""
        count, height = max(images, patients), min(max(size, 32), 2048)
        return cls(benign=count, malignant=count, sonic=4, indeterminate=count, height=height)

    def write(self, root: Path) -> None:
        """Draw every image into `root`; one does not depend on how many others there are."""
        from synthmix.phantoms.skin_lesion_drawing import draw

        rows = []
        images = list(_images(self))
        for group, number, patient_number in tqdm(images, "draw skin lesions", disable=None):
            patient = _patient(self.seed, group, patient_number)
            generator = np.random.default_rng(derive_seed("skin lesion", self.seed, group, number))
            picture = draw(generator, patient, group, self.height)
            identifier = _number("ISIC", group, number)
            save_picture(picture, root / IMAGES / f"{identifier}.jpg")
            diagnosis = _diagnosis(self.seed, group, number)
            rows.append(
                _row(generator, identifier, patient, group, number, diagnosis, picture.shape)
            )
        with (root / METADATA).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(sorted(rows, key=lambda row: row["isic_id"]))


def _images(embedded: Embedded) -> Iterator[tuple[str, int, int]]:
    """Yield the group of each image, its number there and the number of its patient."""
    for group in GROUPS:
        patient, left = -1, 0
        for number in range(getattr(embedded, group)):
            if not left:
                patient += 1
                seed = derive_seed("skin patient", embedded.seed, group, patient)
                left = int(np.random.default_rng(seed).integers(1, _MOST_IMAGES + 1))
            left -= 1
            yield group, number, patient


def _number(prefix: str, group: str, number: int) -> str:
    return f"{prefix}_{interleaved(GROUPS, group, number) + 1:07d}"


def _patient(seed: int, group: str, number: int) -> Patient:
    """Return patient `number` of a group."""
    if group == "benign" and number % _SHARED == 0:
        group, number = "malignant", number // _SHARED
    generator = np.random.default_rng(derive_seed("skin", seed, group, number))
    return random_patient(generator, group, _number("IP", group, number))


def _diagnosis(seed: int, group: str, number: int) -> tuple[str, str, str]:
    """Return the three levels of the diagnosis of image `number` of a group."""
    generator = np.random.default_rng(derive_seed("skin diagnosis", seed, group, number))
    finer = _DIAGNOSES[group]
    label = "benign" if group == "sonic" else group
    return label.capitalize(), *finer[generator.integers(len(finer))]


def _row(
    generator: np.random.Generator,
    identifier: str,
    patient: Patient,
    group: str,
    number: int,
    diagnosis: tuple[str, str, str],
    shape: tuple[int, ...],
) -> dict[str, str | int]:
    """Return what `metadata.csv` says of an image of `shape` (height, width, 3)."""
    first, second, third = diagnosis
    return {
        "isic_id": identifier,
        "attribution": "drawn, not photographed",
        "collection": patient.collection,
        "copyright_license": "CC-0",
        "age_approx": patient.age,
        "anatom_site_general": str(generator.choice(_SITES)),
        "diagnosis_1": first,
        "diagnosis_2": second,
        "diagnosis_3": third,
        "image_type": "dermoscopic",
        "lesion_id": _number("IL", group, number),
        "patient_id": patient.identifier,
        "pixels_x": shape[1],
        "pixels_y": shape[0],
        "sex": patient.sex,
    }
