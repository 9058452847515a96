"""Volumes that are already on disk: class folders of NIfTI files, or an archive of them."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import ClassVar, Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from synthmix.datasets.image_folder import ImageFolder
from synthmix.errors import UserError
from synthmix.readers import VOLUME_SUFFIXES

_SUBJECT = re.compile(r"(?<![A-Za-z0-9])sub-[A-Za-z0-9]+")


class NiftiFolder(ImageFolder):
    """Volumes in one folder a class, or in several: .nii, .nii.gz, and .img beside .hdr."""

    volumes: ClassVar[bool | None] = None  # a file of one slice is a picture
    suffixes: ClassVar[Collection[str]] = VOLUME_SUFFIXES

    source: Literal["nifti_folder"]
    patients: str = Field(
        "image",
        min_length=1,
        description="Which volumes belong together: image: each is a patient of its own; folder:"
        " those in one folder; subject: those whose path names one subject the way BIDS does"
        " (sub-01); or the path of a CSV with columns file (relative to path) and patient.",
    )

    @model_validator(mode="after")
    def _has_no_patient_id(self) -> Self:
        if self.patients == "dicom":
            raise ValueError("patients: NIfTI files have no PatientID; use subject, or a CSV")
        return self

    def extra_state(self) -> str:
        """Return 16 hexadecimal digits that change with the content of the CSV of patients."""
        return "" if self.patients == "subject" else super().extra_state()

    def index(self, root: Path) -> pd.DataFrame:
        """List the volumes as `ImageFolder.index` lists images.

        Raises `UserError` as that does, and when a path names no subject but is to.
        """
        if self.patients != "subject":
            return super().index(root)
        samples = self.model_copy(update={"patients": "image"}).index(root)
        subjects = samples["path"].str.extract(f"({_SUBJECT.pattern})", expand=False)
        unnamed = samples.loc[subjects.isna(), "path"]
        if len(unnamed):
            raise UserError(
                f"patients: subject takes the patient from sub-<name> in the path, which "
                f"{len(unnamed)} of {len(samples)} volumes lack, such as "
                f"{', '.join(unnamed.iloc[:3])}; set patients to image, folder or the path of a CSV"
            )
        return samples.assign(group=subjects)
