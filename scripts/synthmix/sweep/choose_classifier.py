"""The best of the candidates of a stage of a sweep, on their validation images."""

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.search.table import table_of
from synthmix.sweep.chosen import lay_over, read_chosen, write_chosen
from synthmix.sweep.scorer import Scorer
from synthmix.sweep.settings import TIE_BREAKER, lower_is_better

LOGGER = logging.getLogger(__name__)


def choose_classifier(
    classifier: str,
    candidates: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Mapping[str, Any]],
    predictions: Mapping[str, str | Path],
    score: str,
    scorer: Scorer,
    chosen_before: str | Path | None,
    output: str | Path,
    best: str | Path,
) -> None:
    """Choose the candidate with the best `score` in a stage of the sweep of `classifier`.

    `candidates` are the settings that set each apart, `settings` these and what goes with them,
    `predictions` the tables of what each says of its validation images, `chosen_before` the file
    of what earlier stages have chosen. Of equally good candidates the one with the lower negative
    log likelihood is taken, of these the first. Writes a row a candidate to `output`: candidate,
    what sets it apart, score, value, low, high, rank (1 the best, empty where the score is
    undefined) and chosen; and to `best` which one it is, with all that is chosen by then. Raises
    UserError where the score is undefined for all.
    """
    judged = {
        name: scorer.estimates(predictions[name], (score, TIE_BREAKER)) for name in candidates
    }
    estimates = {name: each[score] for name, each in judged.items()}
    sign = 1 if lower_is_better(score) else -1
    defined = [name for name in candidates if not math.isnan(estimates[name][0])]
    if not defined:
        raise UserError(
            f"classifiers.{classifier}.sweep.score: {score} is undefined for all "
            f"{len(candidates)} candidates, since not every class has validation images: choose "
            f"by accuracy, or have more images validate"
        )
    ranked = sorted(
        defined, key=lambda name: (sign * estimates[name][0], judged[name][TIE_BREAKER][0])
    )
    write_table(output, table_of(candidates, score, estimates, ranked))
    before = read_chosen(chosen_before) if chosen_before else {}
    write_chosen(best, ranked[0], lay_over(before, settings[ranked[0]]))
    LOGGER.info("%s %.4f: %s", score, estimates[ranked[0]][0], candidates[ranked[0]])
