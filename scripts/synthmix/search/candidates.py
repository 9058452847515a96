"""The candidates of a search as ordinary generators; no torch here."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from synthmix.generate.models.settings import GeneratorSettings
from synthmix.registry import load_generator_settings
from synthmix.search.settings import Search

DIGITS = 6


def candidate_name(generator: str, point: Mapping[str, Any]) -> str:
    """Return the name of the candidate of `generator` with the settings `point`.

    It stands for these settings alone: a value more or less in the grid leaves the others' names,
    and so what has been trained, as they are.
    """
    text = json.dumps(point, sort_keys=True)
    return f"{generator}_c{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"


def candidates(generator: str, settings: GeneratorSettings) -> dict[str, dict[str, Any]]:
    """Return what sets each candidate of a searched generator apart, in the order of the grid."""
    search = search_of(settings)
    return {candidate_name(generator, point): point for point in search.grid.points()}


def candidate_settings(settings: GeneratorSettings, point: Mapping[str, Any]) -> GeneratorSettings:
    """Return the settings of the candidate `point` of a searched generator.

    Raises pydantic's ValidationError where values of the grid don't go together.
    """
    epochs = search_of(settings).epochs
    return _plain(settings, point if epochs is None else {**point, "epochs": epochs})


def trained_generators(
    generators: Mapping[str, GeneratorSettings],
) -> dict[str, GeneratorSettings]:
    """Return the settings of all that is trained, by name: generators and their candidates.

    Those of a searched generator itself are what its candidates have in common.
    """
    trained = {}
    for name, settings in generators.items():
        trained[name] = _plain(settings, {})
        if search_of(settings) is not None:
            for candidate, point in candidates(name, settings).items():
                trained[candidate] = candidate_settings(settings, point)
    return trained


def search_of(settings: GeneratorSettings) -> Search | None:
    """Return the search of a generator as its study gives it, None where there is none."""
    return getattr(settings, "search", None)


def _plain(settings: GeneratorSettings, point: Mapping[str, Any]) -> GeneratorSettings:
    values = settings.model_dump(mode="json", exclude={"search"}) | dict(point)
    kind = load_generator_settings(settings.model)
    return kind.model_validate_json(json.dumps(values), strict=True)
