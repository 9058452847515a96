"""Two forms of a section in the JSON schema of a study, of which the settings stand once.

A section that is laid over another one, as in `demo`, is the same section with nothing required.
So its settings make up the overlay, and the section itself is that and what it requires.
"""

from collections.abc import Mapping
from functools import cache

from synthmix.config.subschemas import Schema

_DEFINITION = "#/$defs/"
_REQUIRED = ("required", "minProperties")
_CHILDREN = ("properties", "patternProperties")


class Overlays:
    """The definitions of a schema, each with its overlay where that is another one."""

    def __init__(self, definitions: Mapping[str, Schema]) -> None:
        self._sections = definitions
        self._required_by_section = cache(lambda name: self.required_by(definitions[name]))

    def definitions(self) -> dict[str, Schema]:
        """Return all definitions that `of` and `required_by` refer to, the overlays included."""
        found = {}
        for name, section in self._sections.items():
            required = self._required_by_section(name)
            if required:
                overlay = {"$ref": _DEFINITION + _overlay_name(name)}
                found |= {_overlay_name(name): self.of(section)}
                found |= {name: {"allOf": [overlay]} | required}
            else:
                found[name] = section
        return found

    def of(self, node: Schema) -> Schema:
        """Return `node` with nothing required of mappings, which are merged into others.

        Lists stay as they are since they are replaced.
        """
        overlay = {key: value for key, value in node.items() if key not in _REQUIRED}
        for key in ("anyOf", "oneOf"):
            if key in node:  # without its source or model an entry may fit several variants
                overlay.pop(key)
                overlay["anyOf"] = [self.of(variant) for variant in node[key]]
        for key in _CHILDREN:
            if key in node:
                overlay[key] = {name: self.of(child) for name, child in node[key].items()}
        if "$ref" in node:
            name = node["$ref"].removeprefix(_DEFINITION)
            other = _overlay_name(name) if self._required_by_section(name) else name
            overlay["$ref"] = _DEFINITION + other
        return overlay

    def required_by(self, node: Schema) -> Schema:
        """Return the schema of what `node` asks for beyond its overlay; {} where that is all."""
        required = {key: node[key] for key in _REQUIRED if key in node}
        for key in ("anyOf", "oneOf"):
            if any(self.required_by(variant) for variant in node.get(key, [])):
                required[key] = node[key]
        for key in _CHILDREN:
            below = {name: self.required_by(child) for name, child in node.get(key, {}).items()}
            if any(below.values()):
                required[key] = {name: child for name, child in below.items() if child}
        if "$ref" in node and self._required_by_section(node["$ref"].removeprefix(_DEFINITION)):
            required["$ref"] = node["$ref"]
        return required


def _overlay_name(name: str) -> str:
    return f"{name}Overlay"
