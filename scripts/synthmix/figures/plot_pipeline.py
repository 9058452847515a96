"""How many images a second the store gives, and a folder of pictures."""

from pathlib import Path

from synthmix.figures import style
from synthmix.store import read_table

NAMES = {"store": "store, memory-mapped", "image_folder": "folder of PNG files"}


@style.look()
def plot_pipeline(pipeline: str | Path, output: str | Path, *, scale: str) -> None:
    """Draw a bar for each loader of the table `pipeline`: its images a second."""
    table = read_table(pipeline)
    figure = style.new_figure("Images a second that reach a training", 1.75, scale)
    axis = figure.subplots()
    names = [NAMES[loader] for loader in table["loader"]]
    axis.barh(names, table["images_per_second"], height=0.6, color=style.SERIES[: len(table)])
    for place, row in enumerate(table.itertuples()):
        text = f" {row.images_per_second:,.0f}"
        if row.ratio != 1:
            text += f", {row.ratio:.3g} times as many"
        axis.text(row.images_per_second, place, text, va="center", size=8.5)
    axis.invert_yaxis()
    axis.grid(False, axis="y")
    axis.tick_params(axis="y", length=0)
    axis.set_xlim(0, 1.45 * table["images_per_second"].max())
    axis.set_xlabel("images a second")
    style.few_ticks(axis, "x", 6)
    style.save(figure, output)
