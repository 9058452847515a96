"""How good the candidates of a search are, and which of them was chosen."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from synthmix.figures import style
from synthmix.search.scores import lower_is_better
from synthmix.search.table import read_search, searched_settings

CHOSEN = style.VERDICT["helps"]
CANDIDATE = style.SERIES[0]
MOST_COLUMNS = 3
CELL = 0.42  # inches
SPREAD = 0.6  # of the step from a value to the next, that candidates with that value lie over


@style.look()
def plot_search(search: str | Path, output: str | Path, *, generator: str, demo: bool) -> None:
    """Draw the score of each candidate of `generator` against the settings that were searched.

    Reads the table `search` that `choose_generator` wrote. With two settings of several values
    each a map of their combinations, else a panel for each setting, in which a candidate lies
    above its value, with its interval where there is one. Candidates without a finite score are
    left out of panels and empty in a map.
    """
    table = read_search(search)
    settings = searched_settings(table)
    settings = [name for name in settings if table[name].nunique() > 1] or settings[:1]
    score = table["score"].iloc[0]
    title = f"Search for settings of {style.shorten(generator, 40)}"
    draw = _draw_map if len(settings) == 2 else _draw_panels
    figure = draw(table, settings, score, title, demo)
    style.save(figure, output)


def _draw_panels(
    table: pd.DataFrame, settings: list[str], score: str, title: str, demo: bool
) -> Figure:
    columns = min(MOST_COLUMNS, len(settings))
    bands = -(-len(settings) // columns)
    figure = style.new_figure(title, 0.6 + 2.2 * bands, demo)
    grid = figure.subplots(bands, columns, squeeze=False, sharey=True)
    for axis, setting in zip(grid.flat, settings, strict=False):
        _draw_panel(axis, table, setting)
    for axis in grid.flat[len(settings) :]:
        axis.set_axis_off()
    for band in grid:
        band[0].set_ylabel(style.wrap(_named(score), 24))
    style.few_ticks(grid[0, 0], "y", 5)
    marks = [_mark(chosen) | {"linestyle": "none"} for chosen in (False, True)]
    style.legend_below(figure, [Line2D([], [], **mark) for mark in marks], ["candidate", "chosen"])
    return figure


def _draw_panel(axis: Axes, table: pd.DataFrame, setting: str) -> None:
    values = list(dict.fromkeys(table[setting]))
    finite = table[np.isfinite(table["value"].astype(float))]
    for place, value in enumerate(values):
        rows = finite[finite[setting] == value]
        offsets = (np.arange(len(rows)) + 0.5) / max(1, len(rows)) - 0.5
        for x, row in zip(place + SPREAD * offsets, rows.itertuples(), strict=True):
            mark = _mark(row.chosen)
            axis.vlines(x, row.low, row.high, color=mark["color"], lw=1.2)
            axis.plot(x, row.value, **mark)
    _name_values(axis, "x", values)
    axis.set_xlim(-0.6, len(values) - 0.4)
    axis.set_title(style.wrap(_named(setting), 26))
    axis.grid(False, axis="x")


def _draw_map(
    table: pd.DataFrame, settings: list[str], score: str, title: str, demo: bool
) -> Figure:
    across, down = sorted(settings, key=lambda name: -table[name].nunique())
    values = {name: list(dict.fromkeys(table[name])) for name in (across, down)}
    cells = table.pivot_table(
        index=down, columns=across, values="value", aggfunc="first", sort=False, dropna=False
    ).reindex(index=values[down], columns=values[across])
    figure = style.new_figure(title, 1.6 + CELL * len(values[down]), demo)
    axis = figure.subplots()
    numbers = cells.to_numpy(float)
    shades = _shades(numbers, lower_is_better(score))
    axis.imshow(shades, cmap=style.SHADES, vmin=0, vmax=1, aspect="auto")
    for (row, column), number in np.ndenumerate(numbers):
        text = f"{number:.4g}" if np.isfinite(number) else "none"
        colour = "white" if shades[row, column] > 0.66 else style.INK
        axis.text(column, row, text, ha="center", va="center", size=7.5, color=colour)
    best = table[table["chosen"]].iloc[0]
    corner = values[across].index(best[across]) - 0.5, values[down].index(best[down]) - 0.5
    frame = Rectangle(corner, 1, 1, fill=False, edgecolor=CHOSEN, lw=2.5, clip_on=False)
    axis.add_patch(frame)
    for which, name in (("x", across), ("y", down)):
        _name_values(axis, which, values[name])
    axis.set_xlabel(style.shorten(_named(across), 60))
    axis.set_ylabel(style.wrap(_named(down), 20))
    axis.grid(False)
    axis.spines[:].set_visible(False)
    handles = [Rectangle((0, 0), 1, 1, facecolor=style.SERIES[0]), frame]
    better = "lower" if lower_is_better(score) else "higher"
    style.legend_below(figure, handles, [f"{_named(score)}: dark is better ({better})", "chosen"])
    return figure


def _shades(numbers: np.ndarray, lower: bool) -> np.ndarray:
    """Return 1 for the best of the numbers, 0 for the worst and for what is not finite."""
    finite = np.isfinite(numbers)
    low, high = numbers[finite].min(), numbers[finite].max()
    shares = (np.where(finite, numbers, low) - low) / (high - low or 1)
    return np.where(finite, 1 - shares if lower else shares, 0)


def _name_values(axis: Axes, which: str, values: list[str]) -> None:
    """Name the values along an axis, upright where there is no room for them side by side."""
    labels = [style.shorten(value, 20) for value in values]
    upright = which == "x" and len(values) * max(map(len, labels)) > 20
    axis_of = axis.set_xticks if which == "x" else axis.set_yticks
    axis_of(range(len(values)), labels, rotation=90 if upright else 0)
    axis.tick_params(axis=which, length=0)


def _named(name: str) -> str:
    return name.replace("_", " ")


def _mark(chosen: bool) -> dict[str, object]:
    if chosen:
        return {"color": CHOSEN, "marker": "*", "markersize": 10, "zorder": 3}
    return {"color": CANDIDATE, "marker": "o", "markersize": 4}
