"""How the losses of the generators went."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.lines import Line2D

from synthmix.figures import style
from synthmix.figures.panels import bands, curve_axes, place_panels
from synthmix.store import read_table

MOST_COLUMNS = 3


@style.look()
def plot_generator_history(
    generator_histories: Mapping[str, str | Path], output: str | Path, *, scale: str
) -> None:
    """Draw a panel for each generator: every loss against the epoch.

    `generator_histories` holds the history of each generator by its name: columns epoch and any
    number that end in _loss.
    """
    tables = {name: read_table(path) for name, path in generator_histories.items()}
    losses = list(
        dict.fromkeys(
            column
            for table in tables.values()
            for column in table.columns
            if column.endswith("_loss")
        )
    )
    colours = {loss: style.SERIES[i % len(style.SERIES)] for i, loss in enumerate(losses)}
    panels = place_panels([("", name) for name in tables], MOST_COLUMNS)
    figure = style.new_figure("Losses of the generators", 0.5 + 2.1 * bands(panels), scale)
    drawn = curve_axes(figure, panels, ["loss"])
    for axes, table in zip(drawn, tables.values(), strict=True):
        for loss in table.columns.intersection(losses):
            marker = "." if len(table) < 4 else ""
            axes["loss"].plot(table["epoch"], table[loss], marker=marker, color=colours[loss])
    if losses:  # resampling has none
        style.legend_below(
            figure,
            [Line2D([], [], color=colour) for colour in colours.values()],
            [loss.removesuffix("_loss").replace("_", " ") for loss in losses],
        )
    style.save(figure, output)
