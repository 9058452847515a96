"""A chain as text, jobs indented below what was made from them, and as JSON."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from synthmix.trace.chain import Chain, Step, sha256
from synthmix.trace.raw_images import RawImages
from synthmix.trace.value import REPORTING, SCORING, Value

SHORT = 12  # hexadecimal digits
_INDENT = "  "


@dataclass(frozen=True)
class Trace:
    """All that is told about where a file comes from."""

    chain: Chain
    value: Value | None
    raw: Sequence[RawImages]

    @property
    def problems(self) -> list[str]:
        """What is wrong, each once, from the asked file on."""
        of_value = self.value.problems if self.value else []
        return list(dict.fromkeys([*of_value, *(p for step in self.chain for p in step.problems)]))


def as_text(trace: Trace, full_checksums: bool) -> str:
    """Return `trace` for people to read."""
    lines = [*(_value(trace.value) if trace.value else ()), *_Tree(trace, full_checksums).lines()]
    return "\n".join([*lines, "", *_ending(trace)])


def as_json(trace: Trace) -> dict[str, Any]:
    """Return `trace` as plain values; checksums are whole, steps refer to one another by number."""
    steps = list(trace.chain)
    numbers = {id(step): number for number, step in enumerate(steps, start=1)}
    return {
        "file": trace.chain.target,
        "whole": not trace.problems,
        "problems": trace.problems,
        "value": trace.value and _finite(asdict(trace.value) | {"equal": trace.value.equal}),
        "steps": [
            {
                "number": numbers[id(step)],
                "rule": step.rule,
                "files": [_file(path) for path in step.files],
                "made_from": [numbers[id(source)] for source in trace.chain.sources(step)],
                "parameters": list(step.record.parameters) if step.record else [],
                "log": list(step.record.log) if step.record else [],
                "details": step.details,
                "problems": step.problems,
            }
            for step in steps
        ],
        "raw_images": [asdict(images) for images in trace.raw],
    }


class _Tree:
    """The steps of a chain in the order in which they are printed, with their numbers."""

    def __init__(self, trace: Trace, full_checksums: bool) -> None:
        self._trace = trace
        self._chain = trace.chain
        self._digits = None if full_checksums else SHORT
        self._numbers: dict[int, int] = {}
        self._children: dict[int, list[Step]] = {}
        self._number(next(iter(self._chain)))

    def lines(self) -> Iterator[str]:
        """Yield the lines of all steps; of a report those of what it shows."""
        first = next(iter(self._chain))
        if first.rule == REPORTING:
            yield from self._step(first)
            yield from self._report(first)
        else:
            yield from self._below(first, 0)

    def _number(self, step: Step) -> None:
        """Number `step` and what is printed below it: what the longest way leads to through it."""
        self._numbers[id(step)] = len(self._numbers) + 1
        self._children[id(step)] = []
        for source in self._chain.sources(step):
            if source.depth == step.depth + 1 and id(source) not in self._numbers:
                self._children[id(step)].append(source)
                self._number(source)

    def _below(self, step: Step, level: int) -> Iterator[str]:
        yield from (level * _INDENT + line for line in self._step(step))
        for child in self._children[id(step)]:
            yield from self._below(child, level + 1)

    def _step(self, step: Step) -> Iterator[str]:
        number, rule = self._numbers[id(step)], step.rule or "made by no rule"
        sources = sorted(self._numbers[id(source)] for source in self._chain.sources(step))
        made_from = f", from {', '.join(map(str, sources))}" if sources else ""
        yield f"{number} {rule}{made_from}"
        for path in step.files:
            yield f"{_INDENT}{_state(path, self._digits)}  {path}"
        yield from (f"{_INDENT}{line}" for line in step.details)
        for images in self._trace.raw:
            if step.rule == "fetch_dataset" and self._fetches(step, images):
                yield from (f"{_INDENT}{line}" for line in _raw(images, self._digits))
        yield from (f"{_INDENT}! {problem}" for problem in step.problems)

    def _fetches(self, step: Step, images: RawImages) -> bool:
        index = self._chain.step_of(f"{images.folder}/index.csv")
        return any(path in step.files for path in index.inputs)

    def _report(self, step: Step) -> Iterator[str]:
        yield ""
        yield "It shows, each to be traced with: .venv/bin/python scripts/trace.py FILE"
        for path in step.inputs:
            source = self._chain.step_of(path)
            if source.rule:
                yield f"{_INDENT}{path}  ({source.rule})"
        yield ""
        yield "Its values come from these, add --metric and a name such as accuracy:"
        scored = {p for s in self._chain if s.rule == SCORING for p in s.files}
        for path in sorted(scored):
            if not path.endswith(".confusion.csv"):
                yield f"{_INDENT}{path}"


def _value(value: Value) -> Iterator[str]:
    asked = value.asked
    of = f" of class {asked.label}" if asked.label else ""
    shown = f"{value.value:.6g} ({value.low:.4g} to {value.high:.4g})"
    if value.undefined:
        shown = f"undefined, as {value.undefined}"
    yield f"{asked.metric}{of} of {value.classifier} on {value.mix}: {shown}"
    several = asked.repeat[:2] != ("1", "1") and asked.repeat[:2] != ("all", "all")
    repeat = f"split number {asked.split_number}, generator training {asked.generator_training}, "
    yield (
        f"{_INDENT}split {asked.split}, {repeat if several else ''}seed {asked.seed}, fold"
        f" {asked.fold}, of {value.file}"
    )
    tables = "table" if len(value.predictions) == 1 else "tables"
    verdict = "equal" if value.equal else "NOT equal"
    source = f"{len(value.predictions)} {tables} of predictions"
    yield f"{_INDENT}recomputed: {verdict}, {value.recomputed:.6g} from {source}"
    yield from (f"{_INDENT}stands in {path}" for path in value.stands_in)
    yield from (f"{_INDENT}! {problem}" for problem in value.problems)
    yield ""


def _raw(images: RawImages, digits: int | None) -> Iterator[str]:
    for role, (count, patients) in images.roles.items():
        yield f"{role}: {count} raw images of {patients} patients"
    if images.shared_patients is not None:
        several = len(images.shared_patients)
        such = f", such as {images.shared_patients[0]}" if several else ""
        yield f"patients both learned from and tested on: {several or 'none'}{such}"
    if images.archive:
        yield f"{images.archive.checksum[:digits]}  {images.archive.path}, the archive of these"
    for name, digest in images.downloads.items():
        yield f"{digest[:digits]}  {name}, as recorded when it came"
    for file in images.files:
        recorded = ", as recorded when it came" if file.recorded else ""
        yield f"{file.checksum[:digits]}  {file.path}{recorded}"
    if images.more:
        yield f"and {images.more} more: --images lists them"


def _ending(trace: Trace) -> Iterator[str]:
    steps = list(trace.chain)
    jobs = sum(step.record is not None for step in steps)
    files = sum(len(step.files) for step in steps)
    checked = f"{jobs} jobs, {files} files"
    if not trace.problems:
        yield f"The chain is whole: {checked}; none is missing, changed or newer than it may be."
        return
    yield f"The chain is broken ({checked}):"
    yield from (f"{_INDENT}! {problem}" for problem in trace.problems)


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Return `values` with None for what is no number: JSON has none."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else value
        for name, value in values.items()
    }


def _file(path: str) -> dict[str, Any]:
    if not Path(path).is_file():
        return {"path": path, "sha256": None, "bytes": None, "modified": None}
    return {
        "path": path,
        "sha256": sha256(path),
        "bytes": Path(path).stat().st_size,
        "modified": _time(path),
    }


def _state(path: str, digits: int | None) -> str:
    if not Path(path).is_file():
        return "missing"
    return f"{sha256(path)[:digits]}  {_time(path)}"


def _time(path: str) -> str:
    moment = datetime.fromtimestamp(Path(path).stat().st_mtime)
    return moment.isoformat(sep=" ", timespec="seconds")
