"""Numbers and names as the report writes them."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

NONE = "\u2013"
MINUS = "\u2212"


def count(value: float | None) -> str:
    """Return 16800 as "16,800"; a mean over seeds keeps one decimal."""
    if _missing(value):
        return NONE
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def number(value: float | None, digits: int = 3) -> str:
    """Return a measure with `digits` decimals."""
    return NONE if _missing(value) else f"{value:.{digits}f}"


def interval(value: float | None, low: float | None, high: float | None) -> tuple[str, str]:
    """Return ("0.812", "(0.74\u20130.88)"); a narrow interval gets three decimals."""
    if _missing(low) or _missing(high):
        return number(value), ""
    digits = 2 if high - low >= 0.1 else 3
    return number(value), f"({low:.{digits}f}\u2013{high:.{digits}f})"


def significant(value: float | None, low: float | None, high: float | None) -> tuple[str, str]:
    """Return a value of any size and its interval with four significant digits."""
    if _missing(value):
        return NONE, ""
    limits = "" if _missing(low) or _missing(high) else f"({low:.4g} to {high:.4g})"
    return f"{value:.4g}".replace("-", MINUS), limits.replace("-", MINUS)


def count_interval(value: float | None, low: float | None, high: float | None) -> tuple[str, str]:
    """Return a number of images and its interval."""
    if _missing(low) or _missing(high):
        return count(value), ""
    return count(value), f"({low:,.0f}\u2013{high:,.0f})"


def signed_interval(value: float | None, low: float | None, high: float | None) -> tuple[str, str]:
    """Return a difference and its interval, both with their signs."""
    if _missing(value):
        return NONE, ""
    limits = "" if _missing(low) or _missing(high) else f"({_signed(low)} to {_signed(high)})"
    return _signed(value), limits


def signed_percent(value: float) -> str:
    """Return 0.35 as "35% more", -0.2 as "20% fewer"."""
    return f"{abs(value):.0%} {'fewer' if value < 0 else 'more'}"


def p_value(value: float | None) -> str:
    """Return a p-value, "< 0.001" where it is smaller."""
    if _missing(value):
        return NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def listed(items: Sequence[Any]) -> str:
    """Join items: "a, b and c"."""
    *first, last = [str(item) for item in items] or [NONE]
    return f"{', '.join(first)} and {last}" if first else last


def decision(threshold: float | Mapping[str, float] | None, positive_class: str | None) -> str:
    """Say when an image is said to be of the positive class, "" where the likelier class is."""
    if threshold in (None, 0.5) or positive_class is None:
        return ""
    if isinstance(threshold, Mapping):
        found = f"{100 * threshold['sensitivity']:g}%"
        return (
            f"from the highest probability on that finds {found} of them "
            f"among the validation images of the training"
        )
    return f"from a probability of {threshold:g} on"


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", MINUS)


def _missing(value: float | None) -> bool:
    return value is None or math.isnan(value)
