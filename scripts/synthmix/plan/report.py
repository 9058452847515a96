"""What the report says of a study apart from what its files say."""

from typing import Any

from synthmix.plan.plan import Plan
from synthmix.plan.view import View


def facts(plan: Plan, view: View) -> dict[str, Any]:
    """Return the fields of a report on `view` that are no files, as plain values."""
    settings = view.settings
    return {
        "name": view.study,
        "dataset": view.dataset,
        "title": settings.title,
        "description": settings.description,
        "scale": plan.scale,
        "positive_class": settings.positive_class,
        "seeds": view.seeds,
        "folds": view.fold_count,
        "evaluation": settings.evaluation.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json"),
    }
