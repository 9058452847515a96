"""How the training of each classifier went."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from synthmix.figures import style
from synthmix.figures.mix_names import read_mix_names
from synthmix.figures.panels import bands, curve_axes, place_panels
from synthmix.store import read_table

MOST_COLUMNS = 4
COLOUR = {"train": style.SERIES[4], "validation": style.SERIES[0]}


@style.look()
def plot_classifier_history(
    histories: Sequence[tuple[str, int, str | Path]],
    output: str | Path,
    *,
    demo: bool,
    classifier: str = "",
    metrics: Sequence[str] = ("loss", "accuracy"),
    mixes: str | Path | None = None,
) -> None:
    """Draw a panel for each mix: `metrics` on training and validation images against the epoch.

    `histories` lists (mix, seed, path) of tables with the columns epoch, split and `metrics`; the
    lines of all seeds share the panel of their mix, and on each the epoch of the lowest validation
    loss is marked. `mixes`, the table of the study's mixes, gives them their names.
    """
    names = read_mix_names(mixes, [mix for mix, _, _ in histories])
    panels = place_panels([(name.group, name.short) for name in names.values()], MOST_COLUMNS)
    height = 0.5 + bands(panels) * (0.4 + 0.95 * len(metrics))
    title = "Training and validation" + (f" of {classifier}" if classifier else "")
    figure = style.new_figure(title, height, demo)
    axes = dict(zip(names, curve_axes(figure, panels, metrics), strict=True))
    for mix, _, path in histories:
        _draw_training(axes[mix], read_table(path))
    handles = [Line2D([], [], color=colour) for colour in COLOUR.values()]
    handles.append(Line2D([], [], **_best_mark()))
    style.legend_below(figure, handles, [*COLOUR, "epoch kept: lowest validation loss"])
    style.save(figure, output)


def _draw_training(axes: dict[str, Axes], history: pd.DataFrame) -> None:
    parts = {split: rows.set_index("epoch") for split, rows in history.groupby("split")}
    validation_loss = parts["validation"]["loss"]
    for metric, axis in axes.items():
        for split, colour in COLOUR.items():
            marker = "." if len(parts[split]) < 4 else ""
            axis.plot(parts[split][metric], marker=marker, color=colour)
        if validation_loss.notna().any():
            best = validation_loss.idxmin()
            axis.plot(best, parts["validation"].loc[best, metric], zorder=3, **_best_mark())


def _best_mark() -> dict[str, object]:
    return {
        "color": "none",
        "marker": "o",
        "markersize": 6.5,
        "markerfacecolor": "white",
        "markeredgecolor": COLOUR["validation"],
        "markeredgewidth": 1.6,
    }
