"""What the training part of each mix is made of."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from synthmix.figures import style
from synthmix.figures.mix_names import mix_names
from synthmix.store import read_table


@style.look()
def plot_mixes(mixes: str | Path, output: str | Path, *, scale: str) -> None:
    """Draw a bar for each mix: its training images by class, and by origin within a class.

    Reads the columns mix, kind, generator, selection, class_shares, real_share, split, label,
    origin, images and repeated of the table `mixes`.
    """
    table = read_table(mixes)
    names = mix_names(table)
    train = table[table["split"] == "train"]
    parts = [
        (label, origin) for label in train["label"].unique() for origin in ("synthetic", "real")
    ]
    counts = train.pivot_table(
        index="mix", columns=["label", "origin"], values="images", aggfunc="sum", fill_value=0
    ).reindex(columns=pd.MultiIndex.from_tuples(parts), fill_value=0)
    figure = style.new_figure("Training images of each mix", style.rows_height(names) + 0.9, scale)
    axis = figure.subplots()
    places = style.label_rows(axis, names)
    colours = _colours(parts)
    for mix, place in places.items():
        _draw_bar(axis, counts.loc[mix], place, colours)
    _write_totals(axis, train, places)
    axis.set_xlabel("training images")
    style.few_ticks(axis, "x", 6)
    axis.xaxis.set_major_formatter("{x:,.0f}")
    shown = [part for part in parts if counts[part].any()]
    style.legend_below(
        figure,
        [Patch(facecolor=colours[part]) for part in shown],
        [f"{origin} {label}" for label, origin in shown],
    )
    style.save(figure, output)


def _colours(parts: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    labels = list(dict.fromkeys(label for label, _ in parts))
    return {
        (label, origin): style.tint(style.ORIGIN[origin], labels.index(label), len(labels))
        for label, origin in parts
    }


def _draw_bar(
    axis: Axes, counts: pd.Series, place: float, colours: dict[tuple[str, str], str]
) -> None:
    left = 0
    for part, images in counts.items():
        axis.barh(place, images, 0.7, left, color=colours[part], edgecolor="white", linewidth=0.5)
        left += images


def _write_totals(axis: Axes, train: pd.DataFrame, places: dict[str, float]) -> None:
    sums = train.groupby("mix")[["images", "repeated"]].sum()
    for mix, place in places.items():
        total, repeated = sums.loc[mix]
        note = f"{total:,.0f}" + (f" ({repeated:,.0f} repeated)" if repeated else "")
        axis.annotate(note, (total, place), (4, 0), textcoords="offset points", va="center", size=8)
