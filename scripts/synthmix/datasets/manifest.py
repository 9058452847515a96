"""Images that a table lists, a row each: the table and the images are the user's own."""

import hashlib
import logging
import os.path
import string
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import BeforeValidator, Field, field_validator, model_validator

from synthmix.acquire.archives import MOST_BYTES, extract_archive, is_archive
from synthmix.datasets.base import Dataset, refuse_repeats, sample_identifiers, visible_files
from synthmix.datasets.file_names import FileNames, existing
from synthmix.datasets.folder_names import tops
from synthmix.datasets.image_folder import ImageFolder
from synthmix.datasets.labels import labels_of_rows
from synthmix.datasets.part_folders import PARTS
from synthmix.datasets.patients import (
    KNOWN_PATIENTS,
    UNKNOWN_PATIENTS,
    Named,
    UnknownPatients,
    dicom_patient,
    patients_of,
)
from synthmix.datasets.tables import SUFFIXES, Table, counts, read_table
from synthmix.datasets.texts import letters_of, some, tidied
from synthmix.errors import UserError
from synthmix.files import expanded
from synthmix.raw_names import printable, raw_file
from synthmix.readers import DICOM_SUFFIXES, PICTURE_SUFFIXES, VOLUME_SUFFIXES
from synthmix.readers.raw_image import AS_USUAL, RawImage, Reading
from synthmix.settings import Distinct, Name, PositiveFloat, SettingsModel

LOGGER = logging.getLogger(__name__)
IMAGE_SUFFIXES = (*PICTURE_SUFFIXES, *DICOM_SUFFIXES, *VOLUME_SUFFIXES)


def _as_texts(value: Any) -> Any:
    """Return a lone value as a list and whole numbers as text, as the table is read."""
    values = value if isinstance(value, list) else [value]
    return [str(entry) if type(entry) is int else entry for entry in values]


Values = Annotated[
    list[str],
    Field(min_length=1),
    BeforeValidator(_as_texts, json_schema_input_type=list[str | int] | str | int),
]


class Columns(SettingsModel):
    """What the columns of the table are called."""

    path: str = Field("path", description="The image's file; unused with path_template.")
    label: str = Field("label", description="What the classes are told by.")
    patient: str | None = Field(
        "patient",
        description="Whose image it is. null, or the table has none by the default name: each image"
        " is a patient of its own.",
    )
    split: str | None = Field(
        "split",
        description="train, validation or test, for an official split. null, or the table has none"
        " by the default name: no parts.",
    )


class Manifest(Dataset):
    """Images listed in a table, with labels, patients and parts in its columns."""

    source: Literal["manifest"]
    path: str = Field(
        min_length=1,
        description="The table (.csv, .tsv, .txt, .xlsx, .parquet), below root or relative to where"
        " the workflow runs; ~ is your home folder. Commas, semicolons, tabs or bars separate the"
        " fields of text.",
    )
    sheet: str | None = Field(
        None, min_length=1, description="The sheet of a workbook (.xlsx); the first where absent."
    )
    root: str | None = Field(
        None,
        min_length=1,
        description="Folder or archive (.zip, .tar.gz) that the paths in the table are relative to;"
        " the table's own folder where absent.",
    )
    columns: Columns = Field(Columns(), description="What the columns of the table are called.")
    path_template: str | None = Field(
        None,
        min_length=1,
        description="How an image's path is made of the table's columns where none holds it, such"
        " as images/{isic_id}.jpg.",
    )
    classes: Annotated[dict[Name, Values], Field(min_length=2)] = Field(
        description="For each class the value or values of its label column, or the names of its"
        " label_columns; rows with another value are left out."
    )
    label_columns: Annotated[list[str], Distinct] | None = Field(
        None,
        min_length=2,
        description="In place of columns.label: columns, one for each label, of which each row has"
        " 1 in one and 0 in the others.",
    )
    patients: Literal["column", "image", "dicom"] = Field(
        "column",
        description="Which images belong together: column: those with one value of columns.patient;"
        " image: each is a patient of its own; dicom: those with one PatientID.",
    )
    unknown_patients: UnknownPatients = Field("fail", description=UNKNOWN_PATIENTS)
    known_patients: list[str] = Field([], description=KNOWN_PATIENTS)
    max_unpacked_gb: PositiveFloat = Field(
        MOST_BYTES / 1e9, description="An archive that would unpack to more is refused."
    )

    @field_validator("path")
    @classmethod
    def _is_a_table(cls, path: str) -> str:
        if path.lower().endswith((".zip", ".tar", ".tar.gz", ".tgz")):
            raise ValueError(f"{path} is an archive: set root to it, and path to the table in it")
        if path.lower().endswith((".xls", ".xlsb", ".ods", ".numbers")):
            raise ValueError(f"{path} is a workbook that is not read: save it as .xlsx or as CSV")
        if not path.lower().endswith(SUFFIXES):
            raise ValueError(f"{path} must be a table ({', '.join(SUFFIXES)})")
        return path

    @field_validator("path_template")
    @classmethod
    def _template_names_columns(cls, template: str | None) -> str | None:
        if template is not None and not any(column for _, column in _pieces(template)):
            raise ValueError(f"{template!r} names no column; put one in braces: images/{{id}}.jpg")
        return template

    @model_validator(mode="after")
    def _values_once(self) -> Self:
        refuse_repeats(self.classes)
        if self.label_columns is None:
            return self
        if "label" in self.columns.model_fields_set:
            raise ValueError("columns.label, label_columns: set one of them")
        others = [
            value
            for named in self.classes.values()
            for value in named
            if value not in self.label_columns
        ]
        if others:
            raise ValueError(f"classes: {', '.join(others)} is none of label_columns")
        return self

    def class_names(self) -> tuple[str, ...]:
        """Return the classes in the order of the map."""
        return tuple(self.classes)

    def raw_settings(self) -> dict[str, Any]:
        """Return the path of `root`: the raw files depend on the size allowed and nothing else."""
        root = expanded(self.path).parent if self.root is None else expanded(self.root)
        return {"path": str(existing(root.absolute())), "max_unpacked_gb": self.max_unpacked_gb}

    def index_settings(self) -> dict[str, Any]:
        """Return the settings the list depends on; of the columns those alone that the user set."""
        columns = self.columns.model_dump(mode="json", exclude_unset=True)
        return super().index_settings() | {"columns": columns}

    @classmethod
    def raw_state(cls, raw: dict[str, Any]) -> str:
        """Return 16 hexadecimal digits that change with the folder's files or the archive."""
        # results lie in the working folder: raw files there would be new ones at every start
        return "refused" if _holds_working_folder(Path(raw["path"])) else ImageFolder.raw_state(raw)

    def extra_state(self) -> str:
        """Return 16 hexadecimal digits that change with a table that lies outside `root`."""
        table = existing(expanded(self.path))
        if self.root is None or not table.is_file():
            return ""
        return hashlib.sha256(table.read_bytes()).hexdigest()[:16]

    @classmethod
    def fetch(cls, raw: dict[str, Any], target: Path) -> Path:
        """Return the folder `root`; an archive is extracted below `target`.

        Raises `UserError` when there is none, when it holds the folder the workflow runs in, or
        is an archive that cannot be extracted.
        """
        root = Path(raw["path"])
        if _holds_working_folder(root):
            raise UserError(
                f"root: {root} holds the folder that the workflow runs in, and with it all results;"
                " put the images and their table in a folder of their own, or set root to the "
                "folder of the images"
            )
        if root.is_dir():
            return root.resolve()
        if is_archive(root):
            files = target / "files"
            extract_archive(root, files, int(raw["max_unpacked_gb"] * 1e9))
            return files
        trouble = "is neither a folder nor an archive" if root.exists() else "does not exist"
        raise UserError(
            f"path, root: {root} {trouble}; set path to the table, and root to the folder or "
            "archive (.zip, .tar.gz) that the paths in it are relative to, where that is not the "
            "table's own"
        )

    def index(self, root: Path) -> pd.DataFrame:
        """List the images of the table whose label belongs to a class, sorted by `path`.

        All that an archive holds may lie in one folder. `part` is there where the table has the
        column, and empty where a row says nothing. Files that are not there are listed and told:
        they can't be read.

        Raises `UserError` when the table is missing, not readable or lacks a column, when a row
        leads out of `root` or names an image that another row named, says an unknown part, or
        nothing of the patient and `unknown_patients` is fail, when no file is there, and when a
        class has no rows.
        """
        files = list(map(printable, visible_files(root)))
        names = FileNames(files, root, self.raw_settings()["path"])
        table = _read_table(self, root, names)
        _tell_of_unlisted(self, table, files, names)
        labels = labels_of_rows(table, self.classes, self.columns.label, self.label_columns)
        table = table.only(labels.index)
        written, paths = _image_paths(self, table, root, names)
        listed = pd.DataFrame({"path": paths, "label": labels, "group": written})
        patients, parts = _patients(self, table, root, listed), _parts(self, table)
        if patients is not None:
            listed["group"] = patients
        if parts is not None:
            listed["part"] = parts
        listed["written"] = written
        listed = listed.sort_values("written", ignore_index=True)
        listed.insert(0, "sample_id", sample_identifiers(list(listed.pop("written"))))
        return listed

    @classmethod
    def read(cls, path: Path, frame: str, reading: Reading = AS_USUAL) -> RawImage:
        """Return the image of a row of `index`, as any data set does."""
        if not _is_listed(path):
            raise ValueError("is not there, though the table names it")
        return super().read(path, frame, reading)


def _holds_working_folder(folder: Path) -> bool:
    return Path.cwd().is_relative_to(folder.resolve())


def _read_table(settings: Manifest, root: Path, names: FileNames) -> Table:
    path = settings.path
    inside = names.find(path)
    places = [*(top / path for top in tops(root)), existing(expanded(path))]
    for file in places if inside is None else [*places, root / inside]:
        if file.is_file():
            return read_table(file, settings.sheet)
    raise UserError(
        f"path: there is no table {path}, neither below {root} nor where the workflow runs; set it "
        f"to the table that lists the images{names.hint(path)}"
    )


def _pieces(template: str) -> list[tuple[str, str | None]]:
    """Return the template as pairs of text and the column that follows it, the last maybe None.

    Raises ValueError when there is more in braces than the name of a column.
    """
    pieces = []
    for text, column, form, conversion in string.Formatter().parse(template):
        if column == "" or form or conversion:
            raise ValueError(
                f"{template!r}: put the name of a column in the braces and nothing else: "
                "images/{id}.jpg"
            )
        pieces.append((text, column))
    return pieces


def _image_paths(
    settings: Manifest, table: Table, root: Path, names: FileNames
) -> tuple[pd.Series, pd.Series]:
    """Return the path that each row means, below the folder that holds all, and below `root`.

    Each is a different one.
    """
    written = _written_paths(settings, table)
    plain = written.map(names.below)
    table.refuse(
        written[plain.isna()],
        f"paths are empty or lead out of the folder {root}",
        "write them relative to that",
    )
    top = _top_of(root, plain)
    prefix = "" if top == root else f"{top.relative_to(root).as_posix()}/"
    # hidden files are not among the names
    found = [names.find(text) or _if_there(root, prefix + text) for text in plain]
    there = pd.Series([path is not None for path in found], written.index, dtype=bool)
    _tell_of_missing(table, top, written[~there], len(written), names)
    paths = pd.Series(
        [path or prefix + text for path, text in zip(found, plain, strict=True)],
        written.index,
        dtype=str,
    )
    table.refuse(
        written[paths.duplicated()],
        "rows name an image again, be it with the same label or another",
        "keep one row for each image",
    )
    return paths.str.removeprefix(prefix), paths


def _written_paths(settings: Manifest, table: Table) -> pd.Series:
    if settings.path_template is None:
        return table.texts(settings.columns.path, "columns.path or path_template")
    written = pd.Series("", table.rows.index)
    for text, column in _pieces(settings.path_template):
        written = written + text
        if column is not None:
            written = written + table.texts(column, "path_template")
    return written


def _top_of(root: Path, paths: pd.Series) -> Path:
    found = (top for top in tops(root) if any(_is_listed(raw_file(top, path)) for path in paths))
    return next(found, root)


def _if_there(root: Path, path: str) -> str | None:
    return path if _is_listed(raw_file(root, path)) else None


def _is_listed(file: Path) -> bool:
    """Return whether a folder lists the file, be it a link to nothing."""
    return os.path.lexists(file) and not file.is_dir()


def _tell_of_unlisted(
    settings: Manifest, table: Table, files: Sequence[str], names: FileNames
) -> None:
    """Tell of images among `files` that no row of the table names."""
    named = {names.find(text) for text in _written_paths(settings, table)}
    others = [file for file in files if file.lower().endswith(IMAGE_SUFFIXES)]
    others = [file for file in others if file not in named]
    if others:
        LOGGER.warning(
            "%s: images below the folder that no row names are left out: %d, such as %s",
            *(table.file, len(others), some(others)),
        )


def _tell_of_missing(
    table: Table, top: Path, missing: pd.Series, total: int, names: FileNames
) -> None:
    """Tell of files that are not there; raise `UserError` where that is all of them."""
    if missing.empty:
        return
    hint = names.hint(missing.iloc[0])
    said = f"{len(missing)} of {total} images are not there below {top}, such as"
    shown = table.shown(missing)
    if len(missing) == total:
        raise UserError(
            f"{table.file}: {said} {shown}{hint}; put them there, or check root, columns.path and "
            "path_template"
        )
    LOGGER.warning(
        "%s: %s %s%s; they count as images that can't be read (prepare.max_rejected_share)",
        *(table.file, said, shown, hint),
    )


def _patients(
    settings: Manifest, table: Table, root: Path, listed: pd.DataFrame
) -> list[str] | None:
    """Return the patient of each row, or None where each image is one."""
    if settings.patients == "image":
        return None
    if settings.patients == "dicom":
        said = [dicom_patient(root, path) for path in listed["path"]]
        where, advice = "patients: dicom", "Mend them, or set patients to column or image"
    else:
        patients = _texts_if_any(settings, table, "patient")
        if patients is None:
            _warn_of_no_patients(table)
            return None
        said = [(patient, "") for patient in patients]
        where = f"{table.file}: column {settings.columns.patient}"
        advice = "Fill it in, or set patients to image or dicom"
    named = [
        Named(path, label, *patient)
        for path, label, patient in zip(listed["path"], listed["label"], said, strict=True)
    ]
    return patients_of(named, settings.unknown_patients, settings.known_patients, where, advice)


def _warn_of_no_patients(table: Table) -> None:
    words = ("patient", "subject")
    close = [name for name in table.columns if any(word in letters_of(name) for word in words)]
    hint = f"; if {' or '.join(close)} says whose it is, set columns.patient to that"
    LOGGER.warning(
        "%s: no column of patients: each image counts as one%s", table.file, hint if close else ""
    )


def _texts_if_any(
    settings: Manifest, table: Table, key: Literal["patient", "split"]
) -> pd.Series | None:
    """Return the column of `key`, or None where it was not asked for and is not there."""
    column = getattr(settings.columns, key)
    asked_for = key in settings.columns.model_fields_set
    if column is None or (table.position(column) is None and not asked_for):
        return None
    return table.texts(column, f"columns.{key}")


def _parts(settings: Manifest, table: Table) -> pd.Series | None:
    """Return the part of each row, or None where the table does not tell."""
    written = _texts_if_any(settings, table, "split")
    if written is None:
        return None
    parts = written.map(tidied).str.lower().map(PARTS)
    unknown = written[parts.isna()]
    if len(unknown):
        raise UserError(
            f"{table.file}: its column {settings.columns.split} has values that are no part: "
            f"{counts(unknown)}; it may say train, validation, test or nothing; otherwise set "
            "columns.split to another column or to null"
        )
    return parts
