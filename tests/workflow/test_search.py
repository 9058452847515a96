"""Searches: the graph of their jobs, and what the best candidate becomes."""

import json

import pytest

from synthmix.generate.models.weights_file import read_header
from synthmix.search.table import read_search
from synthmix.store import read_table
from workflow_project import Project, jobs_in


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project.copy(tmp_path_factory.mktemp("search") / "synthmix", "search", "tiny")


def test_candidates_are_trained_and_scored_and_take_part_in_nothing_else(project):
    planned = project.planned()
    candidates, scopes = 4 + 2 + 2 + 1, {"scored": 2, "adopted": 1, "retrained": 1, "plain": 1}
    # those of `scored` learn a class each; `retrained` and `plain` are trained besides
    assert planned["train_generator"] == 2 * 4 + 2 + 2 + 1 + 1 + 1
    assert planned["adopt_generator"] == scopes["scored"] + scopes["adopted"]
    assert planned["choose_candidate"] == planned["plot_search"] == 4
    assert planned["tabulate_search"] == 3
    # by a loss nothing is drawn or scored for
    assert planned["sample_generator"] == 2 * 4 + sum(scopes.values())
    assert planned["score_generator"] == 4 + len(scopes)
    assert planned["extract_score_features"] == 1 + 2 * 4 + sum(scopes.values())
    assert planned["compose_mix"] == planned["train_classifier"] == len(scopes) + 1
    for rule in ("plot_samples", "project_images", "plot_pca", "plot_nearest"):
        assert planned[rule] == len(scopes) < candidates


def test_a_generator_may_be_searched_in_one_study_and_not_in_another(project):
    line = "generators:\n  adopted: { model: resampling }\n  retrained: { model: resampling }"
    with project.edit("studies/tiny.yaml", "generators:", line):
        alone = project.planned()
        both = project.planned(studies="search,tiny")
    assert both["adopt_generator"] == alone["adopt_generator"]
    assert both["train_generator"] == alone["train_generator"] + 2 + 2


def test_a_search_that_is_not_there_has_no_table(project):
    file = "results/paper/search/phantoms/searches/generators/plain/stage1.csv"
    result = project.run("--dry-run", file)
    assert result.returncode == 1
    assert "search searches no settings of plain" in result.stdout


@pytest.fixture(scope="module")
def searched(project):
    """The project after the two searches by a loss."""
    weights = [
        f"results/paper/search/phantoms/generators/{name}/all_classes/weights.safetensors"
        for name in ("adopted", "retrained")
    ]
    figure = "results/paper/search/phantoms/figures/search-generators-adopted-stage1.svg"
    result = project.run(*weights, figure)
    assert result.returncode == 0, result.stdout[-5000:]
    return project


def chosen(results, name):
    """Return the name of the best candidate as the table has it, and its latent_dim."""
    table = read_search(results / "searches/generators" / name / "stage1.csv")
    best = table.loc[table["value"].idxmin()]
    assert best["chosen"]
    assert table["chosen"].sum() == 1
    assert json.loads((results / "searches/generators" / name / "stage1.json").read_text()) == {
        "candidate": best["candidate"],
        "settings": {"latent_dim": int(best["latent_dim"])},
    }
    return best["candidate"], int(best["latent_dim"])


def latent_dim(folder):
    return read_header(folder / "weights.safetensors").settings["latent_dim"]


def test_the_best_candidate_is_used_as_it_is(searched):
    results = searched.results()
    candidate, dim = chosen(results, "adopted")
    folders = [results / "generators" / name / "all_classes" for name in (candidate, "adopted")]
    files = [{file.name: file.read_bytes() for file in folder.iterdir()} for folder in folders]
    assert files[0] == files[1]
    assert {"weights.safetensors", "history.csv", "sheet.png", "trained_on.csv"} <= set(files[0])
    assert latent_dim(folders[1]) == dim
    assert (results / "figures" / "search-generators-adopted-stage1.svg").stat().st_size > 5000


def test_the_best_settings_are_trained_anew_in_full(searched):
    results = searched.results()
    candidate, dim = chosen(results, "retrained")
    folder = results / "generators" / "retrained" / "all_classes"
    assert len(read_table(results / "generators" / candidate / "all_classes/history.csv")) == 1
    assert len(read_table(folder / "history.csv")) == 3
    assert latent_dim(folder) == dim


def test_a_later_stage_goes_on_from_the_choice_of_the_one_before(searched):
    results = searched.results()
    _, dim = chosen(results, "retrained")
    second = json.loads((results / "searches/generators/retrained/stage2.json").read_text())
    settings = {"latent_dim": dim, "learning_rate": 1e-3, "batch_size": 16}
    assert second["settings"] == settings
    assert second["candidate"].startswith("retrained_s2c")
    for name, epochs in ((second["candidate"], 1), ("retrained", 3)):
        weights = results / "generators" / name / "all_classes/weights.safetensors"
        trained_with = read_header(weights).settings
        assert settings | {"epochs": epochs} == {
            setting: trained_with[setting] for setting in (*settings, "epochs")
        }


ADOPTED = "results/paper/search/phantoms/generators/adopted/all_classes/weights.safetensors"


@pytest.mark.parametrize(
    ("old", "new", "trained"),
    [
        ("latent_dim: [8, 16] }, score: rec", "latent_dim: [4, 8, 16] }, score: rec", 1),
        ("score: reconstruction_loss }", "score: penalty_loss }", 0),
    ],
)
def test_a_larger_grid_trains_the_new_candidate_and_another_score_none(searched, old, new, trained):
    text = (searched.folder / "studies/search.yaml").read_text()
    assert text.index(old) < text.index("retrained")
    with searched.edit("studies/search.yaml", old, new):
        result = searched.run("--dry-run", ADOPTED)
    assert jobs_in(result.stdout) == {"choose_candidate": 1, "adopt_generator": 1} | (
        {"train_generator": trained} if trained else {}
    )
