"""What everything that a study trains is trained with: its classifiers and their candidates.

Imports no torch: the workflow plans its jobs with it. What a sweep chooses is known once it has
run; which files that may take is known before.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import Any

from synthmix.sweep.chosen import lay_over, replaced_by
from synthmix.sweep.settings import StudyClassifier, Sweep

DIGITS = 6
_NOT_TRAINED_WITH = {"starts_from", "sweep"}

Point = dict[str, Any]


@dataclass(frozen=True)
class Trained:
    """Where the settings of a training come from; later ones go over earlier ones.

    First `base`, the complete settings of the classifier `origin`, which names a network; then
    what the first `stages` of its sweep choose; then `own`. `starts_from` is the classifier whose
    weights it goes on from.
    """

    base: Mapping[str, Any]
    own: Mapping[str, Any]
    origin: str
    stages: int = 0
    starts_from: str | None = None

    @property
    def chosen_in(self) -> tuple[str, int] | None:
        """The classifier and the stage of its sweep whose choice this waits for, from 1."""
        return (self.origin, self.stages) if self.stages else None


def classifier_trained(name: str, classifiers: Mapping[str, StudyClassifier]) -> Trained:
    """Return what the classifier `name` of a study is trained with."""
    settings = classifiers[name]
    if settings.starts_from is None:
        return Trained(_plain(settings), {}, name, stages_of(settings))
    before = classifier_trained(settings.starts_from, classifiers)
    own = {key: value for key, value in _plain(settings).items() if key in given(settings)}
    return replace(before, own=lay_over(before.own, own), starts_from=settings.starts_from)


def trained_otherwise(trained: Trained, settings: Mapping[str, Any]) -> Trained:
    """Return what something is trained with where `settings` go over all others."""
    return replace(trained, own=lay_over(trained.own, settings))


def given(settings: StudyClassifier) -> set[str]:
    """Return the settings of a training that a study gives for a classifier itself."""
    return settings.model_fields_set - _NOT_TRAINED_WITH - {"network"}


def candidates(name: str, sweep: Sweep, stage: int) -> dict[str, Point]:
    """Return what sets each candidate of a stage, from 1, of the classifier `name` apart.

    A name stands for these settings alone: a value more leaves the others as they are.
    """
    return {
        f"{name}_s{stage}c{_digest(point)}": point for point in sweep.stages[stage - 1].points()
    }


def candidates_trained(name: str, classifiers: Mapping[str, StudyClassifier]) -> dict[str, Trained]:
    """Return what the candidates of the classifier `name` are trained with, by name."""
    settings, base = classifiers[name], _plain(classifiers[name])
    return {
        candidate: Trained(base, with_what_goes_along(point, settings.sweep, base), name, stage - 1)
        for stage in range(1, stages_of(settings) + 1)
        for candidate, point in candidates(name, settings.sweep, stage).items()
    }


def with_what_goes_along(point: Point, sweep: Sweep, base: Mapping[str, Any]) -> Point:
    """Return a point with the settings that go with its values.

    A value without settings of its own has those of the classifier, `base`: an earlier stage may
    have chosen a value that has some.
    """
    along: Point = {}
    for setting, value in point.items():
        of_values = sweep.by_value(setting).values()
        usual = {name: base[name] for some in of_values for name in replaced_by(some)}
        along |= lay_over(usual, sweep.going_with(setting, value))
    return {**point, **along}


def all_trained(classifiers: Mapping[str, StudyClassifier]) -> dict[str, Trained]:
    """Return what all that is trained is trained with, by name: classifiers and candidates."""
    trained = {}
    for name in classifiers:
        trained[name] = classifier_trained(name, classifiers)
        trained |= candidates_trained(name, classifiers)
    return trained


def stages_of(settings: StudyClassifier) -> int:
    """Return how many stages the sweep of a classifier has; 0 where it has none."""
    return len(settings.sweep.stages) if settings.sweep else 0


def possible_settings(
    trained: Trained,
    classifiers: Mapping[str, StudyClassifier],
    names: Collection[str] | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the settings that a training may turn out to have, whatever is chosen before it.

    With `names` they differ in these settings alone, and are that much fewer.
    """
    for points in possible_points(trained, classifiers, names):
        yield settings_with(trained, points)


def settings_with(trained: Trained, points: Iterable[Point]) -> dict[str, Any]:
    """Return the settings of a training for which the stages before it have chosen `points`."""
    return reduce(lay_over, (*points, trained.own), dict(trained.base))


def possible_points(
    trained: Trained,
    classifiers: Mapping[str, StudyClassifier],
    names: Collection[str] | None = None,
) -> Iterator[tuple[Point, ...]]:
    """Yield what the stages that a training waits for may choose: a point of each.

    Of what a point sets just the settings called `names` count, where these are given.
    """
    sweep = classifiers[trained.origin].sweep
    stages = sweep.stages[: trained.stages] if sweep else []
    points = (
        [with_what_goes_along(point, sweep, trained.base) for point in stage.points()]
        for stage in stages
    )
    return product(*(_different(each, names) for each in points))


def _different(points: Iterable[Point], names: Collection[str] | None) -> list[Point]:
    if names is None:
        return list(points)
    kept = ({name: value for name, value in point.items() if name in names} for point in points)
    return list({json.dumps(point, sort_keys=True): point for point in kept}.values())


def _plain(settings: StudyClassifier) -> dict[str, Any]:
    return settings.model_dump(mode="json", exclude=_NOT_TRAINED_WITH)


def _digest(point: Point) -> str:
    return hashlib.sha256(json.dumps(point, sort_keys=True).encode()).hexdigest()[:DIGITS]
