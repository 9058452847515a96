"""Two classifiers that were tested on the same images: how far apart, and is there evidence?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from synthmix.evaluate.bootstrap import Bootstrap, Statistics
from synthmix.evaluate.delong import delong_test
from synthmix.evaluate.metrics import weighted_metrics
from synthmix.evaluate.predictions import (
    PROBABILITY,
    Predictions,
    by_repeat,
    read_predictions,
    thresholds_of,
)
from synthmix.evaluate.randomisation import randomisation_test, trials_for
from synthmix.evaluate.threshold import predicted_classes
from synthmix.evaluate.verdict import ACCURACY, measure_column
from synthmix.files import write_table
from synthmix.leakage import NONE
from synthmix.repeats import Repeat

NO_EVIDENCE = "no evidence"  # what tables call the verdict 0

# p-values of a row of `compare`, before and after Holm
P_VALUES = {"p_value": "p_adjusted", "auc_p_value": "auc_p_adjusted"}

Files = Mapping[Repeat, Sequence[str | Path]]  # tables of predictions: of each fold of a repeat


@dataclass(frozen=True)
class Run:
    """A classifier on one mix, as its comparisons need it; images are in the order of their names.

    Where it was trained several times, `answers` and `scores` are of the mean probabilities of all
    trainings that tested the image, decided by the mean threshold: tests need one answer an image.
    Patients are numbers from 0 on, the same in all splits.
    """

    images: list[str]
    labels: np.ndarray  # (N,) true classes
    answers: np.ndarray  # (N,) predicted classes
    scores: np.ndarray  # (N, classes) probabilities
    predictions: Mapping[Repeat, Predictions]
    patients: Mapping[Repeat, np.ndarray]  # (images of the repeat,) int
    bootstrap: Bootstrap
    values: Mapping[str, np.ndarray]  # of each metric, means over repeats, as of `Bootstrap`


@dataclass(frozen=True)
class Judge:
    """How classifiers of one data set are compared."""

    classes: Sequence[str]
    positive_class: str | None
    bootstrap_samples: int
    confidence: float
    significance: float
    seed: int
    measure: str = ACCURACY  # that verdicts are about: one of the setting `verdict`
    leakage: str = NONE  # how the images were split

    @classmethod
    def of_job(cls, params: Any) -> Self:
        """Return the judge that the parameters of a rule describe."""
        return cls(
            params.classes,
            params.positive_class,
            seed=params.seed,
            measure=params.measure,
            leakage=params.leakage,
            **params.evaluation,
        )

    def run(self, files: Files) -> Run:
        """Read the predictions of a run.

        Raises ValueError where repeats of one split had other images.
        """
        tables = {
            key: read_predictions(paths).sort_values("sample_id", ignore_index=True)
            for key, paths in files.items()
        }
        _check_same_images(tables)
        among = pd.concat([table["group"] for table in tables.values()])
        names = np.unique(among.to_numpy(str))
        predictions = {
            key: Predictions.from_table(table, self.classes) for key, table in tables.items()
        }
        bootstraps = {
            key: Bootstrap(table["group"], self.bootstrap_samples, self.seed, among)
            for key, table in tables.items()
        }
        pooled = self._pooled(tables)
        return Run(
            images=pooled["sample_id"].tolist(),
            labels=pooled["label"].to_numpy(),
            answers=pooled["predicted"].to_numpy(),
            scores=Predictions.from_table(pooled, self.classes).probabilities,
            predictions=predictions,
            patients={
                key: np.searchsorted(names, table["group"].to_numpy(str))
                for key, table in tables.items()
            },
            bootstrap=next(iter(bootstraps.values())),
            values=self._values(predictions, bootstraps),
        )

    def compare(self, first: Run, second: Run, comparisons: int = 1) -> dict[str, float | int]:
        """Return what the first run has more than the second, one of so many `comparisons`.

        `differences`, means over the repeats, with their bootstrap intervals over patients;
        only_first_correct and only_second_correct; p_value, of accuracy that of McNemar's exact
        test, of another measure that of `randomisation_test`; auc_p_value of DeLong's test, for the
        positive class, of two classes for either. Raises ValueError where the runs were tested on
        different images.
        """
        if first.images != second.images:
            raise ValueError("runs that are compared were tested on different images")
        row = {}
        for prefix, metric in differences(self.measure).items():
            values = first.values[metric] - second.values[metric]
            low, high = first.bootstrap.interval(values, self.confidence, (-1, 1))
            row |= {f"{prefix}difference": values[0], f"{prefix}low": low, f"{prefix}high": high}
        right = [run.answers == run.labels for run in (first, second)]
        only_first = int((right[0] & ~right[1]).sum())
        only_second = int((right[1] & ~right[0]).sum())
        return row | {
            "only_first_correct": only_first,
            "only_second_correct": only_second,
            "net_correct": only_first - only_second,
            "p_value": mcnemar_exact(only_first, only_second)
            if self.measure == ACCURACY
            else self._randomise(first, second, comparisons),
            "auc_p_value": self._test_auc(first, second),
        }

    def write_table(
        self,
        output: str | Path,
        rows: Sequence[Mapping[str, Any]],
        columns: Sequence[str],
        verdict_of: Callable[[Mapping[str, Any]], str],
    ) -> None:
        """Write `rows`, what `compare` returned and what was compared, with these `columns`.

        The last one is what `verdict_of` calls the verdict on a row. The p-values are adjusted over
        the table, or over each `family` of its rows. Without rows there is a header alone.
        """
        table = pd.DataFrame(rows)
        if rows:
            table = adjust(table)
            table[columns[-1]] = [verdict_of(row) for row in table.to_dict("records")]
        table = table.assign(leakage=self.leakage, **measure_column(self.measure))
        write_table(output, table.reindex(columns=columns))

    def verdict(self, row: Mapping[str, float]) -> int:
        """Return 1 or -1 where there is evidence that the first or second is better, else 0.

        `row` is one of `compare`, with p_adjusted. Evidence takes the test, the interval, and that
        both speak for the same one: McNemar's test takes images for independent, which those of one
        patient are not; the interval over patients does not. With several repeats that test is of
        their mean probabilities, the interval of their mean accuracy. Of other measures both are of
        the same difference.
        """
        if not row["p_adjusted"] < self.significance:
            return 0
        tested = row["net_correct"] if self.measure == ACCURACY else row["difference"]
        for sign, beyond in ((1, row["low"] > 0), (-1, row["high"] < 0)):
            if beyond and sign * tested > 0:
                return sign
        return 0

    def _values(
        self, predictions: Mapping[Repeat, Predictions], bootstraps: Mapping[Repeat, Bootstrap]
    ) -> dict[str, np.ndarray]:
        """Return the metrics of `differences`, means over the repeats, of all resamples."""
        found = [bootstraps[key].apply(self._metrics(one)) for key, one in predictions.items()]
        return {name: np.mean([values[name] for values in found], axis=0) for name in found[0]}

    def _metrics(self, one: Predictions) -> Statistics:
        """Return what gives the metrics of `differences` by the weights of images.

        Macro F1 of a resample that lacks a class of the sample is nan: the average is over the
        classes that are true or said to be, which two runs may then not have in common.
        """
        of_class = np.eye(len(self.classes))[one.actual]
        of_class = of_class[:, of_class.any(0)]

        def metrics(weights: np.ndarray) -> dict[str, np.ndarray]:
            scored = weighted_metrics(one, weights, self.positive_class)
            found = {metric: scored[metric, ""] for metric in differences(self.measure).values()}
            complete = (weights @ of_class > 0).all(1)
            return found | {"macro_f1": np.where(complete, found["macro_f1"], np.nan)}

        return metrics

    def _pooled(self, tables: Mapping[Repeat, pd.DataFrame]) -> pd.DataFrame:
        """Return one row an image: the means of all trainings that tested it, and their answer."""
        if len(tables) == 1:
            return next(iter(tables.values()))
        parts = [table.assign(threshold=thresholds_of(table)) for table in tables.values()]
        means = ["threshold", *(f"{PROBABILITY}{label}" for label in self.classes)]
        images = pd.concat(parts).groupby("sample_id")
        pooled = images[["label"]].first().join(images[means].mean()).reset_index()
        scores, threshold = pooled[means[1:]].to_numpy(np.float64), pooled["threshold"].to_numpy()
        return pooled.assign(
            predicted=predicted_classes(scores, self.classes, self.positive_class, threshold)
        )

    def _randomise(self, first: Run, second: Run, comparisons: int) -> float:
        pairs = _pairs(first, second)
        return randomisation_test(
            [first.predictions[one] for one, _ in pairs],
            [second.predictions[other] for _, other in pairs],
            [first.patients[one] for one, _ in pairs],
            self.measure,
            trials_for(comparisons, self.significance),
            self.seed,
        )

    def _test_auc(self, first: Run, second: Run) -> float:
        positive = self.positive_class or (self.classes[0] if len(self.classes) == 2 else None)
        if positive is None:
            return np.nan
        place = list(self.classes).index(positive)
        scores = [run.scores[:, place] for run in (first, second)]
        return delong_test(first.labels == positive, *scores)


def differences(measure: str) -> dict[str, str]:
    """Return the metrics whose differences are told, by how their columns begin.

    That of `measure`, which verdicts are about, has the plain names.
    """
    others = [metric for metric in (ACCURACY, "macro_f1", "auc") if metric != measure]
    return {"": measure} | {f"{metric}_": metric for metric in others}


def difference_columns(measure: str) -> list[str]:
    """Return the columns of `differences` with their intervals."""
    ends = ("difference", "low", "high")
    return [f"{prefix}{end}" for prefix in differences(measure) for end in ends]


def _check_same_images(tables: Mapping[Repeat, pd.DataFrame]) -> None:
    of_split: dict[int, pd.Series] = {}
    for key, table in tables.items():
        images = table["sample_id"]
        if images.duplicated().any() or not images.equals(of_split.setdefault(key.split, images)):
            raise ValueError("not every repeat tests the same images of its split once")


def _pairs(first: Run, second: Run) -> list[tuple[Repeat, Repeat]]:
    """Return which repeat of one run is compared with which of the other.

    All trainings of a generator are compared with the one of a run without a generator.
    """
    several = max((first, second), key=lambda run: len(run.predictions)).predictions

    def counterpart(run: Run, repeat: Repeat) -> Repeat:
        return repeat if repeat in run.predictions else repeat._replace(training=1)

    return [(counterpart(first, repeat), counterpart(second, repeat)) for repeat in several]


def files_by_run(
    files: Iterable[str | Path],
    classifiers: Sequence[str],
    repeats: Mapping[str, Sequence[Sequence[int]]],
    folds: Sequence[str],
) -> dict[tuple[str, str], Files]:
    """Return tables of predictions by (classifier, mix).

    `files` has them in the order in which a rule expands classifiers, mixes, the `repeats` of each
    mix, and folds.
    """
    remaining = iter(files)
    return {
        (classifier, mix): by_repeat(islice(remaining, len(of_mix) * len(folds)), of_mix, folds)
        for classifier in classifiers
        for mix, of_mix in repeats.items()
    }


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Return the two-sided p-value of McNemar's exact test (McNemar 1947).

    The arguments count the images that only the first or only the second classifier gets right.
    """
    if only_first + only_second == 0:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)


def holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values adjusted for their number by Holm's step-down procedure (Holm 1979).

    What is nan was not tested: it stays nan and counts for nothing.
    """
    adjusted = np.full(len(p_values), np.nan)
    tested = np.flatnonzero(~np.isnan(p_values))
    order = tested[np.argsort(p_values[tested], kind="stable")]
    steps = (len(order) - np.arange(len(order))) * p_values[order]
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return adjusted


def adjust(table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` with the p-values of its rows adjusted for their number.

    Where they have a `family`, for their number in it.
    """
    families = table["family"] if "family" in table else pd.Series("", table.index)
    adjusted = {
        new: table[old].astype(float).groupby(families).transform(lambda p: holm(p.to_numpy()))
        for old, new in P_VALUES.items()
    }
    return table.assign(**adjusted)
