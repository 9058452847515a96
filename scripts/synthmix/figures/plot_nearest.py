"""The synthetic images nearest to a training image, each beside it."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from synthmix.figures import style
from synthmix.store import load_array, load_class, read_table

COLUMNS = 4


@style.look()
def plot_nearest(
    pairs: str | Path,
    images: str | Path,
    pools: Mapping[str, str | Path],
    output: str | Path,
    *,
    scale: str,
) -> None:
    """Draw the `pairs` that `score_generator` wrote: the synthetic image, then the real one.

    The real one is a training image; of ready images there are pairs with a test image too. Above
    each pair stands its class and its distance, in parts of the distance up to which it is
    suspicious; up to 1 the text is coloured. `pools` holds the store with the images of each class.
    """
    table = read_table(pairs)
    real = load_array(images)
    made = {label: load_class(path, label) for label, path in pools.items()}
    bands = -(-len(table) // COLUMNS) or 1
    side = style.WIDTH / COLUMNS / 2
    several = table["part"].nunique() > 1
    parts = "training or test" if several else "training"
    figure = style.new_figure(
        f"Synthetic images (left) nearest to a {parts} image (right)",
        0.5 + bands * (side + 0.35),
        scale,
    )
    axes = list(figure.subplots(bands, COLUMNS, squeeze=False).flat)
    for axis in axes:
        axis.set_axis_off()
    for axis, pair in zip(axes, table.itertuples(), strict=False):
        _draw_pair(axis, made[pair.label][pair.row], real[pair.real_row])
        near = pair.distance <= pair.limit
        shown = style.shorten(pair.label, 22)
        if several:
            shown = f"{style.shorten(pair.label, 12)}, {pair.part}"
        title = f"{shown}\n{_distance_text(pair.distance, pair.limit)}"
        axis.set_title(title, size=8, color=style.VERDICT["hurts"] if near else style.INK)
    style.save(figure, output)


def _draw_pair(axis: Axes, synthetic: np.ndarray, real: np.ndarray) -> None:
    gap = np.full((len(real), max(1, real.shape[1] // 24), real.shape[2]), 255, np.uint8)
    strip = np.concatenate([synthetic, gap, real], axis=1)
    axis.imshow(strip.squeeze(), cmap="gray", vmin=0, vmax=255)


def _distance_text(distance: float, limit: float) -> str:
    if not limit > 0:
        return f"distance {distance:.3g}"
    return f"{distance / limit:.2f} \u00d7 the limit"
