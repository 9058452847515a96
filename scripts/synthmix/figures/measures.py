"""Which measures are shown of a study, and what they are called."""

import pandas as pd

from synthmix.evaluate.verdict import ACCURACY, judged_by

# of the positive class against the rest
OF_POSITIVE_CLASS = {
    "accuracy": "accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "precision": "precision",
    "f1": "F1",
    "auc": "AUC",
}
# of all classes alike
OF_ALL_CLASSES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "macro_auc": "macro AUC",
}


def has_positive_class(summary: pd.DataFrame) -> bool:
    """Return whether the table `summary` has measures of a positive class."""
    # a number of images, which is never undefined
    return "missed_positives" in summary and bool(summary["missed_positives"].notna().any())


def measures(summary: pd.DataFrame) -> dict[str, str]:
    """Return the columns of the table `summary` to show, in order, and their names."""
    usual = OF_POSITIVE_CLASS if has_positive_class(summary) else OF_ALL_CLASSES
    return usual | {judged_by(summary): measure_name(judged_by(summary))}


def main_measure(summary: pd.DataFrame) -> str:
    """Return the measure shown before others, by which classifiers are ranked.

    It is what verdicts are about. Where that is accuracy, and there is no positive class, it is
    macro F1 all the same.
    """
    if judged_by(summary) != ACCURACY:
        return judged_by(summary)
    return ACCURACY if has_positive_class(summary) else "macro_f1"


def measure_name(column: str) -> str:
    """Return what a measure is called."""
    return (OF_POSITIVE_CLASS | OF_ALL_CLASSES)[column]
