"""What each layer of a network makes of an image."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib.axes import Axes

from synthmix.classify.inspect import feature_maps
from synthmix.figures import style
from synthmix.figures.inspected import Inspected
from synthmix.figures.pictures import StoredPictures, beside, grey_range
from synthmix.store import read_table

MAPS = 12
LABEL_WIDTH = 1.15


def plot_feature_maps(
    model: str | Path,
    weights: Mapping[str, str | Path],
    images: str | Path,
    split: str | Path,
    model_predictions: str | Path,
    label: str,
    output: str | Path,
    device: torch.device | None = None,
    *,
    scale: str,
    title: str,
) -> None:
    """Draw what the layers of a trained classifier make of the first test image of class `label`.

    `model` and `weights` are as `load_network` takes them, `images` is the real store's array,
    `split` its table, and `model_predictions` says which images were tested. Where no image is of
    that class the first one is taken. `device` is that of `Inspected`.
    """
    tested = read_table(model_predictions)
    of_class = tested[tested["label"] == label]
    row = (tested if of_class.empty else of_class).iloc[0]
    stored = StoredPictures(images, split)
    inspected = Inspected(model, weights, device)
    inputs = inspected.inputs(stored.image(row["sample_id"])[None])
    maps = [layer[0].cpu().numpy() for layer in feature_maps(inspected.network, inputs)]
    title = f"Layers of {style.shorten(title, 60)}: an image of {style.shorten(row['label'], 30)}"
    draw_feature_maps(stored.picture(row["sample_id"]), maps, output, scale=scale, title=title)


@style.look()
def draw_feature_maps(
    image: np.ndarray,
    maps: Sequence[np.ndarray],
    output: str | Path,
    *,
    scale: str,
    title: str,
) -> None:
    """Draw the `image` and below it a row of maps for each layer.

    `image` is a picture (h, w, 3), uint8. `maps` holds for each layer (C, h, w), or (C, x, y, z)
    of which the middle axial slices are shown; at most `MAPS` of a layer, evenly spaced over all,
    each from its own darkest to its own brightest value.
    """
    side = (style.WIDTH - LABEL_WIDTH) / MAPS
    shape = _flat(maps[0]).shape
    tall = shape[1] / shape[2]
    rows = len(maps)
    image_height = min(2.2, (style.WIDTH - LABEL_WIDTH) * image.shape[0] / image.shape[1])
    height = 0.6 + image_height + rows * (side * tall + 0.12)
    figure = style.new_figure(title, height, scale)
    figure.get_layout_engine().set(h_pad=0.04, hspace=0)
    axes = figure.subplots(rows + 1, 1, height_ratios=[image_height, *[side * tall] * rows])
    axes[0].imshow(image)
    _name_row(axes[0], "the image", f"{image.shape[0]} \u00d7 {image.shape[1]}")
    for number, (axis, layer) in enumerate(zip(axes[1:], maps, strict=True), 1):
        axis.imshow(_strip(_flat(layer)), cmap="gray", vmin=0, vmax=1)
        places = " \u00d7 ".join(map(str, layer.shape[1:]))
        _name_row(axis, f"layer {number}", f"{len(layer)} maps\n{places}")
    style.save(figure, output)


def _flat(layer: np.ndarray) -> np.ndarray:
    """Return the maps of a layer as (C, h, w): of volumes their middle axial slices."""
    if layer.ndim == 3:
        return layer
    return np.flip(layer[..., layer.shape[-1] // 2].swapaxes(1, 2), axis=1)


def _strip(maps: np.ndarray) -> np.ndarray:
    """Return some of the maps beside one another, scaled to 0..1, white where there is none."""
    chosen = np.linspace(0, len(maps) - 1, min(MAPS, len(maps))).round().astype(int)
    scaled = [_scaled(maps[number]) for number in chosen]
    scaled += [np.ones_like(scaled[0])] * (MAPS - len(scaled))
    # maps of few pixels would otherwise have gaps as wide as they are
    enlarged = max(1, 48 // max(scaled[0].shape))
    return beside([np.kron(map_, np.ones((enlarged, enlarged))) for map_ in scaled], fill=1.0)


def _scaled(map_: np.ndarray) -> np.ndarray:
    low, high = grey_range(map_)
    return np.clip((map_.astype(float) - low) / (high - low), 0, 1)


def _name_row(axis: Axes, name: str, size: str) -> None:
    axis.set_axis_off()
    axis.set_anchor("W")
    place = {"xycoords": ("figure fraction", "axes fraction"), "textcoords": "offset points"}
    axis.annotate(name, (0.012, 0.5), xytext=(0, 1), va="bottom", weight="bold", size=8, **place)
    axis.annotate(size, (0.012, 0.5), xytext=(0, -1), va="top", color=style.MUTED, size=7, **place)
