"""Images that are already on disk: a folder of class folders, or a ZIP file of one."""

import fnmatch
import hashlib
import logging
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, Self

import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from synthmix.acquire.archives import MOST_BYTES, extract_archive, is_archive
from synthmix.datasets.base import PASSED_OVER, Dataset, sample_identifiers
from synthmix.datasets.class_folders import ClassFolder, class_folders, tell_of_folders
from synthmix.datasets.file_names import existing
from synthmix.datasets.folder_names import relative, same_form
from synthmix.datasets.found_files import FoundFile, find_files, visible_files
from synthmix.datasets.part_folders import EXAMPLE, proposal_for_names
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
from synthmix.raw_names import printable
from synthmix.readers import DICOM_SUFFIXES, PICTURE_SUFFIXES
from synthmix.settings import Name, PositiveFloat

LOGGER = logging.getLogger(__name__)
SUFFIXES = PICTURE_SUFFIXES | DICOM_SUFFIXES
_BYTE = re.compile(r"\\x[0-9a-f]{2}")
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
    parts: dict[Literal["train", "validation", "test"], Folders] = Field(
        {},
        description="For each official part its folder or folders, such as {train: train,"
        " validation: val, test: test}; classes then name the folders inside these, or those that"
        " these are in.",
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
        [],
        description="Patterns of file names to leave out, such as *_Mask*; one with a slash is held"
        " against the whole path.",
    )

    @model_validator(mode="after")
    def _folders_are_separate(self) -> Self:
        for setting, named in (("classes", self.classes), ("parts", self.parts)):
            owners: dict[PurePosixPath, str] = {}
            for label, folders in named.items():
                for folder in map(PurePosixPath, folders):
                    _require_below(folder, setting)
                    for other, owner in owners.items():
                        _require_separate(setting, folder, label, other, owner)
                    owners[folder] = label
        return self

    def class_names(self) -> tuple[str, ...]:
        """Return the classes in the order of the map."""
        return tuple(self.classes)

    def raw_settings(self) -> dict[str, Any]:
        """Return the path: what it holds depends on nothing else but the size that is allowed."""
        return {
            "path": str(existing(expanded(self.path).absolute())),
            "max_unpacked_gb": self.max_unpacked_gb,
        }

    @classmethod
    def raw_state(cls, raw: dict[str, Any]) -> str:
        """Return 16 hexadecimal digits that change with the folder's files or the archive.

        Files are known by their name, size and time of change; "missing" where there is nothing.
        """
        path = Path(raw["path"])
        if path.is_dir():
            lines = [f"{name}\0{_state(path / name)}" for name in visible_files(path)]
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

    def without_parts(self) -> str | None:
        """Return how parts are named where none are, with the lines to write."""
        if self.parts:
            return None
        # a message about a study is one line; the split is asked for already
        proposal = [line.strip() for line in proposal_for_names(self.classes).splitlines()[:-1]]
        return (
            "has no parts: name the folders of train and test, and in classes those that lie in "
            f"them, such as {' and '.join(proposal) or EXAMPLE}"
        )

    def index(self, root: Path) -> pd.DataFrame:
        """List the images below `root`, the folder that `fetch` returned, sorted by `path`.

        Hidden files and folders are passed over, and all that `find_files` gives a reason for. The
        class folders may all lie in one folder around them. There is a `part` where parts are
        named.

        Raises `UserError` when a class folder is missing, a class has no images, or the patients
        can't be told: the table of them is missing, not readable or has none of the images, or
        some are unknown and `unknown_patients` is fail.
        """
        top, folders, listed = _listed(self, root)
        images = _images(self, top, listed)
        tell_of_folders(top, self.classes, self.parts, folders)
        _tell_empty_folders(folders, images)
        paths = [image.path for image in images]
        table = pd.DataFrame(
            {
                "sample_id": sample_identifiers(paths),
                "path": [_below(root, top, path) for path in paths],
                "label": [image.folder.label for image in images],
                "group": self.groups(top, [image.shown() for image in images]),
            }
        )
        return table.assign(part=[image.folder.part for image in images]) if self.parts else table

    def passed_over(self, root: Path) -> pd.DataFrame:
        """List the files below the class folders that are no images, but for excluded ones."""
        top, _, listed = _listed(self, root)
        patterns = _patterns(self)
        rows = [
            (_below(root, top, each.path), each.folder.label, each.file.suffix, each.file.reason)
            for each in listed
            if each.file.reason and not _pattern_for(each.path, patterns)
        ]
        return pd.DataFrame(rows, columns=PASSED_OVER, dtype=str)

    def images(self, root: Path) -> pd.DataFrame:
        """List the images below `root` as `index` does, by `path` and `label` alone."""
        top, _, listed = _listed(self, root)
        rows = [
            (_below(root, top, each.path), each.folder.label) for each in _images(self, top, listed)
        ]
        return pd.DataFrame(rows, columns=["path", "label"], dtype=str)

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


@dataclass(frozen=True)
class _Listed:
    """A file below a class folder; `path` is relative to the folder that these stand in."""

    path: str
    folder: ClassFolder
    file: FoundFile

    def shown(self) -> ClassImage:
        """Return what is known of it as an image."""
        return ClassImage(self.path, self.folder.label, printable(self.file.path))


def _require_below(folder: PurePosixPath, setting: str) -> None:
    """Raise `ValueError` unless `folder` is one below path; \\xNN is a byte of its name."""
    backslashes = str(folder).count("\\") - len(_BYTE.findall(str(folder)))
    if folder.is_absolute() or ".." in folder.parts or backslashes:
        raise ValueError(
            f"{setting}: {str(folder)!r} must be a folder below path, such as sub/Benign"
        )


def _require_separate(
    setting: str, folder: PurePosixPath, label: str, other: PurePosixPath, owner: str
) -> None:
    """Raise `ValueError` when images of `folder` would be listed again through `other`."""
    if folder == other:
        where = f"twice under {label}" if label == owner else f"under both {owner} and {label}"
        raise ValueError(f"{setting}: folder {str(folder)!r} stands {where}")
    inner, outer = (folder, other) if folder.is_relative_to(other) else (other, folder)
    if inner.is_relative_to(outer):
        raise ValueError(
            f"{setting}: folder {str(inner)!r} lies inside {str(outer)!r}, so that its images "
            "would be listed twice"
        )


def _state(file: Path) -> tuple[int, int] | None:
    """Return what tells a file from a changed one; None for a link to nothing."""
    try:
        return fingerprint(file)
    except OSError:
        return None


def names_a_table(patients: str) -> bool:
    """Return whether the setting `patients` is the path of a table."""
    return patients not in ("image", "folder", "folder_in_class", "dicom")


def _below(root: Path, top: Path, path: str) -> str:
    """Return a path below `top` as one below `root`, a folder around it."""
    return path if top == root else f"{relative(top, root)}/{path}"


def _listed(settings: ImageFolder, root: Path) -> tuple[Path, list[ClassFolder], list[_Listed]]:
    """Return the folder that the class folders stand in, these, and all files below them."""
    top, folders = class_folders(root, settings.classes, settings.parts)
    listed = []
    for folder in folders:
        others = [other.path for other in folders if other is not folder]
        files = find_files(folder.path, settings.suffixes, others)
        place = relative(folder.path, top)
        listed += [_Listed(f"{place}/{printable(file.path)}", folder, file) for file in files]
    return top, folders, sorted(listed, key=lambda each: each.path)


def _images(settings: ImageFolder, top: Path, listed: Sequence[_Listed]) -> list[_Listed]:
    """Return the images that are not excluded; raises `UserError` where a class has none."""
    patterns = _patterns(settings)
    excluded = {each.path: _pattern_for(each.path, patterns) for each in listed}
    images = [each for each in listed if not (each.file.reason or excluded[each.path])]
    for label, folders in settings.classes.items():
        if not any(each.folder.label == label for each in images):
            others = [each for each in listed if each.folder.label == label and each.file.reason]
            raise UserError(
                f"classes: {label} has no images in {', '.join(folders)} below {top}"
                f"{_counted(others)}; put images there ({', '.join(sorted(settings.suffixes))}), "
                "or check classes and exclude"
            )
    counts = Counter(filter(None, excluded.values()))
    for pattern in patterns:
        if pattern in counts:
            LOGGER.info("exclude: %s: %d files are left out", pattern, counts[pattern])
        elif not any(_pattern_for(each.path, [pattern]) for each in listed):
            LOGGER.warning("exclude: there is no file that %s leaves out", pattern)
    return images


def _patterns(settings: ImageFolder) -> list[str]:
    return [same_form(pattern) for pattern in settings.exclude]


def _pattern_for(path: str, patterns: Sequence[str]) -> str:
    """Return the first of `patterns` that an image is left out for, "" where there is none."""
    path = same_form(path)
    name = path.rpartition("/")[2]
    matching = (
        pattern
        for pattern in patterns
        if fnmatch.fnmatchcase(path if "/" in pattern else name, pattern)
    )
    return next(matching, "")


def _counted(others: Sequence[_Listed]) -> str:
    """Return what else is in the folders of a class that has no images."""
    if not others:
        return ""
    counts = Counter((each.file.suffix, each.file.reason) for each in others).most_common(3)
    some = ", ".join(f"{count} {suffix} ({why})" for (suffix, why), count in counts)
    return f", but {len(others)} other files, such as {some}"


def _tell_empty_folders(folders: Sequence[ClassFolder], images: Sequence[_Listed]) -> None:
    filled = {each.folder for each in images}
    for folder in folders:
        if folder not in filled:
            LOGGER.warning("classes: %s: %s has no images", folder.label, folder.named)


def _warn_of_unknown_patients(paths: list[str]) -> None:
    dicom = any(PurePosixPath(path).suffix.lower() in DICOM_SUFFIXES for path in paths)
    LOGGER.warning(
        "patients: image: each image counts as a patient of its own. If some have several, images "
        "of one may be trained and tested on: set patients to %s the path of a CSV",
        "dicom or" if dicom else "folder or",
    )
