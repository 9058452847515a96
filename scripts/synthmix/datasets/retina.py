"""RFMiD, the Retinal Fundus Multi-disease Image Dataset: photographs with labels of two experts.

`Training_Set/Training_Set/Training/<ID>.png` beside `RFMiD_Training_Labels.csv`; likewise
`Evaluation_Set/Evaluation_Set/Validation` and `Test_Set/Test_Set/Test`. The inner one of the two
equal folders may be missing. Each part counts its IDs from 1.
"""

import logging
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Literal

import pandas as pd
from pydantic import Field

from synthmix.datasets.base import About, sample_identifiers, visible_files
from synthmix.datasets.public import KaggleDataset
from synthmix.errors import UserError
from synthmix.phantoms import fundus_photographs

LOGGER = logging.getLogger(__name__)
HANDLE = "andrewmvd/retinal-disease-classification"
PARTS = {"train": "Training_Set", "validation": "Evaluation_Set", "test": "Test_Set"}
CLASSES = {"0": "healthy", "1": "diseased"}  # by what Disease_Risk says
IDENTIFIER, RISK = "ID", "Disease_Risk"


class Retina(KaggleDataset):
    """RFMiD, fundus photographs, healthy or with any disease.

    No patient identifiers are published: each photograph counts as a patient of its own.
    """

    about = About(
        title="Retinal Fundus Multi-disease Image Dataset (RFMiD)",
        licence="CC BY 4.0",
        citation="S. Pachade et al. Retinal Fundus Multi-disease Image Dataset (RFMiD): A Dataset "
        "for Multi-disease Detection Research. Data 6(2), 2021. "
        "https://doi.org/10.3390/data6020014",
        homepage=f"https://www.kaggle.com/datasets/{HANDLE}",
    )
    handle = HANDLE
    has_parts = True
    markers = tuple(PARTS.values())

    source: Literal["retina"]
    embedded: fundus_photographs.Embedded | None = Field(
        None, description="In place of the download: fundus photographs drawn in its layout."
    )

    def class_names(self) -> tuple[str, ...]:
        """Return healthy and diseased."""
        return tuple(CLASSES.values())

    def index(self, root: Path) -> pd.DataFrame:
        """List the photographs that have a label, with the part each belongs to.

        Photographs without a label and labels without a photograph are logged. Raises `UserError`
        when a part lacks its labels or photographs, its labels can't be read, or a class is empty.
        """
        table = pd.concat([_part(root, part) for part in PARTS], ignore_index=True)
        for label in CLASSES.values():
            if label not in set(table["label"]):
                raise UserError(
                    f"{root}: no photograph is {label}; the data set is not whole: get it again"
                )
        table = table.sort_values("path", ignore_index=True)
        table.insert(0, "sample_id", sample_identifiers(list(table["path"])))
        table["group"] = table["path"]
        return table


def _part(root: Path, part: str) -> pd.DataFrame:
    """Return the path, label and part of each photograph of a part that has a label."""
    top = root / PARTS[part]
    files = list(visible_files(top))
    pictures = {
        PurePosixPath(file).stem: f"{PARTS[part]}/{file}"
        for file in _of_one_folder(top, [file for file in files if file.lower().endswith(".png")])
    }
    tables = [file for file in files if file.lower().endswith("_labels.csv")]
    if len(tables) != 1:
        raise UserError(
            f"{top}: has {len(tables)} files called RFMiD_..._Labels.csv, not one; get the data "
            "set again"
        )
    labels = _labels(top / tables[0])
    _warn(tables[0], "rows without a photograph", labels.keys() - pictures.keys(), len(labels))
    _warn(tables[0], "photographs without a row", pictures.keys() - labels.keys(), len(pictures))
    both = [identifier for identifier in pictures if identifier in labels]
    return pd.DataFrame(
        {
            "path": [pictures[identifier] for identifier in both],
            "label": [labels[identifier] for identifier in both],
            "part": part,
        },
        dtype=str,
    )


def _of_one_folder(top: Path, pictures: list[str]) -> list[str]:
    """Return `pictures` once it is sure that they lie in one folder, whatever its name."""
    folders = sorted({str(PurePosixPath(file).parent) for file in pictures})
    if len(folders) != 1:
        found = ", ".join(folders) or "none"
        raise UserError(
            f"{top}: the photographs should lie in one folder there, as <ID>.png; those with "
            f"photographs are: {found}. Get the data set again"
        )
    return pictures


def _labels(path: Path) -> dict[str, str]:
    """Return the class of each ID that the file of labels `path` lists."""
    try:
        rows = pd.read_csv(path, dtype=str, encoding="utf-8-sig", skipinitialspace=True)
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: can't be read as a table ({error}); get it again") from error
    rows.columns = rows.columns.str.strip()
    lacking = [column for column in (IDENTIFIER, RISK) if column not in rows]
    if lacking:
        raise UserError(f"{path}: lacks the column {' and '.join(lacking)}; get it again")
    rows = rows[[IDENTIFIER, RISK]].fillna("").apply(lambda column: column.str.strip())
    wrong = rows[~rows[RISK].isin(CLASSES) | rows[IDENTIFIER].duplicated()]
    if len(wrong):
        identifier, risk = wrong.iloc[0]
        raise UserError(
            f"{path}: {len(wrong)} rows are wrong, such as {IDENTIFIER} {identifier!r} with {RISK} "
            f"{risk!r}: each {IDENTIFIER} must come once, with 0 or 1. Get the file again"
        )
    return dict(zip(rows[IDENTIFIER], rows[RISK].map(CLASSES), strict=True))


def _warn(table: str, what: str, identifiers: Iterable[str], total: int) -> None:
    names = sorted(identifiers)
    if names:
        LOGGER.warning(
            "%s: %d of %d %s, such as %s", table, len(names), total, what, ", ".join(names[:3])
        )
