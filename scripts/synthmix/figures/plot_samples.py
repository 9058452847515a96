"""Real and synthetic images of each class, side by side."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from synthmix.figures import style
from synthmix.prepare.parts import as_learned
from synthmix.store import load_array, load_class, read_table

LABEL_WIDTH = 1.25


@style.look()
def plot_samples(
    images: str | Path,
    split: str | Path,
    pools: Mapping[str, str | Path],
    output: str | Path,
    *,
    scale: str,
    per_class: int = 8,
) -> None:
    """Draw for each class a row of real training images and a row of synthetic ones.

    `images` is the real store's array, row i of the table `split` (columns label, split)
    its image i; `pools` holds the store with the images of each class. The images shown are evenly
    spaced over those there are, so the same files give the same figure.
    """
    real = load_array(images)
    samples = as_learned(read_table(split), pools)
    trained_on = samples["label"].where(samples["split"] == "train")
    side = (style.WIDTH - LABEL_WIDTH) / per_class
    figure = style.new_figure(
        "Real training images and synthetic ones", 0.5 + 2 * len(pools) * (side + 0.09), scale
    )
    figure.get_layout_engine().set(h_pad=0.045, hspace=0)
    axes = figure.subplots(2 * len(pools), 1, squeeze=False)[:, 0]
    for position, (label, pool) in enumerate(pools.items()):
        rows = np.flatnonzero(trained_on == label)
        made = load_class(pool, label)
        strips = {
            "real": _spaced(real, rows, per_class),
            "synthetic": _spaced(made, np.arange(len(made)), per_class),
        }
        for axis, (origin, images) in zip(axes[2 * position :], strips.items(), strict=False):
            _draw_strip(axis, images, per_class)
            _name_strip(axis, label, origin)
    style.save(figure, output)


def _spaced(images: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """Return at most `count` of the `rows` of `images`, evenly spaced."""
    chosen = np.linspace(0, len(rows) - 1, min(count, len(rows))).round().astype(int)
    return images[rows[chosen]]


def _draw_strip(axis: Axes, images: np.ndarray, places: int) -> None:
    """Draw the images beside one another, with white gaps and white for those that lack."""
    _, height, width, channels = images.shape
    gap = max(1, width // 24)
    strip = np.full((height, places * (width + gap) - gap, channels), 255, np.uint8)
    for position, image in enumerate(images):
        left = position * (width + gap)
        strip[:, left : left + width] = image
    axis.imshow(strip.squeeze(), cmap="gray", vmin=0, vmax=255)
    axis.set_axis_off()
    axis.set_anchor("E")


def _name_strip(axis: Axes, label: str, origin: str) -> None:
    place = {"xy": (0, 0.5), "xycoords": "axes fraction", "textcoords": "offset points"}
    style_of = {"ha": "right", "weight": "bold"}
    axis.annotate(
        style.wrap(style.shorten(label, 26), 14), xytext=(-6, 2), va="bottom", **place, **style_of
    )
    colour = style.ORIGIN[origin]
    axis.annotate(origin, xytext=(-6, -2), va="top", color=colour, **place, **style_of)
