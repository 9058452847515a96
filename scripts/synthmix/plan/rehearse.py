"""What rules ask about a rehearsal: what it stands in for, and what the full run asks for."""

from pathlib import Path
from typing import Any

from synthmix.classify.networks.plan import DOWNLOADED
from synthmix.plan import classify
from synthmix.plan.plan import Plan
from synthmix.plan.view import View


def is_drawn(view: View) -> bool:
    """Return whether drawn images stand in for real ones that the full run takes."""
    drawn = getattr(view.data, "embedded", None)
    written = view.written and view.written.datasets[view.dataset]
    return drawn is not None and getattr(written, "embedded", None) is None


def counts(view: View) -> dict[str, Any]:
    """Return what `check_counts` needs to know of the study as it is written, as plain values."""
    study = view.written
    data = study.datasets[view.dataset]
    subsample, sample = data.subsample, study.test_sample
    mixes = study.plan() if study.classifiers else []
    return {
        "split": study.split_of(view.dataset).model_dump(mode="json"),
        "subsample": subsample and subsample.model_dump(mode="json"),
        "test_sample": sample and sample.model_dump(mode="json"),
        "leakage": study.leakage,
        "published": dict(data.published_images) if is_drawn(view) else None,
        "mixes": [mix.to_dict() for mix in mixes if mix.training is None],
        "folds": list(range(1, view.fold_count + 1)) or [None],
        "generators": {
            name: {
                "batch_size": settings.batch_size,
                "joint": settings.joint,
                "learns_from": settings.learns_from,
                "neighbours": getattr(settings, "neighbours", None),
            }
            for name, settings in study.generators.items()
        },
    }


def knows_counts(view: View) -> bool:
    """Return whether it is known how many images of each class the full run has."""
    data = view.written.datasets[view.dataset]
    return not is_drawn(view) or set(data.published_images) >= set(view.classes)


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
        if settings["weights"] in DOWNLOADED and not (kept / f"{name}.safetensors").is_file()
    ]
    lines += [
        f"the weights {Path(file).name} by random ones: distances mean nothing"
        for file in plan.score_weights_of(views)
        if not (kept / Path(file).name).is_file()
    ]
    return sorted(set(lines))


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
        if selections := ", ".join(view.settings.selections):
            lines.append(f"{here}: what selections leave of each class ({selections})")
    return lines
