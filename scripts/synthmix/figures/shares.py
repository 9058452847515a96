"""A measure against the share of real or synthetic images in the mix, and of real ones alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from synthmix.figures import style
from synthmix.figures.measures import main_measure, measure_name
from synthmix.store import read_table

DODGE = 0.1
OTHER_REAL = ("selected_real", "trained_otherwise")


@dataclass(frozen=True)
class Panel:
    """What a panel shows: the mixes `rows`, each at the place of its value in `column`.

    Real images alone, if trained on, are at the left of what is ordered by synthetic images, else
    at the right.
    """

    title: str
    rows: pd.DataFrame
    column: str
    values: Sequence[float | str]
    x_label: str
    with_baseline: bool = True

    @property
    def ordered(self) -> bool:
        """Whether the values have an order, so that a line may join their mixes."""
        return self.column != "remedy"

    @property
    def baseline_place(self) -> float:
        """Where real images alone are."""
        return -1.25 if self.column == "synthetic_share" else len(self.values) + 0.25

    @property
    def limits(self) -> tuple[float, float]:
        """The ends of the axis."""
        places = [0, len(self.values) - 1]
        places += [self.baseline_place] if self.with_baseline else []
        return min(places) - 0.4, max(places) + 0.4


@style.look()
def draw_shares(summary: str | Path, output: str | Path, origin: str, scale: str) -> None:
    """Draw a line for each class share, and real images alone with the same class shares.

    The measure is the `main_measure`; it is drawn against the share of images of `origin`, "real"
    or "synthetic". Reads the columns classifier, mix, kind, generator, selection, training,
    class_shares, real_share and the measure with its _low and _high of the table `summary`. A
    panel for each classifier and generator, and one for the selections of real images and other
    ways to train on them where there are any.
    """
    table = read_table(summary).copy()  # whole: pandas warns of adding to so many columns
    # classes that synthetic images are added to are counted: shares need not be round
    table["real_share"] = table["real_share"].round(3)
    table["synthetic_share"] = (1 - table["real_share"]).round(10)
    table["remedy"] = table["selection"].where(table["kind"] == "selected_real", table["training"])
    measure = main_measure(table)
    classifiers = list(table["classifier"].unique())
    columns = _panels(table, origin)
    height = 0.6 + 2.7 * len(classifiers)
    what = measure_name(measure)
    title = f"{what[0].upper()}{what[1:]} against the share of {origin} images"
    figure = style.new_figure(title, height, scale)
    axes = figure.subplots(len(classifiers), len(columns), squeeze=False, sharex="col", sharey=True)
    for row, classifier in zip(axes, classifiers, strict=True):
        for axis, panel in zip(row, columns, strict=True):
            _draw_panel(axis, panel, table, classifier, measure)
            prefixes = (classifier, classifiers), (panel.title, columns)
            title = ", ".join(name for name, all_names in prefixes if len(all_names) > 1)
            axis.set_title(style.wrap(title, 70 // len(columns)))
        row[0].set_ylabel(what)
    for axis, panel in zip(axes[-1], columns, strict=True):
        _name_places(axis, panel, 80 // len(columns))
    _add_legend(figure, table)
    style.save(figure, output)


def _panels(table: pd.DataFrame, origin: str) -> list[Panel]:
    """Return the panels of a row: one a generator, the last the selections, if there are any."""
    synthetic = table[table["kind"] == "synthetic_mix"]
    other = table[table["kind"].isin(OTHER_REAL)]
    with_baseline = bool((table["kind"] == "real_only").any())
    column = f"{origin}_share"
    what = f"share of {origin} images in the mix"
    panels = [
        Panel(generator, rows, column, sorted(rows[column].unique()), what, with_baseline)
        for generator, rows in synthetic.groupby("generator", sort=False)
    ]
    if len(other) or not panels:
        names = list(other["remedy"].unique())
        what = "real images alone"
        panels.append(Panel(what, other, "remedy", names, what, with_baseline))
    return panels


def _draw_panel(
    axis: Axes, panel: Panel, table: pd.DataFrame, classifier: str, measure: str
) -> None:
    mixes = panel.rows[panel.rows["classifier"] == classifier]
    baselines = table[(table["kind"] == "real_only") & (table["classifier"] == classifier)]
    series = list(table["class_shares"].unique())
    left, right = panel.limits
    dodge = min(DODGE, 0.6 / len(series))
    for i, shares in enumerate(series):
        offset = dodge * (i - (len(series) - 1) / 2)
        line = mixes[mixes["class_shares"] == shares].sort_values(panel.column, kind="stable")
        places = np.array([panel.values.index(value) for value in line[panel.column]]) + offset
        axis.plot(places, line[measure], **_mark(i), ls="-" if panel.ordered else "none")
        _draw_intervals(axis, places, line, i, measure)
        baseline = baselines[baselines["class_shares"] == shares]
        alone = np.full(len(baseline), panel.baseline_place + offset)
        for value in baseline[measure]:
            axis.hlines(value, left, right, color=_mark(i)["color"], ls=":", lw=1)
        axis.plot(alone, baseline[measure], **_mark(i))
        _draw_intervals(axis, alone, baseline, i, measure)
    if panel.with_baseline:
        nearest = min(len(panel.values) - 1, max(0, panel.baseline_place))
        axis.axvline((panel.baseline_place + nearest) / 2, color=style.RULE, lw=1)
    axis.set_xlim(left, right)
    axis.grid(False, axis="x")
    style.few_ticks(axis, "y", 6)


def _name_places(axis: Axes, panel: Panel, width: int) -> None:
    """Name the places along the axis, upright where names are too long for their places.

    `width` is that of the panel in characters.
    """
    values = [f"{100 * share:g}%" for share in panel.values] if panel.ordered else panel.values
    labels = [*values, "real only"] if panel.with_baseline else list(values)
    # real images alone are at an end, where there is room
    longest = max(map(len, values if panel.ordered else labels), default=0)
    upright = longest >= width // len(labels)
    axis.set_xticks(
        [*range(len(panel.values)), panel.baseline_place][: len(labels)],
        [style.wrap(style.shorten(label, 36), 18) for label in labels],
        rotation=90 if upright else 0,
    )
    axis.set_xlabel(style.wrap(panel.x_label, width))


def _draw_intervals(
    axis: Axes, places: np.ndarray, rows: pd.DataFrame, series: int, measure: str
) -> None:
    low, high = rows[f"{measure}_low"], rows[f"{measure}_high"]
    axis.vlines(places, low, high, color=_mark(series)["color"], lw=1.2, alpha=0.75)


def _mark(series: int) -> dict[str, object]:
    return {
        "color": style.SERIES[series % len(style.SERIES)],
        "marker": style.MARKERS[series % len(style.MARKERS)],
        "markersize": 5.5,
    }


def _add_legend(figure: Figure, table: pd.DataFrame) -> None:
    series = list(table["class_shares"].unique())
    handles = [Line2D([], [], **_mark(i)) for i in range(len(series))]
    labels = [str(shares) for shares in series]
    if (table["kind"] == "real_only").any():
        handles.append(Line2D([], [], color=style.MUTED, ls=":", lw=1))
        labels.append("real images only")
    style.legend_below(figure, handles, labels)
