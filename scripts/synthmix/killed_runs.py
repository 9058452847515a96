"""Runs that were killed, and Snakemake's lock of the folder, which they leave behind.

Snakemake can't know whether the process that made its lock still lives, so each run also keeps a
file of its own locked: that lock ends with the process, however it ends.
"""

import atexit
import os
import shutil
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from synthmix.files import lock

_RUNS = "synthmix_runs"


def take_over(folder: str | Path) -> bool:
    """Say that a run is at work, until this process ends, in Snakemake's `folder`, .snakemake.

    Returns whether Snakemake's lock was removed: where a run was killed and no other is at work.
    It stays where that can't be known, as of a run on another machine.
    """
    runs, locks = Path(folder) / _RUNS, Path(folder) / "locks"
    try:
        own = _present(runs)
        others = [file for file in runs.iterdir() if file.name != own.name]
        if not others or not all(_is_dead(file) for file in others):
            return False
        removed = locks.is_dir() and any(locks.iterdir())
        shutil.rmtree(locks, ignore_errors=True)
        for file in others:
            file.unlink(missing_ok=True)
    except OSError:  # a folder that can't be written, or a full disk: Snakemake says so itself
        return False
    return removed


def _present(runs: Path) -> Path:
    """Return the file that stands for this process, locked as long as it lives."""
    runs.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=_here(), dir=runs)
    atexit.register(_leave, Path(name), os.getpid())
    lock(handle)
    return Path(name)


def _leave(own: Path, process: int) -> None:
    if os.getpid() == process:  # not of a process that was forked
        own.unlink(missing_ok=True)


def _is_dead(run: Path) -> bool:
    """Return whether what `run` stands for was a process of this machine, and has ended."""
    if not run.name.startswith(_here()):
        return False
    with suppress(FileNotFoundError), run.open("rb") as file:
        return lock(file.fileno()) is True
    return True


def _here() -> str:
    return f"{socket.gethostname()}-"
