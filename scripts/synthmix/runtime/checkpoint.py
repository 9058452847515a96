"""Keeping the state of a training, so that a killed job goes on where it was."""

import gc
import hashlib
import json
import logging
import pickle
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import torch

from synthmix.errors import UserError
from synthmix.files import fingerprint, remove_leftovers, write_beside, write_text
from synthmix.runtime.interruption import GRACE, JobStoppedError, request
from synthmix.runtime.jobs import job_by_name, training_of_job

LOGGER = logging.getLogger(__name__)


class PausedError(Exception):
    """A training has kept its state, to be taken up again at once: a rehearsal proves that."""


class Checkpoint:
    """The state of one training in a file of its own.

    The file must not be a declared output of the job: Snakemake removes those when a job fails.
    A state is only taken up again by a training with the same `identity`, so a checkpoint of
    other settings, other data or other code is never continued.
    """

    def __init__(
        self, path: str | Path, identity: str, every_seconds: float, pauses: bool = False
    ) -> None:
        """Keep a state at `path` at most `every_seconds` old, counted from now.

        One that `pauses` breaks the training off, once, when it has kept the first.
        """
        self.pauses = pauses
        self.path = Path(path)
        self.identity = identity
        self.every_seconds = every_seconds
        self._saved_at = self._asked_at = time.monotonic()
        self._longest_epoch = 0.0

    @classmethod
    def of_job(cls, snakemake: Any, device: torch.device, by_rule: bool = False) -> Self:
        """Return the checkpoint of a training job, in the folder `checkpoints` of its data set.

        That of another job, which keeps no state there, is called by its rule too (`by_rule`).

        The identity is made of all parameters of the job, the digest of its code among them, of
        its input files, and of the kind of device and number of threads: results depend on them.
        """
        params = dict(snakemake.params.items())
        where = {"device": device.type, "threads": torch.get_num_threads()}
        identity = training_identity(params | where, list(snakemake.input))
        folder, name = job_by_name(snakemake) if by_rule else training_of_job(snakemake)
        path = folder / "checkpoints" / f"{name}.pt"
        pauses = params.get("pauses", False)
        return cls(path, identity, snakemake.config["checkpoint_seconds"], pauses)

    def load(self) -> dict[str, Any] | None:
        """Return the kept state on the CPU, or None when there is none for this training.

        Nothing but tensors and plain values is read, no code ever. A file that is broken is warned
        of and counts as none. Raises UserError, MemoryError or JobStoppedError where the file may
        be whole: it would be written over.
        """
        if not self.path.exists():
            return None
        try:
            kept = torch.load(self.path, map_location="cpu", weights_only=True)
            identity, state, longest = kept["identity"], kept["state"], kept["longest_epoch"]
        except OSError as error:
            raise UserError(
                f"{self.path} can't be read ({error}): run the same command again, or remove the "
                f"file to start anew"
            ) from error
        except (MemoryError, JobStoppedError):
            raise
        except pickle.UnpicklingError:
            # torch's own message advises to read such a file all the same
            LOGGER.warning(
                "%s is damaged or refers to code, and none of it was run: starting anew", self.path
            )
            return None
        except Exception as error:  # a broken file fails in any way
            reason = str(error).partition("\n")[0]
            LOGGER.warning(
                "%s can't be read (%s: %s): starting anew", self.path, type(error).__name__, reason
            )
            return None
        if identity != self.identity:
            LOGGER.info("%s belongs to other settings, data or code: starting anew", self.path)
            return None
        self._longest_epoch = longest
        return state

    def save_if_due(self, state: Callable[[], dict[str, Any]]) -> None:
        """Keep what `state` returns (tensors, numbers, text, lists and dicts) when it is time.

        To be called after each epoch. It is time where the kept state would be too old by the end
        of the next epoch, if that takes as long as this one, and where an epoch takes longer than
        a job is given to stop. Raises JobStoppedError, with the state kept, when it has to stop:
        before a time limit, where an epoch as long as the longest might not fit. Raises
        PausedError, once, where it pauses.
        """
        now = time.monotonic()
        epoch, self._asked_at = now - self._asked_at, now
        # the next one may have more to do than this: score a snapshot, draw images
        self._longest_epoch = max(self._longest_epoch, epoch)
        interrupted = request(self._longest_epoch)
        old = now - self._saved_at + epoch > self.every_seconds
        if not (old or epoch > GRACE or interrupted or self.pauses):
            return
        # by a path alone torch does not say that the disk is full
        kept = {"identity": self.identity, "longest_epoch": self._longest_epoch, "state": state()}
        with write_beside(self.path) as temporary, temporary.open("wb") as file:
            torch.save(kept, file)
        self._saved_at = time.monotonic()
        if interrupted:
            raise interrupted
        if self.pauses:
            self.pauses = False
            raise PausedError

    def resumed(self, train: Callable[[], None]) -> None:
        """Call `train`, and once more where this has broken it off."""
        try:
            train()
            return
        except PausedError:
            LOGGER.info("broken off with its state kept, and taken up again: a rehearsal")
        # not within the exception, which holds all that the first part had; networks are in cycles
        gc.collect()
        train()

    def note_parts(self, parts: int) -> None:
        """Note, beside the state, in how many parts the next attempt is to take its batches."""
        note = {"identity": self.identity, "parts": parts}
        write_text(self._parts_path(), json.dumps(note) + "\n")

    def noted_parts(self) -> int | None:
        """Return what was noted for this training last, or None; a broken note counts as none."""
        try:
            note = json.loads(self._parts_path().read_text(encoding="utf-8"))
            return int(note["parts"]) if note["identity"] == self.identity else None
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def remove(self) -> None:
        """Forget the state and the note: the training is done and its outputs are written."""
        self.path.unlink(missing_ok=True)
        self._parts_path().unlink(missing_ok=True)
        remove_leftovers(self.path)
        remove_leftovers(self._parts_path())

    def _parts_path(self) -> Path:
        return self.path.with_suffix(".parts.json")


def training_identity(settings: Mapping[str, Any], files: list[str | Path]) -> str:
    """Return what tells one training from another: its settings and the files it reads."""
    states = [fingerprint(file) for file in files]
    text = json.dumps([settings, states], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
