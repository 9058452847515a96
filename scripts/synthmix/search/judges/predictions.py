"""Judging a classifier by what it says of validation images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synthmix.search.judges import Judged
from synthmix.search.scorer import Scorer

TIE_BREAKER = "negative_log_likelihood"
ADVICE = (
    "not every class may have validation images: choose by accuracy, or have more images validate"
)


def judge(files: Sequence[str | Path], score: str, place: str, **scored: Any) -> Judged:
    """Return a metric of a table of predictions; `scored` are the fields of a `Scorer`.

    Of equally good candidates the one with the lower negative log likelihood is better.
    """
    estimates = Scorer(**scored).estimates(files[0], (score, TIE_BREAKER))
    return Judged(*estimates[score], tie_breaker=estimates[TIE_BREAKER][0])
