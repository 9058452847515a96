"""What rules ask about figures: which there are of a data set, and what their inputs are of."""

from collections.abc import Callable, Collection
from typing import Any

from synthmix.figures.declaration import Figure
from synthmix.plan import (
    classify,
    generate,
    learning_curve,
    mixups,
    prepare,
    published,
    repeats,
    search,
)
from synthmix.plan.view import View

ALL_KINDS = ("generators", "classifiers")

# What a data set of a study must have, by the word that a declaration has for it.
WHEN: dict[str, Callable[[View], Any]] = {
    "always": lambda view: True,
    "near duplicates": prepare.looks_for_near_duplicates,
    "census": lambda view: view.data.facts,
    "pipeline": lambda view: view.measures_pipeline,
    "generators": generate.names,
    "ready images": generate.ready,
    "snapshots": generate.models_with_snapshots,
    "trainings": lambda view: view.is_trained,
    "mixups": lambda view: view.is_trained and mixups.series(view),
    "mixes": lambda view: view.is_trained and view.settings.has_mixes,
    "filled classes": lambda view: view.is_trained and _fills(view),
    "training sets": lambda view: view.is_trained and _has_several(view),
    "comparisons": lambda view: view.is_trained and view.settings.plan_comparisons(),
    "repeated comparisons": lambda view: (
        view.is_trained and repeats.are_several(view) and view.settings.plan_comparisons()
    ),
    "learning curves": learning_curve.is_drawn,
    "published": published.rows,
    "published curves": published.has_curves,
}


def _of_stages(view: View, kinds: Collection[str] = ALL_KINDS) -> dict[str, dict[str, Any]]:
    return {
        search.stage_title(view, kind, name, stage): {"kind": kind, "name": name, "stage": stage}
        for kind, name in search.all_searched(view)
        if kind in kinds
        for stage in search.stages(view, kind, name)
    }


def _of_stages_by_a_loss(view: View) -> dict[str, dict[str, Any]]:
    return {
        title: found
        for title, found in _of_stages(view).items()
        if search.judge(view, found["kind"], found["name"]) == "losses"
    }


# Of what there is a figure each: what tells it from the others, and its wildcards.
PER: dict[str, Callable[[View], dict[str, dict[str, Any]]]] = {
    "data set": lambda view: {"": {}},
    "generator": lambda view: {name: {"generator": name} for name in generate.names(view)},
    # of its trainings that on real images, or the first
    "classifier": lambda view: {
        name: {"classifier": name, "mix": view.baseline} for name in view.classifiers
    },
    "augmented classifier": lambda view: {
        name: {"classifier": name} for name in view.classifiers if augmentations(view, name)
    },
    "stage": _of_stages,
    "tested stage": lambda view: _of_stages(view, ("classifiers",)),
    "stage by a loss": _of_stages_by_a_loss,
}


def shown(view: View, figure: Figure) -> dict[str, dict[str, Any]]:
    """Return the wildcards of each picture of a figure, by its title; none where there is none."""
    return PER[figure.per](view) if WHEN[figure.when](view) else {}


def generators(view: View) -> list[str]:
    """Return what the histories of all generators are of, in their order."""
    return [", ".join(model) for model in generate.models(view)]


def snapshots(view: View) -> list[str]:
    """Return what the scores of snapshots are of, in their order."""
    return [", ".join(model) for model in generate.models_with_snapshots(view)]


def candidates(view: View, kind: str, name: str, stage: str) -> list[tuple[str, str]]:
    """Return candidate and scope of the histories of a stage of a generator's search, in order."""
    return [
        (candidate, scope)
        for candidate in search.candidate_names(view, kind, name, stage)
        for scope in generate.scopes(view, candidate)
    ]


def trainings(view: View) -> list[tuple[str, str, str]]:
    """Return classifier, mix and repeat of the predictions of all test images, in their order."""
    return [(one.classifier, one.mix, _repeat(one)) for one in repeats.predictions(view)]


def trained(view: View, classifier: str) -> list[repeats.Prediction]:
    """Return the trainings that are taken for those of a classifier, as they are called."""
    return [repeats.taken(view, one) for one in _trainings(view, classifier)]


def histories(view: View, classifier: str) -> list[tuple[str, str]]:
    """Return mix and repeat of the histories of one classifier, in their order."""
    return [(one.mix, _repeat(one)) for one in _trainings(view, classifier)]


def _trainings(view: View, classifier: str) -> list[repeats.Prediction]:
    """Return the trainings of a classifier, by the name that it is trained under."""
    name = classify.trained_as(view, classifier)
    return [
        repeats.Prediction(name, mix, *run) for mix in view.mixes for run in repeats.runs(view, mix)
    ]


def _repeat(one: repeats.Prediction) -> str:
    """Return what tells a repeat from the others of a mix; folds share theirs."""
    return f"{one.split}{one.training}/seed{one.seed}"


def published_histories(view: View) -> list[tuple[str, ...]]:
    """Return the trainings whose histories are drawn beside published ones, in their order."""
    return published.belong_to(view)["histories"]


def augmentations(view: View, classifier: str) -> list[dict[str, Any]]:
    """Return how the training images of a classifier may be changed at random; [] for not at all.

    They are several only where a search chooses among them.
    """
    found = [
        settings["augmentation"] or settings["volume_augmentation"]
        for settings in classify.possible(view, classifier)
    ]
    return [one for place, one in enumerate(found) if one and one not in found[:place]]


def label(view: View) -> str:
    """Return the class that is looked for in images."""
    return view.settings.positive_class or view.classes[0]


def measures(view: View) -> list[str]:
    """Return what histories of classifiers are drawn of."""
    return ["loss", "accuracy"] + ([] if view.settings.positive_class else ["macro_f1"])


def _fills(view: View) -> bool:
    """Return whether classes are filled up to the largest."""
    return any(mix.fill == 1 for mix in view.mixes.values())


def _has_several(view: View) -> bool:
    """Return whether there are other training sets than all real images."""
    settings = view.settings
    return bool(settings.has_mixes or settings.selections or settings.baselines)
