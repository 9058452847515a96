"""The best of the candidates of a stage of a search."""

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synthmix.errors import UserError
from synthmix.files import write_table
from synthmix.search.chosen import lay_over, read_chosen, write_chosen
from synthmix.search.judges import load_judge
from synthmix.search.scores import lower_is_better
from synthmix.search.table import table_of

LOGGER = logging.getLogger(__name__)


def choose_candidate(
    place: str,
    candidates: Mapping[str, Mapping[str, Any]],
    choices: Mapping[str, Mapping[str, Any]],
    files: Mapping[str, Sequence[str | Path]],
    score: str,
    judge: str,
    about: Mapping[str, Any],
    chosen_before: str | Path | None,
    output: str | Path,
    best: str | Path,
) -> None:
    """Choose the candidate with the best `score` in a stage of the search at `place` in a study.

    `candidates` are the settings that set each apart, `choices` these and what goes with them.
    `judge` names the module of `synthmix.search.judges` that finds the score in the `files` of
    each, told `about` them. `chosen_before` is the file of what earlier stages have chosen. Of
    equally good candidates the one with the better tie breaker is taken, of these the first.
    Writes a row a candidate to `output`: candidate, what sets it apart, score, value, low, high,
    rank (1 the best, empty without a finite value) and chosen; and to `best` which one it is, with
    all that is chosen by then. Raises UserError where no value is finite.
    """
    judging = load_judge(judge)
    judged = {
        name: judging.judge(files[name], score, f"{place}.score", **about) for name in candidates
    }
    finite = [name for name in candidates if math.isfinite(judged[name].value)]
    if not finite:
        raise UserError(
            f"{place}.score: not one of the {len(candidates)} candidates has a finite {score}: "
            f"{judging.ADVICE}"
        )
    sign = 1 if lower_is_better(score) else -1
    # the order of the candidates is kept where they are equally good
    ranked = sorted(finite, key=lambda name: (sign * judged[name].value, judged[name].tie_breaker))
    estimates = {name: (each.value, each.low, each.high) for name, each in judged.items()}
    write_table(output, table_of(candidates, score, estimates, ranked))
    before = read_chosen(chosen_before) if chosen_before else {}
    write_chosen(best, ranked[0], lay_over(before, choices[ranked[0]]))
    LOGGER.info("%s %s: %s", score, judged[ranked[0]].value, candidates[ranked[0]])
