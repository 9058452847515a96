"""What rules ask about scoring generators."""

from synthmix.plan.view import View
from synthmix.score.settings import FeatureKind, ScoreSettings


def settings(view: View) -> ScoreSettings:
    """Return how generators are scored."""
    return view.settings.scores


def features(view: View) -> FeatureKind:
    """Return whose features are compared."""
    return settings(view).features


def images(view: View, store: str) -> int | None:
    """Return how many images of each class in a store are looked at; None for all: real ones."""
    return None if store == "real" else settings(view).images


def plane_images(view: View) -> int:
    """Return how many real images a plane has, and as many synthetic ones."""
    return settings(view).plane_images
