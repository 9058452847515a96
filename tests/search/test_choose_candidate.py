"""Which candidate of a stage is chosen, from files made by hand."""

import json
import math

import pandas as pd
import pytest

from search_tables import write_scores
from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.score.names import frechet_name, kernel_name
from synthmix.search.choose_candidate import choose_candidate
from synthmix.search.chosen import chosen_candidate, read_chosen, settle, write_chosen
from synthmix.search.files import by_candidate
from synthmix.search.scores import is_loss, lower_is_better, score_names
from synthmix.search.table import read_search, searched_settings

POINTS = {
    "g_c1": {"learning_rate": 1e-5, "layers": [8, 16]},
    "g_c2": {"learning_rate": 1e-5, "layers": [32]},
    "g_c3": {"learning_rate": 2e-4, "layers": None},
}


def choose(folder, files, score="fid", judge="scores", before=None, choices=POINTS):
    """Choose by `files` of each candidate; return the table."""
    table, best = folder / "stage1.csv", folder / "stage1.json"
    files = dict(zip(POINTS, files, strict=True))
    choose_candidate(
        "generators.g.search", POINTS, choices, files, score, judge, {}, before, table, best
    )
    return read_search(table)


def choose_by_scores(folder, values, score="fid", **options):
    """Choose by tables of scores with these values; return the table and the name chosen."""
    paths = [[write_scores(folder / f"{n}.csv", value, score)] for n, value in enumerate(values)]
    table = choose(folder, paths, score, **options)
    return table, chosen_candidate(folder / "stage1.json")


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
    table, chosen = choose_by_scores(tmp_path, values, score)
    assert chosen == best
    assert [None if pd.isna(rank) else rank for rank in table["rank"]] == ranks
    assert list(table["candidate"][table["chosen"]]) == [best]


def test_the_table_has_settings_as_they_were_written_and_intervals(tmp_path):
    table, _ = choose_by_scores(tmp_path, (30, 10, 20))
    assert searched_settings(table) == ["learning_rate", "layers"]
    assert list(table["learning_rate"]) == ["1e-05", "1e-05", "0.0002"]
    assert list(table["layers"]) == ["[8, 16]", "[32]", "null"]
    assert list(table["low"]) == [29, 9, 19]
    assert list(table["high"]) == [32, 12, 22]
    assert set(table["score"]) == {"fid"}


def test_the_chosen_settings_go_over_those_beside_the_search_and_under_ones_own(tmp_path):
    choose_by_scores(tmp_path, (3, 2, 1))
    best = tmp_path / "stage1.json"
    base = {"model": "m", "learning_rate": 9, "layers": [1], "epochs": 5}
    assert settle(base, {"epochs": 2}, best) == {
        **{"model": "m", "learning_rate": 2e-4, "layers": None, "epochs": 2}
    }
    assert settle(base, {}, []) == base
    assert json.loads(best.read_text()) == {"candidate": "g_c3", "settings": POINTS["g_c3"]}


def test_a_later_stage_carries_what_earlier_ones_chose(tmp_path):
    before = tmp_path / "stage0.json"
    write_chosen(before, "g_c0", {"batch_size": 64, "layers": [2]})
    choose_by_scores(tmp_path, (3, 2, 1), before=before)
    assert read_chosen(tmp_path / "stage1.json") == {"batch_size": 64, **POINTS["g_c3"]}


def test_what_goes_with_the_best_is_chosen_with_it_and_is_no_column(tmp_path):
    choices = {name: point | {"dropout": 0.1} for name, point in POINTS.items()}
    table, _ = choose_by_scores(tmp_path, (3, 2, 1), choices=choices)
    assert searched_settings(table) == ["learning_rate", "layers"]
    assert read_chosen(tmp_path / "stage1.json") == choices["g_c3"]


def test_without_a_finite_score_nothing_is_chosen(tmp_path):
    with pytest.raises(UserError, match=r"generators\.g\.search\.score: not one of the 3 cand"):
        choose_by_scores(tmp_path, (math.nan, math.inf, -math.inf))
    assert not (tmp_path / "stage1.json").exists()
    assert not (tmp_path / "stage1.csv").exists()


def choose_by_loss(folder, losses, loss="critic_loss"):
    files = []
    for name, models in zip(POINTS, losses, strict=True):
        files.append([])
        for number, values in enumerate(models):
            path = folder / f"{name}-{number}.csv"
            table = pd.DataFrame({"epoch": range(1, len(values) + 1), "critic_loss": values})
            write_table(path, table.assign(images_seen=1))
            files[-1].append(path)
    return choose(folder, files, loss, "losses")


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


def test_a_total_loss_can_be_chosen_by(tmp_path):
    assert [is_loss(name) for name in ("total_loss", "loss_as_published", "distance")] == [1, 1, 0]
    files = []
    # by the published scale, times the batch size, the smaller batch wins though it learned less
    for name, total, batch in (("g_c1", 0.8, 64), ("g_c2", 1.0, 32), ("g_c3", 3, 32)):
        path = tmp_path / f"{name}.csv"
        table = {"epoch": [1], "total_loss": [total], "loss_as_published": [total / 4 * batch]}
        write_table(path, pd.DataFrame(table))
        files.append([path])
    for loss, best in (("total_loss", 0), ("loss_as_published", 1)):
        table = choose(tmp_path, files, loss, "losses")
        assert list(table["chosen"]) == [number == best for number in range(3)]


@pytest.mark.parametrize("features", ["own", "inception"])
def test_names_of_scores_are_those_of_the_tables(features):
    names = score_names(features)
    assert names["distance"] == frechet_name(features)
    assert names["kernel_distance"] == kernel_name(features)
    better = {name: lower_is_better(column) for name, column in names.items()}
    assert [name for name in better if not better[name]] == [
        *("precision", "recall", "density", "coverage")
    ]
    assert lower_is_better("reconstruction_loss")


def test_files_are_dealt_out_in_order():
    assert by_candidate(["a", "b"], ["1", "2", "3", "4"]) == {"a": ["1", "2"], "b": ["3", "4"]}
    with pytest.raises(ValueError, match="3 files"):
        by_candidate(["a", "b"], ["1", "2", "3"])
