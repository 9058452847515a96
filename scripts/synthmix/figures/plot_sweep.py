"""How good the candidates of a stage of a sweep are, and which of them was chosen."""

from pathlib import Path

from synthmix.figures import style
from synthmix.figures.candidates import draw_candidates
from synthmix.search.table import read_search
from synthmix.sweep.settings import lower_is_better


@style.look()
def plot_sweep(
    stage_table: str | Path,
    output: str | Path,
    *,
    classifier: str,
    stage: int,
    stages: int,
    demo: bool,
) -> None:
    """Draw what the candidates of a stage of the sweep of `classifier` score in validation.

    Reads the `stage_table` that `choose_classifier` wrote; `stage` is its number, of `stages`.
    """
    table = read_search(stage_table)
    of_all = f", stage {stage} of {stages}" if stages > 1 else ""
    title = f"Settings of {style.shorten(classifier, 40)} by validation{of_all}"
    better = lower_is_better(table["score"].iloc[0])
    style.save(draw_candidates(table, title, better, demo), output)
