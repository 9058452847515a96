"""Being asked to stop: by a scheduler, by Ctrl-C, or by a time limit that comes near.

A job that only computes what it can compute again stops at once. A training goes on to the end of
its epoch, keeps its state and stops then (see `synthmix.runtime.checkpoint`), unless that takes
longer than a scheduler waits before it kills.
"""

import ctypes
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

LOGGER = logging.getLogger(__name__)

# SLURM's KillWait, the time from SIGTERM to SIGKILL, is 30 s where nobody has changed it
GRACE = 20.0
# seconds to keep a state and to end before a time limit, beside the length of an epoch
MARGIN = 60.0
SIGNALS = (signal.SIGTERM, signal.SIGINT)

# of SLURM: [[days-]hours:]minutes:seconds
_DURATION = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)")

# of <sys/prctl.h>
_PR_SET_PDEATHSIG = 1

# why the training of this process has to stop; signals come to a process as a whole
_asked: str | None = None


class JobStoppedError(Exception):
    """The job was asked to stop, and has stopped; the message says why and what is kept.

    `again` says that the job itself is to see to its being started again: nobody else will.
    """

    def __init__(self, message: str, again: bool = False) -> None:
        """Make it of a `message` for people."""
        super().__init__(message)
        self.again = again


@contextmanager
def heard(finish_epoch: bool) -> Iterator[None]:
    """Hear of SIGTERM and Ctrl-C within the block, which has to be in the main thread.

    Linux sends SIGTERM also when the process that has started this one, Snakemake, is killed.
    With `finish_epoch` `request` tells of them, and the block is given `GRACE` seconds to end.
    Otherwise, and after that, `JobStoppedError` is raised wherever it is: it is left in order, and
    what it was writing is removed.
    """
    global _asked
    handler = _note if finish_epoch else _raise
    before = {number: signal.signal(number, handler) for number in SIGNALS}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, _raise)
    _end_with_parent(signal.SIGTERM)
    try:
        yield
    finally:
        _end_with_parent(0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, old in before.items():
            signal.signal(number, old)
        _asked = None


def request(needed: float) -> JobStoppedError | None:
    """Return what a training has to stop by, None where it may go on for `needed` seconds."""
    if _asked:
        return JobStoppedError(_asked)
    left = seconds_left()
    if left is None or left > needed + MARGIN:
        return None
    return JobStoppedError(f"{max(left, 0):.0f} s before its time limit", again=True)


def seconds_left() -> float | None:
    """Return the seconds until SLURM ends this job, None where there is no such limit."""
    end = _end_of_job(os.environ.get("SLURM_JOB_ID"), os.environ.get("SLURM_JOB_END_TIME"))
    return None if end is None else end - time.time()


@cache
def _end_of_job(job: str | None, end: str | None) -> float | None:
    """Return when SLURM ends its `job`, in seconds of `time.time`; `end` is what it says itself."""
    if end and end.isdecimal():
        return float(end)
    if job is None or shutil.which("squeue") is None:
        return None
    # SLURM before 23.02 does not say so to its jobs
    asked = subprocess.run(
        ["squeue", "--noheader", "--job", job, "--format", "%L"],
        capture_output=True,
        text=True,
        check=False,
    )
    left = _DURATION.fullmatch(asked.stdout.strip())
    if left is None:  # UNLIMITED, or no answer
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in left.groups())
    return time.time() + ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def requeue() -> bool:
    """Have SLURM end this job and start it anew; return whether it will."""
    job = os.environ.get("SLURM_JOB_ID")
    if job is None or shutil.which("scontrol") is None:
        return False
    done = subprocess.run(["scontrol", "requeue", job], capture_output=True, text=True, check=False)
    if done.returncode:
        LOGGER.warning("SLURM does not start this job again: %s", done.stderr.strip())
    return done.returncode == 0


def _end_with_parent(number: int) -> None:
    """Have Linux send this process the signal `number` when its parent ends; none if 0."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def _note(number: int, _frame: Any) -> None:
    global _asked
    # a scheduler may send several of its own, a person sends a second one who does not want to wait
    if _asked and number == signal.SIGINT:
        _raise(number, None)
    if not _asked:
        _asked = _said(number)
        signal.setitimer(signal.ITIMER_REAL, GRACE)


def _raise(number: int, _frame: Any) -> None:
    if number == signal.SIGALRM:
        raise JobStoppedError(f"{_asked}, and its epoch did not end within {GRACE:.0f} s of that")
    raise JobStoppedError(_said(number))


def _said(number: int) -> str:
    return f"by {signal.Signals(number).name}"
