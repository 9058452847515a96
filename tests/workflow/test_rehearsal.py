"""A rehearsal runs the jobs of a paper run in short, and goes on past those that fail."""

import pytest

from synthmix.store import read_table
from workflow_project import Project

FOLDER = "results/rehearsal/tiny/phantoms"
# what the planted faults touch, and what they do not
TARGETS = [
    f"{FOLDER}/counts.csv",
    f"{FOLDER}/generators/dcgan/cancer/weights.safetensors",
    f"{FOLDER}/predictions/vgg16/real_only-cancer50-normal50/seed1.csv",
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project.copy(tmp_path_factory.mktemp("rehearsal") / "synthmix")


def test_its_jobs_are_those_of_scale_paper_and_the_counts_that_it_checks(project):
    of_paper, of_rehearsal = project.planned(), project.planned(scale="rehearsal")
    assert of_rehearsal == of_paper | {"check_counts": 1}


def test_faults_are_found_in_one_run_and_told_with_the_setting(project):
    study = "studies/tiny.yaml"
    # a loss that breaks, and real images that a mix asks for and the data set has not
    with (
        project.edit(study, "base_channels: 8,", "base_channels: 8, learning_rate: 1.0e+30,"),
        project.edit(study, "train_images: 40", "train_images: 4000"),
    ):
        run = project.run(*TARGETS, "--retries", "0", scale="rehearsal")
    assert run.returncode == 1
    found = read_table(project.folder / "results/rehearsal/rehearsal.csv")
    failed = found[found["kind"] == "failed"].set_index("rule")["message"]
    assert set(failed.index) == {"train_generator", "check_counts"}
    assert "learning_rate" in "".join(failed["train_generator"])
    assert "lower mixes.train_images" in failed["check_counts"]
    # what the faults do not touch has been proven
    done = project.folder / FOLDER / "predictions" / "vgg16"
    assert [file.parent.name for file in done.glob("*/seed1.csv")] == [
        "real_only-cancer50-normal50"
    ]
    log = next(project.folder.glob(f"{FOLDER}/logs/train_classifier/vgg16/*.log"))
    assert "taken up again" in log.read_text()
