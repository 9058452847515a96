"""Validation beside test: what networks seem to gain by filled classes, and what they do gain."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from synthmix.evaluate.score_predictions import ALL_FOLDS, ALL_SEEDS
from synthmix.figures import style
from synthmix.figures.measures import measure_name
from synthmix.figures.mix_names import MixName, read_mix_names
from synthmix.store import read_table

MEASURES = ("accuracy", "macro_f1")
SPLITS = {"validation": "validation images", "test": "test images"}


@style.look()
def plot_validation(
    metrics: str | Path, mixes: str | Path, output: str | Path, *, scale: str
) -> None:
    """Draw a panel for each measure and part: a band for each classifier, a mark for each mix.

    The mixes are those of real images alone, the classes as they are, and those in which a
    generator has filled all classes to the largest. Reads classifier, mix, seed, fold, split,
    class, metric, value, low and high of the table `metrics`, and what `mix_names` reads of
    `mixes`.
    """
    table = read_table(mixes)
    plain = (table["kind"] == "real_only") | (table["addition"] == "filled")
    names = read_mix_names(mixes, table.loc[plain, "mix"])
    looks = _looks(names)
    rows = _overall(read_table(metrics), list(names))
    classifiers = list(rows["classifier"].unique())
    height = 1.2 + 2 * len(classifiers) * (0.12 * len(names) + 0.2)
    figure = style.new_figure("Validation beside test, classes filled or not", height, scale)
    axes = figure.subplots(2, 2, sharex="row", sharey=True)
    for band, measure in zip(axes, MEASURES, strict=True):
        for axis, (split, title) in zip(band, SPLITS.items(), strict=True):
            own = rows[(rows["metric"] == measure) & (rows["split"] == split)]
            _draw_panel(axis, own, classifiers, looks)
            axis.set_title(style.wrap(f"{measure_name(measure)}, {title}", 40))
        style.few_ticks(band[0], "x", 5)
    handles = [Line2D([], [], linestyle="none", **look) for look in looks.values()]
    style.legend_below(figure, handles, [name.full for name in names.values()])
    style.save(figure, output)


def _overall(metrics: pd.DataFrame, mixes: list[str]) -> pd.DataFrame:
    """Return the rows of all seeds and folds, of no single class."""
    return metrics[
        (metrics["seed"].astype(str) == ALL_SEEDS)
        & (metrics["fold"].astype(str) == ALL_FOLDS)
        & metrics["class"].isna()
        & metrics["mix"].isin(mixes)
    ]


def _looks(names: dict[str, MixName]) -> dict[str, dict[str, object]]:
    """Return how the marks of each mix look: that of real images alone as real ones do."""
    filled = [mix for mix, name in names.items() if name.short != "real only"]
    looks = {
        mix: {
            "color": style.SERIES[number % len(style.SERIES)],
            "marker": style.MARKERS[number % len(style.MARKERS)],
        }
        for number, mix in enumerate(filled)
    }
    return {
        mix: {"markersize": 4.5} | looks.get(mix, {"color": style.REAL, "marker": "D"})
        for mix in names
    }


def _draw_panel(
    axis: Axes, rows: pd.DataFrame, classifiers: list[str], looks: dict[str, dict[str, object]]
) -> None:
    steps = len(looks) + 1
    places = {name: number * steps for number, name in enumerate(classifiers)}
    for offset, (mix, look) in enumerate(looks.items()):
        own = rows[rows["mix"] == mix]
        heights = own["classifier"].map(places) + offset
        axis.hlines(heights, own["low"], own["high"], color=look["color"])
        axis.plot(own["value"], heights, linestyle="none", **look)
    middle = (len(looks) - 1) / 2
    shown = [style.wrap(style.shorten(name, 40), 20) for name in classifiers]
    axis.set_yticks([place + middle for place in places.values()], shown)
    axis.set_ylim(len(classifiers) * steps - 0.5, -1)
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
