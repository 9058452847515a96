"""Test images that a classifier gets right and wrong."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from synthmix.figures import style
from synthmix.figures.examples import choose_examples, example_text
from synthmix.figures.pictures import StoredPictures
from synthmix.store import read_table

COLUMNS = 6
WIDE_COLUMNS = 3  # of pictures that are three slices
TEXT = 0.42


@style.look()
def plot_examples(
    images: str | Path,
    split: str | Path,
    own_predictions: Sequence[str | Path],
    output: str | Path,
    *,
    scale: str,
    title: str,
) -> None:
    """Draw rows of test images: wrong and most confident, right and most confident, least sure.

    `images` is the real store's array and `split` its table; `own_predictions` are those of a
    training, a table a fold. Above each image stand the predicted class, its probability, and the
    true class where that is another. Volumes are shown as their three middle slices.
    """
    table = pd.concat([read_table(path) for path in own_predictions], ignore_index=True)
    stored = StoredPictures(images, split)
    first = stored.picture(table["sample_id"].iloc[0])
    columns = WIDE_COLUMNS if first.shape[1] > 2 * first.shape[0] else COLUMNS
    kinds = choose_examples(table, columns)
    row_height = style.WIDTH / columns * first.shape[0] / first.shape[1] + TEXT
    height = 0.55 + (row_height + 0.25) * len(kinds)
    figure = style.new_figure(f"Test images: {style.shorten(title, 80)}", height, scale)
    bands = figure.subfigures(len(kinds), 1, squeeze=False)[:, 0]
    for band, (kind, rows) in zip(bands, kinds.items(), strict=True):
        band.suptitle(kind, x=0.012, ha="left", size=9)
        axes = band.subplots(1, columns, squeeze=False)[0]
        for axis in axes:
            axis.set_axis_off()
        if rows.empty:
            axes[0].text(0, 0.5, "none", va="center", color=style.MUTED)
        for axis, (_, row) in zip(axes, rows.iterrows(), strict=False):
            _draw_example(axis, stored.picture(row["sample_id"]), row, columns)
    style.save(figure, output)


def _draw_example(axis: Axes, image: np.ndarray, row: pd.Series, columns: int) -> None:
    axis.imshow(image)
    colour = style.INK if row["right"] else style.VERDICT["hurts"]
    axis.set_title(example_text(row, 84 // columns), size=7.5, color=colour, weight="normal")
