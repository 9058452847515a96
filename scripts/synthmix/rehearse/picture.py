"""A picture of what the full run takes: time and memory, a bar for each kind of job."""

import tempfile
from pathlib import Path

import pandas as pd

from synthmix.figures import style
from synthmix.scales import REHEARSAL

MOST = 20  # kinds of jobs, those that take the longest
_UNITS = ((86400 * 2, 86400, "days"), (5400, 3600, "hours"), (90, 60, "minutes"), (0, 1, "seconds"))


@style.look()
def picture(jobs: pd.DataFrame) -> bytes | None:
    """Return the picture, an SVG; None where nothing takes time."""
    shown = jobs[jobs["seconds"] > 0].sort_values("seconds", ascending=False, kind="stable")
    shown = shown.head(MOST)
    if shown.empty:
        return None
    kinds = shown["kind"].fillna("").astype(str)
    several = jobs["study"].replace("", pd.NA).nunique() > 1
    names = [
        style.shorten(" ".join(filter(None, (row.rule, kind, row.study if several else ""))), 44)
        for row, kind in zip(shown.itertuples(), kinds, strict=True)
    ]
    figure = style.new_figure("What the full run takes", 0.9 + 0.24 * len(shown), REHEARSAL)
    left, right = figure.subplots(1, 2, sharey=True)
    places = range(len(shown))
    _, unit, word = next(entry for entry in _UNITS if shown["seconds"].max() >= entry[0])
    left.barh(places, shown["seconds"] / unit, height=0.65, color=style.SERIES[0])
    left.set_xlabel(f"{word}, all jobs one after the other")
    right.barh(places, shown["ram_mb"] / 1000, height=0.65, color=style.SERIES[1])
    on_gpu = shown["gpu_mb"] > 0
    right.scatter(
        shown.loc[on_gpu, "gpu_mb"] / 1000,
        [place for place, there in zip(places, on_gpu, strict=True) if there],
        color=style.SERIES[2],
        marker="D",
        s=16,
        label="of a GPU",
    )
    right.set_xlabel("GB that a job held" + (", of a GPU: diamonds" if on_gpu.any() else ""))
    left.set_yticks(places, names)
    left.invert_yaxis()
    for axis in (left, right):
        axis.grid(False, axis="y")
        axis.tick_params(axis="y", length=0)
        axis.set_xlim(left=0)
        style.few_ticks(axis, "x", 5)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "picture.svg")
        style.save(figure, path)
        return path.read_bytes()
