"""What the jobs of a run cost, each and together: time, disk and memory."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synthmix.estimate import reference_gpu
from synthmix.estimate.detectable import Detectable, detectable
from synthmix.estimate.disk import Disk, disk
from synthmix.estimate.jobs import Job
from synthmix.estimate.rates import Forecast, Rates
from synthmix.estimate.rehearsed import Rehearsed
from synthmix.estimate.schedule import wall_seconds
from synthmix.estimate.sizes import NotKnownError, Sizes
from synthmix.estimate.work import MACS, Work, work

NEVER_RUN = {"all"}  # a rule without a script: it stands for the files it asks for
NOTHING = Forecast(0.0, 0.0, 0.0, "")


@dataclass(frozen=True)
class Machine:
    """What a run has: CPU cores, GPUs (None where they are not counted) and the device it is on."""

    cores: int
    gpus: int | None
    device: str


@dataclass(frozen=True)
class JobCost:
    """What a job costs. None where that is not known; `missing` then says what would have to be.

    `rehearsed` says whether a job like it was run in short, in the rehearsal of its study;
    `ram_mb` and `gpu_mb` are what such a job held there at the most.
    """

    job: Job
    work: Work | None
    seconds: Forecast | None
    gpu_seconds: float | None
    disk: Disk | None
    missing: tuple[str, ...]
    rehearsed: bool = False
    ram_mb: float | None = None
    gpu_mb: float | None = None

    @property
    def kind(self) -> str:
        """The kind of work, "" where there is one kind or it is not known."""
        return self.work.kind if self.work else ""

    @property
    def is_unmeasured(self) -> bool:
        """Whether it is known how much work it is, and nothing like it was ever timed."""
        return self.work is not None and self.seconds is None


@dataclass(frozen=True)
class Estimate:
    """What a run costs: a row for each rule and kind of work, and all of it together.

    `table` has a row for each with rule, kind, jobs, to_do, unknown (of those to do), seconds,
    seconds_low, seconds_high, seconds_gpu (on the reference GPU), disk_mb (of those to do, kept),
    mem_mb (the most that one is allowed), rehearsed (how many of those to do were run in short),
    ram_mb and gpu_mb (the most that one of these held) and basis. Sums leave out what is not known.
    """

    table: pd.DataFrame
    machine: Machine
    wall: tuple[float, float, float]  # seconds: low, likely, high
    gpu_wall: float
    passing_bytes: float
    unmeasured: tuple[str, ...]  # rules of which nothing like a job to do was ever timed
    missing: tuple[str, ...]  # what else is not known
    detectable: tuple[Detectable, ...] = ()


def estimate(
    sizes: Sizes, rates: Rates, machine: Machine, rehearsed: Rehearsed | None = None
) -> Estimate:
    """Return what the jobs of a graph cost on a machine, by what was `rehearsed` where it was."""
    graph = sizes.graph
    costs = [cost_of(job, sizes, rates, rehearsed or Rehearsed()) for job in graph.in_order]
    to_do = [cost for cost in costs if cost.job.to_do]
    wall = tuple(
        wall_seconds(
            graph, {cost.job.number: pick(cost) for cost in to_do}, machine.cores, machine.gpus
        )
        for pick in _picks()
    )
    on_gpu = {cost.job.number: cost.gpu_seconds or 0.0 for cost in to_do}
    return Estimate(
        tabulate(costs),
        machine,
        wall,
        wall_seconds(graph, on_gpu, machine.cores, 1),
        max((cost.disk.passing for cost in to_do if cost.disk), default=0.0),
        tuple(dict.fromkeys(cost.job.rule for cost in to_do if cost.is_unmeasured)),
        tuple(dict.fromkeys(text for cost in to_do for text in cost.missing)),
        tuple(detectable(sizes)),
    )


def _picks() -> Iterable[Callable[[JobCost], float]]:
    for name in ("low", "likely", "high"):
        yield lambda cost, name=name: getattr(cost.seconds or NOTHING, name)


def cost_of(job: Job, sizes: Sizes, rates: Rates, rehearsed: Rehearsed) -> JobCost:
    """Return what a job costs, as far as it is known."""
    if job.rule in NEVER_RUN:
        return JobCost(job, Work(), NOTHING, 0.0, Disk(), ())
    missing = []
    found = seconds = on_gpu = space = None
    try:
        found = work(job, sizes)
        seconds = rehearsed.forecast(job, sizes, found.kind) or rates.forecast(job.rule, found)
        likely = None if seconds is None else seconds.likely
        on_gpu = reference_gpu.seconds(found) if found.unit == MACS else likely
    except NotKnownError as reason:
        missing.append(f"{reason}")
    try:
        space = disk(job, sizes)
    except NotKnownError as reason:
        missing.append(f"{reason}")
    kind = found.kind if found else ""
    kept = rehearsed.kept_bytes(job, kind)
    if kept is not None:
        space = Disk(kept, space.passing if space else 0.0)
    memory = rehearsed.ram_mb(job, kind), rehearsed.gpu_mb(job, kind)
    was = bool(rehearsed.like(job, kind))
    return JobCost(job, found, seconds, on_gpu, space, tuple(missing), was, *memory)


def tabulate(costs: Iterable[JobCost]) -> pd.DataFrame:
    """Return a row for each rule and kind of work, in the order in which they run."""
    groups: dict[tuple[str, str], list[JobCost]] = {}
    for cost in costs:
        groups.setdefault((cost.job.rule, cost.kind), []).append(cost)
    return pd.DataFrame([_row(*key, group) for key, group in groups.items()])


def _row(rule: str, kind: str, costs: list[JobCost]) -> dict[str, Any]:
    to_do = [cost for cost in costs if cost.job.to_do]
    known = [cost.seconds for cost in to_do if cost.seconds is not None]
    return {
        "rule": rule,
        "kind": kind,
        "jobs": len(costs),
        "to_do": len(to_do),
        "unknown": len(to_do) - len(known),
        "seconds": round(sum(each.likely for each in known), 1),
        "seconds_low": round(sum(each.low for each in known), 1),
        "seconds_high": round(sum(each.high for each in known), 1),
        "seconds_gpu": round(sum(cost.gpu_seconds or 0.0 for cost in to_do), 1),
        "unknown_gpu": sum(cost.gpu_seconds is None for cost in to_do),
        "disk_mb": round(sum(cost.disk.kept for cost in to_do if cost.disk) / 1e6, 1),
        "unknown_disk": sum(cost.disk is None for cost in to_do),
        "mem_mb": max((cost.job.mem_mb for cost in to_do), default=0),
        "rehearsed": sum(cost.rehearsed for cost in to_do),
        "ram_mb": max((cost.ram_mb or 0.0 for cost in to_do), default=0.0),
        "gpu_mb": max((cost.gpu_mb or 0.0 for cost in to_do), default=0.0),
        "basis": "; ".join(_bases(to_do)),
    }


def _bases(costs: Iterable[JobCost]) -> list[str]:
    """Return how the seconds of some jobs are known; what one says besides more is said once."""
    found = dict.fromkeys(cost.seconds.basis if cost.seconds else "not known" for cost in costs)
    return [
        basis
        for basis in found
        if not any(other != basis and other.startswith(basis) for other in found)
    ]
