import warnings

import numpy as np
import pytest
from sklearn import metrics as reference
from sklearn.preprocessing import label_binarize

from predictions_data import predictions
from synthmix.evaluate.metrics import (
    OF_CLASS,
    OF_POSITIVE,
    OVERALL,
    weighted_metrics,
    why_undefined,
)
from synthmix.evaluate.predictions import Predictions

THREE = ("a", "b", "c")


def score(table, classes, positive_class=None, weights=None):
    weights = np.ones((1, len(table))) if weights is None else weights
    found = weighted_metrics(Predictions.from_table(table, classes), weights, positive_class)
    return {name: values[0] for name, values in found.items()}


def probabilities(table, classes):
    return table[[f"probability_{c}" for c in classes]].to_numpy()


def calibration_error(table, classes):
    """Guo et al. 2017, section 2, bin by bin."""
    chances = probabilities(table, classes)
    confidence, said = chances.max(1), np.array(classes)[chances.argmax(1)]
    error = 0.0
    for low in range(15):
        here = (confidence > low / 15) & (confidence <= (low + 1) / 15)
        if here.any():
            accuracy = (said == table["label"])[here].mean()
            error += here.mean() * abs(accuracy - confidence[here].mean())
    return error


@pytest.mark.parametrize("classes", [("cancer", "normal"), THREE, tuple("abcdefg")])
@pytest.mark.parametrize("seed", range(4))
def test_metrics_of_all_classes_are_scikit_learns(classes, seed):
    table = predictions(80, 0.6, seed, classes)
    true, said, chances = table["label"], table["predicted"], probabilities(table, classes)
    found = score(table, classes)
    precision, recall, f1, _ = reference.precision_recall_fscore_support(
        true, said, average="macro", zero_division=0
    )
    several = len(classes) > 2
    truth = label_binarize(true, classes=classes)
    each = {
        name: [measure(true == c, chances[:, i]) for i, c in enumerate(classes)]
        for name, measure in (
            ("auc", reference.roc_auc_score),
            ("average_precision", reference.average_precision_score),
        )
    }
    expected = {
        "accuracy": reference.accuracy_score(true, said),
        "balanced_accuracy": reference.balanced_accuracy_score(true, said),
        "macro_precision": precision,
        "macro_recall": recall,
        "macro_f1": f1,
        "macro_auc": np.mean(each["auc"]),
        "macro_average_precision": np.mean(each["average_precision"]),
        "cohen_kappa": reference.cohen_kappa_score(true, said),
        "mcc": reference.matthews_corrcoef(true, said),
        "brier_score": reference.brier_score_loss(
            true,
            chances if several else chances[:, 1],
            labels=classes,
            **({} if several else {"pos_label": classes[1]}),
        ),
        "expected_calibration_error": calibration_error(table, classes),
        "negative_log_likelihood": reference.log_loss(true, chances, labels=classes),
        "correct": (true == said).sum(),
        "incorrect": (true != said).sum(),
        "total": len(table),
    }
    if several:
        assert expected["macro_auc"] == pytest.approx(
            reference.roc_auc_score(truth, chances, average="macro", multi_class="ovr")
        )
    assert set(expected) == set(OVERALL)
    assert {name: found[name, ""] for name in OVERALL} == pytest.approx(expected)
    assert found["auc", ""] == found["macro_auc", ""]


@pytest.mark.parametrize("seed", range(4))
def test_metrics_of_each_class_are_scikit_learns(seed):
    table = predictions(80, 0.6, seed, THREE)
    found = score(table, THREE)
    for label in THREE:
        true, said = table["label"] == label, table["predicted"] == label
        chance = table[f"probability_{label}"]
        expected = {
            "precision": reference.precision_score(true, said),
            "recall": reference.recall_score(true, said),
            "f1": reference.f1_score(true, said),
            "auc": reference.roc_auc_score(true, chance),
            "average_precision": reference.average_precision_score(true, chance),
        }
        assert {name: found[name, label] for name in OF_CLASS} == pytest.approx(expected)


def test_metrics_of_the_positive_class_are_scikit_learns():
    table = predictions()
    true, said = table["label"] == "cancer", table["predicted"] == "cancer"
    expected = {
        "precision": reference.precision_score(true, said),
        "sensitivity": reference.recall_score(true, said),
        "specificity": reference.recall_score(~true, ~said),
        "f1": reference.f1_score(true, said),
        "auc": reference.roc_auc_score(true, table["probability_cancer"]),
        "average_precision": reference.average_precision_score(true, table["probability_cancer"]),
        "missed_positives": (true & ~said).sum(),
        "missed_positive_share": (true & ~said).mean(),
    }
    found = score(table, ("cancer", "normal"), "cancer")
    assert {name: found[name, ""] for name in OF_POSITIVE} == pytest.approx(expected)
    assert found["published_way_precision", ""] == reference.precision_score(~true, ~said)
    assert found["published_way_recall", ""] == found["specificity", ""]
    assert found["published_way_f1", ""] == pytest.approx(reference.f1_score(~true, ~said))


def test_auc_and_average_precision_by_hand_with_ties():
    table = predictions(2).assign(label=["cancer", "normal", "cancer", "normal"])
    table["probability_cancer"] = [0.9, 0.5, 0.5, 0.1]
    found = score(table, ("cancer", "normal"), "cancer")
    # three pairs in order, one tied
    assert found["auc", ""] == pytest.approx(3.5 / 4)
    # the first positive at precision 1, the second together with a negative at 2 / 3
    assert found["average_precision", ""] == pytest.approx((1 + 2 / 3) / 2)


@pytest.mark.parametrize("classes", [("cancer", "normal"), THREE])
def test_a_weight_counts_as_so_many_copies(classes):
    table = predictions(30, classes=classes)
    weights = np.random.default_rng(1).integers(0, 4, len(table))
    weights[:20] = 0
    copies = table.loc[np.repeat(table.index, weights)]
    positive = classes[0]
    weighted = score(table, classes, positive, weights[None].astype(float))
    assert weighted == pytest.approx(score(copies, classes, positive))


def test_a_class_that_is_never_predicted_counts_as_in_scikit_learn():
    table = predictions(40, classes=THREE).replace({"predicted": {"c": "a"}})
    found = score(table, THREE)
    assert np.isnan(found["precision", "c"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = reference.precision_score(table["label"], table["predicted"], average="macro")
    assert found["macro_precision", ""] == pytest.approx(expected)


def test_a_class_that_is_absent_counts_as_in_scikit_learn():
    table = predictions(40, classes=THREE)
    table = table[table["label"] != "c"]
    assert (table["predicted"] == "c").any()
    found = score(table, THREE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        recall = reference.recall_score(table["label"], table["predicted"], average="macro")
        balanced = reference.balanced_accuracy_score(table["label"], table["predicted"])
    assert found["macro_recall", ""] == pytest.approx(recall)
    assert found["balanced_accuracy", ""] == pytest.approx(balanced)
    for name in (("auc", "c"), ("macro_auc", ""), ("average_precision", "c"), ("recall", "c")):
        assert np.isnan(found[name]), name
    unsaid = table[table["predicted"] != "c"]
    expected = reference.f1_score(unsaid["label"], unsaid["predicted"], average="macro")
    assert score(unsaid, THREE)["macro_f1", ""] == pytest.approx(expected)


def test_what_has_no_denominator_is_nan_with_a_reason():
    table = predictions(10).assign(label="normal", predicted="normal")
    found = score(table, ("cancer", "normal"), "cancer")
    for metric in ("sensitivity", "precision", "auc", "average_precision", "cohen_kappa", "mcc"):
        assert np.isnan(found[metric, ""]), metric
    assert found["specificity", ""] == 1
    undefined = {metric for (metric, _), value in found.items() if np.isnan(value)}
    known = {why_undefined(metric, "cancer") for metric in undefined}
    assert "it can't be computed" not in known
    assert why_undefined("auc", "cancer") == "the images are of one class only"
    assert why_undefined("auc", None) == "no image is of one of the classes"


def test_predictions_of_other_classes_are_refused():
    with pytest.raises(ValueError, match="not of a, b"):
        Predictions.from_table(predictions(), ("a", "b"))
    table = predictions()
    table.loc[3, "probability_cancer"] = np.nan
    with pytest.raises(ValueError, match="without a probability"):
        Predictions.from_table(table, ("cancer", "normal"))
