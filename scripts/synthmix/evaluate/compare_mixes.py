"""Each mix against its real-only baseline, or another mix: does adding or removing images help?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from synthmix.evaluate.comparisons import OF_PAIRS, Comparison
from synthmix.evaluate.conclusion import Conclusion, Verdict
from synthmix.evaluate.paired import Files, Judge, Row, compared_columns
from synthmix.evaluate.verdict import ACCURACY

# what is said of the first of a pair
VERDICTS_ON_PAIRS = {Verdict.HELPS: "better", Verdict.HURTS: "worse"}
_RENAMED = {
    "only_first_correct": "only_mix_correct",
    "only_second_correct": "only_baseline_correct",
}


def compare_mixes(
    predictions: Mapping[tuple[str, str], Files],
    comparisons: Sequence[Comparison],
    classifiers: Sequence[str],
    output: str | Path,
    variance: str | Path,
    judge: Judge,
) -> None:
    """Write a row for each classifier and comparison.

    `predictions` holds, by (classifier, mix), the tables of predictions: for each repeat, of each
    fold. Columns: classifier, mix, baseline (or the other mix of a pair), family, leakage
    (how the images were split), and what `Judge.compare` returns of the mix (the first) and its
    baseline, with p_adjusted and auc_p_adjusted by Holm over the rows of the family; the scope of
    the verdict, what it would take where nothing can be told yet (needs), and the verdict, one of
    `Verdict`; of a pair better and worse stand for helps and hurts. Where that is not about
    accuracy, judged_by names the measure that it, difference, low, high and p_value are of. Without
    anything to compare there is a header alone.

    `variance` gets, of each comparison in which anything was repeated, the variance of the
    difference that each source has, and its share.
    """
    compared = []
    sizes = Counter(one.family for one in comparisons)
    for classifier in classifiers:
        names = {name for one in comparisons for name in (one.mix, one.baseline)}
        runs = {name: judge.run(predictions[classifier, name]) for name in names}
        compared += [
            (
                {"classifier": classifier, **one.to_dict()},
                judge.compare(
                    runs[one.mix], runs[one.baseline], len(classifiers) * sizes[one.family]
                ),
            )
            for one in comparisons
        ]
    judge.write_table(output, compared, columns(judge.measure), _verdict, variance, _RENAMED)


def _verdict(row: Row, concluded: Conclusion) -> str:
    verdict = concluded.verdict
    return VERDICTS_ON_PAIRS.get(verdict, verdict) if row["family"] in OF_PAIRS else verdict


def columns(measure: str = ACCURACY) -> list[str]:
    """Return the columns of the table where verdicts are about `measure`."""
    return [
        *("classifier", "mix", "baseline", "family", "leakage"),
        *(_RENAMED.get(name, name) for name in compared_columns(measure)),
        "verdict",
    ]
