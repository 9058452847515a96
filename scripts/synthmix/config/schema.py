"""JSON schemas of `config.yaml` and of study files, by which editors complete and check them.

`PYTHONPATH=scripts python -m synthmix.config.schema` writes them into `studies/`.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from synthmix.config.models import (
    DEMO,
    EXTENDS,
    OF_THE_FILE,
    OF_THE_STUDY,
    PER_DATASET,
    Study,
    Workflow,
)
from synthmix.config.overlay import NAMED_ENTRIES, NAMED_WITHIN, REPLACED_ENTRIES
from synthmix.config.schema_overlays import Overlays
from synthmix.config.schema_sharing import share_repeated
from synthmix.config.subschemas import Schema, with_subschemas
from synthmix.settings import Name

# The version that the language servers of editors know in full.
_DIALECT = "http://json-schema.org/draft-07/schema#"
_PER_DATASET = (
    "By data set: what it has otherwise than the study; of the rest nothing is repeated here."
)
_DEMO = "What a run at scale demo changes; of the rest of the study nothing is repeated here."
_EXTENDS = (
    "Another study that this one goes over, section by section: the name of a study in the same"
    " folder, or the path of its file from this one. What is repeated here replaces what it has; a"
    " data set, generator, selection, baseline or classifier without a value is left out."
)
_WIDTH = 100


def workflow_schema() -> Schema:
    """Return the JSON schema of `config.yaml`."""
    return _finished(_plain(Workflow), "Configuration of synthmix")


def study_schema() -> Schema:
    """Return the JSON schema of a study file, its sections `per_dataset` and `demo` included."""
    study = _plain(Study)
    overlays = Overlays(study.pop("$defs"))
    overlay = overlays.of(study)
    settings = overlay["properties"]
    settings[REPLACED_ENTRIES] = study["properties"][REPLACED_ENTRIES]
    settings |= {name: _with_entries_left_out(settings[name]) for name in NAMED_ENTRIES}
    definitions = overlays.definitions()
    for section, key in NAMED_WITHIN:
        name = section.capitalize()
        within = definitions.get(f"{name}Overlay", definitions[name])["properties"]
        within[key] = _with_entries_left_out(within[key])
    of_demo = {name: node for name, node in settings.items() if name not in OF_THE_FILE}
    of_demo[PER_DATASET] = _per_dataset(settings)
    more = {
        EXTENDS: {"type": "string", "description": _EXTENDS},
        PER_DATASET: of_demo[PER_DATASET],
        DEMO: overlay | {"description": _DEMO, "properties": of_demo},
    }
    whole = overlay | {
        "properties": settings | more,
        "if": {"required": [EXTENDS]},
        "else": _of_its_own(overlays.required_by(study)),
        "$defs": definitions,
    }
    return _finished(whole, "Study of synthmix")


def _of_its_own(required: Schema) -> Schema:
    """Return what is required of a study that extends none: that nothing is left out, too."""
    properties = dict(required["properties"])
    (names,) = _plain(Study)["properties"][REPLACED_ENTRIES]["patternProperties"]
    for section in NAMED_ENTRIES:
        own = properties.get(section, {})
        entry = own.get("patternProperties", {}).get(names, {})
        there = {"patternProperties": {names: entry | {"type": "object"}}}
        properties[section] = own | there
    return required | {"properties": properties}


def _with_entries_left_out(section: Schema) -> Schema:
    """Return the schema of a section of an overlay, where a name with no value is left out."""
    ((names, entry),) = section["patternProperties"].items()
    variants = entry.get("anyOf", [entry])
    return section | {"patternProperties": {names: {"anyOf": [*variants, {"type": "null"}]}}}


def _per_dataset(settings: dict[str, Schema]) -> Schema:
    """Return the schema of the settings of single data sets; `settings` are those of demo."""
    own = {name: node for name, node in settings.items() if name not in OF_THE_STUDY}
    of_each = {"type": "object", "additionalProperties": False, "properties": own}
    return {
        "type": "object",
        "description": _PER_DATASET,
        "additionalProperties": False,
        "patternProperties": {TypeAdapter(Name).json_schema()["pattern"]: of_each},
    }


def main() -> None:
    """Write both schemas into `studies/`."""
    folder = Path(__file__).resolve().parents[3] / "studies"
    for name, schema in schema_files().items():
        (folder / name).write_text(schema, encoding="utf-8")


def schema_files() -> dict[str, str]:
    """Return the text of each schema by the name of its file in `studies/`."""
    schemas = {"study.schema.json": study_schema(), "config.schema.json": workflow_schema()}
    return {name: f"{_laid_out(schema, 0, 0)}\n" for name, schema in schemas.items()}


def _finished(schema: Schema, title: str) -> Schema:
    return {"$schema": _DIALECT, "title": title} | share_repeated(schema)


def _plain(model: type[BaseModel]) -> Schema:
    """Return the JSON schema of `model` in the keywords of the dialect, without what repeats it."""
    return _in_dialect(model.model_json_schema())


def _in_dialect(schema: Schema) -> Schema:
    plain = with_subschemas(schema, _in_dialect)
    plain.pop("title", None)  # the name of the setting once more
    plain.pop("discriminator", None)  # each variant says itself what it is known by
    if "prefixItems" in plain:
        plain["items"] = plain.pop("prefixItems")
    if "patternProperties" in plain:  # the models refuse names that match no pattern
        plain["additionalProperties"] = False
    return _with_null_among_types(plain)


def _with_null_among_types(schema: Schema) -> Schema:
    match schema:
        case {"anyOf": [{"type": str(kind)} as variant, {"type": "null"}], **rest}:
            if not variant.keys() & {"enum", "const"}:
                return rest | variant | {"type": [kind, "null"]}
    return schema


def _laid_out(value: Any, indent: int, before: int) -> str:
    """Return `value` as JSON: on the line that it begins on where it fits, else an entry a line.

    `indent` is that of this line and `before` the length of what else stands on it.
    """
    line = json.dumps(value)
    if not isinstance(value, dict | list) or indent + before + len(line) < _WIDTH:
        return line
    inner = indent + 2
    margin = " " * inner
    if isinstance(value, list):
        entries = [margin + _laid_out(entry, inner, 0) for entry in value]
        return "\n".join(["[", ",\n".join(entries), " " * indent + "]"])
    keys = {key: f"{json.dumps(key)}: " for key in value}
    entries = [margin + keys[key] + _laid_out(v, inner, len(keys[key])) for key, v in value.items()]
    return "\n".join(["{", ",\n".join(entries), " " * indent + "}"])


if __name__ == "__main__":
    main()
