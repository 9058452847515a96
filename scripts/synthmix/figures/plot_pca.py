"""Real and synthetic images in the plane of their first two principal components."""

from pathlib import Path

from matplotlib.lines import Line2D

from synthmix.figures import style
from synthmix.store import read_table


@style.look()
def plot_pca(plane: str | Path, output: str | Path, *, scale: str) -> None:
    """Draw a point for each image: the origin is its colour, the class its marker.

    Reads origin, label, x, y, x_explained and y_explained of the table `plane`.
    """
    table = read_table(plane)
    labels = list(dict.fromkeys(table["label"]))
    markers = {label: style.MARKERS[i % len(style.MARKERS)] for i, label in enumerate(labels)}
    figure = style.new_figure("Real and synthetic images in one plane (PCA)", 4.6, scale)
    axis = figure.subplots()
    for (origin, label), part in table.groupby(["origin", "label"], sort=False):
        colour = style.ORIGIN[origin]
        axis.plot(part["x"], part["y"], **_mark(colour, markers[label]), alpha=0.75)
    explained = table[["x_explained", "y_explained"]].iloc[0]
    axis.set_xlabel(f"component 1, {explained['x_explained']:.1%} of the variance")
    axis.set_ylabel(f"component 2, {explained['y_explained']:.1%}")
    style.few_ticks(axis, "x", 6)
    style.few_ticks(axis, "y", 5)
    origins = [origin for origin in style.ORIGIN if (table["origin"] == origin).any()]
    handles = [Line2D([], [], **_mark(style.ORIGIN[origin], "o")) for origin in origins]
    handles += [Line2D([], [], **_mark(style.MUTED, marker)) for marker in markers.values()]
    style.legend_below(figure, handles, origins + [style.shorten(label, 40) for label in labels])
    style.save(figure, output)


def _mark(colour: str, marker: str) -> dict[str, object]:
    return {
        "color": colour,
        "marker": marker,
        "markersize": 5,
        "linestyle": "none",
        "markeredgecolor": "white",
        "markeredgewidth": 0.4,
    }
