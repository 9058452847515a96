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

ALL_SEEDS, ALL_FOLDS, MEAN_OF_FOLDS = "all", "all", "mean"
OVER_PATIENTS, OVER_FOLDS = "bootstrap over patients", "t over folds"
COLUMNS = ("seed", "fold", "split", "class", "metric", "value", "low", "high", "deviation")

Files = Mapping[int, Sequence[str | Path]]
Row = dict[str, Any]


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

    `test` and `validation` have for each training seed the tables of its folds, one without
    folds. Writes two long tables, each row headed by the columns of `identity`:

    `metrics` has the columns of `COLUMNS`, interval and undefined. With folds, the images of all
    of them, each tested once, are scored together as fold "all"; beside it stand each fold and
    fold "mean", with the deviation of the folds and an interval by Student's t, which is too
    narrow as trainings of folds share images. Seed "all" is the mean over the seeds, with their
    deviation; its interval is over patients too. class is empty where a metric is of no one class
    or of the positive one. interval says what low and high are over. What is undefined has no
    value but a reason in the column undefined.

    `confusion` counts the test images of each seed by true and predicted class.
    """
    rows, counts = [], []
    scorer = _Scorer(classes, positive_class, bootstrap_samples, confidence, seed)
    for split, files in (("test", test), ("validation", validation)):
        tables = {str(key): read_predictions(paths) for key, paths in files.items()}
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

    def rows(self, tables: Mapping[str, pd.DataFrame]) -> Iterator[Row]:
        """Yield the rows of one split: of each seed, then of all."""
        scored = {key: self._score(table) for key, table in tables.items()}
        folds = {key: self._score_folds(table) for key, table in tables.items()}
        for key, (bootstrap, values) in scored.items():
            yield from self._patient_rows(key, ALL_FOLDS, bootstrap, values)
            for fold, (of_fold, fold_values) in folds[key].items():
                yield from self._patient_rows(key, fold, of_fold, fold_values)
            yield from self._fold_rows(key, [folds[key]])
        yield from self._seed_rows(list(scored.values()))
        yield from self._fold_rows(ALL_SEEDS, list(folds.values()))

    def _score(self, table: pd.DataFrame) -> tuple[Bootstrap, Values]:
        predictions = Predictions.from_table(table, self.classes)
        bootstrap = Bootstrap(table["group"], self.bootstrap_samples, self.seed)
        return bootstrap, bootstrap.apply(
            lambda weights: weighted_metrics(predictions, weights, self.positive_class)
        )

    def _score_folds(self, table: pd.DataFrame) -> dict[str, tuple[Bootstrap, Values]]:
        return {fold: self._score(part) for fold, part in fold_tables(table).items()}

    def _patient_rows(
        self, key: str, fold: str, bootstrap: Bootstrap, values: Values
    ) -> Iterator[Row]:
        for name, resampled in values.items():
            interval = bootstrap.interval(resampled, self.confidence, bounds_of(name[0]))
            yield self._row(key, fold, name, resampled[0], interval, np.nan, OVER_PATIENTS)

    def _seed_rows(self, scored: Sequence[tuple[Bootstrap, Values]]) -> Iterator[Row]:
        bootstrap = scored[0][0]
        for name in scored[0][1]:
            values = np.stack([of_seed[name] for _, of_seed in scored])
            mean = values.mean(0)
            interval = bootstrap.interval(mean, self.confidence, bounds_of(name[0]))
            deviation = _deviation(values[:, 0])
            yield self._row(ALL_SEEDS, ALL_FOLDS, name, mean[0], interval, deviation, OVER_PATIENTS)

    def _fold_rows(
        self, key: str, seeds: Sequence[Mapping[str, tuple[Bootstrap, Values]]]
    ) -> Iterator[Row]:
        """Yield the means over folds, each fold being the mean of `seeds`."""
        folds = list(seeds[0])
        for name in seeds[0][folds[0]][1] if folds else ():
            values = np.mean([[of[fold][1][name][0] for fold in folds] for of in seeds], axis=0)
            mean = values.mean()
            interval = t_interval(values, self.confidence, bounds_of(name[0]))
            row = self._row(
                key, MEAN_OF_FOLDS, name, mean, interval, _deviation(values), OVER_FOLDS
            )
            where = ", ".join(np.array(folds)[np.isnan(values)])
            yield row | ({"undefined": f"fold {where}: {row['undefined']}"} if where else {})

    def _row(
        self,
        key: str,
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
            "seed": key,
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


def _check_tested_once(tables: Mapping[str, pd.DataFrame], identity: Mapping[str, str]) -> None:
    first = next(iter(tables.values()))
    for key, table in tables.items():
        repeated = table.loc[table["sample_id"].duplicated(), "sample_id"]
        if len(repeated):
            raise ValueError(f"{identity}, seed {key}: {repeated.iloc[0]} was tested twice")
        if set(table["sample_id"]) != set(first["sample_id"]):
            raise ValueError(f"{identity}: seed {key} was tested on other images than the first")


def _confusion(
    tables: Mapping[str, pd.DataFrame], identity: Mapping[str, str], classes: Sequence[str]
) -> list[Row]:
    rows = []
    for key, table in tables.items():
        counts = table.groupby(["label", "predicted"]).size()
        rows += [
            {**identity, "seed": key, "true": t, "predicted": p, "images": counts.get((t, p), 0)}
            for t in classes
            for p in classes
        ]
    return rows
