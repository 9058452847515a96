"""Whether a classifier is right as often as its probabilities say."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from synthmix.evaluate.calibration import BINS
from synthmix.figures import style
from synthmix.figures.mix_names import read_mix_names
from synthmix.figures.panels import bands, panel_axes, place_panels
from synthmix.figures.predictions import (
    PredictionFile,
    baselines_first,
    classes_of,
    overall,
    probabilities,
    read_predictions,
    value_text,
)
from synthmix.store import read_table

MOST_MIXES = 4
MOST_COLUMNS = 3


@style.look()
def plot_calibration(
    predictions: Sequence[PredictionFile],
    metrics: str | Path,
    output: str | Path,
    *,
    scale: str,
    mixes: str | Path | None = None,
) -> None:
    """Draw a reliability diagram for each classifier, a line a mix: Guo et al. (2017).

    The images are put into `BINS` equal bins of their largest probability; a point is the share of
    a bin whose most probable class is the true one, at the mean of their probabilities. Below it
    stands how many images each bin has; images of all repeats and folds are counted. The expected
    calibration error (ECE) is that of the long table `metrics`. `mixes`, the table of the study's
    mixes, gives them their names.
    """
    table = read_predictions(predictions)
    names = read_mix_names(mixes, table["mix"])
    shown = baselines_first(names)[:MOST_MIXES]
    classifiers = list(table["classifier"].unique())
    titles = [style.wrap(style.shorten(name, 60), 22) for name in classifiers]
    panels = place_panels([("", title) for title in titles], MOST_COLUMNS)
    figure = style.new_figure(_title(len(shown), len(names)), 0.6 + 3.6 * bands(panels), scale)
    axes = panel_axes(figure, panels, depth=2, sharex=True, height_ratios=[3, 1] * bands(panels))
    values = read_table(metrics)
    for classifier, panel, (upper, lower) in zip(classifiers, panels, axes, strict=True):
        own = table[table["classifier"] == classifier]
        for number, mix in enumerate(shown):
            error = overall(values, classifier, mix, "expected_calibration_error")
            _draw_mix(upper, lower, own[own["mix"] == mix], number, value_text("ECE", error))
        _finish(upper, lower, first=panel.column == 0, panels=len(panels))
    if len(shown) > 1:
        handles = [Line2D([], [], **style.line(number)) for number in range(len(shown))]
        style.legend_below(figure, handles, [names[mix].full for mix in shown])
    style.save(figure, output)


def reliability(table: pd.DataFrame) -> pd.DataFrame:
    """Return for each of the bins that are not empty its images, confidence and accuracy.

    `table` is one of predictions. A bin takes what lies above its lower limit, up to its upper one.
    """
    chances = probabilities(table)
    confidence = chances.max(1)
    said = np.array(classes_of(table))[chances.argmax(1)]
    bin_of = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    rows = pd.DataFrame(
        {"bin": bin_of, "confidence": confidence, "accuracy": said == table["label"].to_numpy(str)}
    )
    bins = rows.groupby("bin").agg(
        images=("accuracy", "size"),
        confidence=("confidence", "mean"),
        accuracy=("accuracy", "mean"),
    )
    return bins.reset_index()


def _title(shown: int, total: int) -> str:
    few = f", the first {shown} of {total} training sets" if shown < total else ""
    return f"Calibration: how often the most probable class is right{few}"


def _draw_mix(upper: Axes, lower: Axes, table: pd.DataFrame, number: int, text: str) -> None:
    if table.empty:
        return
    bins = reliability(table)
    line = style.line(number)
    upper.plot(bins["confidence"], bins["accuracy"], label=text, **line)
    counts = np.zeros(BINS)
    counts[bins["bin"]] = bins["images"]
    lower.stairs(
        counts, np.linspace(0, 1, BINS + 1), color=line["color"], linestyle=line["linestyle"]
    )


def _finish(upper: Axes, lower: Axes, first: bool, panels: int) -> None:
    upper.plot([0, 1], [0, 1], color=style.MUTED, lw=0.8, ls=(0, (1, 3)))
    upper.set(xlim=(0, 1), ylim=(-0.03, 1.03))
    upper.legend(loc="upper left", fontsize=7 if panels > 1 else 8, handlelength=2.4)
    lower.set_xlabel("largest probability")
    lower.set_ylim(bottom=0)
    upper.set_ylabel("share that is right" if first else "")
    lower.set_ylabel("images" if first else "")
    style.few_ticks(lower, "y", 3, integer=True)
    style.few_ticks(lower, "x", 5)
