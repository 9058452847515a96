"""Accuracy against the share of real images in the mix, and by selection of the real images."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from synthmix.figures import style
from synthmix.store import read_table

DODGE = 0.1


@dataclass(frozen=True)
class Panel:
    """What a panel shows: the mixes `rows`, each at the place of its value in `column`."""

    title: str
    rows: pd.DataFrame
    column: str
    values: Sequence[float | str]
    x_label: str

    @property
    def ordered(self) -> bool:
        """Whether the values have an order, so that a line may join their mixes."""
        return self.column == "real_share"


@style.look()
def plot_real_share(summary: str | Path, output: str | Path, *, demo: bool) -> None:
    """Draw a line for each class share, and its real-only baseline at the right.

    Reads the columns classifier, mix, kind, generator, selection, class_shares, real_share,
    accuracy, accuracy_low, accuracy_high and published_accuracy of the table `summary`. A panel for
    each classifier and generator, and one for the selections among the real images where there
    are any; published values are hollow.
    """
    table = read_table(summary)
    classifiers = list(table["classifier"].unique())
    columns = _panels(table)
    height = 0.6 + 2.7 * len(classifiers)
    figure = style.new_figure("Accuracy against the share of real images", height, demo)
    axes = figure.subplots(len(classifiers), len(columns), squeeze=False, sharex="col", sharey=True)
    for row, classifier in zip(axes, classifiers, strict=True):
        for axis, panel in zip(row, columns, strict=True):
            _draw_panel(axis, panel, table, classifier)
            prefixes = (classifier, classifiers), (panel.title, columns)
            title = ", ".join(name for name, all_names in prefixes if len(all_names) > 1)
            axis.set_title(style.wrap(title, 70 // len(columns)))
        row[0].set_ylabel("accuracy")
    for axis, panel in zip(axes[-1], columns, strict=True):
        _name_places(axis, panel, 80 // len(columns))
    _add_legend(figure, table)
    style.save(figure, output)


def _panels(table: pd.DataFrame) -> list[Panel]:
    """Return the panels of a row: one a generator, the last the selections, if there are any."""
    synthetic, selected = (
        table[table["kind"] == kind] for kind in ("synthetic_mix", "selected_real")
    )
    shares = sorted(synthetic["real_share"].unique())
    panels = [
        Panel(generator, rows, "real_share", shares, "share of real images in the mix")
        for generator, rows in synthetic.groupby("generator", sort=False)
    ]
    if len(selected) or not panels:
        names = list(selected["selection"].unique())
        panels.append(
            Panel("selections", selected, "selection", names, "selection among real images")
        )
    return panels


def _draw_panel(axis: Axes, panel: Panel, table: pd.DataFrame, classifier: str) -> None:
    mixes = panel.rows[panel.rows["classifier"] == classifier]
    baselines = table[(table["kind"] == "real_only") & (table["classifier"] == classifier)]
    series = list(table["class_shares"].unique())
    end = len(panel.values) + 0.25
    dodge = min(DODGE, 0.6 / len(series))
    for i, shares in enumerate(series):
        offset = dodge * (i - (len(series) - 1) / 2)
        line = mixes[mixes["class_shares"] == shares].sort_values("real_share", kind="stable")
        places = np.array([panel.values.index(value) for value in line[panel.column]]) + offset
        axis.plot(places, line["accuracy"], **_mark(i), ls="-" if panel.ordered else "none")
        _draw_intervals(axis, places, line, i)
        baseline = baselines[baselines["class_shares"] == shares]
        for value in baseline["accuracy"]:
            axis.hlines(value, -0.35, end + offset, color=_mark(i)["color"], ls=":", lw=1)
        axis.plot([end + offset] * len(baseline), baseline["accuracy"], **_mark(i))
        _draw_intervals(axis, np.full(len(baseline), end + offset), baseline, i)
    axis.axvline(len(panel.values) - 0.375, color=style.RULE, lw=1)
    axis.set_xlim(-0.4, end + 0.4)
    axis.grid(False, axis="x")
    style.few_ticks(axis, "y", 6)


def _name_places(axis: Axes, panel: Panel, width: int) -> None:
    """Name the places along the axis, upright where names are too long for their places.

    `width` is that of the panel in characters.
    """
    values = [f"{100 * share:g}%" for share in panel.values] if panel.ordered else panel.values
    labels = [*values, "real only"]
    upright = not panel.ordered and max(map(len, labels)) > width // len(labels)
    axis.set_xticks(
        [*range(len(panel.values)), len(panel.values) + 0.25],
        [style.wrap(style.shorten(label, 36), 18) for label in labels],
        rotation=90 if upright else 0,
    )
    axis.set_xlabel(panel.x_label)


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
