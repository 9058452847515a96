"""The table of a sweep: what was tried in each stage, by what it was judged, how it tests."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from synthmix.evaluate.study_markdown import cell, markdown_table
from synthmix.files import write_table, write_text
from synthmix.leakage import NONE, caution
from synthmix.search.table import read_search, searched_settings
from synthmix.sweep.scorer import Scorer

TEST_METRICS = (
    *("accuracy", "macro_precision", "macro_recall", "macro_f1"),
    *("correct", "incorrect", "total"),
)
_COUNTS = ("correct", "incorrect", "total")


def tabulate_sweep(
    classifier: str,
    stages: Sequence[str | Path],
    predictions: Mapping[str, str | Path],
    scorer: Scorer,
    output: str | Path,
    markdown: str | Path,
    leakage: str = NONE,
) -> None:
    """Write a row a candidate of the sweep of `classifier`, stage by stage.

    `stages` are the tables that `choose_classifier` wrote, `predictions` what each candidate says
    of its test images. Columns of `output`: stage, candidate, settings (as a study writes them),
    score, validation, validation_low, validation_high, rank and chosen of the choice; and the
    `TEST_METRICS`, each as test_<metric>, but counts with _low and _high; and `leakage`, which
    says how the images were split. `markdown` has a table a stage, and says that test images took
    no part in the choice, or were trained on.
    """
    tables = [read_search(path) for path in stages]
    rows = []
    for number, table in enumerate(tables, start=1):
        settings = searched_settings(table)
        for row in table.to_dict("records"):
            shown = ", ".join(f"{name}: {row[name]}" for name in settings)
            rows.append(
                {"stage": number, "candidate": row["candidate"], "settings": shown}
                | _validation(row)
                | _tested(predictions[row["candidate"]], scorer)
            )
    result = pd.DataFrame(rows).astype({"rank": "Int64"}).assign(leakage=leakage)
    write_table(output, result)
    write_text(markdown, sweep_markdown(classifier, result))


def sweep_markdown(classifier: str, table: pd.DataFrame) -> str:
    """Return the table of a sweep for people to read."""
    score, warning = table["score"].iloc[0], caution(table["leakage"].iloc[0])
    choice = f"Settings of {classifier}, chosen stage by stage by {score} on the validation images"
    if warning:
        parts = [f"**{warning}: results are too good.**\n", f"{choice}.\n"]
    else:
        tested = "The test images, of which the other columns are, took no part in the choice."
        parts = [f"{choice} alone. {tested}\n"]
    head = ["settings", f"validation {score}", *(_title(name) for name in TEST_METRICS), "chosen"]
    for stage, rows in table.groupby("stage"):
        lines = [_line(row) for row in rows.to_dict("records")]
        parts += [f"Stage {stage}:\n", markdown_table(head, lines)]
    return "\n".join(parts)


def _validation(row: Mapping[str, float | str]) -> dict[str, float | str]:
    return {
        "score": row["score"],
        "validation": row["value"],
        "validation_low": row["low"],
        "validation_high": row["high"],
        "rank": row["rank"],
        "chosen": row["chosen"],
    }


def _tested(predictions: str | Path, scorer: Scorer) -> dict[str, float]:
    values = {}
    for metric, (value, low, high) in scorer.estimates(predictions, TEST_METRICS).items():
        values[f"test_{metric}"] = value
        if metric not in _COUNTS:
            values |= {f"test_{metric}_low": low, f"test_{metric}_high": high}
    return values


def _line(row: Mapping[str, float | str]) -> list[str]:
    def shown(metric: str, column: str) -> str:
        # counts have no interval
        low, high = (row.get(f"{column}_{end}", math.nan) for end in ("low", "high"))
        return cell(metric, row[column], low, high)

    tested = [shown(metric, f"test_{metric}") for metric in TEST_METRICS]
    chosen = "yes" if row["chosen"] else ""
    return [row["settings"], shown(row["score"], "validation"), *tested, chosen]


def _title(metric: str) -> str:
    return metric if metric in _COUNTS else f"test {metric.replace('_', ' ')}"
