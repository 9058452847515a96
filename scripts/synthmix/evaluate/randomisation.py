"""Paired randomisation test: could what two classifiers say as well be said by the other one?

Noreen 1989, Computer-intensive methods for testing hypotheses; for averages over classes such as
F1, Yeh 2000, More accurate tests for the statistical significance of result differences.
"""

import math

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
    first: Predictions,
    second: Predictions,
    patients: np.ndarray,
    measure: str,
    trials: int,
    seed: int,
) -> float:
    """Return the two-sided p-value of the difference of two classifiers in `measure`.

    `first` and `second` have what they said of the same N images, of the `patients` (N,), numbers
    from 0 on. `measure` is one of `class_averages`. In each trial a coin for each patient says
    whether the two classifiers exchange what they say of all images of the patient; p is the share
    of trials, the data themselves among them, with at least the difference of the data.
    """
    true = np.bincount(first.actual, minlength=len(first.classes)).astype(float)
    counts = [_count(run, patients) for run in (first, second)]
    sums = [count.sum(0) for count in counts]
    exchanged = (counts[1] - counts[0])[(counts[0] != counts[1]).any(1)]

    def differences(change: np.ndarray) -> np.ndarray:
        """Return (n,) what is left of the difference if the first gains `change` (n, counts)."""
        ours, theirs = (
            _measure(total, true, measure) for total in (sums[0] + change, sums[1] - change)
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


def _count(run: Predictions, patients: np.ndarray) -> np.ndarray:
    """Return (patients, 2 * classes) of float: of each class, how many are right, how many said."""
    counts = np.zeros((1 + patients.max(), 2, len(run.classes)))
    right = run.predicted == run.actual
    np.add.at(counts, (patients[right], 0, run.actual[right]), 1)
    np.add.at(counts, (patients, 1, run.predicted), 1)
    return counts.reshape(len(counts), -1)


def _measure(sums: np.ndarray, true: np.ndarray, measure: str) -> np.ndarray:
    """Return the measure (n,) of `sums` (n, 2 * classes), laid out as by `_count`.

    `true` (classes,) has how many images there are of each class.
    """
    right, said = sums.reshape(-1, 2, len(true)).transpose(1, 0, 2)
    return class_averages(np.tile(true, (len(sums), 1)), said, right)[measure]
