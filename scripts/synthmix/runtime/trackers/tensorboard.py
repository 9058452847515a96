"""TensorBoard: event files in the folder of the run."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np


class TensorBoard:
    """Writes event files; see `synthmix.runtime.trackers.Backend`."""

    def __init__(self, folder: Path, run_name: str, project: str, first_step: int) -> None:
        """Begin another event file in `folder`, by which its name is shown.

        Steps from `first_step` on in the older files are of a training that was broken off, or
        that is done anew: TensorBoard is told to leave them out.
        """
        from torch.utils.tensorboard import SummaryWriter

        self.writer = SummaryWriter(str(folder), purge_step=first_step)

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Write scalars, in time for somebody who looks on."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)
        self.writer.flush()

    def log_image(self, name: str, image: np.ndarray, step: int) -> None:
        """Write an image."""
        self.writer.add_image(name, image, step, dataformats="HWC")
        self.writer.flush()

    def close(self, failed: bool) -> None:
        """Close the event file."""
        self.writer.close()
