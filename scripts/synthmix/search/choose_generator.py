"""The best of the candidates of a search, by a score or by a loss."""

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.scopes import ALL_CLASSES
from synthmix.search.chosen import write_chosen
from synthmix.search.scores import LOSS_SUFFIX, is_loss, lower_is_better
from synthmix.search.table import table_of
from synthmix.store import read_table

LOGGER = logging.getLogger(__name__)
Estimate = tuple[float, float, float]  # a value and its interval, nan where there is none


def choose_generator(
    generator: str,
    candidates: Mapping[str, Mapping[str, Any]],
    score: str,
    files: Mapping[str, Sequence[str | Path]],
    output: str | Path,
    best: str | Path,
) -> None:
    """Choose the candidate of `generator` with the best `score`; the first of equally good ones.

    `candidates` are the settings that set each apart; `files` the table of scores of each, or
    where `score` is a loss the histories of its models. Writes a row a candidate to `output`, in
    the order of `candidates`: candidate, its settings, score, value, low, high, rank (1 the best,
    empty without a finite value) and chosen; and to `best` which one it is. Raises UserError where
    no value is finite.
    """
    if is_loss(score):
        estimates = {name: loss_estimate(generator, files[name], score) for name in candidates}
    else:
        estimates = {name: score_estimate(files[name][0], score) for name in candidates}
    sign = 1 if lower_is_better(score) else -1
    values = {name: estimates[name][0] for name in candidates}
    finite = [name for name, value in values.items() if math.isfinite(value)]
    if not finite:
        raise UserError(
            f"generators.{generator}.search: not one of the {len(candidates)} candidates has a "
            f"finite {score}: choose by another score, or search other settings"
        )
    ranked = sorted(finite, key=lambda name: sign * values[name])  # stable: ties keep their order
    write_table(output, table_of(candidates, score, estimates, ranked))
    write_chosen(best, ranked[0], candidates[ranked[0]])
    LOGGER.info("%s %s: %s", score, values[ranked[0]], candidates[ranked[0]])


def score_estimate(scores: str | Path, score: str) -> Estimate:
    """Return a score of all classes together from the table that `score_generator` wrote."""
    table = read_table(scores)
    rows = table[(table["scope"] == ALL_CLASSES) & (table["score"] == score)]
    if rows.empty:
        return (math.nan,) * 3
    return tuple(float(rows.iloc[0][column]) for column in ("value", "low", "high"))


def loss_estimate(generator: str, histories: Sequence[str | Path], loss: str) -> Estimate:
    """Return the last value of a loss, the mean over the models that make up a candidate.

    Raises UserError where the `histories` of the candidates of `generator` have no such loss.
    """
    last = []
    for path in histories:
        history = read_table(path)
        losses = [column for column in history if column.endswith(LOSS_SUFFIX)]
        if loss not in losses:
            there = f"these: {', '.join(losses)}" if losses else "none"
            raise UserError(
                f"generators.{generator}.search.score: {loss} is not among the losses of this "
                f"model, of which there are {there}; mending it trains no candidate anew"
            )
        values = history[loss].dropna()  # a loss of an earlier stage ends before the others
        last.append(math.nan if values.empty else float(values.iloc[-1]))
    return float(pd.Series(last).mean(skipna=False)), math.nan, math.nan
