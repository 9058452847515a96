"""Studies that compare classifiers: a search in stages, and cross-validation on volumes."""

import json
from dataclasses import replace

import pytest

from synthmix.classify.network import read_header
from synthmix.search.table import read_search
from synthmix.store import read_table
from workflow_project import Project

STAGES = "results/paper/stages/phantoms"
BEST = "searches/classifiers/best"
FIGURE = "figures/search-classifiers-best-stage1.svg"
VOLUMES = "results/paper/volumes"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project.copy(tmp_path_factory.mktemp("classifiers") / "synthmix", "stages", "volumes")


@pytest.fixture
def stages(project):
    return replace(project, study="stages")


@pytest.fixture
def volumes(project):
    return replace(project, study="volumes")


def test_candidates_are_trained_on_real_images_and_take_part_in_nothing_else(stages):
    planned = stages.planned()
    # two networks with two batch sizes, then two learning rates; best; tuned
    assert planned["train_classifier"] == planned["predict"] == 4 + 2 + 1 + 1
    assert planned["choose_candidate"] == planned["plot_search"] == 2
    assert planned["score_predictions"] == planned["plot_classifier_history"] == 2
    assert planned["tabulate_search"] == planned["compose_mix"] == 1
    # either network may be chosen: heads are trained, and what tuned trains
    assert planned["fetch_weights"] == 2
    assert planned["extract_features"] == 2 * 2


def test_the_first_stage_waits_for_its_own_candidates_alone(stages):
    planned = stages.planned(f"{STAGES}/{BEST}/stage1.json")
    assert planned["train_classifier"] == 4
    assert planned["extract_features"] == 2
    assert planned["choose_candidate"] == 1


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("searches/classifiers/tuned/stage1.json", "stages searches no settings of tuned"),
        ("searches/classifiers/best/stage3.json", "the search of best has no stage 3"),
    ],
)
def test_a_search_that_is_not_there(stages, file, message):
    result = stages.run("--dry-run", f"{STAGES}/{file}")
    assert result.returncode == 1
    assert message in result.stdout


def test_every_fold_is_trained_on_and_each_data_set_by_its_classifier(volumes):
    planned = volumes.planned()
    assert planned["train_classifier"] == planned["predict"] == planned["compose_mix"] == 2 * 3
    assert planned["score_predictions"] == planned["tabulate_study"] == 2
    assert not {"fetch_weights", "extract_features", "choose_candidate"} & set(planned)


@pytest.fixture(scope="module")
def searched(project):
    """The project after the search and what goes on from its best."""
    project = replace(project, study="stages")
    files = ("tables/metrics.csv", f"{BEST}/candidates.md", FIGURE)
    run(project, *(f"{STAGES}/{file}" for file in files))
    return project


def run(project, *files):
    result = project.run(*files)
    assert result.returncode == 0, result.stdout[-5000:]


@pytest.mark.full
def test_each_stage_takes_what_the_one_before_chose(searched):
    results = searched.results()
    chosen = {}
    for stage in (1, 2):
        table = read_search(results / f"{BEST}/stage{stage}.csv")
        best = json.loads((results / f"{BEST}/stage{stage}.json").read_text())
        assert list(table["candidate"][table["chosen"]]) == [best["candidate"]]
        assert table["value"].max() == table["value"][table["chosen"]].item()
        assert chosen.items() <= best["settings"].items()
        chosen = best["settings"]
    assert set(chosen) == {"network", "batch_size", "learning_rate", "dense_layers"}
    first = json.loads((results / f"{BEST}/stage1.json").read_text())["settings"]
    for name in read_search(results / f"{BEST}/stage2.csv")["candidate"]:
        assert first.items() <= settings(results, name).items()
    assert chosen.items() <= settings(results, "best").items()
    trained = [path.parts[-4] for path in results.glob("classifiers/*/*/*/weights.safetensors")]
    heads = {(s["network"], *s["dense_layers"]) for s in (settings(results, n) for n in trained)}
    assert heads == {("vgg16",), ("resnet18", 8)}


def settings(results, name):
    """Return what a classifier was trained with, as its file says."""
    return read_header(
        results / "classifiers" / name / "real_only" / "seed1" / "weights.safetensors"
    ).settings


@pytest.mark.full
def test_what_goes_on_from_the_best_keeps_its_settings_but_its_own(searched):
    results = searched.results()
    best, tuned = (settings(results, name) for name in ("best", "tuned"))
    assert {name for name in best if best[name] != tuned[name]} == {
        *("unfrozen_layers", "unfrozen_share", "learning_rate", "epochs")
    }
    metrics = read_table(results / "tables/metrics.csv")
    assert set(metrics["classifier"]) == {"best", "tuned"}
    table = read_table(results / f"{BEST}/candidates.csv")
    assert table.groupby("stage").size().tolist() == [4, 2]
    assert (results / FIGURE).stat().st_size > 5000


@pytest.mark.full
def test_a_value_more_trains_its_candidates_and_what_follows_if_the_choice_changes(searched):
    choice = f"{STAGES}/{BEST}/stage1.json"
    last = f"{STAGES}/metrics/tuned/real_only.csv"
    before = (searched.folder / choice).read_bytes()
    with searched.edit("studies/stages.yaml", "batch_size: [8, 16]", "batch_size: [8, 16, 64]"):
        assert searched.planned(choice) == {
            "train_classifier": 2,
            "predict": 2,
            "choose_candidate": 1,
        }
        run(searched, choice)
        again = searched.planned(last)
        if (searched.folder / choice).read_bytes() == before:
            assert again == {}
        else:
            assert again["train_classifier"] == 2 + 1 + 1


@pytest.mark.full
def test_each_image_is_tested_once_by_a_classifier_that_has_not_seen_its_patient(volumes):
    data = {"volumes": "cnn_3d", "slices": "cnn_2d"}
    run(volumes, *(f"{VOLUMES}/{dataset}/tables/metrics.csv" for dataset in data))
    for dataset, classifier in data.items():
        results = volumes.folder / VOLUMES / dataset
        split = read_table(results / "split.csv")
        folder = results / "predictions" / classifier / "real_only"
        tested = [read_table(folder / f"seed1.fold{number}.csv") for number in (1, 2, 3)]
        names = [name for table in tested for name in table["sample_id"]]
        assert sorted(names) == sorted(split["sample_id"])
        for number, table in enumerate(tested, start=1):
            mix = read_table(results / f"mixes/real_only.fold{number}.csv")
            assert not set(mix["group"]) & set(table["group"])
        metrics = read_table(results / "tables/metrics.csv")
        tests = metrics[(metrics["split"] == "test") & (metrics["metric"] == "accuracy")]
        assert set(tests["fold"]) == {"all", "mean", "1", "2", "3"}
