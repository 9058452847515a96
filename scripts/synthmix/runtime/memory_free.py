"""How much memory there is for a training. No torch here: it is asked when a run begins."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from synthmix.scales import REHEARSAL

SHARE = 0.75  # of the memory that is free
GB = 2**30
GROUPS = Path("/sys/fs/cgroup")


def bound_for(asked: float | None, at_once: int) -> float | None:
    """Return the GB that each of `at_once` trainings may take: `asked`, or of what is free.

    None where the system does not say what is free.
    """
    if asked is not None:
        return asked
    free = _free()
    return None if free is None else round(SHARE * free / GB / max(1, at_once), 2)


def bound_of(config: Mapping[str, Any]) -> float | None:
    """Return the GB that a job of a run may take on a CPU by its `config`; None without a bound.

    There is one at scale rehearsal alone.
    """
    return config.get("rehearsal_memory_gb") if config["scale"] == REHEARSAL else None


def held() -> int | None:
    """Return the bytes that this process holds, without mapped files; None if nothing says so."""
    try:
        resident, shared = Path("/proc/self/statm").read_text(encoding="utf-8").split()[1:3]
    except (OSError, ValueError):
        return None
    return (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")


def _free() -> int | None:
    """Return the bytes that are free on this machine, or in what it lets this process have."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return None
    return min([int(kilobytes) * 1024, *_left_of_groups()])


def _left_of_groups() -> Iterator[int]:
    """Give what control groups, as a cluster makes them for its jobs, leave of their limits."""
    try:
        text = Path("/proc/self/cgroup").read_text(encoding="utf-8")
    except OSError:
        return
    for line in text.splitlines():
        if line.startswith("0::"):
            yield from _left_of(line.removeprefix("0::"))


def _left_of(group: str) -> Iterator[int]:
    """Give what a group, and each that it is in, leaves of its limit, where it has one."""
    folder = GROUPS / group.lstrip("/")
    for path in (folder, *folder.parents):
        if not path.is_relative_to(GROUPS):
            return
        try:
            most = int((path / "memory.max").read_text(encoding="utf-8"))
            yield most - int((path / "memory.current").read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none is set: "max"
            continue
