"""Small multiples: where each panel of a figure lies and what is written above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from synthmix.figures import style


@dataclass(frozen=True)
class Panel:
    """A panel in row `band` and column `column` of the figure, and its title."""

    band: int
    column: int
    title: str


def place_panels(titles: Sequence[tuple[str, str]], most_columns: int) -> list[Panel]:
    """Return the place of each panel, in at most `most_columns` columns.

    `titles` are pairs (group, name), ordered by group. A group starts a new row, and its name
    stands once, above its first panel.
    """
    groups = [(group, [name for _, name in pairs]) for group, pairs in groupby(titles, _group)]
    columns = min(most_columns, max(len(names) for _, names in groups))
    characters = int(11 * style.WIDTH / columns)
    panels: list[Panel] = []
    band = 0
    for group, names in groups:
        for position, name in enumerate(names):
            down, column = divmod(position, columns)
            heading = style.wrap(group, int(1.6 * characters)) + "\n" if not position else ""
            title = (heading + style.wrap(name, characters)).strip()
            panels.append(Panel(band + down, column, title))
        band = panels[-1].band + 1
    return panels


def bands(panels: Sequence[Panel]) -> int:
    """Return the number of rows of panels."""
    return panels[-1].band + 1


def panel_axes(
    figure: Figure, panels: Sequence[Panel], depth: int = 1, **options: object
) -> np.ndarray:
    """Return the axes of the panels (panel, depth), `depth` of them one above another in each.

    The first of them has the title; places without a panel are left empty.
    """
    columns = 1 + max(panel.column for panel in panels)
    grid = figure.subplots(bands(panels) * depth, columns, squeeze=False, **options)
    grid = grid.reshape(bands(panels), depth, columns)
    used = {(panel.band, panel.column) for panel in panels}
    for band, column in np.ndindex(bands(panels), columns):
        if (band, column) not in used:
            for axis in grid[band, :, column]:
                axis.remove()
    axes = np.array([grid[panel.band, :, panel.column] for panel in panels])
    for panel, column_axes in zip(panels, axes, strict=True):
        column_axes[0].set_title(panel.title, size=8.5)
    return axes


def curve_axes(
    figure: Figure, panels: Sequence[Panel], quantities: Sequence[str]
) -> list[dict[str, Axes]]:
    """Return for each panel the axes of its quantities, epochs along x.

    A quantity has the same scale in every panel.
    """
    axes = panel_axes(figure, panels, len(quantities), sharex=True)
    lowest = {panel.column: panel.band for panel in panels}
    for panel, column in zip(panels, axes, strict=True):
        is_lowest = lowest[panel.column] == panel.band
        for quantity, axis, first in zip(quantities, column, axes[0], strict=True):
            axis.tick_params(
                labelleft=panel.column == 0, labelbottom=is_lowest and axis is column[-1]
            )
            axis.set_ylabel(quantity if panel.column == 0 else "")
            if axis is not first:
                axis.sharey(first)
        column[-1].set_xlabel("epoch" if is_lowest else "")
    for axis in axes[0]:
        style.few_ticks(axis, "y", 4)
    style.few_ticks(axes[0, 0], "x", 4, integer=True)
    return [dict(zip(quantities, column, strict=True)) for column in axes]


def _group(pair: tuple[str, str]) -> str:
    return pair[0]
