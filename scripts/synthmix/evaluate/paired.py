"""Two classifiers that were tested on the same images: how far apart, and is there evidence?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from synthmix.evaluate.bootstrap import Bootstrap
from synthmix.evaluate.delong import delong_test
from synthmix.evaluate.metrics import weighted_metrics
from synthmix.evaluate.predictions import Predictions, read_predictions, thresholds_of
from synthmix.evaluate.randomisation import randomisation_test, trials_for
from synthmix.evaluate.settings import LARGEST_PROBABILITY
from synthmix.evaluate.threshold import predicted_classes
from synthmix.evaluate.verdict import ACCURACY, measure_column
from synthmix.files import write_table
from synthmix.leakage import NONE

NO_EVIDENCE = "no evidence"  # what tables call the verdict 0

# p-values of a row of `compare`, before and after Holm
P_VALUES = {"p_value": "p_adjusted", "auc_p_value": "auc_p_adjusted"}

Files = Sequence[Sequence[str | Path]]  # tables of predictions: for each seed, of each fold


@dataclass(frozen=True)
class Run:
    """A classifier on one mix, as its comparisons need it; images are in the order of their names.

    Where it was trained with several seeds, `answers` and `scores` are of the mean probabilities,
    decided by the mean threshold: tests need one answer an image.
    """

    images: list[str]
    labels: np.ndarray  # (N,) true classes
    answers: np.ndarray  # (N,) predicted classes
    scores: np.ndarray  # (N, classes) probabilities
    patients: np.ndarray  # (N,) int
    predictions: Sequence[Predictions]  # of each seed
    bootstrap: Bootstrap
    values: Mapping[str, np.ndarray]  # of each metric, means over the seeds, as of `Bootstrap`


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
            seed=params.seeds[0],
            measure=params.measure,
            leakage=params.leakage,
            **params.evaluation,
        )

    def run(self, files: Files) -> Run:
        """Read the predictions of a run; raises ValueError where its seeds had other images."""
        tables = [
            read_predictions(paths).sort_values("sample_id", ignore_index=True) for paths in files
        ]
        images = tables[0]["sample_id"]
        if images.duplicated().any() or not all(images.equals(t["sample_id"]) for t in tables):
            raise ValueError("not every seed tests the same images once")
        bootstrap = Bootstrap(tables[0]["group"], self.bootstrap_samples, self.seed)
        predictions = [Predictions.from_table(table, self.classes) for table in tables]
        scores = np.mean([of_seed.probabilities for of_seed in predictions], 0)
        return Run(
            images=images.tolist(),
            labels=tables[0]["label"].to_numpy(),
            answers=self._answers(tables, scores),
            scores=scores,
            patients=np.unique(tables[0]["group"].to_numpy(str), return_inverse=True)[1],
            predictions=predictions,
            bootstrap=bootstrap,
            values=self._values(predictions, bootstrap),
        )

    def compare(self, first: Run, second: Run, comparisons: int = 1) -> dict[str, float | int]:
        """Return what the first run has more than the second, one of so many `comparisons`.

        `differences`, means over the seeds, with their bootstrap intervals over patients;
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
        patient are not; the interval over patients does not. With several seeds that test is of
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
        self, predictions: list[Predictions], bootstrap: Bootstrap
    ) -> dict[str, np.ndarray]:
        """Return the metrics of `differences`, means over the predictions, of all resamples.

        Macro F1 of a resample that lacks a class of the sample is nan: the average is over the
        classes that are true or said to be, which two runs may then not have in common.
        """
        of_class = np.eye(len(self.classes))[predictions[0].actual]
        of_class = of_class[:, of_class.any(0)]

        def means(weights: np.ndarray) -> dict[str, np.ndarray]:
            scored = [weighted_metrics(one, weights, self.positive_class) for one in predictions]
            found = {
                metric: np.mean([values[metric, ""] for values in scored], axis=0)
                for metric in differences(self.measure).values()
            }
            complete = (weights @ of_class > 0).all(1)
            return found | {"macro_f1": np.where(complete, found["macro_f1"], np.nan)}

        return bootstrap.apply(means)

    def _answers(self, tables: list[pd.DataFrame], scores: np.ndarray) -> np.ndarray:
        """Return the predicted class (N,) of the mean probabilities `scores`."""
        if len(tables) == 1:
            return tables[0]["predicted"].to_numpy()
        threshold = LARGEST_PROBABILITY
        if any("threshold" in table for table in tables):
            threshold = np.mean([thresholds_of(table) for table in tables], axis=0)
        return predicted_classes(scores, self.classes, self.positive_class, threshold)

    def _randomise(self, first: Run, second: Run, comparisons: int) -> float:
        return randomisation_test(
            first.predictions,
            second.predictions,
            first.patients,
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


def files_by_run(
    files: Iterable[str | Path],
    classifiers: Sequence[str],
    mixes: Sequence[str],
    seeds: Sequence[int],
    folds: Sequence[str],
) -> dict[tuple[str, str], Files]:
    """Return tables of predictions by (classifier, mix).

    `files` has them in the order in which a rule expands classifiers, mixes, seeds and folds.
    """
    remaining = iter(files)
    return {
        (classifier, mix): [[next(remaining) for _ in folds] for _ in seeds]
        for classifier in classifiers
        for mix in mixes
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
