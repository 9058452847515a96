"""The measures of every mix with their intervals: the picture of the summary table."""

from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from synthmix.evaluate.measure import CONSTANT
from synthmix.figures import style
from synthmix.figures.measures import measures
from synthmix.figures.mix_names import MixName, mix_names
from synthmix.store import read_table

KINDS = {
    "synthetic_mix": ("with synthetic images", style.SYNTHETIC, "o"),
    "selected_real": ("selected real images only", style.SELECTED, "s"),
    "trained_otherwise": ("real images only, trained otherwise", style.SELECTED, "^"),
    "real_only": ("real images only", style.REAL, "D"),
}

_CONSTANT = {"color": style.MUTED, "ls": "--", "lw": 1}


@style.look()
def plot_metrics(summary: str | Path, output: str | Path, *, scale: str) -> None:
    """Draw a panel for each measure, a row for each mix: the value and its interval.

    Reads classifier, mix, kind, generator, selection, training, addition, class_shares, real_share,
    and each of the `measures` with its _low and _high, of the table `summary`. A band of panels
    for each classifier; where there is one mix only, a row for each classifier. The value of the
    baseline runs as a line through the mixes of the same class shares, and that of an answer which
    is always the same, the columns that begin with constant_, down the panel.
    """
    table = read_table(summary).copy()  # whole: pandas warns of adding to so many columns
    shown = measures(table)
    bands, names = _bands(table)
    height = 0.5 + len(bands) * (style.rows_height(names) + 0.5)
    figure = style.new_figure("Every measure on the real test images", height, scale)
    axes = figure.subplots(len(bands), len(shown), squeeze=False, sharex=True)
    for band, (heading, rows) in zip(axes, bands.items(), strict=True):
        for axis, (metric, title) in zip(band, shown.items(), strict=True):
            _draw_panel(axis, rows, metric, names)
            axis.tick_params(axis="y", labelleft=axis is band[0])
            axis.set_title(style.wrap(title, 16))
        if len(bands) > 1:
            band[0].set_ylabel(style.wrap(heading, 40), weight="bold")
    style.few_ticks(axes[0, 0], "x", 3 if len(shown) < 6 else 2)
    kinds = [kind for kind in KINDS if (table["kind"] == kind).any()]
    if table["mix"].nunique() > 1:
        handles = [Line2D([], [], **_mark(kind), linestyle="none") for kind in kinds]
        handles.append(Line2D([], [], **_CONSTANT))
        labels = [KINDS[kind][0] for kind in kinds]
        style.legend_below(figure, handles, [*labels, "always the most frequent class"])
    style.save(figure, output)


def _bands(table: pd.DataFrame) -> tuple[dict[str, pd.DataFrame], dict[str, MixName]]:
    """Return the rows of each band by its heading, their places in `row`, and the rows' names."""
    if table["mix"].nunique() > 1:
        groups = table.assign(row=table["mix"]).groupby("classifier", sort=False)
        return dict(iter(groups)), mix_names(table)
    rows = table.assign(row=table["classifier"])
    return {"": rows}, {name: MixName("", style.shorten(name, 60)) for name in rows["row"]}


def _draw_panel(axis: Axes, rows: pd.DataFrame, metric: str, names: dict[str, MixName]) -> None:
    places = style.label_rows(axis, names)
    constant = rows.get(f"{CONSTANT}{metric.removeprefix('macro_') if 'auc' in metric else metric}")
    if constant is not None:
        axis.axvline(constant.iloc[0], **_CONSTANT)
    if rows["mix"].nunique() > 1:
        _draw_baselines(axis, rows, metric, places)
    for kind, part in rows.groupby("kind"):
        heights = part["row"].map(places)
        mark = _mark(kind)
        axis.hlines(heights, part[f"{metric}_low"], part[f"{metric}_high"], color=mark["color"])
        axis.plot(part[metric], heights, **mark, linestyle="none")


def _draw_baselines(axis: Axes, rows: pd.DataFrame, metric: str, places: dict[str, float]) -> None:
    for _, group in rows.groupby("class_shares"):
        heights = group["row"].map(places)
        baseline = group.loc[group["kind"] == "real_only", metric]
        axis.vlines(
            baseline, heights.min() - 0.4, heights.max() + 0.4, color=style.REAL, ls=":", lw=1
        )


def _mark(kind: str) -> dict[str, object]:
    _, colour, marker = KINDS[kind]
    return {"color": colour, "marker": marker, "markersize": 4.5}
