"""Images that are already on disk: a folder of class folders, or a ZIP file of one."""

import difflib
import fnmatch
import hashlib
import logging
from collections.abc import Collection, Sequence
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, ClassVar, Literal, Self

import pandas as pd
from pydantic import BeforeValidator, Field, model_validator

from synthmix.acquire.archives import MOST_BYTES, extract_archive, is_archive
from synthmix.datasets.base import Dataset, sample_identifiers, visible_files
from synthmix.errors import UserError
from synthmix.files import expanded, fingerprint
from synthmix.readers import DICOM_SUFFIXES, PICTURE_SUFFIXES
from synthmix.settings import Name, PositiveFloat

LOGGER = logging.getLogger(__name__)
SUFFIXES = PICTURE_SUFFIXES | DICOM_SUFFIXES

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
        " those of one folder (the same name below another class is another patient); dicom:"
        " those with one PatientID; or the path of a CSV with columns file (relative to path) and"
        " patient.",
    )
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
        patients = expanded(self.patients)
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

        Raises `UserError` when a class folder is missing, a class has no images, or the CSV of
        patients is missing, not readable or does not name every image exactly once.
        """
        top = _below_wrapper(root, self)
        labels = {
            path: label
            for label, folders in self.classes.items()
            for path in _class_images(self, top, label, folders)
        }
        paths = sorted(labels)
        return pd.DataFrame(
            {
                "sample_id": sample_identifiers(paths),
                "path": [(top / path).relative_to(root).as_posix() for path in paths],
                "label": [labels[path] for path in paths],
                "group": self.groups(top, paths),
            }
        )

    def groups(self, top: Path, paths: Sequence[str]) -> list[str]:
        """Return the patient of each image of `paths`, relative to `top`; raises as `index`."""
        return _groups(self, top, paths)


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
    return patients not in ("image", "folder", "dicom")


def _below_wrapper(files: Path, settings: ImageFolder) -> Path:
    """Return the only top folder of `files` when the class folders stand in it, else `files`."""
    entries = list(files.iterdir())
    named = [folder for folders in settings.classes.values() for folder in folders]
    if len(entries) != 1 or any((files / folder).is_dir() for folder in named):
        return files
    wrapped = any((entries[0] / folder).is_dir() for folder in named)
    return entries[0] if wrapped else files


def _class_images(settings: ImageFolder, root: Path, label: str, folders: list[str]) -> list[str]:
    """Return the paths, relative to `root`, of the images of the class `label`."""
    images = []
    for folder in folders:
        if not (root / folder).is_dir():
            raise UserError(_missing_folder(root, label, folder))
        for name in visible_files(root / folder):
            path = PurePosixPath(folder) / name
            excluded = any(fnmatch.fnmatchcase(path.name, pattern) for pattern in settings.exclude)
            known = path.name.lower().endswith(tuple(settings.suffixes))
            if known and not excluded:
                images.append(str(path))
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


def _groups(settings: ImageFolder, root: Path, paths: Sequence[str]) -> list[str]:
    """Return the patient of each image."""
    if settings.patients == "image":
        _warn_of_unknown_patients(paths)
        return list(paths)
    if settings.patients == "folder":
        groups = [str(PurePosixPath(path).parent) for path in paths]
        class_folders = {folder for folders in settings.classes.values() for folder in folders}
        if set(groups) <= class_folders:
            raise UserError(
                "patients: folder takes every folder for one patient, but the images lie in the "
                "class folders themselves; set patients to image or to the path of a CSV"
            )
        return groups
    if settings.patients == "dicom":
        from synthmix.readers.dicom import patients_of

        return patients_of(root, paths)
    table = read_patients(settings.patients)
    unnamed = [path for path in paths if path not in table]
    if unnamed:
        raise UserError(
            f"patients: {settings.patients} has no patient for {len(unnamed)} of {len(paths)} "
            f"images, such as {', '.join(unnamed[:3])}; add a row for each, with the column file "
            f"relative to path"
        )
    return [table[path] for path in paths]


def _warn_of_unknown_patients(paths: Sequence[str]) -> None:
    dicom = any(PurePosixPath(path).suffix.lower() in DICOM_SUFFIXES for path in paths)
    LOGGER.warning(
        "patients: image: each image counts as a patient of its own. If some have several, images "
        "of one may be trained and tested on: set patients to %s the path of a CSV",
        "dicom or" if dicom else "folder or",
    )


def read_patients(name: str) -> dict[str, str]:
    """Return the patient of each file that the CSV `name` lists."""
    try:
        table = pd.read_csv(expanded(name), dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise UserError(
            f"patients: {name} does not exist; set it to image, folder, dicom or the path of a CSV"
        ) from None
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise UserError(f"patients: {name} cannot be read as CSV ({error}); mend it") from error
    lacking = [column for column in ("file", "patient") if column not in table]
    if lacking:
        raise UserError(
            f"patients: {name} lacks the column {' and '.join(lacking)}; it needs file and patient"
        )
    named = table.loc[table["patient"] != "", ["file", "patient"]].drop_duplicates()
    twice = named["file"][named["file"].duplicated()]
    if len(twice):
        raise UserError(
            f"patients: {name} gives {len(twice)} files several patients, such as "
            f"{', '.join(twice.iloc[:3])}; keep one row for each"
        )
    return dict(zip(named["file"], named["patient"], strict=True))
