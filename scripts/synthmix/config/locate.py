"""From where pydantic finds a mistake to where it stands in the file, and what may stand there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from synthmix.config.parse import KeyPath
from synthmix.config.subschemas import Schema

Error = dict[str, Any]  # as pydantic gives it: loc, type, input, ...

_KEY = "[key]"  # pydantic's mark of a mistake in the key, not in its value
_MEMBERS = "members"  # in a resolved schema: those of a union, as they are written


@dataclass(frozen=True)
class Member:
    """A step into a member of a union, which the file knows nothing of."""

    position: int


def locate(steps: tuple[Any, ...], schema: Schema) -> tuple[KeyPath, Schema, Schema]:
    """Return the path in the file, the schema there and the schema of what holds it."""
    path: list[str | int] = []
    node, section = _resolve(schema, schema), {}
    for step in steps:
        if step == _KEY:
            return tuple(path), {"type": "string"}, section
        within = _within(node, step, schema)
        if within is not None:
            node = within
            continue
        path.append(step)
        node, section = _resolve(_child(node, step), schema), node
    return tuple(path), node, section


def settle_unions(errors: Iterable[Error], schema: Schema) -> Iterator[Error]:
    """Yield `errors` with those of a union settled: pydantic has some for each of its members.

    Those of a member that the value is meant for are kept; where it fits none, there is one error
    in their place, of type "union_error".
    """
    groups: dict[Any, list[Error]] = {}
    for number, error in enumerate(errors):
        place = _first_union(error["loc"], schema)
        groups.setdefault(number if place is None else error["loc"][:place], []).append(error)
    for key, group in groups.items():
        if isinstance(key, int):
            yield from group
        else:
            yield from settle_unions(_settle(key, group, schema), schema)


def _settle(prefix: tuple[Any, ...], errors: list[Error], schema: Schema) -> Iterator[Error]:
    """Yield what is left of the errors of the union at `prefix`."""
    depth = len(prefix)
    tags = list(dict.fromkeys(error["loc"][depth] for error in errors))
    meant = [error for error in errors if not _of_another_kind(error, depth)]
    for error in meant:
        member = Member(tags.index(error["loc"][depth]))
        yield error | {"loc": (*prefix, member, *error["loc"][depth + 1 :])}
    if not meant:
        _, node, _ = locate(prefix, schema)
        members = [_resolve(member, schema) for member in node[_MEMBERS]]
        yield errors[0] | {"loc": prefix, "type": "union_error", "ctx": {"members": members}}


def _of_another_kind(error: Error, depth: int) -> bool:
    """Return whether an error says that the value is not meant for the member it is of."""
    mismatch = error["type"] == "literal_error" or error["type"].endswith(
        ("_type", "_parsing", "_from_float")
    )
    return mismatch and len(error["loc"]) == depth + 1


def _first_union(steps: tuple[Any, ...], schema: Schema) -> int | None:
    """Return the position of the first step that is pydantic's name of a member of a union."""
    node = _resolve(schema, schema)
    for position, step in enumerate(steps):
        if step == _KEY:
            return None
        within = _within(node, step, schema)
        if within is None and _MEMBERS in node and isinstance(step, str):
            return position
        node = within or _resolve(_child(node, step), schema)
    return None


def _within(node: Schema, step: Any, schema: Schema) -> Schema | None:
    """Return the schema after a step that is none in the file, None for one that is."""
    if isinstance(step, Member):
        return _resolve(node[_MEMBERS][step.position], schema)
    if "discriminator" in node and "oneOf" in node:  # pydantic names the chosen variant first
        return _resolve({"$ref": node["discriminator"]["mapping"][step]}, schema)
    return None


def _child(node: Schema, step: str | int) -> Schema:
    if isinstance(step, int):
        return node.get("items", {})
    if step in node.get("properties", {}):
        return node["properties"][step]
    return next(iter(node.get("patternProperties", {}).values()), {})


def _resolve(node: Schema, schema: Schema) -> Schema:
    """Follow references and, where several types may stand there, take the first but null."""
    if "$ref" in node:
        target = schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
        return _resolve(target | {k: v for k, v in node.items() if k != "$ref"}, schema)
    variants = [variant for variant in node.get("anyOf", []) if variant.get("type") != "null"]
    if not variants:
        return node
    rest = {k: v for k, v in node.items() if k != "anyOf"}
    members = {_MEMBERS: variants} if len(variants) > 1 else {}
    return _resolve(variants[0], schema) | rest | members
