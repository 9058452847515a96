"""Checks of what a study searches."""

from collections.abc import Iterator

from pydantic import ValidationError

from synthmix.config.models import GeneratorSettings, Study
from synthmix.config.parse import KeyPath
from synthmix.errors import one_of
from synthmix.search.candidates import candidate_settings, candidates, search_of
from synthmix.search.scores import is_loss, score_names


def check_searches(study: Study) -> Iterator[tuple[KeyPath, str]]:
    """Yield what is wrong with the searches of `study`: where and why."""
    for name, settings in study.generators.items():
        if search_of(settings) is None:
            continue
        for place, problem in (
            *_check_score(study, settings),
            *_check_epochs(settings),
            *_check_names(study, name),
            *_check_points(settings),
        ):
            yield ("generators", name, "search", *place), problem


def trained_as(settings: GeneratorSettings) -> list[GeneratorSettings]:
    """Return the settings that a generator is trained with: each candidate's of a searched one.

    Left out are candidates whose settings don't go together.
    """
    if search_of(settings) is None:
        return [settings]
    return [found for found, _ in _points(settings) if found is not None]


def setting_path(study: Study, name: str, setting: str) -> KeyPath:
    """Return where a study says what a setting of the generator `name` is: in a grid, or not."""
    search = search_of(study.generators[name])
    searched = search is not None and setting in search.grid.varied()
    return ("generators", name, *(("search", "grid") if searched else ()), setting)


def _check_score(study: Study, settings: GeneratorSettings) -> Iterator[tuple[KeyPath, str]]:
    score, known = search_of(settings).score, score_names(study.scores.features)
    if score not in known and not is_loss(score):
        text = one_of(score, known, "scores to choose by")
        yield ("score",), f"{text}; or a loss of the model's history, a name that ends in _loss"


def _check_epochs(settings: GeneratorSettings) -> Iterator[tuple[KeyPath, str]]:
    search = search_of(settings)
    if search.epochs is None:
        return
    if "epochs" in search.grid.varied():
        yield ("epochs",), "are searched by the grid too: remove them here or there"
    elif search.epochs >= settings.epochs:
        yield (
            ("epochs",),
            f"{search.epochs} are not fewer than the {settings.epochs} of the generator: leave"
            " them out, and the best candidate is used without being trained anew",
        )


def _check_names(study: Study, name: str) -> Iterator[tuple[KeyPath, str]]:
    for candidate in candidates(name, study.generators[name]):
        if candidate in study.generators:
            yield (), f"would call a candidate {candidate}, as a generator is called: rename that"


def _check_points(settings: GeneratorSettings) -> Iterator[tuple[KeyPath, str]]:
    for found, problem in _points(settings):
        if found is None:
            yield ("grid",), problem
        elif found.joint != settings.joint:
            yield (
                ("grid",),
                "must not decide whether one model learns all classes or one each class: search"
                " two generators",
            )
            return


def _points(settings: GeneratorSettings) -> Iterator[tuple[GeneratorSettings | None, str]]:
    """Yield the settings of each candidate, or None and why there is none."""
    for point in search_of(settings).grid.points():
        try:
            yield candidate_settings(settings, point), ""
        except ValidationError as error:
            for found in error.errors(include_url=False):
                shown = ", ".join(f"{name}: {value}" for name, value in point.items())
                reason = found.get("ctx", {}).get("error", found["msg"])
                yield None, f"at {shown}: {reason}"
