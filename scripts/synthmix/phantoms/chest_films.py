"""Drawn chest films, filed the way the COVID-19 Radiography Database files real ones."""

from pathlib import Path
from typing import Annotated, Self

import numpy as np
from pydantic import Field
from tqdm import tqdm

from synthmix.phantoms.base import StandIn
from synthmix.phantoms.filing import numbered, save_picture
from synthmix.seeds import derive_seed
from synthmix.settings import PositiveInt

TOP = "COVID-19_Radiography_Dataset"


class Embedded(StandIn):
    """How many films of each finding are drawn, and how large they are."""

    normal: PositiveInt = Field(description="Films without a finding.")
    pneumonia: PositiveInt = Field(description="Films of viral pneumonia.")
    covid: PositiveInt = Field(description="Films of COVID-19.")
    lung_opacity: Annotated[int, Field(ge=0)] = Field(
        4, description="Films with another opacity of the lungs."
    )
    size: Annotated[int, Field(ge=48, le=2048)] = Field(
        128, description="Height and width of a film in pixels; the real ones have 299."
    )
    seed: Annotated[int, Field(ge=0)] = Field(1, description="Another seed, other films.")

    @classmethod
    def few(cls, images: int, patients: int, size: int) -> Self:
        """Return one with at least so many images and patients of each class."""
        count, side = max(images, patients), min(max(size, 48), 299)
        return cls(normal=count, pneumonia=count, covid=count, lung_opacity=count, size=side)

    def write(self, root: Path) -> None:
        """Draw every film, and the outline of its lungs, into `root`.

        A film does not depend on how many others there are.
        """
        from synthmix.phantoms.chest_film_drawing import draw

        counts = {
            "COVID": self.covid,
            "Normal": self.normal,
            "Viral Pneumonia": self.pneumonia,
            "Lung_Opacity": self.lung_opacity,
        }
        for folder, number in tqdm(numbered(counts), "draw chest films", disable=None):
            generator = np.random.default_rng(derive_seed("chest film", self.seed, folder, number))
            film, mask = draw(generator, folder, self.size)
            for kind, picture in (("images", film), ("masks", mask)):
                save_picture(picture, root / TOP / folder / kind / f"{folder}-{number + 1}.png")
