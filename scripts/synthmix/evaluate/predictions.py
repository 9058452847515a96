"""Tables of predictions, and what metrics need of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from synthmix.evaluate.settings import LARGEST_PROBABILITY
from synthmix.repeats import Repeat
from synthmix.store import read_table

PROBABILITY = "probability_"


@dataclass(frozen=True)
class Predictions:
    """What a classifier said of N images; classes are positions in `classes`."""

    classes: tuple[str, ...]
    actual: np.ndarray  # (N,) int: the true class
    predicted: np.ndarray  # (N,) int: the class that the classifier decided on
    probabilities: np.ndarray  # (N, classes) float64, each row's sum 1

    @classmethod
    def from_table(cls, table: pd.DataFrame, classes: Sequence[str]) -> Self:
        """Take the predictions of `table`; raises ValueError where they are of other classes."""
        places = {label: place for place, label in enumerate(classes)}
        columns = [f"{PROBABILITY}{label}" for label in classes]
        unknown = {*table["label"], *table["predicted"]} - places.keys()
        if unknown or not set(columns) <= set(table):
            raise ValueError(f"predictions are not of {', '.join(classes)}")
        probabilities = table[columns].to_numpy(np.float64)
        if np.isnan(probabilities).any():
            raise ValueError("predictions without a probability")
        return cls(
            classes=tuple(classes),
            actual=table["label"].map(places).to_numpy(int),
            predicted=table["predicted"].map(places).to_numpy(int),
            probabilities=probabilities,
        )


def by_repeat(
    files: Iterable[str | Path], repeats: Iterable[Sequence[int]], folds: Sequence[str]
) -> dict[Repeat, list[str | Path]]:
    """Return the tables of each repeat, one for each of its `folds`.

    `files` has them in the order of the `repeats`, which are plain values, those of a repeat
    together. Raises ValueError where there are more of them.
    """
    remaining = iter(files)
    found = {Repeat(*repeat): [next(remaining) for _ in folds] for repeat in repeats}
    if next(remaining, None) is not None:
        raise ValueError("more tables of predictions than repeats")
    return found


def read_predictions(files: Sequence[str | Path]) -> pd.DataFrame:
    """Return the predictions of one repeat of a training, those of all its folds together.

    `files` has the table of each fold, one without folds. An image without a group, such as a
    synthetic one, is a group of its own.
    """
    tables = [read_table(file) for file in files]
    table = pd.concat([part for part in tables if len(part)] or tables[:1], ignore_index=True)
    return table.assign(group=table["group"].fillna(table["sample_id"]))


def thresholds_of(table: pd.DataFrame) -> np.ndarray:
    """Return the threshold (N,) that decided on each image; tables leave out that of one half."""
    if "threshold" not in table:
        return np.full(len(table), LARGEST_PROBABILITY)
    return table["threshold"].fillna(LARGEST_PROBABILITY).to_numpy()


def fold_tables(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the predictions of each fold, by its number as text; empty without folds."""
    if "fold" not in table:
        return {}
    return {str(fold): part.reset_index(drop=True) for fold, part in table.groupby("fold")}
