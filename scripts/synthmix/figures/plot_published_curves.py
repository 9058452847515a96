"""The training histories that a source prints, and ours."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from synthmix.figures import style
from synthmix.figures.panels import bands, curve_axes, place_panels
from synthmix.published.rows import read_curves
from synthmix.published.sections import measure_text
from synthmix.store import read_table

MOST_COLUMNS = 3
COLOUR = {"train": style.SERIES[4], "validation": style.SERIES[0]}
DASHES = {"source": (0, (2, 1.5)), "ours": "-"}


@style.look()
def plot_published_curves(
    curves: str | Path,
    published_histories: Sequence[Sequence[str | Path]],
    output: str | Path,
    *,
    dataset: str,
    scale: str,
) -> None:
    """Draw a panel for each training of `dataset` that the source prints the history of.

    `curves` is the file that has it. `published_histories` are ours: a classifier, a mix, and a
    file for each seed and fold; a training that is not there has the published curves alone.
    Published curves are dashed, ours drawn through; a measure has the same scale in all panels.
    Reads the columns epoch, split and the measures.
    """
    printed = [curve for curve in read_curves(curves) if curve.dataset in ("", dataset)]
    trainings = list(dict.fromkeys((curve.classifier, curve.mix) for curve in printed))
    measures = list(dict.fromkeys(measure for curve in printed for measure in curve.values))
    panels = place_panels(trainings, MOST_COLUMNS)
    height = 0.6 + bands(panels) * (0.45 + 0.95 * len(measures))
    figure = style.new_figure("Trainings beside the published ones", height, scale)
    names = {measure: style.wrap(measure_text(measure), 14) for measure in measures}
    axes = dict(zip(trainings, curve_axes(figure, panels, list(names.values())), strict=True))
    for curve in printed:
        for measure, values in curve.values.items():
            axis = axes[curve.classifier, curve.mix][names[measure]]
            _draw(axis, dict(sorted(values.items())), curve.split, "source")
    for classifier, mix, *paths in published_histories:
        for path in paths if (classifier, mix) in axes else ():
            _draw_history(axes[classifier, mix], path, names)
    _add_legend(figure)
    style.save(figure, output)


def _draw_history(axes: Mapping[str, Axes], path: str | Path, names: Mapping[str, str]) -> None:
    history = read_table(path)
    for split, rows in history.groupby("split"):
        for measure, name in names.items():
            if measure in rows:
                values = dict(zip(rows["epoch"], rows[measure], strict=True))
                _draw(axes[name], values, str(split), "ours")


def _draw(axis: Axes, values: Mapping[int, float], split: str, whose: str) -> None:
    axis.plot(list(values), list(values.values()), color=COLOUR[split], ls=DASHES[whose], lw=1)


def _add_legend(figure: style.Figure) -> None:
    looks = [(split, whose) for split in COLOUR for whose in DASHES]
    handles = [Line2D([], [], color=COLOUR[split], ls=DASHES[whose]) for split, whose in looks]
    style.legend_below(figure, handles, [f"{split}, {whose}" for split, whose in looks])
