"""Each mix against its real-only baseline, or another mix: does adding or removing images help?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from synthmix.evaluate.comparisons import OF_PAIRS, Comparison
from synthmix.evaluate.paired import NO_EVIDENCE, P_VALUES, Files, Judge, difference_columns
from synthmix.evaluate.verdict import ACCURACY, measure_column

HELPS, HURTS = "helps", "hurts"
BETTER, WORSE = "better", "worse"
VERDICTS = {1: HELPS, -1: HURTS, 0: NO_EVIDENCE}
VERDICTS_ON_PAIRS = {1: BETTER, -1: WORSE, 0: NO_EVIDENCE}
_RENAMED = {
    "only_first_correct": "only_mix_correct",
    "only_second_correct": "only_baseline_correct",
}


def compare_mixes(
    predictions: Mapping[tuple[str, str], Files],
    comparisons: Sequence[Comparison],
    classifiers: Sequence[str],
    output: str | Path,
    judge: Judge,
) -> None:
    """Write a row for each classifier and comparison.

    `predictions` holds, by (classifier, mix), the tables of predictions: for each repeat, of each
    fold. Columns: classifier, mix, baseline (or the other mix of a pair), family, leakage
    (how the images were split), and what `Judge.compare` returns of the mix (the first) and its
    baseline, with p_adjusted and auc_p_adjusted by Holm over the rows of the family, and the
    verdict: helps or hurts, of a pair better or worse. Where that is not about accuracy, judged_by
    names the measure that it, difference, low, high and p_value are of. Without anything to compare
    there is a header alone.
    """
    rows = []
    sizes = Counter(one.family for one in comparisons)
    for classifier in classifiers:
        names = {name for one in comparisons for name in (one.mix, one.baseline)}
        runs = {name: judge.run(predictions[classifier, name]) for name in names}
        rows += [
            {"classifier": classifier, **one.to_dict()}
            | judge.compare(runs[one.mix], runs[one.baseline], len(classifiers) * sizes[one.family])
            for one in comparisons
        ]
    judge.write_table(
        output,
        [{_RENAMED.get(name, name): value for name, value in row.items()} for row in rows],
        columns(judge.measure),
        lambda row: (VERDICTS_ON_PAIRS if row["family"] in OF_PAIRS else VERDICTS)[
            judge.verdict(row)
        ],
    )


def columns(measure: str = ACCURACY) -> list[str]:
    """Return the columns of the table where verdicts are about `measure`."""
    return [
        *("classifier", "mix", "baseline", "family", "leakage"),
        *measure_column(measure),
        *difference_columns(measure),
        *_RENAMED.values(),
        *P_VALUES.keys(),
        *P_VALUES.values(),
        "verdict",
    ]
