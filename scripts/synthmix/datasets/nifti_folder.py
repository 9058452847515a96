"""Volumes that are already on disk: class folders of NIfTI files, or an archive of them."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from synthmix.datasets.image_folder import ClassImage, ImageFolder
from synthmix.datasets.patients import Named, is_nobody
from synthmix.readers import VOLUME_SUFFIXES

_SUBJECT = re.compile(r"(?<![A-Za-z0-9])sub-([A-Za-z0-9]+)")


class NiftiFolder(ImageFolder):
    """Volumes in one folder a class, or in several: .nii, .nii.gz, and .img beside .hdr."""

    volumes: ClassVar[bool | None] = None  # a file of one slice is a picture
    suffixes: ClassVar[Collection[str]] = VOLUME_SUFFIXES

    source: Literal["nifti_folder"]
    patients: str = Field(
        "image",
        min_length=1,
        description="Which volumes belong together: image: each is a patient of its own; folder:"
        " those of one folder, the first below the class folder (the same name below another class"
        " is the same patient; folder_in_class: is another one); subject: those whose path names"
        " one subject the way BIDS does (sub-01); or the path of a table with columns file"
        " (relative to path) and patient.",
    )

    @model_validator(mode="after")
    def _has_no_patient_id(self) -> Self:
        if self.patients == "dicom":
            raise ValueError("patients: NIfTI files have no PatientID; use subject, or a CSV")
        return self

    def extra_state(self) -> str:
        """Return 16 hexadecimal digits that change with the content of the CSV of patients."""
        return "" if self.patients == "subject" else super().extra_state()

    def groups(self, top: Path, images: Sequence[ClassImage]) -> list[str]:
        """Return the patient of each of `images`, as `ImageFolder.groups` does."""
        if self.patients != "subject":
            return super().groups(top, images)
        found = [_SUBJECT.search(image.path) for image in images]
        named = [
            Named(image.path, image.label, *_subject(match))
            for image, match in zip(images, found, strict=True)
        ]
        return self.known_groups(named, "Name the subject in each path (sub-<name>)")


def _subject(found: re.Match[str] | None) -> tuple[str, str]:
    """Return what the path calls the subject, and why it names none."""
    if found is None:
        return "", "no sub-<name> in the path"
    # sub-unknown is no subject
    return found[1] if is_nobody(found[1]) else found[0], ""
