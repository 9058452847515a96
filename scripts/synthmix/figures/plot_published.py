"""Our numbers with their intervals beside the published ones, by the tables of the source."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, NullLocator

from synthmix.figures import style
from synthmix.published.judging import ANOTHER_PROTOCOL, NO, NOT_COMPARABLE, OPEN, YES
from synthmix.published.sections import Section, read_comparison, sections

MOST_COLUMNS = 4
# from this ratio of the largest to the least value on, a scale is logarithmic
WIDE_RANGE = 30
# inches
LABELS, MARGIN, GAP = 2.2, 0.2, 0.24
TOP, HEADING, ROW, TICKS, LINE = 0.75, 0.38, 0.19, 0.56, 0.14
LEGEND_COLUMNS, LEGEND_LINE = 4, 0.17

LOOKS = {
    YES: {"color": style.SERIES[1], "marker": "o"},
    NO: {"color": style.SERIES[2], "marker": "s"},
    OPEN: {"color": style.MUTED, "marker": "o"},
    NOT_COMPARABLE: {"color": style.MUTED, "marker": "x"},
    ANOTHER_PROTOCOL: {"color": style.MUTED, "marker": "^"},
}
LEGEND = {
    YES: "ours, published inside",
    NO: "ours, published outside",
    OPEN: "ours, no interval to judge by",
    NOT_COMPARABLE: "ours, trained otherwise",
    ANOTHER_PROTOCOL: "ours, of another protocol",
}
PUBLISHED = {
    "color": style.INK,
    "marker": "D",
    "markersize": 6.5,
    "markerfacecolor": "none",
    "markeredgewidth": 1.1,
    "linestyle": "none",
    "clip_on": False,
}
NOTHING = "no published value has a number of ours beside it"


@dataclass(frozen=True)
class Band:
    """Axes side by side, one a measure: `rows` by label and measure."""

    heading: str
    measures: Sequence[str]
    rows: Mapping[str, Mapping[str, Mapping[str, str]]]

    @property
    def height(self) -> float:
        """Inches, heading and scale included."""
        lines = max(1 + name.count("\n") for name in self.names)
        return (HEADING if self.heading else 0) + ROW * len(self.rows) + TICKS + LINE * (lines - 1)

    @property
    def names(self) -> list[str]:
        """The measures as they stand below their axes."""
        return [style.wrap(measure, 84 // len(self.measures)) for measure in self.measures]


@style.look()
def plot_published(published: str | Path, output: str | Path, *, scale: str) -> None:
    """Draw what `compare_published` wrote to `published`, as far as there are numbers of ours.

    A band of axes for each table of the source, a line for each of its lines, a measure an axis
    with a scale of its own. Published values are hollow, published ranges bars.
    """
    table = read_comparison(published)
    bands = [band for found in _drawn(table) for band in _bands(*found)]
    shown = set(table.loc[table["ours_low"] != "", "inside"])
    looks = [inside for inside in LOOKS if inside in shown]
    below = TOP + LEGEND_LINE * (len(looks) // LEGEND_COLUMNS)
    height = below + sum(band.height for band in bands) if bands else 1.6
    other = " of another protocol" if ANOTHER_PROTOCOL in shown else ""
    figure = style.new_figure(f"Beside the published values{other}", height, scale)
    # axes are placed by inches: so many would take a layout engine long
    figure.set_layout_engine("none")
    added = figure.get_figheight() - height  # for a line more below the title
    place = {"x": 0.1 / style.WIDTH, "y": 1 - 0.1 / (height + added)}
    figure.suptitle(figure.get_suptitle(), ha="left", va="top", **place)
    _add_legend(figure, 0.42 + added, looks)
    if not bands:
        figure.text(0.5, 0.25, NOTHING, ha="center", color=style.MUTED)
    top = below + added
    for band in bands:
        _draw_band(figure, band, top)
        top += band.height
    style.save(figure, output)


def _drawn(table: pd.DataFrame) -> Iterator[tuple[Section, list[dict[str, str]]]]:
    """Yield the sections with their rows."""
    for section, (_, rows) in zip(sections(table), table.groupby("table", sort=False), strict=True):
        yield section, rows.to_dict("records")


def _bands(section: Section, rows: Sequence[dict[str, str]]) -> Iterator[Band]:
    """Yield the bands of a section; none where it has nothing to draw."""
    lines: dict[str, dict[str, dict[str, str]]] = {}
    for line, row in zip(section.lines, rows, strict=True):
        if _is_number(row["ours_low"]) and _is_number(row["published_low"]):
            label = ", ".join(text for text in line.keys.values() if text)
            label = label or ("all" if section.keys else "")
            lines.setdefault(label, {})[line.measure] = row
    measures = list(dict.fromkeys(measure for line in lines.values() for measure in line))
    for start in range(0, len(measures), MOST_COLUMNS):
        shown = measures[start : start + MOST_COLUMNS]
        own = {label: line for label, line in lines.items() if line.keys() & set(shown)}
        yield Band("" if start else section.heading, shown, own)


def _draw_band(figure: Figure, band: Band, top: float) -> None:
    """Draw a band that begins `top` inches below the upper edge."""
    width, height = figure.get_size_inches()
    if band.heading:
        place = {"x": 0.1 / width, "y": 1 - (top + 0.12) / height}
        text = style.shorten(band.heading, 92)
        figure.text(s=text, va="top", weight="bold", size=9, **place)
        top += HEADING
    inner = ROW * len(band.rows)
    room = width - LABELS - MARGIN + GAP
    each = room / len(band.measures) - GAP
    for place, (measure, name) in enumerate(zip(band.measures, band.names, strict=True)):
        left = LABELS + place * (each + GAP)
        axis = figure.add_axes(
            (left / width, 1 - (top + inner) / height, each / width, inner / height)
        )
        found = [line.get(measure) for line in band.rows.values()]
        _draw_measure(axis, found)
        axis.set_xlabel(name, size=8)
        labels = [style.shorten(label, 35) for label in band.rows] if not place else []
        axis.set_yticks(range(len(found)), labels or [""] * len(found), size=7.5)


def _draw_measure(axis: Axes, rows: Sequence[Mapping[str, str] | None]) -> None:
    values = []
    for place, row in enumerate(rows):
        if row is None:
            continue
        low, high = float(row["published_low"]), float(row["published_high"])
        if low < high:
            axis.plot([low, high], [place, place], color=style.RULE, lw=6, solid_capstyle="butt")
        axis.plot([low, high] if low < high else [low], [place] * (1 + (low < high)), **PUBLISHED)
        values += [low, high, *_draw_ours(axis, place, row)]
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.tick_params(axis="x", labelsize=7)
    _scale(axis, values)


def _draw_ours(axis: Axes, place: int, row: Mapping[str, str]) -> list[float]:
    look = LOOKS[row["inside"]]
    low, high = float(row["ours_low"]), float(row["ours_high"])
    limits = [float(row[end]) for end in ("low", "high")] if row["low"] else [low, high]
    axis.plot(limits, [place, place], color=look["color"], lw=1.3)
    ends = [low] if low == high else [low, high]
    axis.plot(ends, [place] * len(ends), markersize=4.2, linestyle="none", **look)
    return limits


def _scale(axis: Axes, values: Sequence[float]) -> None:
    if min(values) > 0 and max(values) > WIDE_RANGE * min(values):
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_locator(NullLocator())
        axis.xaxis.set_minor_formatter(NullFormatter())
        return
    if min(values) == max(values):
        reach = abs(values[0]) / 10 or 1.0
        axis.set_xlim(values[0] - reach, values[0] + reach)
    style.few_ticks(axis, "x", 3)


def _add_legend(figure: Figure, top: float, looks: Sequence[str]) -> None:
    """Put the legend `top` inches below the upper edge; `looks` are those that ours have."""
    handles = [Line2D([], [], **PUBLISHED)]
    handles += [Line2D([], [], lw=1.3, markersize=4.2, **LOOKS[look]) for look in looks]
    figure.legend(
        handles,
        ["published", *(LEGEND[look] for look in looks)],
        loc="upper left",
        bbox_to_anchor=(0.0, 1 - top / figure.get_figheight()),
        ncols=LEGEND_COLUMNS,
        handlelength=1.6,
        columnspacing=1.2,
        fontsize=7.5,
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
