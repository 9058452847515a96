"""The schemas within a JSON schema, by the keywords that the settings classes make use of."""

from collections.abc import Callable, Iterator
from typing import Any

Schema = dict[str, Any]

_BY_NAME = ("properties", "patternProperties", "$defs")
_IN_LISTS = ("allOf", "anyOf", "oneOf")
_ALONE = ("items", "else")


def subschemas(schema: Schema) -> Iterator[tuple[str | None, Schema]]:
    """Yield the schemas right within `schema`, each with the name of its setting if it has one."""
    for key in _BY_NAME:
        for name, child in schema.get(key, {}).items():
            yield (None if key == "patternProperties" else name), child
    for key in _IN_LISTS:
        for child in schema.get(key, []):
            yield None, child
    for key in _ALONE:
        if isinstance(schema.get(key), dict):
            yield None, schema[key]


def with_subschemas(schema: Schema, replace: Callable[[Schema], Schema]) -> Schema:
    """Return `schema` with each of the schemas right within it replaced."""
    replaced = dict(schema)
    for key in _BY_NAME:
        if key in schema:
            replaced[key] = {name: replace(child) for name, child in schema[key].items()}
    for key in _IN_LISTS:
        if key in schema:
            replaced[key] = [replace(child) for child in schema[key]]
    for key in _ALONE:
        if isinstance(schema.get(key), dict):
            replaced[key] = replace(schema[key])
    return replaced
