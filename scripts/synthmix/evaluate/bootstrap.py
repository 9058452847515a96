"""Bootstrap over patients: images of one patient are drawn together, as they are not independent.

The percentile interval of Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 13.
"""

import numpy as np
import pandas as pd

from synthmix.seeds import derive_seed


def resample_groups(groups: pd.Series, samples: int, seed: int) -> np.ndarray:
    """Return how often each of the N images is drawn in each resample, (samples, N) float.

    As many groups as there are, drawn with replacement. The draws depend on the groups and
    `seed` alone, so two classifiers judged on the same images are resampled alike.
    """
    names, codes = np.unique(groups.to_numpy(str), return_inverse=True)
    random = np.random.default_rng(derive_seed("bootstrap", seed))
    shares = np.full(len(names), 1 / len(names))
    return random.multinomial(len(names), shares, size=samples)[:, codes].astype(np.float64)


def percentile_interval(values: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return the interval of `values` with the coverage `confidence`; nan values are left out."""
    values = values[~np.isnan(values)]
    if not len(values):
        return np.nan, np.nan
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)
