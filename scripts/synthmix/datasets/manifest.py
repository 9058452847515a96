"""Images that a table lists, a row each: the table and the images are the user's own."""

import hashlib
import logging
import string
import zlib
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import BeforeValidator, Field, field_validator, model_validator

from synthmix.acquire.archives import MOST_BYTES, extract_archive, is_archive
from synthmix.datasets.base import Dataset, refuse_repeats, sample_identifiers
from synthmix.datasets.folder_names import tops
from synthmix.datasets.image_folder import ImageFolder
from synthmix.datasets.part_folders import PARTS
from synthmix.errors import UserError
from synthmix.files import expanded
from synthmix.settings import Name, PositiveFloat, SettingsModel

LOGGER = logging.getLogger(__name__)
SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
_SHOWN = 20


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
        description="The table (.csv, .tsv, .parquet), below root or relative to where the workflow"
        " runs; ~ is your home folder.",
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
        description="For each class the value or values of its label column; rows with another"
        " value are left out."
    )
    patients: Literal["column", "image", "dicom"] = Field(
        "column",
        description="Which images belong together: column: those with one value of columns.patient;"
        " image: each is a patient of its own; dicom: those with one PatientID.",
    )
    max_unpacked_gb: PositiveFloat = Field(
        MOST_BYTES / 1e9, description="An archive that would unpack to more is refused."
    )

    @field_validator("path")
    @classmethod
    def _is_a_table(cls, path: str) -> str:
        if path.lower().endswith((".zip", ".tar", ".tar.gz", ".tgz")):
            raise ValueError(f"{path} is an archive: set root to it, and path to the table in it")
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
        return self

    def class_names(self) -> tuple[str, ...]:
        """Return the classes in the order of the map."""
        return tuple(self.classes)

    def raw_settings(self) -> dict[str, Any]:
        """Return the path of `root`: the raw files depend on the size allowed and nothing else."""
        root = expanded(self.path).parent if self.root is None else expanded(self.root)
        return {"path": str(root.absolute()), "max_unpacked_gb": self.max_unpacked_gb}

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
        table = expanded(self.path)
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
        column, and empty where a row says nothing.

        Raises `UserError` when the table is missing, not readable or lacks a column, when a row
        names no image below `root` or one that another row named, says nothing of the patient or
        an unknown part, and when a class has no rows.
        """
        table = _read_table(_find_table(self.path, root))
        labels = _labels(self, table)
        table = replace(table, rows=table.rows.loc[labels.index])
        paths = _image_paths(self, table)
        top = _top_of(root, paths)
        _require_files(table, top, paths)
        listed = pd.DataFrame({"path": paths, "label": labels, "group": paths})
        patients, parts = _patients(self, table, top, paths), _parts(self, table)
        if patients is not None:
            listed["group"] = patients
        if parts is not None:
            listed["part"] = parts
        listed = listed.sort_values("path", ignore_index=True)
        listed.insert(0, "sample_id", sample_identifiers(list(listed["path"])))
        listed["path"] = [(top / path).relative_to(root).as_posix() for path in listed["path"]]
        return listed


@dataclass(frozen=True)
class _Table:
    """A table as it was read, and the file it is from."""

    file: Path
    rows: pd.DataFrame

    def texts(self, column: str, setting: str) -> pd.Series:
        """Return a column as text without spaces around; raises `UserError` if it is not there."""
        if column not in self.rows:
            raise UserError(
                f"{self.file}: has no column {column!r}; set {setting} to the right one of its "
                f"columns ({', '.join(map(str, self.rows.columns[:_SHOWN]))}); in a .csv they are "
                "separated by commas, in a .tsv by tabs"
            )
        return pd.Series([_text(value) for value in self.rows[column]], self.rows.index, dtype=str)

    def texts_if_any(self, columns: Columns, key: Literal["patient", "split"]) -> pd.Series | None:
        """Return the column of `key`, or None where it was not asked for and is not there."""
        column = getattr(columns, key)
        asked_for = key in columns.model_fields_set
        if column is None or (column not in self.rows and not asked_for):
            return None
        return self.texts(column, f"columns.{key}")


def _holds_working_folder(folder: Path) -> bool:
    return Path.cwd().is_relative_to(folder.resolve())


def _find_table(path: str, root: Path) -> Path:
    for file in (*(top / path for top in tops(root)), expanded(path)):
        if file.is_file():
            return file
    raise UserError(
        f"path: there is no table {path}, neither below {root} nor where the workflow runs; set it "
        "to the table that lists the images"
    )


def _read_table(file: Path) -> _Table:
    name = file.name.lower()
    try:
        if name.endswith(".parquet"):
            import pyarrow.parquet

            arrow = pyarrow.parquet.read_table(file)
            # numbers keep their type where some are missing, an index is a column like others
            rows = arrow.to_pandas(types_mapper=pd.ArrowDtype, ignore_metadata=True)
        else:
            separator = "\t" if name.endswith((".tsv", ".tsv.gz")) else ","
            rows = pd.read_csv(
                file,
                sep=separator,
                dtype=str,
                keep_default_na=False,
                index_col=False,
                skipinitialspace=True,
            )
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: is not text in UTF-8 ({error}); save it as UTF-8") from error
    except (OSError, EOFError, ValueError, NotImplementedError, zlib.error) as error:
        raise UserError(f"{file}: cannot be read as a table ({error}); mend it") from error
    return _Table(file, rows)


def _text(value: Any) -> str:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # what was a whole number before another row lacked one
    return str(value).strip()


def _labels(settings: Manifest, table: _Table) -> pd.Series:
    """Return the class of each row that belongs to one."""
    column = settings.columns.label
    values = table.texts(column, "columns.label")
    owners = {value: label for label, named in settings.classes.items() for value in named}
    labels = values.map(owners).dropna()
    for label, named in settings.classes.items():
        if not (labels == label).any():
            raise UserError(
                f"classes: {label} has no rows: the column {column} of {table.file} nowhere says "
                f"{' or '.join(named)}, but {_counts(values)}"
            )
    if len(labels) < len(values):
        others = values.drop(labels.index)
        LOGGER.info("%s: %d rows left out: %s", table.file, len(others), _counts(others))
    return labels


def _counts(values: pd.Series) -> str:
    counts = values.value_counts().sort_index()
    listed = [f"{value or 'nothing'} ({count})" for value, count in counts.head(_SHOWN).items()]
    return ", ".join(listed + ["..."] * (len(counts) > _SHOWN)) or "nothing at all"


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


def _image_paths(settings: Manifest, table: _Table) -> pd.Series:
    """Return the path of each row, relative to the folder that holds all, each a different one."""
    if settings.path_template is None:
        written = table.texts(settings.columns.path, "columns.path or path_template")
    else:
        written = pd.Series("", table.rows.index)
        for text, column in _pieces(settings.path_template):
            written = written + text
            if column is not None:
                written = written + table.texts(column, "path_template")
    paths = written.map(_below)
    _require_none(
        table, written[paths == ""], "paths are empty or lead out of the folder", "mend them"
    )
    _require_none(
        table, paths[paths.duplicated()], "rows name an image again", "keep one row for each"
    )
    return paths


def _below(path: str) -> str:
    """Return `path` with forward slashes, or "" when it is not one below a folder."""
    pure = PurePosixPath(path.replace("\\", "/"))
    leaves = pure.is_absolute() or PureWindowsPath(path).drive or ".." in pure.parts
    return "" if leaves or not pure.parts else str(pure)


def _top_of(root: Path, paths: pd.Series) -> Path:
    found = (top for top in tops(root) if any((top / path).is_file() for path in paths))
    return next(found, root)


def _require_files(table: _Table, top: Path, paths: pd.Series) -> None:
    missing = paths[[not (top / path).is_file() for path in paths]]
    advice = "put them there, or check root, columns.path and path_template"
    _require_none(table, missing, f"of {len(paths)} images are not there below {top}", advice)


def _require_none(table: _Table, wrong: pd.Series, what: str, advice: str) -> None:
    if len(wrong):
        some = ", ".join(repr(value) for value in wrong.iloc[:3])
        raise UserError(f"{table.file}: {len(wrong)} {what}, such as {some}; {advice}")


def _patients(
    settings: Manifest, table: _Table, top: Path, paths: pd.Series
) -> pd.Series | list[str] | None:
    """Return the patient of each row, or None where each image is one."""
    if settings.patients == "image":
        return None
    if settings.patients == "dicom":
        from synthmix.readers.dicom import patients_of

        return patients_of(top, paths)
    patients = table.texts_if_any(settings.columns, "patient")
    if patients is None:
        LOGGER.warning("%s: no column of patients: each image counts as one", table.file)
        return None
    advice = "fill in columns.patient there, or set patients to image or dicom"
    _require_none(table, paths[patients == ""], "images have no patient", advice)
    return patients


def _parts(settings: Manifest, table: _Table) -> pd.Series | None:
    """Return the part of each row, or None where the table does not tell."""
    written = table.texts_if_any(settings.columns, "split")
    if written is None:
        return None
    parts = written.str.lower().map(PARTS)
    unknown = written[parts.isna()]
    if len(unknown):
        raise UserError(
            f"{table.file}: its column {settings.columns.split} has values that are no part: "
            f"{_counts(unknown)}; it may say train, validation, test or nothing; otherwise set "
            "columns.split to another column or to null"
        )
    return parts
