"""All images that the metadata of a data set lists: by what it says of them, used or left out."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from synthmix.figures import style
from synthmix.store import read_table

MOST_VALUES = 12  # of a fact; the rest is one bar
LEFT_OUT = "left_out"
COLOURS = {"used": style.REAL, "left out": "#b8c0c9"}


@style.look()
def plot_census(census: str | Path, output: str | Path, *, scale: str) -> None:
    """Draw a panel for each fact of the table `census`: a bar for each of its values.

    Reads the columns fact, value, images, percent and used that `tabulate_census` writes.
    """
    table = read_table(census)
    shown = {fact: shown_values(rows) for fact, rows in table.groupby("fact", sort=False)}
    bars = [len(rows) for rows in shown.values()]
    height = 0.7 + 0.45 * len(bars) + 0.19 * sum(bars)
    figure = style.new_figure("All images that the metadata lists", height, scale)
    axes = figure.subplots(len(bars), 1, squeeze=False, sharex=True, height_ratios=bars)[:, 0]
    for axis, (fact, rows) in zip(axes, shown.items(), strict=True):
        _draw_bars(axis, rows)
        axis.set_title("used or left out" if fact == LEFT_OUT else f"by {fact.replace('_', ' ')}")
    axes[-1].set_xlim(0, 1.35 * table["images"].max())
    axes[-1].set_xlabel("images")
    axes[-1].xaxis.set_major_formatter("{x:,.0f}")
    style.few_ticks(axes[-1], "x", 6, integer=True)
    handles = [Patch(facecolor=colour) for colour in COLOURS.values()]
    style.legend_below(figure, handles, COLOURS)
    style.save(figure, output)


def shown_values(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a fact, those after the first `MOST_VALUES` as one of their sums."""
    if len(rows) <= MOST_VALUES + 1:
        return rows
    rest = rows.iloc[MOST_VALUES:]
    sums = rest[["images", "percent", "used"]].sum().to_dict()
    others = pd.DataFrame([{"value": f"{len(rest):,} others"} | sums])
    return pd.concat([rows.iloc[:MOST_VALUES], others], ignore_index=True)


def _draw_bars(axis: Axes, rows: pd.DataFrame) -> None:
    names = [style.shorten(value, 40) for value in rows["value"]]
    places = range(len(rows))
    axis.barh(places, rows["used"], 0.7, color=COLOURS["used"])
    left = rows["images"] - rows["used"]
    axis.barh(places, left, 0.7, rows["used"], color=COLOURS["left out"])
    for place, row in zip(places, rows.itertuples(), strict=True):
        text = f" {row.images:,.0f} ({row.percent:.2f}%)"
        axis.text(row.images, place, text, va="center", size=8)
    axis.set_yticks(places, names)
    axis.tick_params(axis="y", length=0)
    axis.grid(False, axis="y")
    axis.invert_yaxis()
