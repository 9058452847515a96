"""Going on with a run of a tracker that can't take back what it has been told."""

import json
from pathlib import Path

from synthmix.files import write_text

FILE = "run.json"


class ResumableRun:
    """What a tracker has been told of a run, in a file of the run's folder.

    A training that was killed repeats the epochs since its last checkpoint, with the same
    results: the steps that the tracker has are left out.
    """

    def __init__(self, folder: Path, first_step: int) -> None:
        """Take up the run in `folder`, or begin one: `id` is None until `begin`.

        A training whose `first_step` is not later than the first of the run is another training.
        """
        self.path = folder / FILE
        kept = json.loads(self.path.read_text("utf-8")) if self.path.exists() else {}
        resumed = bool(kept) and first_step > kept["first_step"]
        self.id: str | None = kept["id"] if resumed else None
        self.first_step: int = kept["first_step"] if resumed else first_step
        self.last_step: int = kept["last_step"] if resumed else first_step - 1
        self._known = self.last_step

    def begin(self, run_id: str) -> None:
        """Remember what the tracker calls a new run."""
        self.id = run_id
        self._write()

    def is_new(self, step: int) -> bool:
        """Whether the tracker had not been told of `step` before this process began."""
        return step > self._known

    def told(self, step: int) -> None:
        """Remember that the tracker has kept all of `step`."""
        if step > self.last_step:
            self.last_step = step
            self._write()

    def end(self) -> None:
        """Forget the run: its training is done."""
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        state = {"id": self.id, "first_step": self.first_step, "last_step": self.last_step}
        write_text(self.path, json.dumps(state))
