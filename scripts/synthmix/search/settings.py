"""The section `search` of a generator or a classifier in a study file; no torch here."""

import json
from collections.abc import Collection
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

from synthmix.settings import Distinct, Name, PositiveInt, SettingsModel

Point = dict[str, Any]

# keys of a mapping are text, as are the values of settings there
SearchedValue = Annotated[str, Field(pattern=r"^.+$")]


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

    def points(self) -> list[Point]:
        """Return every combination of values; that of the last setting changes fastest."""
        varied = self.varied()
        return [dict(zip(varied, values, strict=True)) for values in product(*varied.values())]


class SomeSettings(SettingsModel):
    """Settings that go over those of a model; a subclass has a field for each of them."""

    def given(self) -> dict[str, Any]:
        """Return the settings that are given, as plain values."""
        return self.model_dump(mode="json")

    @model_serializer(mode="wrap")
    def _given_alone(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: v for name, v in dump(self).items() if name in self.model_fields_set}


class Search(SettingsModel):
    """Candidates for settings, a stage after the other, and how the best of them is known.

    Each stage starts from the best of the one before, or without `adopt` from the settings that a
    study gives beside the search. A subclass has the settings of its model in
    `grid`, `stages` and `per_value`.
    """

    grid: Grid | None = Field(
        None, description="The one stage of a search: values to try, as a stage has them."
    )
    stages: Annotated[list[Grid | list[SomeSettings]], Field(min_length=1)] | None = Field(
        None,
        description="What each stage tries, with what the stages before have chosen: values by"
        " setting, of which all combinations are trained, or a list of candidates, the same"
        " settings of each. A value of a section, such as augmentation, is the whole of it.",
    )
    per_value: dict[Name, dict[SearchedValue, SomeSettings | None] | None] | None = Field(
        None,
        description="By setting that a stage tries, and by value of it: other settings, which a"
        " candidate with that value has too, as has all that goes on from its choice. A value"
        " that is not named here has those that are given beside the search.",
    )
    score: str = Field(description="By what the best candidate is known.")
    epochs: PositiveInt | None = Field(
        None, description="Candidates are trained for so many epochs; where absent, in full."
    )
    adopt: bool = Field(
        True,
        description="Use the best. false: candidates are trained and tabulated, each stage from the"
        " settings that are given beside the search, and those are what is trained in the end.",
    )

    @model_validator(mode="after")
    def _tries_something(self) -> Self:
        if (self.grid is None) == (self.stages is None):
            raise ValueError("give either grid, for one stage, or stages")
        for number, stage in enumerate(self.stages or [], start=1):
            points = [] if isinstance(stage, Grid) else [point.given() for point in stage]
            if any(not point or point.keys() != points[0].keys() for point in points):
                raise ValueError(
                    f"the candidates of stage {number} must name the same settings, one or more"
                )
            if any(point in points[:place] for place, point in enumerate(points)):
                raise ValueError(f"stage {number} lists a candidate twice")
        return self

    @property
    def stage_count(self) -> int:
        """How many stages there are."""
        return len(self.stages or [self.grid])

    def points(self, stage: int) -> list[Point]:
        """Return the settings that a stage, from 1, tries, as plain values: one a candidate."""
        tried = (self.stages or [self.grid])[stage - 1]
        return tried.points() if isinstance(tried, Grid) else [point.given() for point in tried]

    def place(self, stage: int) -> tuple[str | int, ...]:
        """Return where in this section a stage, from 1, stands."""
        return ("grid",) if self.stages is None else ("stages", stage - 1)

    def place_of(self, stage: int, setting: str) -> tuple[str | int, ...]:
        """Return where in this section the values of a setting that a stage tries stand."""
        a_list = self.stages is not None and isinstance(self.stages[stage - 1], list)
        return self.place(stage) if a_list else (*self.place(stage), setting)

    def settings_tried(self, stage: int) -> list[str]:
        """Return the names of the settings that a stage, from 1, tries."""
        tried = (self.stages or [self.grid])[stage - 1]
        return list(tried.varied() if isinstance(tried, Grid) else tried[0].given())

    def all_tried(self) -> list[str]:
        """Return the names of the settings that any stage tries."""
        stages = range(1, self.stage_count + 1)
        return list(dict.fromkeys(name for stage in stages for name in self.settings_tried(stage)))

    def tried(self, setting: str) -> list[Any]:
        """Return the values of a setting that the stages try, as plain values, each once."""
        stages = range(1, self.stage_count + 1)
        points = [point for stage in stages for point in self.points(stage) if setting in point]
        return list({as_text(point[setting]): point[setting] for point in points}.values())

    def going_with(self, setting: str, value: Any) -> dict[str, Any]:
        """Return the settings that go with a value of a setting, as plain values."""
        for key, settings in self.by_value(setting).items():
            if is_value(key, value):
                return settings
        return {}

    def by_value(self, setting: str) -> dict[str, dict[str, Any]]:
        """Return the settings that go with each value of a setting that has any."""
        named = (self.per_value or {}).get(setting) or {}
        return {value: some.given() for value, some in named.items() if some is not None}


def search_section(
    settings: type[SettingsModel], base: type[Search], fixed: Collection[str]
) -> type[Search]:
    """Return a subclass of `base` that tries settings of a model, all but the `fixed` ones.

    Each value of them is held to what that setting allows.
    """
    grid = grid_of(settings, fixed)
    some = some_of(settings, "Candidate", "Settings of a candidate.", fixed)
    points = Annotated[list[some], Field(min_length=1)]
    stages = Annotated[list[grid | points], Field(min_length=1)] | None
    per_value = dict[Name, dict[SearchedValue, some | None] | None] | None
    fields = {"grid": grid | None, "stages": stages, "per_value": per_value}
    return create_model(
        "Search",
        __base__=base,
        __doc__=base.__doc__,
        __module__=settings.__module__,
        **{name: (kind, _described_as(Search, name)) for name, kind in fields.items()},
    )


def grid_of(settings: type[SettingsModel], fixed: Collection[str]) -> type[Grid]:
    """Return a grid of the settings of a model but the `fixed` ones: a list of values of each."""
    values: dict[str, Any] = {
        name: (
            # None, as a demo section may give it, takes a setting out of the grid
            Annotated[list[_values(field)], Field(min_length=1), Distinct] | None,
            _described_as(settings, name),
        )
        for name, field in settings.model_fields.items()
        if name not in fixed
    }
    return create_model(
        "Grid", __base__=Grid, __doc__=Grid.__doc__, __module__=settings.__module__, **values
    )


def some_of(
    settings: type[SettingsModel], name: str, description: str, fixed: Collection[str]
) -> type[SomeSettings]:
    """Return a model of all settings of a model but the `fixed` ones, none of them required."""
    return create_model(
        name,
        __base__=SomeSettings,
        __doc__=description,
        __module__=settings.__module__,
        **{
            setting: (_values(field) | None, _described_as(settings, setting))
            for setting, field in settings.model_fields.items()
            if setting not in fixed
        },
    )


def as_text(value: Any) -> str:
    """Return a setting as a study file writes it."""
    return value if isinstance(value, str) else json.dumps(value)


def is_value(text: str, value: Any) -> bool:
    """Return whether `text`, a key of a study file, is the plain `value` of a setting."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(text) == value
        except ValueError:
            return False
    return text == as_text(value)


def _values(field: FieldInfo) -> Any:
    # pydantic keeps by what variants are told apart beside the annotation
    apart = Field(discriminator=field.discriminator) if field.discriminator else Field()
    return Annotated[field.annotation, apart, *field.metadata]


def _described_as(settings: type[SettingsModel], name: str) -> Any:
    return Field(None, description=settings.model_fields[name].description)
