"""Learning curves: which jobs they take, and that shares are trained on and nothing else."""

import re

import pytest

from synthmix.store import read_table
from workflow_project import Project

CURVE = "learning_curve: { real_patients: [0.5] }\nadditions: { ratios: [0.5] }\n"
ALONE = "controls: { copies: false }\n"  # without the copies that there are by default
MORE = "learning_curve: { real_patients: [0.25, 0.5] }"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The project with a study that has a learning curve, and one without."""
    project = Project.copy(tmp_path_factory.mktemp("curve") / "synthmix", "tiny", "repeats")
    study = project.folder / "studies" / "tiny.yaml"
    settings = study.read_text().split("\nmixes:")
    classifiers = settings[1][settings[1].index("\nclassifiers:") :]
    text = settings[0] + "\n" + CURVE + ALONE + classifiers
    study.write_text(re.sub(r"(\w+_patients): \d+", r"\1: 16", text))
    repeated = project.folder / "studies" / "repeats.yaml"
    repeated.write_text(repeated.read_text() + "\nlearning_curve: { real_patients: [0.5] }\n")
    return project


def test_a_share_takes_what_is_trained_again_and_no_scores_or_figures(project):
    planned = project.planned()
    assert planned["take_share"] == planned["tabulate_learning_curve"] == 1
    assert planned["plot_learning_curve"] == 1
    assert planned["split_samples"] == planned["score_generator"] == planned["score_real"] == 1
    # with all patients and with half of them: a model for each class, two training sets
    for rule in ("train_generator", "sample_generator", "train_classifier", "predict"):
        assert planned[rule] == 2 * 2, rule
    assert planned["score_predictions"] == 2
    # real images once, the pools of each share
    assert planned["extract_features"] == 1 + 2 * 2


def test_each_split_and_fold_has_the_shares_and_searches_in_them(project):
    planned = project.planned(studies="repeats")
    deals = 2 * 3
    assert planned["take_share"] == deals
    assert planned["choose_candidate"] == 2 * deals
    assert planned["train_classifier"] == 2 * deals * (2 + 2 + 1)
    assert planned["tabulate_search"] == deals


@pytest.fixture(scope="module")
def drawn(project):
    """The project after a run."""
    result = project.run()
    assert result.returncode == 0, result.stdout[-5000:]
    return project


@pytest.mark.full
def test_generators_and_mixes_have_the_patients_of_the_share_alone(drawn):
    folder = drawn.results() / "share50"
    split, whole = (read_table(place / "split.csv") for place in (folder, drawn.results()))
    learned = set(split.loc[split["split"] == "train", "group"])
    assert learned < set(whole.loc[whole["split"] == "train", "group"])
    found = [*folder.rglob("trained_on.csv")]
    assert len(found) == 2
    for file in found:
        assert set(read_table(file)["group"]) <= learned
    for file in (folder / "mixes").iterdir():
        mix = read_table(file)
        real = mix[(mix["origin"] == "real") & (mix["split"] == "train")]
        assert set(real["group"]) == learned
        added = mix[(mix["origin"] == "synthetic") & (mix["split"] == "train")]
        assert len(added) in (0, pytest.approx(len(real) / 2, abs=2))


@pytest.mark.full
def test_all_shares_are_tested_on_the_same_images(drawn):
    tested = [
        read_table(file)["sample_id"].tolist()
        for file in drawn.results().rglob("predictions/vgg16/*/seed1.csv")
    ]
    assert len(tested) == 4
    assert all(images == tested[0] for images in tested)


@pytest.mark.full
def test_the_table_and_the_page_say_what_the_mix_is_worth(drawn):
    table = read_table(drawn.results() / "tables/learning_curve.csv")
    assert list(table["share"]) == [0.5, 1] * 2
    (words,) = table["in_words"].dropna().unique()
    page = (drawn.folder / "results" / "report.html").read_text()
    assert "What synthetic images are worth" in page
    assert f"{words}." in page
    whole = table[(table["share"] == 1) & (table["mix"] == "dcgan-added50")]
    summary = read_table(drawn.results() / "tables/summary.csv").set_index("mix")
    assert whole["value"].item() == pytest.approx(summary.loc["dcgan-added50", "accuracy"])


@pytest.mark.full
def test_a_share_more_reruns_nothing_that_is_there(drawn):
    drawn.show_jobs()  # which reruns nothing either
    with drawn.edit("studies/tiny.yaml", CURVE.splitlines()[0], MORE):
        shown = drawn.run("--dry-run").stdout
    again = re.findall(r"^    output: (.*)$", shown, re.MULTILINE)
    below = [line for line in again if "/phantoms/" in line and "/share25/" not in line]
    assert all("learning_curve" in line for line in below), below
    assert any("/share25/predictions/" in line for line in again)
