import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as reference

from synthmix.evaluate.bootstrap import percentile_interval, resample_groups
from synthmix.evaluate.metrics import METRICS, against_rest, weighted_metrics


def predictions(count=200, seed=0, classes=("cancer", "normal")):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet([1] * len(classes), count).round(2)  # rounded: with ties
    table = pd.DataFrame(probabilities, columns=[f"probability_{c}" for c in classes])
    table["label"] = rng.choice(classes, count)
    table["predicted"] = [classes[i] for i in probabilities.argmax(1)]
    table["group"] = [f"p{i // 4}" for i in range(count)]
    return table


def as_lists(table, positive="cancer"):
    return (
        (table["label"] == positive).to_numpy(),
        (table["predicted"] == positive).to_numpy(),
        table[f"probability_{positive}"].to_numpy(),
    )


def test_metrics_are_scikit_learns():
    table = predictions()
    found = weighted_metrics(against_rest(table, "cancer"), np.ones((1, len(table))))
    assert set(found) == set(METRICS)
    true, predicted, score = as_lists(table)
    expected = {
        "accuracy": reference.accuracy_score(true, predicted),
        "precision": reference.precision_score(true, predicted),
        "sensitivity": reference.recall_score(true, predicted),
        "specificity": reference.recall_score(~true, ~predicted),
        "f1": reference.f1_score(true, predicted),
        "auc": reference.roc_auc_score(true, score),
        "missed_positives": (true & ~predicted).sum(),
        "missed_positive_share": (true & ~predicted).mean(),
    }
    assert {name: pytest.approx(values[0]) for name, values in found.items()} == expected


def test_a_weight_counts_as_so_many_copies():
    table = predictions(60)
    weights = np.random.default_rng(1).integers(0, 4, 60)
    copies = table.loc[np.repeat(table.index, weights)]
    weighted = weighted_metrics(against_rest(table, "cancer"), weights[None].astype(float))
    copied = weighted_metrics(against_rest(copies, "cancer"), np.ones((1, len(copies))))
    for name in METRICS:
        assert weighted[name][0] == pytest.approx(copied[name][0]), name


def test_with_three_classes_accuracy_is_over_all_of_them():
    table = predictions(classes=("a", "b", "c"))
    found = weighted_metrics(against_rest(table, "a"), np.ones((1, len(table))))
    assert found["accuracy"][0] == pytest.approx((table["label"] == table["predicted"]).mean())


def test_what_has_no_denominator_is_nan():
    table = predictions(10).assign(label="normal", predicted="normal")
    found = weighted_metrics(against_rest(table, "cancer"), np.ones((1, 10)))
    assert np.isnan(found["sensitivity"][0])
    assert np.isnan(found["precision"][0])
    assert np.isnan(found["auc"][0])
    assert found["specificity"][0] == 1


def test_patients_are_drawn_whole_and_as_many_as_there_are():
    groups = pd.Series(["a", "a", "b", "c", "c", "c"])
    weights = resample_groups(groups, 500, seed=1)
    assert (weights[:, 0] == weights[:, 1]).all()
    assert (weights[:, 3] == weights[:, 5]).all()
    assert (weights[:, 0] + weights[:, 2] + weights[:, 3] == 3).all()
    assert weights[:, 2].mean() == pytest.approx(1, abs=0.1)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    rng, hits = np.random.default_rng(0), 0
    for trial in range(200):
        # patients of four equal images: an interval over images would be half as wide
        right = np.repeat(rng.random(60) < 0.7, 4).astype(float)
        groups = pd.Series(np.repeat(np.arange(60), 4).astype(str))
        weights = resample_groups(groups, 400, seed=trial)
        low, high = percentile_interval(weights @ right / weights.sum(1), 0.95)
        hits += low <= 0.7 <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_an_interval_of_nothing_is_nan():
    assert np.isnan(percentile_interval(np.array([np.nan, np.nan]), 0.95)).all()
