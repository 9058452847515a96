"""Weights & Biases: without a network unless the user says otherwise."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from synthmix.runtime.trackers.resuming import ResumableRun


class WeightsAndBiases:
    """Logs to a run of Weights & Biases; see `synthmix.runtime.trackers.Backend`."""

    def __init__(self, folder: Path, run_name: str, project: str, first_step: int) -> None:
        """Open the run, or open it again.

        It is offline, in files below `folder` to send with `wandb sync`, unless WANDB_MODE says
        otherwise. Each process has files of its own; those of one training share an id.
        """
        import wandb

        folder.mkdir(parents=True, exist_ok=True)
        self.image_type = wandb.Image
        self.resumable = ResumableRun(folder, first_step)
        run_id = self.resumable.id or secrets.token_hex(4)
        self.run = wandb.init(
            project=project,
            name=run_name,
            id=run_id,
            resume="allow",
            dir=str(folder),
            mode=None if os.environ.get("WANDB_MODE") else "offline",
            # the job has a log of its own
            settings={"console": "off", "silent": True},
        )
        if self.resumable.id is None:
            self.resumable.begin(run_id)
        self.step = self.resumable.last_step

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Add values to the row of `step`."""
        self._log(dict(values), step)

    def log_image(self, name: str, image: np.ndarray, step: int) -> None:
        """Add an image to the row of `step`."""
        # a single channel is grey to Weights & Biases without an axis of its own
        pixels = image[..., 0] if image.shape[-1] == 1 else image
        self._log({name: self.image_type(pixels)}, step)

    def close(self, failed: bool) -> None:
        """Finish the run."""
        self.run.finish(exit_code=int(failed))
        if failed:
            self.resumable.told(self.step)
        else:
            self.resumable.end()

    def _log(self, row: dict, step: int) -> None:
        if not self.resumable.is_new(step):
            return
        if step > self.step:
            # a row may grow until the next one begins; only then is it written
            self.resumable.told(self.step)
            self.step = step
        self.run.log(row, step=step)
