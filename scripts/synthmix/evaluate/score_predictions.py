"""The metrics of one mix, each with its interval, and its confusion matrices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t

from synthmix.evaluate.bootstrap import Bootstrap, Bounds, Values
from synthmix.evaluate.metrics import bounds_of, weighted_metrics, why_undefined
from synthmix.evaluate.predictions import Predictions, fold_tables, read_predictions
from synthmix.files import write_table
from synthmix.repeats import Repeat

ALL_SEEDS, ALL_FOLDS, MEAN_OF_FOLDS = "all", "all", "mean"
OVER_PATIENTS, OVER_FOLDS = "bootstrap over patients", "t over folds"
OF_REPEATS = ("split_number", "generator_training", "seed")
COLUMNS = (*OF_REPEATS, "fold", "split", "class", "metric", "value", "low", "high", "deviation")

Files = Mapping[Repeat, Sequence[str | Path]]
Tables = Mapping[Repeat, pd.DataFrame]
Row = dict[str, Any]

_ALL = dict.fromkeys(OF_REPEATS, ALL_SEEDS)


def score_predictions(
    test: Files,
    validation: Files,
    metrics: str | Path,
    confusion: str | Path,
    identity: dict[str, str],
    classes: Sequence[str],
    positive_class: str | None,
    bootstrap_samples: int,
    confidence: float,
    seed: int,
) -> None:
    """Score the predictions of one classifier on one mix.

    `test` and `validation` have for each repeat of the training the tables of its folds, one
    without folds. Writes two long tables, each row headed by the columns of `identity`:

    `metrics` has the columns of `COLUMNS`, interval and undefined. With folds, the images of all
    of them, each tested once, are scored together as fold "all"; beside it stand each fold and
    fold "mean", with the deviation of the folds and an interval by Student's t, which is too
    narrow as trainings of folds share images. Where split_number, generator_training and seed are
    "all" it is the mean over the repeats, with their deviation; its interval is over the patients
    of all splits. class is empty where a metric is of no one class or of the positive one. interval
    says what low and high are over. What is undefined has no value but a reason in the column
    undefined.

    `confusion` counts the test images of each repeat by true and predicted class.
    """
    rows, counts = [], []
    scorer = _Scorer(classes, positive_class, bootstrap_samples, confidence, seed)
    for split, files in (("test", test), ("validation", validation)):
        tables = {key: read_predictions(paths) for key, paths in files.items()}
        if split == "test":
            _check_tested_once(tables, identity)
            counts = _confusion(tables, identity, classes)
        if all(map(len, tables.values())):
            rows += [{**identity, "split": split, **row} for row in scorer.rows(tables)]
    columns = [*identity, *COLUMNS, "interval", "undefined"]
    write_table(metrics, pd.DataFrame(rows, columns=columns))
    write_table(confusion, pd.DataFrame(counts))


@dataclass(frozen=True)
class _Scorer:
    """Turns tables of predictions into rows of metrics."""

    classes: Sequence[str]
    positive_class: str | None
    bootstrap_samples: int
    confidence: float
    seed: int

    def rows(self, tables: Tables) -> Iterator[Row]:
        """Yield the rows of one split: of each repeat, then of all."""
        scored = {key: self._score(table) for key, table in tables.items()}
        folds = {key: self._score_folds(table) for key, table in tables.items()}
        for key, (bootstrap, values) in scored.items():
            yield from self._patient_rows(told(key), ALL_FOLDS, bootstrap, values)
            for fold, (of_fold, fold_values) in folds[key].items():
                yield from self._patient_rows(told(key), fold, of_fold, fold_values)
            yield from self._fold_rows(told(key), {key: folds[key]})
        yield from self._mean_rows(self._score_together(tables, scored))
        yield from self._fold_rows(_ALL, folds)

    def _score(
        self, table: pd.DataFrame, among: pd.Series | None = None
    ) -> tuple[Bootstrap, Values]:
        predictions = Predictions.from_table(table, self.classes)
        bootstrap = Bootstrap(table["group"], self.bootstrap_samples, self.seed, among)
        return bootstrap, bootstrap.apply(
            lambda weights: weighted_metrics(predictions, weights, self.positive_class)
        )

    def _score_folds(self, table: pd.DataFrame) -> dict[str, tuple[Bootstrap, Values]]:
        return {fold: self._score(part) for fold, part in fold_tables(table).items()}

    def _score_together(
        self, tables: Tables, scored: Mapping[Repeat, tuple[Bootstrap, Values]]
    ) -> list[tuple[Bootstrap, Values]]:
        """Return `scored` with the patients of all splits drawn together, if there are several."""
        if len({key.split for key in tables}) == 1:
            return list(scored.values())
        among = pd.concat([table["group"] for table in tables.values()])
        return [self._score(table, among) for table in tables.values()]

    def _patient_rows(
        self, repeat: Row, fold: str, bootstrap: Bootstrap, values: Values
    ) -> Iterator[Row]:
        for name, resampled in values.items():
            interval = bootstrap.interval(resampled, self.confidence, bounds_of(name[0]))
            yield self._row(repeat, fold, name, resampled[0], interval, np.nan, OVER_PATIENTS)

    def _mean_rows(self, scored: Sequence[tuple[Bootstrap, Values]]) -> Iterator[Row]:
        bootstrap = scored[0][0]
        for name in scored[0][1]:
            values = np.stack([of_repeat[name] for _, of_repeat in scored])
            mean = values.mean(0)
            interval = bootstrap.interval(mean, self.confidence, bounds_of(name[0]))
            deviation = _deviation(values[:, 0])
            yield self._row(_ALL, ALL_FOLDS, name, mean[0], interval, deviation, OVER_PATIENTS)

    def _fold_rows(
        self, repeat: Row, folds: Mapping[Repeat, Mapping[str, tuple[Bootstrap, Values]]]
    ) -> Iterator[Row]:
        """Yield the means over the folds of all splits, each the mean over the repeats in it."""
        by_fold: dict[str, list[Values]] = {}
        several = len({key.split for key in folds}) > 1
        for key, of_repeat in folds.items():
            for fold, (_, values) in of_repeat.items():
                name = f"{fold} of split {key.split}" if several else fold
                by_fold.setdefault(name, []).append(values)
        for name in next(iter(by_fold.values()))[0] if by_fold else ():
            values = np.array([np.mean([v[name][0] for v in some]) for some in by_fold.values()])
            mean = values.mean()
            interval = t_interval(values, self.confidence, bounds_of(name[0]))
            row = self._row(
                repeat, MEAN_OF_FOLDS, name, mean, interval, _deviation(values), OVER_FOLDS
            )
            where = ", ".join(np.array([*by_fold])[np.isnan(values)])
            yield row | ({"undefined": f"fold {where}: {row['undefined']}"} if where else {})

    def _row(
        self,
        repeat: Row,
        fold: str,
        name: tuple[str, str],
        value: float,
        interval: tuple[float, float],
        deviation: float,
        kind: str,
    ) -> Row:
        metric, label = name
        undefined = np.isnan(value)
        # of one class, a metric is never a macro average
        positive_class = label or self.positive_class
        return {
            **repeat,
            "fold": fold,
            "class": label,
            "metric": metric,
            "value": value,
            "low": interval[0],
            "high": interval[1],
            "deviation": deviation,
            "interval": "" if np.isnan(interval[0]) else kind,
            "undefined": why_undefined(metric, positive_class) if undefined else "",
        }


def t_interval(values: np.ndarray, confidence: float, bounds: Bounds | None) -> tuple[float, float]:
    """Return the interval of the mean of `values` by Student's t, within `bounds`.

    It is nan where one of them is nan or alone.
    """
    if len(values) < 2 or np.isnan(values).any():
        return np.nan, np.nan
    reach = t.ppf((1 + confidence) / 2, len(values) - 1) * _deviation(values) / len(values) ** 0.5
    lowest, largest = bounds or (-np.inf, np.inf)
    return max(lowest, float(values.mean() - reach)), min(largest, float(values.mean() + reach))


def _deviation(values: np.ndarray) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else np.nan


def told(repeat: Repeat) -> Row:
    """Return a repeat by the columns of `OF_REPEATS`."""
    return dict(zip(OF_REPEATS, map(str, repeat), strict=True))


def _check_tested_once(tables: Tables, identity: Mapping[str, str]) -> None:
    of_split: dict[int, set[str]] = {}
    for key, table in tables.items():
        repeated = table.loc[table["sample_id"].duplicated(), "sample_id"]
        if len(repeated):
            raise ValueError(f"{identity}, {key}: {repeated.iloc[0]} was tested twice")
        images = set(table["sample_id"])
        if of_split.setdefault(key.split, images) != images:
            raise ValueError(f"{identity}: {key} was tested on other images than the first")


def _confusion(tables: Tables, identity: Mapping[str, str], classes: Sequence[str]) -> list[Row]:
    rows = []
    for key, table in tables.items():
        counts = table.groupby(["label", "predicted"]).size()
        rows += [
            {**identity, **told(key), "true": t, "predicted": p, "images": counts.get((t, p), 0)}
            for t in classes
            for p in classes
        ]
    return rows
