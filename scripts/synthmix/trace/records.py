"""What Snakemake keeps of each file that a rule made: by whom, of what, and when.

It is a JSON file for each output below `.snakemake/metadata`, whose name is that of the output in
base64. Parameters stand there in no order and without their names, as Python writes them.
"""

import ast
import json
import os
from base64 import urlsafe_b64decode
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from synthmix.errors import UserError

METADATA = Path(".snakemake", "metadata")
INCOMPLETE = Path(".snakemake", "incomplete")
# what stands before the pieces of a name that is too long for one file
_PIECE = "@"


@dataclass(frozen=True)
class Record:
    """How one output came to be. Times are in seconds since 1970."""

    rule: str
    job: tuple
    """The same for all outputs of one job, different for others."""
    inputs: tuple[str, ...]
    input_checksums: Mapping[str, str]
    """Of the small inputs, as the job read them: SHA-256, in hexadecimal."""
    parameters: tuple[Any, ...]
    log: tuple[str, ...]
    started: float
    modified: float
    """When the output was last written by the job."""

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Take what Snakemake `kept`; raises KeyError or TypeError when it is of another form."""
        sums = kept["input_checksums"] or {}
        return cls(
            rule=kept["rule"],
            job=(kept["rule"], *kept["log"], kept["job_hash"]),
            inputs=tuple(kept["input"]),
            input_checksums={
                path: digest.removeprefix("sha256:")
                for path, digest in sums.items()
                if digest.startswith("sha256:") or ":" not in digest
            },
            parameters=tuple(map(_value, kept["params"])),
            log=tuple(kept["log"]),
            started=kept["starttime"],
            modified=kept["endtime"],
        )


class Records:
    """The records of all files that the rules of a project made."""

    def __init__(self, by_path: Mapping[str, Record], incomplete: frozenset[str]) -> None:
        """Keep the records of paths as the rules name them, and which are `incomplete`."""
        self._by_path = by_path
        self.incomplete = incomplete

    @classmethod
    def read(cls, project: Path) -> Self:
        """Read those of the folder `project`, where Snakemake ran.

        Raises UserError when there are none. A record that is damaged counts as none.
        """
        folder = project / METADATA
        by_path = {}
        for path, file in _kept(folder):
            try:
                by_path[path] = Record.from_json(json.loads(file.read_text(encoding="utf-8")))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        if not by_path:
            raise UserError(
                f"{folder.absolute()} has no record of who made what; run this in the folder in "
                "which Snakemake ran. Without its folder .snakemake nothing can be traced: run "
                "the workflow again"
            )
        return cls(by_path, frozenset(path for path, _ in _kept(project / INCOMPLETE)))

    def __len__(self) -> int:
        """Return of how many files there are records."""
        return len(self._by_path)

    def of(self, path: str) -> Record | None:
        """Return the record of the file `path`, None where no rule is known to have made it."""
        return self._by_path.get(path)

    def outputs(self, record: Record) -> list[str]:
        """Return all files that the job of `record` made, sorted."""
        return self._outputs[record.job]

    def made_from(self, path: str) -> list[str]:
        """Return the files that were made from `path`, sorted."""
        return self._made_from[path]

    @cached_property
    def _outputs(self) -> Mapping[tuple, list[str]]:
        found = defaultdict(list)
        for path, record in sorted(self._by_path.items()):
            found[record.job].append(path)
        return found

    @cached_property
    def _made_from(self) -> Mapping[str, list[str]]:
        found = defaultdict(list)
        for path, record in sorted(self._by_path.items()):
            for read in record.inputs:
                found[read].append(path)
        return found


def _kept(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the path that each file below `folder` is about, and that file."""
    for place, _, names in os.walk(folder):
        pieces = [piece.removeprefix(_PIECE) for piece in Path(place).relative_to(folder).parts]
        for name in names:
            try:
                path = urlsafe_b64decode("".join([*pieces, name])).decode()
            except ValueError:
                continue  # such as one that marks a migration
            yield path, Path(place, name)


def _value(text: str) -> Any:
    """Return the value that `text` writes; the text itself where it is no plain value."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
