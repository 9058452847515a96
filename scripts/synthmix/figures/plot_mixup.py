"""Accuracy against the alpha of mixup, which blends training images."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.evaluate.score_predictions import ALL_FOLDS, ALL_SEEDS, MEAN_OF_FOLDS
from synthmix.figures import style
from synthmix.store import read_table

HOLLOW = {"linestyle": "none", "markerfacecolor": "none", "markersize": 8}


@style.look()
def plot_mixup(
    metrics: str | Path,
    baseline: str,
    mixups: Sequence[Mapping[str, Any]],
    output: str | Path,
    *,
    scale: str,
) -> None:
    """Draw a line of accuracies of the mix `baseline` for each of `mixups`, as `series` has them.

    With folds these are means over them, each test image having been judged once.
    """
    found = _accuracies(read_table(metrics), baseline)
    figure = style.new_figure("Accuracy against the alpha of mixup", 2.8, scale)
    axis = figure.subplots()
    alphas = sorted({point["alpha"] for line in mixups for point in line["points"]})
    nudge = 0.012 * (alphas[-1] - alphas[0])
    for number, line in enumerate(mixups):
        look, points = style.line(number), line["points"]
        rows = found.loc[[point["classifier"] for point in points]]
        # lines side by side, that intervals don't hide each other
        places = [point["alpha"] + nudge * (number - (len(mixups) - 1) / 2) for point in points]
        reach = [rows["value"] - rows["low"], rows["high"] - rows["value"]]
        axis.errorbar(places, rows["value"], yerr=reach, capsize=2, label=line["label"], **look)
        printed = [(at, point["published"]) for at, point in zip(places, points, strict=True)]
        printed = [(at, value) for at, value in printed if value is not None]
        if printed:
            label = f"{line['label']}, as published"
            axis.plot(*zip(*printed, strict=True), label=label, **look | HOLLOW)
    axis.set_xticks(alphas, [f"{alpha:g}" for alpha in alphas])
    axis.set(xlabel="alpha of mixup", ylabel="accuracy on the test images")
    style.legend_below(figure, *axis.get_legend_handles_labels())
    style.save(figure, output)


def _accuracies(metrics: pd.DataFrame, mix: str) -> pd.DataFrame:
    """Return value, low and high by classifier; a missing interval has no length."""
    means = MEAN_OF_FOLDS in set(metrics["fold"].astype(str))
    rows = metrics[
        (metrics["mix"] == mix)
        & (metrics["split"] == "test")
        & (metrics["metric"] == "accuracy")
        & (metrics["seed"].astype(str) == ALL_SEEDS)
        & (metrics["fold"].astype(str) == (MEAN_OF_FOLDS if means else ALL_FOLDS))
    ].set_index("classifier")
    ends = rows[["low", "high"]].apply(lambda end: end.fillna(rows["value"]))
    return rows[["value"]].join(ends)
