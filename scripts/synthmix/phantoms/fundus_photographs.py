"""Drawn photographs of the back of the eye, filed the way RFMiD files real ones.

A disease has one to three findings, from hardly seen to striking; a study may have striking ones
alone, and name which.
"""

from pathlib import Path
from typing import Annotated, Literal, Self, get_args

import numpy as np
import pandas as pd
from pydantic import Field
from tqdm import tqdm

from synthmix.phantoms.base import StandIn
from synthmix.phantoms.filing import numbered, save_picture
from synthmix.seeds import derive_seed
from synthmix.settings import Share

# Folder, folder of the pictures, table; the first of five pictures go to the first part.
_PARTS = (
    ("Training_Set", "Training", "RFMiD_Training_Labels.csv"),
    ("Evaluation_Set", "Validation", "RFMiD_Validation_Labels.csv"),
    ("Test_Set", "Test", "RFMiD_Testing_Labels.csv"),
)
_PART_OF_FIVE = (0, 1, 0, 2, 0)
_DISEASES = (
    *("DR", "ARMD", "MH", "DN", "MYA", "BRVO", "TSLN", "ERM", "LS"),
    *("MS", "CSR", "ODC", "CRVO", "TV", "AH", "ODP", "ODE", "ST"),
    *("AION", "PT", "RT", "RS", "CRS", "EDN", "RPEC", "MHL", "RP"),
    *("CWS", "CB", "ODPM", "PRH", "MNF", "HR", "CRAO", "TD", "CME"),
    *("PTCR", "CF", "VH", "MCA", "VS", "BRAO", "PLQ", "HPED", "CL"),
)


Finding = Literal["DR", "DN", "MH", "ODC", "ODP", "HR", "EDN", "CWS", "BRVO"]
_FINDINGS: dict[Finding, int] = dict(
    zip(get_args(Finding), (5, 3, 3, 3, 2, 2, 2, 2, 1), strict=True)
)
"""How frequent each is among the diseased, compared with the others."""


class Embedded(StandIn):
    """How many photographs are drawn in all, and how large they are.

    Three in five go to the training part, one each to the validation and the test part.
    """

    healthy: Annotated[int, Field(ge=5)] = Field(description="Photographs without a disease.")
    diseased: Annotated[int, Field(ge=5)] = Field(description="Photographs with a disease.")
    height: Annotated[int, Field(ge=48, le=2048)] = Field(
        96, description="Height in pixels; the width is 1.33 or 1.5 of that. Real ones: 1424."
    )
    findings: Annotated[list[Finding], Field(min_length=1)] = Field(
        list(_FINDINGS), description="What the diseased have, as RFMiD's tables call it."
    )
    least_severity: Share = Field(
        0.3,
        description="From 0, where findings can't be seen, to 1: how striking they are at least.",
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other photographs.")

    @classmethod
    def few(cls, images: int, patients: int, size: int) -> Self:
        """Return one with at least so many images and patients of each class."""
        # a fifth goes to each of the smaller parts
        count = 5 * max(patients, -(-images // 3))
        return cls(healthy=count, diseased=count, height=min(max(size, 48), 1424))

    def write(self, root: Path) -> None:
        """Draw every photograph, and write the tables, into `root`.

        A photograph does not depend on how many others there are, nor does its name.
        """
        from synthmix.phantoms.fundus_photograph_drawing import draw

        eyes = numbered({0: self.healthy, 1: self.diseased})
        rows: list[list[dict[str, int]]] = [[] for _ in _PARTS]
        for risk, number in tqdm(eyes, "draw fundus photographs", disable=None):
            generator = np.random.default_rng(derive_seed("fundus", self.seed, risk, number))
            findings = _random_findings(generator, self.findings) if risk else []
            part = _PART_OF_FIVE[number % 5]
            folder, pictures, _ = _PARTS[part]
            # the classes take turns
            identifier = 2 * _place(number) + risk + 1
            path = root / folder / folder / pictures / f"{identifier}.png"
            picture = draw(generator, findings, self.height, self.least_severity)
            save_picture(picture, path)
            row = {disease: int(disease in findings) for disease in _DISEASES}
            rows[part].append({"ID": identifier, "Disease_Risk": risk} | row)
        for (folder, _, table), listed in zip(_PARTS, rows, strict=True):
            frame = pd.DataFrame(listed).sort_values("ID")
            frame.to_csv(root / folder / folder / table, index=False, lineterminator="\n")


def _place(number: int) -> int:
    """Return how many pictures of the same class and part come before the picture `number`."""
    fives, rest = divmod(number, len(_PART_OF_FIVE))
    part = _PART_OF_FIVE[rest]
    return fives * _PART_OF_FIVE.count(part) + _PART_OF_FIVE[:rest].count(part)


def _random_findings(generator: np.random.Generator, names: list[Finding]) -> list[str]:
    """Return one to three of the findings `names`."""
    shares = np.array([_FINDINGS[name] for name in names])
    number = min(int(generator.choice(3, p=(0.6, 0.3, 0.1))) + 1, len(names))
    chosen = generator.choice(names, number, replace=False, p=shares / shares.sum())
    return sorted(set(chosen.tolist()))
