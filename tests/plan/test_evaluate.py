from plan_data import view_of
from synthmix.plan import evaluate


def test_judging_is_told_apart_from_what_the_predictions_have():
    view = view_of("volumes", "slices")
    assert not evaluate.settings(view).keys() & {"threshold", "verdict"}
    assert evaluate.threshold(view) == 0.5
    assert evaluate.verdict(view) == view.settings.evaluation.verdict
