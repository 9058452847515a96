"""The jobs of a run and what they wait for, as Snakemake plans them."""

import json
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from synthmix.errors import UserError

PLAN = "synthmix.estimate.plan_jobs"


@dataclass(frozen=True)
class Job:
    """One job. `needs` are the numbers of the jobs it waits for.

    `params` are those parameters of its rule that `plan_jobs` names. `unchanged` is whether its
    files, where they are there, were made with the settings of now: edited code does not count.
    """

    number: int
    rule: str
    wildcards: Mapping[str, str]
    params: Mapping[str, Any]
    threads: int
    mem_mb: int
    gpus: int
    to_do: bool
    unchanged: bool
    benchmark: str | None
    log: str | None
    outputs: tuple[str, ...]
    needs: tuple[int, ...]

    @property
    def dataset(self) -> tuple[str | None, str | None]:
        """The study and the data set that it is about, None where it is about none."""
        return self.wildcards.get("study"), self.wildcards.get("dataset")


@dataclass(frozen=True)
class Graph:
    """All jobs of a run, the number of a job being its place."""

    jobs: tuple[Job, ...] = ()

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, Any]]) -> "Graph":
        """Return the graph of what `plan_jobs` wrote."""
        return cls(
            tuple(
                Job(
                    **{
                        **record,
                        "outputs": tuple(record["outputs"]),
                        "needs": tuple(record["needs"]),
                    }
                )
                for record in records
            )
        )

    @cached_property
    def settled(self) -> frozenset[int]:
        """Numbers of the jobs that are `unchanged`, as is all that they are made from."""
        found: set[int] = set()
        for job in self.in_order:
            if job.unchanged and all(number in found for number in job.needs):
                found.add(job.number)
        return frozenset(found)

    @cached_property
    def in_order(self) -> tuple[Job, ...]:
        """The jobs, each after those it waits for."""
        order: list[Job] = []
        seen: set[int] = set()
        for job in self.jobs:
            stack = [(job, iter(job.needs))] if job.number not in seen else []
            seen.add(job.number)
            while stack:
                needs = stack[-1][1]
                before = next((number for number in needs if number not in seen), None)
                if before is None:
                    order.append(stack.pop()[0])
                else:
                    seen.add(before)
                    stack.append((self.jobs[before], iter(self.jobs[before].needs)))
        return tuple(order)

    def of_dataset(self, rule: str, job: Job) -> Job | None:
        """Return the job of `rule` for the data set of `job`, None where there is none."""
        found = self._by_dataset.get((rule, *job.dataset))
        return found[0] if found else None

    def needed(self, job: Job, rule: str) -> list[Job]:
        """Return the jobs of `rule` that `job` waits for directly."""
        return [self.jobs[number] for number in job.needs if self.jobs[number].rule == rule]

    @cached_property
    def _by_dataset(self) -> dict[tuple[Any, ...], list[Job]]:
        index: dict[tuple[Any, ...], list[Job]] = {}
        for job in self.jobs:
            index.setdefault((job.rule, *job.dataset), []).append(job)
        return index


def plan(python: str, snakefile: Path, config: Mapping[str, Any], *, cores: int) -> Graph:
    """Return the jobs of the default target of `snakefile` under `config`; nothing is run.

    Snakemake plans them in a process of its own, of the interpreter `python`, in this folder. It
    takes no lock, so that a run may be at work. Raises UserError with what Snakemake says where
    there is no plan.
    """
    request = {"snakefile": str(snakefile), "config": dict(config), "cores": cores}
    scripts = str(Path(__file__).resolve().parents[2])
    found = os.environ.get("PYTHONPATH")
    result = subprocess.run(
        [python, "-m", PLAN],
        input=json.dumps(request),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (scripts, found)))},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise UserError(f"the jobs can't be planned:\n{_last_lines(result.stderr)}")
    return Graph.from_records(json.loads(result.stdout))


def _last_lines(text: str, count: int = 15) -> str:
    lines: Sequence[str] = [line for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-count:])
