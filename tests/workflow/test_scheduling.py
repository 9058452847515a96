"""How Snakemake's scheduler is set up."""

import os
import re

import pytest

from workflow_project import Project

SHOWN = """

onsuccess:
    limiter = workflow.scheduler.job_rate_limiter
    print("limit of jobs:", limiter and limiter.max_jobs)
"""


@pytest.mark.parametrize(
    ("asked_for", "limit"),
    [([], "None"), (["--max-jobs-per-timespan", "50/1s"], "50")],
)
def test_the_number_of_jobs_a_second_is_limited_on_demand_alone(tmp_path, asked_for, limit):
    """The limit that is there by default keeps waking the scheduler, ever more often."""
    project = Project.copy(tmp_path / "synthmix")
    snakefile = project.folder / "Snakefile"
    snakefile.write_text(snakefile.read_text() + SHOWN)
    result = project.run("results/paper/tiny/phantoms/index.csv", *asked_for)
    assert result.returncode == 0, result.stdout[-3000:]
    assert f"limit of jobs: {limit}\n" in result.stdout


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Say how many GPUs this machine has, by a stand-in for nvidia-smi."""

    def has(gpus):
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir(exist_ok=True)
        lines = "".join(f"echo GPU-{number}\n" for number in range(gpus))
        program.write_text(f"#!/bin/sh\n{lines}")
        program.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return has


@pytest.mark.parametrize(
    ("gpus", "asked_for", "device", "given"),
    [
        (0, [], "auto", 3),  # nothing to wait for
        (1, [], "auto", 1),  # less than asked for: it starts, and says what is missing
        (4, [], "cpu", 0),
        (4, ["--resources", "gpu=2"], "auto", 2),
        # where a job goes there may be more
        (1, ["--profile", "profiles/slurm"], "auto", 3),
    ],
)
def test_jobs_take_turns_on_the_gpus_that_this_machine_has(
    tmp_path, machine, gpus, asked_for, device, given
):
    machine(gpus)
    project = Project.copy(tmp_path / "synthmix")
    study = project.folder / "studies" / "tiny.yaml"
    text = study.read_text().replace("dcgan, ", "dcgan, devices: 3, ", 1)
    study.write_text(text.replace("epochs: 12\n", "epochs: 12\n    devices: 3\n"))
    project.show_jobs()
    weights = "results/paper/tiny/phantoms/{}/weights.safetensors"
    mix = "dcgan-cancer50-normal50-real10"
    trained = ("generators/dcgan/cancer", f"classifiers/vgg16/{mix}/seed1")
    targets = [weights.format(folder) for folder in trained]
    result = project.run(*targets, "--dry-run", *asked_for, device=device)
    assert result.returncode == 0, result.stdout[-3000:]
    for rule in ("train_generator", "train_classifier"):
        training = result.stdout.split(f"\nrule {rule}")[1]
        assert re.search(r"\bgpu=(\d+)", training)[1] == str(given)
        resources = re.search(r"resources: .*", training)[0]
        assert "nodes=1" in resources  # SLURM may find the GPUs on several


def test_only_the_gpus_that_are_visible_are_counted(tmp_path, machine, monkeypatch):
    machine(4)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    project = Project.copy(tmp_path / "synthmix")
    result = project.run("results/paper/tiny/phantoms/index.csv", device="auto")
    assert result.returncode == 0, result.stdout[-3000:]
    assert 'Resource("gpu", 2)' in result.stdout


def test_all_figures_are_in_the_one_job_that_a_cluster_makes_of_a_report(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    project.show_jobs()
    shown = project.run("--dry-run", "--profile", "profiles/slurm").stdout
    assert shown.count("Group job report ") == 1
    figures = re.findall(r"^( *)rule (plot_\w+):$", shown, re.MULTILINE)
    assert len(figures) > 10
    assert all(inset for inset, _ in figures), shown  # those of a group are set in
