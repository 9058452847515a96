"""Two ways to train that were tested on the same images: how far apart, and what can be said?"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from synthmix.evaluate.bootstrap import Bootstrap, Statistics, Values
from synthmix.evaluate.components import Components, components_of
from synthmix.evaluate.conclusion import Conclusion, conclude
from synthmix.evaluate.delong import delong_test
from synthmix.evaluate.effect import Effect, effect_of, effect_of_trained_networks
from synthmix.evaluate.influence import AUC
from synthmix.evaluate.metrics import weighted_metrics
from synthmix.evaluate.predictions import (
    PROBABILITY,
    Predictions,
    by_repeat,
    read_predictions,
    thresholds_of,
)
from synthmix.evaluate.randomisation import randomisation_test, trials_for
from synthmix.evaluate.repeats import Repeats, repeats_of, tested_images
from synthmix.evaluate.settings import MARGIN
from synthmix.evaluate.threshold import predicted_classes
from synthmix.evaluate.verdict import ACCURACY, measure_column
from synthmix.files import write_table
from synthmix.leakage import NONE, each_leakage
from synthmix.repeats import Repeat

# p-values of a row of `compare`, before and after Holm
NO_NAMES: Mapping[str, str] = {}
P_VALUES = {"p_value": "p_adjusted", "auc_p_value": "auc_p_adjusted"}
# of the interval that shows whether a difference is small, and what it is held against
NARROW, AGAINST = ("narrow_low", "narrow_high"), "margin"
TOLD = ("scope", "needs")  # of a conclusion, in words
OF_VARIANCE = ("source", "variance", "share")

Files = Mapping[Repeat, Sequence[str | Path]]  # tables of predictions: of each fold of a repeat
Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A classifier on one mix, as its comparisons need it.

    Where it was trained several times, `answers` and `scores` are of the mean probabilities of all
    trainings that tested the image, decided by the mean threshold; images are then in the order of
    their names, `labels` and `patients` too.
    """

    images: Mapping[int, list[str]]  # that each split tests
    labels: np.ndarray  # (N,) true classes
    answers: np.ndarray  # (N,) predicted classes
    scores: np.ndarray  # (N, classes) probabilities
    patients: np.ndarray  # (N,) names
    repeats: Mapping[str, Repeats]  # of each metric of `differences`
    bootstrap: Bootstrap
    values: Values  # of each metric, as of `Bootstrap`; empty where anything was repeated

    @property
    def is_repeated(self) -> bool:
        """Whether anything was split or trained more than once."""
        return _are_several(self.repeats)


@dataclass(frozen=True)
class Compared:
    """What `compare` found: the columns of a table, and what its verdict is concluded from."""

    row: Mapping[str, float | int]
    effect: Effect
    components: Components | None  # None of networks that were trained once


@dataclass(frozen=True)
class Judge:
    """How classifiers of one data set are compared."""

    classes: Sequence[str]
    positive_class: str | None
    bootstrap_samples: int
    confidence: float
    significance: float
    seed: int
    measure: str = ACCURACY  # that verdicts are about: one of those of the setting `verdict`
    margin: float = MARGIN
    leakage: str = NONE  # how the images were split
    # what is said of leaks of mixes with ready images: see `each_leakage`
    of_ready: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_job(cls, params: Any, measure: str) -> Self:
        """Return the judge by `measure` that the parameters of a rule describe."""
        return cls(
            params.classes,
            params.positive_class,
            seed=params.seed,
            measure=measure,
            margin=params.margin,
            leakage=params.leakage,
            of_ready=params.get("of_ready", NO_NAMES),
            **params.evaluation,
        )

    def run(self, files: Files) -> Run:
        """Read the predictions of a run.

        Raises ValueError where repeats of one split had other images, or repeats are missing.
        """
        tables = {
            key: read_predictions(paths).sort_values("sample_id", ignore_index=True)
            for key, paths in files.items()
        }
        images = tested_images(tables)
        pooled = self._pooled(tables)
        predictions = Predictions.from_table(pooled, self.classes)
        repeats = {
            metric: repeats_of(tables, None, self.classes, self.positive_class, metric)
            for metric in differences(self.measure).values()
        }
        bootstrap = Bootstrap(pooled["group"], self.bootstrap_samples, self.seed)
        return Run(
            images=images,
            labels=pooled["label"].to_numpy(),
            answers=pooled["predicted"].to_numpy(),
            scores=predictions.probabilities,
            patients=pooled["group"].to_numpy(str),
            repeats=repeats,
            bootstrap=bootstrap,
            values={} if _are_several(repeats) else bootstrap.apply(self._metrics(predictions)),
        )

    def compare(self, first: Run, second: Run, comparisons: int = 1) -> Compared:
        """Return what the first run has more than the second, one of so many `comparisons`.

        The columns: `differences` with their intervals, of that in the measure the narrow one too,
        only_first_correct and only_second_correct, p_value and auc_p_value. Where anything was
        repeated these are of `effect_of`. Else they are about two trained networks: intervals by
        bootstrap over patients, p_value of accuracy by McNemar's exact test, of another measure by
        `randomisation_test`, and auc_p_value by DeLong's test for the positive class, of two
        classes for either. Raises ValueError where the runs were tested on different images.
        """
        if first.images != second.images:
            raise ValueError("runs that are compared were tested on different images")
        right = [run.answers == run.labels for run in (first, second)]
        only_first = int((right[0] & ~right[1]).sum())
        only_second = int((right[1] & ~right[0]).sum())
        if first.is_repeated or second.is_repeated:
            effects, components = self._repeated(first, second)
        else:
            tested = (
                mcnemar_exact(only_first, only_second)
                if self.measure == ACCURACY
                else self._randomise(first, second, comparisons)
            )
            effects, components = self._trained_once(first, second, tested), None
        effect = effects[self.measure]
        row: Row = {}
        for prefix, metric in differences(self.measure).items():
            found = effects[metric]
            row |= {f"{prefix}difference": found.difference}
            row |= {f"{prefix}low": found.low, f"{prefix}high": found.high}
        row |= dict(zip(NARROW, (effect.narrow_low, effect.narrow_high), strict=True))
        row |= {"only_first_correct": only_first, "only_second_correct": only_second}
        row |= {"p_value": effect.p_value, "auc_p_value": effects[AUC].p_value}
        return Compared(row, effect, components)

    def write_table(
        self,
        output: str | Path,
        compared: Sequence[tuple[Row, Compared]],
        columns: Sequence[str],
        verdict_of: Callable[[Row, Conclusion], str],
        variance: str | Path | None = None,
        renamed: Mapping[str, str] = NO_NAMES,
    ) -> None:
        """Write a row of each pair: what was compared, and what `compare` returned of it.

        The columns are `columns`, of which the last has what `verdict_of` calls a conclusion. The
        p-values are adjusted over the table, or over each `family` of its rows. Without rows there
        is a header alone. To `variance` goes how much of the variance of each estimate has which
        source, where anything was repeated. Columns of `renamed` have other names.
        """
        rows = [names | found.row for names, found in compared]
        table = adjust(pd.DataFrame(rows)) if rows else pd.DataFrame()
        concluded = [
            self._conclude(found, adjusted)
            for (_, found), adjusted in zip(compared, table.get("p_adjusted", ()), strict=True)
        ]
        told = [
            {"scope": one.scope, "needs": one.needs.in_words(), columns[-1]: verdict_of(row, one)}
            for row, one in zip(rows, concluded, strict=True)
        ]
        table = table.assign(**pd.DataFrame(told, index=table.index))
        table = table.rename(columns=renamed)
        table = table.assign(leakage=self._leakage(table), margin=self.margin)
        table = table.assign(**measure_column(self.measure))
        write_table(output, table.reindex(columns=columns))
        if variance is not None:
            names = list(compared[0][0]) if compared else columns[:3]
            found = [row for pair in compared for row in _variance_rows(*pair)]
            write_table(variance, pd.DataFrame(found, columns=[*names, *OF_VARIANCE]))

    def _leakage(self, table: pd.DataFrame) -> Sequence[str]:
        """Return what each row of a comparison says of leaks: of the mix, and of its partner."""
        sides = [
            each_leakage(table[side], self.leakage, self.of_ready)
            for side in ("mix", "baseline")
            if side in table
        ]
        return [max(both, key=lambda said: said != NONE) for both in zip(*sides, strict=True)]

    def _conclude(self, found: Compared, p_adjusted: float) -> Conclusion:
        return conclude(found.effect, p_adjusted, found.components, self.margin, self.significance)

    def _repeated(self, first: Run, second: Run) -> tuple[dict[str, Effect], Components]:
        less = {
            metric: found.less(second.repeats[metric]) for metric, found in first.repeats.items()
        }
        effects = {
            metric: effect_of(found, self.confidence, self.significance)
            for metric, found in less.items()
        }
        return effects, components_of(less[self.measure])

    def _trained_once(self, first: Run, second: Run, p_value: float) -> dict[str, Effect]:
        p_values = {self.measure: p_value, AUC: self._test_auc(first, second)}
        return {
            metric: effect_of_trained_networks(
                first.values[metric] - second.values[metric],
                first.bootstrap,
                p_values.get(metric, np.nan),
                self.confidence,
                self.significance,
            )
            for metric in differences(self.measure).values()
        }

    def _metrics(self, one: Predictions) -> Statistics:
        """Return what gives the metrics of `differences` by the weights of images.

        Macro F1 of a resample that lacks a class of the sample is nan: the average is over the
        classes that are true or said to be, which two runs may then not have in common.
        """
        of_class = np.eye(len(self.classes))[one.actual]
        of_class = of_class[:, of_class.any(0)]

        def metrics(weights: np.ndarray) -> Values:
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
        pooled = images[["label", "group"]].first().join(images[means].mean()).reset_index()
        scores, threshold = pooled[means[1:]].to_numpy(np.float64), pooled["threshold"].to_numpy()
        return pooled.assign(
            predicted=predicted_classes(scores, self.classes, self.positive_class, threshold)
        )

    def _predictions(self, run: Run) -> Predictions:
        places = {label: place for place, label in enumerate(self.classes)}
        actual, said = (np.array([places[x] for x in one]) for one in (run.labels, run.answers))
        return Predictions(tuple(self.classes), actual, said, run.scores)

    def _randomise(self, first: Run, second: Run, comparisons: int) -> float:
        return randomisation_test(
            self._predictions(first),
            self._predictions(second),
            np.unique(first.patients, return_inverse=True)[1],
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


def compared_columns(measure: str) -> list[str]:
    """Return the columns that tables have of what `Judge.compare` found and was concluded of it."""
    return [
        *measure_column(measure),
        *difference_columns(measure),
        *NARROW,
        AGAINST,
        *("only_first_correct", "only_second_correct"),
        *P_VALUES.keys(),
        *P_VALUES.values(),
        *TOLD,
    ]


def difference_columns(measure: str) -> list[str]:
    """Return the columns of `differences` with their intervals."""
    ends = ("difference", "low", "high")
    return [f"{prefix}{end}" for prefix in differences(measure) for end in ends]


def _are_several(repeats: Mapping[str, Repeats]) -> bool:
    return next(iter(repeats.values())).counts != (1, 1, 1)


def _variance_rows(names: Row, found: Compared) -> list[Row]:
    if found.components is None:
        return []
    shares, parts = found.components.shares(), found.components.parts()
    return [
        names | dict(zip(OF_VARIANCE, (source, parts[source], share), strict=True))
        for source, share in shares.items()
    ]


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
