"""Which classifier is chosen, from predictions of validation images made by hand."""

import numpy as np
import pandas as pd
import pytest

from search_tables import ACTUAL, SCORED, write_predictions
from synthmix.errors import UserError
from synthmix.search.choose_candidate import choose_candidate
from synthmix.search.chosen import chosen_candidate
from synthmix.search.table import read_search

POINTS = {name: {"network": name} for name in ("vgg16", "resnet18", "cnn")}


def choose(folder, files, score):
    table, best = folder / "stage1.csv", folder / "stage1.json"
    files = {name: [path] for name, path in zip(POINTS, files, strict=True)}
    place, judge = "classifiers.a.search", "predictions"
    choose_candidate(place, POINTS, POINTS, files, score, judge, SCORED, None, table, best)
    return read_search(table)


def choose_by(folder, judged, score="accuracy", **options):
    """Choose from candidates with predictions made with the arguments `judged`, one for each."""
    files = [
        write_predictions(folder / f"{number}.csv", *arguments, **options)
        for number, arguments in enumerate(judged)
    ]
    return choose(folder, files, score)


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
    table = choose_by(tmp_path, judged, score)
    assert list(table["rank"]) == ranks
    assert list(table["chosen"]) == [rank == 1 for rank in ranks]
    assert chosen_candidate(tmp_path / "stage1.json") == list(POINTS)[ranks.index(1)]


def test_scores_have_intervals_over_patients(tmp_path):
    table = choose_by(tmp_path, [(9,), (11,), (10,)])
    np.testing.assert_allclose(table["value"], [9 / 12, 11 / 12, 10 / 12])
    assert (table["low"] < table["value"]).all()
    assert (table["value"] < table["high"]).all()
    assert set(table["score"]) == {"accuracy"}


def test_what_is_undefined_is_not_chosen(tmp_path):
    # the AUC of a candidate whose validation images lack a class
    actual = (np.repeat("normal", 12), ACTUAL, ACTUAL)
    files = [
        write_predictions(tmp_path / f"{right}.csv", right, actual=labels)
        for right, labels in zip((12, 9, 10), actual, strict=True)
    ]
    table = choose(tmp_path, files, "auc")
    assert list(table["chosen"]) == [False, False, True]
    assert pd.isna(table["rank"].iloc[0])
    assert pd.isna(table["value"].iloc[0])


def test_where_all_is_undefined_nothing_is_chosen(tmp_path):
    said = r"classifiers\.a\.search\.score: .* has a finite auc: not every class may have valid"
    with pytest.raises(UserError, match=said):
        choose_by(tmp_path, [(9,), (11,), (10,)], "auc", actual=np.repeat("normal", 12))
    assert not (tmp_path / "stage1.csv").exists()
    assert not (tmp_path / "stage1.json").exists()
