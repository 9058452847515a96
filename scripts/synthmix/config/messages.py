"""What is wrong with a configuration, in words for the person who wrote it.

pydantic finds the mistakes; the JSON schema of what it checked tells what would have been right.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from synthmix.config.locate import locate, settle_unions
from synthmix.config.overlay import is_named
from synthmix.config.parse import KeyPath, parse
from synthmix.config.subschemas import Schema
from synthmix.errors import did_you_mean, one_of, shown
from synthmix.settings import Name

_FORMERLY, _SEARCH = "sweep", "search"
_NAME_PATTERN = TypeAdapter(Name).json_schema()["pattern"]
_FOLDERS_OF_RUNS = ("logs", "benchmarks")  # beside those of studies, below results/<scale>
_OF_DEVICES = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.IGNORECASE)
_NUMBERS = {"integer": int, "number": float}
_PLAIN_KEY = re.compile(r"[\w-]+")
_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a section of settings",
    "string": "text",
}


@dataclass(frozen=True)
class Mistake:
    """One thing to mend: in which file, where in it (nowhere in particular: ()), and what."""

    file: str
    path: KeyPath
    text: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (self.file, dotted(self.path), self.text)))


def summary(mistakes: Iterable[Mistake]) -> str:
    """Return a headline and a line for each of `mistakes`, file by file."""
    lines = [f"- {mistake}" for mistake in sorted(mistakes, key=lambda m: m.file)]
    noun = "mistake" if len(lines) == 1 else "mistakes"
    return "\n".join([f"{len(lines)} {noun} in the configuration:", *lines])


def mistakes_of_yaml(file: Path) -> str:
    """Return what is wrong with the YAML of `file`, as `summary` puts it; "" where nothing is."""
    mistakes = [Mistake(file.name, (), problem) for problem in parse(file)[1]]
    return summary(mistakes) if mistakes else ""


def explain(error: ValidationError, schema: Schema, file: str) -> list[Mistake]:
    """Return what `error` found in `file`, whose settings follow the JSON schema `schema`."""
    mistakes = []
    for found in settle_unions(error.errors(include_url=False), schema):
        path, node, section = locate(found["loc"], schema)
        if found["type"].startswith("union_tag"):
            path = (*path, node["discriminator"]["propertyName"])
        mistakes.append(Mistake(file, path, _text(found, path, node, section)))
    return mistakes


def dotted(path: KeyPath) -> str:
    """Return `path` as `mixes.real_shares[1]`."""
    text = ""
    for step in path:
        if isinstance(step, int) or not _PLAIN_KEY.fullmatch(step):
            text += f"[{step!r}]"
        else:
            text += f".{step}" if text else step
    return text


def wrong_name(name: str) -> str | None:
    """Return why `name` can't be a name in a study, or None where it can."""
    if re.search(_NAME_PATTERN, name):
        return None
    start = ", and not start with an underscore" if name.startswith("_") else ""
    return f"{shown(name)} may have letters, digits and underscores only{start}"


def wrong_study_name(name: str) -> str | None:
    """Return why no study can be called `name`, whose results lie in a folder of that name."""
    if name in _FOLDERS_OF_RUNS:
        return f"{shown(name)} is the folder of the {name} of the run"
    if _OF_DEVICES.fullmatch(name):
        return f"{shown(name)} is no name for a folder on Windows, where results may be taken"
    return wrong_name(name)


def _text(found: dict[str, Any], path: KeyPath, node: Schema, section: Schema) -> str:
    value = found["input"]
    match found["type"]:
        case "union_error":
            return _no_member(value, found["ctx"]["members"])
        case "missing" | "union_tag_not_found":
            return f"is missing: {_purpose(node)}"
        case "extra_forbidden" | "invalid_key":
            return _unknown_key(path[-1], section)
        case "union_tag_invalid":
            tag = node["discriminator"]
            return one_of(value[path[-1]], tag["mapping"], f"known {tag['propertyName']}s")
        case "value_error":
            return str(found["ctx"]["error"])
        case _ if value is None:
            quotes = "; the word null needs quotes" if _kind(node) == _TYPES["string"] else ""
            if is_named(path):
                quotes = ", and there is nothing of that name to be left out"
            return f"has no value; it must be {_kind(node)}{quotes}"
        case "literal_error":
            return _not_an_option(value, node)
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            return _out_of_bounds(value, node)
        case "too_short" | "too_long":
            return _wrong_length(found["ctx"])
        case "string_unicode":
            return f"{shown(value)} is not UTF-8: rename it, or make a link to it and name that"
        case "string_too_short":
            least = found["ctx"]["min_length"]
            return f"{shown(value)} is too short; it needs {least} or more characters"
        case "string_pattern_mismatch":
            pattern = found["ctx"]["pattern"]
            named = wrong_name(value) if pattern == _NAME_PATTERN else None
            return named or f"{shown(value)} does not have the form {pattern}"
        case kind if kind.endswith(("_type", "_parsing", "_from_float")):
            return _wrong_type(value, node)
        case _:
            return f"{shown(value)}: {found['msg'].replace('Input should', 'it should')}"


def _not_an_option(value: Any, node: Schema) -> str:
    if "const" in node:
        return f"{shown(value)} is not {node['const']}, the only choice"
    return one_of(value, node["enum"])


def _no_member(value: Any, members: Sequence[Schema]) -> str:
    """Return that `value` is none of the kinds that may stand there."""
    for member in members:
        if isinstance(value, str) and _is_number(value, member.get("type")):
            return _wrong_type(value, member)
    options = [option for member in members for option in _options(member)]
    kinds = [_kind(member) for member in members if not _options(member)] + options
    text = f"{', '.join(map(str, kinds[:-1]))} or {kinds[-1]}"
    return f"{shown(value)} is not {text}{did_you_mean(value, options)}"


def _options(node: Schema) -> list[Any]:
    return node.get("enum", [node["const"]] if "const" in node else [])


def _purpose(node: Schema) -> str:
    if "discriminator" in node:
        return f"one of {', '.join(node['discriminator']['mapping'])}"
    return node.get("description", _kind(node))


def _unknown_key(key: str | int, section: Schema) -> str:
    known = [name for name in section["properties"] if name != key]
    if key == _FORMERLY and _SEARCH in known:
        return f"is called {_SEARCH} now: write {_SEARCH}, and leave what stands below it as it is"
    if key == _FORMERLY:
        return f"is called {_SEARCH} now, and stands under a generator or a classifier"
    hint = did_you_mean(key, known) or f"; known here: {', '.join(known)}"
    return f"is not a known setting{hint}"


def _kind(node: Schema) -> str:
    if "enum" in node:
        return f"one of {', '.join(map(str, node['enum']))}"
    return _TYPES[node.get("type", "object")]


def _wrong_type(value: Any, node: Schema) -> str:
    kind = node.get("type", "object")
    text = f"{shown(value)} is not {_kind(node)}"
    if isinstance(value, str) and _is_number(value, kind):
        plain = _NUMBERS[kind](value)
        if isinstance(plain, int) and str(plain) != value:
            return f"{text}; did you mean {plain}?"
        return f"{shown(value)} is text, not {_kind(node)}; remove the quotes"
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return f"{text}; did you mean {value:.0f}?"
    if kind == "string" and isinstance(value, bool):
        return f"{text}; a bare yes, no, on or off means true or false: put it in quotes"
    if kind == "string" and isinstance(value, int | float):
        return f"{text}; put it in quotes"
    if kind == "array" and isinstance(value, str | int | float):
        return f"{text}; did you mean [{value}]?"
    return text


def _is_number(text: str, kind: str | None) -> bool:
    try:
        _NUMBERS[kind](text)
    except (KeyError, ValueError):
        return False
    return True


def _wrong_length(limits: dict[str, Any]) -> str:
    count = limits["actual_length"]
    least, most = limits.get("min_length"), limits.get("max_length")
    needed = f"at most {most}" if least is None else f"at least {least}"
    return f"has {count} {'entry' if count == 1 else 'entries'}; it needs {needed}"


def _out_of_bounds(value: float, node: Schema) -> str:
    low = node.get("minimum", node.get("exclusiveMinimum"))
    high = node.get("maximum", node.get("exclusiveMaximum"))
    if high is None:
        limit = "at least" if "minimum" in node else "above"
        return f"{shown(value)} is too small; it must be {limit} {low:g}"
    if low is None:
        limit = "at most" if "maximum" in node else "below"
        return f"{shown(value)} is too large; it must be {limit} {high:g}"
    text = f"{shown(value)} is not between {low:g} and {high:g}"
    excluded = [node[key] for key in ("exclusiveMinimum", "exclusiveMaximum") if key in node]
    if excluded:
        text += f" ({' and '.join(f'{bound:g}' for bound in excluded)} excluded)"
    if high != 1 or isinstance(value, str) or not 1 < value <= 100:
        return text
    share = value / 100
    return f"{text}; did you mean {share:g}?" if low < share else text
