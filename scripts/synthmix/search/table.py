"""The table of a stage of a search: its columns, and which of them are settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from synthmix.search.settings import as_text
from synthmix.store import read_table

BEFORE = ["candidate"]
AFTER = ["score", "value", "low", "high", "rank", "chosen"]


def table_of(
    candidates: Mapping[str, Mapping[str, Any]],
    score: str,
    estimates: Mapping[str, tuple[float, float, float]],
    ranked: Sequence[str],
) -> pd.DataFrame:
    """Return a row a candidate; `ranked` has the names of those with a finite value, best first."""
    rows = []
    for name, settings in candidates.items():
        rank = ranked.index(name) + 1 if name in ranked else None
        shown = [as_text(value) for value in settings.values()]
        rows.append([name, *shown, score, *estimates[name], rank, name == ranked[0]])
    settings = next(iter(candidates.values()))
    table = pd.DataFrame(rows, columns=[*BEFORE, *settings, *AFTER])
    return table.astype({"rank": "Int64"})


def read_search(path: str | Path) -> pd.DataFrame:
    """Return the table of a stage with its settings as text, as they were written."""
    table = read_table(path)
    text = pd.read_csv(path, dtype=str, keep_default_na=False)
    return table.assign(**{name: text[name] for name in searched_settings(table)})


def searched_settings(table: pd.DataFrame) -> list[str]:
    """Return the columns of the table of a stage that are settings."""
    return list(table.columns[len(BEFORE) : -len(AFTER)])
