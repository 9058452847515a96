"""What synthetic images are worth, counted in real patients.

Of two learning curves, of training on shares of the real patients with and without synthetic
images, the distance along the axis of patients: with so many more of them real images alone would
be as good. Curves may not fall, so that each is replaced by the nearest one that does not
(isotonic regression: Barlow, Bartholomew, Bremner and Brunk 1972, Statistical Inference under Order
Restrictions), linear between its points over the logarithm of the patients. The distance is the
mean over all values that both curves take.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.optimize import isotonic_regression

from synthmix.evaluate.repeats import Repeats
from synthmix.evaluate.wording import signed_percent
from synthmix.seeds import derive_seed

_HEIGHTS = 64  # at which curves are compared
_SAMPLES = 2000


class Kind(StrEnum):
    """What can be said."""

    MEASURED = "measured"
    AT_LEAST = "at least"  # all of the curve with synthetic images is above the other one
    AT_MOST = "at most"  # all of it is below
    FLAT = "flat"  # whether more real patients help can't be told, so nothing is counted in them


@dataclass(frozen=True)
class Exchange:
    """What synthetic images are worth: 0.35 for 35% more patients, -0.2 for 20% fewer.

    Where an end is beyond what the curves show it is infinite, or -1. `more` is nan of flat curves,
    and of AT_LEAST and AT_MOST the largest and the smallest worth that they show.
    """

    kind: Kind
    more: float
    low: float = np.nan
    high: float = np.nan

    def in_words(self) -> str:
        """Return the worth as a report says it."""
        if self.kind is Kind.FLAT:
            return "whether more real patients help can't be told yet, so none is counted"
        if self.kind is Kind.AT_LEAST:
            return f"better than {signed_percent(self.more)} patients"
        if self.kind is Kind.AT_MOST:
            return f"worse than {signed_percent(self.more)} patients"
        return f"as good as {signed_percent(self.more)} patients ({self._range_in_words()})"

    def _range_in_words(self) -> str:
        low = "an unknown number fewer" if self.low <= -1 else signed_percent(self.low)
        high = "an unknown number more" if np.isinf(self.high) else signed_percent(self.high)
        return f"{low} to {high}"


def exchange_rate(
    patients: Sequence[float],
    real: Sequence[Repeats],
    mixed: Sequence[Repeats],
    confidence: float = 0.95,
    seed: int = 1,
) -> Exchange:
    """Return what synthetic images are worth by two learning curves.

    `real` and `mixed` are the results, not differences, with so many training `patients`, or shares
    of them, in rising order; all were tested on the same patients, in as many training sets. The
    interval is from 2,000 curves as other patients and training sets would have given them: see
    `curves`.

    Raises ValueError where there are fewer than two results, where patients don't rise, and where
    results are of other test patients or another number of training sets.
    """
    if len(patients) < 2 or not (np.diff(patients) > 0).all():
        raise ValueError("a learning curve takes two numbers of patients or more, rising")
    drawn = curves([*real, *mixed], _SAMPLES, seed)
    of_real, of_mixed = np.split(drawn, 2, axis=1)
    if np.mean(of_real[1:, -1] > of_real[1:, 0]) < (1 + confidence) / 2:
        return Exchange(Kind.FLAT, np.nan)
    logarithms = np.log(patients)
    worth = np.array([_distance(logarithms, *pair) for pair in zip(of_real, of_mixed, strict=True)])
    found = worth[0]
    if np.isinf(found):
        reach = logarithms[-1] - logarithms[0]
        kind = Kind.AT_LEAST if found > 0 else Kind.AT_MOST
        return Exchange(kind, float(np.expm1(np.sign(found) * reach)))
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    low, high = np.quantile(worth[1:], tails, method="inverted_cdf")
    return Exchange(Kind.MEASURED, *(float(np.expm1(one)) for one in (found, low, high)))


def curves(points: Sequence[Repeats], samples: int, seed: int) -> np.ndarray:
    """Return the means (1 + samples, K) of the K points: as they are, then as they might have been.

    A bootstrap by multipliers (Wu 1986, Jackknife, bootstrap and other resampling methods in
    regression analysis): each training set's distance from the mean counts a normal number of
    times, with tails as wide as Student's t, and so does the influence of each patient. All points
    share the multipliers, as they share patients and training sets.
    """
    if len({(point.influence.shape[-1], point.counts[0]) for point in points}) > 1:
        raise ValueError("learning curves are of the same test patients and training sets")
    sets = np.stack([point.means((1, 2)) for point in points], axis=-1)  # (U, K)
    influence = np.stack([point.influence.mean((1, 2)) for point in points], axis=-1)  # (U, P, K)
    random = np.random.default_rng(derive_seed("curves", seed))
    count, patients = len(sets), points[0].patients
    moved = influence.mean(0) * np.sqrt(patients / max(patients - 1, 1))
    drawn = sets.mean(0) + random.standard_normal((samples, len(moved))) @ (
        moved * np.sqrt(_shared_part(influence))
    )
    if count > 1:
        multipliers = random.standard_normal((samples, count)) / np.sqrt(count * (count - 1))
        tails = np.sqrt((count - 1) / random.chisquare(count - 1, (samples, 1)))
        drawn = drawn + tails * (multipliers @ (sets - sets.mean(0)))
    return np.concatenate([sets.mean(0)[None], drawn])


def _shared_part(influence: np.ndarray) -> float:
    """Return which part of the variance over patients is not in that between training sets."""
    count = len(influence)
    whole = (influence.mean(0) ** 2).sum()
    if count == 1 or whole == 0:
        return 1.0
    shared = (count * whole - (influence**2).sum() / count) / (count - 1)
    return float(np.clip(shared / whole, 0, 1))


def levelled(values: Sequence[float]) -> np.ndarray:
    """Return the nearest curve to `values` that does not fall."""
    return isotonic_regression(values).x


def between(
    logarithms: np.ndarray, real: np.ndarray, mixed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the values that two levelled curves both take, and where each of them does.

    All are (64,), the latter two on the axis of `logarithms` of patients; empty if no value is
    taken by both.
    """
    low, high = max(real[0], mixed[0]), min(real[-1], mixed[-1])
    heights = low + (high - low) * (np.arange(_HEIGHTS) + 0.5) / _HEIGHTS
    heights = heights if low < high else heights[:0]
    return heights, *(np.interp(heights, curve, logarithms) for curve in (real, mixed))


def _distance(logarithms: np.ndarray, real: np.ndarray, mixed: np.ndarray) -> float:
    """Return the logarithm of how many times the patients; infinite if the curves don't meet."""
    real, mixed = levelled(real), levelled(mixed)
    heights, of_real, of_mixed = between(logarithms, real, mixed)
    if not len(heights):
        return np.inf if mixed[0] >= real[-1] else -np.inf
    return float(np.mean(of_real - of_mixed))
