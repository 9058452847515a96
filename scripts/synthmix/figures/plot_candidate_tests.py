"""How the candidates of a stage of a search do on test images, in four measures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from matplotlib.axes import Axes

from synthmix.figures import style
from synthmix.figures.candidates import LINE, SPREAD, height_of, name_across
from synthmix.search.settings import as_text
from synthmix.store import read_table

MEASURES = {
    "macro_recall": "recall",
    "macro_precision": "precision",
    "macro_f1": "F1",
    "accuracy": "accuracy",
}
LONGEST = 40  # characters of a legend
Labelled = tuple[str, str]  # what a candidate stands above, and in which series


@style.look()
def plot_candidate_tests(
    candidates: str | Path,
    output: str | Path,
    *,
    name: str,
    stage: int,
    stages: int,
    scale: str,
) -> None:
    """Draw recall, precision, F1 and accuracy of each candidate for settings of `name`.

    Reads the table `candidates` that `tabulate_search` wrote, of which the rows of `stage`, a
    number from 1 of `stages`, are drawn. Where candidates differ in two settings, the values of
    one lie along the axis and those of the other are series; of one setting there is one series.
    Recall, precision and F1 are the means of all classes. A measure that is undefined is left out.
    """
    table = read_table(candidates)
    table = table[table["stage"] == stage]
    labelled = _labelled(list(table["settings"]))
    values, series = (list(dict.fromkeys(part)) for part in zip(*labelled, strict=True))
    of_all = f", stage {stage} of {stages}" if stages > 1 else ""
    title = f"Candidates for settings of {style.shorten(name, 40)} on test images{of_all}"
    room = LINE // 2
    height = 0.6 + 2 * (1.75 + height_of(values, room))
    figure = style.new_figure(title, height, scale)
    grid = figure.subplots(2, 2, sharex=True)
    for axis, (measure, called) in zip(grid.flat, MEASURES.items(), strict=True):
        _draw_panel(axis, table, f"test_{measure}", labelled, values, series)
        axis.set_title(called)
        name_across(axis, values, room)
    for axis in grid[1]:
        axis.set_xlabel(_across(list(table["settings"])))
    if len(series) > 1:
        handles, labels = grid[0, 0].get_legend_handles_labels()
        style.legend_below(figure, handles, [style.shorten(text, LONGEST) for text in labels])
    style.save(figure, output)


def _draw_panel(
    axis: Axes,
    table: pd.DataFrame,
    column: str,
    labelled: Sequence[Labelled],
    values: Sequence[str],
    series: Sequence[str],
) -> None:
    """Draw a measure of all candidates, with its interval."""
    for number, of in enumerate(series):
        rows = table[[label == of for _, label in labelled]]
        across = [values.index(value) for value, label in labelled if label == of]
        offset = SPREAD * ((number + 0.5) / len(series) - 0.5)
        look = style.line(number) | {"linestyle": "none"}
        measured = rows[column].astype(float)
        errors = np.abs(rows[[f"{column}_low", f"{column}_high"]].to_numpy(float).T - [measured])
        axis.errorbar(
            np.array(across) + offset,
            measured,
            np.nan_to_num(errors),
            label=of,
            elinewidth=1,
            **look,
        )
    axis.set_xlim(-0.6, len(values) - 0.4)
    axis.grid(False, axis="x")
    style.few_ticks(axis, "y", 5)


def _labelled(settings: Sequence[str]) -> list[Labelled]:
    """Return for each candidate its value of the setting along the axis, and of the other."""
    points = [_read(text) for text in settings]
    varied = _varied(points)
    if len(varied) > 2:
        return [(text, "") for text in settings]
    across, *others = varied
    return [(point[across], ", ".join(point[name] for name in others)) for point in points]


def _across(settings: Sequence[str]) -> str:
    """Return what the axis is called."""
    varied = _varied([_read(text) for text in settings])
    return "settings" if len(varied) > 2 else style.shorten(varied[0].replace("_", " "), 30)


def _varied(points: Sequence[dict[str, str]]) -> list[str]:
    """Return the settings of several values, that of the most first; the first where none has."""
    counts = {name: len({point[name] for point in points}) for name in points[0]}
    varied = sorted((name for name in counts if counts[name] > 1), key=lambda name: -counts[name])
    return varied or list(counts)[:1]


def _read(settings: str) -> dict[str, str]:
    """Return the settings of a candidate, as the table writes them, by name."""
    return {name: as_text(value) for name, value in yaml.safe_load(f"{{{settings}}}").items()}
