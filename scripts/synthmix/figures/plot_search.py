"""How good the candidates of a search are, and which of them was chosen."""

from pathlib import Path

from synthmix.figures import style
from synthmix.figures.candidates import draw_candidates
from synthmix.search.scores import lower_is_better
from synthmix.search.table import read_search


@style.look()
def plot_search(search: str | Path, output: str | Path, *, generator: str, demo: bool) -> None:
    """Draw the score of each candidate of `generator` against the settings that were searched.

    Reads the table `search` that `choose_generator` wrote.
    """
    table = read_search(search)
    title = f"Search for settings of {style.shorten(generator, 40)}"
    better = lower_is_better(table["score"].iloc[0])
    style.save(draw_candidates(table, title, better, demo), output)
