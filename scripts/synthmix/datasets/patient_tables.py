"""The table in which a user says whose the images of a folder are."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from synthmix.datasets.file_names import FileNames, existing
from synthmix.datasets.patients import is_nobody
from synthmix.datasets.tables import Table, read_table
from synthmix.datasets.texts import some, tidied
from synthmix.errors import UserError
from synthmix.files import expanded

LOGGER = logging.getLogger(__name__)
COLUMNS = ("file", "patient")


def patients_by_file(name: str, paths: Sequence[str], root: Path, given: str) -> dict[str, str]:
    """Return what the table `name` says of the patient of each of `paths` that it has a row of.

    `paths` are relative to `root`, which the user knows as `given`; see `FileNames` for how the
    table may write them. Rows of other files are told. Raises `UserError` when there is no such
    table, it lacks a column, names none of the images, or gives one several patients.
    """
    table = _read(name)
    files, patients = (table.texts(column, "patients") for column in COLUMNS)
    names = FileNames(paths, root, given)
    said: dict[str, set[str]] = defaultdict(set)
    others = []
    for file, patient in zip(files, patients, strict=True):
        path = names.find(file)
        if path is None:
            others.append(file)
        else:
            said[path].add(tidied(patient))
    if not said:
        raise UserError(
            f"patients: {name} names none of the images: its column file says "
            f"{some(map(repr, others)) or 'nothing at all'}, and the images are called "
            f"{some(map(repr, paths))}{names.hint(others[0]) if others else ''}; write them "
            "relative to path"
        )
    if others:
        LOGGER.warning(
            "patients: %s: %d of its %d rows name none of the images, such as %s%s",
            *(name, len(others), len(files), some(map(repr, others)), names.hint(others[0])),
        )
    return _one_each(name, said)


def _read(name: str) -> Table:
    try:
        table = read_table(existing(expanded(name)))
    except FileNotFoundError:
        raise UserError(
            f"patients: {name} does not exist; set it to image, folder, dicom or the path of a CSV"
        ) from None
    lacking = [column for column in COLUMNS if table.position(column) is None]
    if lacking:
        raise UserError(
            f"patients: {name} lacks the column {' and '.join(lacking)}; it needs file and patient,"
            f" and has {some(filter(None, table.columns), 20) or 'none'}: rename what says so"
        )
    return table


def _one_each(name: str, said: dict[str, set[str]]) -> dict[str, str]:
    patients, several = {}, []
    for path, values in sorted(said.items()):
        real = sorted(value for value in values if not is_nobody(value)) or sorted(values)
        patients[path] = real[-1]
        if len(real) > 1 and not is_nobody(real[-1]):
            several.append(f"{path} ({' and '.join(real)})")
    if several:
        raise UserError(
            f"patients: {name} gives {len(several)} files several patients, such as "
            f"{some(several)}; keep one row for each"
        )
    return patients
