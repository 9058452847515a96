"""The table of a search: what was tried in each stage, by what it was judged, how it tests."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.evaluate.study_markdown import cell, markdown_table
from synthmix.files import write_table, write_text
from synthmix.leakage import NONE, caution
from synthmix.search.scorer import Scorer
from synthmix.search.table import AFTER, read_search, searched_settings

TEST_METRICS = (
    *("accuracy", "macro_precision", "macro_recall", "macro_f1"),
    *("correct", "incorrect", "total"),
)
_COUNTS = ("correct", "incorrect", "total")


def tabulate_search(
    name: str,
    stages: Sequence[str | Path],
    predictions: Mapping[str, str | Path],
    scorer: Scorer | None,
    output: str | Path,
    markdown: str | Path,
    leakage: str = NONE,
    adopted: bool = True,
) -> None:
    """Write a row a candidate of the search for settings of `name`, stage by stage.

    `stages` are the tables that `choose_candidate` wrote, `predictions` what each candidate that
    is a classifier says of its test images, which `scorer` scores; there are none of generators.
    Columns of `output`: stage, candidate, settings (as a study writes them); score, value, low,
    high, rank and chosen of the choice; of classifiers the `TEST_METRICS`, each as test_<metric>,
    but counts with _low and _high; and `leakage`, which says how the images were split. `markdown`
    has a table a stage, and says that test images took no part in the choice, or were trained on,
    and where nothing is `adopted` that the study trains with the settings that it gives: then none
    is chosen.
    """
    rows = []
    for number, path in enumerate(stages, start=1):
        table = read_search(path)
        for row in table.to_dict("records"):
            settings = ", ".join(f"{name}: {row[name]}" for name in searched_settings(table))
            rows.append(
                {"stage": number, "candidate": row["candidate"], "settings": settings}
                | {column: row[column] for column in AFTER}
                | (_tested(predictions[row["candidate"]], scorer) if scorer else {})
            )
    result = pd.DataFrame(rows).astype({"rank": "Int64"}).assign(leakage=leakage)
    result["chosen"] &= adopted
    write_table(output, result)
    write_text(markdown, search_markdown(name, result, adopted))


def search_markdown(name: str, table: pd.DataFrame, adopted: bool = True) -> str:
    """Return the table of a search for people to read."""
    score, tested = table["score"].iloc[0], "test_total" in table
    tests = map(_title, TEST_METRICS) if tested else ()
    head = [
        "settings",
        f"validation {score}" if tested else score,
        *tests,
        "chosen" if adopted else "best",
    ]
    parts = [_about(name, score, tested, adopted, caution(table["leakage"].iloc[0]))]
    for stage, rows in table.groupby("stage"):
        lines = [_line(row, tested) for row in rows.to_dict("records")]
        parts += [f"Stage {stage}:\n", markdown_table(head, lines)]
    return "\n".join(parts)


def _about(name: str, score: str, tested: bool, adopted: bool, warning: str | None) -> str:
    by = f"{score} on the validation images" if tested else f"{score} on training images"
    choice = f"Settings of {name}, chosen stage by stage by {by}"
    if not adopted:
        choice = (
            "Nothing goes on from the best: each stage, and what is trained in the end, has the "
            f"settings that the study gives. Settings of {name}, judged stage by stage by {by}"
        )
    if warning:
        return f"**{warning}: results are too good.**\n\n{choice}.\n"
    others = "The test images, of which the other columns are, took no part in the choice."
    return f"{choice} alone.{f' {others}' if tested else ''}\n"


def _tested(predictions: str | Path, scorer: Scorer) -> dict[str, float]:
    values = {}
    for metric, (value, low, high) in scorer.estimates(predictions, TEST_METRICS).items():
        values[f"test_{metric}"] = value
        if metric not in _COUNTS:
            values |= {f"test_{metric}_low": low, f"test_{metric}_high": high}
    return values


def _line(row: Mapping[str, Any], tested: bool) -> list[str]:
    score = cell(row["score"], row["value"], row["low"], row["high"])
    tests = [_test_cell(row, metric) for metric in TEST_METRICS] if tested else []
    return [row["settings"], score, *tests, "yes" if row["rank"] == 1 else ""]


def _test_cell(row: Mapping[str, Any], metric: str) -> str:
    # counts have no interval
    low, high = (row.get(f"test_{metric}_{end}", math.nan) for end in ("low", "high"))
    return cell(metric, row[f"test_{metric}"], low, high)


def _title(metric: str) -> str:
    return metric if metric in _COUNTS else f"test {metric.replace('_', ' ')}"
