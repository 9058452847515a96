"""What rules ask about searches: their stages, and what each of them tries."""

from itertools import chain
from typing import Any, NamedTuple

from synthmix.errors import UserError
from synthmix.plan.view import View
from synthmix.search.judges import judge_module
from synthmix.search.resolve import Trained
from synthmix.search.resolve import candidates as candidates_of
from synthmix.search.resolve import choices as choices_of
from synthmix.search.scores import is_loss, score_names
from synthmix.search.settings import Search


class Searched(NamedTuple):
    """The generator or classifier whose settings are searched; `kind` is the section it is in."""

    kind: str
    name: str


class Choice(NamedTuple):
    """What the stages of a search up to one, from 1, have chosen."""

    kind: str
    name: str
    stage: int


def choice_for(kind: str, trained: Trained) -> Choice | None:
    """Return the choice that a training of a `kind` waits for, if it does."""
    return None if trained.chosen_in is None else Choice(kind, *trained.chosen_in)


def all_searched(view: View) -> list[Searched]:
    """Return what is searched for, of classifiers those that take the data set."""
    found = (Searched(*key) for key in view.searches)
    return [one for one in found if one.kind == "generators" or one.name in view.classifiers]


def settings(view: View, kind: str, name: str) -> Search:
    """Return the search for settings of a generator or a classifier."""
    if (kind, name) not in view.searches:
        raise UserError(f"{view.study} searches no settings of {name} in {kind}")
    return view.searches[kind, name]


def stages(view: View, kind: str, name: str) -> list[int]:
    """Return the numbers of the stages of a search, from 1."""
    return list(range(1, settings(view, kind, name).stage_count + 1))


def stage_title(view: View, kind: str, name: str, stage: int) -> str:
    """Return what a picture of a stage is called, such as "classifier vgg16, stage 1"."""
    several = stage_count(view, kind, name) > 1
    return f"{kind.removesuffix('s')} {name}" + (f", stage {stage}" if several else "")


def stage_count(view: View, kind: str, name: str) -> int:
    """Return how many stages a search has."""
    return len(stages(view, kind, name))


def before(view: View, kind: str, name: str, stage: str) -> int | None:
    """Return the stage whose choice a stage starts from; None before the first, and for none."""
    return int(stage) - 1 or None if settings(view, kind, name).adopt else None


def adopted(view: View, kind: str, name: str) -> bool:
    """Return whether what a search chooses is used."""
    return settings(view, kind, name).adopt


def candidates(view: View, kind: str, name: str, stage: str) -> dict[str, Any]:
    """Return what sets each candidate of a stage apart, by its name."""
    if int(stage) not in stages(view, kind, name):
        raise UserError(f"the search of {name} has no stage {stage}")
    return candidates_of(name, settings(view, kind, name), int(stage))


def candidate_names(view: View, kind: str, name: str, stage: str) -> list[str]:
    """Return the candidates of a stage, in their order."""
    return list(candidates(view, kind, name, stage))


def all_candidates(view: View, kind: str, name: str) -> list[str]:
    """Return the candidates of all stages, one stage after the other."""
    found = (candidate_names(view, kind, name, str(stage)) for stage in stages(view, kind, name))
    return list(chain.from_iterable(found))


def tested(view: View, kind: str, name: str) -> list[str]:
    """Return the candidates that predict test images: classifiers."""
    return all_candidates(view, kind, name) if kind == "classifiers" else []


def choices(view: View, kind: str, name: str, stage: str) -> dict[str, Any]:
    """Return what each candidate of a stage is chosen with besides what earlier stages chose."""
    return choices_of(name, getattr(view.settings, kind), int(stage))


def adoptable(view: View, generator: str) -> list[str]:
    """Return the candidates of the last stage of the search for a generator's settings."""
    last = stages(view, "generators", generator)[-1]
    return candidate_names(view, "generators", generator, str(last))


def judge(view: View, kind: str, name: str) -> str:
    """Return by which files candidates are judged: predictions, losses or scores."""
    if kind == "classifiers":
        return "predictions"
    return "losses" if is_loss(settings(view, kind, name).score) else "scores"


def judge_modules(view: View, kind: str, name: str) -> list[str]:
    """Return the module that reads these files."""
    return [judge_module(judge(view, kind, name))]


def score(view: View, kind: str, name: str) -> str:
    """Return the score that candidates are compared by, as the files call it."""
    asked = settings(view, kind, name).score
    if judge(view, kind, name) != "scores":
        return asked
    return score_names(view.settings.scores.network)[asked]


def scorer(view: View, kind: str) -> dict[str, Any]:
    """Return how the predictions of candidates are scored; {} where these are generators."""
    if kind == "generators":
        return {}
    return {
        "classes": view.classes,
        "positive_class": view.settings.positive_class,
        "bootstrap_samples": view.settings.evaluation.bootstrap_samples,
        "confidence": view.settings.evaluation.confidence,
        "seed": view.seed,
    }
