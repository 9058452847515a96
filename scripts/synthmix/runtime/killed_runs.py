"""Runs that were killed, and Snakemake's lock of the folder, which they leave behind.

Snakemake can't know whether the process that made its lock still lives, so each run also keeps a
file of its own locked: that lock ends with the process, however it ends.
"""

import atexit
import os
import re
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from synthmix.files import lock

_RUNS = "synthmix_runs"
# of a run whose jobs may go on without it, on the nodes of a cluster
_ELSEWHERE = ".elsewhere"

# what stands for this process
_own: Path | None = None


def take_over(folder: str | Path) -> bool:
    """Say that a run is at work, until this process ends, in Snakemake's `folder`, .snakemake.

    Returns whether Snakemake's lock was removed: where a run was killed and no other is at work.
    It stays where that can't be known, as of a run on another machine or of jobs on a cluster.
    """
    runs, locks = Path(folder) / _RUNS, Path(folder) / "locks"
    try:
        _present(runs)
        others = [file for file in runs.iterdir() if file.name != _own.name]
        dead = [file for file in others if _is_dead(file)]
        locked = locks.is_dir() and any(locks.iterdir())
        if locked and any(file not in dead or file.name.endswith(_ELSEWHERE) for file in others):
            return False
        if dead:
            shutil.rmtree(locks, ignore_errors=True)
        for file in dead:
            file.unlink(missing_ok=True)
    except OSError:  # a folder that can't be written, or a full disk: Snakemake says so itself
        return False
    return locked and bool(dead)


def jobs_run_elsewhere() -> None:
    """Have Snakemake's lock stay if this process is killed: its jobs need not end with it."""
    global _own
    if _own is not None:
        with suppress(OSError):
            _own = _own.rename(_own.with_name(_own.name + _ELSEWHERE))


def _present(runs: Path) -> None:
    """Make the file that stands for this process, locked as long as it lives."""
    global _own
    runs.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_here(), dir=runs)
    _own = Path(name)
    atexit.register(_leave, os.getpid())
    lock(handle)


def _leave(process: int) -> None:
    if os.getpid() == process and _own is not None:  # not of a process that was forked
        _own.unlink(missing_ok=True)


def _is_dead(run: Path) -> bool:
    """Return whether what `run` stands for was a process of this machine, and has ended."""
    # after its name what makes it unique: another machine's may begin with that of this one
    if not re.fullmatch(rf"{re.escape(_here())}\w{{8}}({re.escape(_ELSEWHERE)})?", run.name):
        return False
    with suppress(FileNotFoundError), run.open("r+b") as file:
        return lock(file.fileno()) is True
    return True


def _here() -> str:
    return f"{socket.gethostname()}-"
