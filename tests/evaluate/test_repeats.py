import numpy as np
import pandas as pd
import pytest

from predictions_data import CLASSES, predictions
from synthmix.evaluate.metrics import weighted_metrics
from synthmix.evaluate.predictions import Predictions
from synthmix.evaluate.repeats import repeats_of

MEASURES = ("accuracy", "balanced_accuracy", "macro_f1", "auc")


def renamed(table, shift):
    """Return the table as that of other patients, the first of whom may be known."""
    number = table["group"].str[1:].astype(int) + shift
    return table.assign(
        group="q" + number.astype(str).str.zfill(4), sample_id=table["sample_id"] + f"-{shift}"
    )


def runs(splits=2, generators=2, classifiers=3, shift=20, patients=30):
    """Return a mix and its baseline; two splits have all but `shift` patients in common."""

    def table(split, seed):
        return renamed(predictions(patients, 0.8, seed, truth=split), shift * split)

    mix = {
        (s, g, c): table(s, 100 * s + 10 * g + c)
        for s in range(splits)
        for g in range(1, generators + 1)
        for c in range(classifiers)
    }
    return mix, {
        (s, 0, c): table(s, 1000 + 100 * s + c) for s in range(splits) for c in range(classifiers)
    }


def metric(table, measure):
    found = weighted_metrics(Predictions.from_table(table, CLASSES), np.ones((1, len(table))))
    return found["macro_auc" if measure == "auc" else measure, ""][0]


@pytest.mark.parametrize("measure", MEASURES)
def test_each_repeat_is_a_mix_less_its_baseline(measure):
    mix, baseline = runs()
    repeats = repeats_of(mix, baseline, CLASSES, None, measure)
    assert repeats.counts == (2, 2, 3)
    for (s, g, c), table in mix.items():
        expected = metric(table, measure) - metric(baseline[s, 0, c], measure)
        assert repeats.values[s, g - 1, c] == pytest.approx(expected)
    assert repeats.influence.shape == (2, 2, 3, 50)  # 30 patients, and 20 others
    assert (repeats.influence[0, ..., 30:] == 0).all()
    assert (repeats.influence[1, ..., :20] == 0).all()
    assert repeats.test_set == 30


def test_images_of_a_patient_count_together():
    mix, baseline = runs(1, 1, 1)
    repeats = repeats_of(mix, baseline, CLASSES, None, "accuracy")
    right = [t["label"] == t["predicted"] for t in (mix[0, 1, 0], baseline[0, 0, 0])]
    moved = (right[0].astype(float) - right[1]).groupby(mix[0, 1, 0]["group"]).mean()
    expected = (moved - moved.mean()) / 30
    np.testing.assert_allclose(repeats.influence[0, 0, 0], expected)
    assert repeats.covariance() == pytest.approx(moved.var() / 30)


def test_the_order_of_images_and_runs_does_not_matter():
    mix, baseline = runs()
    first = repeats_of(mix, baseline, CLASSES, None, "macro_f1")
    shuffled = {run: mix[run].sample(frac=1, random_state=1) for run in reversed(mix)}
    second = repeats_of(shuffled, baseline, CLASSES, None, "macro_f1")
    np.testing.assert_allclose(first.values, second.values)
    np.testing.assert_allclose(first.influence, second.influence, atol=1e-15)


@pytest.mark.parametrize("measure", MEASURES)
def test_folds_are_training_sets_whose_mean_is_the_measure_over_all(measure):
    def table(seed):
        parts = [predictions(20, 0.8, seed + fold, fold=fold) for fold in range(3)]
        return pd.concat(
            [part.assign(group=f"f{fold}" + part["group"]) for fold, part in enumerate(parts)],
            ignore_index=True,
        )

    mix, baseline = {(1, 1, 0): table(0)}, {(1, 0, 0): table(50)}
    repeats = repeats_of(mix, baseline, CLASSES, None, measure)
    assert repeats.counts == (3, 1, 1)
    expected = metric(mix[1, 1, 0], measure) - metric(baseline[1, 0, 0], measure)
    assert repeats.values.mean() == pytest.approx(expected)
    assert ((repeats.influence != 0).sum(0) <= 1).all()  # a patient is in one fold
    np.testing.assert_allclose(repeats.influence.sum(-1), 0, atol=1e-12)
    assert repeats.test_set == 20


def test_of_accuracy_folds_have_their_own():
    mix, baseline = runs(1, 1, 1, patients=20)
    tables = [
        table.assign(fold=table["group"].str[-1].astype(int) % 2)
        for table in (*mix.values(), *baseline.values())
    ]
    repeats = repeats_of({(0, 1, 0): tables[0]}, {(0, 0, 0): tables[1]}, CLASSES, None, "accuracy")
    for fold in (0, 1):
        own = [table[table["fold"] == fold] for table in tables]
        expected = metric(own[0], "accuracy") - metric(own[1], "accuracy")
        assert repeats.values[fold, 0, 0] == pytest.approx(expected)


def test_without_a_baseline_the_values_are_the_mix_s_own():
    mix, _ = runs()
    repeats = repeats_of(mix, None, CLASSES, None, "accuracy")
    assert repeats.values[1, 0, 2] == pytest.approx(metric(mix[1, 1, 2], "accuracy"))


def test_what_is_missing_or_unlike_is_told():
    mix, baseline = runs()
    del mix[1, 2, 0]
    with pytest.raises(ValueError, match="split 1, generator training 2, classifier training 0"):
        repeats_of(mix, baseline, CLASSES, None, "accuracy")
    mix, baseline = runs()
    missing = {run: table for run, table in baseline.items() if run != (0, 0, 1)}
    with pytest.raises(ValueError, match="no predictions of split 0, generator training 0"):
        repeats_of(mix, missing, CLASSES, None, "accuracy")
    fewer = {run: table for run, table in baseline.items() if run[2] < 2}
    with pytest.raises(ValueError, match="other splits or trainings"):
        repeats_of(mix, fewer, CLASSES, None, "accuracy")
    baseline[0, 0, 1] = baseline[0, 0, 1].iloc[1:]
    with pytest.raises(ValueError, match="not every repeat tests the same images"):
        repeats_of(mix, baseline, CLASSES, None, "accuracy")
    others = {run: renamed(table, 90) for run, table in runs()[1].items()}
    with pytest.raises(ValueError, match="different images"):
        repeats_of(mix, others, CLASSES, None, "accuracy")


def test_a_single_training_stands_beside_each_of_the_other():
    mix, baseline = runs()
    ahead = repeats_of(mix, baseline, CLASSES, None, "accuracy")
    behind = repeats_of(baseline, mix, CLASSES, None, "accuracy")
    np.testing.assert_array_equal(behind.values, -ahead.values)
    renumbered = {(s, 1, c): table for (s, _, c), table in baseline.items()}
    again = repeats_of(mix, renumbered, CLASSES, None, "accuracy")
    np.testing.assert_array_equal(again.values, ahead.values)
