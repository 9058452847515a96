"""Accuracy against the share of real images in the mix."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from synthmix.figures import style
from synthmix.store import read_table

DODGE = 0.1


@style.look()
def plot_real_share(summary: str | Path, output: str | Path, *, demo: bool) -> None:
    """Draw a line for each class share, and its real-only baseline at the right.

    Reads the columns classifier, mix, kind, generator, class_shares, real_share, accuracy,
    accuracy_low, accuracy_high and published_accuracy of the table `summary`. A panel for each
    classifier and generator; published values are hollow.
    """
    table = read_table(summary)
    mixes, baselines = (table[table["kind"] == kind] for kind in ("synthetic_mix", "real_only"))
    classifiers = list(table["classifier"].unique())
    generators = list(mixes["generator"].unique()) or [""]
    height = 0.6 + 2.7 * len(classifiers)
    figure = style.new_figure("Accuracy against the share of real images", height, demo)
    axes = figure.subplots(
        len(classifiers), len(generators), squeeze=False, sharex=True, sharey=True
    )
    for row, classifier in zip(axes, classifiers, strict=True):
        for axis, generator in zip(row, generators, strict=True):
            lines = mixes[(mixes["classifier"] == classifier) & (mixes["generator"] == generator)]
            ends = baselines[baselines["classifier"] == classifier]
            _draw_panel(axis, lines, ends, sorted(mixes["real_share"].unique()), table)
            prefixes = (classifier, classifiers), (generator, generators)
            title = ", ".join(name for name, all_names in prefixes if len(all_names) > 1)
            axis.set_title(style.wrap(title, 70 // len(generators)))
        row[0].set_ylabel("accuracy")
    for axis in axes[-1]:
        axis.set_xlabel("share of real images in the mix")
    _add_legend(figure, table)
    style.save(figure, output)


def _draw_panel(
    axis: Axes,
    mixes: pd.DataFrame,
    baselines: pd.DataFrame,
    real_shares: list[float],
    table: pd.DataFrame,
) -> None:
    series = list(table["class_shares"].unique())
    end = len(real_shares) + 0.25
    dodge = min(DODGE, 0.6 / len(series))
    for i, shares in enumerate(series):
        offset = dodge * (i - (len(series) - 1) / 2)
        line = mixes[mixes["class_shares"] == shares].sort_values("real_share")
        places = np.array([real_shares.index(share) for share in line["real_share"]]) + offset
        axis.plot(places, line["accuracy"], **_mark(i))
        _draw_intervals(axis, places, line, i)
        baseline = baselines[baselines["class_shares"] == shares]
        for value in baseline["accuracy"]:
            axis.hlines(value, -0.35, end + offset, color=_mark(i)["color"], ls=":", lw=1)
        axis.plot([end + offset] * len(baseline), baseline["accuracy"], **_mark(i))
        _draw_intervals(axis, np.full(len(baseline), end + offset), baseline, i)
    axis.axvline(len(real_shares) - 0.375, color=style.RULE, lw=1)
    labels = [f"{100 * share:g}%" for share in real_shares] + ["real only"]
    axis.set_xticks([*range(len(real_shares)), end], labels)
    axis.set_xlim(-0.4, end + 0.4)
    axis.grid(False, axis="x")
    style.few_ticks(axis, "y", 6)


def _draw_intervals(axis: Axes, places: np.ndarray, rows: pd.DataFrame, series: int) -> None:
    """Draw the intervals and, hollow, the published values."""
    mark = _mark(series)
    axis.vlines(
        places, rows["accuracy_low"], rows["accuracy_high"], color=mark["color"], lw=1.2, alpha=0.75
    )
    axis.plot(places, rows["published_accuracy"], **mark | _hollow(mark["color"]))


def _mark(series: int) -> dict[str, object]:
    return {
        "color": style.SERIES[series % len(style.SERIES)],
        "marker": style.MARKERS[series % len(style.MARKERS)],
        "markersize": 5.5,
    }


def _hollow(colour: str) -> dict[str, object]:
    return {
        "linestyle": "none",
        "markerfacecolor": "none",
        "markeredgecolor": colour,
        "markeredgewidth": 1.4,
        "markersize": 10,
    }


def _add_legend(figure: Figure, table: pd.DataFrame) -> None:
    series = list(table["class_shares"].unique())
    handles = [Line2D([], [], **_mark(i)) for i in range(len(series))]
    labels = [str(shares) for shares in series]
    if (table["kind"] == "real_only").any():
        handles.append(Line2D([], [], color=style.MUTED, ls=":", lw=1))
        labels.append("real images only")
    if table["published_accuracy"].notna().any():
        handles.append(Line2D([], [], marker="o", **_hollow(style.MUTED)))
        labels.append("published")
    style.legend_below(figure, handles, labels)
