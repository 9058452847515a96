"""What a classifier is trained with: its settings, and those that sweeps have chosen for it.

Imports no torch: the workflow plans its jobs with it. What a sweep chooses is known once it has
run; which files that may take is known before.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from synthmix.files import write_text
from synthmix.sweep.settings import StudyClassifier, Sweep

DIGITS = 6
_NOT_TRAINED_WITH = {"starts_from", "sweep"}


@dataclass(frozen=True)
class Trained:
    """Where the settings of a training come from; later ones go over earlier ones.

    `base` are complete, then come those chosen in the first `stages` of the sweep of the
    classifier `swept`, then `own`. `starts_from` is the classifier whose weights it goes on from.
    """

    base: Mapping[str, Any]
    own: Mapping[str, Any]
    swept: str | None = None
    stages: int = 0
    starts_from: str | None = None

    @property
    def chosen_in(self) -> tuple[str, int] | None:
        """The classifier and the stage of its sweep whose choice this waits for, from 1."""
        return (self.swept, self.stages) if self.stages else None


def classifier_trained(name: str, classifiers: Mapping[str, StudyClassifier]) -> Trained:
    """Return what the classifier `name` of a study is trained with."""
    settings = classifiers[name]
    if settings.starts_from is None:
        stages = len(settings.sweep.stages) if settings.sweep else 0
        return Trained(_plain(settings), {}, name, stages)
    before = classifier_trained(settings.starts_from, classifiers)
    given = settings.model_fields_set - _NOT_TRAINED_WITH - {"network"}
    own = {key: value for key, value in _plain(settings).items() if key in given}
    return replace(before, own=lay_over(before.own, own), starts_from=settings.starts_from)


def candidates(name: str, sweep: Sweep, stage: int) -> dict[str, dict[str, Any]]:
    """Return what sets each candidate of a stage, from 1, of the classifier `name` apart.

    A name stands for these settings alone: a value more leaves the others as they are.
    """
    return {
        f"{name}_s{stage}c{_digest(point)}": point for point in sweep.stages[stage - 1].points()
    }


def all_trained(classifiers: Mapping[str, StudyClassifier]) -> dict[str, Trained]:
    """Return what all that is trained is trained with, by name: classifiers and candidates."""
    trained = {}
    for name, settings in classifiers.items():
        trained[name] = classifier_trained(name, classifiers)
        for stage in range(1, trained_stages(settings) + 1):
            for candidate, point in candidates(name, settings.sweep, stage).items():
                trained[candidate] = Trained(_plain(settings), point, name, stage - 1)
    return trained


def trained_stages(settings: StudyClassifier) -> int:
    """Return how many stages the sweep of a classifier has."""
    return len(settings.sweep.stages) if settings.sweep else 0


def possible_settings(
    trained: Trained, classifiers: Mapping[str, StudyClassifier]
) -> Iterator[dict[str, Any]]:
    """Yield the settings that a training may turn out to have, whatever is chosen before it."""
    grids = []
    if trained.stages:
        grids = [stage.points() for stage in classifiers[trained.swept].sweep.stages]
    for points in product(*grids[: trained.stages]):
        settings = dict(trained.base)
        for point in points:
            settings = lay_over(settings, point)
        yield lay_over(settings, trained.own)


def settle(
    base: Mapping[str, Any], own: Mapping[str, Any], chosen: str | Path | None
) -> dict[str, Any]:
    """Return the settings of a training; `chosen` is what `write_chosen` wrote, if any."""
    return lay_over(lay_over(base, read_chosen(chosen) if chosen else {}), own)


def lay_over(settings: Mapping[str, Any], others: Mapping[str, Any]) -> dict[str, Any]:
    """Return `settings` with `others` in their place; one way to unfreeze replaces the other."""
    ways = {"unfrozen_layers", "unfrozen_share"}
    replaced = dict.fromkeys(ways, None) if ways & set(others) else {}
    return {**settings, **replaced, **others}


def read_chosen(path: str | Path) -> dict[str, Any]:
    """Return the settings that the stages of a sweep have chosen so far."""
    return json.loads(Path(path).read_text(encoding="utf-8"))["settings"]


def write_chosen(path: str | Path, candidate: str, settings: Mapping[str, Any]) -> None:
    """Write the name of the best candidate of a stage and all that is chosen by then."""
    chosen = {"candidate": candidate, "settings": dict(settings)}
    write_text(path, json.dumps(chosen, indent=2) + "\n")


def _plain(settings: StudyClassifier) -> dict[str, Any]:
    return settings.model_dump(mode="json", exclude=_NOT_TRAINED_WITH)


def _digest(point: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(point, sort_keys=True).encode()).hexdigest()[:DIGITS]
