"""The section `search` of a generator in a study file; no torch here."""

import json
from itertools import product
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    create_model,
    model_serializer,
    model_validator,
)
from pydantic.fields import FieldInfo

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.settings import Distinct, PositiveInt, SettingsModel

# what makes a generator another one, and what says how it is trained rather than what it learns
_FIXED = {"model", "devices", "snapshots", "sheet_epochs"}


class Grid(SettingsModel):
    """Values to try of settings; a subclass has a field for each setting of its model."""

    @model_validator(mode="after")
    def _something_varies(self) -> Self:
        if not self.varied():
            raise ValueError("names no setting to search")
        return self

    @model_serializer(mode="wrap")
    def _without_the_others(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: values for name, values in dump(self).items() if values is not None}

    def varied(self) -> dict[str, list[Any]]:
        """Return the values of each setting that is searched, as plain data."""
        return self.model_dump(mode="json")

    def points(self) -> list[dict[str, Any]]:
        """Return every combination of values; that of the last setting changes fastest."""
        varied = self.varied()
        return [dict(zip(varied, values, strict=True)) for values in product(*varied.values())]


class Search(SettingsModel):
    """Candidates for a generator, one a point of the grid, and how the best of them is known."""

    grid: Grid = Field(description="Values to try, by setting: all combinations are trained.")
    score: str = Field(
        "distance",
        description="By what the best candidate is known: distance, kernel_distance, precision,"
        " recall, density or coverage, of all classes together; or a loss of the model's history,"
        " such as reconstruction_loss, by its last value.",
    )
    images: Annotated[int, Field(ge=4)] = Field(
        1000, description="Synthetic images of a class that a candidate is scored on."
    )
    epochs: PositiveInt | None = Field(
        None,
        description="Candidates are trained for so many epochs and the best settings anew in full;"
        " where absent, in full at once, and the best candidate is used as it is.",
    )


def searchable(settings: type[GeneratorSettings]) -> type[GeneratorSettings]:
    """Return a subclass of the settings of a model with a section `search`.

    Its grid takes a list of values for each setting, each held to what that setting allows.
    """
    names = {"__module__": settings.__module__}
    grid = grid_of(settings, _FIXED)
    described = Field(description=Search.model_fields["grid"].description)
    search = create_model(
        "Search", __base__=Search, __doc__=Search.__doc__, **names, grid=(grid, described)
    )
    section = Field(None, description="Try several values of settings and use the best.")
    return create_model(
        settings.__name__,
        __base__=settings,
        __doc__=settings.__doc__,
        **names,
        search=(search | None, section),
    )


def grid_of(settings: type[SettingsModel], fixed: set[str]) -> type[Grid]:
    """Return a grid of the settings of a model but the `fixed` ones: a list of values of each."""
    values: dict[str, Any] = {
        name: (
            _values(Annotated[field.annotation, told_apart(field), *field.metadata]),
            _described(field.description),
        )
        for name, field in settings.model_fields.items()
        if name not in fixed
    }
    return create_model(
        "Grid", __base__=Grid, __doc__=Grid.__doc__, __module__=settings.__module__, **values
    )


def as_text(value: Any) -> str:
    """Return a setting as a study file writes it."""
    return value if isinstance(value, str) else json.dumps(value)


def told_apart(field: FieldInfo) -> Any:
    """Return by what the variants of a setting are told apart, for the annotation of another."""
    # pydantic keeps by what variants are told apart beside the annotation
    return Field(discriminator=field.discriminator) if field.discriminator else Field()


def _values(kind: Any) -> Any:
    # None, as a demo section may give it, takes a setting out of the grid
    return Annotated[list[kind], Field(min_length=1), Distinct] | None


def _described(description: str | None) -> Any:
    return Field(None, description=description)
