"""COVID-19 Radiography Database: chest films from several sources, as PNG.

`COVID-19_Radiography_Dataset/{COVID,Normal,Viral Pneumonia,Lung_Opacity}/images/<class>-<n>.png`,
with outlines of the lungs of the same names in `masks/` beside `images/`. Older versions have the
pictures in the class folders themselves, call two of these NORMAL and COVID-19, and have no masks.
"""

from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
from pydantic import Field

from synthmix.datasets.base import About, sample_identifiers, visible_files
from synthmix.datasets.public import KaggleFolders
from synthmix.errors import UserError
from synthmix.phantoms import chest_films
from synthmix.settings import Name

HANDLE = "tawsifurrahman/covid19-radiography-database"
IMAGES = "images"

Folder = Literal["COVID", "Normal", "Viral Pneumonia", "Lung_Opacity"]
_OLD_NAMES: dict[Folder, str] = {"COVID": "COVID-19", "Normal": "NORMAL"}


class CovidXray(KaggleFolders):
    """COVID-19 Radiography Database, chest films by finding.

    No patient identifiers are published, though some patients have several films: each film
    counts as a patient of its own.
    """

    about = About(
        title="COVID-19 Radiography Database",
        licence="see its page on Kaggle, and those of the sources that it names",
        citation="M. E. H. Chowdhury et al. Can AI help in screening viral and COVID-19 pneumonia? "
        "IEEE Access 8, 2020. https://doi.org/10.1109/ACCESS.2020.3010287; T. Rahman et al. "
        "Exploring the effect of image enhancement techniques on COVID-19 detection using chest "
        "X-ray images. Computers in Biology and Medicine 132, 2021. "
        "https://doi.org/10.1016/j.compbiomed.2021.104319",
        homepage=f"https://www.kaggle.com/datasets/{HANDLE}",
    )
    handle = HANDLE
    # the class folders themselves: what lies above them has had several names
    markers = ("COVID*", "Viral Pneumonia")

    source: Literal["covid_xray"]
    classes: Annotated[
        dict[Name, Annotated[list[Folder], Field(min_length=1)]], Field(min_length=2)
    ] = Field(
        {"normal": ["Normal"], "pneumonia": ["Viral Pneumonia"], "covid": ["COVID"]},
        description="For each class the folders COVID, Normal, Viral Pneumonia and Lung_Opacity "
        "that it is made of.",
    )
    embedded: chest_films.Embedded | None = Field(
        None, description="In place of the download: chest films drawn in its layout."
    )

    def index(self, root: Path) -> pd.DataFrame:
        """List the pictures; raises `UserError` when a class has none."""
        top = self.find(root) or root
        labels: dict[str, str] = {}
        for label, folders in self.classes.items():
            paths = [
                path.relative_to(root).as_posix()
                for folder in folders
                for path in _pictures(top, folder)
            ]
            if not paths:
                raise UserError(
                    f"classes: {label} has no pictures in {', '.join(folders)} below {top}; the "
                    "data set is not whole, or an old version: get it again"
                )
            labels |= dict.fromkeys(paths, label)
        paths = sorted(labels)
        return pd.DataFrame(
            {
                "sample_id": sample_identifiers(paths),
                "path": paths,
                "label": [labels[path] for path in paths],
                "group": paths,
            }
        )


def _pictures(top: Path, name: Folder) -> list[Path]:
    """Return the pictures of the class folder `name` in `top`; never its masks."""
    names = (name, _OLD_NAMES.get(name, name))
    # compared with what is listed: where case does not matter, Normal would be NORMAL too
    folder = next((child for child in sorted(top.iterdir()) if child.name in names), None)
    if folder is None:
        return []
    # an old version unpacked over a new one would have every picture twice
    if (folder / IMAGES).is_dir():
        folder = folder / IMAGES
    files = [file for file in visible_files(folder) if "/" not in file]
    return [folder / file for file in files if file.lower().endswith(".png")]
