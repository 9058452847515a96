"""What rules ask about scoring generators."""

from synthmix.plan.view import View
from synthmix.prepare.parts import LEARNED_FROM
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


def seen(view: View) -> list[str]:
    """Return the splits that any generator of the study learns from: all are scored alike."""
    learned = {"train"}
    for generator in view.settings.generators.values():
        learned.update(LEARNED_FROM[generator.learns_from])
    return sorted(learned)


def unseen(view: View) -> list[str]:
    """Return the splits of the real images that no generator has learned from, the test first."""
    return [split for split in ("test", "validation") if split not in seen(view)]
