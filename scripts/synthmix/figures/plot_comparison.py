"""How each mix differs from real images alone."""

from pathlib import Path

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from synthmix.evaluate.compare_mixes import VERDICTS_ON_PAIRS
from synthmix.evaluate.comparisons import OF_PAIRS
from synthmix.evaluate.verdict import judged_by
from synthmix.figures import style
from synthmix.figures.measures import measure_name
from synthmix.figures.mix_names import MixName, read_mix_names
from synthmix.store import read_table

# better and worse are drawn as the verdicts on mixes and their baselines are
_AS_OF_MIXES = {said: verdict.value for verdict, said in VERDICTS_ON_PAIRS.items()}


@style.look()
def plot_comparison(
    comparison: str | Path, output: str | Path, *, scale: str, mixes: str | Path | None = None
) -> None:
    """Draw for each comparison the accuracy of the mix minus its baseline's, coloured by verdict.

    Where verdicts are about another measure, it is that one. The interval has a thicker part, the
    narrow one; differences in the shaded band are within the margin. Reads classifier, mix,
    baseline, family, difference, low, high, narrow_low, narrow_high, margin, p_adjusted, verdict
    and judged_by, if there, of the table `comparison`; a panel for each classifier, below which
    pairs of mixes are. `mixes`, the table of the study's mixes, gives them their names.
    """
    table, names = _with_rows(read_table(comparison), mixes)
    classifiers = list(table["classifier"].unique())
    height = 0.8 + len(classifiers) * (style.rows_height(names) + 0.4)
    measure = measure_name(judged_by(table))
    is_pair = table["family"].isin(OF_PAIRS)
    against = [] if is_pair.all() else ["with real images alone"]
    against += ["with each other"] if is_pair.any() else []
    title = f"{measure[0].upper()}{measure[1:]} compared {', and '.join(against)}"
    figure = style.new_figure(title, height, scale)
    axes = figure.subplots(len(classifiers), 1, squeeze=False, sharex=True)[:, 0]
    for axis, classifier in zip(axes, classifiers, strict=True):
        _draw_panel(axis, table[table["classifier"] == classifier], names)
        if len(classifiers) > 1:
            axis.set_title(style.wrap(classifier, 60))
    _centre_zero(axes[0], table)
    other = "the second mix" if is_pair.all() else "real images only, same class shares"
    axes[-1].set_xlabel(f"{measure} minus that of {other}")
    _add_legend(figure, table)
    style.save(figure, output)


def _with_rows(
    table: pd.DataFrame, mixes: str | Path | None
) -> tuple[pd.DataFrame, dict[str, MixName]]:
    """Return `table` with the `row` of each comparison, and the names of the rows."""
    of_mixes = read_mix_names(mixes, [*table["mix"], *table["baseline"]])
    is_pair = table["family"].isin(OF_PAIRS)
    pairs = table[is_pair].drop_duplicates(["mix", "baseline"])
    against_baselines = set(table.loc[~is_pair, "mix"])
    names = {mix: name for mix, name in of_mixes.items() if mix in against_baselines}
    for mix, other in zip(pairs["mix"], pairs["baseline"], strict=True):
        short = f"{of_mixes[mix].full} \u2212 {of_mixes[other].full}"
        names[f"{mix} - {other}"] = MixName("one mix against another", short)
    rows = table["mix"].where(~is_pair, table["mix"] + " - " + table["baseline"])
    return table.assign(row=rows), names


def _draw_panel(axis: Axes, rows: pd.DataFrame, names: dict[str, MixName]) -> None:
    places = style.label_rows(axis, names)
    margin = rows["margin"].iloc[0]
    axis.axvspan(-margin, margin, color=style.MUTED, alpha=0.15, lw=0)
    axis.axvline(0, color=style.INK, lw=1)
    for verdict, part in rows.groupby("verdict"):
        heights = part["row"].map(places)
        mark = _mark(_AS_OF_MIXES.get(verdict, verdict))
        axis.hlines(heights, part["low"], part["high"], color=mark["color"], lw=1.2)
        axis.hlines(heights, part["narrow_low"], part["narrow_high"], color=mark["color"], lw=2.6)
        axis.plot(part["difference"], heights, **mark)
    place = {"transform": axis.get_yaxis_transform(), "size": 8, "color": style.MUTED}
    axis.text(1.015, axis.get_ylim()[1], "adjusted p", va="bottom", **place)
    for row, p_value in zip(rows["row"], rows["p_adjusted"], strict=True):
        axis.text(1.015, places[row], _p_text(p_value), va="center", **place)


def _p_text(p_value: float) -> str:
    if pd.isna(p_value):
        return "no test"
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _centre_zero(axis: Axes, table: pd.DataFrame) -> None:
    """Give the horizontal axis as much room on either side of no difference."""
    reach = table[["difference", "low", "high"]].abs().max().max()
    reach = 1.08 * max(reach, table["margin"].max())
    axis.set_xlim(-reach, reach)
    axis.xaxis.set_major_formatter(_signed)
    style.few_ticks(axis, "x", 7)


def _signed(value: float, _position: int) -> str:
    return f"{value:+.3g}".replace("-", "\u2212") if value else "0"


def _add_legend(figure: Figure, table: pd.DataFrame) -> None:
    given = set(table["verdict"].map(lambda said: _AS_OF_MIXES.get(said, said)))
    shown = [verdict for verdict in style.VERDICT if verdict in given]
    handles: list[Artist] = [Line2D([], [], **_mark(verdict)) for verdict in shown]
    band = Patch(color=style.MUTED, alpha=0.15, lw=0)
    margin = f"within the margin of {table['margin'].iloc[0]:g}"
    style.legend_below(figure, [*handles, band], [*shown, margin])


def _mark(verdict: str) -> dict[str, object]:
    return {
        "color": style.VERDICT[verdict],
        "marker": style.VERDICT_MARKER[verdict],
        "markersize": 6,
        "linestyle": "none",
    }
