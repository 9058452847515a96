"""What the full run of a study will take, by what its rehearsal has measured: a row a kind of job.

A kind of job is what one job stands for in a rehearsal: a rule, a data set, and a network or a way
to read images.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import pandas as pd

from synthmix.estimate.costs import NEVER_RUN, JobCost, cost_of
from synthmix.estimate.estimate import Plan, Published, rates_of
from synthmix.estimate.jobs import Graph
from synthmix.estimate.rates import Rates
from synthmix.estimate.rehearsed import Pace, Rehearsed, measures_of, true_counts
from synthmix.estimate.sizes import Sizes
from synthmix.estimate.wording import size
from synthmix.estimate.work import training_settings
from synthmix.scales import PAPER, REHEARSAL
from synthmix.search.resolve import DIGITS

COLUMNS = [
    *("study", "dataset", "rule", "kind", "jobs", "rehearsed", "device", "parts"),
    *("steps", "step_seconds", "start_seconds", "seconds", "unknown", "stops_early"),
    *("ram_mb", "gpu_mb", "mem_mb", "disk_mb", "unknown_disk"),
]
_SECTIONS = {"train_generator": "generators", "train_classifier": "classifiers"}
# how candidates of a search are called after what they are for
_CANDIDATE = re.compile(rf"_(?:c|s\d+c)[0-9a-f]{{{DIGITS}}}$")
# advised above what was held, which is never the same twice
_MARGIN, _ROUND = 1.2, 500


@dataclass(frozen=True)
class Foretold:
    """What the full run will take, a row a kind of job, and what does not fit (`what_is_tight`)."""

    kinds: pd.DataFrame
    tight: list[tuple[str, str, str, str]]


def foretell(
    plan: Plan,
    config: Mapping[str, Any],
    studies: Sequence[str],
    published: Published,
) -> Foretold:
    """Return what the full run of some studies will take, by what was rehearsed of them.

    `plan` gives the jobs of a configuration, `published` are the images of each class that the
    source of a data set counts, by "study/data set". Raises UserError where jobs can't be planned.
    """
    full, short = (
        plan({**config, "studies": list(studies), "scale": scale}) for scale in (PAPER, REHEARSAL)
    )
    measures = measures_of(short, published)
    # not that of this machine: the jobs of a cluster run on others
    device = "cuda" if any(measure.device == "cuda" for measure in measures) else "cpu"
    rehearsed, sizes = Rehearsed(measures, device), Sizes(full, published, true_counts(short))
    costs = costs_of(sizes, rates_of([short], published, device), rehearsed)
    return Foretold(by_kind(costs, sizes, rehearsed), list(what_is_tight(costs, sizes, rehearsed)))


def costs_of(sizes: Sizes, rates: Rates, rehearsed: Rehearsed) -> list[JobCost]:
    """Return what each job of the full run, the graph of `sizes`, will cost, done or not."""
    jobs = (job for job in sizes.graph.in_order if job.rule not in NEVER_RUN)
    return [cost_of(job, sizes, rates, rehearsed) for job in jobs]


def by_kind(costs: Sequence[JobCost], sizes: Sizes, rehearsed: Rehearsed) -> pd.DataFrame:
    """Return what the jobs with these `costs` will take, a row for each kind of them.

    The columns are `COLUMNS`: how many jobs there are, and of how many of them one like it was
    rehearsed; on which device, and in how many parts batches were taken; steps of all of them
    and seconds of one (of those steps that take the longest), seconds of start-up of a job; seconds
    of all jobs, one after the other, and of how many these are unknown. Where a training
    `stops_early` all its epochs are taken as run. Memory is as it was measured, the most that a job
    held, beside the most that one is granted (mem_mb). Disk is what is kept.
    """
    groups: dict[tuple[str, ...], list[JobCost]] = {}
    study = studies_of(sizes.graph)
    for cost in costs:
        dataset = cost.job.wildcards.get("dataset", "")
        key = (study[cost.job.number], dataset, cost.job.rule, cost.kind)
        groups.setdefault(key, []).append(cost)
    rows = [_row(key, group, sizes, rehearsed) for key, group in groups.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def studies_of(graph: Graph) -> dict[int, str]:
    """Return the study of each job by its number: of what several need, the first of them."""
    found = {job.number: job.wildcards.get("study", "") for job in graph.jobs}
    for job in reversed(graph.in_order):
        for number in job.needs if found[job.number] else ():
            if "study" not in graph.jobs[number].wildcards:
                found[number] = min(filter(None, (found[number], found[job.number])))
    for job in graph.in_order:
        # a page, which nothing needs
        needed = filter(None, (found[number] for number in job.needs))
        found[job.number] = found[job.number] or min(needed, default="")
    return found


def _row(
    key: tuple[str, ...], costs: Sequence[JobCost], sizes: Sizes, rehearsed: Rehearsed
) -> dict[str, Any]:
    kind = key[-1]
    known = [cost for cost in costs if cost.work is not None]
    paces = [p for cost in known if (p := rehearsed.pace(cost.job, sizes, kind)) is not None]
    measures = [measure for cost in costs for measure in rehearsed.like(cost.job, kind)]
    seconds = [cost.seconds for cost in costs if cost.seconds is not None]
    return {
        **dict(zip(COLUMNS, key, strict=False)),
        "jobs": len(costs),
        "rehearsed": sum(cost.rehearsed for cost in costs),
        "device": next((m.device for m in measures if m.device), ""),
        "parts": max((measure.parts for measure in measures), default=1),
        **_steps(paces),
        "seconds": round(sum(each.likely for each in seconds), 1),
        "unknown": len(costs) - len(seconds),
        "stops_early": any(cost.work.weights[0] < cost.work.weights[1] for cost in known),
        "ram_mb": round(max((cost.ram_mb or 0.0 for cost in costs), default=0.0), 1),
        "gpu_mb": round(max((cost.gpu_mb or 0.0 for cost in costs), default=0.0), 1),
        "mem_mb": max(cost.job.mem_mb for cost in costs),
        "disk_mb": round(sum(cost.disk.kept for cost in costs if cost.disk) / 1e6, 3),
        "unknown_disk": sum(cost.disk is None for cost in costs),
    }


def _steps(paces: Sequence[Pace]) -> dict[str, float]:
    steps = sum(pace.steps for pace in paces)
    within = sum(pace.steps * pace.step_seconds for pace in paces)
    start = sum(pace.start for pace in paces) / len(paces) if paces else 0.0
    return {
        "steps": round(steps),
        "step_seconds": float(f"{within / steps if steps else 0.0:.4g}"),
        "start_seconds": round(start, 1),
    }


def what_is_tight(
    costs: Sequence[JobCost], sizes: Sizes, rehearsed: Rehearsed
) -> Iterator[tuple[str, str, str, str]]:
    """Yield what does not fit: study, rule, job, and a message with the setting to change.

    That is a job that held more memory than it is granted, the one furthest beyond of its kind, and
    batches that went in more parts than the study says. The candidates of a search are told as one.
    """
    beyond: dict[tuple[str, ...], JobCost] = {}
    parted: dict[tuple[str, ...], tuple[JobCost, int]] = {}
    study = studies_of(sizes.graph)
    for cost in costs:
        job = cost.job
        key = (study[job.number], job.rule, _name(cost))
        if cost.ram_mb and cost.ram_mb > job.mem_mb:
            before = beyond.get(key)
            if before is None or _excess(cost) > _excess(before):
                beyond[key] = cost
        if job.rule in _SECTIONS:
            parts = max((m.parts for m in rehearsed.like(job, cost.kind)), default=1)
            if parts > training_settings(job)["accumulation_steps"]:
                parted.setdefault(key, (cost, parts))
    for key, cost in beyond.items():
        yield (*key, _more_memory(cost))
    for key, (cost, parts) in parted.items():
        yield (*key, _in_parts(cost, parts))


def _excess(cost: JobCost) -> float:
    return cost.ram_mb - cost.job.mem_mb


def _name(cost: JobCost) -> str:
    names = ("dataset", "generator", "classifier", "backbone")
    given = cost.job.wildcards
    told = [f"{name}={_searched(given[name])}" for name in names if given.get(name)]
    return ", ".join(told)


def _searched(name: str) -> str:
    """Return what a candidate of a search is for; any other name as it is."""
    return _CANDIDATE.sub("", name)


def _more_memory(cost: JobCost) -> str:
    job = cost.job
    enough = ceil(_MARGIN * cost.ram_mb / _ROUND) * _ROUND
    return (
        f"held {size(cost.ram_mb)} of memory, and a job of the full run is granted "
        f"{size(job.mem_mb)} (mem_mb), beyond which SLURM ends it: --set-resources "
        f"{job.rule}:mem_mb={enough}"
    )


def _in_parts(cost: JobCost, parts: int) -> str:
    job = cost.job
    section = _SECTIONS[job.rule]
    entry = f"{section}.{_searched(job.wildcards[section[:-1]])}"
    batch = training_settings(job)["batch_size"]
    return (
        f"{entry}.batch_size: a batch of {batch} does not fit into memory, and was taken in "
        f"{parts} parts: accumulation_steps: {parts} says so for the full run; with a smaller "
        f"batch_size or more memory it needs none"
    )
