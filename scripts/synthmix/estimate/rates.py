"""How long work takes on this machine, by what earlier jobs took: seconds = start + work x rate."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from statistics import median

import pandas as pd

from synthmix.estimate.facts import Facts, NotKnownError
from synthmix.estimate.jobs import Job
from synthmix.estimate.work import MACS, Work, work

# seconds a job takes before its work begins, with torch and without, where nothing tells
START = {True: 4.0, False: 0.5}
# a job with no more multiply-adds than this, about a second's, is all start
LIGHT = 2e10
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


def measured(job: Job, facts: Facts) -> Point | None:
    """Return what a job took and how much work it was, None where that can't be told.

    Only where its settings, and those of all before it, are still those it was measured with.
    """
    if job.benchmark is None or job.number not in facts.graph.settled:
        return None
    seconds = seconds_of(Path(job.benchmark))
    if seconds is None:
        return None
    try:
        return Point(job.rule, work(job, facts, done=True), seconds, _device(job))
    except NotKnownError:
        return None


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
        amounts = [point.work.most.amount for point in points]
        seconds = [point.seconds for point in points]
        start, rate = fit(amounts, seconds, self.start[asked.unit == MACS])
        off = [s / (start + rate * amount) for amount, s in zip(amounts, seconds, strict=True)]
        times = asked.most.amount / max(max(amounts), 1e-9)
        if times > EXTRAPOLATED:
            doubt *= DOUBT
            basis += f", up to {times:,.0f} times as much work"
        least, most = asked.least.amount, asked.most.amount
        return Forecast(
            (start + rate * least) * min(1.0, *off) / doubt,
            start + rate * (least + most) / 2,
            (start + rate * most) * max(1.0, *off) * doubt,
            basis,
        )


def _torch_start(points: Iterable[Point]) -> float:
    light = [p.seconds for p in points if p.work.unit == MACS and p.work.most.amount <= LIGHT]
    return median(light) if light else START[True]


def _plain_start(points: Iterable[Point]) -> float:
    return min((p.seconds for p in points if p.work.unit != MACS), default=START[False])


def _as_before(seconds: Sequence[float]) -> Forecast | None:
    if not seconds:
        return None
    return Forecast(min(seconds), median(seconds), max(seconds), f"{len(seconds)} measured")


def fit(amounts: Sequence[float], seconds: Sequence[float], start: float) -> tuple[float, float]:
    """Return start and rate of the line that seconds follow.

    Points that lie far enough apart tell both: the rate is the median of the slopes between two
    (Theil and Sen), the start the median of what is left. Else `start` is taken, or what the
    quickest leaves room for, and the rate is the median of each point's.
    """
    if len(amounts) >= ENOUGH and max(amounts) >= FAR_APART * max(min(amounts), 1e-9):
        slopes = [
            (t - s) / (b - a)
            for (a, s), (b, t) in combinations(zip(amounts, seconds, strict=True), 2)
            if max(a, b) >= FAR_APART / 2 * min(a, b)
        ]
        rate = median(slopes)
        if rate > 0:
            left = median(s - rate * a for a, s in zip(amounts, seconds, strict=True))
            return min(max(left, 0.0), min(seconds)), rate
    start = min(start, 0.8 * min(seconds))
    return start, median((s - start) / max(a, 1e-9) for a, s in zip(amounts, seconds, strict=True))
