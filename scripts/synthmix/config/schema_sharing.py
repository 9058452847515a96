"""Parts of a JSON schema that stand in several places, each as one definition."""

import json
from collections import Counter

from synthmix.config.subschemas import Schema, subschemas, with_subschemas

_NOTES = ("description", "default")  # what a place may say for itself beside a reference
_REFERENCE = len('{"$ref": "#/$defs/synthetic_images"}')


def share_repeated(schema: Schema) -> Schema:
    """Return `schema` with what it has in several places as definitions, where that is shorter.

    Definitions are called after the first setting that is so defined.
    """
    return _Sharing(schema).shared()


class _Sharing:
    """The walk over a schema: first all is counted, then what is repeated is replaced."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._places: Counter[str] = Counter()
        self._settings: dict[str, str] = {}  # by schema: the first setting that has it
        self._references: dict[str, Schema] = {}
        self._definitions: dict[str, Schema] = {}
        self._count_within(schema, "study")

    def shared(self) -> Schema:
        """Return the schema with references, and the definitions that they lead to."""
        shared = with_subschemas(self._schema, self._with_references)
        definitions = shared.get("$defs", {}) | self._definitions
        return shared | ({"$defs": dict(sorted(definitions.items()))} if definitions else {})

    def _count_within(self, schema: Schema, setting: str) -> None:
        for name, child in subschemas(schema):
            self._count(child, name or setting)

    def _count(self, schema: Schema, setting: str) -> None:
        text = _text(schema)
        self._places[text] += 1
        if self._places[text] > 1:
            return  # what lies within is counted once for all places
        self._settings[text] = setting
        bare = _bare(schema)
        if bare == schema:
            self._count_within(schema, setting)
        else:
            self._count(bare, setting)

    def _with_references(self, schema: Schema) -> Schema:
        return self._reference(schema) if self._is_shared(schema) else self._spelled_out(schema)

    def _spelled_out(self, schema: Schema) -> Schema:
        bare = _bare(schema)
        if bare != schema and self._is_shared(bare):
            return self._reference(bare) | {key: schema[key] for key in _NOTES if key in schema}
        return with_subschemas(schema, self._with_references)

    def _is_shared(self, schema: Schema) -> bool:
        text = _text(schema)
        return "$ref" not in schema and self._places[text] > 1 and len(text) > 2 * _REFERENCE

    def _reference(self, schema: Schema) -> Schema:
        text = _text(schema)
        if text not in self._references:
            name = self._free_name(self._settings[text])
            self._references[text] = {"$ref": f"#/$defs/{name}"}
            self._definitions[name] = {}  # the name is taken from here on
            self._definitions[name] = self._spelled_out(schema)
        return self._references[text]

    def _free_name(self, setting: str) -> str:
        taken = self._schema.get("$defs", {}).keys() | self._definitions.keys()
        name, number = setting, 1
        while name in taken:
            number += 1
            name = f"{setting}_{number}"
        return name


def _bare(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in _NOTES}


def _text(schema: Schema) -> str:
    return json.dumps(schema, sort_keys=True)
