"""How far our number is from the published one, and whether the two agree."""

import math

from synthmix.published.results import Ours
from synthmix.published.rows import Printed

YES, NO, OPEN = "yes", "no", ""
# ours was trained otherwise or is not there; and all numbers of a study of another protocol
NOT_COMPARABLE, ANOTHER_PROTOCOL = "not comparable", "another protocol"


def differences(printed: Printed, ours: Ours) -> tuple[float | None, float | None]:
    """Return ours less the published value, for a range of ours at its lower and its upper end.

    The second is None where ours is one value: of a printed range the first is then the gap, 0 for
    a value within it. Both are None where either is a word.
    """
    ends = (printed.low, printed.high, ours.low, ours.high)
    if any(isinstance(end, str) for end in ends):
        return None, None
    published_low, published_high, low, high = ends
    if ours.ends is not None or low != high:
        return low - published_low, high - published_high
    if low > published_high:
        return low - published_high, None
    return min(0.0, high - published_low), None


def is_inside(printed: Printed, ours: Ours) -> str:
    """Return "yes" or "no", "" where nothing can be said.

    - What is exact, such as a number of images or a setting, must be equal, or in a printed range,
      where no word is.
    - Of a single value and one of ours, the published one must lie in our interval, its ends
      included, as it is printed; without an interval nothing is said.
    - Of one of ours and a printed range, our interval must reach into it; without an interval our
      value must lie in it.
    - Of a range of ours both ends are held against both of the printed one, which are equal where
      one value is printed: each must lie in the interval of ours. Without intervals ours must lie
      in the printed range; of a single value nothing is said.
    """
    if ours.exact and printed.low == printed.high:
        return YES if _same(printed.low, ours.low) and _same(printed.low, ours.high) else NO
    if isinstance(ours.low, str):
        return NO
    if ours.ends is not None:
        pairs = zip((printed.low, printed.high), ours.ends, strict=True)
        return YES if all(low <= end <= high for end, (low, high) in pairs) else NO
    if ours.interval is None:
        if printed.low == printed.high:
            return OPEN
        return YES if printed.low <= ours.low and ours.high <= printed.high else NO
    low, high = ours.interval
    return YES if printed.low <= high and low <= printed.high else NO


def _same(printed: float | str, ours: float | str) -> bool:
    if isinstance(printed, str) or isinstance(ours, str):
        return printed == ours
    return math.isclose(printed, ours)
