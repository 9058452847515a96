"""ROC curves: how many images of a class are found for how many that are not of it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from sklearn.metrics import roc_curve

from synthmix.evaluate.predictions import PROBABILITY
from synthmix.figures import style
from synthmix.figures.mix_names import read_mix_names
from synthmix.figures.predictions import (
    PredictionFile,
    baselines_first,
    classes_of,
    overall,
    read_predictions,
    value_text,
)
from synthmix.store import read_table

MOST_MIXES = 8
MOST_CLASSES = 16
SIDE = 3.1
LINE = 0.135
NO_CURVE = "no ROC: one class only\nin the test images"


@style.look()
def plot_roc(
    predictions: Sequence[PredictionFile],
    metrics: str | Path,
    output: str | Path,
    *,
    scale: str,
    positive_class: str | None = None,
    mixes: str | Path | None = None,
) -> None:
    """Draw a panel for each classifier: a curve a mix, of `positive_class` against the rest.

    Without a positive class a curve is that of a class against the rest, of the first mix. The
    folds of a repeat make one curve, each repeat its own. The legend has the AUC and its interval
    of the long table `metrics`. Where images are of one class only a panel says so. `mixes`, the
    table of the study's mixes, gives them their names.
    """
    table = read_predictions(predictions)
    names = read_mix_names(mixes, table["mix"])
    shown = baselines_first(names)[: MOST_MIXES if positive_class else 1]
    known = classes_of(table)
    classes = [positive_class] if positive_class else known[:MOST_CLASSES]
    curves = [(mix, label) for mix in shown for label in classes]
    texts = [names[mix].full if positive_class else label for mix, label in curves]
    texts = [style.wrap(style.shorten(text, 70), 36) for text in texts]
    classifiers = list(table["classifier"].unique())
    lines = sum(text.count("\n") + 2.7 for text in texts)
    band = max(SIDE, LINE * lines) + 0.75
    if positive_class:
        title = _title_of_one(positive_class, len(shown), len(names))
    else:
        title = _title_of_each(len(classes), len(known), names[shown[0]].full, len(names))
    figure = style.new_figure(title, 0.7 + band * len(classifiers), scale)
    axes = figure.subplots(len(classifiers), 2, squeeze=False)
    values = read_table(metrics)
    for (axis, beside), classifier in zip(axes, classifiers, strict=True):
        own = table[table["classifier"] == classifier]
        for number, ((mix, label), text) in enumerate(zip(curves, texts, strict=True)):
            area = overall(values, classifier, mix, "auc", None if positive_class else label)
            _draw_curves(
                axis, own[own["mix"] == mix], label, number, f"{text}\n{value_text('AUC', area)}"
            )
        _finish(axis, beside, classifier)
    style.save(figure, output)


def _title_of_each(shown: int, total: int, first: str, mixes: int) -> str:
    which = f"the first {shown} of {total} classes, each" if shown < total else "each class"
    mix = f", {style.shorten(first, 60)}" if mixes > 1 else ""
    return f"ROC curves of {which} against the rest{mix}"


def _title_of_one(positive_class: str, shown: int, total: int) -> str:
    few = f", the first {shown} of {total} training sets" if shown < total else ""
    return f"ROC curves, {style.shorten(positive_class, 40)} against the rest{few}"


def _draw_curves(axis: Axes, table: pd.DataFrame, label: str, number: int, text: str) -> None:
    """Draw the curve of each repeat; the first of them has the `text` of the legend."""
    marked = (0.04 + 0.02 * (number % 8), 0.22)
    for _, rows in table.groupby("repeat"):
        actual = rows["label"] == label
        if actual.all() or not actual.any():
            continue
        false, true, _ = roc_curve(actual, rows[PROBABILITY + label], drop_intermediate=True)
        axis.plot(false, true, label=text, markevery=marked, **style.line(number))
        text = "_nolegend_"


def _finish(axis: Axes, beside: Axes, classifier: str) -> None:
    handles, labels = axis.get_legend_handles_labels()
    axis.set_title(style.wrap(style.shorten(classifier, 60), 36))
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", anchor="W")
    axis.set(xlabel="1 \u2212 specificity", ylabel="sensitivity")
    axis.set_xticks(np.linspace(0, 1, 5))
    axis.set_yticks(np.linspace(0, 1, 5))
    beside.set_axis_off()
    if not handles:
        axis.text(0.5, 0.5, NO_CURVE, ha="center", va="center", color=style.MUTED)
        return
    axis.plot([0, 1], [0, 1], color=style.MUTED, lw=0.8, ls=(0, (1, 3)))
    beside.legend(handles, labels, loc="center left", handlelength=3, labelspacing=0.7)
