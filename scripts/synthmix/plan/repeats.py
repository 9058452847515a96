"""What rules ask about repeats: splits, folds of these, and trainings by other seeds.

Splits, folds, shares of the training patients and trainings go by what paths have for them: see
`synthmix.repeats`.
"""

from itertools import product
from typing import NamedTuple

from synthmix.plan.cover import taken_for
from synthmix.plan.view import View
from synthmix.repeats import (
    Deal,
    Repeat,
    repeat_seed,
    split_number,
    split_seed,
    training_number,
    training_seed,
    training_suffix,
)


class Training(NamedTuple):
    """One training of a generator."""

    split: str
    fold: str
    share: str
    training: str


class Run(NamedTuple):
    """One training of a classifier on a mix."""

    split: str
    fold: str
    share: str
    training: str
    seed: int


class Prediction(NamedTuple):
    """What one training of a classifier says of its images."""

    classifier: str
    mix: str
    split: str
    fold: str
    share: str
    training: str
    seed: int


def folds(view: View) -> list[str]:
    """Return the folds that are tested on in turn; one without a name where there are none."""
    return view.folds


def first_fold(view: View) -> str:
    """Return the first of them."""
    return view.folds[0]


def deals(view: View, share: str = "") -> list[Deal]:
    """Return each split, and each fold of it, with all training patients or a share of them."""
    return [Deal(*pair, share) for pair in product(view.splits, view.folds)]


def trainings(view: View, generator: str | None) -> list[str]:
    """Return the trainings of a generator in each of them; of none, as of a mix without, one."""
    count = view.settings.repeats.generators if generator else 1
    return [training_suffix(number) for number in range(1, count + 1)]


def of_generator(view: View, generator: str) -> list[Training]:
    """Return all trainings of a generator."""
    return [
        Training(*deal, training) for deal in deals(view) for training in trainings(view, generator)
    ]


def runs(view: View, mix: str, share: str = "") -> list[Run]:
    """Return all trainings of a classifier on a mix, the folds of each repeat together."""
    return [
        Run(split, fold, share, training, seed)
        for split, training, seed in _repeats(view, mix)
        for fold in view.folds
    ]


def numbered(view: View, mix: str) -> list[Repeat]:
    """Return the repeats of a classifier on a mix by their numbers, as tables have them."""
    return [
        Repeat(split_number(split), training_number(training), seed)
        for split, training, seed in _repeats(view, mix)
    ]


def plain(view: View, mix: str) -> list[tuple[int, int, int]]:
    """Return the same as plain values."""
    return [tuple(repeat) for repeat in numbered(view, mix)]


def all_plain(view: View) -> list[tuple[str, list[tuple[int, int, int]]]]:
    """Return every mix with them."""
    return [(mix, plain(view, mix)) for mix in view.mixes]


def predictions(view: View) -> list[Prediction]:
    """Return what all trainings of all classifiers say, in the order of the tables."""
    return [
        Prediction(classifier, mix, *run)
        for classifier, mix in product(view.classifiers, view.mixes)
        for run in runs(view, mix)
    ]


def predicted(view: View) -> list[Prediction]:
    """Return the trainings that are taken for these, in the same order."""
    return [taken(view, one) for one in predictions(view)]


def scored(view: View, classifier: str, mix: str) -> list[Prediction]:
    """Return the trainings that are taken for all those of a classifier on a mix, as `runs`."""
    return [taken(view, Prediction(classifier, mix, *run)) for run in runs(view, mix)]


def taken(view: View, one: Prediction) -> Prediction:
    """Return the training that is taken for one: in a rehearsal it may be on another mix."""
    return one._replace(mix=taken_for(view, one.classifier, one.mix))


def are_several(view: View) -> bool:
    """Return whether a classifier is trained several times on some mix, folds among them."""
    return any(len(runs(view, mix)) > 1 for mix in view.mixes)


def seed(view: View, split: str) -> int:
    """Return the seed of what is drawn in a split."""
    return split_seed(view.seed, split)


def generator_seed(view: View, split: str, training: str) -> int:
    """Return the seed of a training of a generator."""
    return training_seed(view.seed, split, training)


def generator_number(view: View, training: str) -> int:
    """Return the number of a training of a generator, from 1."""
    return training_number(training)


def classifier_seed(view: View, split: str, seed: str) -> int:
    """Return the seed of a training of a classifier, of which paths have `seed`."""
    return repeat_seed(int(seed), "split", split_number(split))


def _repeats(view: View, mix: str) -> list[tuple[str, str, int]]:
    generator = view.known("mix", mix, view.mixes).generator
    return [*product(view.splits, trainings(view, generator), view.seeds)]
