"""Every pair of classifiers that were trained on the same images: which is the better one?"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

from synthmix.evaluate.conclusion import Conclusion, Verdict
from synthmix.evaluate.paired import Files, Judge, Row, compared_columns
from synthmix.evaluate.verdict import ACCURACY


def compare_classifiers(
    predictions: Mapping[tuple[str, str], Files],
    mixes: Sequence[str],
    classifiers: Sequence[str],
    output: str | Path,
    judge: Judge,
) -> None:
    """Write a row for each mix and pair of `classifiers`; with one classifier a header alone.

    `predictions` holds, by (classifier, mix), the tables of predictions: for each repeat, of each
    fold. Columns: mix, first, second (classifiers), leakage (how the images were split),
    what `Judge.compare` returns of them, p_adjusted and auc_p_adjusted by Holm over the table, the
    scope of the verdict, what it would take where nothing can be told yet (needs), and better: the
    better classifier, or one of `Verdict`. Where that is not about accuracy, judged_by names the
    measure that it, difference, low, high and p_value are of.
    """
    compared = []
    comparisons = len(mixes) * math.comb(len(classifiers), 2)
    for mix in mixes if len(classifiers) > 1 else ():
        runs = {name: judge.run(predictions[name, mix]) for name in classifiers}
        compared += [
            (
                {"mix": mix, "first": first, "second": second},
                judge.compare(runs[first], runs[second], comparisons),
            )
            for first, second in combinations(classifiers, 2)
        ]
    judge.write_table(output, compared, columns(judge.measure), _better)


def columns(measure: str = ACCURACY) -> list[str]:
    """Return the columns of the table where classifiers are judged by `measure`."""
    return [
        *("mix", "first", "second", "leakage"),
        *compared_columns(measure),
        "better",
    ]


def _better(row: Row, concluded: Conclusion) -> str:
    better = {Verdict.HELPS: row["first"], Verdict.HURTS: row["second"]}
    return better.get(concluded.verdict, concluded.verdict)
