import pytest
from pydantic import ValidationError

from synthmix.evaluate.settings import Evaluation, check_threshold


@pytest.mark.parametrize("threshold", [0.5, 0.2, {"sensitivity": 0.9}])
def test_a_threshold_is_a_number_or_a_sensitivity(threshold):
    assert Evaluation(threshold=threshold).model_dump(mode="json")["threshold"] == threshold


@pytest.mark.parametrize("threshold", [0, 1, 1.5, {"sensitivity": 0}, {"specificity": 0.9}])
def test_other_thresholds_are_refused(threshold):
    with pytest.raises(ValidationError):
        Evaluation(threshold=threshold)


def test_the_classes_decide_what_verdicts_are_about_unless_a_measure_is_named():
    assert Evaluation().verdict == "auto"
    assert Evaluation(verdict="macro_f1").verdict == "macro_f1"
    with pytest.raises(ValidationError, match="macro_f1"):
        Evaluation(verdict="auc")


def test_a_threshold_needs_two_classes_and_a_positive_one():
    default, chosen = Evaluation(), Evaluation(threshold={"sensitivity": 0.9})
    assert check_threshold(default, "abc", None) is None
    assert check_threshold(chosen, "ab", "a") is None
    assert "two classes, and these are 3" in check_threshold(chosen, "abc", "a")
    assert "positive_class" in check_threshold(Evaluation(threshold=0.4), "ab", None)
