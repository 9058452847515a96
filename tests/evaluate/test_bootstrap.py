import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from synthmix.evaluate import bootstrap as module
from synthmix.evaluate.bootstrap import Bootstrap
from synthmix.evaluate.ranking import ranking_metrics


def mean_of(values):
    return lambda weights: {"mean": weights @ values / weights.sum(1)}


def test_patients_are_drawn_whole_and_as_many_as_there_are():
    bootstrap = Bootstrap(pd.Series(["a", "a", "b", "c", "c", "c"]), 500, seed=1)
    weights = np.concatenate(list(bootstrap.weights()))
    assert (weights[0] == 1).all()
    drawn, left_out = weights[1:501], weights[501:]
    for both in (weights[:, 0] == weights[:, 1], weights[:, 3] == weights[:, 5]):
        assert both.all()
    assert (drawn[:, 0] + drawn[:, 2] + drawn[:, 3] == 3).all()
    assert drawn[:, 2].mean() == pytest.approx(1, abs=0.1)
    assert sorted(left_out[:, [0, 2, 3]].tolist()) == [[0, 1, 1], [1, 0, 1], [1, 1, 0]]


def test_resamples_depend_neither_on_the_order_of_images_nor_on_the_size_of_parts(monkeypatch):
    groups = pd.Series(np.repeat(np.arange(30), 3).astype(str))
    values = np.random.default_rng(0).random(90)
    first = Bootstrap(groups, 200, seed=1).apply(mean_of(values))["mean"]
    order = np.random.default_rng(1).permutation(90)
    monkeypatch.setattr(module, "_CHUNK", 90 * 7)
    second = Bootstrap(groups[order], 200, seed=1).apply(mean_of(values[order]))["mean"]
    np.testing.assert_allclose(first, second)
    other = Bootstrap(groups, 200, seed=2).apply(mean_of(values))["mean"]
    assert not np.allclose(first, other)


def test_many_patients_are_left_out_in_blocks():
    bootstrap = Bootstrap(pd.Series(np.arange(1001).astype(str)), 100, seed=1)
    left_out = np.concatenate(list(bootstrap.weights()))[101:]
    assert len(left_out) == 200
    assert ((1 - left_out).sum(0) == 1).all()


def test_the_interval_of_a_mean_of_normal_numbers_is_about_student_s():
    values = norm.ppf((np.arange(40) + 0.5) / 40)
    bootstrap = Bootstrap(pd.Series(np.arange(40).astype(str)), 4000, seed=1)
    low, high = bootstrap.interval(bootstrap.apply(mean_of(values))["mean"], 0.95, None)
    reach = 2.0227 * values.std(ddof=1) / 40**0.5
    assert (low, high) == pytest.approx((-reach, reach), abs=0.03)


def test_an_interval_of_nothing_is_nan():
    bootstrap = Bootstrap(pd.Series(["a", "b", "c"]), 100, seed=1)
    assert np.isnan(bootstrap.interval(np.full(104, np.nan), 0.95, (0, 1))).all()
    alone = Bootstrap(pd.Series(["a", "a"]), 100, seed=1)
    assert np.isnan(alone.interval(np.ones(101), 0.95, (0, 1))).all()


def test_an_interval_holds_its_value_even_where_resamples_lie_on_one_side():
    bootstrap = Bootstrap(pd.Series(np.arange(20).astype(str)), 100, seed=1)
    values = np.concatenate([[0.1], np.linspace(0.2, 0.4, 100), np.full(20, 0.1)])
    low, high = bootstrap.interval(values, 0.95, (0, 1))
    assert low == 0.1 < high < 0.4


@pytest.mark.parametrize(
    ("value", "bounds", "expected"),
    [
        (1.0, (0, 1), (0.831567, 1.0)),  # 0.025 ** (1 / 20)
        (0.0, (0, 1), (0.0, 0.168433)),
        (0.0, (-1, 1), (-0.168433, 0.168433)),
        (20.0, None, (np.nan, np.nan)),
    ],
)
def test_where_all_resamples_agree_the_interval_is_that_of_a_share(value, bounds, expected):
    bootstrap = Bootstrap(pd.Series(np.arange(20).astype(str)), 100, seed=1)
    found = bootstrap.interval(np.full(121, value), 0.95, bounds)
    assert found == pytest.approx(expected, abs=1e-6, nan_ok=True)


def test_intervals_of_a_classifier_that_is_nearly_always_right_cover_its_accuracy():
    random = np.random.default_rng(1)
    hits = []
    for trial in range(200):
        right = (random.random(40) < 0.97).astype(float)
        bootstrap = Bootstrap(pd.Series(np.arange(40).astype(str)), 200, trial)
        values = bootstrap.apply(mean_of(right))["mean"]
        low, high = bootstrap.interval(values, 0.95, (0, 1))
        hits.append(low <= 0.97 <= high)
    assert np.mean(hits) >= 0.92


def covered(trials, patients, samples):
    """Return how often 95% intervals cover the true accuracy and AUC, of unequal patients.

    A patient has one to five images of one class, whose scores and answers depend on each other.
    """
    random = np.random.default_rng(patients)
    distance, true_accuracy = 1.2, 0.8
    true_auc = norm.cdf(distance / 2**0.5)
    hits = []
    for trial in range(trials):
        patient = np.repeat(np.arange(patients), random.integers(1, 6, patients))

        def together(patient=patient):
            shared = random.standard_normal(patients)[patient]
            return (shared + random.standard_normal(len(patient))) / 2**0.5

        right = (norm.cdf(together()) < true_accuracy).astype(float)
        actual = (random.random(patients) < 0.4)[patient]
        score = distance * actual + together()

        def statistics(weights, right=right, actual=actual, score=score):
            auc, _ = ranking_metrics(actual, score, weights)
            return {"accuracy": weights @ right / weights.sum(1), "auc": auc}

        bootstrap = Bootstrap(pd.Series(patient.astype(str)), samples, trial)
        values = bootstrap.apply(statistics)
        limits = [bootstrap.interval(values[name], 0.95, (0, 1)) for name in ("accuracy", "auc")]
        truths = (true_accuracy, true_auc)
        hits.append([low <= x <= high for (low, high), x in zip(limits, truths, strict=True)])
    return np.mean(hits, axis=0)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    shares = covered(trials=250, patients=50, samples=300)
    assert ((shares >= 0.92) & (shares <= 0.98)).all(), shares


@pytest.mark.full
@pytest.mark.parametrize("patients", [30, 60, 150])
def test_intervals_cover_the_truth_as_often_as_they_say(patients):
    shares = covered(trials=1500, patients=patients, samples=800)
    print(patients, shares)
    assert ((shares >= 0.92) & (shares <= 0.98)).all(), shares


def test_parts_of_the_patients_are_resampled_with_all_and_as_often():
    patients = pd.Series([f"p{number}" for number in range(7)])
    whole = np.concatenate([*Bootstrap(patients, 20, 1).weights()])
    for size in (1, 3):
        for first in range(len(patients) - size + 1):
            part = patients[first : first + size]
            weights = np.concatenate([*Bootstrap(part, 20, 1, among=patients).weights()])
            np.testing.assert_array_equal(weights, whole[:, first : first + size])
