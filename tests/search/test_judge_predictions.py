"""Which candidate of a stage is chosen, from predictions made by hand."""

import json

import numpy as np
import pandas as pd
import pytest

from sweep_tables import ACTUAL, scorer, write_predictions
from synthmix.errors import UserError
from synthmix.search.table import read_search, searched_settings
from synthmix.sweep.choose_classifier import choose_classifier
from synthmix.sweep.chosen import read_chosen, write_chosen

POINTS = {
    "a_s1c1": {"network": "vgg16", "dense_layers": [8]},
    "a_s1c2": {"network": "vgg16", "dense_layers": []},
    "a_s1c3": {"network": "resnet18", "dense_layers": [8]},
}


def choose(folder, judged, score="accuracy", before=None, settings=POINTS, **options):
    """Choose from candidates with predictions made with the arguments `judged`, one for each."""
    predictions = {
        name: write_predictions(folder / f"{name}.csv", *arguments, **options)
        for name, arguments in zip(POINTS, judged, strict=True)
    }
    choose_classifier(
        "a",
        POINTS,
        settings,
        predictions,
        score,
        scorer(),
        before,
        folder / "stage1.csv",
        folder / "stage1.json",
    )
    return read_search(folder / "stage1.csv")


@pytest.mark.parametrize(
    ("score", "judged", "ranks"),
    [
        ("accuracy", [(9,), (11,), (10,)], [3, 1, 2]),
        ("balanced_accuracy", [(9,), (7,), (10,)], [2, 3, 1]),
        # the lower the better; all are right, with more or less confidence
        ("negative_log_likelihood", [(12, 0.8), (12, 0.7), (12, 0.9)], [2, 3, 1]),
        # equally often right: the one with the lower negative log likelihood
        ("macro_f1", [(12, 0.7), (12, 0.8), (12, 0.9)], [3, 2, 1]),
        ("accuracy", [(6, 0.9), (6, 0.6), (6, 0.8)], [3, 1, 2]),
        # equal in that too: the first
        ("accuracy", [(6, 0.9), (9, 0.9), (9, 0.9)], [3, 1, 2]),
    ],
)
def test_the_best_is_chosen_and_ties_are_broken(tmp_path, score, judged, ranks):
    table = choose(tmp_path, judged, score)
    assert list(table["rank"]) == ranks
    assert list(table["chosen"]) == [rank == 1 for rank in ranks]
    best = json.loads((tmp_path / "stage1.json").read_text())
    name = list(POINTS)[ranks.index(1)]
    assert best == {"candidate": name, "settings": POINTS[name]}


def test_the_table_has_settings_as_they_were_written_and_intervals(tmp_path):
    table = choose(tmp_path, [(9,), (11,), (10,)])
    assert searched_settings(table) == ["network", "dense_layers"]
    assert list(table["dense_layers"]) == ["[8]", "[]", "[8]"]
    np.testing.assert_allclose(table["value"], [9 / 12, 11 / 12, 10 / 12])
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()
    assert set(table["score"]) == {"accuracy"}


def test_what_is_undefined_is_not_chosen(tmp_path):
    # the AUC of a candidate whose validation images lack a class
    predictions = {
        name: write_predictions(tmp_path / f"{name}.csv", right, actual=actual)
        for name, right, actual in zip(
            POINTS, (12, 9, 10), (np.repeat("normal", 12), ACTUAL, ACTUAL), strict=True
        )
    }
    output, best = tmp_path / "stage1.csv", tmp_path / "stage1.json"
    choose_classifier("a", POINTS, POINTS, predictions, "auc", scorer(), None, output, best)
    table = read_search(output)
    assert list(table["chosen"]) == [False, False, True]
    assert pd.isna(table["rank"].iloc[0])
    assert pd.isna(table["value"].iloc[0])


def test_where_all_is_undefined_nothing_is_chosen(tmp_path):
    with pytest.raises(UserError, match=r"a\.sweep\.score: auc is undefined for all 3"):
        choose(tmp_path, [(9,), (11,), (10,)], "auc", actual=np.repeat("normal", 12))
    assert not (tmp_path / "stage1.csv").exists()
    assert not (tmp_path / "stage1.json").exists()


def test_a_later_stage_carries_what_earlier_ones_chose(tmp_path):
    before = tmp_path / "stage0.json"
    write_chosen(before, "a_s0c0", {"batch_size": 64, "network": "vgg16", "unfrozen_layers": 2})
    choose(tmp_path, [(9,), (10,), (11,)], before=before)
    assert read_chosen(tmp_path / "stage1.json") == {
        **{"batch_size": 64, "unfrozen_layers": 2},
        **{"network": "resnet18", "dense_layers": [8]},
    }


def test_what_goes_with_the_best_is_chosen_with_it_and_is_no_column(tmp_path):
    settings = {name: point | {"dropout": 0.1} for name, point in POINTS.items()}
    table = choose(tmp_path, [(9,), (10,), (11,)], settings=settings)
    assert searched_settings(table) == ["network", "dense_layers"]
    assert read_chosen(tmp_path / "stage1.json") == settings["a_s1c3"]
