"""Where the uncertainty of each difference is from."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from synthmix.evaluate.components import CHANCE
from synthmix.evaluate.effect import AXES, PATIENTS
from synthmix.figures import style
from synthmix.figures.mix_names import MixName, read_mix_names
from synthmix.store import read_table

SOURCES = {
    PATIENTS: "test patients",
    **{axis: axis for axis in AXES},
    CHANCE: "chance in pairs of generator and classifier",
}


@style.look()
def plot_variance(
    variance: str | Path, output: str | Path, *, scale: str, mixes: str | Path | None = None
) -> None:
    """Draw for each comparison the shares of the variance of its difference, a bar each.

    Reads classifier, mix, baseline, source, variance and share of the table `variance`; a panel for
    each classifier. Beside each bar stands the standard error, the root of the whole variance.
    `mixes`, the table of the study's mixes, gives them their names.
    """
    table = read_table(variance)
    of_mixes = read_mix_names(mixes, [*table["mix"], *table["baseline"]])
    table = table.assign(row=table["mix"] + " - " + table["baseline"])
    pairs = table.drop_duplicates("row")
    names = {
        row: MixName("", f"{of_mixes[mix].full} \u2212 {of_mixes[baseline].full}")
        for row, mix, baseline in zip(pairs["row"], pairs["mix"], pairs["baseline"], strict=True)
    }
    classifiers = list(table["classifier"].unique())
    height = 0.8 + len(classifiers) * (style.rows_height(names) + 0.4)
    figure = style.new_figure("Where the uncertainty is from", height, scale)
    axes = figure.subplots(len(classifiers), 1, squeeze=False, sharex=True)[:, 0]
    for axis, classifier in zip(axes, classifiers, strict=True):
        _draw_panel(axis, table[table["classifier"] == classifier], names)
        if len(classifiers) > 1:
            axis.set_title(style.wrap(classifier, 60))
    axes[-1].set_xlabel("share of the variance of the difference")
    axes[-1].xaxis.set_major_formatter("{x:.0%}")
    shown = [source for source in SOURCES if (table["source"] == source).any()]
    handles = [Patch(facecolor=_colour(source)) for source in shown]
    style.legend_below(figure, handles, [SOURCES[source] for source in shown])
    style.save(figure, output)


def _draw_panel(axis: Axes, rows: pd.DataFrame, names: dict[str, MixName]) -> None:
    places = style.label_rows(axis, names)
    place = {"transform": axis.get_yaxis_transform(), "size": 8, "color": style.MUTED}
    axis.text(1.015, axis.get_ylim()[1], "standard error", va="bottom", **place)
    for row, parts in rows.groupby("row"):
        left = 0.0
        for source, share in zip(parts["source"], parts["share"], strict=True):
            axis.barh(places[row], share, 0.7, left, color=_colour(source), edgecolor="white")
            left += share
        axis.text(1.015, places[row], f"{parts['variance'].sum() ** 0.5:.3f}", va="center", **place)
    axis.set_xlim(0, 1)


def _colour(source: str) -> str:
    return style.SERIES[list(SOURCES).index(source)]
