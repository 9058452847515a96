"""How large a difference must be to be seen, before anything is trained.

The power of the very test that `synthmix.evaluate.effect` makes: over what the variances between
trainings may come out as, and what the difference may.
"""

import numpy as np
from scipy.special import ndtr

from synthmix.evaluate.components import Components, Design, OfPatients
from synthmix.evaluate.effect import Error
from synthmix.evaluate.scaled_t import half_width, inverse_chi_squared

# What is assumed where nothing was measured; `assumed_components` says what each is.
DISCORDANT = 0.1
ALIKE = 0.5
DEVIATION = 0.01

_NODES = 24  # of each variance that is not known
_HALVINGS = 40


def assumed_components(
    patients: int,
    discordant: float = DISCORDANT,
    deviation: float = DEVIATION,
    shared_patients: float = 1.0,
) -> Components:
    """Return components of accuracy for test sets of so many patients.

    Mix and baseline answer differently on the share `discordant` of the patients, half of them for
    reasons that any training would have. The results of splits, of generator and of classifier
    trainings have the standard deviation `deviation` each. Two splits have the share
    `shared_patients` of their test patients in common: 1 with an official test set, 0 with folds.
    These are assumptions: measured components replace them.
    """
    of_run = discordant / patients
    alike = ALIKE * of_run
    return Components(
        design=Design(2, 2, 2, patients),
        rests_on=patients,
        patients=OfPatients(of_run, alike, alike, alike, alike * shared_patients),
        split=deviation**2,
        generator=deviation**2,
        classifier=deviation**2,
        chance=0.0,
    )


def power(difference: float, error: Error, significance: float) -> float:
    """Return the probability that a true `difference` is found, with its sign or against it.

    `error` is the one to be expected, as `Components.error` gives it.
    """
    return float(_power(np.array([difference]), *_prepared(error, significance))[0])


def smallest_difference(
    error: Error, significance: float = 0.05, comparisons: int = 1, wanted: float = 0.8
) -> float:
    """Return the smallest difference that is found with the probability `wanted`.

    Of so many `comparisons` the first that Holm's procedure accepts must be significant at
    `significance` / `comparisons`. It is nan where not even a difference of 1 would be found.
    """
    prepared = _prepared(error, significance / comparisons)
    low, high = 0.0, 1.0
    if _power(np.array([high]), *prepared)[0] < wanted:
        return np.nan
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        found = _power(np.array([middle]), *prepared)[0] >= wanted
        low, high = (low, middle) if found else (middle, high)
    return high


def _prepared(error: Error, significance: float) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the deviation of differences, the half widths there may be, and their weights.

    The last variance, over patients, is taken for known: it is from many.
    """
    between = len(error.degrees) - 1
    estimates, weights = np.ones((len(error.degrees), 1)), np.ones(1)
    for term in range(between):
        factors, shares = inverse_chi_squared(error.degrees[term], _NODES)
        estimates = np.repeat(estimates, _NODES, axis=1)
        estimates[term] = np.tile(1 / factors, len(weights))
        weights = np.repeat(weights, _NODES) * np.tile(shares, len(weights))
    widths = half_width(error.variances[:, None] * estimates, error.degrees, 1 - significance)
    return float(np.sqrt(error.variances.sum())), widths, weights


def _power(
    differences: np.ndarray, deviation: float, widths: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    if deviation == 0:
        return (differences != 0).astype(float)
    above, below = (differences[:, None] * sign - widths for sign in (1, -1))
    return (ndtr(above / deviation) + ndtr(below / deviation)) @ weights
