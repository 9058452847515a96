"""Images of every class of every data set, with their number."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from synthmix.figures import style
from synthmix.store import load_array, read_table

LABEL_WIDTH = 2.1
PER_CLASS = 10


@style.look()
def plot_datasets(
    datasets: Sequence[tuple[str, str, str | Path, str | Path]],
    table: str | Path,
    output: str | Path,
    *,
    scale: str,
) -> None:
    """Draw a row of prepared images for each class of each data set.

    `datasets` are the study, the name, the store's array and its split of each; `table` is what
    `tabulate_datasets` wrote. The images shown are evenly spaced over those there are. Of a
    volume the middle slice is shown.
    """
    counts = read_table(table)
    side = (style.WIDTH - LABEL_WIDTH) / PER_CLASS
    height = 0.55 + len(counts) * (side + 0.07) + 0.3 * len(datasets)
    figure = style.new_figure("Images of every class", height, scale)
    figure.get_layout_engine().set(h_pad=0.03, hspace=0)
    axes = iter(figure.subplots(len(counts), 1, squeeze=False)[:, 0])
    for study, dataset, images, split in datasets:
        samples = read_table(split)
        stored = load_array(images)
        if (samples["depth"] > 1).any() and stored.dtype == np.uint8:
            stored = stored[..., :1]  # the axial slice; the three as colours would say nothing
        own = counts[(counts["study"] == study) & (counts["dataset"] == dataset)]
        for position, row in enumerate(own.itertuples()):
            axis = next(axes)
            _draw_row(axis, stored, np.flatnonzero(samples["label"] == row.label))
            if position == 0:
                axis.set_title(f"{study}: {dataset}")
            _name_row(axis, row)
    style.save(figure, output)


def _draw_row(axis: Axes, images: np.ndarray, rows: np.ndarray) -> None:
    chosen = np.linspace(0, len(rows) - 1, min(PER_CLASS, len(rows))).round().astype(int)
    pictures = [_picture(images[row]) for row in rows[chosen]]
    side = max(pictures[0].shape)
    gap = max(1, side // 24)
    strip = np.full((side, PER_CLASS * (side + gap) - gap, 3), 255, np.uint8)
    for position, picture in enumerate(pictures):
        left = position * (side + gap)
        strip[:, left : left + side] = 0
        height, width, _ = picture.shape
        top, beside = (side - height) // 2, left + (side - width) // 2
        strip[top : top + height, beside : beside + width] = picture
    axis.imshow(strip)
    axis.set_axis_off()
    axis.set_anchor("E")


def _picture(image: np.ndarray) -> np.ndarray:
    """Return a prepared image, or the middle axial slice of a volume, as (H, W, 3)."""
    if image.dtype != np.uint8:
        middle = np.flipud(image[:, :, image.shape[2] // 2].astype(np.float32).T)
        low, high = np.percentile(middle, [1, 99])
        image = (255 * np.clip((middle - low) / max(high - low, 1e-6), 0, 1)).astype(np.uint8)
        image = image[..., None]
    return np.broadcast_to(image, (*image.shape[:2], 3))


def _name_row(axis: Axes, row: Any) -> None:
    place = {"xy": (0, 0.5), "xycoords": "axes fraction", "textcoords": "offset points"}
    name = style.wrap(style.shorten(row.label, 28), 20)
    axis.annotate(name, xytext=(-6, 1), va="bottom", ha="right", weight="bold", **place)
    text = f"{row.images:,} of {row.patients:,} patients"
    axis.annotate(text, xytext=(-6, -1), va="top", ha="right", color=style.MUTED, **place)
