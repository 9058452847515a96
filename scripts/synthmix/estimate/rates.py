"""How long work takes on this machine, by what earlier jobs took: seconds = start + work x rate.

Work is weighed in the seconds it takes on a machine we think of, so that a rate is how many times
slower this one is.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median

import pandas as pd

from synthmix.estimate.jobs import Job
from synthmix.estimate.sizes import NotKnownError, Sizes
from synthmix.estimate.work import MACS, Work, work

# seconds a job takes before its work begins, with torch and without, where nothing tells
START = {True: 4.0, False: 0.5}
# a job with no more work than this, in seconds, is all start
LIGHT = 1.0
# so many seconds of work at a rate of 1 are laid upon each job that is measured: what took a
# moment says little of a rate
PRIOR = 5.0
# points this far apart in their work, and so many, tell the start from the rate
FAR_APART, ENOUGH = 3.0, 3
# beyond so many times the largest work that was measured the rate itself is in doubt, by DOUBT
EXTRAPOLATED, DOUBT = 10.0, 2.0
_DEVICE = re.compile(r"\bon (cpu|cuda)\b")


@dataclass(frozen=True)
class Point:
    """A job that was measured."""

    rule: str
    work: Work
    seconds: float
    device: str | None  # cpu or cuda; None where its log does not say


@dataclass(frozen=True)
class Forecast:
    """Seconds of a job: likely, and the range they may lie in; `basis` says how they are known."""

    low: float
    likely: float
    high: float
    basis: str


def measured(job: Job, sizes: Sizes) -> Point | None:
    """Return what a job took and how much work it was, None where that can't be told.

    What has a size counts only where its settings, and those of all before it, are still those
    that it was measured with.
    """
    seconds = seconds_of(Path(job.benchmark)) if job.benchmark else None
    if seconds is None:
        return None
    try:
        found = work(job, sizes, done=True)
    except NotKnownError:
        return None
    if found.is_sized and job.number not in sizes.graph.settled:
        return None
    # drawing and predicting don't say what they ran on: as a rule what they are made by did
    before = (sizes.graph.jobs[number] for number in job.needs)
    devices = (device for each in (job, *before) if (device := _device(each)))
    return Point(job.rule, found, seconds, next(devices, None))


def seconds_of(benchmark: Path) -> float | None:
    """Return the seconds that a benchmark file of Snakemake's has, None where it has none."""
    if not benchmark.is_file():
        return None
    try:
        return float(pd.read_csv(benchmark, sep="\t")["s"].mean())
    except (KeyError, ValueError, pd.errors.EmptyDataError):
        return None


def _device(job: Job) -> str | None:
    log = Path(job.log) if job.log else None
    found = _DEVICE.findall(log.read_text(encoding="utf-8")) if log and log.is_file() else []
    return found[-1] if found else None


class Rates:
    """What has been measured, and what follows from it."""

    def __init__(self, points: Iterable[Point], device: str) -> None:
        """Go by `points`; of those that say what they ran on, by those of `device` alone."""
        usable = [point for point in points if point.device in (None, device)]
        self.of_rule: dict[str, list[Point]] = {}
        for point in usable:
            self.of_rule.setdefault(point.rule, []).append(point)
        self.start = {True: _torch_start(usable), False: _plain_start(usable)}

    def forecast(self, rule: str, asked: Work) -> Forecast | None:
        """Return how long a job of `rule` takes, None where nothing like it was measured."""
        there = self.of_rule.get(rule, [])
        same = [point for point in there if point.work.kind == asked.kind]
        same = [point for point in same if point.work.unit == asked.unit]
        if not asked.is_sized:
            return _as_before([point.seconds for point in same])
        if same:
            return self._in_proportion(same, asked, f"{len(same)} measured")
        others = [point for point in there if point.work.unit == asked.unit]
        if not others:
            return None
        kinds = "another network" if asked.unit == MACS else "another kind"
        return self._in_proportion(others, asked, f"from {kinds}", DOUBT)

    def _in_proportion(
        self, points: Sequence[Point], asked: Work, basis: str, doubt: float = 1.0
    ) -> Forecast:
        """Return the forecast of a line through `points`, its range as far as they lie from it."""
        amounts = [point.work.weights[1] for point in points]
        seconds = [point.seconds for point in points]
        start, rate = fit(amounts, seconds, self.start[asked.unit == MACS])
        off = [s / (start + rate * amount) for amount, s in zip(amounts, seconds, strict=True)]
        least, most = asked.weights
        times = most / max(max(amounts), LIGHT)
        if times > EXTRAPOLATED:
            doubt *= DOUBT
            basis += f", up to {times:,.0f} times as much work"
        return Forecast(
            (start + rate * least) * min(1.0, *off) / doubt,
            start + rate * (least + most) / 2,
            (start + rate * most) * max(1.0, *off) * doubt,
            basis,
        )


def _torch_start(points: Iterable[Point]) -> float:
    light = [p.seconds for p in points if p.work.unit == MACS and p.work.weights[1] <= LIGHT]
    return median(light) if light else START[True]


def _plain_start(points: Iterable[Point]) -> float:
    light = [p.seconds for p in points if not p.work.is_sized]
    return median(light) if light else START[False]


def _as_before(seconds: Sequence[float]) -> Forecast | None:
    if not seconds:
        return None
    return Forecast(min(seconds), median(seconds), max(seconds), f"{len(seconds)} measured")


def fit(amounts: Sequence[float], seconds: Sequence[float], start: float) -> tuple[float, float]:
    """Return start and rate of the line that seconds follow, through the middle of them.

    Enough points, far enough apart and with work enough, tell the rate: it is the median of the
    slopes between two (Theil and Sen). Else it is the median of each point's, with PRIOR laid upon
    it, once `start` is taken off, or what of that the quickest leaves room for.
    """
    points = list(zip(amounts, seconds, strict=True))
    rate = _slope(points)
    if rate <= 0:
        start = min(start, 0.8 * min(seconds))
        rate = median((max(s - start, 0.0) + PRIOR) / (a + PRIOR) for a, s in points)
    left = median(s - rate * a for a, s in points)
    if left >= 0:
        return left, rate
    return 0.0, median(s / a for a, s in points)


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Return the slope of (amount, seconds) that are enough and far apart, 0 of others."""
    amounts = [amount for amount, _ in points]
    if len(points) < ENOUGH or max(amounts) < max(PRIOR, FAR_APART * min(amounts)):
        return 0.0
    return median(
        (t - s) / (b - a)
        for (a, s), (b, t) in combinations(points, 2)
        if max(a, b) >= max(LIGHT, FAR_APART / 2 * min(a, b))
    )
