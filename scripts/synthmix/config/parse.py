"""Reading a YAML file so that its slips are found rather than guessed at."""

import re
from pathlib import Path
from typing import Any

import yaml

KeyPath = tuple[str | int, ...]  # where a value stands in a file: ("mixes", "real_shares", 1)

_TEXT = "tag:yaml.org,2002:str"
_MERGE = "tag:yaml.org,2002:merge"


def parse(path: Path) -> tuple[Any, list[str]]:
    """Return the contents of the YAML file `path`, and what is wrong with its YAML.

    Where a key is given twice the last one is kept, so that the rest of the file can be judged;
    where the file can't be read at all the contents are None.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        return loader.get_single_data(), loader.repeats
    except OSError as error:
        return None, [f"cannot be read: {error.strerror}"]
    except UnicodeDecodeError as error:
        return None, [f"is not UTF-8 text: byte {error.start} is {error.object[error.start]:#x}"]
    except yaml.MarkedYAMLError as error:
        return None, [f"{_place(error.problem_mark)}: is not YAML: {error.problem}"]
    except yaml.YAMLError as error:
        return None, [f"is not YAML: {error}"]


class _Loader(yaml.SafeLoader):
    """Safe loading with repeated keys noted in `repeats` and every key taken as text.

    Keys are names here: a class called `no` or `1` is that, not False or a number.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeats: list[str] = []

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


# YAML 1.1, which PyYAML follows, takes 1e-4 for text because it has no dot.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(\d+(\.\d*)?|\.\d+)[eE][-+]?\d+$"),
    list("-+.0123456789"),
)


def _place(mark: yaml.Mark) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"
