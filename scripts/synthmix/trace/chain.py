"""From a file back to all that it was made from: jobs, each with its files and what is amiss."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from synthmix.errors import UserError
from synthmix.files import fingerprint
from synthmix.trace.records import Record, Records

AGAIN = "run snakemake again"
# Below these folders everything is made by a rule.
MADE = ("results", "data")
# File systems keep times to two seconds at the worst.
_SAME_TIME_S = 2.0


@dataclass
class Step:
    """A job of the chain, or a file that no job made."""

    record: Record | None
    depth: int
    """Jobs between it and the asked file, along the longest way."""
    files: list[str] = field(default_factory=list)
    """Those of its outputs that the chain uses, sorted."""
    inputs: list[str] = field(default_factory=list)
    """The files it read, as far as they are followed, sorted."""
    details: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def rule(self) -> str | None:
        """The rule of the job, None for a file that no job made."""
        return self.record and self.record.rule

    def values(self, kind: type) -> list[Any]:
        """Return the parameters of one type; a bool is no int."""
        return [value for value in self.record.parameters if type(value) is kind]


Follows = Callable[[Record, str], bool]


class Chain:
    """The jobs behind a file, as Snakemake recorded them. Paths are as the rules name them."""

    def __init__(self, records: Records, target: str, follows: Follows | None = None) -> None:
        """Follow `target` back; `follows` says which inputs of a job, all of them without it."""
        self.records = records
        self.target = target
        self._follows = follows or (lambda record, path: True)
        self._steps: dict[tuple, Step] = {}
        self._heights: dict[tuple, int] = {}
        self._visit(target)
        for step in self:
            step.problems += self._problems(step)

    def __iter__(self) -> Iterator[Step]:
        """Yield the steps from the asked file on: each before those that it was made from."""
        return iter(sorted(self._steps.values(), key=lambda step: (step.depth, step.files)))

    def step_of(self, path: str) -> Step:
        """Return the step that made `path`, a file of the chain."""
        return self._steps[self._key(path)]

    def sources(self, step: Step) -> list[Step]:
        """Return the steps that made what `step` read.

        Those with the longest history come first, of equally long ones those made of the most.
        """
        keys = {self._key(path) for path in step.inputs}
        ordered = sorted(
            ((-self._height(key), -len(self._steps[key].inputs), self._steps[key].files), key)
            for key in keys
        )
        return [self._steps[key] for _, key in ordered]

    def _key(self, path: str) -> tuple:
        record = self.records.of(path)
        return record.job if record else (path,)

    def _visit(self, target: str) -> None:
        """Find all steps, and how far each is from the target."""
        waiting = [(target, 0)]
        while waiting:
            path, depth = waiting.pop()
            if depth > len(self.records):
                raise UserError(f"{path} is recorded as made from itself: {AGAIN}")
            record, key = self.records.of(path), self._key(path)
            step = self._steps.get(key)
            deeper = step is None or depth > step.depth
            if step is None:
                read = record.inputs if record else ()
                inputs = [each for each in read if self._follows(record, each)]
                step = self._steps[key] = Step(record, depth, inputs=inputs)
            if path not in step.files:
                step.files = sorted([*step.files, path])
            if deeper:
                step.depth = depth
                waiting += [(each, depth + 1) for each in step.inputs]

    def _height(self, key: tuple) -> int:
        """Return how many jobs there are behind a step, along the longest way."""
        if key not in self._heights:
            heights = (self._height(self._key(path)) for path in self._steps[key].inputs)
            self._heights[key] = 1 + max(heights, default=0)
        return self._heights[key]

    def _problems(self, step: Step) -> list[str]:
        there = [path for path in step.files if Path(path).exists()]
        found = [f"{path} is missing: {AGAIN}" for path in step.files if path not in there]
        if step.record is None:
            return found + [
                f"{path}: Snakemake has no record of who made it: {AGAIN}"
                for path in there
                if is_made(path)
            ]
        found += [
            f"{path} is not whole, its job was stopped: {AGAIN}"
            for path in there
            if path in self.records.incomplete
        ]
        found += filter(None, (self._changed(path) for path in there))
        return found + list(stale(self.records, there, step.inputs))

    def _changed(self, path: str) -> str | None:
        """Return that `path` is not what its job has written, if so."""
        record, modified = self.records.of(path), Path(path).stat().st_mtime
        if abs(modified - record.modified) <= _SAME_TIME_S:
            return None
        # copied or touched, where a job has read the same before
        readers = [self.records.of(made) for made in self.records.made_from(path)]
        sums = {
            reader.input_checksums.get(path) for reader in readers if reader.modified < modified
        }
        if sums - {None} and sha256(path) in sums:
            return None
        return f"{path} was changed after {record.rule} wrote it: remove it and {AGAIN}"


def is_made(path: str) -> bool:
    """Return whether a path lies where there are only files that rules made."""
    return not Path(path).is_absolute() and Path(path).parts[:1] in [(name,) for name in MADE]


def stale(records: Records, outputs: Iterable[str], inputs: Iterable[str]) -> Iterator[str]:
    """Yield in which `inputs` there is something else than some job made its `outputs` from.

    As for Snakemake, the checksum decides where one was recorded, and else the time of change.
    Of inputs that are gone nothing is said.
    """
    outputs = sorted(outputs, key=lambda path: Path(path).stat().st_mtime)
    if not outputs:
        return
    oldest, record = outputs[0], records.of(outputs[0])
    for path in inputs:
        if not Path(path).exists():
            continue
        recorded = record.input_checksums.get(path)
        if recorded is not None and recorded != sha256(path):
            yield f"{path} has changed since {record.rule} made {oldest} from it: {AGAIN}"
        elif recorded is None and Path(path).stat().st_mtime > Path(oldest).stat().st_mtime:
            yield f"{path} is newer than {oldest}, which was made from it: {AGAIN}"


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal; each is read once while it stays as it is."""
    return _sha256(path, fingerprint(path))


@cache
def _sha256(path: str | Path, state: tuple[int, int]) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
