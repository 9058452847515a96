"""Which trainings of classifiers a rehearsal makes, of all pairs of a classifier and a mix.

What can go wrong in one lies in the classifier and the data set (shapes, memory), in the classifier
and how it learns (a loss, class weights), or in the data set and how a mix of it comes together.
So each two of these three meet in some training of the study, and each mix is in one; not all three
in each combination. For the tables another training of the classifier is taken for one that is not
made: they are whole.
"""

from collections.abc import Hashable, Iterator, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

from synthmix.plan import classify
from synthmix.plan.view import View


class Pair(NamedTuple):
    """A classifier and the mix that it is trained on."""

    classifier: str
    mix: str


def taken_for(view: View, classifier: str, mix: str) -> str:
    """Return the mix whose training of a classifier is taken for that on `mix`: this itself.

    In a rehearsal of one of each it is another one where there is no such training.
    """
    if not view.settings.one_of_each:
        return mix
    made = [pair.mix for pair in _made(view) if pair.classifier == classifier]
    # in turn, so that the tables have rows that differ
    return mix if mix in made else made[list(view.mixes).index(mix) % len(made)]


@cache
def _made(view: View) -> list[Pair]:
    """Return the trainings that a rehearsal makes of a data set, in the order of the tables."""
    chosen = _cover(tuple(view.fellows))[view.dataset]
    return [pair for pair in _pairs(view) if pair in chosen]


@cache
def _cover(views: Sequence[View]) -> dict[str, set[Pair]]:
    """Return the trainings that a rehearsal makes of a study, by data set.

    Each classifier is trained on the baseline of each data set, which figures show. Then follows
    what proves the most of all that is left to prove, of equals in the data set with the fewest.
    """
    chosen = {view.dataset: {Pair(n, view.baseline) for n in view.classifiers} for view in views}
    proven = {
        (view.dataset, pair): {one for each in _along(view, pair) for one in _proves(view, each)}
        for view in views
        for pair in _pairs(view)
    }
    done = {one for name, pairs in chosen.items() for pair in pairs for one in proven[name, pair]}
    left = {one for found in proven.values() for one in found} - done
    while left:
        name, pair = max(proven, key=lambda key: (len(proven[key] & left), -len(chosen[key[0]])))
        chosen[name].add(pair)
        left -= proven[name, pair]
    for view in views:
        chosen[view.dataset] = {one for p in chosen[view.dataset] for one in _along(view, p)}
    return chosen


def _pairs(view: View) -> list[Pair]:
    return [Pair(*pair) for pair in product(view.classifiers, view.mixes)]


def _along(view: View, pair: Pair) -> Iterator[Pair]:
    """Yield a training, and those whose weights it goes on from."""
    name: str | None = pair.classifier
    while name is not None:
        yield pair._replace(classifier=name)
        shared = classify.trained_as(view, name)
        name = shared if shared != name else classify.starts_from(view, name)


def _proves(view: View, pair: Pair) -> set[Hashable]:
    """Return what a training proves."""
    way = view.mixes[pair.mix].composition
    return {("mix", pair.mix), ("classifier", pair.classifier, way), ("data", view.dataset, way)}
