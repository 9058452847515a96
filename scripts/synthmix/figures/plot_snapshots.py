"""How good generators were while they learned, against the images they saw and the time it took."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import EngFormatter, LogLocator, NullLocator

from synthmix.figures import style
from synthmix.score.names import title as score_title
from synthmix.store import read_table

# what a score is drawn against: column, its unit in that of the axis, title
ACROSS = (("images_seen", 1, "training images seen"), ("seconds", 60, "minutes of training"))


@style.look()
def plot_snapshots(snapshots: Mapping[str, str | Path], output: str | Path, *, scale: str) -> None:
    """Draw the score of every snapshot, a curve a generator, the best one of each marked.

    `snapshots` holds the tables that `train_generator` wrote by the name of the generator:
    columns epoch, images_seen, seconds, score, value and best. The time is that of training
    alone, on the machine it ran on.
    """
    tables = {name: read_table(path) for name, path in snapshots.items()}
    figure = style.new_figure("Scores of the generators while they learned", 3.0, scale)
    left, right = figure.subplots(1, 2, sharey=True)
    handles = []
    for number, table in enumerate(tables.values()):
        colour = style.SERIES[number % len(style.SERIES)]
        for axis, (column, unit, _) in zip((left, right), ACROSS, strict=True):
            handle = _draw(axis, table[column] / unit, table, colour)
        handles.append(handle)
    for axis, (_, _, title) in zip((left, right), ACROSS, strict=True):
        axis.set_xlabel(title)
        style.few_ticks(axis, "x", 5)
    left.xaxis.set_major_formatter(EngFormatter(sep=""))
    scores = dict.fromkeys(score for table in tables.values() for score in table["score"])
    left.set_ylabel(", ".join(score_title(score) for score in scores))
    if all((table["value"].dropna() > 0).all() for table in tables.values()):
        left.set_yscale("log")
        left.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=9))
        left.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        left.yaxis.set_minor_locator(NullLocator())
    style.legend_below(figure, handles, list(tables))
    style.save(figure, output)


def _draw(axis: Axes, across: pd.Series, table: pd.DataFrame, colour: str) -> object:
    (handle,) = axis.plot(across, table["value"], color=colour, marker=".", markersize=3)
    best = table["best"].astype(bool)
    axis.plot(across[best], table["value"][best], color=colour, marker="*", markersize=9)
    return handle
