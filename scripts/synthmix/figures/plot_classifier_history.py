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
SEVERAL = 3  # trainings in a panel from which on their lines are thin
COLOUR = {"train": style.SERIES[4], "validation": style.SERIES[0]}
DASHES = {"train": "--", "validation": "-"}


@style.look()
def plot_classifier_history(
    classifier_histories: Sequence[tuple[str, str, str | Path]],
    output: str | Path,
    *,
    scale: str,
    classifier: str = "",
    measures: Sequence[str] = ("loss", "accuracy"),
    mixes: str | Path | None = None,
) -> None:
    """Draw a panel for each mix: `measures` on training and validation images against the epoch.

    `classifier_histories` lists (mix, repeat, path) of tables with the columns epoch, split,
    `measures`, learning_rate and kept, a fold each where there are folds. The lines of all
    trainings share the panel of their mix; on each the epoch whose weights were kept is marked, and
    along the upper edge the epochs from which on the learning rate was a lower one. `mixes`, the
    table of the study's mixes, gives them their names.
    """
    names = read_mix_names(mixes, [mix for mix, _, _ in classifier_histories])
    tables = [(mix, read_table(path)) for mix, _, path in classifier_histories]
    panels = place_panels([(name.group, name.short) for name in names.values()], MOST_COLUMNS)
    height = 0.5 + bands(panels) * (0.4 + 0.95 * len(measures))
    title = "Training and validation" + (
        f" of {style.shorten(classifier, 60)}" if classifier else ""
    )
    figure = style.new_figure(title, height, scale)
    quantities = {_words(measure): measure for measure in measures}
    axes = dict(zip(names, curve_axes(figure, panels, list(quantities)), strict=True))
    thin = len(tables) >= SEVERAL * len(names)
    for mix, history in tables:
        drawn = {quantities[name]: axis for name, axis in axes[mix].items()}
        _draw_training(drawn, history, thin)
    _add_legend(figure, falls=any(len(_falls(history)) for _, history in tables))
    style.save(figure, output)


def _draw_training(axes: dict[str, Axes], history: pd.DataFrame, thin: bool) -> None:
    parts = {split: rows.set_index("epoch") for split, rows in history.groupby("split")}
    kept = parts["validation"][parts["validation"]["kept"]]
    look = {"linewidth": 0.7, "alpha": 0.75} if thin else {}
    mark = _best_mark() | ({"markersize": 3.5, "markeredgewidth": 0.9} if thin else {})
    for metric, axis in axes.items():
        for split, colour in COLOUR.items():
            marker = "." if len(parts[split]) < 4 else ""
            axis.plot(parts[split][metric], marker=marker, color=colour, ls=DASHES[split], **look)
        axis.plot(kept[metric], zorder=3, **mark)
        if falls := _falls(history):
            upper_edge = axis.get_xaxis_transform()
            axis.plot(falls, [1.0] * len(falls), transform=upper_edge, **_fall_mark())


def _falls(history: pd.DataFrame) -> list[int]:
    """Return the epochs whose learning rate was lower than that of the epoch before."""
    if "learning_rate" not in history:
        return []
    rates = history[history["split"] == "train"].set_index("epoch")["learning_rate"]
    return list(rates.index[rates.diff() < 0])


def _words(metric: str) -> str:
    return metric.replace("_", " ").replace(" f1", " F1")


def _add_legend(figure: style.Figure, falls: bool) -> None:
    handles = [Line2D([], [], color=COLOUR[split], ls=DASHES[split]) for split in COLOUR]
    handles.append(Line2D([], [], **_best_mark()))
    labels = [*COLOUR, "epoch kept"]
    if falls:
        handles.append(Line2D([], [], **_fall_mark()))
        labels.append("learning rate lowered")
    style.legend_below(figure, handles, labels)


def _fall_mark() -> dict[str, object]:
    return {
        "color": style.MUTED,
        "marker": "v",
        "markersize": 4.5,
        "linestyle": "none",
        "clip_on": False,
    }


def _best_mark() -> dict[str, object]:
    return {
        "color": "none",
        "marker": "o",
        "markersize": 6.5,
        "markerfacecolor": "white",
        "markeredgecolor": COLOUR["validation"],
        "markeredgewidth": 1.6,
    }
