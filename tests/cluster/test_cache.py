"""Results that two working folders share."""

import re
from pathlib import Path

import pytest
import yaml

from workflow_project import ROOT, Project

FOLDER = "results/paper/pair/phantoms"
STORES = [f"{FOLDER}/stores/{model}.npy" for model in ("dcgan/cancer", "copies/all_classes")]
PREDICTIONS = [
    f"{FOLDER}/predictions/vgg16/{name}-cancer50-normal50-real10/seed1.csv"
    for name in ("dcgan", "copies")
]
# the rules on the way there whose results are shared
MAKING = {"prepare_images", "train_generator", "sample_generator"}
CLASSIFYING = {"extract_features", "train_classifier"}


def of_two_generators(folder):
    """Return a project whose study has two generators and short trainings."""
    project = Project.copy(folder)
    study = yaml.safe_load((project.folder / "studies" / "tiny.yaml").read_text())
    study["generators"]["dcgan"]["epochs"] = 3
    study["generators"]["copies"] = {
        "model": "resampling",
        "method": "random_over_sampling",
        "epochs": 1,
    }
    study["classifiers"]["vgg16"]["epochs"] = 2
    (project.folder / "studies" / "pair.yaml").write_text(yaml.safe_dump(study))
    project.study = "pair"
    return project


def run(project, targets, cache):
    """Make `targets`; return the shared files that were made, and those that were there."""
    result = project.run(*targets, "--cache")
    assert result.returncode == 0, result.stdout[-5000:]
    made = set(re.findall(r"Moving output file (\S+) to cache", result.stdout))
    linked = set(re.findall(r"Symlinking output file (\S+) from cache", result.stdout))
    assert all(file.resolve().parent == cache for file in map(project.folder.joinpath, linked))
    return made, linked - made


def run_rules(project):
    """Return the rules whose scripts have run; those of what was there have empty logs."""
    logs = project.results() / "logs"
    written = (file for file in logs.rglob("*.log") if file.stat().st_size)
    return {file.relative_to(logs).parts[0].removesuffix(".log") for file in written}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Return the folder of the cache."""
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", str(folder))
    return folder


@pytest.mark.parametrize(
    ("targets", "shared"),
    [
        pytest.param(STORES, MAKING, id="images"),
        pytest.param(PREDICTIONS, MAKING | CLASSIFYING, id="predictions", marks=pytest.mark.full),
    ],
)
def test_a_second_folder_trains_nothing_and_an_edit_makes_its_generator_anew_alone(
    tmp_path, cache, targets, shared
):
    first, second = (of_two_generators(tmp_path / name / "synthmix") for name in ("a", "b"))
    made, there = run(first, targets, cache)
    assert made
    assert not there
    assert run_rules(first) >= shared

    again, found = run(second, targets, cache)
    assert (again, found) == (set(), made)
    assert not run_rules(second) & shared
    for target in targets:
        made_there = (project.folder / target for project in (first, second))
        assert len({file.read_bytes() for file in made_there}) == 1
    assert second.planned(*targets, "--cache") == {}

    model = "scripts/synthmix/generate/models/dcgan/model.py"
    with second.edit(model, "class ", "EDITED = True\n\n\nclass "):
        anew, _ = run(second, targets, cache)
    assert anew
    assert all("/dcgan" in file for file in anew), anew
    assert {Path(file).parts[4] for file in anew} >= {"generators", "stores"}


def test_the_key_of_a_shared_result_holds_all_that_its_script_is_told():
    """What Snakemake makes keys of are parameters, inputs and scripts, no names in paths."""
    rules = "".join(file.read_text() for file in sorted((ROOT / "rules").glob("*.smk")))
    before = MAKING | CLASSIFYING | {"fetch_weights", "train_score_network"}
    before |= {"index_dataset", "split_samples", "select_samples", "compose_mix", "fit_real"}
    before |= {"extract_score_features"}
    before |= {"score_real", "score_generator", "choose_candidate", "adopt_generator"}
    before |= {"predict", "fetch_dataset", "fetch_score_weights"}
    for name in before:
        assert f"use rule job as {name} with:" in rules
        assert "wildcards" not in (ROOT / "scripts" / f"{name}.py").read_text(), name


def test_a_rule_whose_results_nobody_shares_is_said_so(tmp_path, cache):
    project = Project.copy(tmp_path / "synthmix")
    result = project.run("--dry-run", "--cache", "plot_roc")
    assert result.returncode != 0
    assert "--cache plot_roc: no such rule shares its results; these do: " in result.stdout
