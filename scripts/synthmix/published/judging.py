"""How far our number is from the published one, and whether the two agree."""

import math

from synthmix.published.results import Ours
from synthmix.published.rows import Printed

YES, NO, OPEN = "yes", "no", ""


def difference(printed: Printed, ours: Ours) -> float | None:
    """Return ours less the published value; None where either is a word.

    Between ranges it is the gap, 0 where they overlap.
    """
    ends = (printed.low, printed.high, ours.low, ours.high)
    if any(isinstance(end, str) for end in ends):
        return None
    published_low, published_high, low, high = ends
    if low > published_high:
        return low - published_high
    return min(0.0, high - published_low)


def is_inside(printed: Printed, ours: Ours) -> str:
    """Return "yes" or "no", "" where nothing can be said.

    - What is exact, such as a number of images or a setting, must be equal, or in a printed range.
    - Of a single value and one of ours, the published one must lie in our interval, its ends
      included, as it is printed; without an interval nothing is said.
    - Where either is a range, it and our interval must overlap; without an interval our range does.
    """
    if ours.exact and printed.low == printed.high:
        return YES if _same(printed.low, ours.low) else NO
    if ours.interval is None and printed.low == printed.high and ours.low == ours.high:
        return OPEN
    low, high = ours.interval or (ours.low, ours.high)
    return YES if printed.low <= high and low <= printed.high else NO


def _same(printed: float | str, ours: float | str) -> bool:
    if isinstance(printed, str) or isinstance(ours, str):
        return printed == ours
    return math.isclose(printed, ours)
