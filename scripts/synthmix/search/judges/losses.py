"""Judging a generator by a loss that it has come to."""

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from synthmix.errors import UserError
from synthmix.search.judges import Judged
from synthmix.search.scores import is_loss
from synthmix.store import read_table

ADVICE = "choose by another score, or search other settings"


def judge(files: Sequence[str | Path], score: str, place: str) -> Judged:
    """Return the last value of a loss, the mean over the models that make up a candidate.

    `files` are their histories. Raises UserError where these have no such loss.
    """
    last = []
    for path in files:
        history = read_table(path)
        losses = [column for column in history if is_loss(column)]
        if score not in losses:
            there = f"these: {', '.join(losses)}" if losses else "none"
            raise UserError(
                f"{place}: {score} is not among the losses of this model, of which there are "
                f"{there}; mending it trains no candidate anew"
            )
        values = history[score].dropna()  # a loss of an earlier stage ends before the others
        last.append(math.nan if values.empty else float(values.iloc[-1]))
    return Judged(float(pd.Series(last).mean(skipna=False)), math.nan, math.nan)
