"""What rules ask about judging predictions."""

from typing import Any

from synthmix.plan.view import View

# in the predictions already; told beside the settings
_SEEN_BY_NO_JOB = {"threshold", "verdict", "margin", "families"}


def settings(view: View) -> dict[str, Any]:
    """Return how a job judges predictions, as plain values."""
    return view.settings.evaluation.model_dump(mode="json", exclude=_SEEN_BY_NO_JOB)


def threshold(view: View) -> Any:
    """Return how the threshold of a class is chosen, as a plain value."""
    return view.settings.evaluation.model_dump(mode="json", include={"threshold"})["threshold"]


def verdict(view: View) -> str:
    """Return the setting of the measure that verdicts are about."""
    return view.settings.evaluation.verdict


def margin(view: View) -> float:
    """Return the margin below which differences don't matter."""
    return view.settings.evaluation.margin


def comparisons(view: View) -> list[dict[str, Any]]:
    """Return which mixes are compared with which, as plain values."""
    return [comparison.to_dict() for comparison in view.settings.plan_comparisons()]
