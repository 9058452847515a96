"""MLflow: a database in the folder of the run, or the server that the user names."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from synthmix.runtime.trackers.resuming import ResumableRun


class MLflow:
    """Logs to a run of MLflow; see `synthmix.runtime.trackers.Backend`."""

    def __init__(self, folder: Path, run_name: str, project: str, first_step: int) -> None:
        """Open the run, or open it again, in the experiment that is called as the `project` is.

        Where MLFLOW_TRACKING_URI names no server it is kept in `folder`, in an SQLite database:
        MLflow no longer writes plain files from 3.13 on.
        """
        from mlflow import MlflowClient
        from mlflow.entities import Metric

        folder.mkdir(parents=True, exist_ok=True)
        self.metric_type = Metric
        server = os.environ.get("MLFLOW_TRACKING_URI")
        self.client = MlflowClient(tracking_uri=server or f"sqlite:///{folder.resolve()}/mlflow.db")
        self.resumable = ResumableRun(folder, first_step)
        if self.resumable.id is None:
            artifacts = None if server else (folder.resolve() / "artifacts").as_uri()
            self.resumable.begin(_create_run(self.client, project, run_name, artifacts))
        else:
            self.client.update_run(self.resumable.id, status="RUNNING")

    def log(self, values: Mapping[str, float], step: int) -> None:
        """Add the metrics of `step`, all of them or none."""
        if not self.resumable.is_new(step):
            return
        now = int(time.time() * 1000)
        metrics = [self.metric_type(name, value, now, step) for name, value in values.items()]
        self.client.log_batch(self.resumable.id, metrics=metrics)
        self.resumable.told(step)

    def log_image(self, name: str, image: np.ndarray, step: int) -> None:
        """Add an image."""
        if self.resumable.is_new(step):
            self.client.log_image(self.resumable.id, image, key=name, step=step)

    def close(self, failed: bool) -> None:
        """End the run."""
        self.client.set_terminated(self.resumable.id, "FAILED" if failed else "FINISHED")
        if not failed:
            self.resumable.end()


def _create_run(client: Any, project: str, run_name: str, artifacts: str | None) -> str:
    """Return the id of a new run in the experiment `project`, made when there is none."""
    experiment = client.get_experiment_by_name(project)
    number = (
        experiment.experiment_id
        if experiment
        else client.create_experiment(project, artifact_location=artifacts)
    )
    return client.create_run(number, run_name=run_name).info.run_id
