"""What rules ask about a rehearsal: what it stands in for, and what the full run asks for."""

import csv
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from synthmix.figures.catalogue import FIGURES
from synthmix.networks.plan import is_downloaded
from synthmix.plan import classify, figures, generate, learning_curve, repeats
from synthmix.plan.plan import Plan
from synthmix.plan.view import View
from synthmix.prepare.settings import LongTailSubsample
from synthmix.search.resolve import possible_settings

_BATCHES = ("batch_size", "devices")
_LARGE = 256 * 256  # values of an image
_TIMES = 20  # as many images as a long tail keeps, so that no part of a split is without


def is_drawn(view: View) -> bool:
    """Return whether drawn images stand in for real ones that the full run takes."""
    drawn = getattr(view.data, "embedded", None)
    written = view.written and view.written.datasets[view.dataset]
    return drawn is not None and getattr(written, "embedded", None) is None


def has_long_steps(view: View) -> bool:
    """Return whether a step of a generator may take minutes on a CPU."""
    return view.image_values >= _LARGE


def counts(view: View) -> dict[str, Any]:
    """Return what `check_counts` needs to know of the study as it is written, as plain values."""
    full = as_written(view)
    study, subsample, sample = full.settings, full.data.subsample, full.settings.test_sample
    return {
        "split": full.split.model_dump(mode="json"),
        "subsample": subsample and subsample.model_dump(mode="json"),
        "test_sample": sample and sample.model_dump(mode="json"),
        "leakage": full.leakage,
        "published": true_counts(view) if is_drawn(view) else None,
        "mixes": [mix.to_dict() for mix in full.mixes.values()],
        "selections": {n: own.model_dump(mode="json") for n, own in study.selections.items()},
        "equal_steps": classify.has_equal_steps(full),
        "folds": list(range(1, full.fold_count + 1)) or [None],
        "generators": {name: _generator(full, name) for name in study.generators},
        "classifiers": {name: _classifier(full, name) for name in full.classifiers},
        "learning_curve": {
            "shares": [share for share in learning_curve.plain_shares(full) if share < 1],
            "mixes": learning_curve.mixes(full),
            "generators": learning_curve.generators(full),
            "classifiers": learning_curve.classifiers(full),
        },
    }


def true_counts(view: View) -> dict[str, int]:
    """Return how many images of each class the full run has, as far as the study tells.

    It prints them, or has a long tail of them, which is drawn from more than enough.
    """
    data = view.written.datasets[view.dataset]
    tail = data.subsample.train if isinstance(data.subsample, LongTailSubsample) else {}
    enough = {label: _TIMES * count for label, count in tail.items()}
    return enough | dict(data.published_images)


def as_written(view: View) -> View:
    """Return the data set of a rehearsal as the study has it that is written."""
    return replace(view, settings=view.written, written=None)


def _generator(view: View, name: str) -> dict[str, Any]:
    settings = view.settings.generators[name]
    possible = possible_settings(
        generate.trained(view, name), view.settings.generators, {*_BATCHES, "neighbours"}
    )
    return {
        "joint": settings.joint,
        "learns_from": settings.learns_from,
        "settings": _different(
            {
                "batch_size": None
                if settings.keeps_training_images or settings.is_ready
                else found["batch_size"],
                "devices": found["devices"],
                "neighbours": found.get("neighbours"),
            }
            for found in possible
        ),
    }


def _classifier(view: View, name: str) -> dict[str, Any]:
    """Return the batches that a classifier may have, by the way to train that a mix names."""
    by_training = {mix.training or "": mix.name for mix in view.mixes.values()}
    return {
        training: _different(
            {key: found[key] for key in _BATCHES} for found in classify.possible(view, name, mix)
        )
        for training, mix in by_training.items()
    }


def _different(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({tuple(settings.values()): settings for settings in found}.values())


def knows_counts(view: View) -> bool:
    """Return whether it is known how many images of each class the full run has."""
    return not is_drawn(view) or set(true_counts(view)) >= set(view.classes)


def stood_in_for(plan: Plan, study: str) -> list[str]:
    """Return what is stood in for in a study, a line each."""
    kept, views = Path(plan.data, "weights"), plan.views_of(study)
    lines = [
        f"the raw files of {view.study}/{view.dataset} ({view.data.source}) by drawn images"
        for view in views
        if is_drawn(view)
    ]
    lines += [
        f"the weights {name} by random ones"
        for view in views
        for name, settings in classify.starting(view)
        if is_downloaded(settings) and not (kept / f"{name}.safetensors").is_file()
    ]
    lines += [
        f"the weights {Path(file).name} by random ones: distances mean nothing"
        for file in plan.score_weights_of(views)
        if not (kept / Path(file).name).is_file()
    ]
    lines += [line for view in views for line in _left_out(view)]
    return sorted(set(lines))


def _left_out(view: View) -> list[str]:
    """Return how many trainings of classifiers others stand in for, where there are any."""
    there = [(one.classifier, one.mix) for one in repeats.predictions(view)]
    taken = [(one.classifier, one.mix) for one in repeats.predicted(view)]
    left = len(set(there) - set(taken))
    if not left:
        return []
    return [
        f"{left} of the {len(set(there))} trainings of {view.study}/{view.dataset} by others of "
        f"the same classifiers, on other mixes: rehearse=all makes them all"
    ]


def unproven(plan: Plan, study: str) -> list[str]:
    """Return what the full run of a study alone can prove, a line each."""
    lines = [
        "how well anything learns, and that losses stay finite over a full training",
        "that each raw file can be read, and how many are copies of another",
    ]
    for view in plan.views_of(study):
        here = f"{view.study}/{view.dataset}"
        if not knows_counts(view):
            lines.append(f"{here}: how many images there are, which the study does not print")
        elif is_drawn(view):
            lines.append(f"{here}: which images are of one patient")
        lines += [f"{here}: {_left_by(plan, view, name)}" for name in view.settings.selections]
        lines += [
            f"{here}: the figure {figure.name}, which takes what rehearse=all has several of"
            for figure in FIGURES
            if figures.shown(as_written(view), figure) and not figures.shown(view, figure)
        ]
    return lines


def _left_by(plan: Plan, view: View, selection: str) -> str:
    """Return that it is not known what a selection leaves, and what it has left here of little."""
    text = f"what the selection {selection} leaves of each class"
    file = Path(plan.results, view.study, view.dataset, "selections", f"{selection}.csv")
    emptied = ", ".join(_spared(file))
    if not emptied:
        return text
    return (
        f"{text}; of the few images here it took all of {emptied} but one: if it does so of all "
        f"images, lower selections.{selection}.neighbours, set its vote: majority or "
        f"removes_from: largest, or leave it out"
    )


def _spared(selection: Path) -> list[str]:
    """Return the classes that were kept an image of against the method; none without a file."""
    if not selection.is_file():
        return []
    with selection.open(encoding="utf-8", newline="") as file:
        return sorted({row["label"] for row in csv.DictReader(file) if row["spared"] == "True"})
