"""How the loss went down, or not, with each candidate for the settings of a generator."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from synthmix.figures import style
from synthmix.figures.candidates import CHOSEN, LONGEST, scale_values
from synthmix.figures.panels import bands, curve_axes, place_panels
from synthmix.search.table import read_search, searched_settings
from synthmix.store import read_table

MOST_COLUMNS = 2


@style.look()
def plot_search_curves(
    candidate_histories: Sequence[tuple[str, str, str | Path]],
    search: str | Path,
    output: str | Path,
    *,
    name: str,
    stage: int,
    stages: int,
    scale: str,
) -> None:
    """Draw the loss by which settings of `name` are chosen against the epoch, a line a candidate.

    `candidate_histories` lists (candidate, what the model learned, path) of histories, whose mean
    is drawn where a candidate is several models; `search` is the table that `choose_candidate`
    wrote of the `stage`, from 1, of `stages`. There is a panel for each setting that varies, with
    the same lines in the colours of its values.
    """
    table = read_search(search)
    loss = table["score"].iloc[0]
    curves = mean_curves(candidate_histories, loss)
    settings = searched_settings(table)
    settings = [own for own in settings if table[own].nunique() > 1] or settings[:1]
    panels = place_panels([("", own.replace("_", " ")) for own in settings], MOST_COLUMNS)
    of_all = f", stage {stage} of {stages}" if stages > 1 else ""
    title = f"Losses in the search for settings of {style.shorten(name, 40)}{of_all}"
    figure = style.new_figure(title, 0.6 + 2.5 * bands(panels), scale)
    words = style.wrap(loss.replace("_", " "), 30)
    axes = [found[words] for found in curve_axes(figure, panels, [words])]
    for axis, setting in zip(axes, settings, strict=True):
        _draw_panel(axis, table, curves, setting)
    scale_values(axes[0], pd.concat(curves.values()))
    mark = Line2D([], [], color=CHOSEN, marker="*", markersize=10, linestyle="none")
    style.legend_below(figure, [mark], ["the last epoch of the one chosen"])
    style.save(figure, output)


def mean_curves(
    histories: Sequence[tuple[str, str, str | Path]], loss: str
) -> Mapping[str, pd.Series]:
    """Return the loss of each candidate by epoch, the mean over its models, where there is one.

    Epochs of another stage of the training, which have none, are left out.
    """
    found: dict[str, list[pd.Series]] = {}
    for candidate, _, path in histories:
        values = read_table(path).set_index("epoch")[loss].dropna()
        found.setdefault(candidate, []).append(values)
    return {name: pd.concat(each, axis=1).mean(axis=1) for name, each in found.items()}


def _draw_panel(
    axis: Axes, table: pd.DataFrame, curves: Mapping[str, pd.Series], setting: str
) -> None:
    values = list(dict.fromkeys(table[setting]))
    looks = {value: style.line(place) | {"marker": ""} for place, value in enumerate(values)}
    for row in table.to_dict("records"):
        curve, look = curves[row["candidate"]], looks[row[setting]]
        axis.plot(curve.index, curve, **look, alpha=1 if row["chosen"] else 0.6)
        if row["chosen"] and len(curve):
            mark = {"color": CHOSEN, "marker": "*", "markersize": 10, "zorder": 4}
            axis.plot(curve.index[-1], curve.iloc[-1], **mark)
    lines = [Line2D([], [], **look) for look in looks.values()]
    names = [style.shorten(value, LONGEST) for value in values]
    columns = 1 if len(names) < 5 else 2
    axis.legend(lines, names, loc="upper right", fontsize=7, ncols=columns)
