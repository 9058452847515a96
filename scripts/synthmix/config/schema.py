"""JSON schemas of `config.yaml` and of study files, by which editors complete and check them.

`PYTHONPATH=scripts python -m synthmix.config.schema` writes them into `studies/`.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from synthmix.config.models import OF_THE_STUDY, PER_DATASET, Study, Workflow
from synthmix.config.overlay import REPLACED_ENTRIES
from synthmix.settings import Name

# The version that the language servers of editors know in full.
_DIALECT = "http://json-schema.org/draft-07/schema#"
_IN_DEMO = "InDemo"
_PER_DATASET = (
    "By data set: what it has otherwise than the study; of the rest nothing is repeated here."
)
_DEMO = "What a run at scale demo changes; of the rest of the study nothing is repeated here."


def workflow_schema() -> dict[str, Any]:
    """Return the JSON schema of `config.yaml`."""
    return _schema(Workflow, "Configuration of synthmix")


def study_schema() -> dict[str, Any]:
    """Return the JSON schema of a study file, its `demo` section included."""
    schema = _schema(Study, "Study of synthmix")
    demo = {
        "type": "object",
        "description": _DEMO,
        "additionalProperties": False,
        "properties": {name: _partial(node) for name, node in schema["properties"].items()},
    }
    demo["properties"][REPLACED_ENTRIES] = schema["properties"][REPLACED_ENTRIES]
    demo["properties"][PER_DATASET] = _per_dataset(demo["properties"])
    partial = {f"{name}{_IN_DEMO}": _partial(node) for name, node in schema["$defs"].items()}
    schema["$defs"] |= partial
    schema["properties"] |= {PER_DATASET: demo["properties"][PER_DATASET], "demo": demo}
    return schema


def _per_dataset(settings: dict[str, Any]) -> dict[str, Any]:
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
    return {name: f"{json.dumps(schema, indent=2)}\n" for name, schema in schemas.items()}


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = _closed(model.model_json_schema())
    return {"$schema": _DIALECT} | schema | {"title": title}


def _closed(node: Any) -> Any:
    """Refuse names that match no pattern, as the models do."""
    if isinstance(node, list):
        return [_closed(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    return closed | {"additionalProperties": False} if "patternProperties" in node else closed


def _partial(node: dict[str, Any]) -> dict[str, Any]:
    """Return `node` with nothing required of mappings, which the demo section is merged into.

    Lists stay as they are since the demo section replaces them.
    """
    partial = {
        key: value
        for key, value in node.items()
        if key not in ("required", "default", "minProperties", "discriminator", "oneOf")
    }
    for key in ("anyOf", "oneOf"):
        if key in node:  # without its source or model an entry may fit several variants
            partial["anyOf"] = [_partial(variant) for variant in node[key]]
    for key in ("properties", "patternProperties"):
        if key in node:
            partial[key] = {name: _partial(child) for name, child in node[key].items()}
    if "$ref" in node:
        partial["$ref"] = f"{node['$ref']}{_IN_DEMO}"
    return partial


if __name__ == "__main__":
    main()
