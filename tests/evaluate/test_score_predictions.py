import numpy as np
import pytest
from scipy.stats import t

from predictions_data import CLASSES, by_seed, predictions, write_predictions
from synthmix.evaluate.score_predictions import score_predictions, t_interval
from synthmix.files import write_table
from synthmix.store import read_table

IDENTITY = {"study": "s", "dataset": "d", "classifier": "c", "mix": "m"}


def score(folder, test, validation=None, classes=CLASSES, positive_class="cancer"):
    metrics, confusion = folder / "metrics.csv", folder / "confusion.csv"
    validation = test if validation is None else validation
    files = by_seed(test), by_seed(validation)
    score_predictions(
        *files, metrics, confusion, IDENTITY, classes, positive_class, 200, 0.95, seed=1
    )
    return read_table(metrics), read_table(confusion)


def rows(metrics, metric, split="test", label=None):
    of_class = metrics["class"].isna() if label is None else metrics["class"] == label
    found = metrics[(metrics["metric"] == metric) & (metrics["split"] == split) & of_class]
    return found.set_index([found["seed"].astype(str), found["fold"].astype(str)])


def accuracy(table):
    return (table["label"] == table["predicted"]).mean()


def test_seeds_are_averaged_and_their_deviation_told(tmp_path):
    files = {
        s: [write_predictions(tmp_path / f"{s}.csv", 50, a, s)] for s, a in ((1, 0.7), (2, 0.9))
    }
    metrics, confusion = score(tmp_path, files)
    assert set(metrics["seed"]) == {"1", "2", "all"}
    assert set(metrics["fold"]) == {"all"}
    found = rows(metrics, "accuracy")["value"]
    each = [accuracy(read_table(file)) for (file,) in files.values()]
    assert found["1", "all"], found["2", "all"] == pytest.approx(each)
    overall = rows(metrics, "accuracy").loc["all", "all"]
    assert overall["value"] == pytest.approx(np.mean(each))
    assert overall["deviation"] == pytest.approx(np.std(each, ddof=1))
    assert overall["low"] < overall["value"] < overall["high"]
    assert metrics.loc[metrics["seed"] != "all", "deviation"].isna().all()
    assert confusion["images"].sum() == 2 * 100
    assert len(confusion) == 2 * 4


def test_every_number_has_an_interval(tmp_path):
    metrics, _ = score(tmp_path, {1: [write_predictions(tmp_path / "1.csv", 50, 0.7)]})
    is_total = metrics["metric"] == "total"  # of which there is no other
    assert metrics.loc[is_total, ["low", "high"]].isna().all().all()
    metrics = metrics[~is_total]
    assert metrics[["value", "low", "high"]].notna().all().all()
    assert (metrics["low"] <= metrics["value"]).all()
    assert (metrics["value"] <= metrics["high"]).all()
    assert metrics["undefined"].isna().all()
    assert set(metrics["interval"]) == {"bootstrap over patients"}
    assert not metrics.duplicated(["seed", "fold", "split", "class", "metric"]).any()


def test_validation_images_are_scored_by_the_same_metrics(tmp_path):
    test = {1: [write_predictions(tmp_path / "t.csv", 50, 0.7)]}
    validation = {1: [write_predictions(tmp_path / "v.csv", 30, 0.9, 3)]}
    metrics, confusion = score(tmp_path, test, validation)
    assert confusion["images"].sum() == 100
    expected = accuracy(predictions(30, 0.9, 3))
    assert rows(metrics, "accuracy", "validation")["value"].iloc[0] == pytest.approx(expected)
    names = [set(metrics.loc[metrics["split"] == s, "metric"]) for s in ("test", "validation")]
    assert names[0] == names[1]


def test_folds_are_scored_together_each_and_as_a_mean(tmp_path):
    tables = {f: predictions(20, 0.5 + f / 10, f, fold=f) for f in (1, 2, 3)}
    for fold, table in tables.items():
        write_table(tmp_path / f"{fold}.csv", table)
    metrics, _ = score(tmp_path, {1: [tmp_path / f"{fold}.csv" for fold in tables]})
    found = rows(metrics, "accuracy")
    each = np.array([accuracy(table) for table in tables.values()])
    assert found.loc["1", "value"][["1", "2", "3"]].tolist() == pytest.approx(each.tolist())
    assert found["value"]["1", "all"] == pytest.approx(each.mean())  # folds of equal size
    mean = found.loc["1", "mean"]
    assert mean["value"] == pytest.approx(each.mean())
    assert mean["deviation"] == pytest.approx(each.std(ddof=1))
    assert mean["interval"] == "t over folds"
    low, high = t.interval(0.95, 2, each.mean(), each.std(ddof=1) / 3**0.5)
    assert (mean["low"], mean["high"]) == pytest.approx((low, high))
    assert found["value"]["all", "mean"] == mean["value"]


def test_a_class_missing_from_a_fold_leaves_its_mean_undefined(tmp_path):
    tables = [predictions(20, 0.7, fold=fold) for fold in (1, 2)]
    tables[1] = tables[1][tables[1]["label"] == "normal"]
    for place, table in enumerate(tables):
        write_table(tmp_path / f"{place}.csv", table)
    metrics, _ = score(tmp_path, {1: [tmp_path / "0.csv", tmp_path / "1.csv"]})
    found = rows(metrics, "auc")
    assert found["value"].isna().to_dict() == {
        ("1", "all"): False,
        ("1", "1"): False,
        ("1", "2"): True,
        ("1", "mean"): True,
        ("all", "all"): False,
        ("all", "mean"): True,
    }
    assert found["undefined"]["1", "2"] == "the images are of one class only"
    assert found["undefined"]["1", "mean"] == "fold 2: the images are of one class only"
    assert np.isnan(found["low"]["1", "mean"])


def test_one_class_only_has_no_auc(tmp_path):
    write_table(tmp_path / "1.csv", predictions(20, 0.7).assign(label="normal"))
    metrics, _ = score(tmp_path, {1: [tmp_path / "1.csv"]})
    row = rows(metrics, "auc").loc["all", "all"]
    assert np.isnan(row["value"])
    assert row["undefined"] == "the images are of one class only"
    assert rows(metrics, "specificity")["value"].notna().all()


def test_without_a_positive_class_there_are_metrics_of_each_class(tmp_path):
    classes = ("a", "b", "c")
    file = write_predictions(tmp_path / "1.csv", 50, 0.7, 0, classes)
    metrics, confusion = score(tmp_path, {1: [file]}, classes=classes, positive_class=None)
    assert "sensitivity" not in set(metrics["metric"])
    assert len(confusion) == 9
    each = [rows(metrics, "auc", label=label)["value"].iloc[0] for label in classes]
    assert rows(metrics, "auc")["value"].iloc[0] == pytest.approx(np.mean(each))


def test_the_published_way_takes_the_other_class_as_positive(tmp_path):
    metrics, confusion = score(tmp_path, {1: [write_predictions(tmp_path / "1.csv", 50, 0.7)]})
    cells = confusion.set_index(["true", "predicted"])["images"]
    normal = cells["normal", "normal"]
    claimed = normal + cells["cancer", "normal"]
    found = rows(metrics, "published_way_precision")["value"].iloc[0]
    assert found == pytest.approx(normal / claimed)


def test_what_the_classifier_decided_counts_not_the_largest_probability(tmp_path):
    table = predictions(50, 0.7).assign(predicted="cancer", threshold=0.0)
    write_table(tmp_path / "1.csv", table)
    metrics, _ = score(tmp_path, {1: [tmp_path / "1.csv"]})
    assert rows(metrics, "sensitivity")["value"].iloc[0] == 1
    assert rows(metrics, "specificity")["value"].iloc[0] == 0


def test_an_image_is_tested_once_and_by_every_seed(tmp_path):
    file, other = (write_predictions(tmp_path / f"{n}.csv", n) for n in (20, 21))
    with pytest.raises(ValueError, match="tested twice"):
        score(tmp_path, {1: [file, file]})
    with pytest.raises(ValueError, match="other images"):
        score(tmp_path, {1: [file], 2: [other]})


def test_the_interval_of_one_value_is_nan():
    assert np.isnan(t_interval(np.array([0.5]), 0.95, None)).all()


def test_the_interval_over_folds_stays_within_what_a_metric_can_be():
    low, high = t_interval(np.array([0.99, 0.6]), 0.95, (0, 1))
    assert (low, high) == (0, 1)
    assert t_interval(np.array([0.99, 0.6]), 0.95, None)[1] > 1
