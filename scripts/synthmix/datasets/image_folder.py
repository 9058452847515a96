"""Images that are already on disk: a folder of class folders, or a ZIP file of one."""

import difflib
import fnmatch
import hashlib
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, Self

import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from synthmix.acquire.archives import MOST_BYTES, extract_archive, is_archive
from synthmix.datasets.base import Dataset, sample_identifiers, visible_files
from synthmix.datasets.file_names import existing
from synthmix.datasets.patient_tables import patients_by_file
from synthmix.datasets.patients import (
    KNOWN_PATIENTS,
    UNKNOWN_PATIENTS,
    Named,
    UnknownPatients,
    dicom_patient,
    folder_patients,
    patients_of,
)
from synthmix.errors import UserError
from synthmix.files import expanded, fingerprint
from synthmix.readers import DICOM_SUFFIXES, PICTURE_SUFFIXES
from synthmix.settings import Name, PositiveFloat

LOGGER = logging.getLogger(__name__)
SUFFIXES = PICTURE_SUFFIXES | DICOM_SUFFIXES
_LOOSE = "loose in the folder of its class, beside the folders of patients"
_NO_ROW = "no row names it"

Folders = Annotated[
    list[str],
    Field(min_length=1),
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value,
        json_schema_input_type=list[str] | str,
    ),
]


class ImageFolder(Dataset):
    """Images in one folder a class, or in several."""

    has_parts: ClassVar[bool | None] = False
    suffixes: ClassVar[Collection[str]] = SUFFIXES
    """How the names of its images end, in lower case."""

    source: Literal["image_folder"]
    path: str = Field(
        min_length=1,
        description="Folder or archive (.zip, .tar.gz) that holds the class folders, relative to"
        " where the workflow runs; ~ is your home folder.",
    )
    classes: Annotated[dict[Name, Folders], Field(min_length=2)] = Field(
        description="For each class its folder or folders below path, such as sub/Benign."
    )
    patients: str = Field(
        "image",
        min_length=1,
        description="Which images belong together: image: each is a patient of its own; folder:"
        " those of one folder, the first below the class folder (the same name below another class"
        " is the same patient; folder_in_class: is another one); dicom: those with one PatientID;"
        " or the path of a table with columns file (relative to path) and patient.",
    )
    unknown_patients: UnknownPatients = Field("fail", description=UNKNOWN_PATIENTS)
    known_patients: list[str] = Field([], description=KNOWN_PATIENTS)
    max_unpacked_gb: PositiveFloat = Field(
        MOST_BYTES / 1e9, description="An archive that would unpack to more is refused."
    )
    exclude: list[str] = Field(
        [], description="Patterns of file names to leave out, such as *_Mask*."
    )

    @model_validator(mode="after")
    def _folders_are_separate(self) -> Self:
        owners: dict[PurePosixPath, str] = {}
        for label, folders in self.classes.items():
            for folder in map(PurePosixPath, folders):
                if folder.is_absolute() or ".." in folder.parts or "\\" in str(folder):
                    raise ValueError(
                        f"classes: {str(folder)!r} must be a folder below path, such as sub/Benign"
                    )
                for other, owner in owners.items():
                    _require_separate(folder, label, other, owner)
                owners[folder] = label
        return self

    def class_names(self) -> tuple[str, ...]:
        """Return the classes in the order of the map."""
        return tuple(self.classes)

    def raw_settings(self) -> dict[str, Any]:
        """Return the path: what it holds depends on nothing else but the size that is allowed."""
        return {
            "path": str(expanded(self.path).absolute()),
            "max_unpacked_gb": self.max_unpacked_gb,
        }

    @classmethod
    def raw_state(cls, raw: dict[str, Any]) -> str:
        """Return 16 hexadecimal digits that change with the folder's files or the archive.

        Files are known by their name, size and time of change; "missing" where there is nothing.
        """
        path = Path(raw["path"])
        if path.is_dir():
            lines = [f"{name}\0{fingerprint(path / name)}" for name in visible_files(path)]
        elif path.is_file():
            lines = [str(fingerprint(path))]
        else:
            return "missing"
        return hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()[:16]

    def extra_state(self) -> str:
        """Return 16 hexadecimal digits that change with the content of the CSV of patients."""
        if not names_a_table(self.patients):
            return ""
        patients = existing(expanded(self.patients))
        content = patients.read_bytes() if patients.is_file() else b"missing"
        return hashlib.sha256(content).hexdigest()[:16]

    @classmethod
    def fetch(cls, raw: dict[str, Any], target: Path) -> Path:
        """Return the folder that `path` names; an archive is extracted below `target`.

        Raises `UserError` when `path` does not exist, is neither a folder nor an archive, or is
        an archive that cannot be extracted.
        """
        path = Path(raw["path"])
        if path.is_dir():
            return path.resolve()
        if not path.exists():
            raise UserError(
                f"path: {path} does not exist; set it to the folder or archive (.zip, .tar.gz) "
                f"that holds the class folders"
            )
        if not is_archive(path):
            raise UserError(
                f"path: {path} is neither a folder nor an archive; set it to the folder or archive "
                f"(.zip, .tar.gz) that holds the class folders"
            )
        files = target / "files"
        extract_archive(path, files, int(raw["max_unpacked_gb"] * 1e9))
        return files

    def index(self, root: Path) -> pd.DataFrame:
        """List the images below `root`, the folder that `fetch` returned, sorted by `path`.

        Hidden files and folders are passed over. The class folders of an archive may all lie in
        one folder around them.

        Raises `UserError` when a class folder is missing, a class has no images, or the patients
        can't be told: the table of them is missing, not readable or has none of the images, or
        some are unknown and `unknown_patients` is fail.
        """
        top = _below_wrapper(root, self)
        images = sorted(
            (
                image
                for label, folders in self.classes.items()
                for image in _class_images(self, top, label, folders)
            ),
            key=lambda image: image.path,
        )
        paths = [image.path for image in images]
        return pd.DataFrame(
            {
                "sample_id": sample_identifiers(paths),
                "path": [(top / path).relative_to(root).as_posix() for path in paths],
                "label": [image.label for image in images],
                "group": self.groups(top, images),
            }
        )

    def groups(self, top: Path, images: Sequence["ClassImage"]) -> list[str]:
        """Return the patient of each of `images`, whose paths are relative to `top`.

        Raises `UserError` as `index` does.
        """
        paths = [image.path for image in images]
        match self.patients:
            case "image":
                _warn_of_unknown_patients(paths)
                return paths
            case "folder" | "folder_in_class":
                inside, labels = [i.inside for i in images], [i.label for i in images]
                found = folder_patients(inside, labels, self.patients == "folder_in_class")
                said = [(name, _LOOSE) for name in found]
                advice = "Put each into the folder of its patient"
            case "dicom":
                said = [dicom_patient(top, path) for path in paths]
                advice = "Mend or remove them, or set patients to folder or the path of a CSV"
            case _:
                by_file = self.said_by_table(top, paths)
                said = [(by_file[path], "") if path in by_file else ("", _NO_ROW) for path in paths]
                advice = "Give each image a row there with its patient"
        named = [
            Named(image.path, image.label, *patient)
            for image, patient in zip(images, said, strict=True)
        ]
        return self.known_groups(named, advice)

    def said_by_table(self, top: Path, paths: Sequence[str]) -> dict[str, str]:
        """Return what the table of patients says of each of `paths` that it has a row of."""
        return patients_by_file(self.patients, paths, top, self.path)

    def known_groups(self, named: Sequence[Named], advice: str) -> list[str]:
        """Return the patient of each image by what is said of it and by `unknown_patients`."""
        where = f"patients: {self.patients}"
        return patients_of(named, self.unknown_patients, self.known_patients, where, advice)


@dataclass(frozen=True)
class ClassImage:
    """A file that shows a class."""

    path: str
    label: str
    inside: str
    """Its path below the folder of its class."""


def _require_separate(folder: PurePosixPath, label: str, other: PurePosixPath, owner: str) -> None:
    """Raise `ValueError` when images of `folder` would be listed again through `other`."""
    if folder == other:
        where = f"twice under {label}" if label == owner else f"under both {owner} and {label}"
        raise ValueError(f"classes: folder {str(folder)!r} stands {where}")
    inner, outer = (folder, other) if folder.is_relative_to(other) else (other, folder)
    if inner.is_relative_to(outer):
        raise ValueError(
            f"classes: folder {str(inner)!r} lies inside {str(outer)!r}, so that its images would "
            "be listed twice"
        )


def names_a_table(patients: str) -> bool:
    """Return whether the setting `patients` is the path of a table."""
    return patients not in ("image", "folder", "folder_in_class", "dicom")


def _below_wrapper(files: Path, settings: ImageFolder) -> Path:
    """Return the only top folder of `files` when the class folders stand in it, else `files`."""
    entries = list(files.iterdir())
    named = [folder for folders in settings.classes.values() for folder in folders]
    if len(entries) != 1 or any((files / folder).is_dir() for folder in named):
        return files
    wrapped = any((entries[0] / folder).is_dir() for folder in named)
    return entries[0] if wrapped else files


def _class_images(
    settings: ImageFolder, root: Path, label: str, folders: list[str]
) -> list[ClassImage]:
    """Return the images of the class `label`, with paths relative to `root`."""
    images = []
    for folder in folders:
        if not (root / folder).is_dir():
            raise UserError(_missing_folder(root, label, folder))
        for name in visible_files(root / folder):
            path = PurePosixPath(folder) / name
            excluded = any(fnmatch.fnmatchcase(path.name, pattern) for pattern in settings.exclude)
            known = path.name.lower().endswith(tuple(settings.suffixes))
            if known and not excluded:
                images.append(ClassImage(str(path), label, name))
    if not images:
        raise UserError(
            f"classes: {label} has no images in {', '.join(folders)} below {root}; put images "
            f"there ({', '.join(sorted(settings.suffixes))}), or check classes and exclude"
        )
    return images


def _missing_folder(root: Path, label: str, folder: str) -> str:
    parent = (root / folder).parent
    while not parent.is_dir():
        parent = parent.parent
    present = sorted(
        entry.relative_to(root).as_posix()
        for entry in parent.iterdir()
        if entry.is_dir() and not entry.name.startswith(".")
    )
    message = f"classes: the folder {folder} of {label} does not exist below {root}; "
    if not present:
        return f"{message}there are no folders at all: check path"
    close = {name.lower(): name for name in present}
    best = difflib.get_close_matches(folder.lower(), close, n=1)
    hint = f" (did you mean {close[best[0]]}?)" if best else ""
    listed = ", ".join(present[:20]) + (", ..." if len(present) > 20 else "")
    return f"{message}name one of these{hint}: {listed}"


def _warn_of_unknown_patients(paths: list[str]) -> None:
    dicom = any(PurePosixPath(path).suffix.lower() in DICOM_SUFFIXES for path in paths)
    LOGGER.warning(
        "patients: image: each image counts as a patient of its own. If some have several, images "
        "of one may be trained and tested on: set patients to %s the path of a CSV",
        "dicom or" if dicom else "folder or",
    )
