"""How long the steps of a job take and how much memory: a small file beside its benchmark.

Loops over batches go through `each`, so that all networks are measured alike. Nothing of it
changes a result, and nothing of it is asked for by one.
"""

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

Batch = TypeVar("Batch")

STEP, JUDGING = "step", "judging"
AUTOENCODING, DRAWING, DISTANCE = "autoencoder step", "drawing", "distance"
FEATURES, PREDICTING = "features", "predicting"


@dataclass
class Sometimes:
    """What comes with one step of so many (`every`): how often it came, and its seconds."""

    every: int
    times: int = 0
    seconds: float = 0.0
    in_first: float = 0.0  # seconds of it that the first step has, which is left out


@dataclass
class Steps:
    """The steps of one kind. The first one, which warms up, is kept apart."""

    images: int = 0  # of the largest batch
    first: float | None = None
    later: int = 0
    seconds: float = 0.0  # of the later ones, with what comes sometimes
    sometimes: dict[str, Sometimes] = field(default_factory=dict)

    @property
    def steady(self) -> float:
        """Seconds of a step without what comes sometimes: the mean of all but the first.

        Of the first alone where there is no other.
        """
        within = sum(found.seconds - found.in_first for found in self.sometimes.values())
        if self.later:
            return max(0.0, self.seconds - within) / self.later
        alone = sum(found.in_first for found in self.sometimes.values())
        return max(0.0, (self.first or 0.0) - alone)

    @property
    def mean(self) -> float:
        """Seconds of a step of a long training, with its share of what comes sometimes."""
        extra = (found.seconds / found.times / found.every for found in self.sometimes.values())
        return self.steady + sum(extra)

    def record(self) -> dict[str, Any]:
        """Return what the file says of these steps."""
        sometimes = {
            name: {
                "every": found.every,
                "times": found.times,
                "seconds": round(found.seconds / found.times, 6),
            }
            for name, found in self.sometimes.items()
        }
        return {
            "images": self.images,
            "first_seconds": round(self.first or 0.0, 6),
            "steady_steps": self.later,
            "steady_seconds": round(self.steady, 6),
            "sometimes": sometimes,
            "seconds": round(self.mean, 6),
        }


@dataclass
class Pace:
    """What is known of the steps of this process, by their kind."""

    kinds: dict[str, Steps] = field(default_factory=dict)
    parts: int = 1
    now: Steps | None = None  # the kind of the step that is being taken


_pace = Pace()


def each(batches: Iterable[Batch], kind: str = STEP, images: int | None = None) -> Iterator[Batch]:
    """Give the batches one after another; what is done with each of them is one step of `kind`.

    `images` is how many a step takes, where that is not the length of the batch.
    """
    steps = _pace.kinds.setdefault(kind, Steps())
    start = time.perf_counter()
    for batch in batches:
        _pace.now = steps
        yield batch
        steps.images = max(steps.images, len(batch) if images is None else images)
        if steps.first is None:
            _wait_for_gpu()
            steps.first = time.perf_counter() - start
        else:
            steps.later += 1
            steps.seconds += time.perf_counter() - start
        start = time.perf_counter()
    _pace.now = None
    if steps.later:
        _wait_for_gpu()  # it may be some steps behind
        steps.seconds += time.perf_counter() - start


@contextmanager
def alone(kind: str) -> Iterator[None]:
    """Measure the block, which is no loop, as one step of `kind`."""
    for _ in each([None], kind, images=1):
        yield


@contextmanager
def sometimes(name: str, every: int) -> Iterator[None]:
    """Measure apart, within a step, what only one step of so many has."""
    steps = _pace.now
    if steps is None:
        yield
        return
    _wait_for_gpu()
    start = time.perf_counter()
    yield
    _wait_for_gpu()
    seconds = time.perf_counter() - start
    found = steps.sometimes.setdefault(name, Sometimes(every))
    found.times += 1
    found.seconds += seconds
    if steps.first is None:
        found.in_first += seconds


def taken_in(parts: int) -> None:
    """Note in how many parts batches are taken."""
    _pace.parts = parts


def begin() -> None:
    """Forget the steps before, and the most memory that was held."""
    global _pace
    _pace = Pace()
    _forget_peak()


def told() -> dict[str, Any]:
    """Return what is known: `steps` by kind, `parts` of a batch, `peak_ram_mb`, GPU and its peak.

    Of a step: images, seconds (of a long training's, on average), steady_seconds (without what
    comes sometimes), steady_steps (that these are the mean of; 0: of the first alone),
    first_seconds, and what comes sometimes: every so many steps, its seconds. Memory is in MiB;
    that of the machine counts what is mapped from files too.
    """
    torch = sys.modules.get("torch")
    on_gpu = torch is not None and torch.cuda.is_initialized()
    return {
        "steps": {kind: steps.record() for kind, steps in _pace.kinds.items() if steps.first},
        "parts": _pace.parts,
        "peak_ram_mb": round(peak_ram() / 2**20, 1),
        "gpu": torch.cuda.get_device_name() if on_gpu else None,
        "peak_gpu_mb": round(torch.cuda.max_memory_reserved() / 2**20, 1) if on_gpu else None,
    }


@contextmanager
def pace_of_job(snakemake: Any) -> Iterator[None]:
    """Measure the job in the block; where it ends without an error, write what is `told`.

    The file lies beside the benchmark of the job, as `<name>.steps.json`. Of a training on several
    devices it is about the first process. A file of an earlier attempt is removed.
    """
    log = str(snakemake.log[0])
    path = Path(re.sub(r"(.*)/logs/", r"\1/benchmarks/", log, count=1)).with_suffix(".steps.json")
    path.unlink(missing_ok=True)
    begin()
    yield
    from synthmix.files import write_text

    write_text(path, json.dumps(told(), indent=2) + "\n")


def peak_ram() -> int:
    """Return the most bytes of the machine's memory that this process has held at a time."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024
    except (OSError, TypeError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def _forget_peak() -> None:
    with suppress(OSError):  # else it is the most since the process began
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()


def _wait_for_gpu() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.synchronize()
