"""The tables of predictions of many trainings, as figures read them."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from synthmix.evaluate.predictions import PROBABILITY
from synthmix.evaluate.wording import interval
from synthmix.mix.plan import REAL_ONLY
from synthmix.store import read_table


class PredictionFile(NamedTuple):
    """The table of predictions of one training; the folds of a repeat are a file each."""

    classifier: str
    mix: str
    repeat: str  # of the split, the training of the generator and the seed
    path: str | Path


def read_predictions(files: Iterable[PredictionFile | tuple[str, str, str, str]]) -> pd.DataFrame:
    """Return the rows of all tables below one another, headed by classifier, mix and repeat.

    The folds of a repeat are together: each image is tested by one of them.
    """
    parts = []
    for classifier, mix, repeat, path in files:
        table = read_table(path)
        known = {"classifier": classifier, "mix": mix, "repeat": repeat}
        for position, (name, value) in enumerate(known.items()):
            table.insert(position, name, value)
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def classes_of(table: pd.DataFrame) -> list[str]:
    """Return the classes that a table of predictions has probabilities of."""
    return [name.removeprefix(PROBABILITY) for name in table if name.startswith(PROBABILITY)]


def probabilities(table: pd.DataFrame) -> np.ndarray:
    """Return the probabilities (N, classes)."""
    return table[[PROBABILITY + label for label in classes_of(table)]].to_numpy(np.float64)


def baselines_first(mixes: Iterable[str]) -> list[str]:
    """Return the mixes, those of real images only before all others."""
    return sorted(mixes, key=lambda mix: not mix.startswith(REAL_ONLY))


def overall(
    metrics: pd.DataFrame, classifier: str, mix: str, metric: str, label: str | None = None
) -> tuple[float, float, float]:
    """Return value, low and high of a metric on the test images over all repeats and folds.

    `metrics` is the long table of a study's metrics; `label` the class of a metric of one class.
    The three are nan where the table has no such value.
    """
    rows = metrics[
        (metrics["classifier"] == classifier)
        & (metrics["mix"] == mix)
        & (metrics["metric"] == metric)
        & (metrics["seed"].astype(str) == "all")
        & (metrics["split"] == "test")
    ]
    if "fold" in rows:
        rows = rows[rows["fold"].isna() | (rows["fold"].astype(str) == "all")]
    if "class" in rows:
        rows = rows[rows["class"].isna() if label is None else rows["class"] == label]
    if len(rows) != 1:
        return np.nan, np.nan, np.nan
    return tuple(rows[["value", "low", "high"]].to_numpy(float)[0])


def value_text(name: str, found: tuple[float, float, float]) -> str:
    """Return "AUC 0.812 (0.74-0.88)", with a dash for what is not known."""
    return " ".join([name, *interval(*found)]).strip()
