"""Repeats: which jobs they take, and that nothing is learned from what is tested on."""

import re
from itertools import product

import pytest

from synthmix.store import read_table
from workflow_project import Project


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project, in which nothing has run."""
    return Project.copy(tmp_path_factory.mktemp("repeats") / "synthmix", "tiny", "repeats")


def test_a_repeat_takes_the_jobs_of_its_split_and_no_others(project):
    once = project.planned()
    twice = project.planned(repeats="{splits: 2, generators: 2, classifiers: 2}")
    for rule, times in {
        "prepare_images": 1,
        "find_duplicates": 1,
        "split_samples": 2,
        "train_score_network": 2,
        "train_generator": 2 * 2,
        "sample_generator": 2 * 2,
        "score_generator": 2 * 2,
        "score_predictions": 1,
        "tabulate_study": 1,
        "render_report": 1,
    }.items():
        assert twice[rule] == times * once[rule], rule
    assert twice["compose_mix"] == 2 * (2 + 1)
    assert twice["train_classifier"] == 2 * 2 * (2 + 1)
    # real images once, each pool of each class
    assert twice["extract_features"] == 1 + 2 * 2 * 2


def test_folds_have_generators_and_searches_of_their_own(project):
    planned = project.planned(studies="repeats")
    deals = 2 * 3
    assert (planned["split_samples"], planned["take_fold"]) == (2, deals)
    assert planned["choose_candidate"] == planned["tabulate_search"] == deals
    # two candidates, one of which is adopted; a second training; two of what copies
    assert planned["train_generator"] == deals * (2 + 1 + 2)
    assert planned["adopt_generator"] == deals
    assert planned["train_classifier"] == deals * (2 + 2 + 1)
    assert planned["extract_features"] == 1 + deals * 2 * 2


@pytest.fixture(scope="module")
def repeated(tmp_path_factory):
    """The project after a run of a study with splits, folds and trainings of generators."""
    project = Project.copy(tmp_path_factory.mktemp("repeated") / "synthmix", "repeats")
    project.study = "repeats"
    result = project.run()
    assert result.returncode == 0, result.stdout[-5000:]
    return project


@pytest.mark.full
def test_no_generator_has_learned_from_a_patient_that_its_fold_tests(repeated):
    found = [*repeated.results().rglob("trained_on.csv")]
    assert len(found) == 2 * 3 * (2 + 1 + 1 + 2)
    for file in found:
        fold = next(parent for parent in file.parents if parent.name.startswith("fold"))
        split = read_table(fold / "split.csv")
        tested = set(split.loc[split["split"] == "test", "group"])
        assert tested
        assert not tested & set(read_table(file)["group"]), file


@pytest.mark.full
def test_each_patient_is_tested_once_in_a_split(repeated):
    for split in ("", "split2"):
        folder = repeated.results() / split
        tested = [
            sample
            for fold in (1, 2, 3)
            for sample in read_table(
                folder / f"fold{fold}" / "predictions/vgg16/real_only/seed1.csv"
            )["sample_id"]
        ]
        dealt = read_table(folder / "split.csv")
        assert sorted(tested) == sorted(dealt.loc[dealt["fold"].notna(), "sample_id"])


@pytest.mark.full
def test_trainings_of_a_generator_differ_and_so_do_splits(repeated):
    folders = [repeated.results() / place for place in ("fold1", "split2/fold1")]
    stores = [
        (folder / f"stores/{generator}{training}/all_classes.npy").read_bytes()
        for folder, generator, training in product(
            folders, ("searched", "copies"), ("", ".training2")
        )
    ]
    assert len(set(stores)) == len(stores)


@pytest.mark.full
def test_tables_have_a_row_for_each_repeat_and_their_mean(repeated):
    metrics = read_table(repeated.results() / "tables/metrics.csv")
    chosen = (metrics["metric"] == "accuracy") & (metrics["split"] == "test")
    chosen &= (metrics["fold"] == "all") & metrics["class"].isna()
    rows = metrics[chosen & (metrics["mix"] == "searched-added50")]
    each = rows[rows["seed"] != "all"]
    assert len(each) == 2 * 2
    (mean,) = rows.loc[rows["seed"] == "all", "value"]
    assert mean == pytest.approx(each["value"].mean())


@pytest.mark.full
def test_a_repeat_more_reruns_nothing_that_is_there(repeated):
    repeated.show_jobs()  # which reruns nothing either
    shown = repeated.run("--dry-run", repeats="3,2,1").stdout
    again = re.findall(r"^    output: (.*)$", shown, re.MULTILINE)
    below = [line for line in again if "/phantoms/" in line and "/split3/" not in line]
    tables = ("/tables/", "/metrics/", "/figures/")
    assert [line for line in below if not any(name in line for name in tables)] == []
    assert any("/split3/fold1/predictions/" in line for line in again)
