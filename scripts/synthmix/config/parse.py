"""Reading a YAML file so that its slips are found rather than guessed at."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

KeyPath = tuple[str | int, ...]  # where a value stands in a file: ("mixes", "real_shares", 1)

MOST_VALUES = 100_000  # counted as often as aliases repeat them
DEEPEST = 60

_PREFIX = "tag:yaml.org,2002:"
_TEXT = f"{_PREFIX}str"
_MERGE = f"{_PREFIX}merge"
_SWITCHES = {**dict.fromkeys(("yes", "on"), True), **dict.fromkeys(("no", "off"), False)}


class Ambiguous(str):
    """Text without quotes that older YAML takes for something else, such as `no` or `1_000`.

    It stands for what was written; `meaning` is what older YAML makes of it, for settings that
    are a number or true or false.
    """

    meaning: int | float | bool

    def __new__(cls, text: str, meaning: int | float | bool) -> "Ambiguous":
        """Return `text` as it was written."""
        new = super().__new__(cls, text)
        new.meaning = meaning
        return new


def parse(path: Path) -> tuple[Any, list[str]]:
    """Return the contents of the YAML file `path`, and what is wrong with its YAML.

    Where a key is given twice the last one is kept, so that the rest of the file can be judged;
    where the file can't be read at all the contents are None.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        return None, [f"cannot be read: {error.strerror}"]
    except UnicodeDecodeError as error:
        return None, [_not_utf8(error)]
    try:
        loader = _Loader(text)
        return loader.read(), loader.repeats
    except _RefusedError as error:
        return None, [str(error)]
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        problem = f"the character {error.character:#x}, which no text has: remove it"
        return None, [f"line {line}: is not YAML: {problem}"]
    except yaml.MarkedYAMLError as error:
        return None, [_not_yaml(error)]
    except RecursionError:
        return None, [_TOO_DEEP]
    except yaml.YAMLError as error:
        return None, [f"is not YAML: {error}"]


def with_meaning(settings: Any, path: KeyPath) -> Any:
    """Return `settings` with what older YAML makes of the value at `path`, if that is ambiguous.

    Returns them as they are, the same object, where it is not.
    """
    if not path:
        return settings.meaning if isinstance(settings, Ambiguous) else settings
    key, rest = path[0], path[1:]
    if isinstance(settings, dict) and key in settings:
        changed = with_meaning(settings[key], rest)
        return settings if changed is settings[key] else settings | {key: changed}
    if isinstance(settings, list) and isinstance(key, int) and key < len(settings):
        changed = with_meaning(settings[key], rest)
        return (
            settings
            if changed is settings[key]
            else [*settings[:key], changed, *settings[key + 1 :]]
        )
    return settings


_TOO_DEEP = f"is nested more than {DEEPEST} levels deep, which no study needs: write it flatter"


class _RefusedError(Exception):
    """YAML that can be read and would be more than a study can be."""


@dataclass(frozen=True)
class _Extent:
    """How many values a node stands for, those of its aliases included, and on how many levels."""

    values: int
    levels: int


class _Loader(yaml.SafeLoader):
    """Safe loading with repeated keys noted in `repeats` and every key taken as text.

    Keys are names here: a class called `no` or `1` is that, not False or a number. Values are read
    as YAML 1.2 has it, which editors follow: `no`, `010`, `12:30` and `2020-01-01` are text.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeats: list[str] = []

    def read(self) -> Any:
        """Return the contents; raises _RefusedError where they have no end, or nearly none."""
        node = self.get_single_node()
        if node is None:
            return None
        if _extent(node, {}, ()).values > MOST_VALUES:
            raise _RefusedError(
                f"has more than {MOST_VALUES} values, as its aliases (*) repeat them: write out "
                "those that are meant"
            )
        return self.construct_document(node)

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        first = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            key.tag = _TEXT
            if key.value in first:
                line = first[key.value].line + 1
                self.repeats.append(
                    f"{_place(key.start_mark)}: {key.value} is given twice, first on line {line}"
                )
            first.setdefault(key.value, key.start_mark)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:  # of a number of thousands of digits, or after !!int
            raise yaml.constructor.ConstructorError(
                None, None, f"this is no value of its kind: {error}", node.start_mark
            ) from error

    def construct_yaml_str(self, node: yaml.ScalarNode) -> str:
        text = super().construct_yaml_str(node)
        if node.style is not None:  # quoted
            return text
        meaning = _older_meaning(text)
        return text if meaning is None else Ambiguous(text, meaning)


_Loader.add_constructor(_TEXT, _Loader.construct_yaml_str)
# Those of YAML 1.1, which PyYAML follows, make 8 of 010, 750 of 12:30 and False of no.
_Loader.yaml_implicit_resolvers = {}
for _kind, _pattern, _begins in (
    ("merge", "<<", "<"),
    ("null", "~|null|Null|NULL|", "~nN\0"),
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"-?(0|[1-9]\d*)", "-0123456789"),
    (
        "float",
        r"[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
):
    _firsts = [first.replace("\0", "") for first in _begins]
    _Loader.add_implicit_resolver(f"{_PREFIX}{_kind}", re.compile(f"^(?:{_pattern})$"), _firsts)


def _older_meaning(text: str) -> int | float | bool | None:
    """Return the number or switch that text without quotes may stand for, if there is no doubt."""
    if text.lower() in _SWITCHES:
        return _SWITCHES[text.lower()]
    plain = text.replace("_", "").removeprefix("+")
    if not re.fullmatch(r"[-+]?\d[\d_]*(\.[\d_]*)?", text) or re.match(r"-?0\d", plain):
        return None
    return float(plain) if "." in plain else int(plain)


def _extent(node: yaml.Node, known: dict[int, _Extent], above: tuple[int, ...]) -> _Extent:
    """Return the extent of `node`; `above` are those that hold it.

    Raises _RefusedError where it holds itself or is too deep.
    """
    if id(node) in above:
        raise _RefusedError(
            f"{_place(node.start_mark)}: what begins here holds itself, by an alias (*) of its own "
            "anchor (&): it has no end; write out what is meant"
        )
    if id(node) not in known:
        parts = [] if isinstance(node, yaml.ScalarNode) else node.value
        if isinstance(node, yaml.MappingNode):
            parts = [part for pair in parts for part in pair]
        inner = [_extent(part, known, (*above, id(node))) for part in parts]
        levels = 1 + max((extent.levels for extent in inner), default=0)
        if levels > DEEPEST:
            raise _RefusedError(_TOO_DEEP)
        known[id(node)] = _Extent(1 + sum(extent.values for extent in inner), levels)
    return known[id(node)]


def _not_yaml(error: yaml.MarkedYAMLError) -> str:
    problem, mark = error.problem or str(error.context), error.problem_mark
    if "'\\t'" in problem:
        problem = "a tab, where YAML wants spaces: indent with spaces alone"
    elif problem == "but found another document":
        problem = "a second document begins with this ---: keep one"
    elif problem == "found unexpected end of stream":
        problem, mark = "the quotes that begin here never end", error.context_mark
    return f"{_place(mark)}: is not YAML: {problem}"


def _not_utf8(error: UnicodeDecodeError) -> str:
    line = error.object.count(b"\n", 0, error.start) + 1
    byte = error.object[error.start]
    return f"line {line}: is not UTF-8 text, for its byte {byte:#x}: save the file as UTF-8"


def _place(mark: yaml.Mark) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"
