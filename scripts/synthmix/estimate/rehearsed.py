"""What a rehearsal has measured: seconds and memory of jobs of the full run, by those in short.

A job of the full run goes by one of its rule, data set and network that was rehearsed: seconds =
start + steps x seconds of a step. What such a job takes before and after its steps it takes as
often in the full run: once. Where sizes differ, as among the candidates of a search, how long a
step lasts follows from its multiply-adds (`synthmix.estimate.work`).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

from synthmix.estimate.jobs import Graph, Job
from synthmix.estimate.rates import Forecast, seconds_of
from synthmix.estimate.sizes import NotKnownError, Sizes
from synthmix.estimate.steps import DRAWN, Kinds, Steps, steps
from synthmix.estimate.work import MACS, SECONDS, work
from synthmix.estimate.work import STEP as OF_A_STEP
from synthmix.runtime.pace import AUTOENCODING, DRAWING, STEP

# what files are as large in the full run as in the rehearsal: those of other rules grow with images
_PER_IMAGE = {
    *("fetch_dataset", "index_dataset", "prepare_images", "split_samples", "sample_generator"),
    *("extract_features", "extract_score_features", "compose_mix", "predict"),
}
# what a job of a generator or classifier is called by
_NAMES = ("generator", "classifier", "backbone", "selection")


@dataclass(frozen=True)
class Measure:
    """A job of a rehearsal: its wall seconds, what its steps took, and memory in MB.

    `told` is what `synthmix.runtime.pace` wrote, empty of jobs without steps; `own` are the
    steps that it was planned with; `size` are the bytes of its files.
    """

    job: Job
    kind: str
    seconds: float
    told: Mapping[str, Any] = field(default_factory=dict)
    own: Kinds = field(default_factory=dict)
    ram_mb: float | None = None
    size: float = 0.0

    @property
    def device(self) -> str | None:
        """What its steps ran on, cpu or cuda; None where it had none."""
        return ("cuda" if self.told["gpu"] else "cpu") if self.told else None

    @property
    def steps(self) -> Mapping[str, Mapping[str, Any]]:
        """What is told of its steps, by their kind."""
        return self.told.get("steps", {})

    @property
    def gpu_mb(self) -> float | None:
        """The most memory that it held of a GPU; None where it was on none."""
        return self.told.get("peak_gpu_mb")

    @property
    def parts(self) -> int:
        """In how many parts its batches were taken."""
        return self.told.get("parts", 1)

    @property
    def drawn(self) -> int:
        """How many images it made at a time."""
        return self.steps.get(DRAWING, {}).get("images", DRAWN)

    @property
    def is_warm(self) -> bool:
        """Whether there were steps of each kind after the first, which takes longer."""
        return all(told["steady_steps"] for told in self.steps.values())

    @property
    def start(self) -> float:
        """Seconds that no step took: the first one counts as long as the others."""
        within = (told["seconds"] * (told["steady_steps"] + 1) for told in self.steps.values())
        return max(0.0, self.seconds - sum(within))


@dataclass(frozen=True)
class Pace:
    """How a job of the full run goes: start-up, and its steps with the seconds of one.

    Of several kinds of steps they are those that take the longest in all.
    """

    seconds: float
    start: float
    steps: float
    step_seconds: float


def true_counts(graph: Graph) -> dict[tuple[str | None, str | None], str]:
    """Return the files in which a rehearsal has counted the images of the full run, for `Sizes`."""
    return {
        job.dataset: job.outputs[0]
        for job in graph.jobs
        if job.rule == "check_counts" and job.number in graph.settled
        if Path(job.outputs[0]).is_file()
    }


def measures_of(graph: Graph, published: Mapping[str, Mapping[str, int]]) -> list[Measure]:
    """Return what was measured of the jobs of a rehearsal.

    Nothing of those whose settings have changed since.
    """
    sizes = Sizes(graph, published)
    found = (_measure(job, sizes) for job in graph.jobs if job.number in graph.settled)
    return [measure for measure in found if measure]


def _measure(job: Job, sizes: Sizes) -> Measure | None:
    benchmark = Path(job.benchmark) if job.benchmark else None
    seconds = seconds_of(benchmark) if benchmark else None
    if seconds is None:
        return None
    told = _told(benchmark.with_suffix(".steps.json"))
    measure = Measure(job, kind_of(job, sizes), seconds, told)
    try:
        own = steps(job, sizes, measure.drawn) if told else {}
    except NotKnownError:
        own = {}
    ram = told.get("peak_ram_mb") or _most_resident(benchmark)
    size = sum(Path(name).stat().st_size for name in job.outputs if Path(name).is_file())
    return Measure(job, measure.kind, seconds, told, own, ram, size)


def _told(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _most_resident(benchmark: Path) -> float | None:
    """Return the most memory, in MB, that Snakemake saw a job hold; it doesn't see the shortest."""
    try:
        most = pd.to_numeric(pd.read_csv(benchmark, sep="\t")["max_rss"], errors="coerce").max()
    except (KeyError, ValueError):
        return None
    return float(most) if most > 0 else None


def kind_of(job: Job, sizes: Sizes) -> str:
    """Return the kind of a job's work: its network, or how images are read; "" where unknown."""
    try:
        return work(job, sizes).kind
    except NotKnownError:
        return ""


class Rehearsed:
    """What has been measured in rehearsals on a kind of device."""

    def __init__(self, measures: Iterable[Measure] = (), device: str = "cpu") -> None:
        """Go by those of `measures` that ran on `device`, and by those that used none."""
        self._of: dict[tuple[Any, ...], list[Measure]] = {}
        for measure in measures:
            if measure.device in (None, device):
                key = (measure.job.rule, *measure.job.dataset, measure.kind)
                self._of.setdefault(key, []).append(measure)

    def like(self, job: Job, kind: str) -> list[Measure]:
        """Return what was measured of jobs like one, whose work is of a `kind`; the likest alone.

        They are of its rule, data set and network; of these, if there are any, those of its own
        generator or classifier.
        """
        found = self._of.get((job.rule, *job.dataset, kind), [])
        named = [measure for measure in found if _names(measure.job) == _names(job)]
        return named or found

    def pace(self, job: Job, sizes: Sizes, kind: str, fewest: bool = False) -> Pace | None:
        """Return how a job goes by what was measured, None where its steps were not.

        Raises NotKnownError where it is not known how many it takes.
        """
        return _middle(self._paces(job, sizes, kind, fewest))

    def forecast(self, job: Job, sizes: Sizes, kind: str) -> Forecast | None:
        """Return the seconds of a job, all epochs likely to be taken; None and errors as `pace`."""
        most = [pace.seconds for pace in self._paces(job, sizes, kind)]
        if not most:
            return None
        least = [pace.seconds for pace in self._paces(job, sizes, kind, fewest=True)]
        return Forecast(min(least), median(most), max(most), f"{len(most)} rehearsed")

    def ram_mb(self, job: Job, kind: str) -> float | None:
        """Return the most memory of the machine that a job like this held."""
        found = (measure.ram_mb for measure in self.like(job, kind) if measure.ram_mb)
        return max(found, default=None)

    def gpu_mb(self, job: Job, kind: str) -> float | None:
        """Return the most memory of a GPU that a job like this held."""
        found = (measure.gpu_mb for measure in self.like(job, kind) if measure.gpu_mb)
        return max(found, default=None)

    def kept_bytes(self, job: Job, kind: str) -> float | None:
        """Return the bytes of a job's files, None where they grow with the images."""
        if job.rule in _PER_IMAGE:
            return None
        found = [measure.size for measure in self.like(job, kind)]
        return median(found) if found else None

    def _paces(self, job: Job, sizes: Sizes, kind: str, fewest: bool = False) -> list[Pace]:
        measures = [measure for measure in self.like(job, kind) if measure.steps]
        # there may be hundreds of measures, and what is asked is long to count
        drawn = {measure.drawn for measure in measures}
        asked = {images: steps(job, sizes, images, fewest) for images in drawn}
        pairs = [(measure, asked[measure.drawn]) for measure in measures]
        found = [(measure, kinds) for measure, kinds in pairs if _is_timed(measure, kinds)]
        near = [(measure, kinds) for measure, kinds in found if _is_alike(measure.own, kinds)]
        warm = [(measure, kinds) for measure, kinds in near or found if measure.is_warm]
        return [pace_of(measure, kinds) for measure, kinds in warm or near or found]


def pace_of(measure: Measure, asked: Kinds) -> Pace:
    """Return how a job with the steps `asked` goes by one that was measured."""
    timed = {
        kind: (needed.count, told["seconds"] * _times(needed, told, measure.own.get(kind)))
        for kind, needed in asked.items()
        if (told := measure.steps.get(kind))
    }
    longest = max(timed.values(), key=lambda found: found[0] * found[1], default=(0.0, 0.0))
    within = sum(count * seconds for count, seconds in timed.values())
    return Pace(measure.start + within, measure.start, *longest)


def _times(asked: Steps, told: Mapping[str, Any], own: Steps | None) -> float:
    """Return how many times as much a step is as that which was measured."""
    if not (own and own.macs and asked.macs):
        return asked.images / max(1, told["images"])
    return _weight(asked.images * asked.macs) / _weight(told["images"] * own.macs)


def _weight(macs: float) -> float:
    return OF_A_STEP + SECONDS[MACS] * macs


def _is_timed(measure: Measure, asked: Kinds) -> bool:
    """Return whether the steps that make a job long were measured: not every generator does so."""
    needed = {kind for kind, each in asked.items() if each.count}
    if len(needed) > 1:
        needed -= {DRAWING}  # of a training, the few that are looked at
    return bool(needed) and needed <= set(measure.steps)


def _is_alike(own: Kinds, asked: Kinds) -> bool:
    """Return whether what is learned from at a time is as much as where it was measured."""
    return all(
        kind in own and (own[kind].images, own[kind].macs) == (needed.images, needed.macs)
        for kind, needed in asked.items()
        if kind in (STEP, AUTOENCODING)
    )


def _middle(paces: Sequence[Pace]) -> Pace | None:
    ordered = sorted(paces, key=lambda pace: pace.seconds)
    return ordered[(len(ordered) - 1) // 2] if ordered else None


def _names(job: Job) -> tuple[str | None, ...]:
    return tuple(job.wildcards.get(name) for name in _NAMES)
