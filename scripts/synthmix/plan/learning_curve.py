"""What rules ask about learning curves: the trainings on shares of the training patients.

Shares go by what paths have for them, "" for all patients: see `synthmix.repeats`.
"""

from typing import Any

from synthmix.errors import UserError
from synthmix.plan import repeats
from synthmix.plan.repeats import Prediction
from synthmix.plan.view import View
from synthmix.repeats import Deal, share_folder, share_of_patients


def shares(view: View) -> list[str]:
    """Return the shares of a study in rising order, the last one all patients; [] without any."""
    curve = view.settings.learning_curve
    return [share_folder(share) for share in curve.shares] if curve else []


def share(view: View, share: str) -> float:
    """Return the share of the training patients that paths have `share` for.

    Raises UserError where the study has no such share.
    """
    if share not in shares(view):
        there = ", ".join(f"{share_of_patients(one):g}" for one in shares(view)) or "none"
        raise UserError(
            f"{view.study} trains on no share of {share_of_patients(share):g} of the patients, but"
            f" learning_curve.real_patients has {there}"
        )
    return share_of_patients(share)


def comparisons(view: View) -> list[tuple[str, str]]:
    """Return each mix whose curve is drawn and its baseline."""
    return [(one.mix, one.baseline) for one in view.settings.plan_curves()]


def mixes(view: View) -> list[str]:
    """Return the mixes and baselines that are trained on shares, in the order of the tables."""
    named = {name for pair in comparisons(view) for name in pair}
    return [name for name in view.mixes if name in named]


def generators(view: View) -> list[str]:
    """Return the generators whose images these have, in the order of the study."""
    used = {view.mixes[name].generator for name in mixes(view)}
    return [name for name in view.settings.generators if name in used]


def classifiers(view: View) -> list[str]:
    """Return the classifiers that are trained on shares, of those that take the data set."""
    curve = view.settings.learning_curve
    if curve is None:
        return []
    return [n for n in view.classifiers if curve.classifiers is None or n in curve.classifiers]


def is_drawn(view: View) -> bool:
    """Return whether there are learning curves of the data set."""
    return bool(shares(view) and classifiers(view) and comparisons(view))


def predictions(view: View) -> list[Prediction]:
    """Return the predictions of all trainings: by share, classifier, mix and repeat."""
    return [
        repeats.taken(view, Prediction(classifier, mix, *run))
        for share in shares(view)
        for classifier in classifiers(view)
        for mix in mixes(view)
        for run in repeats.runs(view, mix, share)
    ]


def deals(view: View) -> list[Deal]:
    """Return each split, and each fold of it, with each share, the splits of a share together."""
    return [deal for share in shares(view) for deal in repeats.deals(view, share)]


def plain_repeats(view: View) -> list[tuple[str, list[tuple[int, int, int]]]]:
    """Return every mix that is trained on shares with its repeats, as plain values."""
    return [(mix, repeats.plain(view, mix)) for mix in mixes(view)]


def plain_shares(view: View) -> list[float]:
    """Return the shares as numbers."""
    return [share_of_patients(one) for one in shares(view)]


def settings(view: View) -> dict[str, Any]:
    """Return how curves are judged, as plain values."""
    return view.settings.evaluation.model_dump(mode="json", include={"confidence"})
