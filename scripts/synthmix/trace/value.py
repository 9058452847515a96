"""One value of a table of metrics: its row, what it was computed from, and where else it stands."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from synthmix.errors import UserError
from synthmix.evaluate.metrics import weighted_metrics
from synthmix.evaluate.predictions import (
    PROBABILITY,
    Predictions,
    fold_tables,
    read_predictions,
)
from synthmix.evaluate.score_predictions import ALL_FOLDS, ALL_SEEDS, MEAN_OF_FOLDS
from synthmix.store import read_table
from synthmix.trace.chain import AGAIN, stale
from synthmix.trace.records import Record, Records

SCORING, TABULATING, REPORTING = "score_predictions", "tabulate_study", "render_report"
_PREDICTIONS = re.compile(
    r"/seed(?P<seed>\d+)(?:\.fold(?P<fold>\d+))?(?P<validation>\.validation)?\.csv$"
)


@dataclass(frozen=True)
class Asked:
    """Which row of a table of metrics is asked for."""

    metric: str
    label: str = ""
    """The class that the metric is of; empty where it is of all or of the positive one."""
    seed: str = ALL_SEEDS
    fold: str = ALL_FOLDS
    split: str = "test"

    def follows(self, record: Record, path: str) -> bool:
        """Return whether `path`, which the job of `record` read, is behind the value."""
        found = _PREDICTIONS.search(path)
        if record.rule != SCORING or found is None:
            return True
        return (
            self.seed in (ALL_SEEDS, found["seed"])
            and self.fold in (ALL_FOLDS, MEAN_OF_FOLDS, found["fold"])
            and self.split == ("validation" if found["validation"] else "test")
        )

    def of_one_training(self, path: str) -> Self:
        """Return the same with the seed named: a table has no means of one fold over seeds.

        Raises UserError where there are several seeds to choose from.
        """
        if self.seed != ALL_SEEDS or self.fold in (ALL_FOLDS, MEAN_OF_FOLDS):
            return self
        seeds = [seed for seed in _texts(read_table(path), "seed") if seed != ALL_SEEDS]
        if len(seeds) != 1:
            raise UserError(f"--fold {self.fold}: add --seed, one of {', '.join(seeds)}")
        return replace(self, seed=seeds[0])

    def row_of(self, path: str) -> pd.Series:
        """Return the row of the table of metrics `path`; raises UserError where there is none."""
        rows = read_table(path)
        wanted = {
            "split": self.split,
            "seed": self.seed,
            "fold": self.fold,
            "class": self.label,
            "metric": self.metric,
        }
        if not {*wanted, "value"} <= set(rows):
            raise UserError(f"{path} is no table of metrics: name one of metrics/, or no --metric")
        for column, value in wanted.items():
            known = _texts(rows, column)
            if value not in known:
                listed = ", ".join(each or "none" for each in known)
                raise UserError(
                    f"--{column} {value or 'none'}: {path} has no such row, but {listed}"
                )
            rows = rows[rows[column].fillna("").astype(str) == value]
        return rows.iloc[0]


def _texts(rows: pd.DataFrame, column: str) -> list[str]:
    """Return what stands in a column, each once, as text."""
    return list(dict.fromkeys(rows[column].fillna("").astype(str)))


@dataclass(frozen=True)
class Value:
    """A value, and the same computed anew."""

    asked: Asked
    file: str
    classifier: str
    mix: str
    value: float
    low: float
    high: float
    undefined: str
    """Why there is no value, where there is none."""
    recomputed: float
    """From the predictions; nan where they are gone, or where it is undefined."""
    predictions: Sequence[str]
    stands_in: list[str] = field(default_factory=list)
    """Tables that have the same value, and the report that shows them."""
    problems: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether the value is what its predictions give."""
        return _same(self.value, self.recomputed)


def trace_value(path: str, asked: Asked, records: Records) -> Value:
    """Look up the value that is `asked` for in the table `path`, and compute it anew.

    Raises UserError where `path` is no table of metrics or has no such row.
    """
    record = records.of(path)
    if record is None or record.rule != SCORING or path.endswith(".confusion.csv"):
        raise UserError(
            f"--metric: {path} is no table of metrics; name one, such as "
            "results/<scale>/<study>/<data set>/metrics/<classifier>/<mix>.csv"
        )
    if not Path(path).is_file():
        raise UserError(f"{path} is missing: {AGAIN}")
    try:
        return _traced(path, asked, record, records)
    except (ValueError, KeyError) as error:
        raise UserError(
            f"{path}, or what it was computed from, can't be read ({error!r}): {AGAIN}"
        ) from error


def _traced(path: str, asked: Asked, record: Record, records: Records) -> Value:
    asked = asked.of_one_training(path)
    row = asked.row_of(path)
    files = [read for read in record.inputs if asked.follows(record, read)]
    whole = bool(files) and all(Path(file).is_file() for file in files)
    found = Value(
        asked,
        path,
        row["classifier"],
        row["mix"],
        *(float(row[name]) for name in ("value", "low", "high")),
        undefined=str(row.fillna("").get("undefined", "")),
        recomputed=recompute(files, asked, record) if whole else math.nan,
        predictions=files,
    )
    if whole and not found.equal:
        found.problems.append(
            f"{path}: {asked.metric} is {found.value} there, but {found.recomputed} by "
            f"its predictions: remove it and {AGAIN}"
        )
    _look_up(found, row, records)
    return found


def recompute(files: Sequence[str], asked: Asked, record: Record) -> float:
    """Return the value that is `asked` for from `files` of predictions; nan where undefined.

    `record` is of the job that scored them; it knows the positive class.
    """
    by_seed: dict[str, list[str]] = {}
    for file in files:
        by_seed.setdefault(_PREDICTIONS.search(file)["seed"], []).append(file)
    values = []
    for of_seed in by_seed.values():
        parts = _parts(read_predictions(of_seed), asked.fold)
        values.append(np.mean([_metric(part, asked, record) for part in parts]))
    return float(np.mean(values))


def _parts(table: pd.DataFrame, fold: str) -> list[pd.DataFrame]:
    if fold == ALL_FOLDS:
        return [table]
    folds = fold_tables(table)
    return list(folds.values()) if fold == MEAN_OF_FOLDS else [folds[fold]]


def _metric(table: pd.DataFrame, asked: Asked, record: Record) -> float:
    classes = [name.removeprefix(PROBABILITY) for name in table if name.startswith(PROBABILITY)]
    positive = next((value for value in record.parameters if value in classes), None)
    predictions = Predictions.from_table(table, classes)
    metrics = weighted_metrics(predictions, np.ones((1, len(table))), positive)
    return float(metrics[asked.metric, asked.label][0])


def _look_up(value: Value, row: pd.Series, records: Records) -> None:
    """Note where else the value stands, and whether it is the same there."""
    pages: dict[str, None] = {}
    for table in _made_by(TABULATING, value.file, records):
        there = _value_in(table, value, row)
        if there is None:
            continue
        value.stands_in.append(table)
        problems = list(stale(records, [table], [value.file]))
        if not problems and not _same(there, value.value):
            problems = [f"{table} has {there} in its place: remove it and {AGAIN}"]
        value.problems.extend(problems)
        for page in _made_by(REPORTING, table, records):
            pages[page] = None
            value.problems.extend(stale(records, [page], [table]))
    value.stands_in.extend(pages)


def _made_by(rule: str, path: str, records: Records) -> list[str]:
    """Return the files that jobs of a rule made from `path`, as far as they are there."""
    made = [made for made in records.made_from(path) if records.of(made).rule == rule]
    return [path for path in made if Path(path).is_file()]


def _value_in(table: str, value: Value, row: pd.Series) -> float | None:
    """Return the value as one of the tables of the study has it, None where it does not."""
    if not table.endswith(("/metrics.csv", "/summary.csv")):
        return None
    rows = read_table(table)
    rows = rows[(rows["classifier"] == value.classifier) & (rows["mix"] == value.mix)]
    if table.endswith("/metrics.csv"):
        for name in ("split", "seed", "fold", "class", "metric"):
            rows = rows[rows[name].fillna("").astype(str) == str(row.fillna("")[name])]
        return float(rows["value"].iloc[0]) if len(rows) else None
    if value.asked != Asked(value.asked.metric) or value.asked.metric not in rows or rows.empty:
        return None
    return float(rows[value.asked.metric].iloc[0])


def _same(first: float, second: float) -> bool:
    """Return whether two values are one, but for the order in which they were summed."""
    return math.isclose(first, second, rel_tol=1e-9, abs_tol=1e-12) or (
        math.isnan(first) and math.isnan(second)
    )
