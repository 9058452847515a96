"""The scores of every generator, class by class."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullLocator

from synthmix.figures import style
from synthmix.scopes import ALL_CLASSES
from synthmix.score import names
from synthmix.score.settings import HELD_OUT_REAL
from synthmix.store import read_table

# the interval of another score, drawn as a pale bar: what chance allows
BACKGROUND = {name: f"{name}_by_chance" for name in (names.NEAR, names.NEAR_TEST)}
COLUMNS = 4
# a Frechet distance is never negative: drawn on a logarithmic axis where the largest is so many
# times the smallest
WIDE = 20
TITLE_WIDTH = 22
SHARES = ("precision", "recall", "coverage")
DODGE = 0.6


@style.look()
def plot_scores(scores: str | Path, output: str | Path, *, scale: str) -> None:
    """Draw a panel for each score: the value of every generator, its interval, class by class.

    Reads generator, label, score, value, low and high of the table `scores`. Real images that no
    generator has seen are a mark of their own, which the others are to be held against. A pale
    bar is the share of suspiciously near images that chance allows.
    """
    table = read_table(scores)
    # where generators have seen all real images there is none to hold their scores against
    known = table[table["value"].notna()]
    shown = table if known.empty else known
    panels = sorted(filter(names.is_known, shown["score"].unique()), key=names.order)
    labels = list(dict.fromkeys(table["label"]))
    generators = list(dict.fromkeys(shown["generator"]))
    bands = -(-len(panels) // COLUMNS)
    row = 0.16 + 0.11 * len(generators)
    figure = style.new_figure(
        "How good the generators' images are", 0.6 + bands * (0.6 + row * len(labels)), scale
    )
    grid = figure.subplots(bands, COLUMNS, squeeze=False, sharey=True)
    for axis, score in zip(grid.flat, panels, strict=False):
        behind = table[table["score"] == BACKGROUND.get(score)]
        _draw_panel(axis, table[table["score"] == score], behind, labels, generators)
        axis.set_title(_panel_title(score))
    for axis in grid.flat[len(panels) :]:
        axis.set_axis_off()
    for band in grid:
        _name_rows(band[0], labels)
    marks = [_mark(generator, generators) for generator in generators]
    shown_as = ["real, held out" if name == HELD_OUT_REAL else name for name in generators]
    style.legend_below(figure, [Line2D([], [], **mark) for mark in marks], shown_as)
    style.save(figure, output)


def _panel_title(score: str) -> str:
    """Return what a panel shows, with the arrow that says where better images lie."""
    arrow = "\u2190" if names.lower_is_better(score) else "\u2192"
    return f"{style.wrap(names.title(score), TITLE_WIDTH)} {arrow}"


def _draw_panel(
    axis: Axes,
    rows: pd.DataFrame,
    behind: pd.DataFrame,
    labels: list[str],
    generators: list[str],
) -> None:
    for generator in generators:
        part, chance = (some[some["generator"] == generator] for some in (rows, behind))
        mark = _mark(generator, generators)
        heights = _heights(chance, labels, generators)
        axis.hlines(heights, chance["low"], chance["high"], color=style.REAL, alpha=0.25, lw=5)
        heights = _heights(part, labels, generators)
        axis.hlines(heights, part["low"], part["high"], color=mark["color"], lw=1.2)
        axis.plot(part["value"], heights, **mark)
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    axis.margins(x=0.08)
    _scale(axis, rows)


def _heights(rows: pd.DataFrame, labels: list[str], generators: list[str]) -> pd.Series:
    """Return where `rows` lie: a step a class, and within it a place for each generator."""
    steps = rows["label"].map(labels.index).astype(float)
    places = rows["generator"].map(generators.index).astype(float)
    return steps + DODGE * ((places + 0.5) / len(generators) - 0.5)


def _scale(axis: Axes, rows: pd.DataFrame) -> None:
    """Show all there is of a share, and distances near and far."""
    score = rows["score"].iloc[0]
    values = rows["value"]
    if names.is_frechet(score) and values.max() > WIDE * values.min() > 0:
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(numticks=4))
        axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axis.xaxis.set_minor_locator(NullLocator())
        return
    if score in SHARES:
        axis.set_xlim(-0.05, 1.05)
    style.few_ticks(axis, "x", 3)


def _name_rows(axis: Axes, labels: list[str]) -> None:
    titles = ["all classes" if label == ALL_CLASSES else label for label in labels]
    shown = [style.wrap(style.shorten(title, 26), 14) for title in titles]
    axis.set_yticks(range(len(labels)), shown)
    axis.set_ylim(len(labels) - 0.4, -0.6)


def _mark(generator: str, generators: list[str]) -> dict[str, object]:
    if generator == HELD_OUT_REAL:
        return {"color": style.REAL, "marker": "|", "markersize": 9, "linestyle": "none"}
    position = [name for name in generators if name != HELD_OUT_REAL].index(generator)
    return {
        "color": style.SERIES[position % len(style.SERIES)],
        "marker": style.MARKERS[position % len(style.MARKERS)],
        "markersize": 4,
        "linestyle": "none",
    }
