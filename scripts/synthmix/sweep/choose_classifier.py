"""The best of the candidates of a stage of a sweep, on their validation images."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.evaluate.metrics import weighted_metrics
from synthmix.evaluate.predictions import Predictions, read_predictions
from synthmix.files import write_table
from synthmix.search.table import table_of
from synthmix.sweep.resolve import lay_over, read_chosen, write_chosen

LOGGER = logging.getLogger(__name__)
TIE = "negative_log_likelihood"


def choose_classifier(
    classifier: str,
    candidates: Mapping[str, Mapping[str, Any]],
    predictions: Mapping[str, str | Path],
    score: str,
    classes: Sequence[str],
    positive_class: str | None,
    chosen_before: str | Path | None,
    output: str | Path,
    best: str | Path,
) -> None:
    """Choose the candidate of a stage of the sweep of `classifier` with the best `score`.

    `candidates` are the settings that set each apart, `predictions` the tables of what each says
    of its validation images, `chosen_before` the file of what earlier stages have chosen. Of
    equally good candidates the one with the lower negative log likelihood is taken, of these the
    first. Writes a row a candidate to `output` and to `best` which one it is, with all that is
    chosen by then. Raises UserError where the score is defined for none.
    """
    scores = {
        name: validation_scores(predictions[name], classes, positive_class) for name in candidates
    }
    sign = 1 if score == TIE else -1
    defined = [name for name in candidates if pd.notna(scores[name][score])]
    if not defined:
        raise UserError(
            f"classifiers.{classifier}.sweep: {score} is defined for none of the "
            f"{len(candidates)} candidates: their validation images are of one class only; choose "
            f"by accuracy, or raise split.validation"
        )
    ranked = sorted(defined, key=lambda name: (sign * scores[name][score], scores[name][TIE]))
    estimates = {name: (scores[name][score], float("nan"), float("nan")) for name in candidates}
    write_table(output, table_of(candidates, score, estimates, ranked))
    before = read_chosen(chosen_before) if chosen_before else {}
    write_chosen(best, ranked[0], lay_over(before, candidates[ranked[0]]))
    LOGGER.info("%s %.4f: %s", score, scores[ranked[0]][score], candidates[ranked[0]])


def validation_scores(
    predictions: str | Path, classes: Sequence[str], positive_class: str | None
) -> dict[str, float]:
    """Return the metrics of a table of predictions by name; nan where one is not defined."""
    table = Predictions.from_table(read_predictions([predictions]), classes)
    values = weighted_metrics(table, np.ones((1, len(table.actual))), positive_class)
    return {metric: float(value[0]) for (metric, label), value in values.items() if not label}
