"""Where a classifier looks: Grad-CAM heat maps over test images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable

from synthmix.classify.inspect import grad_cam
from synthmix.figures import style
from synthmix.figures.examples import RIGHT, WRONG, choose_examples, example_text
from synthmix.figures.inspected import Inspected
from synthmix.figures.pictures import StoredPictures, heat_picture
from synthmix.store import read_table

EACH = 3  # right ones, and wrong ones

HEAT = "magma"  # from dark to bright, so that grey print keeps its order


@dataclass(frozen=True)
class HeatMap:
    """An example, its picture (h, w, 3), uint8, and its heat map in 0..1 over the same frame.

    The heat map may have another number of pixels; nan where the picture has a gap.
    """

    text: str
    right: bool
    picture: np.ndarray
    heat: np.ndarray


def plot_gradcam(
    model: str | Path,
    weights: Mapping[str, str | Path],
    images: str | Path,
    split: str | Path,
    model_predictions: str | Path,
    output: str | Path,
    device: torch.device | None = None,
    *,
    scale: str,
    title: str,
) -> None:
    """Draw heat maps of the predicted class over the surest wrong and right test images.

    `model` and `weights` are as `load_network` takes them, `images` is the real store's array,
    `split` its table, and `model_predictions` what that classifier said of its test images.
    `device` is that of `Inspected`.
    """
    kinds = choose_examples(read_table(model_predictions), EACH)
    rows = [row for kind in (WRONG, RIGHT) for _, row in kinds[kind].iterrows()]
    stored = StoredPictures(images, split)
    inspected = Inspected(model, weights, device)
    inputs = inspected.inputs(np.stack([stored.image(row["sample_id"]) for row in rows]))
    said = [inspected.classes.index(row["predicted"]) for row in rows]
    heat = (
        grad_cam(inspected.network, inputs, torch.tensor(said, device=inspected.device))
        .cpu()
        .numpy()
    )
    examples = [
        HeatMap(
            example_text(row, 24),
            bool(row["right"]),
            stored.picture(row["sample_id"]),
            heat_picture(map_, stored.slices),
        )
        for row, map_ in zip(rows, heat, strict=True)
    ]
    draw_gradcam(examples, output, scale=scale, title=title)


@style.look()
def draw_gradcam(
    examples: Sequence[HeatMap], output: str | Path, *, scale: str, title: str
) -> None:
    """Draw each example twice: as it is, and with its heat map, bright where the class is seen.

    The line on the map is half of its maximum, so that it can be told in grey print too.
    """
    shape = examples[0].picture.shape
    columns = 1 if shape[1] > 2 * shape[0] else 3
    bands = -(-len(examples) // columns)
    side = (style.WIDTH - 0.6) / columns / 2 * shape[0] / shape[1]
    height = 0.5 + bands * (side + 0.5)
    figure = style.new_figure(f"Grad-CAM: {style.shorten(title, 80)}", height, scale)
    grid = figure.subplots(bands, 2 * columns, squeeze=False)
    for axis in grid.flat:
        axis.set_axis_off()
    pairs = grid.reshape(bands * columns, 2)
    for (plain, heated), example in zip(pairs, examples, strict=False):
        _draw_pair(plain, heated, example)
    bar = figure.colorbar(
        ScalarMappable(cmap=HEAT), ax=grid, shrink=min(1.0, 1.6 / height), aspect=12, pad=0.01
    )
    bar.set_ticks([0, 0.5, 1], labels=["none", "half", "most"])
    style.save(figure, output)


def _draw_pair(plain: Axes, heated: Axes, example: HeatMap) -> None:
    height, width, _ = example.picture.shape
    frame = (-0.5, width - 0.5, height - 0.5, -0.5)
    plain.imshow(example.picture)
    heated.imshow(example.picture)
    heated.imshow(example.heat, cmap=HEAT, vmin=0, vmax=1, alpha=0.55, extent=frame)
    if np.nanmax(example.heat) > 0.5 > np.nanmin(example.heat):
        rows, columns = example.heat.shape
        across = (np.arange(columns) + 0.5) * width / columns - 0.5
        down = (np.arange(rows) + 0.5) * height / rows - 0.5
        heated.contour(across, down, example.heat, [0.5], colors="white", linewidths=0.9)
    colour = style.INK if example.right else style.VERDICT["hurts"]
    plain.set_title(example.text, size=7.5, color=colour, weight="normal")
