"""How long jobs take together on some cores and GPUs: jobs are started as soon as there is room."""

import heapq
from collections.abc import Mapping

from synthmix.estimate.jobs import Graph, Job


def wall_seconds(graph: Graph, seconds: Mapping[int, float], cores: int, gpus: int | None) -> float:
    """Return when the last of the jobs to do is over; `seconds` is by number, 0 where not there.

    Of the jobs that could start, that with the longest way to the end is first. A job that asks
    for more than there is has all of it. `gpus` is None where GPUs are not counted.
    """
    to_do = [job for job in graph.in_order if job.to_do]
    remaining = _ways_to_the_end(to_do, seconds)
    waiting = {job.number: {n for n in job.needs if graph.jobs[n].to_do} for job in to_do}
    followers: dict[int, list[int]] = {}
    for job in to_do:
        for number in waiting[job.number]:
            followers.setdefault(number, []).append(job.number)
    ready = [(-remaining[job.number], job.number) for job in to_do if not waiting[job.number]]
    heapq.heapify(ready)
    running: list[tuple[float, int]] = []
    free_cores, free_gpus, now = cores, gpus, 0.0
    while ready or running:
        held = []
        while ready and free_cores:
            entry = heapq.heappop(ready)
            job = graph.jobs[entry[1]]
            threads, cards = _asked(job, cores, gpus)
            if threads > free_cores or (free_gpus is not None and cards > free_gpus):
                held.append(entry)
                continue
            free_cores -= threads
            free_gpus = None if free_gpus is None else free_gpus - cards
            heapq.heappush(running, (now + seconds.get(job.number, 0.0), job.number))
        for entry in held:
            heapq.heappush(ready, entry)
        now, number = heapq.heappop(running)
        threads, cards = _asked(graph.jobs[number], cores, gpus)
        free_cores += threads
        free_gpus = None if free_gpus is None else free_gpus + cards
        for follower in followers.get(number, ()):
            waiting[follower].discard(number)
            if not waiting[follower]:
                heapq.heappush(ready, (-remaining[follower], follower))
    return now


def _asked(job: Job, cores: int, gpus: int | None) -> tuple[int, int]:
    return min(job.threads, cores), 0 if gpus is None else min(job.gpus, gpus)


def _ways_to_the_end(to_do: list[Job], seconds: Mapping[int, float]) -> dict[int, float]:
    """Return for each job how long it and the longest chain of jobs that wait for it take."""
    after: dict[int, float] = {}
    ways: dict[int, float] = {}
    for job in reversed(to_do):
        ways[job.number] = seconds.get(job.number, 0.0) + after.get(job.number, 0.0)
        for number in job.needs:
            after[number] = max(after.get(number, 0.0), ways[job.number])
    return ways
