from itertools import product

import numpy as np
import pytest
from sklearn import metrics as reference

from synthmix.evaluate import randomisation as module
from synthmix.evaluate.predictions import Predictions
from synthmix.evaluate.randomisation import randomisation_test, trials_for

CLASSES = ("a", "b", "c")


def said(labels, predicted):
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    return Predictions(CLASSES, labels, predicted, np.eye(len(CLASSES))[predicted])


def classifier(random, labels, accuracy):
    """Return what is said of images with these `labels`, right with about the `accuracy`."""
    others = random.integers(0, 3, len(labels))
    return said(labels, np.where(random.random(len(labels)) < accuracy, labels, others))


@pytest.mark.parametrize("measure", ["macro_f1", "balanced_accuracy"])
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
def test_the_p_value_is_the_share_of_all_exchanges_between_patients(measure):
    score = {
        "macro_f1": lambda y, p: reference.f1_score(y, p, average="macro", zero_division=0),
        "balanced_accuracy": reference.balanced_accuracy_score,
    }[measure]
    random = np.random.default_rng(3)
    patients = np.repeat(np.arange(6), [1, 4, 2, 3, 2, 5])
    labels = random.integers(0, 2, len(patients))  # nothing is of the class that is said at times
    first, second = classifier(random, labels, 0.8), classifier(random, labels, 0.3)
    found = []
    for heads in product([False, True], repeat=6):
        exchanged = np.array(heads)[patients]
        ours, theirs = (
            np.where(exchanged, other.predicted, one.predicted)
            for one, other in ((first, second), (second, first))
        )
        found.append(score(labels, ours) - score(labels, theirs))
    exact = np.mean(np.abs(found) >= abs(found[0]) - 1e-9)
    assert 0.02 < exact < 0.3
    p_value = randomisation_test(first, second, patients, measure, 40_000, seed=1)
    assert p_value == pytest.approx(exact, abs=0.006)
    swapped = randomisation_test(second, first, patients, measure, 40_000, seed=1)
    assert swapped == pytest.approx(exact, abs=0.006)


def test_without_an_effect_p_values_are_uniform_if_patients_are_exchanged_whole():
    """The six images of a patient are alike, so that they are worth little more than one."""
    patients = np.repeat(np.arange(30), 6)
    together, apart = [], []
    for trial in range(150):
        random = np.random.default_rng(trial)
        labels = random.integers(0, 3, 30)
        runs = [
            said(np.repeat(labels, 6), np.repeat(of_patient.predicted, 6))
            for of_patient in (classifier(random, labels, 0.7) for _ in range(2))
        ]
        for p_values, groups in ((together, patients), (apart, np.arange(180))):
            p_values.append(randomisation_test(*runs, groups, "macro_f1", 199, trial))
    for level in (0.1, 0.3, 0.5, 0.7):
        assert np.mean(np.array(together) <= level) == pytest.approx(level, abs=0.12)
    assert np.mean(np.array(apart) <= 0.1) > 0.3


def test_trials_depend_on_the_seed_and_not_on_the_size_of_parts(monkeypatch):
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 60)
    runs = [classifier(random, labels, accuracy) for accuracy in (0.7, 0.6)]
    arguments = (*runs, np.arange(60) // 2, "macro_f1", 1000)
    p_value = randomisation_test(*arguments, seed=1)
    assert randomisation_test(*arguments, seed=1) == p_value
    assert randomisation_test(*arguments, seed=2) != p_value
    monkeypatch.setattr(module, "_CHUNK", 300)
    assert randomisation_test(*arguments, seed=1) == p_value


def test_a_classifier_does_not_differ_from_itself():
    run = classifier(np.random.default_rng(0), np.arange(60) % 3, 0.7)
    assert randomisation_test(run, run, np.arange(60), "macro_f1", 100, seed=1) == 1


def test_a_difference_that_no_exchange_reaches_is_as_rare_as_trials_can_tell():
    labels = np.arange(60) % 3
    right, wrong = said(labels, labels), said(labels, (labels + 1) % 3)
    assert randomisation_test(right, wrong, np.arange(60), "macro_f1", 999, seed=1) == 1 / 1000


@pytest.mark.parametrize(("comparisons", "significance"), [(1, 0.05), (280, 0.05), (280, 0.001)])
def test_there_are_trials_enough_for_evidence_among_many_comparisons(comparisons, significance):
    trials = trials_for(comparisons, significance)
    assert trials >= 10_000
    assert comparisons / (trials + 1) < significance / 5
