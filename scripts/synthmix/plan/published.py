"""What rules ask about published values: what there is here that they can be held against."""

from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from synthmix.plan import classify, generate, repeats
from synthmix.plan.cover import taken_for
from synthmix.plan.generate import Model
from synthmix.plan.search import Choice, Searched, all_searched
from synthmix.plan.view import View
from synthmix.published.rows import (
    LEARNED_WEIGHTS,
    NETWORK_WEIGHTS,
    PLANE,
    TRAINED,
    TRAINING_MINUTES,
    Printed,
    curves_file,
    headings_file,
    of_dataset,
    read_curves,
    read_printed,
)
from synthmix.search.resolve import searched_for
from synthmix.search.settings import is_value


class Training(NamedTuple):
    """A classifier and the mix that it is trained on."""

    classifier: str
    mix: str


def rows(view: View, *places: str) -> list[Printed]:
    """Return the published values of a data set; with `places` those that are looked up there."""
    if view.published is None:
        return []
    found = of_dataset(_read_once(view.published), view.dataset)
    return [row for row in found if not places or row.of in places]


def of_images(view: View) -> bool:
    """Return whether published values are numbers of images."""
    return bool(rows(view, "images"))


def of_census(view: View) -> bool:
    """Return whether published values are looked up in a census that there is."""
    return bool(view.data.facts and rows(view, "census"))


def of_mixes(view: View) -> bool:
    """Return whether published values are numbers of images in mixes that are trained on."""
    return view.is_trained and any(row.mix for row in rows(view, "images"))


def of_metrics(view: View) -> bool:
    """Return whether published values are metrics of classifiers that there are."""
    return view.is_trained and bool(rows(view, "metrics"))


def of_scores(view: View) -> bool:
    """Return whether published values are scores of generators that there are."""
    return bool(generators(view, "scores"))


def of_pipeline(view: View) -> bool:
    """Return whether published values are of an input pipeline that is measured."""
    return view.measures_pipeline and bool(rows(view, "pipeline"))


def file(view: View) -> str:
    """Return the file of the published values."""
    return str(view.published)


def headings(view: View) -> list[str]:
    """Return the file of the titles of the source's tables, where there is one."""
    return [str(path) for path in [headings_file(view.published)] if path.is_file()]


def curves(view: View) -> str | list[str]:
    """Return the file of the training histories that the source prints; [] for none."""
    path = curves_file(view.published)
    return str(path) if path.is_file() else []


def has_curves(view: View) -> bool:
    """Return whether the source prints training histories of the data set."""
    if view.published is None:
        return False
    return any(
        curve.dataset in ("", view.dataset) for curve in read_curves(curves_file(view.published))
    )


def trainings(view: View, *places: str, metric: str | None = None) -> list[Training]:
    """Return the trainings that values of `places` are of, and that there are."""
    printed = {
        (row.classifier, row.mix)
        for row in rows(view, *places)
        if metric is None or row.metric == metric
    }
    there = (Training(*pair) for pair in product(view.classifiers, view.mixes))
    return [training for training in there if training in printed]


def shown(view: View) -> list[Training]:
    """Return the trainings whose histories are held against printed ones."""
    return trainings(view, "history")


def shown_as_trained(view: View) -> list[Training]:
    """Return the same under the names of the classifiers whose trainings they are."""
    return _as_trained(view, shown(view))


def histories_as_trained(view: View) -> list[repeats.Prediction]:
    """Return their trainings: in each split by all seeds, by the first training of a generator."""
    return _repeated(view, shown_as_trained(view))


def judged(view: View) -> list[Training]:
    """Return the trainings whose predictions are counted by class, as printed ones are."""
    return trainings(view, "confusion")


def judged_runs(view: View) -> list[repeats.Prediction]:
    """Return their trainings: in each split by all seeds, by the first training of a generator."""
    return _repeated(view, judged(view))


def counted(view: View) -> list[Training]:
    """Return the trainings whose learned weights are counted, as printed ones are."""
    return trainings(view, "parameters", metric=LEARNED_WEIGHTS)


def counted_as_trained(view: View) -> list[Training]:
    """Return the trainings that are taken for these, as they are called."""
    return [
        Training(one.classifier, taken_for(view, one.classifier, one.mix))
        for one in _as_trained(view, counted(view))
    ]


def _repeated(view: View, found: list[Training]) -> list[repeats.Prediction]:
    """Return as many trainings of each: a mix without a generator has one in each split."""
    return [
        repeats.taken(view, repeats.Prediction(one.classifier, one.mix, split, fold, "", "", seed))
        for one in found
        for split, seed, fold in product(view.splits, view.seeds, view.folds)
    ]


def _as_trained(view: View, found: list[Training]) -> list[Training]:
    return [one._replace(classifier=classify.trained_as(view, one.classifier)) for one in found]


def generators(view: View, place: str, metric: str | None = None) -> list[str]:
    """Return the generators that values of `place` are of, and that there are."""
    found = rows(view, place)
    printed = {row.generator for row in found if metric is None or row.metric == metric}
    return [name for name in generate.names(view) if name in printed]


def models(view: View) -> list[Model]:
    """Return the models that published values are of."""
    printed = generators(view, "generator")
    return [model for model in generate.models(view) if model.generator in printed]


def timed_models(view: View) -> list[Model]:
    """Return the models whose training took a printed time."""
    timed = generators(view, "generator", metric=TRAINING_MINUTES)
    return [model for model in generate.models(view) if model.generator in timed]


def models_with_snapshots(view: View) -> list[Model]:
    """Return the models that published values are of and that are scored while they learn."""
    return [model for model in models(view) if generate.has_snapshots(view, model.generator)]


def planes(view: View) -> list[str]:
    """Return the generators for whose plane of images something is printed."""
    return generators(view, "scores", metric=PLANE)


def searches(view: View) -> list[Searched]:
    """Return the searches that published values are of, and that there are."""
    found = rows(view, "search")
    printed = {("generators", row.generator) for row in found if row.generator}
    printed |= {("classifiers", row.classifier) for row in found if row.classifier}
    return [searched for searched in all_searched(view) if searched in printed]


def protocol(view: View) -> dict[str, Any]:
    """Return whether the study follows its source, and where it departs from it."""
    return view.settings.model_dump(mode="json", include={"published_values", "deviations"})


def settings(view: View) -> dict[str, dict[str, Any]]:
    """Return the settings of classifiers and generators that published values are of."""
    classifiers = {name: classify.trained(view, name) for name in _classifiers_with_settings(view)}
    models = {name: generate.trained(view, name) for name in _generators_with_settings(view)}
    return {
        kind: {
            name: {"base": one.base, "own": one.own, "origin": one.origin}
            for name, one in found.items()
        }
        for kind, found in {"classifiers": classifiers, "generators": models}.items()
    }


def networks(view: View) -> list[dict[str, Any]]:
    """Return the networks of classifiers and their candidates whose printed weights are counted."""
    printed = {
        (row.classifier, row.candidate): row
        for row in rows(view, "parameters")
        if row.metric in NETWORK_WEIGHTS and row.classifier in view.classifiers
    }
    found = {key: _network(view, row) for key, row in printed.items()}
    return [
        {
            "classifier": classifier,
            "candidate": candidate,
            "settings": settings,
            "image_shape": view.image_shape,
            "classes": len(view.classes),
        }
        for (classifier, candidate), settings in found.items()
        if settings is not None
    ]


def _network(view: View, row: Printed) -> dict[str, Any] | None:
    """Return settings of a classifier, or of a candidate for them, with those of a row."""
    tried = searched_for(view.settings.classifiers)
    names = [row.classifier, *(name for name, of in tried.items() if of == row.classifier)]
    for name in names:
        for settings in classify.possible(view, name):
            if all(is_value(text, settings[key]) for key, text in row.settings.items()):
                return settings
    return None


def choices(view: View) -> list[tuple[str, str, Choice]]:
    """Return kind and name of those of `settings` of which some are chosen, and the choice."""
    waiting = [
        *(("classifiers", n, classify.choice(view, n)) for n in _classifiers_with_settings(view)),
        *(("generators", n, generate.choice(view, n)) for n in _generators_with_settings(view)),
    ]
    return [(kind, name, choice) for kind, name, choice in waiting if choice is not None]


def chosen(view: View) -> list[Choice]:
    """Return the choices alone."""
    return [choice for _, _, choice in choices(view)]


def there(view: View) -> dict[str, list[str]]:
    """Return what there is that published values may be of."""
    return {
        "classifiers": view.classifiers,
        "mixes": list(view.mixes) if view.is_trained else [],
        "generators": generate.names(view),
    }


def belong_to(view: View) -> dict[str, list[Any]]:
    """Return what the files of each input with several of them are of, in their order."""
    predicted = _plain(judged(view))
    return {
        "histories": _plain(shown(view)),
        "test": predicted,
        "validation": predicted,
        "weights": _plain(counted(view)),
        "generator_histories": _plain(models(view)),
        "generator_times": _plain(timed_models(view)),
        "snapshots": _plain(models_with_snapshots(view)),
        "planes": planes(view),
        "searches": _plain(searches(view)),
        "chosen": [(kind, name) for kind, name, _ in choices(view)],
    }


def _classifiers_with_settings(view: View) -> list[str]:
    """Return the classifiers of whose trainings something is printed: how, or what came out."""
    found = [row for row in rows(view, *TRAINED) if not row.generator]
    printed = {name for row in found for name in row.classifiers_of(view.classifiers)}
    return [name for name in view.classifiers if name in printed]


def _generators_with_settings(view: View) -> list[str]:
    printed = {row.generator for row in rows(view, *TRAINED)}
    return [name for name in generate.names(view) if name in printed]


def _plain(found: list[Any]) -> list[tuple[str, ...]]:
    """Return named tuples as plain ones: a job's parameters are read without this package."""
    return [tuple(one) for one in found]


@cache
def _read_once(published: Path) -> list[Printed]:
    return read_printed(published)
