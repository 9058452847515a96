"""A rehearsal runs the jobs of a paper run in short, and goes on past those that fail."""

import pandas as pd
import pytest
import yaml

from synthmix.store import read_table
from workflow_project import Project

FOLDER = "results/rehearsal/tiny/phantoms"
# what the planted faults touch, and what they do not
TARGETS = [
    f"{FOLDER}/counts.csv",
    f"{FOLDER}/generators/dcgan/cancer/weights.safetensors",
    f"{FOLDER}/predictions/vgg16/real_only-cancer50-normal50/seed1.csv",
]
DONE = f"{FOLDER}/split.csv"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project.copy(tmp_path_factory.mktemp("rehearsal") / "synthmix")


def test_its_jobs_are_those_of_scale_paper_and_the_counts_that_it_checks(project):
    of_paper, of_rehearsal = project.planned(), project.planned(scale="rehearsal")
    assert of_rehearsal == of_paper | {"check_counts": 1, "check_disk": 1}


@pytest.fixture(scope="module")
def rehearsed(project):
    """Rehearse with a loss that breaks, and real images that a mix asks for and there are not."""
    study = "studies/tiny.yaml"
    with (
        project.edit(study, "base_channels: 8,", "base_channels: 8, learning_rate: 1.0e+30,"),
        project.edit(study, "train_images: 40", "train_images: 4000"),
    ):
        return project.run(*TARGETS, "--retries", "0", scale="rehearsal")


def test_faults_are_found_in_one_run_and_told_with_the_setting(project, rehearsed):
    assert rehearsed.returncode == 1
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

    page = (project.folder / "results/rehearsal/rehearsal.html").read_text()
    assert "What the full run takes" in page


@pytest.mark.parametrize(
    "arguments",
    [
        ["estimate"],
        pytest.param(["--dry-run", *TARGETS], marks=pytest.mark.full),
        pytest.param(["--summary", DONE], marks=pytest.mark.full),
        pytest.param(["--touch", DONE], marks=pytest.mark.full),
        pytest.param([DONE], marks=pytest.mark.full),
    ],
)
@pytest.mark.usefixtures("rehearsed")
def test_what_it_found_stays_where_nothing_is_rehearsed(project, arguments):
    folder = project.folder / "results/rehearsal"
    files = [folder / f"rehearsal{end}" for end in (".csv", "_jobs.csv", ".md", ".html")]
    before = [file.read_bytes() for file in files]
    run = project.run(*arguments, scale="rehearsal")
    assert run.returncode == 0, run.stdout[-3000:]
    assert [file.read_bytes() for file in files] == before


@pytest.mark.full
@pytest.mark.usefixtures("rehearsed")
def test_the_full_run_is_foretold_and_estimated_by_it(project):
    # with the counts, by which steps are foretold
    assert project.run(TARGETS[0], TARGETS[-1], scale="rehearsal").returncode == 0
    found = read_table(project.folder / "results/rehearsal/rehearsal.csv")
    # it is no part of this run
    assert set(found.loc[found["kind"] == "failed", "rule"]) == {"train_generator"}
    jobs = read_table(project.folder / "results/rehearsal/rehearsal_jobs.csv")
    training = jobs.set_index("rule").loc["train_classifier"]
    # five batches of 8 in each of 12 epochs; 2 mixes
    assert (training["jobs"], training["rehearsed"]) == (2, 2)
    assert training["steps"] == 2 * 12 * 5
    assert training["step_seconds"] > 0
    assert training["ram_mb"] > 100
    # from nothing, where what the rehearsal has fetched is there for the full run
    planned = project.planned() | {"fetch_dataset": 1}
    planned.pop("all")
    assert jobs.groupby("rule")["jobs"].sum().to_dict() == planned
    run = project.run("estimate")
    assert "go by jobs of their kind in the rehearsal" in run.stdout
    estimated = read_table(project.folder / "results/paper/estimate.csv").set_index("rule")
    assert estimated.loc["train_classifier", "basis"] == "1 rehearsed"
    assert estimated.loc["train_classifier", "ram_mb"] == training["ram_mb"]


# of the tiny study: what each of three small ones has of its own
SMALL = {
    "all_stages": {
        "generators": {
            "dcgan": {"model": "dcgan", "base_channels": 16, "epochs": 150, "batch_size": 8}
        },
    },
    "generators": {
        "generators": {
            "diffusion": {
                **{"model": "diffusion", "num_channels": [16, 32], "num_res_blocks": 1},
                **{"attention_levels": [False, False], "num_head_channels": 16},
                **{"norm_num_groups": 4, "batch_size": 16, "sampling_steps": 20, "epochs": 40},
            },
            "bagan_gp": {
                **{"model": "bagan_gp", "base_channels": 16, "working_size": 16},
                **{"autoencoder_epochs": 10, "epochs": 40, "batch_size": 16},
            },
        },
        "mixes": None,
        "classifiers": None,
    },
    "classifiers": {
        "generators": None,
        "mixes": None,
        "classifiers": {
            "resnet18": {
                **{"network": "resnet18", "weights": "none", "input_size": 64, "batch_size": 8},
                **{"unfrozen_share": 1.0, "epochs": 20, "patience": 20},
            },
            "vgg16": {
                **{"network": "vgg16", "weights": "none", "input_size": 64, "batch_size": 8},
                **{"unfrozen_layers": 1, "dense_layers": [16], "epochs": 60, "patience": 60},
            },
        },
    },
}


@pytest.mark.full
@pytest.mark.parametrize("name", SMALL)
def test_hours_foretold_are_those_that_the_full_run_then_takes(name, tmp_path):
    project = Project.copy(tmp_path / "synthmix")
    file = project.folder / "studies" / "tiny.yaml"
    settings = {**yaml.safe_load(file.read_text()), **SMALL[name]}
    file.write_text(yaml.safe_dump({key: found for key, found in settings.items() if found}))
    for scale in ("rehearsal", "paper"):
        run = project.run(scale=scale)
        assert run.returncode == 0, run.stdout[-3000:]
    jobs = read_table(project.folder / "results/rehearsal/rehearsal_jobs.csv")
    benchmarks = (project.folder / "results/paper").rglob("benchmarks/**/*.tsv")
    took = sum(
        float(pd.read_csv(file, sep="\t")["s"].sum())
        for file in benchmarks
        if not file.name.endswith(".gpu.tsv")
    )
    foretold = jobs["seconds"].sum()
    print(f"{name}: {foretold:.0f} s foretold, {took:.0f} s taken")
    assert not jobs["unknown"].sum()
    assert foretold == pytest.approx(took, rel=0.3)
