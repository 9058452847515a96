"""Mini-DDSM: film mammograms of the Digital Database for Screening Mammography, as JPEG.

`MINI-DDSM-Complete-JPEG-8/{Benign,Cancer,Normal}/<case>/<letter>_<case>_1.<SIDE>_<VIEW>.jpg`.
Masks of the lesions lie beside the pictures. A case is a patient. `DataWMask.xlsx` lists the
pictures; the tree alone says all that is used here, so the table is only compared with it.
"""

import fnmatch
import logging
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from synthmix.datasets.base import About, sample_identifiers, visible_files
from synthmix.datasets.public import KaggleFolders
from synthmix.datasets.texts import tidied
from synthmix.errors import UserError
from synthmix.phantoms import mammograms
from synthmix.settings import Name

LOGGER = logging.getLogger(__name__)
HANDLE = "cheddad/miniddsm2"
TABLE = "DataWMask.xlsx"
TOP = "MINI-DDSM-Complete-JPEG-8"
_MASKS = "*mask*"  # compared in lower case

Folder = Literal["Benign", "Cancer", "Normal"]


class MiniDDSM(KaggleFolders):
    """Mini-DDSM, mammograms by finding."""

    about = About(
        title="Mini-DDSM",
        licence="see its page on Kaggle; DDSM itself is free for research",
        citation="C. D. Lekamlage et al. Mini-DDSM: Mammography-based Automatic Age Estimation. "
        "DMIP 2020. https://doi.org/10.1145/3441369.3441370",
        homepage=f"https://www.kaggle.com/datasets/{HANDLE}",
    )
    handle = HANDLE
    markers = (TOP,)

    source: Literal["mini_ddsm"]
    classes: Annotated[
        dict[Name, Annotated[list[Folder], Field(min_length=1)]], Field(min_length=2)
    ] = Field(
        {"cancer": ["Benign", "Cancer"], "normal": ["Normal"]},
        description="For each class the folders Benign, Cancer and Normal that it is made of.",
    )
    embedded: mammograms.Embedded | None = Field(
        None, description="In place of the download: mammograms drawn in its layout."
    )

    def index(self, root: Path) -> pd.DataFrame:
        """List the pictures; raises `UserError` when a class has none.

        A picture that only the tree or only the table of the data set knows is logged.
        """
        top = root / TOP
        labels = {f"{folder}": label for label, names in self.classes.items() for folder in names}
        paths = [
            name
            for name in visible_files(top)
            if name.lower().endswith(".jpg")
            and not fnmatch.fnmatchcase(PurePosixPath(name).name.lower(), _MASKS)
            and PurePosixPath(name).parts[0] in labels
        ]
        _compare_with_table(root, [path for path in paths if path.count("/") == 2])
        for label in self.classes:
            if not any(labels[PurePosixPath(path).parts[0]] == label for path in paths):
                raise UserError(
                    f"classes: {label} has no pictures in {', '.join(self.classes[label])} below "
                    f"{top}; the data set is not whole: get it again"
                )
        return pd.DataFrame(
            {
                "sample_id": sample_identifiers(paths),
                "path": [f"{TOP}/{path}" for path in paths],
                "label": [labels[PurePosixPath(path).parts[0]] for path in paths],
                # not with its class folder: a patient must not be taken for two
                "group": [tidied(PurePosixPath(path).parent.name) for path in paths],
            }
        )


def _compare_with_table(root: Path, paths: list[str]) -> None:
    tables = sorted(root.rglob(TABLE))
    if not tables:
        LOGGER.info("no %s: the pictures are listed by their folders alone", TABLE)
        return
    try:
        listed = _listed(tables[0])
    except Exception as error:  # a damaged workbook makes its readers raise nearly anything
        LOGGER.warning("%s can't be read, and is compared with nothing: %s", tables[0], error)
        return
    classes = {path.split("/")[0] for path in paths}
    listed = {path for path in listed if path.split("/")[0] in classes}
    for what, names in (
        (f"{TABLE} lists pictures that are not there", listed - set(paths)),
        (f"{TABLE} does not list pictures that are there", set(paths) - listed),
    ):
        if names:
            LOGGER.warning("%s: %d, such as %s", what, len(names), ", ".join(sorted(names)[:3]))


def _listed(table: Path) -> set[str]:
    """Return the pictures that the workbook `table` lists, as <class>/<case>/<file>."""
    rows = pd.read_excel(table, dtype=str)
    return {"/".join(PureWindowsPath(name).parts[-3:]) for name in rows["fullPath"].dropna()}
