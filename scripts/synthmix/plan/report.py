"""What the report says of a study apart from what its files say."""

from typing import Any

from synthmix.plan.plan import Plan
from synthmix.plan.view import View
from synthmix.prepare.settings import OfficialSplit


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
        "splits": settings.repeats.splits,
        "generator_trainings": settings.repeats.generators if settings.generators else 1,
        "keeps_test": isinstance(view.split, OfficialSplit),
        "evaluation": settings.evaluation.model_dump(mode="json"),
        "settings": settings.model_dump(mode="json"),
    }
