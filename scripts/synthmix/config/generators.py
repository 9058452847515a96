"""The section of a generator in a study file, with its search, and what is trained for it."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, create_model

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.registry import load_generator_settings
from synthmix.search.resolve import (
    Trained,
    all_trained,
    points_by_stage,
    settings_with,
)
from synthmix.search.settings import Search, search_section

# what makes a generator another one, and what says how it is trained rather than what it learns
_FIXED = {"model", "devices", "snapshots", "sheet_epochs", "learns_from", "image_size"}


class _GeneratorSearch(Search):
    """Candidates for settings of a generator, and how the best of them is known."""

    score: str = Field(
        "distance",
        description="By what the best candidate is known: distance, kernel_distance, precision,"
        " recall, density or coverage, of all classes together; or a loss of the model's history,"
        " such as reconstruction_loss or total_loss, by its last value. Of equally good ones the"
        " first is taken.",
    )
    images: Annotated[int, Field(ge=4)] = Field(
        1000, description="Synthetic images of a class that a candidate is scored on."
    )
    epochs: Search.model_fields["epochs"].annotation = Field(
        None,
        description="Candidates are trained for so many epochs and the best settings anew in full;"
        " where absent, or as many as it has, in full at once, and the best candidate is used as it"
        " is.",
    )


def searchable(settings: type[GeneratorSettings]) -> type[GeneratorSettings]:
    """Return a subclass of the settings of a model with a section `search`."""
    search = search_section(settings, _GeneratorSearch, _FIXED)
    section = Field(None, description="Try several values of settings and use the best.")
    return create_model(
        settings.__name__,
        __base__=settings,
        __doc__=settings.__doc__,
        __module__=settings.__module__,
        search=(search | None, section),
    )


def trained_generators(
    generators: Mapping[str, GeneratorSettings],
) -> dict[str, GeneratorSettings]:
    """Return the settings of all that is trained, by name: generators and their candidates.

    Where earlier stages have a choice it is taken to be the one of most epochs: jobs are planned
    for that. Raises pydantic's ValidationError where values of a search don't go together.
    """
    return {
        name: _longest(trained, generators) for name, trained in all_trained(generators).items()
    }


def generator_settings(settings: Mapping[str, Any]) -> GeneratorSettings:
    """Return plain settings as those of their model.

    Raises pydantic's ValidationError where they don't go together.
    """
    kind = load_generator_settings(settings["model"])
    return kind.model_validate_json(json.dumps(settings), strict=True)


def _longest(trained: Trained, generators: Mapping[str, GeneratorSettings]) -> GeneratorSettings:
    points = [
        max(stage, key=lambda point: point.get("epochs", 0))
        for stage in points_by_stage(trained, generators)
    ]
    return generator_settings(settings_with(trained, points))
