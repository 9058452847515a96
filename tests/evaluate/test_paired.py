from itertools import islice, product

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from predictions_data import CLASSES, by_seed, once, predictions, write_predictions
from synthmix.evaluate.bootstrap import Bootstrap
from synthmix.evaluate.delong import delong_test
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


def test_differences_have_intervals_and_tests(tmp_path):
    first, second = run(tmp_path, 0.9)[0], run(tmp_path, 0.6)[0]
    row = judge().compare(first, second)
    right = [(one.answers == one.labels) for one in (first, second)]
    assert row["difference"] == pytest.approx(right[0].mean() - right[1].mean())
    for prefix in ("", "macro_f1_", "auc_"):
        assert 0 < row[f"{prefix}low"] < row[f"{prefix}difference"] < row[f"{prefix}high"]
    assert row["only_first_correct"] - row["only_second_correct"] == right[0].sum() - right[1].sum()
    assert row["p_value"] < 0.001
    scores = [one.scores[:, 0] for one in (first, second)]
    assert row["auc_p_value"] == delong_test(first.labels == "cancer", *scores)
    assert judge().verdict(row | {"p_adjusted": row["p_value"]}) == 1
    swapped = judge().compare(second, first)
    assert swapped["difference"] == -row["difference"]
    assert (swapped["low"], swapped["high"]) == pytest.approx((-row["high"], -row["low"]), abs=0.01)
    assert judge().verdict(swapped | {"p_adjusted": row["p_value"]}) == -1


def test_accuracy_is_judged_as_it_was_before_there_were_other_measures(tmp_path):
    first, second = run(tmp_path, 0.9, (0, 1))[0], run(tmp_path, 0.7, (2, 3))[0]
    row = judge().compare(first, second)
    assert row == pytest.approx(
        {
            "difference": 0.22,
            "low": 0.16,
            "high": 0.30641481834127493,
            "macro_f1_difference": 0.22220273171190397,
            "macro_f1_low": 0.15828101811103554,
            "macro_f1_high": 0.30397055779251275,
            "auc_difference": 0.2310789049919485,
            "auc_low": 0.14278146103917155,
            "auc_high": 0.3197277534106337,
            "only_first_correct": 28,
            "only_second_correct": 6,
            "net_correct": 22,
            "p_value": 0.00019512558355927467,
            "auc_p_value": 3.639421372339511e-05,
        }
    )
    assert row["p_value"] == mcnemar_exact(28, 6)
    assert judge().compare(first, second, comparisons=10_000) == row


@pytest.mark.parametrize("measure", ["balanced_accuracy", "macro_f1"])
def test_other_measures_are_told_and_tested_as_means_over_the_seeds(tmp_path, measure):
    files = [run(tmp_path, *which)[1] for which in ((0.9, (0, 1)), (0.7, (2, 3)))]
    usual = judge().compare(*(judge().run(tables) for tables in files))
    other = judge(measure=measure)
    runs = [other.run(tables) for tables in files]
    row = other.compare(*runs)
    score = {"balanced_accuracy": balanced_accuracy_score, "macro_f1": macro_f1_score}[measure]
    means = [
        np.mean(
            [score(t["label"], t["predicted"]) for (f,) in tables.values() for t in [read_table(f)]]
        )
        for tables in files
    ]
    assert row["difference"] == pytest.approx(means[0] - means[1])
    assert 0 < row["low"] < row["difference"] < row["high"]
    for end in ("difference", "low", "high"):
        assert row[f"accuracy_{end}"] == usual[end]
        assert row[f"auc_{end}"] == usual[f"auc_{end}"]
    assert row["p_value"] < 0.001
    assert row["p_value"] == other.compare(*runs)["p_value"]
    assert other.verdict(row | {"p_adjusted": row["p_value"]}) == 1
    swapped = other.compare(*reversed(runs))
    assert other.verdict(swapped | {"p_adjusted": swapped["p_value"]}) == -1
    assert other.verdict(row | {"p_adjusted": 0.2}) == 0
    # counts of right images have no say: they are of accuracy, of the mean probabilities
    assert other.verdict(row | {"p_adjusted": 0.01, "net_correct": -5}) == 1


def test_many_comparisons_have_more_trials(tmp_path):
    runs = [run(tmp_path, accuracy)[0] for accuracy in (0.95, 0.5)]
    other = judge(measure="macro_f1")
    assert other.compare(*runs)["p_value"] == 1 / 10_001
    assert other.compare(*runs, comparisons=100)["p_value"] == 1 / 20_001


def test_evidence_takes_an_interval_and_a_test_that_agree():
    row = {"p_adjusted": 0.01, "low": 0.1, "high": 0.2, "net_correct": 5}
    assert judge().verdict(row) == 1
    assert judge().verdict(row | {"net_correct": -5}) == 0
    assert judge().verdict(row | {"low": np.nan, "high": np.nan}) == 0
    assert judge().verdict(row | {"low": -0.2, "high": -0.1, "net_correct": -5}) == -1


def test_a_run_does_not_differ_from_itself(tmp_path):
    same = run(tmp_path, 0.8)[0]
    row = judge().compare(same, same)
    assert row["difference"] == row["auc_difference"] == 0
    assert row["low"] == -row["high"] < 0
    assert row["p_value"] == row["auc_p_value"] == 1
    assert judge().verdict(row | {"p_adjusted": 1.0}) == 0


def test_differences_are_means_over_the_seeds(tmp_path):
    (first, files), (second, _) = run(tmp_path, 0.9, (0, 1, 2)), run(tmp_path, 0.6)
    accuracies = [
        (t["label"] == t["predicted"]).mean() for (f,) in files.values() for t in [read_table(f)]
    ]
    row = judge().compare(first, second)
    second_accuracy = (second.answers == second.labels).mean()
    assert row["difference"] == pytest.approx(np.mean(accuracies) - second_accuracy)


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
    assert judge().compare(*runs)["p_value"] == 1


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
    row = judge(THREE, None, "macro_f1").compare(*runs)
    assert row["difference"] == pytest.approx((2 / 2.5 + 118 / 119 - 120 / 122) / 3)
    assert row["low"] > 0


def test_several_classes_without_a_positive_one(tmp_path):
    first, _ = run(tmp_path, 0.9, classes=THREE, positive_class=None)
    second, _ = run(tmp_path, 0.5, classes=THREE, positive_class=None)
    row = judge(THREE, None).compare(first, second)
    assert row["auc_difference"] > 0
    assert np.isnan(row["auc_p_value"])


def test_two_classes_need_no_positive_one(tmp_path):
    rows = []
    for positive_class in ("cancer", "normal", None):
        runs = [run(tmp_path, a, positive_class=positive_class)[0] for a in (0.9, 0.6)]
        rows.append(judge(CLASSES, positive_class).compare(*runs))
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


def test_a_run_in_several_splits_is_the_mean_over_all_its_repeats(tmp_path):
    run, files = repeated(tmp_path, 0.8, (1, 2))
    tables = {key: read_table(path) for key, (path,) in files.items()}
    right = [(table["label"] == table["predicted"]).mean() for table in tables.values()]
    assert run.values["accuracy"][0] == pytest.approx(np.mean(right))
    assert len(run.images) == 80
    # an image of both splits has the mean of four trainings, one of the first alone that of two
    for image, trainings in ((run.images[0], 2), (run.images[-1], 4)):
        found = [table[table["sample_id"] == image] for table in tables.values()]
        said = pd.concat(found)["probability_cancer"]
        assert len(said) == trainings
        assert run.scores[run.images.index(image), 0] == pytest.approx(said.mean())


def test_patients_of_several_splits_are_resampled_together(tmp_path):
    files = repeated(tmp_path, 0.8, (1,))[1]
    (first,), (second,) = files.values()
    drawn = {}
    for path in (first, second):
        table = read_table(path)
        among = pd.concat([read_table(first)["group"], read_table(second)["group"]])
        weights = next(islice(Bootstrap(table["group"], 300, 1, among).weights(), 1, None))
        drawn[path] = pd.DataFrame(weights.T, index=table["sample_id"])
    shared = drawn[second].index
    pd.testing.assert_frame_equal(drawn[first].loc[shared], drawn[second])


def test_trainings_of_a_generator_are_compared_with_the_one_of_real_images(tmp_path):
    mix, baseline = repeated(tmp_path, 0.9, (1, 2))[0], repeated(tmp_path, 0.6, (1,))[0]
    row = judge(measure="macro_f1").compare(mix, baseline)
    expected = mix.values["macro_f1"][0] - baseline.values["macro_f1"][0]
    assert row["difference"] == pytest.approx(expected)
    assert row["p_value"] < 0.01
    assert judge(measure="macro_f1").compare(baseline, mix)["p_value"] == row["p_value"]
