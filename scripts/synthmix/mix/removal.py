"""Settings of the methods that only remove images; no torch and no scikit-learn here."""

from typing import Annotated, Literal

from pydantic import Field

from synthmix.settings import PositiveInt, SettingsModel


class _Removal(SettingsModel):
    removes_from: Literal["all_but_smallest", "largest"] = Field(
        "all_but_smallest",
        description="Classes that may lose images. What is told of two classes, the majority and"
        " the minority, can be read as either where there are more.",
    )


class _Voting(_Removal):
    neighbours: PositiveInt = Field(
        3, description="Nearest images that vote on whether an image stays."
    )
    vote: Literal["majority", "all"] = Field(
        "majority",
        description="majority: an image goes where another class has more of the neighbours than"
        " its own has (Wilson 1972). all: it stays only where all of them are of its class, the"
        " default of imbalanced-learn, which removes more.",
    )


class RandomUnderSampling(_Removal):
    """Classes are cut to the size of the smallest one, at random."""

    method: Literal["random_under_sampling"]


class CondensedNearestNeighbours(_Removal):
    """Only images that those kept before them do not tell apart stay (Hart 1968)."""

    method: Literal["condensed_nearest_neighbours"]
    neighbours: PositiveInt = Field(
        1, description="Nearest kept images that vote on the class of an image."
    )


class EditedNearestNeighbours(_Voting):
    """Images go whose neighbours say that they are of another class (Wilson 1972)."""

    method: Literal["edited_nearest_neighbours"]


class RepeatedEditedNearestNeighbours(_Voting):
    """Edited again and again, until no image goes or a class would lose its last (Tomek 1976)."""

    method: Literal["repeated_edited_nearest_neighbours"]


class AllNearestNeighbours(_Voting):
    """Images go that one neighbour, two, or so on up to `neighbours` would remove (Tomek 1976)."""

    method: Literal["all_nearest_neighbours"]


class NeighbourhoodCleaning(_Voting):
    """As edited, and those go that outvote an image of the smallest class (Laurikkala 2001)."""

    method: Literal["neighbourhood_cleaning"]


class TomekLinks(_Removal):
    """Images go that are each other's nearest with one of another class (Tomek 1976)."""

    method: Literal["tomek_links"]


Removal = Annotated[
    RandomUnderSampling
    | CondensedNearestNeighbours
    | EditedNearestNeighbours
    | RepeatedEditedNearestNeighbours
    | AllNearestNeighbours
    | NeighbourhoodCleaning
    | TomekLinks,
    Field(discriminator="method"),
]
