"""Training images before and after the random changes that a classifier is trained with."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes

from synthmix.classify.augmentation import build_augmentation
from synthmix.figures import style
from synthmix.figures.pictures import StoredPictures, picture
from synthmix.networks.inputs import to_tensor
from synthmix.store import read_table

CHANGED = 4  # pictures beside the original
WIDE_CHANGED = 1  # of those that are three slices
LABEL_WIDTH = 1.1  # inches


@style.look()
def plot_augmentation(
    images: str | Path,
    split: str | Path,
    output: str | Path,
    *,
    scale: str,
    classifier: str,
    augmentations: Sequence[Mapping[str, Any]],
    seed: int,
) -> None:
    """Draw for each class a training image, and beside it what training makes of it.

    `images` is the real store's array and `split` its table. `augmentations` are the settings,
    of an Augmentation or a VolumeAugmentation, that `classifier` may be trained with: several only
    where a search chooses among them, of which the first is drawn. The image is the first of its
    class; changes are drawn from `seed`, so the same files give the same figure.
    """
    samples = read_table(split)
    stored = StoredPictures(images, split)
    training = samples[samples["split"] == "train"].groupby("label", sort=True)
    firsts = {str(label): rows["sample_id"].iloc[0] for label, rows in training}
    first = stored.picture(next(iter(firsts.values())))
    changed = WIDE_CHANGED if first.shape[1] > 2 * first.shape[0] else CHANGED
    side = (style.WIDTH - LABEL_WIDTH) / (changed + 1) * first.shape[0] / first.shape[1]
    title = f"Training images of {style.shorten(classifier, 40)} before and after random changes"
    figure = style.new_figure(title, 0.8 + len(firsts) * (side + 0.09), scale)
    grid = figure.subplots(len(firsts), changed + 1, squeeze=False)
    for row, (axes, (label, sample)) in enumerate(zip(grid, firsts.items(), strict=True)):
        after = _changed(stored.image(sample), augmentations[0], changed, seed + row)
        shown = [stored.picture(sample), *(picture(one, stored.slices > 0) for one in after)]
        for axis, image in zip(axes, shown, strict=True):
            axis.imshow(image)
            axis.set_axis_off()
        _name(axes[0], label)
    grid[0, 0].set_title("original")
    grid[0, 1].set_title("as trained on")
    style.save(figure, output)


def _changed(
    image: np.ndarray, augmentation: Mapping[str, Any], count: int, seed: int
) -> list[np.ndarray]:
    """Return a stored image changed at random, `count` times."""
    volumes = image.dtype != np.uint8
    change = build_augmentation(augmentation, volumes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        batch = change(to_tensor(np.stack([image] * count)))
    return list((batch[:, 0] if volumes else batch.permute(0, 2, 3, 1)).numpy())


def _name(axis: Axes, label: str) -> None:
    axis.annotate(
        style.wrap(style.shorten(label, 26), 12),
        (0, 0.5),
        xycoords="axes fraction",
        xytext=(-6, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        weight="bold",
    )
