"""Keeping a job on a CPU below a bound of memory: it starts anew with batches in more parts.

Memory of a machine does not run out as that of a GPU does: it slows down, or ends what it likes. So
a thread looks at what this process holds; beyond the bound it notes what the next attempt is to do
and replaces the process by a new one of the same job, in which nothing of the first is left.
(A limit of the system that makes allocations fail is no way to do it: oneDNN remembers that it
could not make a layer, and fails from then on.)
"""

import json
import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from synthmix.errors import UserError
from synthmix.files import write_text
from synthmix.runtime import pace
from synthmix.runtime.checkpoint import Checkpoint
from synthmix.runtime.devices import set_up_torch
from synthmix.runtime.memory_free import GB, bound_of, held

LOGGER = logging.getLogger(__name__)

FEWEST = "a part has two images at the least"
LOOK_EVERY = 0.02  # seconds, in which a process can take some ten MB more
OF_TRAININGS = (
    "lower image_size (input_size of a classifier), the network's width or batch_size, raise "
    "rehearsal_memory_gb, or run fewer jobs at once"
)
OF_OTHERS = (
    "lower image_size (input_size of a classifier) or the network's width, raise "
    "rehearsal_memory_gb, or run fewer jobs at once"
)


@dataclass
class _Now:
    """What the job has come to."""

    parts: int | None = None  # that its batches are in, None where there is none
    more: int | None = None  # that they can be in, None where in no more
    why: str = ""  # they can be in no more


_now = _Now()
_noted = 1  # parts that an attempt before has asked for
_set = False


def is_set() -> bool:
    """Return whether this process has a bound."""
    return _set


@contextmanager
def kept_below(
    gigabytes: float | None, checkpoint: Checkpoint, devices: int = 1, advice: str = OF_TRAININGS
) -> Iterator[None]:
    """Run the job of `checkpoint` in the block with no more than `gigabytes` of memory.

    Of several processes each has its share. Where it takes more the process is replaced by one of
    the same program and arguments. Raises UserError, with `advice`, where the one before could do
    with no more parts. Files that are mapped do not count: the system needs no room for them.
    """
    if gigabytes is None or held() is None:
        yield
        return
    _end_if_beyond(checkpoint, gigabytes, advice)
    global _now, _noted, _set
    _now, over, _set = _Now(), threading.Event(), True
    _noted = checkpoint.noted_parts() or 1
    what = (gigabytes, gigabytes * GB / devices, checkpoint, over)
    threading.Thread(target=_watch, args=what, daemon=True).start()
    try:
        yield
    finally:
        over.set()
        _set = False


@contextmanager
def device_of_job(snakemake: Any) -> Iterator[torch.device]:
    """Give the device of a job that keeps no state, and its memory's bound where there is one.

    Its batches are to go by `part_of`.
    """
    device = set_up_torch(snakemake.config)
    gigabytes = asked_of(snakemake.config, device.type)
    if gigabytes is None:
        yield device
        return
    checkpoint = Checkpoint.of_job(snakemake, device, by_rule=True)
    with kept_below(gigabytes, checkpoint, advice=OF_OTHERS):
        pace.taken_in(_noted)
        if _noted > 1:
            LOGGER.warning(
                "batches in %d parts: an attempt before ran out of its share of memory", _noted
            )
        yield device
    checkpoint.remove()


def part_of(images: int) -> int:
    """Return how many of a batch of `images` are worked through at a time from here on.

    All of them where there is no bound, or nothing has gone beyond it; two at the least.
    """
    if not _set:
        return images
    parts = max(1, min(_noted, images // 2))
    more = min(2 * _noted, images // 2)
    take_parts(_noted, more if more > parts else None, FEWEST)
    return -(-images // parts)


def take_parts(parts: int, more: int | None, why: str) -> None:
    """Say that batches are taken in so many `parts` from here on, and can be in `more`.

    `why` is what keeps them from being in ever more, as `as_taken` tells it.
    """
    global _now
    _now = _Now(parts, more, why)


def as_taken(parts: int, why: str) -> str:
    """Return how batches are taken that can be in no more parts, for a message."""
    return f"{f'batches in {parts} parts' if parts > 1 else 'whole batches'} ({why})"


def asked_of(config: Mapping[str, Any], device: str) -> float | None:
    """Return the GB that a job of a run may take by its `config`; None where there is no bound.

    There is one at scale rehearsal and on a CPU alone: a GPU has one of its own.
    """
    return bound_of(config) if device == "cpu" else None


def _watch(gigabytes: float, limit: float, checkpoint: Checkpoint, over: threading.Event) -> None:
    most = 0
    while not over.wait(LOOK_EVERY):
        most = max(most, held())
        if most > limit:
            _begin_anew(gigabytes, most, checkpoint)


def _begin_anew(gigabytes: float, held: int, checkpoint: Checkpoint) -> None:
    """Replace this process; what it has learned since its last checkpoint is lost."""
    now = _now
    if now.more is not None:
        checkpoint.note_parts(now.more)
        LOGGER.info("more than %g GB with batches in %d part(s)", gigabytes, now.parts)
    else:
        note = {"identity": checkpoint.identity, "gigabytes": gigabytes}
        told = {"held": held / GB, "parts": now.parts, "why": now.why}
        write_text(_beyond(checkpoint), json.dumps(note | told) + "\n")
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, sys.orig_argv)


def _end_if_beyond(checkpoint: Checkpoint, gigabytes: float, advice: str) -> None:
    path = _beyond(checkpoint)
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    path.unlink(missing_ok=True)  # the next attempt may have more
    if (note["identity"], note["gigabytes"]) != (checkpoint.identity, gigabytes):
        return
    parts = note["parts"]
    when = f"with {as_taken(parts, note['why'])}" if parts else "outside of its batches"
    raise UserError(
        f"the job needs more than {note['held']:.1f} GB {when}, and rehearsal_memory_gb allows "
        f"{gigabytes:g}: {advice}"
    )


def _beyond(checkpoint: Checkpoint) -> Path:
    return checkpoint.path.with_suffix(".beyond.json")
