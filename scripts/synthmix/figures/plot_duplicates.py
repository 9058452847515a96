"""Pairs of images that are nearly the same, side by side, for a person to judge."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from synthmix.figures import style
from synthmix.figures.pictures import StoredPictures
from synthmix.store import read_table

COLUMNS = 4
MOST = 32  # pairs


@style.look()
def plot_duplicates(
    near_duplicates: str | Path,
    images: str | Path,
    split: str | Path,
    output: str | Path,
    *,
    scale: str,
) -> None:
    """Draw the pairs that `find_duplicates` found to be nearly the same, at most `MOST` of them.

    Those of two patients come first, the least alike of them first: the ones that are worth a look.
    Above each pair stands what one image is of the other, the distance, the class, or both, and the
    split of each. Pairs that are equal pixel by pixel are left to `duplicates.csv`.
    """
    pairs = read_table(near_duplicates)
    pairs = by_doubt(pairs[pairs["kind"] != "equal"])
    shown = pairs.head(MOST)
    bands = -(-len(shown) // COLUMNS)
    height = style.WIDTH / COLUMNS / 2 + 0.5
    figure = style.new_figure(_title(len(pairs), len(shown)), 0.6 + bands * height, scale)
    pictures, samples = StoredPictures(images, split), read_table(split).set_index("sample_id")
    axes = list(figure.subplots(max(bands, 1), COLUMNS, squeeze=False).flat)
    for axis in axes:
        axis.set_axis_off()
    for axis, pair in zip(axes, shown.itertuples(), strict=False):
        _draw_pair(axis, *(pictures.picture(sample) for sample in (pair.first, pair.second)))
        axis.set_title(_words(pair, samples), size=7, weight="normal")
    style.save(figure, output)


def by_doubt(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return `pairs` with those of two patients first, and of these the least alike."""
    within = pairs["first_group"] == pairs["second_group"]
    order = pairs.assign(within=within).sort_values(
        ["within", "correlation"], ascending=[True, True], kind="stable"
    )
    return pairs.loc[order.index]


def _title(found: int, shown: int) -> str:
    if not found:
        return "No two images are nearly the same"
    pairs = "pair" if found == 1 else "pairs"
    left_out = f"; {found - shown:,} more are not shown" if found > shown else ""
    return f"{found:,} {pairs} of images that are nearly the same{left_out}"


def _words(pair: tuple, samples: pd.DataFrame) -> str:
    one, other = samples.loc[pair.first], samples.loc[pair.second]
    labels = list(dict.fromkeys((one["label"], other["label"])))
    patients = "one patient" if one["group"] == other["group"] else "two patients"
    return (
        f"{pair.kind}, {pair.distance:.4f}, {patients}\n"
        f"{style.shorten(' | '.join(labels), 26)}\n"
        f"{one['split']} | {other['split']}"
    )


def _draw_pair(axis: Axes, one: np.ndarray, other: np.ndarray) -> None:
    gap = np.full((len(one), max(1, one.shape[1] // 24), 3), 255, np.uint8)
    axis.imshow(np.concatenate([one, gap, other], axis=1))
