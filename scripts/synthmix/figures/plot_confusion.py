"""Which classes each classifier mistakes for which."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from synthmix.evaluate.score_predictions import OF_REPEATS
from synthmix.figures import style
from synthmix.figures.mix_names import MixName, read_mix_names
from synthmix.figures.panels import bands, panel_axes, place_panels
from synthmix.store import read_table

MANY_CLASSES = 5


@style.look()
def plot_confusion(
    confusion: str | Path, output: str | Path, *, scale: str, mixes: str | Path | None = None
) -> None:
    """Draw a matrix for each classifier and mix: true classes down, predicted ones across.

    Reads the columns classifier, mix, true, predicted, images and `OF_REPEATS` of the table
    `confusion`; images are summed over the repeats. A cell says how many images it has and their
    share of its row; of many classes the share is told by the shade alone, and cells without an
    image are empty. `mixes`, the table of the study's mixes, gives them their names.
    """
    table = read_table(confusion).astype({"true": str, "predicted": str})
    names = read_mix_names(mixes, table["mix"])
    classifiers = list(table["classifier"].unique())
    classes = list(dict.fromkeys([*table["true"], *table["predicted"]]))
    keys = list(product(classifiers, names))
    panels = place_panels(
        [_panel_title(classifiers, key, names) for key in keys], _columns(classes)
    )
    side = style.WIDTH / _columns(classes)
    figure = style.new_figure(_title(table), 0.7 + bands(panels) * (side + 0.3), scale)
    drawn = zip(keys, panels, panel_axes(figure, panels)[:, 0], strict=True)
    for (classifier, mix), panel, axis in drawn:
        _draw_matrix(axis, _matrix(table, classifier, mix, classes))
        _name_classes(axis, classes, with_true=panel.column == 0)
    figure.supxlabel("predicted class", size=9)
    figure.supylabel("true class", size=9)
    style.save(figure, output)


def _columns(classes: list[str]) -> int:
    """Return how many matrices fit beside one another."""
    if len(classes) == 2 and max(map(len, classes)) <= 16:
        return 4
    return 3 if len(classes) <= 4 else 2


def _panel_title(
    classifiers: list[str], key: tuple[str, str], names: dict[str, MixName]
) -> tuple[str, str]:
    classifier, mix = key
    if len(names) == 1:
        return "", style.shorten(classifier if len(classifiers) > 1 else names[mix].short, 60)
    group = names[mix].group
    if len(classifiers) > 1:
        group = f"{classifier}, {group}" if group else classifier
    return group, names[mix].short


def _title(table: pd.DataFrame) -> str:
    repeats = len(table[list(OF_REPEATS)].drop_duplicates())
    return "Confusion matrices" + (f", summed over {repeats} trainings" if repeats > 1 else "")


def _matrix(table: pd.DataFrame, classifier: str, mix: str, classes: list[str]) -> np.ndarray:
    rows = table[(table["classifier"] == classifier) & (table["mix"] == mix)]
    counts = rows.pivot_table(index="true", columns="predicted", values="images", aggfunc="sum")
    return counts.reindex(index=classes, columns=classes).fillna(0).to_numpy()


def _draw_matrix(axis: Axes, counts: np.ndarray) -> None:
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros_like(counts, float), where=totals > 0)
    axis.imshow(shares, cmap=style.SHADES, vmin=0, vmax=1)
    axis.grid(False)
    axis.spines[:].set_visible(False)
    for (row, column), share in np.ndenumerate(shares):
        axis.text(
            column,
            row,
            _cell_text(counts[row, column], share, len(counts)),
            ha="center",
            va="center",
            size=8 if len(counts) <= 4 else 6,
            color="white" if share > 0.66 else style.INK,
        )


def _cell_text(images: float, share: float, classes: int) -> str:
    if classes > MANY_CLASSES:
        return f"{images:.0f}" if images else ""
    return f"{images:,.0f}\n{share:.0%}"


def _name_classes(axis: Axes, classes: list[str], with_true: bool) -> None:
    """Name the classes along the axes, upright where the names are too long for their cells."""
    longest = max(map(len, classes))
    upright = longest > (2 if len(classes) > 4 else 8)
    labels = [style.wrap(style.shorten(name, 36), 18) for name in classes]
    ticks = range(len(classes))
    size = 7.5 if len(classes) <= 4 else 6.5
    axis.set_xticks(ticks, labels, size=size, rotation=90 if upright else 0)
    axis.set_yticks(ticks, labels if with_true else [""] * len(classes), size=size)
    axis.tick_params(length=0)
