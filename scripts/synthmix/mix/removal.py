"""Settings of the methods that only remove images; no torch and no scikit-learn here."""

from typing import Annotated, Literal

from pydantic import Field

from synthmix.settings import PositiveInt, SettingsModel


class RandomUnderSampling(SettingsModel):
    """Every class is cut to the size of the smallest one, at random."""

    method: Literal["random_under_sampling"]


class CondensedNearestNeighbours(SettingsModel):
    """Only images that those kept before them do not tell apart stay (Hart 1968)."""

    method: Literal["condensed_nearest_neighbours"]
    neighbours: PositiveInt = Field(
        1, description="Nearest kept images that vote on the class of an image."
    )


class EditedNearestNeighbours(SettingsModel):
    """Images with a neighbour of another class go (Wilson 1972)."""

    method: Literal["edited_nearest_neighbours"]
    neighbours: PositiveInt = Field(
        3, description="Nearest images that must all be of an image's class for it to stay."
    )


class TomekLinks(SettingsModel):
    """Images go that are each other's nearest with one of another class (Tomek 1976)."""

    method: Literal["tomek_links"]


Removal = Annotated[
    RandomUnderSampling | CondensedNearestNeighbours | EditedNearestNeighbours | TomekLinks,
    Field(discriminator="method"),
]
