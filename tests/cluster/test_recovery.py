"""Recovery on one machine: runs that are killed at random moments, disks that are full."""

import base64
import shutil
import time
from dataclasses import dataclass
from hashlib import sha256

import pandas as pd
import pytest

from cluster.killed_run import EVERYTHING, ONE_JOB, SNAKEMAKE, Killed, Kills, Run
from small_disk import fill, needs_disk, small_disk
from workflow_project import Project

SEED = 1
DEMO = {"scale": "demo", "checkpoint_seconds": 2}
FOLDER = "results/paper/tiny/phantoms"
WEIGHTS = f"{FOLDER}/generators/dcgan/cancer/weights.safetensors"
STORE = f"{FOLDER}/stores/dcgan/cancer.npy"


def results(project):
    """Return the digest of each file of the results and the data, by its name.

    All of it is the same from run to run but for how long things took. That is in logs (.log),
    benchmarks (.tsv, .steps.json), times.csv, a column of snapshots.csv and a figure of it, which
    is in the report too. What safetensors was writing when it was killed (.tmp...) stays, without
    harm.
    """
    return {
        str(file.relative_to(project.folder)): sha256(content(file)).hexdigest()
        for folder in ("results", "data")
        for file in (project.folder / folder).rglob("*")
        if file.is_file()
        and file.suffix not in (".log", ".tsv")
        and not file.name.endswith(".steps.json")
        and file.name not in ("times.csv", "snapshots.svg")
        and not file.name.startswith(".tmp")
    }


def content(file):
    """Return what is in a result, but for how long things took."""
    if file.name == "snapshots.csv":
        return pd.read_csv(file).drop(columns="seconds").to_csv().encode()
    found = file.read_bytes()
    if file.name == "report.html":
        for figure in file.parent.rglob("snapshots.svg"):
            picture = base64.b64encode(figure.read_bytes())
            assert picture in found
            found = found.replace(picture, b"")
    return found


def differences(one, other):
    """Return the names of the files that are not the same in both."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def ready(result):
    assert result.returncode == 0, result.stdout[-5000:]


@pytest.mark.full
def test_the_demo_killed_at_20_random_moments_ends_as_one_that_is_not(tmp_path):
    whole = Project.copy(tmp_path / "whole" / "synthmix", "mammography")
    began = time.monotonic()
    ready(whole.run(**DEMO))
    seconds = time.monotonic() - began
    expected = results(whole)
    print(f"uninterrupted: {seconds:.0f} s, {len(expected)} files to compare", flush=True)

    kills = killed_20_times(tmp_path, whole.study, seconds, expected)
    at_work = [killed for killed in kills.killed if killed.rules]
    print(f"{len(at_work)} of 20 kills hit running jobs", *sorted(kills.gone_on), sep="\n")
    assert len(at_work) >= 10, kills
    assert {killed.whom for killed in at_work} == {EVERYTHING, SNAKEMAKE, ONE_JOB}, kills
    assert kills.gone_on, kills


def killed_20_times(folder, study, seconds, expected):
    """Kill a study 20 times, and once more from the start where it came to its end before."""
    kills, copies = Kills(SEED), 0
    while len(kills.killed) < 20:
        copies += 1
        project = Project.copy(folder / f"killed{copies}" / "synthmix", study)
        # on average after the twentieth part of a run, so that all of it is hit
        kills.run_killed(project, 20, seconds / 10, **DEMO)
        different = differences(results(project), expected)
        assert not different, f"{different}\n{kills}"
        assert project.planned(**DEMO) == {}, kills
    return kills


def before_long_training(folder):
    """Return two equal projects with images to train on, for some seconds."""
    one, other = (Project(folder / name / "synthmix") for name in ("one", "other"))
    Project.copy(one.folder)
    study = one.folder / "studies" / "tiny.yaml"
    text = study.read_text()
    assert "epochs: 40" in text
    study.write_text(text.replace("epochs: 40", "epochs: 300"))
    ready(one.run(f"{FOLDER}/split.csv"))
    shutil.copytree(one.folder, other.folder)
    return one, other


def test_a_training_killed_at_random_moments_ends_as_one_that_is_not(tmp_path):
    whole, project = before_long_training(tmp_path)
    ready(whole.run(WEIGHTS))
    checkpoint = project.results() / "checkpoints" / "dcgan-cancer.pt"
    kills = Kills(SEED)
    for whom in (EVERYTHING, SNAKEMAKE, ONE_JOB):
        run = Run.start(project, WEIGHTS, checkpoint_seconds=0.001)
        while not (checkpoint.exists() and checkpoint.stat().st_mtime > run.began):
            assert not run.ends_within(0.01), kills
        seconds = kills.random.uniform(0, 0.5)
        assert not run.ends_within(seconds), kills
        kills.killed.append(Killed(seconds, whom, run.kill(whom, kills.random)))
        while run.jobs():  # those that Snakemake has left end by themselves
            time.sleep(0.01)
        kills.note_gone_on(project)
    assert [killed.rules for killed in kills.killed] == [["train_generator"]] * 3, kills
    ready(project.run(WEIGHTS))
    kills.note_gone_on(project)
    assert len(kills.gone_on) == 3, kills
    assert differences(results(project), results(whole)) == [], kills


@dataclass(frozen=True)
class Stage:
    """What writes more than a small disk holds: a rule, and what there is before it runs."""

    rule: str
    before: str
    output: str
    checkpoint_seconds: float = 3600


STAGES = {
    "preparing": Stage("prepare_images", f"{FOLDER}/index.csv", f"{FOLDER}/stores/real.npy"),
    "a checkpoint": Stage(
        "train_generator",
        f"{FOLDER}/split.csv",
        WEIGHTS,
        checkpoint_seconds=0.001,
    ),
    "weights": Stage(
        "train_generator",
        f"{FOLDER}/split.csv",
        WEIGHTS,
    ),
    "sampling": Stage("sample_generator", WEIGHTS, STORE),
}
# enough for what Snakemake writes down of a job, not for any store or weights
LEFT = 400_000


def large_files(folder):
    """Return a project with stores and weights of more than a megabyte each."""
    project = Project.copy(folder)
    study = project.folder / "studies" / "tiny.yaml"
    text = study.read_text()
    for old, new in {
        "image_size: 32": "image_size: 128",
        "base_channels: 8, epochs: 40": "base_channels: 32, epochs: 2",
        "mixes:": "pools: { images: 100 }\n\nmixes:",
    }.items():
        assert old in text
        text = text.replace(old, new)
    study.write_text(text)
    return project


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The results of a run on a disk with room."""
    project = large_files(tmp_path_factory.mktemp("undisturbed") / "synthmix")
    ready(project.run(STORE))
    return results(project)


def half_written(project):
    """Return the hidden files of the results."""
    return [file for file in (project.folder / "results").rglob(".*") if file.is_file()]


@needs_disk
@pytest.mark.full
@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_a_disk_that_is_full_is_said_and_room_is_all_it_takes(tmp_path, undisturbed, stage):
    with small_disk(tmp_path / "disk", 256) as disk:
        project = large_files(disk / "synthmix")
        ready(project.run(stage.before))
        ballast = fill(disk, LEFT)
        result = project.run(STORE, checkpoint_seconds=stage.checkpoint_seconds)
        print(result.stdout)
        assert result.returncode != 0
        assert "synthmix: The disk is full (" in result.stdout
        assert "Free some space and run the same command again." in result.stdout
        assert "Traceback" not in result.stdout
        assert f"Error in rule {stage.rule}:" in result.stdout
        assert not (project.folder / stage.output).exists()
        assert half_written(project) == []
        ballast.unlink()
        ready(project.run(STORE, checkpoint_seconds=stage.checkpoint_seconds))
        assert differences(results(project), undisturbed) == []


@needs_disk
@pytest.mark.full
@pytest.mark.parametrize("left", [0, 16384])
def test_a_disk_too_full_for_snakemake_itself_spoils_nothing(tmp_path, undisturbed, left):
    with small_disk(tmp_path / "disk", 256) as disk:
        project = large_files(disk / "synthmix")
        ready(project.run(f"{FOLDER}/index.csv"))
        ballast = fill(disk, left)
        result = project.run(STORE)
        print(result.stdout)
        assert result.returncode != 0
        assert "No space left on device" in result.stdout
        ballast.unlink()
        ready(project.run(STORE))
        assert differences(results(project), undisturbed) == []
