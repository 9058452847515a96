"""Checks of the learning curves that a study asks for."""

from collections.abc import Iterable, Iterator

from synthmix.config.models import Study
from synthmix.config.parse import KeyPath
from synthmix.errors import one_of
from synthmix.evaluate.comparisons import names_for
from synthmix.leakage import NONE

_SECTION = "learning_curve"


def check_learning_curve(study: Study) -> Iterator[tuple[KeyPath, str]]:
    """Check that a study can train on shares of its patients, and has what is named."""
    curve = study.learning_curve
    if curve is None:
        return
    if study.leakage != NONE:
        text = f"counts patients, which leakage: {study.leakage} does not keep apart: remove it"
        yield (_SECTION,), text
    names = [f"{100 * share:g}" for share in curve.shares]
    if len(names) < 2:
        text = "has all patients alone: add a smaller share, such as 0.5"
        yield (_SECTION, "real_patients"), text
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield (_SECTION, "real_patients"), f"two shares would both be called {name}%: leave one out"
    if not any(not comparison.is_pair for comparison in study.plan_comparisons()):
        text = (
            "compares mixes with real images alone, and there is nothing to compare: add mixes "
            "or additions, or remove it"
        )
        yield (_SECTION,), text
        return
    yield from _check_named("mixes", curve.mixes, _names_of_mixes(study), "mixes with a baseline")
    kind = "classifiers of this study"
    yield from _check_named("classifiers", curve.classifiers, study.classifiers, kind)


def _check_named(
    part: str, named: Iterable[str] | None, there: Iterable[str], kind: str
) -> Iterator[tuple[KeyPath, str]]:
    there = list(there)
    for position, name in enumerate(named or ()):
        if name not in there:
            yield (_SECTION, part, position), one_of(name, there, kind)


def _names_of_mixes(study: Study) -> list[str]:
    """Return what may be named: mixes that have a baseline, and what they are made with."""
    compared = {one.mix for one in study.plan_comparisons() if not one.is_pair}
    mixes = [mix for mix in study.plan() if mix.name in compared]
    return list(dict.fromkeys(name for mix in mixes for name in sorted(names_for(mix))))
