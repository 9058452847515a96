"""How candidates are judged: a module for each kind of files that tell how good they are.

Each has `judge(files, score, place, **about)`, which returns the `Judged` of one candidate, and
`ADVICE`, what to do where no candidate has a value. `place` is where the study says the score.
"""

import importlib
from dataclasses import dataclass
from types import ModuleType


@dataclass(frozen=True)
class Judged:
    """A score with the ends of its interval, nan where there is none.

    Of candidates with the same `value` the one with the lower `tie_breaker` is better.
    """

    value: float
    low: float
    high: float
    tie_breaker: float = 0.0


def judge_module(kind: str) -> str:
    """Return the name of the module that judges by files of a kind."""
    return f"{__name__}.{kind}"


def load_judge(kind: str) -> ModuleType:
    """Return the module that judges by files of a kind: predictions, scores or losses."""
    return importlib.import_module(judge_module(kind))
