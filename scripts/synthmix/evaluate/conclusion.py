"""From an effect to one of four verdicts, and to what it would take where none can be given."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from enum import StrEnum

from synthmix.evaluate.components import Components, Design
from synthmix.evaluate.effect import CLASSIFIERS, GENERATORS, PATIENTS, SPLITS, Effect
from synthmix.evaluate.settings import MARGIN

_MOST_SPLITS, _MOST_TRAININGS, _MOST_PATIENTS = 50, 20, 30  # the last times as many as there are
_GROWTH = 1.05

# by what an effect covers: see `effect.error_of`
SCOPES = {
    (PATIENTS,): "these trained networks alone, on new patients",
    (GENERATORS, PATIENTS): "new trainings of the generator on this split, on new patients",
    (CLASSIFIERS, PATIENTS): (
        "new trainings of the classifier on these training images, on new patients"
    ),
    (GENERATORS, CLASSIFIERS, PATIENTS): (
        "new trainings of generator and classifier on this split, on new patients"
    ),
    (SPLITS, GENERATORS, CLASSIFIERS, PATIENTS): "new splits and trainings, on new patients",
}


class Verdict(StrEnum):
    """What is said of a mix; the second is of the first kind, with a difference to be seen."""

    NO_DIFFERENCE = "makes no difference"
    TOO_SMALL = "too small to matter"
    HELPS = "helps"
    HURTS = "hurts"
    CANT_TELL = "can't tell yet"


@dataclass(frozen=True)
class Needs:
    """How many more of one kind would do; None where no number would, or it is not known."""

    test_patients: int | None = None  # in each test set
    splits: int | None = None
    generator_trainings: int | None = None  # for each training set
    classifier_trainings: int | None = None

    def in_words(self) -> str:
        """Return "about 140 more test patients, or 4 more splits", "" where nothing is known."""
        parts = []
        for field in fields(self):
            number = getattr(self, field.name)
            if number is not None:
                name = field.name.replace("_", " ")
                parts.append(f"{number:,} more {name if number > 1 else name.removesuffix('s')}")
        return f"about {', or '.join(parts)}" if parts else ""


@dataclass(frozen=True)
class Conclusion:
    """A verdict and all that it is from."""

    verdict: Verdict
    effect: Effect
    p_adjusted: float
    components: Components | None  # None of two trained networks
    needs: Needs  # empty but where nothing can be told yet

    @property
    def scope(self) -> str:
        """What the verdict is about, in words: what was repeated, and no more."""
        return SCOPES[self.effect.covered]


def conclude(
    effect: Effect,
    p_adjusted: float,
    components: Components | None = None,
    margin: float = MARGIN,
    significance: float = 0.05,
) -> Conclusion:
    """Return the conclusion from `effect`, whose p-value in its family is `p_adjusted` by Holm.

    In this order: the narrower interval lies within the margin: it makes no difference, or one too
    small to matter where that interval is to one side of 0. The wider one excludes 0 and
    `p_adjusted` is below `significance`: it helps or hurts. Else it can't be told yet.
    """
    verdict = _verdict(effect, p_adjusted, margin, significance)
    needs = Needs()
    if verdict is Verdict.CANT_TELL and components is not None:
        share = effect.p_value / p_adjusted if p_adjusted > 0 else 1.0
        needs = needs_of(components, effect.difference, margin, significance, min(share, 1.0))
    return Conclusion(verdict, effect, p_adjusted, components, needs)


def _verdict(effect: Effect, p_adjusted: float, margin: float, significance: float) -> Verdict:
    if -margin < effect.narrow_low and effect.narrow_high < margin:
        one_sided = effect.narrow_low > 0 or effect.narrow_high < 0
        return Verdict.TOO_SMALL if one_sided else Verdict.NO_DIFFERENCE
    if p_adjusted < significance and effect.low > 0:
        return Verdict.HELPS
    if p_adjusted < significance and effect.high < 0:
        return Verdict.HURTS
    return Verdict.CANT_TELL


def needs_of(
    components: Components,
    difference: float,
    margin: float = MARGIN,
    significance: float = 0.05,
    adjusted_share: float = 1.0,
) -> Needs:
    """Return how many more patients, splits or trainings would settle a `difference` that stays so.

    Settled is what is beyond the interval of a test at `significance` times `adjusted_share`, the
    share that Holm's procedure leaves of it, or within the margin with its narrower interval.
    """

    def settles(design: Design) -> bool:
        error = components.error(design)
        beyond = error.half_width(1 - significance * adjusted_share) < abs(difference)
        within = error.half_width(1 - 2 * significance) < margin - abs(difference)
        return bool(beyond or within)

    now = components.design
    several = now.splits > 1
    return Needs(
        test_patients=_more_patients(now, settles),
        splits=_more(now, "splits", _MOST_SPLITS, settles) if several else None,
        generator_trainings=_more_trainings(now, "generators", settles),
        classifier_trainings=_more_trainings(now, "classifiers", settles),
    )


def _more_trainings(now: Design, name: str, settles: Callable[[Design], bool]) -> int | None:
    """Return how many more trainings would do; what one of them alone varies by is not known."""
    if getattr(now, name) == 1:
        return None
    return _more(now, name, _MOST_TRAININGS, settles)


def _more(now: Design, name: str, most: int, settles: Callable[[Design], bool]) -> int | None:
    present = getattr(now, name)
    wanted = (n for n in range(present + 1, most + 1) if settles(replace(now, **{name: n})))
    return next((number - present for number in wanted), None)


def _more_patients(now: Design, settles: Callable[[Design], bool]) -> int | None:
    """Return how many more patients would do, to two digits: it is an estimate of an estimate."""
    wanted = now.patients
    while wanted < _MOST_PATIENTS * now.patients:
        wanted *= _GROWTH
        if settles(replace(now, patients=wanted)):
            return _rounded_up(wanted - now.patients)
    return None


def _rounded_up(number: float) -> int:
    step = 10 ** max(len(str(int(number))) - 2, 0)
    return int(-(-number // step) * step)
