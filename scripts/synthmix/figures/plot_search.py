"""How good the candidates of a stage of a search are, and which of them was chosen."""

from pathlib import Path

from synthmix.figures import style
from synthmix.figures.candidates import draw_candidates
from synthmix.search.scores import lower_is_better
from synthmix.search.table import read_search


@style.look()
def plot_search(
    search: str | Path,
    output: str | Path,
    *,
    kind: str,
    name: str,
    stage: int,
    stages: int,
    scale: str,
) -> None:
    """Draw the score of each candidate for settings of `name` against what it was tried with.

    Reads the table `search` that `choose_candidate` wrote. `kind` is generators or classifiers,
    `stage` the number of the stage, from 1, of `stages`.
    """
    table = read_search(search)
    by = " by validation" if kind == "classifiers" else ""
    of_all = f", stage {stage} of {stages}" if stages > 1 else ""
    title = f"Search for settings of {style.shorten(name, 40)}{by}{of_all}"
    better = lower_is_better(table["score"].iloc[0])
    style.save(draw_candidates(table, title, better, scale), output)
