"""The scores of candidates against the settings that set them apart, the chosen one marked."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullLocator

from synthmix.figures import style
from synthmix.search.table import searched_settings

CHOSEN = style.VERDICT["helps"]
CANDIDATE = style.SERIES[0]
MOST_COLUMNS = 3
CELL = 0.36  # inches
LINE = 84  # characters from one side of the figure to the other
LONGEST = 20  # characters of a value
WIDE = 20  # values are drawn on a logarithmic axis where the largest is so many times the smallest
SPREAD = 0.6  # of the step from a value to the next, that candidates with that value lie over


def draw_candidates(table: pd.DataFrame, title: str, lower_is_better: bool, scale: str) -> Figure:
    """Return the figure of the `table` of a search, as `read_search` gives it.

    With two settings of several values each it is a map of their combinations, else a panel for
    each setting, in which a candidate lies above its value, with its interval where there is one.
    Candidates without a finite score are left out of panels and empty in a map. Call it within
    `style.look`.
    """
    settings = searched_settings(table)
    settings = [name for name in settings if table[name].nunique() > 1] or settings[:1]
    score = table["score"].iloc[0]
    if len(settings) == 2:
        return _draw_map(table, settings, score, title, lower_is_better, scale)
    return _draw_panels(table, settings, score, title, scale)


def _draw_panels(
    table: pd.DataFrame, settings: list[str], score: str, title: str, scale: str
) -> Figure:
    columns = min(MOST_COLUMNS, len(settings))
    bands = -(-len(settings) // columns)
    values = {name: _values(table, name) for name in settings}
    room = LINE // columns
    below = max(height_of(shown, room) for shown in values.values())
    figure = style.new_figure(title, 0.6 + (2.2 + below) * bands, scale)
    grid = figure.subplots(bands, columns, squeeze=False, sharey=True)
    finite = table[np.isfinite(table["value"].astype(float))]
    for axis, setting in zip(grid.flat, settings, strict=False):
        _draw_panel(axis, finite, setting, values[setting])
        name_across(axis, values[setting], room)
    for axis in grid.flat[len(settings) :]:
        axis.set_axis_off()
    for band in grid:
        band[0].set_ylabel(style.wrap(_named(score), 24))
    scale_values(grid[0, 0], finite["value"])
    marks = [_mark(chosen) | {"linestyle": "none"} for chosen in (False, True)]
    style.legend_below(figure, [Line2D([], [], **mark) for mark in marks], ["candidate", "chosen"])
    return figure


def _draw_panel(axis: Axes, finite: pd.DataFrame, setting: str, values: list[str]) -> None:
    for place, value in enumerate(values):
        rows = finite[finite[setting] == value]
        offsets = (np.arange(len(rows)) + 0.5) / max(1, len(rows)) - 0.5
        for x, row in zip(place + SPREAD * offsets, rows.itertuples(), strict=True):
            mark = _mark(row.chosen)
            axis.vlines(x, row.low, row.high, color=mark["color"], lw=1.2)
            axis.plot(x, row.value, **mark)
    axis.set_xlim(-0.6, len(values) - 0.4)
    axis.set_title(style.wrap(style.shorten(_named(setting), 50), 26))
    axis.grid(False, axis="x")


def scale_values(axis: Axes, values: pd.Series) -> None:
    """Show values near and far, where none is negative, on a logarithmic axis."""
    if not values.max() > WIDE * values.min() > 0:
        style.few_ticks(axis, "y", 5)
        return
    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(numticks=5))
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.yaxis.set_minor_locator(NullLocator())


def _draw_map(
    table: pd.DataFrame,
    settings: list[str],
    score: str,
    title: str,
    lower_is_better: bool,
    scale: str,
) -> Figure:
    across, down = sorted(settings, key=lambda name: -table[name].nunique())
    columns, rows = _values(table, across), _values(table, down)
    height = 1.2 + max(0.8, CELL * len(rows)) + height_of(columns, LINE)
    figure = style.new_figure(title, height, scale)
    axis = figure.subplots()
    shades = np.zeros((len(rows), len(columns)))
    for row in table.itertuples():
        place = rows.index(getattr(row, down)), columns.index(getattr(row, across))
        shades[place] = _shade(row.rank, table["rank"].max())
        text = f"{row.value:.4g}" if shades[place] else "none"
        colour = "white" if shades[place] > 0.66 else style.INK
        axis.text(*place[::-1], text, ha="center", va="center", size=7.5, color=colour)
        if row.chosen:
            frame = Rectangle((place[1] - 0.5, place[0] - 0.5), 1, 1, fill=False, clip_on=False)
            frame.set(edgecolor=CHOSEN, linewidth=2.5)
            axis.add_patch(frame)
    axis.imshow(shades, cmap=style.SHADES, vmin=0, vmax=1, aspect="auto")
    name_across(axis, columns, LINE)
    axis.set_yticks(range(len(rows)), [style.shorten(value, LONGEST) for value in rows])
    axis.tick_params(axis="y", length=0)
    axis.set_xlabel(style.shorten(_named(across), 60))
    axis.set_ylabel(style.wrap(style.shorten(_named(down), 36), 20))
    axis.grid(False)
    axis.spines[:].set_visible(False)
    handles = [Rectangle((0, 0), 1, 1, facecolor=style.SERIES[0]), frame]
    better = "lower" if lower_is_better else "higher"
    style.legend_below(figure, handles, [f"{_named(score)}, {better} is better", "chosen"])
    return figure


def _shade(rank: float, candidates: int) -> float:
    """Return 1 for the best, little for the last and 0 for what has no rank.

    Not in proportion to the score: beside one failure all others would look alike.
    """
    if pd.isna(rank):
        return 0
    return 1 - 0.9 * (rank - 1) / max(1, candidates - 1)


def _values(table: pd.DataFrame, setting: str) -> list[str]:
    return list(dict.fromkeys(table[setting]))


def _upright(values: list[str], room: int) -> bool:
    """Return whether the values along an axis of `room` characters must stand upright."""
    longest = min(LONGEST, max(map(len, values)))
    return len(values) * (longest + 2) > room


def height_of(values: list[str], room: int) -> float:
    """Return how many inches the values along an axis take more than a line of text."""
    return 0.075 * min(LONGEST, max(map(len, values))) if _upright(values, room) else 0


def name_across(axis: Axes, values: list[str], room: int) -> None:
    """Write `values` along an axis of `room` characters, at 0, 1 and so on."""
    labels = [style.shorten(value, LONGEST) for value in values]
    axis.set_xticks(range(len(values)), labels, rotation=90 if _upright(values, room) else 0)
    axis.tick_params(axis="x", length=0)


def _named(name: str) -> str:
    return name.replace("_", " ")


def _mark(chosen: bool) -> dict[str, object]:
    if chosen:
        return {"color": CHOSEN, "marker": "*", "markersize": 10, "zorder": 3}
    return {"color": CANDIDATE, "marker": "o", "markersize": 4}
