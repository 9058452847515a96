"""What everything that a study trains is trained with: what it names, and candidates for that.

Imports no torch: the workflow plans its jobs with it. What a search chooses is known once it has
run; which files that may take is known before.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import Any

from synthmix.search.chosen import lay_over, replaced_by
from synthmix.search.settings import Point, Search
from synthmix.settings import SettingsModel

DIGITS = 6
# how a classifier may name another whose settings it has, but for those that it gives itself
WAYS = ("starts_from", "settings_of", "predicts_with")
_NOT_TRAINED_WITH = {*WAYS, "search"}

# the generators or the classifiers of a study, by name
Entries = Mapping[str, SettingsModel]


@dataclass(frozen=True)
class Trained:
    """Where the settings of a training come from; later ones go over earlier ones.

    First `base`, the complete settings of `origin`, a generator or a classifier that names a
    network; then what the first `stages` of its search choose, none where it is not adopted; then
    `own`. `starts_from` is the classifier whose weights it goes on from, `predicts_with` the one
    whose training it shares. A candidate has the `stage`, from 1, that tries it.
    """

    base: Mapping[str, Any]
    own: Mapping[str, Any]
    origin: str
    stages: int = 0
    starts_from: str | None = None
    predicts_with: str | None = None
    stage: int | None = None

    @property
    def chosen_in(self) -> tuple[str, int] | None:
        """Whose search, and which stage of it, from 1, this waits for."""
        return (self.origin, self.stages) if self.stages else None


def search_of(settings: SettingsModel) -> Search | None:
    """Return the search of a generator or classifier as its study gives it, if there is one."""
    return getattr(settings, "search", None)


def stages_of(settings: SettingsModel) -> int:
    """Return how many stages the search of a generator or classifier has; 0 without one."""
    search = search_of(settings)
    return search.stage_count if search else 0


def stages_adopted(settings: SettingsModel) -> int:
    """Return how many stages of its search a generator or classifier takes the choices of."""
    search = search_of(settings)
    return search.stage_count if search and search.adopt else 0


def used_as_it_is(settings: SettingsModel) -> bool:
    """Return whether the best candidate is used as it is: trained for as long, it is the same."""
    search = search_of(settings)
    return bool(search and search.adopt and search.epochs in (None, settings.epochs))


def candidates(name: str, search: Search, stage: int) -> dict[str, Point]:
    """Return what sets each candidate of a stage, from 1, of the search for `name` apart.

    Its name stands for these settings alone: a value more leaves the others' names, and so what
    has been trained, as they are.
    """
    prefix = f"{name}_c" if stage == 1 else f"{name}_s{stage}c"
    return {f"{prefix}{_digest(point)}": point for point in search.points(stage)}


def searched_for(entries: Entries) -> dict[str, str]:
    """Return for whose search each candidate is, by its name."""
    return {
        candidate: name
        for name, settings in entries.items()
        for stage in range(1, stages_of(settings) + 1)
        for candidate in candidates(name, search_of(settings), stage)
    }


def choices(name: str, entries: Entries, stage: int) -> dict[str, Point]:
    """Return what is chosen with each candidate of a stage: its settings and what goes with them.

    Not among them is what the stages before have chosen.
    """
    search, base = search_of(entries[name]), _plain(entries[name])
    return {
        candidate: with_what_goes_along(point, search, base)
        for candidate, point in candidates(name, search, stage).items()
    }


def all_trained(entries: Entries) -> dict[str, Trained]:
    """Return what all that is trained is trained with, by name: what is named, and candidates."""
    trained = {}
    for name in entries:
        trained[name] = trained_with(name, entries)
        trained |= candidates_trained(name, entries)
    return trained


def trained_with(name: str, entries: Entries) -> Trained:
    """Return what the generator or classifier `name` of a study is trained with."""
    settings = entries[name]
    named = before_of(settings)
    if named is None:
        return Trained(_plain(settings), {}, name, stages_adopted(settings))
    before = trained_with(named, entries)
    own = {key: value for key, value in _plain(settings).items() if key in given(settings)}
    shared = getattr(settings, "predicts_with", None)
    way = {"predicts_with": shared} if shared else {"starts_from": settings.starts_from}
    return replace(before, own=lay_over(before.own, own), **way)


def before_of(settings: SettingsModel) -> str | None:
    """Return the classifier whose settings are those of another, but for what that gives itself.

    None where there is none, as of every generator.
    """
    return next((name for way in WAYS if (name := getattr(settings, way, None))), None)


def candidates_trained(name: str, entries: Entries) -> dict[str, Trained]:
    """Return what the candidates for the settings of `name` are trained with, by name."""
    search, base = search_of(entries[name]), _plain(entries[name])
    shorter = {"epochs": search.epochs} if search and search.epochs else {}
    adopted = stages_adopted(entries[name])
    return {
        candidate: Trained(
            base, {**settings, **shorter}, name, min(stage - 1, adopted), stage=stage
        )
        for stage in range(1, stages_of(entries[name]) + 1)
        for candidate, settings in choices(name, entries, stage).items()
    }


def trained_otherwise(trained: Trained, settings: Mapping[str, Any]) -> Trained:
    """Return what something is trained with where `settings` go over all others."""
    return replace(trained, own=lay_over(trained.own, settings))


def given(settings: SettingsModel) -> set[str]:
    """Return the settings of a training that a study gives for a classifier itself."""
    return settings.model_fields_set - _NOT_TRAINED_WITH - {"network"}


def with_what_goes_along(point: Point, search: Search, base: Mapping[str, Any]) -> Point:
    """Return a point with the settings that go with its values.

    A value without settings of its own has those of the `base`: an earlier stage may have chosen a
    value that has some.
    """
    along: Point = {}
    for setting, value in point.items():
        of_values = search.by_value(setting).values()
        usual = {name: base[name] for some in of_values for name in replaced_by(some)}
        along |= lay_over(usual, search.going_with(setting, value))
    return {**point, **along}


def possible_settings(
    trained: Trained, entries: Entries, names: Collection[str] | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the settings that a training may turn out to have, whatever is chosen before it.

    With `names` they differ in these settings alone, and are that much fewer.
    """
    for points in possible_points(trained, entries, names):
        yield settings_with(trained, points)


def settings_with(trained: Trained, points: Iterable[Point]) -> dict[str, Any]:
    """Return the settings of a training for which the stages before it have chosen `points`."""
    return reduce(lay_over, (*points, trained.own), dict(trained.base))


def possible_points(
    trained: Trained, entries: Entries, names: Collection[str] | None = None
) -> Iterator[tuple[Point, ...]]:
    """Yield what the stages that a training waits for may choose: a point of each.

    Of what a point sets just the settings called `names` count, where these are given.
    """
    return product(*(_different(points, names) for points in points_by_stage(trained, entries)))


def points_by_stage(trained: Trained, entries: Entries) -> list[list[Point]]:
    """Return what each stage that a training waits for may choose."""
    search = search_of(entries[trained.origin])
    return [
        [with_what_goes_along(point, search, trained.base) for point in search.points(stage)]
        for stage in range(1, trained.stages + 1)
    ]


def _different(points: list[Point], names: Collection[str] | None) -> list[Point]:
    if names is None:
        return points
    kept = ({name: value for name, value in point.items() if name in names} for point in points)
    return list({json.dumps(point, sort_keys=True): point for point in kept}.values())


def _plain(settings: SettingsModel) -> dict[str, Any]:
    return settings.model_dump(mode="json", exclude=_NOT_TRAINED_WITH)


def _digest(point: Point) -> str:
    return hashlib.sha256(json.dumps(point, sort_keys=True).encode()).hexdigest()[:DIGITS]
