"""A rehearsal finds what would stop a paper run, and tells what to change."""

from contextlib import ExitStack

import pytest
import yaml
from safetensors.torch import save_file
from torch import zeros

from small_disk import NO_DISK, fill, needs_disk, small_disk
from synthmix.store import read_table
from workflow_project import Project

STUDY = "studies/tiny.yaml"
FOLDER = "results/rehearsal/tiny/phantoms"
GOOD = f"{FOLDER}/classifiers/whole/real_only-cancer50-normal50/seed1/weights.safetensors"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project.copy(tmp_path_factory.mktemp("rehearsal") / "synthmix")


def generator(name, scope="cancer"):
    return f"{FOLDER}/generators/{name}/{scope}/weights.safetensors"


def found_by(project):
    """Return the messages of the jobs that failed, by (rule, job)."""
    found = read_table(project.folder / "results/rehearsal/rehearsal.csv")
    failed = found[found["kind"] == "failed"]
    return {(row.rule, row.job): row.message for row in failed.itertuples()}


def plant_faults(project):
    """Write a study whose jobs fail, but for those of one classifier; return what to ask for."""
    study = yaml.safe_load((project.folder / STUDY).read_text())
    tiny, vgg16 = study["generators"]["dcgan"], study["classifiers"]["vgg16"]
    study["generators"] |= {
        "broken": tiny | {"learning_rate": 1.0e30},
        "wide": tiny | {"base_channels": 2048, "max_channels": 8192},
        "full": dict(tiny),
    }
    whole = vgg16 | {"network": "resnet18", "unfrozen_layers": "all"}
    study["classifiers"] |= {
        "whole": whole,
        "alone": whole | {"batch_size": 1},
        "foreign": vgg16 | {"weights": "imagenet"},
    }
    # larger than a class is: all of the larger one, of two, are outvoted
    study["selections"] = {
        "cleaned": {"method": "edited_nearest_neighbours", "neighbours": 25, "vote": "all"}
    }
    study["mixes"]["train_images"] = 4000
    (project.folder / STUDY).write_text(yaml.safe_dump(study, sort_keys=False))
    kept = project.folder / "data" / "weights" / "vgg16-imagenet.safetensors"
    kept.parent.mkdir(parents=True)
    save_file({"layers.0.weight": zeros(2, 2)}, kept)
    return [
        f"{FOLDER}/counts.csv",
        *(generator(name) for name in ("broken", "wide", "full")),
        "results/rehearsal/weights/vgg16-imagenet.safetensors",
        GOOD.replace("whole", "alone"),
        GOOD,
    ]


def test_six_faults_are_found_in_one_run_and_told_with_what_to_change(project):
    targets = plant_faults(project)
    disk = project.folder / FOLDER / "generators" / "full"
    with ExitStack() as mounted:
        if NO_DISK is None:
            fill(mounted.enter_context(small_disk(disk, 1)))
        once = ("--retries", "0")
        run = project.run(*targets, *once, scale="rehearsal", rehearsal_memory_gb=1.0)
    assert run.returncode == 1
    found = found_by(project)
    told = {
        # a class that removal empties, and real images that a mix asks for and has not
        ("check_counts", "study=tiny, dataset=phantoms"): (
            "Lower selections.cleaned.neighbours to",
            "lower mixes.train_images",
        ),
        ("train_classifier", "alone"): ("batch_size: 1 leaves one image in a batch",),
        ("train_generator", "wide"): ("rehearsal_memory_gb allows 1: lower image_size",),
        ("fetch_weights", "vgg16-imagenet"): ("is not the weights of vgg16", "weights"),
        ("train_generator", "broken"): ("dcgan, epoch ", "lower the generator's learning_rate"),
    }
    if NO_DISK is None:
        told["train_generator", "full"] = ("The disk is full", "Free some space")
    for (rule, name), words in told.items():
        (message,) = [text for (of, job), text in found.items() if of == rule and name in job]
        for word in words:
            assert word in message, (rule, name, message)
    assert len(found) == len(told)
    # what the faults do not touch has been proven
    assert (project.folder / GOOD).exists()
    log = next(project.folder.glob(f"{FOLDER}/logs/train_classifier/whole/*.log"))
    assert "taken up again" in log.read_text()


@pytest.mark.full
def test_all_jobs_of_a_small_study_run(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    few = project.planned(scale="rehearsal", seeds="1,2")
    every = project.planned(scale="rehearsal", seeds="1,2", rehearse="all")
    # that of several repeats is told to be unproven
    assert set(every) == set(few) | {"plot_variance"}
    assert every["train_classifier"] == 2 * few["train_classifier"]
    run = project.run(scale="rehearsal", rehearse="all", seeds="1,2")
    assert run.returncode == 0, run.stdout[-5000:]
    assert found_by(project) == {}
    assert project.planned(scale="rehearsal", rehearse="all", seeds="1,2") == {}


@needs_disk
@pytest.mark.full
def test_too_little_room_for_the_full_run_is_told_before_it(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    with project.edit(STUDY, "image_size: 32", "image_size: 1024"):
        with small_disk(project.folder / "results" / "paper", 1):
            run = project.run("results/rehearsal/disk.csv", scale="rehearsal")
        assert run.returncode == 1
        (message,) = found_by(project).values()
        assert "the full run of tiny will keep about" in message
        assert "pools.images" in message
        run = project.run("results/rehearsal/disk.csv", scale="rehearsal")
        assert run.returncode == 0, run.stdout[-3000:]


@pytest.mark.full
def test_studies_that_are_asked_for_at_once_share_the_room(tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    study = project.folder / STUDY
    twin = study.with_stem("twin")
    twin.write_text(study.read_text().replace("image_size: 32", "image_size: 512"))

    def needed(*targets, **config):
        run = project.run(*targets, "--until", "check_disk", scale="rehearsal", **config)
        assert run.returncode == 0, run.stdout[-3000:]
        return read_table(project.folder / "results/rehearsal/disk.csv")["needed_mb"].tolist()

    first, second, both = needed(), needed(studies="twin"), needed(studies="tiny,twin")
    # the state of one training passes at a time, and the raw files, the same ones, are there once
    assert max(first[0], second[0]) < both[0] < first[0] + second[0]
    assert first[1] == second[1] == both[1]
    assert needed("tiny", "twin") == both
