"""Which of this machine's GPUs a job takes: one that no other job has, while there is one.

A lease is a lock on a file, which the system gives back however the job ends. It is for the jobs
of all runs and all users of the machine; other programs know nothing of it. Nobody waits: where no
GPU is free jobs share. To be asked before CUDA is, which looks at its environment once.
"""

import fcntl
import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

LOGGER = logging.getLogger(__name__)

VISIBLE = "CUDA_VISIBLE_DEVICES"
# not tempfile's, which TMPDIR moves: all jobs must see the same
LOCKS = Path("/tmp")
# seconds to wait for another job to choose; it needs milliseconds, unless somebody has stopped it
CHOICE_WAIT = 10.0

# the locks of this process: open files, closed by the system when it ends
_held: list[int] = []


def lease(devices: int) -> None:
    """Have this process, and those it starts, see `devices` GPUs that no other job has.

    Where fewer are free it shares those that have the fewest jobs, and says so; where there are
    fewer it has all. Nothing is changed where no GPU is known, where SLURM has given the job no
    more than it asks for, and where this process has taken some before.
    """
    cards = visible_cards()
    if _held or not cards or _given_by_slurm(cards, devices):
        return
    try:
        with _choosing():
            jobs = {name: _jobs_on(uuid) for name, uuid in cards.items()}
            taken = sorted(cards, key=jobs.__getitem__)[:devices]
            _held.extend(_join(cards[name]) for name in taken)
    except OSError as error:
        LOGGER.info("no GPU is chosen, %s: jobs may share one while another is free", error)
        return
    os.environ[VISIBLE] = ",".join(taken)
    LOGGER.info("taken while this job runs: %s=%s", VISIBLE, os.environ[VISIBLE])
    if shared := [name for name in taken if jobs[name]]:
        LOGGER.info(
            "shared with other jobs, which had all %d GPUs already: %s; "
            "with --resources gpu=%d the jobs of one run take turns",
            *(len(cards), ",".join(shared), len(cards)),
        )


def visible_cards() -> dict[str, str]:
    """Return the UUIDs of the GPUs that a job may take, by what CUDA_VISIBLE_DEVICES calls them.

    Those that the variable names, where it is set: as numbers, UUIDs or beginnings of UUIDs. None
    are known without NVIDIA's nvidia-smi, which asks the driver and leaves CUDA alone.
    """
    there = _uuids()
    named = os.environ.get(VISIBLE)
    if named is None:
        return {uuid: uuid for uuid in there}
    cards = {}
    for name in named.split(","):
        uuid = _uuid_of(name.strip(), there)
        if uuid is None:  # CUDA too looks no further than a name it does not know
            break
        cards[name.strip()] = uuid
    return cards


def _uuids() -> list[str]:
    if shutil.which("nvidia-smi") is None:
        return []
    asked = subprocess.run(
        ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"],
        capture_output=True,
        text=True,
        check=False,
    )
    # without a driver it says why in the place of a table
    return asked.stdout.split() if asked.returncode == 0 else []


def _uuid_of(name: str, there: list[str]) -> str | None:
    # CUDA may number cards of several kinds in another order: then two jobs lock the wrong ones
    # of them, but neither leaves those that it was told to take
    if name.isdecimal():
        return there[int(name)] if int(name) < len(there) else None
    if name.startswith("MIG-"):
        return name
    matches = (uuid for uuid in there if uuid.startswith(name))
    return next(matches, None) if name.startswith("GPU-") else None


def _given_by_slurm(cards: Mapping[str, str], devices: int) -> bool:
    """Return whether SLURM has chosen; within a larger allocation the jobs of a run still do.

    Of its variables for GPUs this one alone reaches the jobs of Snakemake's plugin.
    """
    return "SLURM_JOB_ID" in os.environ and VISIBLE in os.environ and len(cards) <= devices


@contextmanager
def _choosing() -> Iterator[None]:
    """Keep other jobs from choosing meanwhile: two might take the same."""
    turn = _open(LOCKS / "synthmix-gpu")
    try:
        end = time.monotonic() + CHOICE_WAIT
        while not _lock(turn) and time.monotonic() < end:
            time.sleep(0.05)
        yield
    finally:
        os.close(turn)


def _jobs_on(uuid: str) -> int:
    """Return how many jobs have a GPU: one for each locked file of its."""
    locked = 0
    for path in LOCKS.glob(f"synthmix-{uuid}.*"):
        file = _open(path)
        locked += not _lock(file)
        os.close(file)
    return locked


def _join(uuid: str) -> int:
    """Lock a file of a GPU that no other job has locked; return it, open."""
    number = 0
    while not _lock(file := _open(LOCKS / f"synthmix-{uuid}.{number}")):
        os.close(file)
        number += 1
    return file


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int:
    """Open a file that may be another user's: where all write, Linux lets nobody create those."""
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        pass
    try:
        file = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_EXCL)
    except FileExistsError:
        return os.open(path, os.O_RDONLY)
    os.fchmod(file, 0o444)  # whatever the umask says
    return file
