import numpy as np
import pytest

from predictions_data import predictions
from synthmix.evaluate.delong import delong_covariance
from synthmix.evaluate.influence import least_patients, least_variance, measured
from synthmix.evaluate.metrics import weighted_metrics
from synthmix.evaluate.predictions import Predictions

THREE = ("a", "b", "c")
MEASURES = ("accuracy", "balanced_accuracy", "macro_f1", "auc")


def made_up(classes, seed, patients=40):
    return Predictions.from_table(predictions(patients, 0.7, seed, classes), classes)


def of(measure, runs, positive=None):
    return measured(
        measure,
        runs[0].actual,
        np.stack([run.predicted for run in runs]),
        np.stack([run.probabilities for run in runs]),
        positive,
    )


@pytest.mark.parametrize("classes", [("a", "b"), THREE], ids=len)
@pytest.mark.parametrize("measure", MEASURES)
def test_values_are_those_of_all_other_tables(measure, classes):
    runs = [made_up(classes, seed) for seed in range(3)]
    values, influence = of(measure, runs)
    for run, value in zip(runs, values, strict=True):
        metric = "macro_auc" if measure == "auc" else measure
        expected = weighted_metrics(run, np.ones((1, len(run.actual))))[metric, ""][0]
        assert value == pytest.approx(expected)
    np.testing.assert_allclose(influence.sum(-1), 0, atol=1e-12)


@pytest.mark.parametrize("classes", [("a", "b"), THREE], ids=len)
@pytest.mark.parametrize("measure", MEASURES)
def test_influence_is_how_a_measure_moves_with_the_weight_of_an_image(measure, classes):
    run = made_up(classes, 1)
    count, step = len(run.actual), 1e-5
    weights = np.ones((count, count)) + step * np.eye(count)
    metric = "macro_auc" if measure == "auc" else measure
    moved = weighted_metrics(run, weights)[metric, ""]
    still = weighted_metrics(run, np.ones((1, count)))[metric, ""]
    _, influence = of(measure, [run])
    np.testing.assert_allclose(influence[0], (moved - still) / step, atol=1e-5)


def test_of_auc_the_variance_is_delong_s():
    runs = [made_up(("a", "b"), seed, patients=60) for seed in range(2)]
    values, influence = of("auc", runs, positive=0)
    positive = runs[0].actual == 0
    scores = np.stack([run.probabilities[:, 0] for run in runs])
    aucs, covariance = delong_covariance(positive, scores)
    np.testing.assert_allclose(values, aucs)
    found = sum(
        influence[:, kind] @ influence[:, kind].T * kind.sum() / (kind.sum() - 1)
        for kind in (positive, ~positive)
    )
    np.testing.assert_allclose(found, covariance)


def test_auc_of_one_class_is_nan():
    values, influence = measured(
        "auc", np.zeros(4, int), np.zeros((1, 4), int), np.full((1, 4, 2), 0.5), 0
    )
    assert np.isnan(values).all()
    assert np.isnan(influence).all()


def test_what_weighs_classes_alike_rests_on_the_rarest():
    patients = np.array([90, 10, 0])
    assert least_patients("accuracy", patients) == 100
    assert least_patients("macro_f1", patients) == 10
    assert least_variance("accuracy", patients) == pytest.approx(2 / 102**2)
    expected = 2 / (2 * 92) ** 2 + 2 / (2 * 12) ** 2
    assert least_variance("balanced_accuracy", patients) == pytest.approx(expected)
    assert least_variance("auc", patients) == pytest.approx(expected / 4)
