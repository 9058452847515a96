"""Which candidate is chosen, from tables made by hand."""

import json
import math

import pandas as pd
import pytest

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.scopes import ALL_CLASSES
from synthmix.score.compare import COLUMNS, FRECHET, KERNEL
from synthmix.search.choose_generator import choose_generator
from synthmix.search.chosen import chosen_candidate, with_chosen
from synthmix.search.files import by_candidate
from synthmix.search.scores import lower_is_better, score_names
from synthmix.search.table import read_search, searched_settings

POINTS = {
    "g_c1": {"learning_rate": 1e-5, "layers": [8, 16]},
    "g_c2": {"learning_rate": 1e-5, "layers": [32]},
    "g_c3": {"learning_rate": 2e-4, "layers": None},
}


def write_scores(path, value, score="fid"):
    rows = [
        ("g", "a", "class", score, -99.0),
        ("g", ALL_CLASSES, ALL_CLASSES, score, value),
        ("g", ALL_CLASSES, ALL_CLASSES, "other", -99.0),
    ]
    table = pd.DataFrame(rows, columns=COLUMNS[:5]).assign(low=value - 1, high=value + 2)
    write_table(path, table)
    return path


def choose(folder, values, score="fid"):
    """Choose by tables of scores with these values; return the table and the name chosen."""
    files = {
        name: [write_scores(folder / f"{name}.csv", value, score)]
        for name, value in zip(POINTS, values, strict=True)
    }
    choose_generator("g", POINTS, score, files, folder / "search.csv", folder / "best.json")
    return read_search(folder / "search.csv"), chosen_candidate(folder / "best.json")


@pytest.mark.parametrize(
    ("score", "values", "best", "ranks"),
    [
        ("fid", (30, 10, 20), "g_c2", [3, 1, 2]),
        ("kid", (-0.2, 0.1, 0), "g_c1", [1, 3, 2]),
        ("precision", (0.3, 0.1, 0.4), "g_c3", [2, 3, 1]),
        ("coverage", (0.5, 0.5, 0.1), "g_c1", [1, 2, 3]),
        ("fid", (7, 5, 5), "g_c2", [3, 1, 2]),
        ("fid", (math.nan, 9, 8), "g_c3", [None, 2, 1]),
        ("precision", (math.inf, 0.1, math.nan), "g_c2", [None, 1, None]),
    ],
)
def test_the_best_is_chosen_and_ties_go_to_the_first(tmp_path, score, values, best, ranks):
    table, chosen = choose(tmp_path, values, score)
    assert chosen == best
    assert [None if pd.isna(rank) else rank for rank in table["rank"]] == ranks
    assert list(table["candidate"][table["chosen"]]) == [best]


def test_the_table_has_settings_as_they_were_written_and_intervals(tmp_path):
    table, _ = choose(tmp_path, (30, 10, 20))
    assert searched_settings(table) == ["learning_rate", "layers"]
    assert list(table["learning_rate"]) == ["1e-05", "1e-05", "0.0002"]
    assert list(table["layers"]) == ["[8, 16]", "[32]", "null"]
    assert list(table["low"]) == [29, 9, 19]
    assert list(table["high"]) == [32, 12, 22]
    assert set(table["score"]) == {"fid"}


def test_the_chosen_settings_are_laid_over_those_of_the_generator(tmp_path):
    choose(tmp_path, (3, 2, 1))
    best = tmp_path / "best.json"
    settings = {"model": "m", "learning_rate": 9, "layers": [1]}
    assert with_chosen(settings, best) == {"model": "m", "learning_rate": 2e-4, "layers": None}
    assert with_chosen(settings, []) == settings
    assert json.loads(best.read_text()) == {"candidate": "g_c3", "settings": POINTS["g_c3"]}


def test_without_a_finite_score_nothing_is_chosen(tmp_path):
    with pytest.raises(UserError, match=r"generators\.g\.search: not one of the 3 candidates"):
        choose(tmp_path, (math.nan, math.inf, -math.inf))
    assert not (tmp_path / "best.json").exists()
    assert not (tmp_path / "search.csv").exists()


def choose_by_loss(folder, losses, loss="critic_loss"):
    files = {}
    for name, models in zip(POINTS, losses, strict=True):
        files[name] = []
        for number, values in enumerate(models):
            path = folder / f"{name}-{number}.csv"
            table = pd.DataFrame({"epoch": range(1, len(values) + 1), "critic_loss": values})
            write_table(path, table.assign(images_seen=1))
            files[name].append(path)
    choose_generator("g", POINTS, loss, files, folder / "search.csv", folder / "best.json")
    return read_search(folder / "search.csv")


def test_a_loss_is_its_last_value_and_the_mean_over_models(tmp_path):
    models = ([[0, 4], [0, 2]], [[9, 1], [9, 3.5]], [[5, 9], [1, None]])
    table = choose_by_loss(tmp_path, models)
    assert list(table["value"]) == [3, 2.25, 5]
    assert list(table["chosen"]) == [False, True, False]
    assert table["low"].isna().all()


def test_a_loss_that_diverged_in_one_model_is_not_chosen(tmp_path):
    table = choose_by_loss(tmp_path, ([[1], [math.inf]], [[8], [9]], [[None], [0]]))
    assert list(table["chosen"]) == [False, True, False]


def test_a_loss_that_the_model_does_not_have(tmp_path):
    with pytest.raises(UserError, match=r"search\.score: g_loss .* these: critic_loss;"):
        choose_by_loss(tmp_path, ([[1]], [[1]], [[1]]), "g_loss")


@pytest.mark.parametrize("features", ["own", "inception"])
def test_names_of_scores_are_those_of_the_tables(features):
    names = score_names(features)
    assert names["distance"] == FRECHET[features]
    assert names["kernel_distance"] == KERNEL[features]
    better = {name: lower_is_better(column) for name, column in names.items()}
    assert [name for name in better if not better[name]] == [
        *("precision", "recall", "density", "coverage")
    ]
    assert lower_is_better("reconstruction_loss")


def test_files_are_dealt_out_in_order():
    assert by_candidate(["a", "b"], ["1", "2", "3", "4"]) == {"a": ["1", "2"], "b": ["3", "4"]}
    with pytest.raises(ValueError, match="3 files"):
        by_candidate(["a", "b"], ["1", "2", "3"])
