"""What a mix adds, over new test patients, training sets and trainings: estimate and interval.

The repeats are those of a study with random readers and random cases as radiology has them
(Obuchowski and Rockette 1995, Hypothesis testing of diagnostic accuracy for multiple readers and
multiple tests; Hillis 2007): the networks read, the test patients are the cases. The variance of
the mean difference is that between training sets, divided by their number, and the covariance that
these have by the patients they share. What a second split, generator or classifier would have shown
otherwise is in the first; what other patients would have, in both.

The error is taken for a sum of scaled t variables, one for each of these, and not for one t with
Satterthwaite's degrees of freedom, which cover too little where there are two or three training
sets; `benchmarks/verdicts.py` measures both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synthmix.evaluate.bootstrap import Bootstrap
from synthmix.evaluate.repeats import Repeats
from synthmix.evaluate.scaled_t import effective_degrees, half_width, tail

SPLITS, GENERATORS, CLASSIFIERS, PATIENTS = "splits", "generators", "classifiers", "patients"
AXES = (SPLITS, GENERATORS, CLASSIFIERS)

# Equal results of a few trainings may be luck: their variance is never taken for less than this
# part of what it is known to have in it. Larger parts make intervals of many splits too wide.
LEAST_PART = 0.25


@dataclass(frozen=True)
class Error:
    """The error of mean differences (...): variances (terms, ...) and their degrees of freedom."""

    variances: np.ndarray
    degrees: tuple[float, ...]
    covered: tuple[str, ...]  # what else there might have been: of `AXES`, and patients

    def half_width(self, confidence: float) -> np.ndarray:
        """Return the half width (...) of intervals with the coverage `confidence`."""
        return half_width(self.variances, self.degrees, confidence)

    def p_value(self, distance: np.ndarray) -> np.ndarray:
        """Return how probable an error of at least `distance` (...), to either side, is."""
        return tail(distance, self.variances, self.degrees)

    @property
    def effective_degrees(self) -> np.ndarray:
        """The degrees of freedom (...) of the whole variance, by Satterthwaite."""
        return effective_degrees(self.variances, self.degrees)


def error_of(repeats: Repeats) -> Error:
    """Return the error of the mean of all differences.

    With several training sets it covers these and what is trained in them. With one it covers
    what was trained several times, for this training set alone; with one of all, patients alone.
    """
    repeated = [axis for axis, count in enumerate(repeats.counts) if count > 1]
    between = [0] if 0 in repeated else repeated
    terms = [_between(repeats, axis) for axis in between]
    patients = _shared(repeats, between)
    missing = repeats.least_variance - repeats.covariance((0, 1, 2))
    return Error(
        variances=np.stack([*terms, patients + np.maximum(missing, 0)]),
        degrees=(*(repeats.counts[axis] - 1 for axis in between), max(repeats.patients - 1, 1)),
        covered=(*(AXES[axis] for axis in _covered(repeats)), PATIENTS),
    )


@dataclass(frozen=True)
class Effect:
    """A mean difference with its intervals and its test."""

    difference: float
    low: float  # of the interval that shows whether there is a difference
    high: float
    narrow_low: float  # of the narrower one that shows whether it is small: see `effect_of`
    narrow_high: float
    p_value: float
    degrees: float  # of freedom, of the whole variance: how well it is known
    covered: tuple[str, ...]  # what else there might have been: of `AXES`, and patients


def effect_of(repeats: Repeats, confidence: float = 0.95, significance: float = 0.05) -> Effect:
    """Return the effect that the repeats of one mix show.

    The narrower interval has the coverage 1 - 2 `significance`: that it lies within a margin on
    both sides is what two one-sided tests ask (Schuirmann 1987, A comparison of the two one-sided
    tests procedure and the power approach).
    """
    error = error_of(repeats)
    difference = float(repeats.means((0, 1, 2)))
    wide, narrow = (float(error.half_width(c)) for c in (confidence, 1 - 2 * significance))
    return Effect(
        difference,
        *_limits(difference, wide),
        *_limits(difference, narrow),
        p_value=float(error.p_value(np.array(difference))),
        degrees=float(error.effective_degrees),
        covered=error.covered,
    )


def effect_of_trained_networks(
    values: np.ndarray,
    bootstrap: Bootstrap,
    p_value: float,
    confidence: float = 0.95,
    significance: float = 0.05,
) -> Effect:
    """Return the effect between two trained networks, where nothing was repeated.

    `values` are differences as `bootstrap` resamples patients, the first that of the sample, and
    `p_value` is that of a test of them. It says nothing of what other trainings would bring.
    """
    wide, narrow = (
        bootstrap.interval(values, one, (-1, 1)) for one in (confidence, 1 - 2 * significance)
    )
    degrees = max(bootstrap.groups - 1, 1)
    return Effect(float(values[0]), *wide, *narrow, p_value, degrees, (PATIENTS,))


def _limits(difference: float, half_width: float) -> tuple[float, float]:
    return max(difference - half_width, -1.0), min(difference + half_width, 1.0)


def _covered(repeats: Repeats) -> Sequence[int]:
    """Return the axes that the error covers: a new training set has new trainings in it."""
    if repeats.counts[0] > 1:
        return range(3)
    return [axis for axis in (1, 2) if repeats.counts[axis] > 1]


def _between(repeats: Repeats, axis: int) -> np.ndarray:
    """Return the variance (...) of the mean over `axis` that is seen between its means."""
    others = _others(axis)
    seen = repeats.means(others).var(-1, ddof=1)
    if axis == 0:
        known = error_of(repeats.training_sets()).variances.sum(0).mean(-1)
    else:
        known = repeats.covariance(others).mean(-1)
    known = known - _shared(repeats, [axis])
    return np.maximum(seen, LEAST_PART * known) / repeats.counts[axis]


def _shared(repeats: Repeats, between: Sequence[int]) -> np.ndarray:
    """Return the covariance (...) over patients of means that differ in all axes of `between`."""
    whole = repeats.covariance((0, 1, 2))
    if not between:
        return whole
    counts = [repeats.counts[axis] for axis in between]
    of_means = [repeats.covariance(_others(axis)).mean(-1) for axis in between]
    if len(between) == 1:
        found = (counts[0] * whole - of_means[0]) / (counts[0] - 1)
    else:
        single = repeats.covariance().mean((-1, -2, -3))
        pairs = np.prod(counts) * whole + single
        pairs = pairs - counts[1] * of_means[0] - counts[0] * of_means[1]
        found = pairs / ((counts[0] - 1) * (counts[1] - 1))
    return np.maximum(found, 0)


def _others(axis: int) -> list[int]:
    return [other for other in range(3) if other != axis]
