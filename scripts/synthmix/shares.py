"""From shares to whole numbers of images."""

import math
from collections.abc import Mapping


def apportion(total: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Return whole numbers that sum to `total`, as close to `shares` (sum 1) as can be.

    What rounding down leaves goes to the largest remainders, ties in the order of `shares`.
    """
    exact = {key: total * share for key, share in shares.items()}
    # a hair is added so that 0.7 * 24000 = 16799.999... counts as 16800
    counts = {key: math.floor(value + 1e-9) for key, value in exact.items()}
    by_remainder = sorted(shares, key=lambda key: counts[key] - exact[key])
    for key in by_remainder[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def largest_sample(
    available: Mapping[str, int], shares: Mapping[str, float], limit: int | None = None
) -> dict[str, int]:
    """Return the counts of the largest sample with `shares` that `available` images allow.

    At most `limit` images in all; every class is rounded by `apportion`.
    """
    most = min(available.get(key, 0) / share for key, share in shares.items() if share > 0)
    total = math.floor(most + 1e-9) if limit is None else min(math.floor(most + 1e-9), limit)
    while any(apportion(total, shares)[key] > available.get(key, 0) for key in shares):
        total -= 1
    return apportion(total, shares)
