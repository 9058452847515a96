"""Trackers: looking on while a model trains, in TensorBoard, Weights & Biases or MLflow.

A tracker is told what a training finds and gives nothing back, so no result depends on it: this
package does not count among the code of a rule (see `synthmix.runtime.digest`).
"""

import importlib
import importlib.util
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from synthmix.errors import UserError
from synthmix.runtime.jobs import training_of_job

LOGGER = logging.getLogger(__name__)

# The class that speaks to each tracker; the package to install for it has the tracker's name.
BACKENDS = {
    "tensorboard": "synthmix.runtime.trackers.tensorboard:TensorBoard",
    "wandb": "synthmix.runtime.trackers.wandb:WeightsAndBiases",
    "mlflow": "synthmix.runtime.trackers.mlflow:MLflow",
}

# Two of them report their own use to their makers unless told not to; where is for users to say.
QUIET = {"WANDB_ERROR_REPORTING": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}


class Backend(Protocol):
    """What a tracker does with a run, from the first step that it is told of in this process."""

    def __init__(self, folder: Path, run_name: str, project: str, first_step: int) -> None:
        """Open the run `run_name`; forget its steps from `first_step` on, or never repeat them."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Keep `values` as those of `step`."""

    def log_image(self, name: str, image: np.ndarray, step: int) -> None:
        """Keep an `image` (H, W, C), uint8, as that of `step`."""

    def close(self, failed: bool) -> None:
        """Write what is left and end the run."""


class Tracker:
    """Where a training shows what it finds; this one shows it nowhere."""

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Show `values`, by name, as those of `step`: an epoch, counted from 1."""

    def log_image(self, name: str, image: np.ndarray, step: int) -> None:
        """Show an `image` (H, W, C), uint8, C 1 or 3, as that of `step`."""


NO_TRACKER = Tracker()


class BackendTracker(Tracker):
    """A tracker that is opened at the first step, and given up at its first error."""

    def __init__(self, kind: str, folder: Path, run_name: str, project: str) -> None:
        """Show the run `run_name` of `project` in a tracker of this `kind`; see `open_tracker`."""
        self.kind = kind
        self.run = (folder, run_name, project)
        self.backend: Backend | None = None
        self.given_up = False

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Show `values`; see `Tracker`."""
        plain = {name: float(value) for name, value in values.items()}
        self._attempt(lambda: self._opened(step).log(plain, step))

    def log_image(self, name: str, image: np.ndarray, step: int) -> None:
        """Show an `image`; see `Tracker`."""
        self._attempt(lambda: self._opened(step).log_image(name, image, step))

    def close(self, failed: bool) -> None:
        """End the run, where it was begun."""
        if self.backend is not None:
            self._attempt(lambda: self.backend.close(failed))

    def _opened(self, step: int) -> Backend:
        if self.backend is None:
            module, name = BACKENDS[self.kind].split(":")
            self.backend = getattr(importlib.import_module(module), name)(*self.run, step)
        return self.backend

    def _attempt(self, action: Callable[[], None]) -> None:
        if self.given_up:
            return
        try:
            action()
        except Exception as error:  # of any kind: no tracker is worth a training
            # not tried again: waiting for a server at every epoch would hold up the training
            self.given_up = True
            LOGGER.warning(
                "tracker %s failed and is left out; the training goes on: %s", self.kind, error
            )
            LOGGER.info("what tracker %s failed with", self.kind, exc_info=True)


@contextmanager
def open_tracker(
    kind: str, folder: str | Path, run_name: str, project: str = "synthmix"
) -> Iterator[Tracker]:
    """Yield a tracker of the `kind` none, tensorboard, wandb or mlflow, and end its run at last.

    Files lie in `folder`, which no other run has. A training that goes on after a kill opens the
    same run again, and shows each step once. Raises `UserError` when what it needs is not
    installed; any other error of a tracker is a warning, after which the block goes on without.
    """
    require_tracker(kind)
    if kind == "none":
        yield NO_TRACKER
        return
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    tracker = BackendTracker(kind, Path(folder), run_name, project)
    try:
        yield tracker
    except BaseException:
        tracker.close(failed=True)
        raise
    tracker.close(failed=False)


@contextmanager
def tracker_of_job(snakemake: Any) -> Iterator[Tracker]:
    """Yield the tracker that the configuration asks for, for a training job.

    Its files lie in `<data set, or split>/<tracker>/<run>`. The setting is no parameter of the
    rule, so a change of it reruns nothing.
    """
    kind, (folder, name) = snakemake.config["tracker"], training_of_job(snakemake)
    run_name = "/".join([*folder.parts[1:], name])  # without results/
    with open_tracker(kind, folder / kind / name, run_name) as tracker:
        yield tracker


def require_tracker(kind: str) -> None:
    """Raise `UserError` when the package that a tracker of this `kind` needs is not installed."""
    if kind == "none":
        return
    package = importlib.util.find_spec(kind)
    # a mere folder of that name, such as trackers leave behind, has no origin
    if package is None or package.origin is None:
        raise UserError(
            f"tracker: {kind}, but the package {kind} is not installed; install it into the "
            f"environment of the workflow (.venv/bin/python -m pip install {kind}), or set "
            f"tracker: none"
        )
