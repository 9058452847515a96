"""The workflow through a real SLURM of one node."""

import re
import subprocess
import sys

import pytest

from cluster.slurm import Cluster, missing
from workflow_project import Project

GPU_RULES = {
    *("train_generator", "sample_generator", "train_score_network", "extract_score_features"),
    *("extract_features", "train_classifier", "predict"),
}
# one node without accounts, where nothing takes long
HERE = ("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1")

pytestmark = [
    pytest.mark.full,
    pytest.mark.slurm,
    pytest.mark.skipif(bool(missing()), reason=str(missing())),
]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def submit(project, *arguments, **config):
    """Run the study of `project` by the profile for SLURM; return what Snakemake says."""
    settings = {"studies": project.study, "scale": "paper", "device": "auto"} | config
    command = [sys.executable, "-m", "snakemake", "--profile", "profiles/slurm", *HERE, *arguments]
    done = subprocess.run(
        [*command, "--config", *(f"{name}={value}" for name, value in settings.items())],
        cwd=project.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=3600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
    return done.stdout


def test_a_study_runs_to_its_report_and_predicts_what_it_does_without_slurm(cluster, tmp_path):
    here, there = (Project.copy(tmp_path / name / "synthmix") for name in ("here", "there"))
    result = here.run(device="auto")
    assert result.returncode == 0, result.stdout[-3000:]
    said = submit(there)
    assert (there.results() / "tables" / "summary.md").exists()
    assert (there.folder / "results" / "report.html").exists()
    assert there.predictions() == here.predictions() != {}

    went = set(re.findall(r"Auto-selected partition '(\w+)' for job (\w+)", said))
    assert {rule for partition, rule in went if partition == "gpu"} == GPU_RULES
    tasks = cluster.tasks()
    by_partition = {name: [t for t in tasks if t.partition == name] for name in ("cpu", "gpu")}
    assert {task.devices for task in by_partition["gpu"]} == {"0", "1"}
    assert {task.devices for task in by_partition["cpu"]} == {""}
    assert cluster.most_at_once("gpu") == 2
