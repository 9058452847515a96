"""Each mix against its real-only baseline: does adding or removing images help?"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from synthmix.evaluate.paired import DIFFERENCE_COLUMNS, NO_EVIDENCE, P_VALUES, Files, Judge, adjust
from synthmix.files import write_table
from synthmix.leakage import NONE
from synthmix.mix.plan import Mix

HELPS, HURTS = "helps", "hurts"
VERDICTS = {1: HELPS, -1: HURTS, 0: NO_EVIDENCE}
_RENAMED = {
    "only_first_correct": "only_mix_correct",
    "only_second_correct": "only_baseline_correct",
}
COLUMNS = (
    *("classifier", "mix", "baseline", "leakage"),
    *DIFFERENCE_COLUMNS,
    *_RENAMED.values(),
    *P_VALUES.keys(),
    *P_VALUES.values(),
    "verdict",
)


def compare_mixes(
    predictions: Mapping[tuple[str, str], Files],
    mixes: Sequence[Mix],
    classifiers: Sequence[str],
    output: str | Path,
    judge: Judge,
    leakage: str = NONE,
) -> None:
    """Write a row for each classifier and mix but the baselines themselves.

    `predictions` holds, by (classifier, mix), the tables of predictions: for each training seed,
    of each fold. Columns: classifier, mix, baseline, leakage (how the images were split), and what
    `Judge.compare` returns of the mix (the first) and its baseline, with p_adjusted and
    auc_p_adjusted by Holm over the table, and the verdict, which is about accuracy. Without mixes
    to compare there is a header alone.
    """
    rows = []
    for classifier in classifiers:
        compared = [mix for mix in mixes if not mix.is_baseline]
        names = {name for mix in compared for name in (mix.name, mix.baseline)}
        runs = {name: judge.run(predictions[classifier, name]) for name in names}
        rows += [
            {"classifier": classifier, "mix": mix.name, "baseline": mix.baseline}
            | judge.compare(runs[mix.name], runs[mix.baseline])
            for mix in compared
        ]
    table = pd.DataFrame(rows).rename(columns=_RENAMED)
    if rows:
        table = adjust(table)
        table["verdict"] = [VERDICTS[judge.verdict(row)] for row in table.to_dict("records")]
    write_table(output, table.assign(leakage=leakage).reindex(columns=COLUMNS))
