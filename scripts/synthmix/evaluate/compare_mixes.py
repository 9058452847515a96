"""Each mix against its real-only baseline: does adding or removing images help?"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from synthmix.evaluate.paired import NO_EVIDENCE, P_VALUES, Files, Judge, difference_columns
from synthmix.evaluate.verdict import ACCURACY, measure_column
from synthmix.mix.plan import Mix

HELPS, HURTS = "helps", "hurts"
VERDICTS = {1: HELPS, -1: HURTS, 0: NO_EVIDENCE}
_RENAMED = {
    "only_first_correct": "only_mix_correct",
    "only_second_correct": "only_baseline_correct",
}


def compare_mixes(
    predictions: Mapping[tuple[str, str], Files],
    mixes: Sequence[Mix],
    classifiers: Sequence[str],
    output: str | Path,
    judge: Judge,
) -> None:
    """Write a row for each classifier and mix but the baselines themselves.

    `predictions` holds, by (classifier, mix), the tables of predictions: for each training seed,
    of each fold. Columns: classifier, mix, baseline, leakage (how the images were split), and what
    `Judge.compare` returns of the mix (the first) and its baseline, with p_adjusted and
    auc_p_adjusted by Holm over the table, and the verdict. Where that is not about accuracy,
    judged_by names the measure that it, difference, low, high and p_value are of. Without mixes to
    compare there is a header alone.
    """
    rows = []
    compared = [mix for mix in mixes if not mix.is_baseline]
    comparisons = len(classifiers) * len(compared)
    for classifier in classifiers:
        names = {name for mix in compared for name in (mix.name, mix.baseline)}
        runs = {name: judge.run(predictions[classifier, name]) for name in names}
        rows += [
            {"classifier": classifier, "mix": mix.name, "baseline": mix.baseline}
            | judge.compare(runs[mix.name], runs[mix.baseline], comparisons)
            for mix in compared
        ]
    judge.write_table(
        output,
        [{_RENAMED.get(name, name): value for name, value in row.items()} for row in rows],
        columns(judge.measure),
        lambda row: VERDICTS[judge.verdict(row)],
    )


def columns(measure: str = ACCURACY) -> list[str]:
    """Return the columns of the table where verdicts are about `measure`."""
    return [
        *("classifier", "mix", "baseline", "leakage"),
        *measure_column(measure),
        *difference_columns(measure),
        *_RENAMED.values(),
        *P_VALUES.keys(),
        *P_VALUES.values(),
        "verdict",
    ]
