"""One look for all figures: colours, fonts, the frame they are drawn in and how they are saved."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from synthmix.figures.mix_names import MixName
from synthmix.files import write_beside
from synthmix.leakage import caution
from synthmix.scales import mark_of

# Okabe and Ito's colours, told apart by people who are colour-blind. A colour means one thing.
REAL = "#0072b2"
SYNTHETIC = "#e69f00"
SELECTED = "#56b4e9"
ORIGIN = {"synthetic": SYNTHETIC, "real": REAL}
VERDICT = {
    "helps": "#009e73",
    "makes no difference": "#332288",
    "too small to matter": "#332288",
    "can't tell yet": "#6b7280",
    "hurts": "#d55e00",
}
VERDICT_MARKER = dict(zip(VERDICT, "^sDov", strict=True))

# Paul Tol's muted colours, for what is neither real nor synthetic: class shares, curves.
SERIES = ("#332288", "#44aa99", "#aa4499", "#999933", "#88ccee", "#882255", "#117733", "#cc6677")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "p")
LINES = ("-", "--", "-.", ":")

# from little to much
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#b3acd8", SERIES[0]])

INK = "#1f2933"
MUTED = "#6b7280"
RULE = "#d8dde3"

WIDTH = 7.2
ROW = 0.25
PNG_DPI = 160

_LOOK = {
    "axes.axisbelow": True,
    "axes.edgecolor": "#9aa5b1",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlepad": 5,
    "axes.titlesize": 9,
    "axes.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.06,
    "figure.constrained_layout.w_pad": 0.06,
    "figure.titlesize": 11,
    "figure.titleweight": "bold",
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 9,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "lines.linewidth": 1.4,
    "svg.fonttype": "path",
    "svg.hashsalt": "synthmix",
    "text.color": INK,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "xtick.color": "#52606d",
    "xtick.labelsize": 8.5,
    "ytick.color": "#52606d",
    "ytick.labelsize": 8.5,
}


def look() -> Any:
    """Return the settings of all figures, a context manager and decorator."""
    return mpl.rc_context(_LOOK)


def new_figure(title: str, height: float, scale: str, width: float = WIDTH) -> Figure:
    """Return an empty figure of `width` x `height` inches with its title and the mark of
    its `scale`, if that has one.

    Where test images may have been trained on, as the job says, that stands below the title.
    """
    word = mark_of(scale)
    lines = [wrap(title, (68 - 2 * len(word)) if word else 72)]
    if caution():
        lines.append(caution())
        height += 0.17
    figure = Figure(figsize=(width, height), layout="constrained")
    figure.suptitle("\n".join(lines), x=0.012, ha="left")
    if word:
        mark = {"boxstyle": "round,pad=0.35", "facecolor": "#fff3cd", "edgecolor": "#d9a400"}
        place = {"ha": "right", "va": "top", "color": "#7a4b00", "weight": "bold", "size": 8.5}
        corner = figure.transFigure + ScaledTranslation(-0.1, -0.1, figure.dpi_scale_trans)
        figure.text(1, 1, word, bbox=mark, transform=corner, **place).set_in_layout(False)
    return figure


def save(figure: Figure, path: str | Path) -> None:
    """Write `figure` in the format of the suffix; the same figure gives the same bytes."""
    metadata = {
        ".svg": {"Date": None, "Creator": None},
        ".png": {"Software": None},
    }
    with write_beside(path) as temporary:
        figure.savefig(temporary, dpi=PNG_DPI, metadata=metadata.get(Path(path).suffix))


def wrap(text: str, width: int) -> str:
    """Break `text` into lines of at most `width` characters.

    Lines end at spaces, hyphens, underscores and slashes, and within a word that is too long.
    """
    lines = [""]
    for token in re.findall(r" +|[^ _/-]+[_/-]*|[_/-]+", text):
        for start in range(0, len(token), width):
            piece = token[start : start + width]
            if lines[-1] and len(lines[-1] + piece.rstrip()) > width:
                lines.append("")
            lines[-1] += piece if lines[-1] else piece.lstrip()
    return "\n".join(line.rstrip() for line in lines)


def shorten(text: str, most: int) -> str:
    """Return `text` with its middle left out where it has more than `most` characters."""
    if len(text) <= most:
        return text
    return f"{text[: most // 2]}\u2026{text[len(text) - (most - 1) // 2 :]}"


def line(number: int) -> dict[str, Any]:
    """Return how a curve is drawn; in grey its dashes and marks tell it from the others."""
    return {
        "color": SERIES[number % len(SERIES)],
        "linestyle": LINES[(number + number // len(SERIES)) % len(LINES)],
        "marker": MARKERS[number % len(MARKERS)],
        "markersize": 4,
        "linewidth": 1.2,
    }


def tint(colour: str, step: int, steps: int) -> str:
    """Return `colour` for the first of so many steps, and lighter and lighter ones after it."""
    white = 0.62 * step / max(1, steps - 1)
    return to_hex([channel + (1 - channel) * white for channel in to_rgb(colour)])


def row_places(names: Mapping[str, MixName]) -> tuple[dict[str, float], list[tuple[float, str]]]:
    """Return where each mix lies on a vertical axis, and the places and texts of group headings.

    A row is 1 high; `names` are in the order of the rows, from the top.
    """
    places: dict[str, float] = {}
    headings: list[tuple[float, str]] = []
    top, group = 0.0, ""
    for mix, name in names.items():
        if name.group != group:
            group = name.group
            text = wrap(group, 30)
            top += 0.3 if places else 0
            headings.append((top + _lines(text) / 2, text))
            top += _lines(text)
        lines = _lines(wrap(name.short, 30))
        places[mix] = top + lines / 2
        top += lines
    return places, headings


def _lines(text: str) -> float:
    """Return the height of `text` in rows; its lines are closer together than rows are."""
    return 1 + 0.7 * text.count("\n")


def label_rows(axis: Axes, names: Mapping[str, MixName]) -> dict[str, float]:
    """Name the mixes along the vertical axis, below the heading of their group."""
    places, headings = row_places(names)
    labels = [(places[mix], wrap(name.short, 30)) for mix, name in names.items()] + headings
    axis.set_yticks([place for place, _ in labels], [text for _, text in labels])
    for label in axis.get_yticklabels()[len(places) :]:
        label.set(weight="bold", color=INK)
    axis.set_ylim(max(places.values()) + 0.7, -0.2)
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    return places


def rows_height(names: Mapping[str, MixName]) -> float:
    """Return the height in inches that the rows of `label_rows` need."""
    return ROW * (max(row_places(names)[0].values()) + 1)


def few_ticks(axis: Axes, which: str, most: int, integer: bool = False) -> None:
    """Put at most `most` round numbers along the `which` ("x" or "y") axis."""
    target = axis.xaxis if which == "x" else axis.yaxis
    target.set_major_locator(
        MaxNLocator(most, integer=integer, min_n_ticks=1, steps=[1, 2, 2.5, 5, 10])
    )


def legend_below(figure: Figure, handles: Sequence[Any], labels: Iterable[str]) -> None:
    """Put a legend below all panels, as many columns as fit, and make the figure higher for it."""
    labels = [wrap(label, 60) for label in labels]
    longest = max(len(line) for label in labels for line in label.split("\n"))
    columns = max(1, min(len(labels), int(figure.get_figwidth() * 14 / (longest + 6))))
    lines = math.ceil(len(labels) / columns) * max(1 + label.count("\n") for label in labels)
    figure.set_figheight(figure.get_figheight() + 0.15 + 0.18 * lines)
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=columns,
        columnspacing=1.4,
        handlelength=1.6,
    )
