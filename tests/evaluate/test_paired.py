from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from predictions_data import CLASSES, by_seed, once, predictions, write_predictions
from synthmix.evaluate.bootstrap import Bootstrap
from synthmix.evaluate.conclusion import Verdict
from synthmix.evaluate.delong import delong_test
from synthmix.evaluate.effect import effect_of
from synthmix.evaluate.paired import Judge, files_by_run, holm, mcnemar_exact
from synthmix.evaluate.threshold import decide
from synthmix.files import write_table
from synthmix.repeats import Repeat
from synthmix.store import read_table

THREE = ("a", "b", "c")


def judge(classes=CLASSES, positive_class="cancer", measure="accuracy"):
    return Judge(classes, positive_class, 300, 0.95, 0.05, seed=1, measure=measure)


def run(folder, accuracy, seeds=(0,), classes=CLASSES, positive_class="cancer"):
    files = [
        [write_predictions(folder / f"{accuracy}-{s}.csv", 50, accuracy, s, classes)] for s in seeds
    ]
    tables = by_seed(dict(enumerate(files)))
    return judge(classes, positive_class).run(tables), tables


def macro_f1_score(labels, predicted):
    return f1_score(labels, predicted, average="macro")


@pytest.mark.parametrize(
    ("first", "second", "p_value"), [(0, 0, 1.0), (5, 5, 1.0), (1, 9, 0.021484375), (0, 6, 0.03125)]
)
def test_mcnemar_is_the_exact_binomial_test(first, second, p_value):
    # 2 * P(X <= 1) for X ~ B(10, 1/2) is 2 * 11 / 1024
    assert mcnemar_exact(first, second) == pytest.approx(p_value)
    assert mcnemar_exact(second, first) == pytest.approx(p_value)


def test_mcnemar_of_a_published_example():
    # airway hyper-responsiveness before and after transplantation (Bentur et al. 2009), as worked
    # in Fagerland, Lydersen and Laake 2013, BMC Medical Research Methodology 13:91
    assert mcnemar_exact(1, 7) == pytest.approx(0.0703, abs=5e-5)


def test_holm_by_hand():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.5, 0.9])), [1.0, 1.0])


def test_holm_leaves_out_what_was_not_tested():
    found = holm(np.array([0.01, np.nan, 0.03]))
    np.testing.assert_allclose(found, [0.02, np.nan, 0.03])
    assert len(holm(np.array([]))) == 0


def verdict(compared, p_adjusted, judged=None):
    return (judged or judge())._conclude(compared, p_adjusted).verdict


def test_differences_have_intervals_and_tests(tmp_path):
    first, second = run(tmp_path, 0.9)[0], run(tmp_path, 0.6)[0]
    found = judge().compare(first, second)
    row = found.row
    right = [(one.answers == one.labels) for one in (first, second)]
    assert row["difference"] == pytest.approx(right[0].mean() - right[1].mean())
    for prefix in ("", "macro_f1_", "auc_"):
        assert 0 < row[f"{prefix}low"] < row[f"{prefix}difference"] < row[f"{prefix}high"]
    assert row["low"] < row["narrow_low"] < row["narrow_high"] < row["high"]
    assert row["only_first_correct"] - row["only_second_correct"] == right[0].sum() - right[1].sum()
    assert row["p_value"] < 0.001
    scores = [one.scores[:, 0] for one in (first, second)]
    assert row["auc_p_value"] == delong_test(first.labels == "cancer", *scores)
    assert found.components is None
    assert verdict(found, row["p_value"]) is Verdict.HELPS
    swapped = judge().compare(second, first)
    assert swapped.row["difference"] == -row["difference"]
    limits = swapped.row["low"], swapped.row["high"]
    assert limits == pytest.approx((-row["high"], -row["low"]), abs=0.01)
    assert verdict(swapped, row["p_value"]) is Verdict.HURTS


def test_networks_that_were_trained_once_are_judged_by_patients_alone(tmp_path):
    first, second = run(tmp_path, 0.9)[0], run(tmp_path, 0.7, (2,))[0]
    found = judge().compare(first, second)
    row = found.row
    only = row["only_first_correct"], row["only_second_correct"]
    assert row["p_value"] == mcnemar_exact(*only)
    resampled = Bootstrap(pd.Series(first.patients), 300, 1)
    right = [(one.answers == one.labels).astype(float) for one in (first, second)]
    shares = [resampled.apply(lambda w, r=r: {"": w @ r / w.sum(1)})[""] for r in right]
    for limits, confidence in ((("low", "high"), 0.95), (("narrow_low", "narrow_high"), 0.9)):
        expected = resampled.interval(shares[0] - shares[1], confidence, (-1, 1))
        assert [row[name] for name in limits] == pytest.approx(expected)
    assert found.effect.covered == ("patients",)
    assert judge().compare(first, second, comparisons=10_000).row == row


@pytest.mark.parametrize("measure", ["accuracy", "balanced_accuracy", "macro_f1"])
def test_several_trainings_are_judged_by_how_they_vary(tmp_path, measure):
    files = [run(tmp_path, accuracy, (0, 1, 2))[1] for accuracy in (0.9, 0.7)]
    judged = judge(measure=measure)
    runs = [judged.run(tables) for tables in files]
    found = judged.compare(*runs)
    score = {
        "accuracy": accuracy_score,
        "balanced_accuracy": balanced_accuracy_score,
        "macro_f1": macro_f1_score,
    }[measure]
    values = np.array(
        [
            [score(t["label"], t["predicted"]) for (f,) in tables.values() for t in [read_table(f)]]
            for tables in files
        ]
    )
    expected = effect_of(runs[0].repeats[measure].less(runs[1].repeats[measure]))
    assert found.row["difference"] == pytest.approx(np.mean(values[0] - values[1]))
    assert (found.row["low"], found.row["high"]) == (expected.low, expected.high)
    assert found.row["p_value"] == expected.p_value == found.effect.p_value
    assert found.effect.covered == ("classifiers", "patients")
    auc = effect_of(runs[0].repeats["auc"].less(runs[1].repeats["auc"]))
    assert found.row["auc_p_value"] == auc.p_value
    assert set(found.components.shares()) == {"classifiers", "patients"}
    assert verdict(found, found.row["p_value"], judged) is Verdict.HELPS
    assert verdict(judged.compare(*reversed(runs)), 0.001, judged) is Verdict.HURTS
    assert verdict(found, 0.2, judged) is Verdict.CANT_TELL


@pytest.mark.parametrize("measure", ["balanced_accuracy", "macro_f1"])
def test_other_measures_are_tested_by_exchanging_patients(tmp_path, measure):
    first, second = run(tmp_path, 0.9)[0], run(tmp_path, 0.7)[0]
    usual = judge().compare(first, second).row
    other = judge(measure=measure)
    runs = [other.run(run(tmp_path, accuracy)[1]) for accuracy in (0.9, 0.7)]
    row = other.compare(*runs).row
    for end in ("difference", "low", "high"):
        assert row[f"accuracy_{end}"] == usual[end]
        assert row[f"auc_{end}"] == usual[f"auc_{end}"]
    assert row["p_value"] < 0.01
    assert row["p_value"] == other.compare(*runs).row["p_value"]


def test_many_comparisons_have_more_trials(tmp_path):
    runs = [run(tmp_path, accuracy)[0] for accuracy in (0.95, 0.5)]
    other = judge(measure="macro_f1")
    assert other.compare(*runs).row["p_value"] == 1 / 10_001
    assert other.compare(*runs, comparisons=100).row["p_value"] == 1 / 20_001


def test_a_run_does_not_differ_from_itself(tmp_path):
    same = run(tmp_path, 0.8)[0]
    found = judge().compare(same, same)
    row = found.row
    assert row["difference"] == row["auc_difference"] == 0
    assert row["low"] == -row["high"] < 0
    assert row["p_value"] == row["auc_p_value"] == 1
    assert verdict(found, 1.0) is Verdict.CANT_TELL
    wide = replace(judge(), margin=0.2)
    assert verdict(found, 1.0, wide) is Verdict.NO_DIFFERENCE


def test_several_seeds_answer_by_the_mean_probability_and_the_mean_threshold(tmp_path):
    tables = [predictions(50, 0.7, seed) for seed in (0, 1)]
    files = []
    for table, threshold in zip(tables, (0.2, 0.4), strict=True):
        path = tmp_path / f"{threshold}.csv"
        write_table(path, decide(table, CLASSES, "cancer", threshold))
        files.append([path])
    answers = judge().run(by_seed(dict(enumerate(files)))).answers
    mean = sum(table["probability_cancer"] for table in tables) / 2
    clear = ((mean - 0.3).abs() > 1e-6).to_numpy()
    assert clear.sum() > 90
    expected = np.where(mean >= 0.3, "cancer", "normal")
    assert (answers == expected)[clear].all()


def test_the_order_of_images_does_not_matter(tmp_path):
    table = predictions(50, 0.8)
    write_table(tmp_path / "a.csv", table)
    write_table(tmp_path / "b.csv", table.sample(frac=1, random_state=1))
    runs = [judge().run(once(tmp_path / f"{name}.csv")) for name in "ab"]
    assert judge().compare(*runs).row["p_value"] == 1


def test_runs_of_different_images_are_not_compared(tmp_path):
    first = judge().run(once(write_predictions(tmp_path / "1.csv", 50)))
    second = judge().run(once(write_predictions(tmp_path / "2.csv", 51)))
    with pytest.raises(ValueError, match="different images"):
        judge().compare(first, second)
    with pytest.raises(ValueError, match="not every repeat"):
        judge().run(by_seed({1: [tmp_path / "1.csv"], 2: [tmp_path / "2.csv"]}))


def test_resamples_without_a_class_do_not_speak_of_macro_f1(tmp_path):
    """The average is then over other classes of the run that says that class than of the other."""
    labels = np.repeat(["a", "b", "c"], [60, 40, 2])
    runs = []
    for name, of_c, of_one_a in (("finds", "c", "c"), ("misses", "a", "a")):
        said = np.where(labels == "c", of_c, labels)
        said[0] = of_one_a
        images = [f"s{number:03}" for number in range(len(labels))]
        columns = {"sample_id": images, "group": images, "label": labels, "predicted": said}
        table = pd.DataFrame(columns | {f"probability_{c}": 1.0 * (said == c) for c in THREE})
        write_table(tmp_path / f"{name}.csv", table)
        runs.append(judge(THREE, None, "macro_f1").run(once(tmp_path / f"{name}.csv")))
    row = judge(THREE, None, "macro_f1").compare(*runs).row
    assert row["difference"] == pytest.approx((2 / 2.5 + 118 / 119 - 120 / 122) / 3)
    assert row["low"] > 0


def test_several_classes_without_a_positive_one(tmp_path):
    first, _ = run(tmp_path, 0.9, classes=THREE, positive_class=None)
    second, _ = run(tmp_path, 0.5, classes=THREE, positive_class=None)
    row = judge(THREE, None).compare(first, second).row
    assert row["auc_difference"] > 0
    assert np.isnan(row["auc_p_value"])


def test_two_classes_need_no_positive_one(tmp_path):
    rows = []
    for positive_class in ("cancer", "normal", None):
        runs = [run(tmp_path, a, positive_class=positive_class)[0] for a in (0.9, 0.6)]
        rows.append(judge(CLASSES, positive_class).compare(*runs).row)
    assert rows[0]["auc_p_value"] == pytest.approx(rows[1]["auc_p_value"])
    assert rows[0]["auc_p_value"] == rows[2]["auc_p_value"]


def test_files_are_in_the_order_in_which_rules_expand_them():
    repeats = {"x": [(1, 1, 7), (1, 2, 7)], "y": [(1, 1, 7)]}
    files = [f"{c}{m}{g}{f}" for c in "AB" for m in repeats for _, g, _ in repeats[m] for f in "pq"]
    found = files_by_run(files, ["A", "B"], repeats, ["p", "q"])
    assert found["B", "x"] == {Repeat(1, 1, 7): ["Bx1p", "Bx1q"], Repeat(1, 2, 7): ["Bx2p", "Bx2q"]}
    assert found["B", "y"] == {Repeat(1, 1, 7): ["By1p", "By1q"]}


def repeated(folder, accuracy, trainings, splits=(1, 2)):
    """Return a run in splits of which the second tests half of the patients of the first."""
    files = {}
    for split, training in product(splits, trainings):
        table = predictions(40, accuracy, seed=10 * split + training)
        if split == 2:
            table = table[table["group"].isin(table["group"].unique()[20:])]
        path = folder / f"{accuracy}-{split}-{training}.csv"
        write_table(path, table)
        files[Repeat(split, training, 1)] = [path]
    return judge(measure="macro_f1").run(files), files


def test_an_image_has_the_mean_of_all_trainings_that_tested_it(tmp_path):
    run, files = repeated(tmp_path, 0.8, (1, 2))
    tables = {key: read_table(path) for key, (path,) in files.items()}
    right = [(table["label"] == table["predicted"]).mean() for table in tables.values()]
    assert run.repeats["accuracy"].means((0, 1, 2)) == pytest.approx(np.mean(right))
    images = sorted(run.images[1])
    assert (len(images), len(run.images[2])) == (80, 40)
    # an image of both splits has the mean of four trainings, one of the first alone that of two
    for image, trainings in ((images[0], 2), (images[-1], 4)):
        found = [table[table["sample_id"] == image] for table in tables.values()]
        said = pd.concat(found)["probability_cancer"]
        assert len(said) == trainings
        assert run.scores[images.index(image), 0] == pytest.approx(said.mean())


def test_trainings_of_a_generator_are_compared_with_the_one_of_real_images(tmp_path):
    mix, baseline = repeated(tmp_path, 0.9, (1, 2))[0], repeated(tmp_path, 0.6, (1,))[0]
    found = judge(measure="macro_f1").compare(mix, baseline)
    values = [one.repeats["macro_f1"].means((0, 1, 2)) for one in (mix, baseline)]
    assert found.row["difference"] == pytest.approx(values[0] - values[1])
    assert found.effect.covered == ("splits", "generators", "classifiers", "patients")
    back = judge(measure="macro_f1").compare(baseline, mix)
    assert back.row["p_value"] == pytest.approx(found.row["p_value"])


def test_folds_are_training_sets(tmp_path):
    runs = [
        judge().run(
            once(*(write_predictions(tmp_path / f"{a}-{f}", 20, a, 7, fold=f) for f in (1, 2, 3)))
        )
        for a in (0.9, 0.6)
    ]
    found = judge().compare(*runs)
    assert found.effect.covered == ("splits", "generators", "classifiers", "patients")
    assert found.components.design.splits == 3
