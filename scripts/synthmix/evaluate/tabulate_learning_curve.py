"""Learning curves of a study: how good with how many patients, and what a mix is worth in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.evaluate.effect import error_of
from synthmix.evaluate.exchange import Exchange, exchange_rate
from synthmix.evaluate.paired import Files
from synthmix.evaluate.predictions import read_predictions
from synthmix.evaluate.repeats import Repeats, repeats_of
from synthmix.evaluate.verdict import ACCURACY, measure_column
from synthmix.files import write_table
from synthmix.leakage import NONE, each_leakage
from synthmix.store import read_table

Predictions = Mapping[tuple[str, str], Files]  # by (classifier, mix)


@dataclass(frozen=True)
class Judging:
    """How the curves of a data set are judged."""

    classes: Sequence[str]
    positive_class: str | None
    confidence: float
    seed: int
    measure: str = ACCURACY
    leakage: str = NONE
    of_ready: Mapping[str, str] = field(default_factory=dict)
    """What is said of leaks of mixes with ready images: see `each_leakage`."""

    def point(self, files: Files) -> Repeats:
        """Return the results of a classifier on a mix, in all repeats."""
        tables = {repeat: read_predictions(paths) for repeat, paths in files.items()}
        return repeats_of(tables, None, self.classes, self.positive_class, self.measure)


def tabulate_learning_curve(
    predictions: Sequence[Predictions],
    splits: Sequence[Sequence[str | Path]],
    shares: Sequence[float],
    comparisons: Sequence[tuple[str, str]],
    output: str | Path,
    judging: Judging,
) -> None:
    """Write a row for each classifier, mix and share.

    `predictions` and `splits`, the tables of all splits and folds, are of the `shares` of the
    training patients, which rise; `comparisons` are the mixes whose curves are asked for, each with
    its baseline. Columns: classifier, mix, baseline (empty of a baseline), share, patients and
    images (real ones to train on, the mean of all splits and folds), leakage, judged_by where that
    is not accuracy, value of that measure with low and high, and what the mix is worth by all
    shares together: worth (one of `exchange.Kind`), more_patients with more_low and more_high (0.35
    for 35% more), and in_words. Raises UserError where two shares are as many patients.
    """
    sizes = [_size(tables) for tables in splits]
    patients = [size["patients"] for size in sizes]
    _require_rising(shares, patients)
    rows = []
    for classifier in dict.fromkeys(classifier for classifier, _ in predictions[0]):
        points = {
            mix: [judging.point(of_share[classifier, mix]) for of_share in predictions]
            for mix in dict.fromkeys(name for pair in comparisons for name in pair)
        }
        baseline_of = dict(comparisons)
        for mix, own in points.items():
            facts = {"classifier": classifier, "mix": mix, "baseline": baseline_of.get(mix, "")}
            worth = {}
            if mix in baseline_of:
                real = points[baseline_of[mix]]
                found = exchange_rate(patients, real, own, judging.confidence, judging.seed)
                worth = _worth(found)
            rows += [
                facts | {"share": share} | size | _value(point, judging.confidence) | worth
                for share, size, point in zip(shares, sizes, own, strict=True)
            ]
    table = pd.DataFrame(rows).assign(**measure_column(judging.measure))
    table["leakage"] = each_leakage(table["mix"], judging.leakage, judging.of_ready)
    write_table(output, table[columns(judging.measure)])


def by_share(files: Sequence[str], shares: int) -> list[list[str]]:
    """Return the `files` of each of so many shares, which have as many and stand one by one."""
    each = len(files) // shares
    return [list(files[place * each : (place + 1) * each]) for place in range(shares)]


def columns(measure: str = ACCURACY) -> list[str]:
    """Return the columns of the table where curves are of `measure`."""
    return [
        *("classifier", "mix", "baseline", "share", "patients", "images", "leakage"),
        *measure_column(measure),
        *("value", "low", "high"),
        *("worth", "more_patients", "more_low", "more_high", "in_words"),
    ]


def _size(splits: Sequence[str | Path]) -> dict[str, float]:
    """Return how many patients and images there are to train on, the mean of the `splits`."""
    parts = [table[table["split"] == "train"] for table in map(read_table, splits)]
    return {
        "patients": float(np.mean([part["group"].nunique() for part in parts])),
        "images": float(np.mean([len(part) for part in parts])),
    }


def _require_rising(shares: Sequence[float], patients: Sequence[float]) -> None:
    for position in range(1, len(shares)):
        if patients[position] <= patients[position - 1]:
            smaller, larger = shares[position - 1 : position + 1]
            raise UserError(
                f"learning_curve.real_patients: shares of {smaller:g} and {larger:g} are the same "
                f"{patients[position]:g} patients, at least one of each class: leave one out"
            )


def _value(point: Repeats, confidence: float) -> dict[str, float]:
    value = float(point.means((0, 1, 2)))
    reach = float(error_of(point).half_width(confidence))
    return {"value": value, "low": max(value - reach, 0.0), "high": min(value + reach, 1.0)}


def _worth(found: Exchange) -> dict[str, str | float]:
    return {
        "worth": found.kind.value,
        "more_patients": found.more,
        "more_low": found.low,
        "more_high": found.high,
        "in_words": found.in_words(),
    }
