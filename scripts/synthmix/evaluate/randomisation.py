"""Paired randomisation test: could what two classifiers say as well be said by the other one?

Noreen 1989, Computer-intensive methods for testing hypotheses; for averages over classes such as
F1, Yeh 2000, More accurate tests for the statistical significance of result differences.
"""

import math
from collections.abc import Sequence

import numpy as np

from synthmix.evaluate.metrics import class_averages
from synthmix.evaluate.predictions import Predictions
from synthmix.seeds import derive_seed

_LEAST_TRIALS = 10_000
_AT_THE_LIMIT = 10  # how many reach the difference where evidence just ends: fewer are luck
_CHUNK = 2**21  # numbers in memory at a time
_ROUNDING = 1e-9  # what differs by less differs by the order of sums alone


def trials_for(comparisons: int, significance: float) -> int:
    """Return how many trials the p-values of so many `comparisons` take.

    Holm's procedure multiplies the least p-value by their number, and no p-value is below
    1 / (trials + 1): with too few trials nothing could be evidence.
    """
    return max(_LEAST_TRIALS, math.ceil(_AT_THE_LIMIT * comparisons / significance))


def randomisation_test(
    first: Sequence[Predictions],
    second: Sequence[Predictions],
    patients: Sequence[np.ndarray],
    measure: str,
    trials: int,
    seed: int,
) -> float:
    """Return the two-sided p-value of the difference of two classifiers in `measure`.

    `first` and `second` have for each repeat of the training what it said of the same N images, of
    the `patients` (N,) of the repeat, numbers from 0 on. `measure` is one of `class_averages`; its
    mean over the repeats is tested. In each trial a coin for each patient says whether the two
    classifiers exchange what they say of all images of the patient, in all repeats; p is the share
    of trials, the data themselves among them, with at least the difference of the data. Raises
    ValueError where the two have not as many repeats.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} repeats can't be exchanged")
    true = np.array([np.bincount(one.actual, minlength=len(one.classes)) for one in first], float)
    counts = [_count(run, patients) for run in (first, second)]
    sums = [count.sum(0) for count in counts]
    exchanged = (counts[1] - counts[0])[(counts[0] != counts[1]).any(1)]

    def differences(change: np.ndarray) -> np.ndarray:
        """Return (n,) what is left of the difference if the first gains `change` (n, counts)."""
        ours, theirs = (
            _mean_over_repeats(total, true, measure)
            for total in (sums[0] + change, sums[1] - change)
        )
        return ours - theirs

    limit = abs(differences(np.zeros((1, len(sums[0])))).item()) - _ROUNDING
    random = np.random.default_rng(derive_seed("randomisation", seed))
    chunk = max(1, _CHUNK // max(exchanged.shape))
    reached = 0
    for start in range(0, trials, chunk):
        shape = (min(chunk, trials - start), len(exchanged))
        heads = random.random(shape, np.float32) < 0.5
        reached += int((np.abs(differences(heads.astype(float) @ exchanged)) >= limit).sum())
    return (reached + 1) / (trials + 1)


def _count(run: Sequence[Predictions], patients: Sequence[np.ndarray]) -> np.ndarray:
    """Return (patients, repeats * 2 * classes) of float: of each repeat and class, right, said."""
    count = 1 + max(of_repeat.max() for of_repeat in patients)
    counts = np.zeros((count, len(run), 2, len(run[0].classes)))
    for number, (one, of_repeat) in enumerate(zip(run, patients, strict=True)):
        right = one.predicted == one.actual
        np.add.at(counts, (of_repeat[right], number, 0, one.actual[right]), 1)
        np.add.at(counts, (of_repeat, number, 1, one.predicted), 1)
    return counts.reshape(count, -1)


def _mean_over_repeats(sums: np.ndarray, true: np.ndarray, measure: str) -> np.ndarray:
    """Return the measure (n,) of `sums` (n, repeats * 2 * classes), laid out as by `_count`.

    `true` (repeats, classes) has how many images there are of each class.
    """
    right, said = sums.reshape(-1, 2, true.shape[1]).transpose(1, 0, 2)
    values = class_averages(np.tile(true, (len(sums), 1)), said, right)[measure]
    return values.reshape(len(sums), -1).mean(1)
