"""What every script does around its work: logging, reproducible torch, errors for people."""

import errno
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synthmix.errors import UserError
from synthmix.leakage import NONE, leakage_of_job
from synthmix.runtime.gpu_benchmark import gpu_benchmark
from synthmix.runtime.interruption import JobStoppedError, heard, requeue
from synthmix.runtime.memory import shortage_explained

LOGGER = logging.getLogger("synthmix")
_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def job(snakemake: Any, finish_epoch: bool = False) -> Iterator[None]:
    """Run the body of a script: log to the rule's log file, end with a message the user can use.

    A `UserError`, a full disk or want of memory ends the script with code 1 and its message, in the
    log and on standard error; any other error is a bug and keeps its traceback, in both places too.
    Figures of the body are marked by the parameter `leakage` of the rule, where it has one. SIGTERM
    and Ctrl-C end the body in order, with code 1; with `finish_epoch` a training keeps its state
    first. What it took of a GPU is written beside its benchmark.
    """
    log = Path(snakemake.log[0])
    leakage = snakemake.params.get("leakage", NONE)
    try:
        _start_logging(log)
        with (
            leakage_of_job(leakage),
            heard(finish_epoch),
            shortage_explained(),
            gpu_benchmark(log),
        ):
            yield
    except UserError as error:
        _stop(str(error))
    except JobStoppedError as error:
        _stop(f"Stopped {error}. {_after(error, finish_epoch)}")
    except Exception as error:
        full = _full_disk(error)
        if full is None:
            LOGGER.exception("unexpected error")
            raise
        _stop(f"The disk is full ({full}). Free some space and run the same command again.")


class _LogFile(logging.FileHandler):
    """A log that goes without what a full disk does not take: outputs are what a job fails by."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        if _full_disk(sys.exception()) is None:
            super().handleError(record)


def training_of_job(snakemake: Any) -> tuple[Path, str]:
    """Return the folder of a training's data set, or split, and what tells it from others there.

    Its log has both: results/<scale>/<study>/<data set>/logs/<rule>/<name, in several parts>, and
    of later splits and of folds their folders before logs.
    """
    parts = Path(snakemake.log[0]).with_suffix("").parts
    place = parts.index("logs", 4)
    return Path(*parts[:place]), "-".join(parts[place + 2 :])


def job_by_name(snakemake: Any) -> tuple[Path, str]:
    """Return the folder of a job's data set, and what tells it from all others there."""
    parts = Path(snakemake.log[0]).with_suffix("").parts
    return Path(*parts[:4]), "-".join(parts[5:])


def _start_logging(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    handler = _LogFile(log, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    LOGGER.addHandler(handler)
    # what changes what a result means is not for those alone who read logs
    screen = logging.StreamHandler()
    screen.setLevel(logging.WARNING)
    screen.addFilter(lambda record: record.levelno == logging.WARNING)
    screen.setFormatter(logging.Formatter("synthmix: %(message)s"))
    LOGGER.addHandler(screen)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False


def _full_disk(error: BaseException | None) -> str | None:
    """Return what says that the disk is full, of an error and those it comes from; else None."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return str(error)
        # safetensors has no errno, only how Rust words it
        if any(f"(os error {number})" in str(error) for number in _FULL):
            return str(error)
        error = error.__cause__ or error.__context__
    return None


def _after(error: JobStoppedError, finish_epoch: bool) -> str:
    """Return what becomes of a job that was stopped; have SLURM start it again if nobody will."""
    if error.again and requeue():
        return "Its state is kept: SLURM starts it again, and it goes on from there."
    kept = "What it kept of its state is taken up" if finish_epoch else "It starts anew"
    return f"{kept} when the same command is run again."


def _stop(message: str) -> None:
    LOGGER.error(message)
    print(f"\nsynthmix: {message}\n", file=sys.stderr)
    sys.exit(1)
