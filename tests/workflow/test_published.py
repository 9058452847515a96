"""Published values in the graph: which of our files they are looked up in, and what is written."""

import csv

import pytest

from published_data import printed, write_published
from workflow_project import Project

MIX = "dcgan-cancer50-normal50-real10"
KEY = {"classifier": "vgg16", "mix": MIX}
ROWS = [
    printed("1", "metrics", "accuracy", 0.5, 0.9, **KEY, split="test"),
    printed("1", "confusion", "predicted_normal", 3.0, **KEY, split="validation", label="cancer"),
    printed("2", "images", "images", 40.0, mix=MIX, split="train"),
    printed("2", "images", "images", 12.0, dataset="phantoms", split="test", label="cancer"),
    printed("2", "images", "images", 5.0, dataset="elsewhere"),
    printed("3", "history", "kept_epoch", 6.0, **KEY),
    printed("3", "generator", "generator_loss", 1.5, generator="dcgan", label="cancer"),
    printed("3", "scores", "plane_explained", 0.48, generator="dcgan"),
    printed("3", "scores", "precision", 0.5, generator="dcgan"),
    printed("4", "parameters", "batch_size", 8.0, classifier="vgg16"),
    printed("4", "parameters", "latent_dim", 16.0, generator="dcgan"),
    printed("4", "parameters", "learned_weights", 100.0, **KEY),
    printed("5", "search", "accuracy", 0.9, classifier="vgg16", stage="1", split="test"),
    printed("5", "metrics", "accuracy", 0.9, classifier="resnet18", mix=MIX, split="test"),
    printed("figure 1", "none", note="A picture."),
]
CURVES = [
    {"table": "figure 2", "dataset": "", **KEY, "split": split, "epoch": epoch, "loss": 1 / epoch}
    for split in ("train", "validation")
    for epoch in (1, 2)
]


def project_with(folder, rows, curves=()):
    """Return a copy of the project whose tiny study names a file of published values."""
    project = Project.copy(folder / "synthmix")
    write_published(project.folder / "studies/published/tiny.csv", rows, curves=curves)
    study = project.folder / "studies/tiny.yaml"
    study.write_text(f"published: published/tiny.csv\n{study.read_text()}")
    return project


def test_published_values_bring_the_files_they_are_looked_up_in_and_no_others(tmp_path):
    project = project_with(tmp_path, ROWS[3:4])
    assert set(project.planned("results/paper/tiny/phantoms/tables/published.csv")) == {
        *("fetch_dataset", "index_dataset", "prepare_images", "find_duplicates", "split_samples"),
        "compare_published",
    }
    write_published(project.folder / "studies/published/tiny.csv", ROWS[:1])
    jobs = project.planned("results/paper/tiny/phantoms/figures/published.svg")
    assert jobs["compare_published"] == jobs["plot_published"] == jobs["tabulate_study"] == 1
    assert "score_generator" not in jobs


@pytest.mark.full
def test_a_run_ends_with_each_published_value_beside_ours(tmp_path):
    project = project_with(tmp_path, ROWS, CURVES)
    result = project.run()
    assert result.returncode == 0, result.stdout[-5000:]
    with (project.results() / "tables/published.csv").open() as file:
        rows = list(csv.DictReader(file))
    # of the curves: the number of epochs, and best and last of either part
    assert len(rows) == len(ROWS) - 1 + 5
    absent = [row["why_absent"] for row in rows if row["why_absent"]]
    assert absent == [
        "vgg16 has no search",
        "this study has no classifier resnet18 for the data set",
        "A picture.",
    ]
    equal = {row["metric"]: row["inside"] for row in rows if row["of"] == "parameters"}
    assert equal == {"batch_size": "yes", "latent_dim": "yes", "learned_weights": "no"}
    for figure in ("published", "published_curves"):
        assert (project.results() / f"figures/{figure}.svg").stat().st_size > 1000
    report = (project.folder / "results/report.html").read_text()
    assert "Beside the published values" in report
    assert project.planned() == {}


@pytest.mark.full
def test_a_study_that_ends_with_the_split_has_its_counts_compared(tmp_path):
    project = project_with(tmp_path, ROWS[2:4])
    study = project.folder / "studies/tiny.yaml"
    study.write_text(study.read_text().split("generators:")[0])
    result = project.run()
    assert result.returncode == 0, result.stdout[-5000:]
    with (project.results() / "tables/published.csv").open() as file:
        mix, test = csv.DictReader(file)
    assert mix["why_absent"] == f"this study has no mix {MIX} for the data set"
    assert float(test["ours_low"]) > 0
    assert test["inside"] in ("yes", "no")
