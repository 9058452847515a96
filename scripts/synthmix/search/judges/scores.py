"""Judging a generator by a score of its images."""

import math
from collections.abc import Sequence
from pathlib import Path

from synthmix.scopes import ALL_CLASSES
from synthmix.search.judges import Judged
from synthmix.store import read_table

ADVICE = "choose by another score, or search other settings"


def judge(files: Sequence[str | Path], score: str, place: str) -> Judged:
    """Return a score of all classes together from the table that `score_generator` wrote."""
    table = read_table(files[0])
    rows = table[(table["scope"] == ALL_CLASSES) & (table["score"] == score)]
    if rows.empty:
        return Judged(math.nan, math.nan, math.nan)
    return Judged(*(float(rows.iloc[0][column]) for column in ("value", "low", "high")))
