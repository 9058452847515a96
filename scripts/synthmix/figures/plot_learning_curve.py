"""How good classifiers are with how many patients, with and without synthetic images."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from synthmix.evaluate.exchange import Kind, between, levelled
from synthmix.evaluate.verdict import judged_by
from synthmix.evaluate.wording import count
from synthmix.figures import style
from synthmix.figures.measures import measure_name
from synthmix.figures.mix_names import read_mix_names
from synthmix.figures.panels import bands, panel_axes, place_panels
from synthmix.store import read_table

_REAL = {"color": style.REAL, "marker": "D", "markersize": 4.5}
_MIX = {"color": style.SYNTHETIC, "marker": "o", "markersize": 5}
_COLUMNS = 2
_CHARACTERS = 56  # of a line above a panel
_NUDGE = 0.015


@style.look()
def plot_learning_curve(
    learning_curve: str | Path, output: str | Path, *, scale: str, mixes: str | Path | None = None
) -> None:
    """Draw a panel for each classifier and mix: its curve, that of its baseline, their distance.

    Reads the table of `tabulate_learning_curve`. `mixes`, the table of the study's mixes, gives
    them their names.
    """
    table = read_table(learning_curve)
    curves = dict(iter(table.groupby(["classifier", "mix"], sort=False)))
    compared = [key for key, rows in curves.items() if pd.notna(rows["baseline"].iloc[0])]
    names = read_mix_names(mixes, table["mix"])
    several = table["classifier"].nunique() > 1
    titles = [(name if several else "", names[mix].full) for name, mix in compared]
    panels = place_panels(titles, _COLUMNS)
    measure = measure_name(judged_by(table))
    title = f"{measure[0].upper()}{measure[1:]} against the number of training patients"
    figure = style.new_figure(title, 0.6 + 2.6 * bands(panels), scale)
    axes = panel_axes(figure, panels, sharex=True, sharey=True)[:, 0]
    for axis, (classifier, mix) in zip(axes, compared, strict=True):
        rows = curves[classifier, mix]
        _draw_panel(axis, curves[classifier, rows["baseline"].iloc[0]], rows)
    _label(axes, panels, measure, sorted(set(table["patients"])))
    _add_legend(figure)
    style.save(figure, output)


def _draw_panel(axis: Axes, real: pd.DataFrame, mix: pd.DataFrame) -> None:
    """Draw both curves, what lies between them along the axis of patients, and what it is worth."""
    looks = (real, _REAL, -1), (mix, _MIX, 1)
    lines = [_draw_curve(axis, rows, look, side) for rows, look, side in looks]
    if mix["worth"].iloc[0] == Kind.MEASURED:
        _draw_distance(axis, *between(np.log(mix["patients"].to_numpy()), *lines))
    words = style.wrap(str(mix["in_words"].iloc[0]), _CHARACTERS)
    axis.set_title(axis.get_title(loc="left"), size=8.5, pad=5 + 11 * (1 + words.count("\n")))
    place = {"xycoords": "axes fraction", "textcoords": "offset points", "va": "bottom"}
    axis.annotate(words, (0, 1), (0, 4), size=8, color=style.INK, **place)


def _draw_curve(axis: Axes, rows: pd.DataFrame, look: dict[str, Any], side: int) -> np.ndarray:
    """Draw values with their intervals, and the curve through them, which is returned.

    Values of both curves stand side by side, that their intervals don't hide each other.
    """
    curve = levelled(rows["value"].to_numpy())
    axis.plot(rows["patients"], curve, color=look["color"])
    places = rows["patients"] * (1 + side * _NUDGE)
    axis.plot(places, rows["value"], ls="none", **look)
    axis.vlines(places, rows["low"], rows["high"], color=look["color"], lw=1.2, alpha=0.7)
    return curve


def _draw_distance(
    axis: Axes, heights: np.ndarray, of_real: np.ndarray, of_mix: np.ndarray
) -> None:
    """Shade what lies between two curves, and draw how far they are apart in the middle of it."""
    of_real, of_mix = np.exp(of_real), np.exp(of_mix)
    axis.fill_betweenx(heights, of_mix, of_real, color=style.RULE, lw=0, zorder=0.5)
    middle = len(heights) // 2
    arrow = {"arrowstyle": "->", "color": style.INK, "shrinkA": 0, "shrinkB": 0, "lw": 1.2}
    ends = ((line[middle], heights[middle]) for line in (of_real, of_mix))
    axis.annotate("", *ends, arrowprops=arrow)


def _label(axes: np.ndarray, panels: list[Any], measure: str, patients: list[float]) -> None:
    lowest = {panel.column: panel.band for panel in panels}
    axes[0].set_xscale("log")
    axes[0].set_xticks(patients, [count(number) for number in patients])
    axes[0].set_xticks([], minor=True)
    for axis, panel in zip(axes, panels, strict=True):
        is_lowest = lowest[panel.column] == panel.band
        axis.tick_params(labelbottom=is_lowest, labelleft=panel.column == 0)
        axis.set_xlabel("training patients" if is_lowest else "")
        axis.set_ylabel(measure if panel.column == 0 else "")
    style.few_ticks(axes[0], "y", 5)


def _add_legend(figure: Figure) -> None:
    handles = [Line2D([], [], **look) for look in (_REAL, _MIX)]
    style.legend_below(figure, handles, ["real images alone", "the training set named above"])
