"""Drawn MRI slices of brains with a tumour, filed as in the brain tumor dataset of figshare.

A patient has neighbouring slices of one view.
"""

from pathlib import Path
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from tqdm import tqdm

from synthmix.phantoms.base import StandIn
from synthmix.phantoms.brain_slice_patients import VIEWS, View, random_patient
from synthmix.phantoms.filing import interleaved, numbered
from synthmix.phantoms.textures import FloatImage
from synthmix.seeds import derive_seed
from synthmix.settings import PositiveInt

LABELS = ("meningioma", "glioma", "pituitary")  # in the files: 1, 2, 3
FILES_PER_FOLDER = 766

_MOST_PATIENTS = 100_000  # of a class: their numbers have six digits
_USER_BLOCK = 512


class Embedded(StandIn):
    """How many patients are drawn, and how large their slices are."""

    meningioma_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients with a meningioma."
    )
    glioma_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients with a glioma."
    )
    pituitary_patients: Annotated[int, Field(ge=1, le=_MOST_PATIENTS)] = Field(
        description="Patients with a tumour of the pituitary gland."
    )
    slices_per_patient: PositiveInt = Field(3, description="Images of each patient.")
    size: Annotated[int, Field(ge=32, le=1024)] = Field(
        128, description="Width and height of an image in pixels."
    )
    views: Annotated[list[View], Field(min_length=1)] = Field(
        list(VIEWS), description="How patients are scanned, each in one of these ways."
    )
    tumour_size: Annotated[float, Field(ge=0.5, le=2)] = Field(
        1.0, description="Radius of the tumours, 1 being usual: larger ones are easier to tell."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other patients.")

    @classmethod
    def few(cls, images: int, patients: int, size: int) -> Self:
        """Return one with at least so many images and patients of each class."""
        count, side = max(patients, -(-images // 3)), min(max(size, 32), 512)
        return cls(
            meningioma_patients=count, glioma_patients=count, pituitary_patients=count, size=side
        )

    def write(self, root: Path) -> None:
        """Draw every patient; a patient's slices do not depend on how many others are drawn."""
        counts = (self.meningioma_patients, self.glioma_patients, self.pituitary_patients)
        patients = numbered(dict(zip(LABELS, counts, strict=True)))
        for label, number in tqdm(patients, "draw patients", disable=None):
            _write_patient(self, label, number, root)


def _write_patient(embedded: Embedded, label: str, number: int, root: Path) -> None:
    from synthmix.phantoms.brain_slice_drawing import draw

    generator = np.random.default_rng(derive_seed("brain slices", embedded.seed, label, number))
    patient = random_patient(generator, label, embedded.size, embedded.views, embedded.tumour_size)
    identity = interleaved(LABELS, label, number)
    slices = embedded.slices_per_patient
    for index in range(slices):
        # from -1 to 1 are the slices that the tumour reaches
        place = 0.75 * (2 * (index + 0.5) / slices - 1)
        image, mask, border = draw(generator, patient, place, embedded.size)
        file = identity * slices + index + 1
        first = file - (file - 1) % FILES_PER_FOLDER
        folder = root / f"brainTumorDataPublic_{first}-{first + FILES_PER_FOLDER - 1}"
        folder.mkdir(exist_ok=True)
        _write_file(folder / f"{file}.mat", label, f"{100_000 + identity}", image, mask, border)


def _write_file(
    path: Path,
    label: str,
    patient: str,
    image: NDArray[np.int16],
    mask: NDArray[np.bool_],
    border: FloatImage,
) -> None:
    """Write a MATLAB 7.3 file, which is HDF5 with the axes in reverse order."""
    import h5py

    contents = {
        "PID": (np.array([[ord(letter)] for letter in patient], np.uint16), "char"),
        "image": (image.T, "int16"),
        "label": (np.array([[LABELS.index(label) + 1]], np.float64), "double"),
        "tumorBorder": (border.reshape(1, -1), "double"),
        "tumorMask": (mask.T.astype(np.uint8), "logical"),
    }
    with h5py.File(path, "w", libver="earliest", userblock_size=_USER_BLOCK) as file:
        group = file.create_group("cjdata")
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        for name, (values, kind) in contents.items():
            # a time in it would make equal files differ
            group.create_dataset(name, data=values, track_times=False)
            group[name].attrs["MATLAB_class"] = np.bytes_(kind)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM")
