"""Checks of the searches of generators, and of what generators are trained with."""

from collections.abc import Iterator

from pydantic import ValidationError

from synthmix.config.generators import generator_settings
from synthmix.config.models import GeneratorSettings, Study
from synthmix.config.parse import KeyPath
from synthmix.config.searches import Finding, check_searches
from synthmix.errors import one_of
from synthmix.search.resolve import (
    Trained,
    candidates_trained,
    possible_points,
    search_of,
    settings_with,
    stages_adopted,
)
from synthmix.search.scores import is_loss, score_names


def check_generator_searches(study: Study) -> list[Finding]:
    """Return what is wrong with the searches for settings of generators: where and why."""
    findings = check_searches(study, "generators")
    for name, settings in study.generators.items():
        if search_of(settings) is not None:
            found = (*_check_score(study, settings), *_check_candidates(study, name))
            findings += [(("generators", name, "search", *place), text) for place, text in found]
    return findings


def trained_as(study: Study, name: str) -> list[GeneratorSettings]:
    """Return the settings that a generator may be trained with: each candidate's of a searched one.

    Its own are among them where it has no search, or does not adopt what that chooses. Left out
    are candidates whose settings don't go together.
    """
    settings = study.generators[name]
    own = [] if stages_adopted(settings) else [settings]
    trained = candidates_trained(name, study.generators).values()
    found = (settings for each in trained for settings, _ in _possible(study, each))
    return own + [settings for settings in found if settings is not None]


def setting_path(study: Study, name: str, setting: str) -> KeyPath:
    """Return where a study says what a setting of a generator is: in its search, or not."""
    search = search_of(study.generators[name])
    for stage in range(1, search.stage_count + 1 if search else 1):
        if setting in search.settings_tried(stage):
            return "generators", name, "search", *search.place_of(stage, setting)
    return "generators", name, setting


def _check_score(study: Study, settings: GeneratorSettings) -> Iterator[Finding]:
    score, known = search_of(settings).score, score_names(study.scores.network)
    if score not in known and not is_loss(score):
        text = one_of(score, known, "scores to choose by")
        names = "a name that ends in _loss or begins with loss_"
        yield ("score",), f"{text}; or a loss of the model's history, {names}"


def _check_candidates(study: Study, name: str) -> Iterator[Finding]:
    """Check that the settings of candidates go together; those of later stages if earlier ones."""
    settings = study.generators[name]
    wrong = None
    for trained in candidates_trained(name, study.generators).values():
        if wrong not in (None, trained.stage):
            return
        place = search_of(settings).place(trained.stage)
        for found, problem in _possible(study, trained):
            if found is None:
                wrong = trained.stage
                yield place, problem
            elif found.joint != settings.joint:
                yield (
                    place,
                    "must not decide whether one model learns all classes or one each class: search"
                    " two generators",
                )
                return


def _possible(study: Study, trained: Trained) -> Iterator[tuple[GeneratorSettings | None, str]]:
    """Yield the settings that a candidate may turn out to have, or None and why there are none."""
    for points in possible_points(trained, study.generators):
        try:
            yield generator_settings(settings_with(trained, points)), ""
        except ValidationError as error:
            tried = {
                name: value for point in (*points, trained.own) for name, value in point.items()
            }
            text = ", ".join(f"{name}: {value}" for name, value in tried.items())
            for found in error.errors(include_url=False):
                yield None, f"at {text}: {found.get('ctx', {}).get('error', found['msg'])}"
