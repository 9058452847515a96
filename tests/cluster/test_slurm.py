"""The workflow through a real SLURM of one node, under faults."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from cluster.slurm import Cluster, missing
from synthmix.store import read_table
from workflow_project import Project

TRAINING = {"train_generator", "extract_features", "train_classifier", "predict"}
DRAWING = {"sample_generator", "train_score_network", "extract_score_features"}
FOLDER = "results/paper/tiny/phantoms"
GENERATORS = [
    f"{FOLDER}/generators/dcgan/{label}/weights.safetensors" for label in ("cancer", "normal")
]
# Snakemake asks SLURM the less often the longer no job has ended, with no setting to change that
PROMPT = """
from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

RemoteExecutor.next_seconds_between_status_checks = property(lambda _: 1, lambda _, seconds: None)
main()
"""
# one node without accounts, where nothing takes long
HERE = ("--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1")
HERE += ("--cores", "4")

pytestmark = [
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


@dataclass
class Study:
    """What is run through SLURM, and how it is asked for."""

    targets: tuple[str, ...]
    config: dict[str, str]
    gpu_rules: set[str]
    cpu_rules: set[str]
    prepared: tuple[str, ...] = ()  # what is there before: the first jobs wait for one another

    def run_here(self, project: Project) -> None:
        """Run it without SLURM."""
        done = project.run(*self.targets, **self.config)
        assert done.returncode == 0, done.stdout[-3000:]


TINY = Study(
    (f"{FOLDER}/predictions/vgg16/real_only-cancer50-normal50/seed1.csv", *GENERATORS),
    {"studies": "tiny", "scale": "paper", "device": "auto"},
    TRAINING,
    {"split_samples"},
    prepared=(f"{FOLDER}/stores/real.npy",),
)
MAMMOGRAPHY = Study(
    (),
    {"studies": "mammography", "scale": "demo", "device": "auto"},
    TRAINING | DRAWING,
    {"index_dataset", "prepare_images", "split_samples", "score_real", "score_generator"},
)


class Submission:
    """A Snakemake that submits jobs."""

    def __init__(
        self, project: Project, study: Study, *options: str, prompt: bool = True, **config: str
    ) -> None:
        """Start it; it asks SLURM each second if it is `prompt`, otherwise as it always does."""
        self.log = project.folder / "submission.log"
        snakemake = ("-c", PROMPT) if prompt else ("-m", "snakemake")
        command = [sys.executable, *snakemake, *study.targets]
        command += ["--profile", "profiles/slurm", *HERE, *options]
        pairs = [f"{name}={value}" for name, value in (study.config | config).items()]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--config", *pairs],
                cwd=project.folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        """Return what this one, and those before it in this folder, have said."""
        return self.log.read_text(errors="replace")

    def end(self, code: int | None = 0) -> str:
        """Wait for its end, with an exit code unless that is None; return what it has said."""
        returned = self.process.wait(3600)
        assert code is None or returned == code, self.said()[-5000:]
        return self.said()

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)


def script_of(project: Project, rule: str) -> int:
    """Return the process of a script of a rule, as soon as there is one."""
    end = time.monotonic() + 600
    while time.monotonic() < end:
        for found in Path("/proc").glob("[0-9]*"):
            try:
                words = (found / "cmdline").read_bytes().split(b"\0")
                at_it = any(word.endswith(f".{rule}.py".encode()) for word in words)
                if at_it and (found / "cwd").readlink() == project.folder:
                    return int(found.name)
            except OSError:
                continue  # it has ended
        time.sleep(0.05)
    raise AssertionError(f"no script of {rule} has run")


def outcomes(project: Project) -> dict[str, bytes]:
    """Return the trained weights, the predictions and the tables of a study."""
    kinds = ("**/weights.safetensors", "predictions/**/*.csv", "tables/*.csv")
    found = [
        file
        for kind in kinds
        for file in sorted((project.folder / "results").glob(f"*/*/*/{kind}"))
        if file.name != "pipeline.csv"  # of times
    ]
    return {str(file.relative_to(project.folder)): file.read_bytes() for file in found}


@pytest.mark.parametrize(
    "study",
    [
        pytest.param(TINY, id="predictions"),
        pytest.param(MAMMOGRAPHY, id="mammography", marks=pytest.mark.full),
    ],
)
def test_a_study_is_whole_and_equal_after_all_that_happens_on_a_cluster(cluster, tmp_path, study):
    here = Project.copy(tmp_path / "here" / "synthmix", study.config["studies"])
    if study.prepared:
        done = here.run(*study.prepared, **study.config)
        assert done.returncode == 0, done.stdout[-3000:]
    there = Project(tmp_path / "there" / "synthmix")
    shutil.copytree(here.folder, there.folder)
    tasks_before = len(cluster.tasks())

    first = Submission(there, study, prompt=False)  # it must not be over before it is interrupted
    cluster.cancel(cluster.running("train_generator"))
    os.kill(script_of(there, "train_generator"), signal.SIGKILL)
    script_of(there, "train_generator")
    cluster.drain()  # what begins no more can't be over before it is interrupted
    cluster.restart_controller()
    first.interrupt()
    said = first.end(code=None)
    assert first.process.returncode != 0
    assert "Traceback" not in said.replace("Traceback:", "")

    second = Submission(there, study)
    cluster.pending()
    cluster.resume()
    said = second.end()
    study.run_here(here)
    assert outcomes(there) == outcomes(here)
    assert len(outcomes(here)) >= len(study.targets)
    reports = [project.folder / "results" / "report.html" for project in (here, there)]
    assert [report.exists() for report in reports] == [not study.targets] * 2

    went = set(re.findall(r"Auto-selected partition '(\w+)' for job (\w+)", said))
    assert {rule for partition, rule in went if partition == "gpu"} == study.gpu_rules
    assert {rule for partition, rule in went if partition == "cpu"} >= study.cpu_rules
    tasks = cluster.tasks()[tasks_before:]
    by_partition = {name: [t for t in tasks if t.partition == name] for name in ("cpu", "gpu")}
    assert {task.devices for task in by_partition["gpu"]} == {"0", "1"}
    assert {task.devices for task in by_partition["cpu"]} == {""}
    assert cluster.most_at_once("gpu") == 2
    assert there.planned(*study.targets, **study.config) == {}


def test_a_job_over_its_memory_is_started_again_with_more(cluster, tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    study = Study((GENERATORS[0],), TINY.config, set(), set())
    Study((f"{FOLDER}/split.csv",), TINY.config, set(), set()).run_here(project)
    jobs_before = len(cluster.asked_for("train_generator"))
    memory = "train_generator:mem_mb=500*attempt**2"  # torch alone takes more than 500
    Submission(project, study, "--set-resources", memory).end()
    states = cluster.asked_for("train_generator")[jobs_before:]
    assert [(state == "COMPLETED", mb) for state, mb, _ in states] == [(False, 500), (True, 2000)]


def test_a_rehearsal_runs_where_the_run_will_and_tells_what_failed_there(cluster, tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    text = (project.folder / "studies" / "tiny.yaml").read_text()
    short = text.replace("train_images: 40", "train_images: 4000")  # which there are not
    assert short != text
    (project.folder / "studies" / "tiny.yaml").write_text(short)
    predictions, *_ = TINY.targets
    targets = [name.replace("/paper/", "/rehearsal/") for name in (predictions, GENERATORS[0])]
    targets.append("results/rehearsal/tiny/phantoms/counts.csv")
    study = Study(tuple(targets), TINY.config | {"scale": "rehearsal"}, set(), set())
    tasks_before = len(cluster.tasks())
    said = Submission(project, study, "--retries", "0").end(1)
    assert [(project.folder / target).exists() for target in targets] == [True, True, False]
    found = read_table(project.folder / "results" / "rehearsal" / "rehearsal.csv")
    (row,) = found[found["kind"] == "failed"].itertuples()
    assert row.rule == "check_counts"
    assert "lower mixes.train_images" in row.message
    went = set(re.findall(r"Auto-selected partition '(\w+)' for job (\w+)", said))
    assert {("gpu", rule) for rule in ("train_generator", "train_classifier", "predict")} <= went
    assert ("cpu", "check_counts") in went
    assert {task.partition for task in cluster.tasks()[tasks_before:]} == {"cpu", "gpu"}


@pytest.mark.full
def test_a_training_longer_than_its_time_limit_goes_on_in_its_next_job(cluster, tmp_path):
    here, there = (Project.copy(tmp_path / name / "synthmix") for name in ("here", "there"))
    for project in (here, there):
        text = (project.folder / "studies" / "tiny.yaml").read_text()
        longer = text.replace("base_channels: 8, epochs: 40", "base_channels: 8, epochs: 4000")
        assert longer != text
        (project.folder / "studies" / "tiny.yaml").write_text(longer)
    study = Study((GENERATORS[0],), TINY.config, set(), set())
    # as long as SLURM's own wait before it starts a job again, and what a training keeps in hand
    Submission(there, study, longest_runtime="2").end()
    (state, _, restarts) = cluster.asked_for("train_generator")[-1]
    assert state == "COMPLETED"
    assert restarts >= 1
    log = there.results() / "logs" / "train_generator" / "dcgan-cancer.log"
    assert "going on after epoch" in log.read_text()
    study.run_here(here)
    weights = [(project.folder / GENERATORS[0]).read_bytes() for project in (here, there)]
    assert weights[0] == weights[1]
