"""The summary of a study as Markdown: a metric with its interval in each cell."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from synthmix.evaluate.metrics import MACRO, OF_CLASS
from synthmix.evaluate.paired import differences
from synthmix.evaluate.score_predictions import ALL_FOLDS, ALL_SEEDS, MEAN_OF_FOLDS
from synthmix.evaluate.verdict import ACCURACY, judged_by
from synthmix.leakage import NONE, caution

WITH_POSITIVE = (
    "accuracy",
    "balanced_accuracy",
    "precision",
    "sensitivity",
    "specificity",
    "f1",
    "auc",
    "missed_positives",
)
WITHOUT_POSITIVE = (
    "accuracy",
    "balanced_accuracy",
    *MACRO,
    "cohen_kappa",
    "correct",
    "incorrect",
    "total",
)
COUNTS = ("correct", "incorrect", "total")
_ROUNDING = 1e-12


def study_markdown(
    summary: pd.DataFrame,
    metrics: pd.DataFrame,
    classifier_comparison: pd.DataFrame,
    pairs_of_mixes: pd.DataFrame,
    leakage: str = NONE,
    of_ready: Mapping[str, str] | None = None,
) -> str:
    """Return tables of mixes, classes, folds and pairs, and what is undefined.

    The arguments are the tables of these names; `pairs_of_mixes` are the rows of `comparison` that
    are about pairs. Classes are shown where no one class is the
    positive one, folds and pairs where there are any. What verdicts are about is told where it is
    not accuracy. Test images that were trained on, as `leakage` has it, are told first, and
    then what `of_ready` has of mixes with ready images (see `each_leakage`).
    """
    tested = metrics[(metrics["split"] == "test") & (metrics["seed"].astype(str) == ALL_SEEDS)]
    pooled = tested[tested["fold"].astype(str) == ALL_FOLDS]
    folds = tested[tested["fold"].astype(str) == MEAN_OF_FOLDS]
    has_positive = (pooled["metric"] == "sensitivity").any()
    usual = WITH_POSITIVE if has_positive else WITHOUT_POSITIVE
    shown = tuple(dict.fromkeys((*usual, judged_by(summary))))
    warning = caution(leakage)
    parts = [f"**{warning}: results are too good.**\n" if warning else ""]
    for said in sorted(set((of_ready or {}).values())):
        mixes = ", ".join(mix for mix, own in of_ready.items() if own == said)
        parts += [f"**{caution(said)}: {mixes}.**\n"]
    parts += [_mixes(summary, shown), _reasons(pooled, shown)]
    if not has_positive:
        parts += ["Each class against the rest:\n", _classes(pooled)]
    if len(folds):
        parts += ["Means over the folds, with intervals by Student's t:\n", _folds(folds, shown)]
        parts += [_reasons(folds, shown)]
    if len(pairs_of_mixes):
        parts += ["Pairs of mixes, the first less the second:\n", _mix_pairs(pairs_of_mixes)]
    if len(classifier_comparison):
        parts += ["Pairs of classifiers, the first less the second:\n"]
        parts += [_pairs(classifier_comparison)]
    return "\n".join(part for part in parts if part)


def _mixes(summary: pd.DataFrame, shown: Sequence[str]) -> str:
    measure = judged_by(summary)
    against = "against real only" + ("" if measure == ACCURACY else f", in {measure}")
    head = ["classifier", "mix", "real images", "synthetic images", *shown, against]
    rows = []
    for row in summary.to_dict("records"):
        verdict = row["verdict"] if isinstance(row["verdict"], str) else ""
        names = [row["classifier"], row["mix"], row["train_real"], row["train_synthetic"]]
        cells = [
            cell(metric, *(row[f"{metric}{end}"] for end in ("", "_low", "_high")))
            for metric in shown
        ]
        rows.append([*names, *cells, verdict])
    return markdown_table(head, rows)


def _classes(pooled: pd.DataFrame) -> str:
    of_class = pooled[pooled["class"].notna()]
    groups = of_class.groupby(["classifier", "mix", "class"], sort=False)
    rows = [[*names, *_cells(rows, OF_CLASS)] for names, rows in groups]
    return markdown_table(["classifier", "mix", "class", *OF_CLASS], rows)


def _folds(folds: pd.DataFrame, shown: Sequence[str]) -> str:
    shown = [metric for metric in shown if metric not in COUNTS]
    groups = folds[folds["class"].isna()].groupby(["classifier", "mix"], sort=False)
    rows = [[*names, *_cells(rows, shown)] for names, rows in groups]
    return markdown_table(["classifier", "mix", *shown], rows)


def _pairs(comparison: pd.DataFrame) -> str:
    measure = judged_by(comparison)
    better = "more accurate" if measure == ACCURACY else f"better in {measure}"
    told = differences(measure)
    head = ["mix", "first", "second", *told.values(), "adjusted p", better]
    rows = []
    for row in comparison.to_dict("records"):
        cells = _difference_cells(row, told)
        names = [row["mix"], row["first"], row["second"]]
        rows.append([*names, *cells, f"{row['p_adjusted']:.3g}", row["better"]])
    return markdown_table(head, rows)


def _mix_pairs(comparison: pd.DataFrame) -> str:
    told = differences(judged_by(comparison))
    head = ["classifier", "first", "second", *told.values(), "adjusted p", "the first is"]
    rows = []
    for row in comparison.to_dict("records"):
        cells = _difference_cells(row, told)
        names = [row["classifier"], row["mix"], row["baseline"]]
        rows.append([*names, *cells, f"{row['p_adjusted']:.3g}", row["verdict"]])
    return markdown_table(head, rows)


def _difference_cells(row: Mapping[str, Any], told: Mapping[str, str]) -> list[str]:
    return [
        cell(name, *(row[f"{prefix}{end}"] for end in ("difference", "low", "high")))
        for prefix, name in told.items()
    ]


def _reasons(rows: pd.DataFrame, shown: Sequence[str]) -> str:
    """Say why cells of the table before have no value; nothing where all have."""
    missing = rows[rows["undefined"].notna() & rows["class"].isna() & rows["metric"].isin(shown)]
    lines = [
        f"- {row.metric} of {row.classifier}, {row.mix}, is undefined: {row.undefined}"
        for row in missing.itertuples()
    ]
    return "\n".join(lines) + "\n" if lines else ""


def _cells(rows: pd.DataFrame, metrics: Iterable[str]) -> list[str]:
    found = rows.set_index("metric")[["value", "low", "high"]]
    return [cell(metric, *found.loc[metric]) for metric in metrics]


def cell(metric: str, value: float, low: float, high: float) -> str:
    """Return a value of `metric` with its interval, if it has one; "-" where it is undefined."""
    if math.isnan(value):
        return "-"
    write = _count if metric in (*COUNTS, "missed_positives") else _number
    has_limits = metric not in COUNTS and not math.isnan(low)
    return write(value) + (f" ({write(low)} to {write(high)})" if has_limits else "")


def _number(value: float) -> str:
    """Return three digits of `value`; 0 where rounding alone keeps a mean from it."""
    return f"{value if abs(value) > _ROUNDING else 0.0:.3g}"


def _count(images: float) -> str:
    """Return a number of images in full; a mean keeps one decimal."""
    return f"{images:.0f}" if float(images).is_integer() else f"{images:.1f}"


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, cells))} |" for cells in lines) + "\n"
